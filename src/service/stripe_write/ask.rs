//! Asking for something to be written: the row and the message, in the transaction of the cause.

use entity::stripe_connection;
use entity::stripe_write::{self, Model};
use entity::value::{
    ConnectionId, ConnectionStatus, EnrollmentId, MessageId, StripeChange, StripeWriteId, StripeWriteKind, StripeWriteReason,
    StripeWriteStatus, UserId,
};
use sea_orm::DatabaseTransaction;
use serde_json::json;

use super::TOPIC;
use crate::domain::access::{Action, Scope, Viewer};
use crate::service::settle::ring;
use crate::service::{Refusal, RefusalCode, ServiceError, Services};
use crate::store;
use crate::store::scoped::{find, lock};
use crate::store::stripe_write::Setback;

/// The most connections among which the only one that is linked is looked for.
const MOST: u64 = 20;

/// Something to be written.
pub struct NewWrite {
    /// Its id; what is made bears it.
    pub id: StripeWriteId,
    /// Where.
    pub connection: ConnectionId,
    /// What.
    pub change: StripeChange,
    /// Whose a code becomes.
    pub enrollment: Option<EnrollmentId>,
    /// Who asks, when it is a person.
    pub by: Option<UserId>,
}

/// Writes down what is owed to Stripe. Gives the message for which to ring after the commit. What is asked for already is not asked for
/// twice, and what is to replace something that was not written yet takes its place.
pub async fn owe(
    tx: &DatabaseTransaction,
    services: &Services,
    scope: Scope,
    new: NewWrite,
) -> Result<(Model, Option<MessageId>), ServiceError> {
    let now = services.clock.now();
    let (kind, subject) = (new.change.kind(), new.change.subject().to_owned());
    if new.change.replaces() {
        store::lock::acquire(tx, [format!("write/{}/{kind}/{subject}", new.connection)]).await?;
        for open in store::stripe_write::open_of(tx, new.connection, (kind, &subject)).await? {
            if open.change == new.change {
                return Ok((open, None));
            }
            let setback = Setback { reason: StripeWriteReason::Superseded, again: None, turn: false };
            store::stripe_write::set_back(tx, &open, setback, now).await?;
        }
    }
    let row = Model {
        id: new.id,
        merchant_id: scope.merchant(),
        livemode: scope.livemode(),
        connection_id: new.connection,
        kind,
        subject,
        change: new.change,
        enrollment_id: new.enrollment,
        status: StripeWriteStatus::Pending,
        reason: None,
        object: None,
        sent: None,
        turn: 0,
        attempts: 0,
        next_at: None,
        created_at: now,
        created_by: new.by,
        updated_at: now,
        verified_at: None,
    };
    let row = store::row::insert(tx, row).await?;
    let message = message(tx, services, scope, &row).await?;
    Ok((row, Some(message)))
}

async fn message(tx: &DatabaseTransaction, services: &Services, scope: Scope, row: &Model) -> Result<MessageId, ServiceError> {
    let payload = json!({ "write": row.id });
    Ok(store::outbox::add(tx, scope, TOPIC, row.subject.clone(), payload, services.clock.now()).await?)
}

/// The connection that is meant: the named one, or the only one that is linked.
pub async fn connection_of(
    tx: &DatabaseTransaction,
    scope: Scope,
    named: Option<ConnectionId>,
) -> Result<stripe_connection::Model, ServiceError> {
    let unlinked = || Refusal::new("connectionId", RefusalCode::WrongState, "the connection is not linked; link the account again");
    if let Some(id) = named {
        let row = find::<stripe_connection::Entity, _>(tx, scope, id).await?;
        let row = row.ok_or_else(|| Refusal::not_found("connectionId", "connection"))?;
        return if row.status == ConnectionStatus::Linked { Ok(row) } else { Err(unlinked().into()) };
    }
    let all = store::connection::some(tx, scope, MOST).await?;
    let mut linked = all.into_iter().filter(|row| row.status == ConnectionStatus::Linked);
    match (linked.next(), linked.next()) {
        (Some(only), None) => Ok(only),
        (None, _) => Err(Refusal::new("connectionId", RefusalCode::NotFound, "no Stripe account is linked in this mode").into()),
        (Some(_), Some(_)) => {
            Err(Refusal::new("connectionId", RefusalCode::Required, "several Stripe accounts are linked; say which").into())
        }
    }
}

/// Tries again what failed. What an earlier attempt may have made is looked for first.
///
/// # Errors
/// Refused when there is no such write, or it has not failed; denied to those who may not ask for such a one.
pub async fn again(services: &Services, viewer: &Viewer, id: StripeWriteId) -> Result<Model, ServiceError> {
    let begin = |mut row: Model| {
        if row.status != StripeWriteStatus::Failed {
            return Err(Refusal::new("id", RefusalCode::WrongState, format!("it has not failed, it is {}", row.status)));
        }
        if row.reason == Some(StripeWriteReason::Superseded) {
            return Err(Refusal::new("id", RefusalCode::WrongState, "something newer was asked for of the same object"));
        }
        // Stripe keeps its answer to a key. And the next attempt is not the first, which alone need not look for what is there.
        (row.status, row.attempts, row.turn) = (StripeWriteStatus::Pending, 1, row.turn.saturating_add(1));
        Ok(row)
    };
    reopen(services, viewer, id, begin).await
}

/// Reads back again what was verified, to see whether it still stands.
///
/// # Errors
/// Refused when there is no such write, or it was not verified; denied to those who may not ask for such a one.
pub async fn check(services: &Services, viewer: &Viewer, id: StripeWriteId) -> Result<Model, ServiceError> {
    let begin = |mut row: Model| {
        if row.status != StripeWriteStatus::Verified {
            return Err(Refusal::new("id", RefusalCode::WrongState, format!("it was not verified before, it is {}", row.status)));
        }
        (row.status, row.attempts) = (StripeWriteStatus::Written, 1);
        Ok(row)
    };
    reopen(services, viewer, id, begin).await
}

async fn reopen(
    services: &Services,
    viewer: &Viewer,
    id: StripeWriteId,
    begin: impl FnOnce(Model) -> Result<Model, Refusal>,
) -> Result<Model, ServiceError> {
    // Which of these it takes is known when the row is.
    let may = viewer.allow(Action::ManagePrograms).or_else(|_| viewer.allow(Action::Connect));
    let scope = may.or_else(|_| viewer.allow(Action::MoveMoney))?;
    let tx = services.db.begin().await?;
    let row = lock::<stripe_write::Entity>(&tx, scope, id).await?.ok_or_else(|| Refusal::not_found("id", "write"))?;
    viewer.allow(action(row.kind))?;
    let row = Model { reason: None, next_at: None, updated_at: services.clock.now(), ..begin(row)? };
    let row = store::row::save(&tx, row).await?;
    let message = message(&tx, services, scope, &row).await?;
    tx.commit().await?;
    ring(services, &[message]).await;
    Ok(row)
}

/// What somebody must be allowed who asks for a write.
pub const fn action(kind: StripeWriteKind) -> Action {
    match kind {
        StripeWriteKind::Coupon | StripeWriteKind::PromotionCode => Action::ManagePrograms,
        StripeWriteKind::Shipping | StripeWriteKind::Attribution => Action::Connect,
        StripeWriteKind::CustomerBalance => Action::MoveMoney,
    }
}
