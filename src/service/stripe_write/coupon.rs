//! Making coupons at Stripe (S21).

use chrono::{DateTime, Duration, Utc};
use entity::stripe_write::Model;
use entity::value::{BasisPoints, Capability, ConnectionId, CouponDraft, CouponDuration, EnrollmentId, Off, StripeChange, StripeWriteId};
use entity::{enrollment, stripe_write};
use sea_orm::DatabaseTransaction;
use serde::Serialize;

use super::ask::{NewWrite, connection_of, owe};
use crate::domain::access::{Action, Scope, Viewer};
use crate::service::check::Faults;
use crate::service::idempotency::{Asked, ask};
use crate::service::settle::ring;
use crate::service::stripe_connection::capability::require;
use crate::service::terms::writer;
use crate::service::{Refusal, RefusalCode, ServiceError, Services};
use crate::store::scoped::find;

/// Stripe takes no longer name.
const NAME_LENGTH: usize = 40;
/// The longest id that is given by hand.
const ID_LENGTH: usize = 100;
/// A coupon that ends sooner would be over before anybody heard of it. Stripe refuses times of more than five years ahead.
const SOONEST: Duration = Duration::minutes(1);
const LATEST: Duration = Duration::days(5 * 365);

/// A coupon to be.
#[derive(Clone, Debug, Serialize)]
pub struct NewCoupon {
    /// Where; the only linked connection when it is `None`.
    pub connection: Option<ConnectionId>,
    /// Whose it becomes (CS-8).
    pub enrollment: Option<EnrollmentId>,
    /// The id that it gets at Stripe; made up when it is `None`.
    pub id: Option<String>,
    /// What customers see.
    pub name: Option<String>,
    /// What it takes off.
    pub off: Off,
    /// How long.
    pub duration: CouponDuration,
    /// For how many months, when it is repeating.
    pub months: Option<u32>,
    /// How often it can be used in all.
    pub max_redemptions: Option<u32>,
    /// Until when it can be used.
    pub redeem_by: Option<DateTime<Utc>>,
}

/// Has a coupon made at Stripe. What is made is read back, and is the enrollment's from then on.
///
/// # Errors
/// Refused with the fields that cannot stand, and with `CAPABILITY_MISSING` where the connection may not (CS-6); denied to those who may not
/// manage programs.
pub async fn create(services: &Services, viewer: &Viewer, input: NewCoupon, idempotency_key: Option<&str>) -> Result<Model, ServiceError> {
    let scope = viewer.allow(Action::ManagePrograms)?;
    let now = services.clock.now();
    check(&input, now)?;
    let tx = services.db.begin().await?;
    let mark = match ask::<StripeWriteId>(&tx, (viewer, scope), "couponCreate", (idempotency_key, &input), now).await? {
        Asked::First(mark) => mark,
        Asked::Again(id) => return earlier(&tx, scope, id).await,
    };
    let connection = connection_of(&tx, scope, input.connection).await?;
    require(&connection, Capability::CreateCodes, "connectionId")?;
    if let Some(id) = input.enrollment {
        running(&tx, scope, id).await?;
    }
    let id = StripeWriteId::new_at(now);
    let NewCoupon { off, duration, months, max_redemptions, redeem_by, .. } = input;
    let name = input.name.map(|name| name.trim().to_owned());
    let draft = CouponDraft { id: input.id.unwrap_or_else(|| id.to_string()), name, off, duration, months, max_redemptions, redeem_by };
    let change = StripeChange::Coupon(draft);
    let new = NewWrite { id, connection: connection.id, change, enrollment: input.enrollment, by: writer(viewer) };
    let (row, message) = owe(&tx, services, scope, new).await?;
    mark.done(&tx, row.id).await?;
    tx.commit().await?;
    ring(services, message.as_slice()).await;
    Ok(row)
}

/// What an earlier request under the same key asked for.
pub(super) async fn earlier(tx: &DatabaseTransaction, scope: Scope, id: StripeWriteId) -> Result<Model, ServiceError> {
    let made = find::<stripe_write::Entity, _>(tx, scope, id).await?;
    made.ok_or_else(|| Refusal::not_found("idempotencyKey", "write any more").into())
}

/// An enrollment that has not ended.
pub(super) async fn running(tx: &DatabaseTransaction, scope: Scope, id: EnrollmentId) -> Result<enrollment::Model, ServiceError> {
    let row = find::<enrollment::Entity, _>(tx, scope, id).await?.ok_or_else(|| Refusal::not_found("enrollmentId", "enrollment"))?;
    if row.ended_at.is_some() {
        return Err(Refusal::new("enrollmentId", RefusalCode::WrongState, "the enrollment has ended").into());
    }
    Ok(row)
}

fn check(input: &NewCoupon, now: DateTime<Utc>) -> Result<(), ServiceError> {
    let mut faults = Faults::default();
    match input.off {
        Off::Percent(share) if share == BasisPoints::ZERO || share > BasisPoints::ONE => {
            faults.add("percentOff", RefusalCode::OutOfRange, "must be more than 0 and at most 100 %");
        }
        Off::Amount(money) if !money.currency.is_known() => {
            faults.add("amountOff", RefusalCode::UnknownCurrency, "an amount needs the currency that it is of");
        }
        Off::Amount(money) if money.minor <= 0 => faults.add("amountOff", RefusalCode::OutOfRange, "must be more than nothing"),
        _ => {}
    }
    match (input.duration, input.months) {
        (CouponDuration::Repeating, Some(1..)) | (CouponDuration::Once | CouponDuration::Forever, None) => {}
        (CouponDuration::Repeating, _) => faults.add("durationInMonths", RefusalCode::Required, "say for how many months, at least one"),
        _ => faults.add("durationInMonths", RefusalCode::Invalid, "only a repeating coupon lasts for months"),
    }
    if let Some(name) = &input.name {
        let name = faults.name("name", name);
        if name.chars().count() > NAME_LENGTH {
            faults.add("name", RefusalCode::OutOfRange, format!("Stripe takes at most {NAME_LENGTH} characters"));
        }
    }
    if let Some(id) = &input.id {
        let sane = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        if !sane || !(1..=ID_LENGTH).contains(&id.len()) {
            let message = format!("must be 1 to {ID_LENGTH} letters, digits, hyphens or underscores");
            faults.add("stripeId", RefusalCode::Invalid, message);
        }
    }
    bounds(&mut faults, input.max_redemptions, ("redeemBy", input.redeem_by), now);
    faults.done()
}

/// How often and until when something can be used.
pub(super) fn bounds(faults: &mut Faults, redemptions: Option<u32>, (field, until): (&str, Option<DateTime<Utc>>), now: DateTime<Utc>) {
    if redemptions == Some(0) {
        faults.add("maxRedemptions", RefusalCode::OutOfRange, "must be at least one");
    }
    if until.is_some_and(|until| until < now + SOONEST || until > now + LATEST) {
        faults.add(field, RefusalCode::OutOfRange, "must lie ahead, and at most five years");
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};
    use entity::value::{BasisPoints, CouponDuration, Money, Off};

    use super::{NewCoupon, RefusalCode, ServiceError, check};

    fn refused(change: impl FnOnce(&mut NewCoupon)) -> Vec<(String, RefusalCode)> {
        let mut input = NewCoupon {
            connection: None,
            enrollment: None,
            id: None,
            name: Some("Friends".into()),
            off: Off::Percent(BasisPoints::new(2_500).unwrap()),
            duration: CouponDuration::Once,
            months: None,
            max_redemptions: None,
            redeem_by: None,
        };
        change(&mut input);
        match check(&input, Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap()) {
            Ok(()) => Vec::new(),
            Err(ServiceError::Refused(all)) => all.into_iter().map(|one| (one.field.join("."), one.code)).collect(),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn cs_3_a_coupon_takes_off_a_share_or_a_sum_with_its_currency() {
        assert_eq!(refused(|_| {}), []);
        assert_eq!(refused(|coupon| coupon.off = Off::Amount(Money::new(500, "EUR".parse().unwrap()))), []);
        for off in [Off::Percent(BasisPoints::ZERO), Off::Percent(BasisPoints::new(10_001).unwrap())] {
            assert_eq!(refused(|coupon| coupon.off = off), [("percentOff".to_owned(), RefusalCode::OutOfRange)]);
        }
        let unknown = Off::Amount(Money::new(500, entity::value::Currency::parse_or_unknown("")));
        assert_eq!(refused(|coupon| coupon.off = unknown), [("amountOff".to_owned(), RefusalCode::UnknownCurrency)]);
        let nothing = Off::Amount(Money::new(0, "EUR".parse().unwrap()));
        assert_eq!(refused(|coupon| coupon.off = nothing), [("amountOff".to_owned(), RefusalCode::OutOfRange)]);
    }

    #[test]
    fn months_name_and_bounds_are_checked_before_stripe_is_asked() {
        assert_eq!(refused(|coupon| coupon.months = Some(3)), [("durationInMonths".to_owned(), RefusalCode::Invalid)]);
        let repeating = |months| move |coupon: &mut NewCoupon| (coupon.duration, coupon.months) = (CouponDuration::Repeating, months);
        assert_eq!(refused(repeating(Some(3))), []);
        assert_eq!(refused(repeating(None)), [("durationInMonths".to_owned(), RefusalCode::Required)]);
        assert_eq!(refused(|coupon| coupon.name = Some("x".repeat(41))), [("name".to_owned(), RefusalCode::OutOfRange)]);
        assert_eq!(refused(|coupon| coupon.id = Some("a b".into())), [("stripeId".to_owned(), RefusalCode::Invalid)]);
        assert_eq!(refused(|coupon| coupon.max_redemptions = Some(0)), [("maxRedemptions".to_owned(), RefusalCode::OutOfRange)]);
        let past = Utc.with_ymd_and_hms(2025, 1, 1, 0, 0, 0).unwrap();
        assert_eq!(refused(|coupon| coupon.redeem_by = Some(past)), [("redeemBy".to_owned(), RefusalCode::OutOfRange)]);
    }
}
