//! Every query, as functions over a connection or transaction: a file a noun. Holds no business decision.
//!
//! Finders take a [`crate::domain::access::Scope`]. Writers run inside a transaction that only `service` opens.

pub mod binding;
pub mod click;
pub mod code;
pub mod commission;
pub mod connection;
pub mod customer;
mod db;
pub mod decision;
mod error;
pub mod identity;
pub mod inbox;
pub mod ledger;
pub mod lock;
pub mod outbox;
pub mod affected;
pub mod api_key;
pub mod coupon;
pub mod enrollment;
pub mod idempotency;
pub mod link;
pub mod mapping;
pub mod membership;
pub mod merchant;
pub mod page;
pub mod partner;
pub mod program;
pub mod purchase;
pub mod scoped;
pub mod snapshot;
pub mod touch;
pub mod world;
pub mod promotion_code;
pub mod row;
pub mod stripe_connection;
pub mod terms;
pub mod token;
pub mod user;

pub use db::Db;
pub use error::{Fault, StoreError};
