//! Every query, as functions over a connection or transaction: a file a noun. Holds no business decision.
//!
//! Finders take a [`crate::domain::access::Scope`]. Writers run inside a transaction that only `service` opens.

mod db;
mod error;

pub use db::Db;
pub use error::{Fault, StoreError};
