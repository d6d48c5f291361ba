//! Whose a promotion code or coupon is (CS-2, CS-8), and since when (AT-8).

use chrono::{DateTime, Utc};
use entity::value::{ConnectionId, CouponId, EnrollmentId, EnrollmentStatus, PromotionCodeId};
use entity::{coupon, enrollment, former_mapping, promotion_code};
use sea_orm::DatabaseTransaction;
use serde::Serialize;
use uuid::Uuid;

use super::affected::{Affected, customers_of};
use super::{Refusal, RefusalCode, ServiceError, Services};
use crate::domain::access::{Action, Scope, Viewer};
use crate::domain::person::CodeMapping;
use crate::store::coupon::CouponFilter;
use crate::store::promotion_code::PromotionCodeFilter;
use crate::store::scoped::{Scoped, find, lock};
use crate::store::{self, StoreError};

/// How a promotion code is named.
#[derive(Clone, Debug)]
pub enum PromotionCodeName {
    /// By our id.
    Id(PromotionCodeId),
    /// By Stripe's id, `promo_…`.
    StripeId(String),
    /// By its text, in any case. The same text can stand for several codes over time; the active one is meant.
    Text(String),
}

/// How a coupon is named.
#[derive(Clone, Debug, Serialize)]
pub enum CouponName {
    /// By our id.
    Id(CouponId),
    /// By Stripe's id.
    StripeId(String),
}

/// Codes of both kinds: what is the same of promotion codes and coupons.
pub trait Coded: Scoped {
    /// What a refusal calls it, and which field names it in an input that gives it to somebody.
    const CALLED: (&str, &str);

    /// Where it is, and Stripe's id of it.
    fn code_of(row: &Self::Model) -> CodeId;

    /// Whose it is.
    fn mapping_of(row: &Self::Model) -> Mapping;

    /// The same code, mapped like this.
    fn mapped(row: Self::Model, mapping: Mapping) -> Self::Model;

    /// Writes a row over its older self.
    fn save(tx: &DatabaseTransaction, row: Self::Model) -> impl Future<Output = Result<Self::Model, StoreError>> + Send;
}

macro_rules! coded {
    ($table:ident, $called:expr, |$row:ident| $code:expr) => {
        impl Coded for $table::Entity {
            const CALLED: (&str, &str) = $called;

            fn code_of($row: &Self::Model) -> CodeId {
                $code
            }

            fn mapping_of(row: &Self::Model) -> Mapping {
                Mapping { enrollment: row.enrollment_id, from: row.mapped_from, to: row.mapped_to }
            }

            fn mapped(row: Self::Model, Mapping { enrollment, from, to }: Mapping) -> Self::Model {
                $table::Model { enrollment_id: enrollment, mapped_from: from, mapped_to: to, ..row }
            }

            async fn save(tx: &DatabaseTransaction, row: Self::Model) -> Result<Self::Model, StoreError> {
                store::row::save(tx, row).await
            }
        }
    };
}

coded!(promotion_code, ("promotion code", "promotionCode"), |row| (row.connection_id, Some(row.stripe_id.clone()), None));
coded!(coupon, ("coupon", "coupon"), |row| (row.connection_id, None, Some(row.stripe_id.clone())));

/// Gives a promotion code to an enrollment from `from` on, or from now on.
///
/// # Errors
/// Refused when the code or enrollment is not there, more than one code is meant, or it is another's at that time; denied to those who may
/// not manage programs.
pub async fn assign_promotion_code(
    services: &Services,
    viewer: &Viewer,
    (name, connection): (PromotionCodeName, Option<ConnectionId>),
    to: (EnrollmentId, Option<DateTime<Utc>>),
) -> Result<promotion_code::Model, ServiceError> {
    let scope = viewer.allow(Action::ManagePrograms)?;
    let tx = services.db.begin().await?;
    let id = named_promotion_code(&tx, scope, name, connection).await?;
    let row = give::<promotion_code::Entity>(&tx, services, scope, id, to).await?;
    tx.commit().await?;
    Ok(row)
}

/// Gives a coupon to an enrollment (CS-8): purchases with it and without a promotion code are the partner's.
///
/// # Errors
/// As for [`assign_promotion_code`].
pub async fn assign_coupon(
    services: &Services,
    viewer: &Viewer,
    (name, connection): (CouponName, Option<ConnectionId>),
    to: (EnrollmentId, Option<DateTime<Utc>>),
) -> Result<coupon::Model, ServiceError> {
    let scope = viewer.allow(Action::ManagePrograms)?;
    let tx = services.db.begin().await?;
    let id = named_coupon(&tx, scope, name, connection).await?;
    let row = give::<coupon::Entity>(&tx, services, scope, id, to).await?;
    tx.commit().await?;
    Ok(row)
}

/// Gives a code to an enrollment inside the caller's transaction.
pub(super) async fn give<E: Coded>(
    tx: &DatabaseTransaction,
    services: &Services,
    scope: Scope,
    id: E::Id,
    to: (EnrollmentId, Option<DateTime<Utc>>),
) -> Result<E::Model, ServiceError> {
    let (what, field) = E::CALLED;
    let row = lock::<E>(tx, scope, id).await?.ok_or_else(|| Refusal::not_found(field, what))?;
    let next = assign(services, tx, scope, (E::code_of(&row), E::mapping_of(&row)), to).await?;
    save::<E>(tx, services, scope, E::mapped(row, next)).await
}

/// Ends the mapping of a code at `to`, or now. What was bought before stays the partner's.
///
/// # Errors
/// Refused when there is no such code, it is nobody's, or `to` is before the mapping began; denied to those who may not manage programs.
pub async fn unassign<E: Coded>(
    services: &Services,
    viewer: &Viewer,
    id: E::Id,
    to: Option<DateTime<Utc>>,
) -> Result<E::Model, ServiceError> {
    let scope = viewer.allow(Action::ManagePrograms)?;
    let tx = services.db.begin().await?;
    let row = lock::<E>(&tx, scope, id).await?.ok_or_else(|| Refusal::not_found("id", E::CALLED.0))?;
    let present = E::mapping_of(&row);
    let to = Some(present.end(to.unwrap_or_else(|| services.clock.now()))?);
    let row = save::<E>(&tx, services, scope, E::mapped(row, Mapping { to, ..present })).await?;
    tx.commit().await?;
    Ok(row)
}

/// Stores whose a code is now, and makes the customers due whom that concerns.
async fn save<E: Coded>(tx: &DatabaseTransaction, services: &Services, scope: Scope, row: E::Model) -> Result<E::Model, ServiceError> {
    let row = E::save(tx, row).await?;
    let what = match E::code_of(&row) {
        (connection, Some(stripe_id), _) => Affected::PromotionCode { connection, stripe_id },
        (connection, None, coupon) => Affected::Coupon { connection, stripe_id: coupon.unwrap_or_default() },
    };
    customers_of(tx, services, scope, &what).await?;
    Ok(row)
}

async fn named_promotion_code(
    tx: &DatabaseTransaction,
    scope: Scope,
    name: PromotionCodeName,
    connection: Option<ConnectionId>,
) -> Result<PromotionCodeId, ServiceError> {
    let filter = PromotionCodeFilter { connection, ..PromotionCodeFilter::default() };
    let mut found = match name {
        PromotionCodeName::Id(id) => return Ok(id),
        PromotionCodeName::StripeId(id) => {
            store::promotion_code::all(tx, scope, PromotionCodeFilter { stripe_id: Some(id), ..filter }).await?
        }
        PromotionCodeName::Text(code) => store::promotion_code::all(tx, scope, PromotionCodeFilter { code: Some(code), ..filter }).await?,
    };
    if found.len() > 1 {
        found.retain(|row| row.active);
    }
    one(found.iter().map(|row| row.id), "promotionCode", "promotion code")
}

async fn named_coupon(
    tx: &DatabaseTransaction,
    scope: Scope,
    name: CouponName,
    connection: Option<ConnectionId>,
) -> Result<CouponId, ServiceError> {
    let found = match name {
        CouponName::Id(id) => return Ok(id),
        CouponName::StripeId(id) => {
            let filter = CouponFilter { connection, stripe_id: Some(id), ..CouponFilter::default() };
            store::coupon::all(tx, scope, filter).await?
        }
    };
    one(found.iter().map(|row| row.id), "coupon", "coupon")
}

fn one<T>(mut found: impl Iterator<Item = T>, field: &str, what: &str) -> Result<T, ServiceError> {
    match (found.next(), found.next()) {
        (Some(only), None) => Ok(only),
        (None, _) => Err(Refusal::not_found(field, what).into()),
        (Some(_), Some(_)) => {
            let message = format!("more than one {what} is meant; name it by its id, or give the connection");
            Err(Refusal::new(field, RefusalCode::Invalid, message).into())
        }
    }
}

/// Where a code is, and Stripe's id of it: as a promotion code, or as a coupon.
pub type CodeId = (ConnectionId, Option<String>, Option<String>);

/// The mapping after an assignment; one that passes to another partner is put among the former ones.
async fn assign(
    services: &Services,
    tx: &DatabaseTransaction,
    scope: Scope,
    ((connection, promotion_code, coupon), present): (CodeId, Mapping),
    (enrollment, from): (EnrollmentId, Option<DateTime<Utc>>),
) -> Result<Mapping, ServiceError> {
    let row = find::<enrollment::Entity, _>(tx, scope, enrollment).await?;
    let row = row.ok_or_else(|| Refusal::not_found("enrollmentId", "enrollment"))?;
    if !matches!(row.status, EnrollmentStatus::Applied | EnrollmentStatus::Approved) {
        return Err(Refusal::new("enrollmentId", RefusalCode::WrongState, "the enrollment has ended").into());
    }
    let (promotion_codes, coupons) = (Vec::from_iter(promotion_code.clone()), Vec::from_iter(coupon.clone()));
    let former = store::mapping::former(tx, connection, &promotion_codes, &coupons).await?;
    let (next, passed) = present.assigned(&former, enrollment, from.unwrap_or_else(|| services.clock.now()))?;
    if let Some((enrollment_id, mapped_from, mapped_to)) = passed {
        let row = former_mapping::Model {
            id: Uuid::now_v7(),
            merchant_id: scope.merchant(),
            livemode: scope.livemode(),
            connection_id: connection,
            promotion_code,
            coupon,
            enrollment_id,
            mapped_from,
            mapped_to,
        };
        store::row::insert(tx, row).await?;
    }
    Ok(next)
}

/// Whose a code is in `[from, to)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// Whose it is, or last was.
    pub enrollment: Option<EnrollmentId>,
    /// Since when.
    pub from: Option<DateTime<Utc>>,
    /// Until when, not included.
    pub to: Option<DateTime<Utc>>,
}

/// A mapping that became a former one.
type Passed = (EnrollmentId, DateTime<Utc>, DateTime<Utc>);

impl Mapping {
    /// The mapping after the code is given to `enrollment` from `from` on, and the one that it replaces, if it was another period. Periods
    /// never overlap (CS-2).
    fn assigned(self, former: &[CodeMapping], enrollment: EnrollmentId, from: DateTime<Utc>) -> Result<(Self, Option<Passed>), Refusal> {
        let overlap = |to: DateTime<Utc>| {
            let message = format!("the code was a partner's until {}; give a time from then on", to.to_rfc3339());
            Refusal::new("from", RefusalCode::OutOfRange, message)
        };
        if let Some(to) = former.iter().filter_map(|mapping| mapping.to).filter(|to| *to > from).max() {
            return Err(overlap(to));
        }
        let next = |from| Self { enrollment: Some(enrollment), from: Some(from), to: None };
        match (self.enrollment, self.from, self.to) {
            (Some(held), Some(since), None) if held == enrollment => Ok((next(since.min(from)), None)),
            (Some(held), Some(since), Some(to)) if held == enrollment && from <= to => Ok((next(since.min(from)), None)),
            (Some(_), Some(_), None) => {
                let message = "the code is another partner's; unassign it first";
                Err(Refusal::new("promotionCode", RefusalCode::Taken, message))
            }
            (Some(_), Some(_), Some(to)) if from < to => Err(overlap(to)),
            // A period without length was nobody's.
            (Some(held), Some(since), Some(to)) => Ok((next(from), (since < to).then_some((held, since, to)))),
            _ => Ok((next(from), None)),
        }
    }

    /// When the mapping ends if it is ended at `to`.
    fn end(self, to: DateTime<Utc>) -> Result<DateTime<Utc>, Refusal> {
        match (self.enrollment, self.from, self.to) {
            (Some(_), Some(from), None) if to >= from => Ok(to),
            (Some(_), Some(from), None) => {
                let message = format!("must not be before {}, when the mapping began", from.to_rfc3339());
                Err(Refusal::new("to", RefusalCode::OutOfRange, message))
            }
            _ => Err(Refusal::new("id", RefusalCode::WrongState, "the code is nobody's")),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeZone, Utc};
    use entity::value::EnrollmentId;

    use super::{Mapping, RefusalCode};
    use crate::domain::fact::Code;
    use crate::domain::person::CodeMapping;

    fn day(day: u32) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2025, 1, day, 0, 0, 0).unwrap()
    }

    const NOBODYS: Mapping = Mapping { enrollment: None, from: None, to: None };

    fn of(enrollment: EnrollmentId, from: u32, to: Option<u32>) -> Mapping {
        Mapping { enrollment: Some(enrollment), from: Some(day(from)), to: to.map(day) }
    }

    #[test]
    fn a_code_is_one_partners_at_a_time_and_keeps_its_history() {
        let (a, b) = (EnrollmentId::new(), EnrollmentId::new());
        assert_eq!(NOBODYS.assigned(&[], a, day(5)), Ok((of(a, 5, None), None)));
        assert_eq!(of(a, 5, None).assigned(&[], a, day(9)), Ok((of(a, 5, None), None)), "said twice");
        assert_eq!(of(a, 5, None).assigned(&[], a, day(2)), Ok((of(a, 2, None), None)), "and earlier");
        assert_eq!(of(a, 5, None).assigned(&[], b, day(9)).unwrap_err().code, RefusalCode::Taken);
        assert_eq!(of(a, 5, Some(9)).assigned(&[], b, day(8)).unwrap_err().code, RefusalCode::OutOfRange);
        assert_eq!(of(a, 5, Some(9)).assigned(&[], b, day(9)), Ok((of(b, 9, None), Some((a, day(5), day(9))))));
        assert_eq!(of(a, 5, Some(9)).assigned(&[], a, day(9)), Ok((of(a, 5, None), None)), "without a gap it goes on");
        assert_eq!(of(a, 5, Some(9)).assigned(&[], a, day(12)), Ok((of(a, 12, None), Some((a, day(5), day(9))))));
        assert_eq!(of(a, 5, Some(5)).assigned(&[], b, day(5)), Ok((of(b, 5, None), None)), "it was never a's");
    }

    #[test]
    fn a_period_never_reaches_into_a_former_one() {
        let (a, b) = (EnrollmentId::new(), EnrollmentId::new());
        let code = Code { promotion_code: Some("promo_1".into()), coupon: None };
        let former = [CodeMapping { code, enrollment: a, from: day(1), to: Some(day(4)), inactive: Vec::new() }];
        assert_eq!(of(b, 6, None).assigned(&former, b, day(3)).unwrap_err().code, RefusalCode::OutOfRange);
        assert_eq!(of(b, 6, None).assigned(&former, b, day(4)), Ok((of(b, 4, None), None)));
    }

    #[test]
    fn only_an_open_mapping_ends_and_not_before_it_began() {
        let a = EnrollmentId::new();
        assert_eq!(of(a, 5, None).end(day(5)), Ok(day(5)));
        assert_eq!(of(a, 5, None).end(day(4)).unwrap_err().code, RefusalCode::OutOfRange);
        assert_eq!(of(a, 5, Some(6)).end(day(7)).unwrap_err().code, RefusalCode::WrongState);
        assert_eq!(NOBODYS.end(day(7)).unwrap_err().code, RefusalCode::WrongState);
    }
}
