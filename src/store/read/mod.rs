//! What the API reads: pages of a noun, pages per parent, and sums. A file a noun.
//!
//! Never writes, never locks, and never looks outside of the scope it is given. What a partner may see of each table stands in its file.

pub mod as_of;
pub mod binding;
pub mod children;
pub mod click;
pub mod commission;
pub mod coverage;
pub mod customer;
pub mod decision;
pub mod fraud_case;
pub mod group;
pub mod inbox;
pub mod insight;
pub mod intervention;
pub mod ledger;
pub mod payout;
pub mod purchase;
pub mod touch;
mod visible;
