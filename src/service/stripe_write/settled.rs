//! What follows when something stands at Stripe: a code is taken in and becomes its partner's.

use chrono::{DateTime, Utc};
use entity::stripe_write::Model;
use entity::value::{EnrollmentId, MessageId, Mode, StripeWriteKind};
use entity::{coupon, promotion_code};
use sea_orm::DatabaseTransaction;
use serde_json::Value;

use crate::domain::access::Scope;
use crate::service::code::{Coded, give};
use crate::service::facts::{Source, take};
use crate::service::settle::{ring, settle as settle_customers};
use crate::service::{ServiceError, Services, referral, retry};
use crate::store;
use crate::store::coupon::CouponFilter;
use crate::store::promotion_code::PromotionCodeFilter;
use crate::stripe::client::Answer;

/// Notes that it is verified, with all that follows, in one transaction. When Stripe tells of it as an event, before or after, that changes
/// nothing any more.
pub async fn settle(services: &Services, row: &Model, object: &str, answer: &Answer) -> Result<(), ServiceError> {
    let messages = retry::races(|| commit(services, row, object, answer)).await?;
    ring(services, &messages).await;
    Ok(())
}

async fn commit(services: &Services, row: &Model, object: &str, answer: &Answer) -> Result<Vec<MessageId>, ServiceError> {
    let now = services.clock.now();
    let scope = Scope::merchant_wide(row.merchant_id, Mode::from_livemode(row.livemode));
    let tx = services.db.begin().await?;
    let mut messages = Vec::new();
    if matches!(row.kind, StripeWriteKind::Coupon | StripeWriteKind::PromotionCode) {
        let source = Source { scope, connection: row.connection_id, now };
        let customers = take(&tx, services, &source, answer.projection()).await?;
        if let Some(enrollment) = row.enrollment_id {
            theirs(&tx, services, scope, (row, object), (enrollment, since(answer, now))).await?;
        }
        messages = settle_customers(&tx, scope, &customers, now).await?;
    }
    if !store::stripe_write::verified(&tx, row.id, now).await? {
        // Another worker was faster, and its outcome stands.
        return Ok(Vec::new());
    }
    store::referral::applied(&tx, row.id, now).await?;
    let friends = store::referral::friends_of_write(&tx, row.id).await?.into_iter().collect();
    messages.extend(referral::concern(&tx, scope, &friends, now).await?);
    tx.commit().await?;
    Ok(messages)
}

/// Since when the code is there: nobody could use it before.
fn since(answer: &Answer, now: DateTime<Utc>) -> DateTime<Utc> {
    let created = answer.body.get("created").and_then(Value::as_i64).and_then(|at| DateTime::from_timestamp(at, 0));
    created.unwrap_or(now).min(now)
}

/// Gives the code to whom it was made for, unless somebody gave it to anybody since.
async fn theirs(
    tx: &DatabaseTransaction,
    services: &Services,
    scope: Scope,
    (row, object): (&Model, &str),
    (enrollment, since): (EnrollmentId, DateTime<Utc>),
) -> Result<(), ServiceError> {
    let (connection, stripe_id) = (Some(row.connection_id), Some(object.to_owned()));
    if row.kind == StripeWriteKind::Coupon {
        let filter = CouponFilter { connection, stripe_id, ..CouponFilter::default() };
        let found = store::coupon::all(tx, scope, filter).await?;
        let free = found.into_iter().find(|code| code.enrollment_id.is_none()).map(|code| code.id);
        hand_over::<coupon::Entity>(tx, services, scope, free, (enrollment, since)).await
    } else {
        let filter = PromotionCodeFilter { connection, stripe_id, ..PromotionCodeFilter::default() };
        let found = store::promotion_code::all(tx, scope, filter).await?;
        let free = found.into_iter().find(|code| code.enrollment_id.is_none()).map(|code| code.id);
        hand_over::<promotion_code::Entity>(tx, services, scope, free, (enrollment, since)).await
    }
}

async fn hand_over<E: Coded>(
    tx: &DatabaseTransaction,
    services: &Services,
    scope: Scope,
    code: Option<E::Id>,
    (enrollment, since): (EnrollmentId, DateTime<Utc>),
) -> Result<(), ServiceError> {
    let Some(code) = code else { return Ok(()) };
    match give::<E>(tx, services, scope, code, (enrollment, Some(since))).await {
        Ok(_) => Ok(()),
        // The enrollment ended while Stripe was asked: the code is there and nobody's, as it shows.
        Err(ServiceError::Refused(_)) => {
            tracing::info!(%enrollment, "a code is nobody's, as the enrollment that it was made for has ended");
            Ok(())
        }
        Err(error) => Err(error),
    }
}
