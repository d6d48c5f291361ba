//! Every query, as functions over a connection or transaction: a file a noun. Holds no business decision.
//!
//! Finders take a [`crate::domain::access::Scope`]. Writers run inside a transaction that only `service` opens.

pub mod affected;
pub mod api_key;
pub mod audit;
pub mod binding;
pub mod claim;
pub mod click;
pub mod code;
pub mod commission;
pub mod connection;
pub mod coupon;
pub mod credential;
pub mod customer;
mod db;
pub mod decision;
mod enrolled;
pub mod enrollment;
mod error;
pub mod exchange;
pub mod fraud;
pub mod group_terms;
pub mod idempotency;
pub mod identity;
pub mod inbox;
pub mod insight;
pub mod instance;
pub mod kin;
pub mod ledger;
pub mod link;
pub mod link_attempt;
pub mod lock;
pub mod mapping;
pub mod membership;
pub mod merchant;
pub mod outbox;
pub mod page;
pub mod partner;
pub mod partner_group;
pub mod program;
pub mod promotion_code;
pub mod purchase;
pub mod read;
pub mod recount;
pub mod row;
pub mod scoped;
pub mod snapshot;
pub mod terms;
pub mod terms_move;
pub mod token;
pub mod touch;
pub mod user;
pub mod watch;
pub mod world;

pub use db::Db;
pub use error::{Fault, StoreError};
