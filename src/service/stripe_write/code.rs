//! Making promotion codes at Stripe for partners (CS-3).

use chrono::{DateTime, Utc};
use entity::coupon;
use entity::stripe_write::Model;
use entity::value::{Capability, ConnectionId, EnrollmentId, Money, PromotionCodeDraft, StripeChange, StripeWriteId, UserId};
use sea_orm::DatabaseTransaction;
use serde::Serialize;

use super::ask::{NewWrite, connection_of, owe};
use super::coupon::{bounds, earlier, running};
use crate::domain::access::{Action, Scope, Viewer};
use crate::service::check::Faults;
use crate::service::code::CouponName;
use crate::service::idempotency::{Asked, ask};
use crate::service::random::word;
use crate::service::settle::ring;
use crate::service::stripe_connection::capability::require;
use crate::service::terms::writer;
use crate::service::{Refusal, RefusalCode, ServiceError, Services};
use crate::store;
use crate::store::coupon::CouponFilter;
use crate::store::scoped::find;

/// The longest code; Stripe takes more, and nobody types more.
const CODE_LENGTH: usize = 64;
/// Characters of a code that is made up here.
const MADE_UP: usize = 8;

/// A promotion code to be.
#[derive(Clone, Debug, Serialize)]
pub struct NewPromotionCode {
    /// Whose it becomes.
    pub enrollment: EnrollmentId,
    /// The coupon that it gives.
    pub coupon: CouponName,
    /// Where the coupon is, if it is named by Stripe's id; the only linked connection when it is `None`.
    pub connection: Option<ConnectionId>,
    /// What customers are to type; made up when it is `None`.
    pub code: Option<String>,
    /// Until when it can be used.
    pub expires_at: Option<DateTime<Utc>>,
    /// How often it can be used in all.
    pub max_redemptions: Option<u32>,
    /// Whether it is for those alone who never bought.
    pub first_time: bool,
    /// What a payment must come to at least.
    pub minimum: Option<Money>,
}

/// Has a promotion code made at Stripe for an enrollment. It is theirs from its first second on.
///
/// # Errors
/// Refused with the fields that cannot stand, and with `CAPABILITY_MISSING` where the connection may not (CS-6); denied to those who may not
/// manage programs.
pub async fn create(
    services: &Services,
    viewer: &Viewer,
    input: NewPromotionCode,
    idempotency_key: Option<&str>,
) -> Result<Model, ServiceError> {
    let scope = viewer.allow(Action::ManagePrograms)?;
    let now = services.clock.now();
    check(&input, now)?;
    let tx = services.db.begin().await?;
    let mark = match ask::<StripeWriteId>(&tx, (viewer, scope), "promotionCodeCreate", (idempotency_key, &input), now).await? {
        Asked::First(mark) => mark,
        Asked::Again(id) => return earlier(&tx, scope, id).await,
    };
    running(&tx, scope, input.enrollment).await?;
    let (connection, coupon) = coupon_of(&tx, scope, &input.coupon, input.connection).await?;
    let draft = PromotionCodeDraft {
        coupon,
        code: input.code.unwrap_or_else(made_up),
        customer: None,
        expires_at: input.expires_at,
        max_redemptions: input.max_redemptions,
        first_time: input.first_time,
        minimum: input.minimum,
    };
    let (row, message) = owe_code(&tx, services, scope, (connection, draft), (input.enrollment, writer(viewer))).await?;
    mark.done(&tx, row.id).await?;
    tx.commit().await?;
    ring(services, message.as_slice()).await;
    Ok(row)
}

/// Writes down that a code is owed, for whichever cause.
pub(in crate::service) async fn owe_code(
    tx: &DatabaseTransaction,
    services: &Services,
    scope: Scope,
    (connection, draft): (ConnectionId, PromotionCodeDraft),
    (enrollment, by): (EnrollmentId, Option<UserId>),
) -> Result<(Model, Option<entity::value::MessageId>), ServiceError> {
    let id = StripeWriteId::new_at(services.clock.now());
    let change = StripeChange::PromotionCode(draft);
    owe(tx, services, scope, NewWrite { id, connection, change, enrollment: Some(enrollment), by }).await
}

/// A code that nobody has chosen.
pub(in crate::service) fn made_up() -> String {
    word(MADE_UP).to_uppercase()
}

/// Where a coupon is, and Stripe's id of it. One that nobody told of here may be there all the same.
pub(in crate::service) async fn coupon_of(
    tx: &DatabaseTransaction,
    scope: Scope,
    name: &CouponName,
    connection: Option<ConnectionId>,
) -> Result<(ConnectionId, String), ServiceError> {
    let (named, stripe_id, known) = match name {
        CouponName::Id(id) => {
            let row = find::<coupon::Entity, _>(tx, scope, *id).await?.ok_or_else(|| Refusal::not_found("coupon", "coupon"))?;
            (Some(row.connection_id), row.stripe_id.clone(), Some(row))
        }
        CouponName::StripeId(id) => (connection, id.clone(), None),
    };
    let connection = connection_of(tx, scope, named).await?;
    require(&connection, Capability::CreateCodes, "connectionId")?;
    let known = match known {
        Some(row) => Some(row),
        None => {
            let filter = CouponFilter { connection: Some(connection.id), stripe_id: Some(stripe_id.clone()), ..CouponFilter::default() };
            store::coupon::all(tx, scope, filter).await?.pop()
        }
    };
    if known.is_some_and(|row| row.deleted_at.is_some()) {
        return Err(Refusal::new("coupon", RefusalCode::WrongState, "the coupon was deleted at Stripe; make a new one").into());
    }
    Ok((connection.id, stripe_id))
}

fn check(input: &NewPromotionCode, now: DateTime<Utc>) -> Result<(), ServiceError> {
    let mut faults = Faults::default();
    if let Some(code) = &input.code {
        let sane = code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !sane || !(1..=CODE_LENGTH).contains(&code.len()) {
            faults.add("code", RefusalCode::Invalid, format!("must be 1 to {CODE_LENGTH} letters, digits or hyphens"));
        }
    }
    if let Some(minimum) = input.minimum {
        if !minimum.currency.is_known() {
            faults.add("minimum", RefusalCode::UnknownCurrency, "an amount needs the currency that it is of");
        } else if minimum.minor <= 0 {
            faults.add("minimum", RefusalCode::OutOfRange, "must be more than nothing");
        }
    }
    bounds(&mut faults, input.max_redemptions, ("expiresAt", input.expires_at), now);
    faults.done()
}
