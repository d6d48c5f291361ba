//! What people and the merchant's server decide about rewards.

use entity::referral_reward::{self, Model};
use entity::value::{Gift, ReferralCause, ReferralRewardId, ReferralState};

use crate::domain::access::{Action, Viewer};
use crate::service::{Refusal, RefusalCode, ServiceError, Services};
use crate::store;
use crate::store::scoped::lock;

/// The longest reference.
const REFERENCE: usize = 200;

/// What becomes of a reward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, async_graphql::Enum)]
#[graphql(name = "ReferralDecision")]
pub enum Decision {
    /// It stays given, though the purchase was refunded.
    Keep,
    /// It is taken back: by your own hand where it was given, and here it counts as reversed.
    Reverse,
    /// It is not given.
    Cancel,
}

/// Notes that the merchant's server gave a reward of the merchant's own. Said twice with one reference, it is said once.
///
/// # Errors
/// Refused when there is no such reward, it is not earned, or it is not the merchant's to give; denied to those who may not move money.
pub async fn apply(services: &Services, viewer: &Viewer, id: ReferralRewardId, reference: &str) -> Result<Model, ServiceError> {
    let scope = viewer.allow(Action::MoveMoney)?;
    let reference = reference.trim();
    if reference.is_empty() || reference.chars().count() > REFERENCE {
        return Err(Refusal::new("reference", RefusalCode::OutOfRange, format!("must have 1 to {REFERENCE} characters")).into());
    }
    let tx = services.db.begin().await?;
    let row = lock::<referral_reward::Entity>(&tx, scope, id).await?.ok_or_else(|| Refusal::not_found("id", "reward"))?;
    if row.reference.as_deref() == Some(reference) {
        return Ok(row);
    }
    if !matches!(row.gift, Gift::Own { .. }) {
        return Err(Refusal::new("id", RefusalCode::WrongState, "Stripe gives this reward").into());
    }
    if row.state != ReferralState::Earned {
        return Err(Refusal::new("id", RefusalCode::WrongState, format!("it is not earned, it is {}", row.state)).into());
    }
    let now = services.clock.now();
    let state = ReferralState::Applied;
    let row = Model { state, cause: None, reference: Some(reference.to_owned()), applied_at: Some(now), updated_at: now, ..row };
    let row = store::row::save(&tx, row).await?;
    tx.commit().await?;
    Ok(row)
}

/// Decides about a reward that waits for it.
///
/// # Errors
/// Refused when there is no such reward, or it is in a state in which that cannot be decided; denied to those who may not move money.
pub async fn decide(services: &Services, viewer: &Viewer, id: ReferralRewardId, decision: Decision) -> Result<Model, ServiceError> {
    let scope = viewer.allow(Action::MoveMoney)?;
    let tx = services.db.begin().await?;
    let row = lock::<referral_reward::Entity>(&tx, scope, id).await?.ok_or_else(|| Refusal::not_found("id", "reward"))?;
    let begun = row.write_id.is_some();
    let (state, cause) = match (decision, row.state) {
        (Decision::Keep, ReferralState::Review) => (ReferralState::Applied, ReferralCause::Kept),
        (Decision::Reverse, ReferralState::Review | ReferralState::Applied) => (ReferralState::Reversed, ReferralCause::ByHand),
        (Decision::Cancel, ReferralState::Pending) => (ReferralState::Cancelled, ReferralCause::ByHand),
        (Decision::Cancel, ReferralState::Earned) if !begun => (ReferralState::Cancelled, ReferralCause::ByHand),
        (_, from) => {
            let message = format!("a reward that is {from} cannot be moved there");
            return Err(Refusal::new("id", RefusalCode::WrongState, message).into());
        }
    };
    let row = Model { state, cause: Some(cause), updated_at: services.clock.now(), ..row };
    let row = store::row::save(&tx, row).await?;
    tx.commit().await?;
    Ok(row)
}
