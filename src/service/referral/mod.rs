//! Refer-a-friend: customers become referrers with a link and a code of their own, and they and their friends are rewarded (RA).
//!
//! When somebody has deserved a reward is decided in [`crate::domain::referral`]. Whoever is settled is looked at here afterwards, by a message
//! of the outbox, so that settling waits for nothing; what is given at Stripe takes the road of [`super::stripe_write`].

mod enroll;
mod give;
mod hand;
mod look;
mod offer;
mod sync;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entity::value::{CustomerId, MessageId};
use sea_orm::DatabaseTransaction;
use serde_json::json;

pub use self::hand::{Decision, apply, decide};
pub use self::look::look;
pub use self::offer::{NewOffer, set};
pub use self::sync::{advance, begin};
use super::ServiceError;
use crate::domain::access::Scope;
use crate::store;

/// The topic of the outbox for looking at a customer who was settled.
pub const LOOK: &str = "referral.look";
/// The topic of the outbox for making customers referrers.
pub const SYNC: &str = "referral.sync";

/// Notes that customers were settled, where their merchant offers anything for friends. Gives the messages for which to ring.
pub(super) async fn concern(
    tx: &DatabaseTransaction,
    scope: Scope,
    customers: &BTreeSet<CustomerId>,
    now: DateTime<Utc>,
) -> Result<Vec<MessageId>, ServiceError> {
    let mut messages = Vec::new();
    if customers.is_empty() || !store::referral::offers_any(tx, scope).await? {
        return Ok(messages);
    }
    for customer in customers {
        messages.push(store::outbox::add(tx, scope, LOOK, customer.to_string(), json!({ "customer": customer }), now).await?);
    }
    Ok(messages)
}
