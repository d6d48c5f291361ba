//! Persons: which customers are one, and everything that settling them needs. Reads; never decides and never writes.

mod gather;
mod group;

use std::collections::{BTreeMap, BTreeSet};

use chrono::Duration;
use entity::commission;
use entity::value::{CommissionId, CustomerId, PurchaseId, TouchId};

use crate::domain::ledger::Standing as Posted;
use crate::domain::person::{Person, World};

pub use gather::gather;
pub use group::{groups, lock_group};

/// SL-8: how long a payment waits to learn whether it belongs to an invoice. IN-8: how long a refund waits before its payment is asked for.
pub const GRACE: Duration = Duration::minutes(10);
/// IN-8: how long what speaks of something unknown waits for it.
const ORPHAN_AFTER: Duration = Duration::hours(72);

/// The customers that are one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Who stands for them.
    pub root: CustomerId,
    /// All of them, the root included.
    pub members: BTreeSet<CustomerId>,
    /// Whether the root has an id of the merchant's.
    pub claimed: bool,
    /// Whether the e-mail leads to several customers, so that it leads to none (ID-4).
    pub ambiguous: bool,
}

/// Everything that was gathered.
pub struct Gathered {
    /// The person.
    pub person: Person,
    /// The world around.
    pub world: World,
    /// The stored commissions of all purchases, merged ones included.
    pub commissions: Vec<commission::Model>,
    /// What stands on the ledger for each of them.
    pub posted: BTreeMap<CommissionId, Posted>,
    /// The purchases that others have taken over.
    pub merged: Vec<PurchaseId>,
    /// The codes behind touches, as `<connection id>/<Stripe id>`.
    pub codes: BTreeMap<TouchId, String>,
}
