//! What is written to Stripe: coupons and promotion codes that are made, shipping details, metadata, credit (S2, S4, CS-3, RA-5).
//!
//! It is asked for in a transaction, as a row and a message of the outbox, and carried out by a worker until it stands at Stripe and was read
//! back. Each attempt looks first whether an earlier one got through, so a worker may die anywhere: what is made bears the id of its row, and
//! what is changed is compared. Decides nothing about money: who is given what is decided by whoever asks.

mod ask;
mod code;
mod coupon;
mod make;
mod settled;
mod shipping;
mod who;

use std::time::Duration as Lasting;

use chrono::{DateTime, Duration, Utc};
use entity::stripe_write::Model;
use entity::value::{StripeWriteId, StripeWriteReason as Reason, StripeWriteStatus};
use serde_json::Value;

pub(super) use self::ask::{NewWrite, connection_of, owe};
pub use self::ask::{again, check};
pub use self::code::{NewPromotionCode, create as create_promotion_code};
pub(super) use self::code::{made_up, owe_code};
pub use self::coupon::{NewCoupon, create as create_coupon};
use self::make::Job;
pub use self::shipping::{NewShipping, set as set_shipping};
pub use self::who::{Attributed, write as write_attribution};
use super::stripe_connection::access;
use super::{ServiceError, Services};
use crate::store::stripe_write::Setback;
use crate::store::{self, StoreError};
use crate::stripe::error::ReadError;

/// The topic of the outbox for what is written to Stripe.
pub const TOPIC: &str = "stripe.write";

/// How long one attempt may take before another worker may begin the next.
const LEASE: Duration = Duration::minutes(2);
/// How long the first pause after a setback is; each next one is twice as long.
const FIRST_PAUSE: Duration = Duration::seconds(5);
/// No pause is longer. Stripe knows an idempotency key for a day.
const LONGEST_PAUSE: Duration = Duration::hours(1);
/// After so many attempts it is given up: half a day after the first.
const ATTEMPTS: i32 = 20;

/// Why an attempt did not get through.
pub(super) enum Halt {
    /// Stripe's answer.
    Stripe(ReadError),
    /// What was found.
    Reason(Reason),
    /// A fault of this instance: nothing is noted, and the message comes again.
    Service(ServiceError),
}

impl From<ReadError> for Halt {
    fn from(error: ReadError) -> Self {
        Self::Stripe(error)
    }
}

impl From<Reason> for Halt {
    fn from(reason: Reason) -> Self {
        Self::Reason(reason)
    }
}

impl From<ServiceError> for Halt {
    fn from(error: ServiceError) -> Self {
        Self::Service(error)
    }
}

impl From<StoreError> for Halt {
    fn from(error: StoreError) -> Self {
        Self::Service(error.into())
    }
}

/// The word for an answer of Stripe's.
const fn reason(error: &ReadError) -> Reason {
    match error {
        ReadError::Permission { .. } => Reason::PermissionMissing,
        ReadError::Unauthorised => Reason::ConnectionEnded,
        ReadError::NotFound | ReadError::BadId => Reason::ObjectMissing,
        ReadError::OtherMode => Reason::WrongMode,
        ReadError::RateLimited { .. } => Reason::RateLimited,
        ReadError::Transient { .. } => Reason::StripeUnreachable,
        ReadError::Refused { .. } | ReadError::Malformed(_) => Reason::StripeRefused,
    }
}

/// Stripe gives the same failure again for the same key, so the next attempt needs another one. It looks first whether this one got through.
const fn failed_for_certain(error: &ReadError) -> bool {
    matches!(error, ReadError::Transient { status: Some(500..) })
}

/// Whether there is still something to do.
const fn is_open(status: StripeWriteStatus) -> bool {
    matches!(status, StripeWriteStatus::Pending | StripeWriteStatus::Written)
}

/// Carries out what a message of the outbox asks for, one attempt. Gives when to come back, if that is to be.
///
/// # Errors
/// [`ServiceError`] when the database fails; the message then comes again by itself.
pub async fn carry(services: &Services, payload: &Value) -> Result<Option<DateTime<Utc>>, ServiceError> {
    let named = payload.get("write").and_then(Value::as_str).and_then(|text| text.parse::<StripeWriteId>().ok());
    let id = named.ok_or_else(|| ServiceError::Internal("a message names nothing to write".to_owned()))?;
    let now = services.clock.now();
    let Some(row) = store::stripe_write::claim(services.db.write(), id, now + LEASE, now).await? else {
        // It is over, not due yet, or another worker has it, who may have died.
        let row = store::stripe_write::by_id(services.db.write(), id).await?;
        return Ok(row.filter(|row| is_open(row.status)).and_then(|row| row.next_at));
    };
    match attempt(services, &row).await {
        Ok(()) => Ok(None),
        Err(Halt::Service(error)) => Err(error),
        Err(Halt::Stripe(error)) => {
            tracing::info!(write = %row.id, kind = %row.kind, %error, "Stripe did not take what was to be written");
            let again = Again { after: error.retry_after(), turn: failed_for_certain(&error) };
            set_back(services, &row, reason(&error), again).await
        }
        Err(Halt::Reason(reason)) => set_back(services, &row, reason, Again::default()).await,
    }
}

/// How an attempt is to be followed by another.
#[derive(Default)]
struct Again {
    after: Option<Lasting>,
    turn: bool,
}

/// Notes a setback, and says when to come back.
async fn set_back(services: &Services, row: &Model, reason: Reason, again: Again) -> Result<Option<DateTime<Utc>>, ServiceError> {
    let now = services.clock.now();
    let asked = again.after.and_then(|after| Duration::from_std(after).ok()).unwrap_or_default();
    let next = (reason.passes() && row.attempts < ATTEMPTS).then(|| now + pause(row.attempts).max(asked));
    if next.is_none() {
        tracing::warn!(write = %row.id, kind = %row.kind, %reason, "something could not be written to Stripe");
    }
    let setback = Setback { reason, again: next, turn: again.turn };
    let noted = store::stripe_write::set_back(services.db.write(), row, setback, now).await?;
    Ok(next.filter(|_| noted))
}

fn pause(attempts: i32) -> Duration {
    let doubled = u32::try_from(attempts.saturating_sub(1)).unwrap_or(0).min(16);
    (FIRST_PAUSE * 2_i32.saturating_pow(doubled)).min(LONGEST_PAUSE)
}

/// One attempt: what is not there yet is made, and what is there is read back.
async fn attempt(services: &Services, row: &Model) -> Result<(), Halt> {
    let access = match access::of(services, row.connection_id).await {
        Ok(access) => access.ok_or(Reason::ConnectionEnded)?,
        Err(ServiceError::Unavailable(_)) => return Err(Reason::StripeUnreachable.into()),
        Err(error) => return Err(error.into()),
    };
    let job = Job { services, access: &access, row };
    let object = match &row.object {
        Some(object) if row.status == StripeWriteStatus::Written => object.clone(),
        _ => {
            let object = job.make().await?;
            if !store::stripe_write::written(services.db.write(), row.id, &object, services.clock.now()).await? {
                // Something newer took its place meanwhile.
                return Ok(());
            }
            object
        }
    };
    let answer = job.verified(&object).await?;
    settled::settle(services, row, &object, &answer).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s4_every_answer_of_stripes_has_its_word_and_only_passing_ones_are_tried_again() {
        for (error, word) in [
            (ReadError::Permission { permission: None }, Reason::PermissionMissing),
            (ReadError::Unauthorised, Reason::ConnectionEnded),
            (ReadError::NotFound, Reason::ObjectMissing),
            (ReadError::BadId, Reason::ObjectMissing),
            (ReadError::OtherMode, Reason::WrongMode),
            (ReadError::RateLimited { retry_after: None }, Reason::RateLimited),
            (ReadError::Transient { status: None }, Reason::StripeUnreachable),
            (ReadError::Refused { status: 400 }, Reason::StripeRefused),
            (ReadError::Malformed("x"), Reason::StripeRefused),
        ] {
            assert_eq!(reason(&error), word, "{error}");
            assert_eq!(word.passes(), error.retry(), "{error}");
        }
    }

    #[test]
    fn a_key_is_changed_only_when_stripe_keeps_its_failure() {
        assert!(failed_for_certain(&ReadError::Transient { status: Some(500) }));
        assert!(failed_for_certain(&ReadError::Transient { status: Some(503) }));
        for error in [ReadError::Transient { status: None }, ReadError::Transient { status: Some(409) }, ReadError::Refused { status: 500 }]
        {
            assert!(!failed_for_certain(&error), "{error}");
        }
    }

    #[test]
    fn pauses_double_up_to_an_hour_and_attempts_end_within_a_day() {
        assert_eq!((pause(1), pause(2), pause(5)), (Duration::seconds(5), Duration::seconds(10), Duration::seconds(80)));
        assert_eq!(pause(ATTEMPTS), LONGEST_PAUSE);
        let all = (1..ATTEMPTS).fold(Duration::zero(), |sum, attempt| sum + pause(attempt));
        assert!(all > Duration::hours(6) && all < Duration::hours(24), "{all}");
    }
}
