//! Making the customers who are there already referrers (S20): some at a turn, from where the last turn ended, each exactly once.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration as Lasting, Instant};

use chrono::{DateTime, Utc};
use entity::referral_sync::Model;
use entity::value::{ConnectionId, CustomerId, IdentityKind, MessageId, ProgramId, ProgramStatus, ReferralSyncId, ReferralSyncStatus};
use entity::{program, referral_sync};
use sea_orm::DatabaseTransaction;
use serde_json::{Value, json};
use uuid::Uuid;

use super::SYNC;
use super::enroll::enroll;
use crate::domain::access::{Action, Scope, Viewer};
use crate::domain::fact::Fact;
use crate::service::identity::place;
use crate::service::settle::ring;
use crate::service::terms::writer;
use crate::service::{Refusal, RefusalCode, ServiceError, Services, retry};
use crate::store;
use crate::store::referral::scope_of;
use crate::store::scoped::{find, lock};

/// How many customers one transaction makes referrers.
const SLICE: u64 = 50;
/// How long a worker goes on at one turn, before others have theirs.
const TURN: Lasting = Lasting::from_secs(2);

/// Begins to make all customers of the merchant who are there at Stripe referrers of a program. While one goes on, it is that one.
///
/// # Errors
/// Refused when there is no such program, it is not active or offers nothing for friends; denied to those who may not manage programs.
pub async fn begin(services: &Services, viewer: &Viewer, program: ProgramId) -> Result<Model, ServiceError> {
    let scope = viewer.allow(Action::ManagePrograms)?;
    let now = services.clock.now();
    let tx = services.db.begin().await?;
    let row = lock::<program::Entity>(&tx, scope, program).await?.ok_or_else(|| Refusal::not_found("programId", "program"))?;
    if row.status != ProgramStatus::Active {
        return Err(Refusal::new("programId", RefusalCode::WrongState, "the program is not active").into());
    }
    if store::referral::offer_of(&tx, scope, program).await?.is_none() {
        return Err(Refusal::new("programId", RefusalCode::WrongState, "say first what it offers, with referralOfferSet").into());
    }
    if let Some(running) = store::referral::running(&tx, scope, program).await? {
        return Ok(running);
    }
    let row = Model {
        id: ReferralSyncId::new_at(now),
        merchant_id: scope.merchant(),
        livemode: scope.livemode(),
        program_id: program,
        status: ReferralSyncStatus::Running,
        place: Uuid::nil(),
        seen: 0,
        made: 0,
        created_at: now,
        created_by: writer(viewer),
        updated_at: now,
        finished_at: None,
    };
    let row = store::row::insert(&tx, row).await?;
    let message = store::outbox::add(&tx, scope, SYNC, row.id.to_string(), json!({ "sync": row.id }), now).await?;
    tx.commit().await?;
    ring(services, &[message]).await;
    Ok(row)
}

/// Goes on with a sync for one turn. Gives when to come back, if it is not over.
///
/// # Errors
/// [`ServiceError`] when the database fails: it then goes on from where the last slice ended.
pub async fn advance(services: &Services, payload: &Value) -> Result<Option<DateTime<Utc>>, ServiceError> {
    let named = payload.get("sync").and_then(Value::as_str).and_then(|text| text.parse::<ReferralSyncId>().ok());
    let id = named.ok_or_else(|| ServiceError::Internal("a message names no sync".to_owned()))?;
    let began = Instant::now();
    loop {
        let (over, messages) = retry::races(|| slice(services, id)).await?;
        ring(services, &messages).await;
        if over {
            return Ok(None);
        }
        if began.elapsed() >= TURN {
            return Ok(Some(services.clock.now()));
        }
    }
}

/// One transaction: some customers, and the place after them.
async fn slice(services: &Services, id: ReferralSyncId) -> Result<(bool, Vec<MessageId>), ServiceError> {
    let now = services.clock.now();
    let tx = services.db.begin().await?;
    let Some(row) = store::referral::lock_sync(&tx, id).await? else { return Ok((true, Vec::new())) };
    let scope = scope_of(row.merchant_id, row.livemode);
    let offer = store::referral::offer_of(&tx, scope, row.program_id).await?;
    let program = find::<program::Entity, _>(&tx, scope, row.program_id).await?;
    let (Some(offer), Some(program)) = (offer, program) else {
        return Err(ServiceError::Internal("the program of a sync is gone".to_owned()));
    };
    let customers = store::referral::customers_after(&tx, scope, CustomerId::from_uuid(row.place), SLICE).await?;
    let ids: Vec<CustomerId> = customers.iter().map(|customer| customer.id).collect();
    let known = store::referral::referrers_among(&tx, program.id, &ids).await?;
    let known: BTreeSet<CustomerId> = known.into_iter().map(|referrer| referrer.customer_id).collect();
    let there = there(&tx, scope, &ids).await?;
    let (mut made, mut messages) = (0_i64, Vec::new());
    for customer in customers.iter().filter(|customer| there.contains(&customer.id) && !known.contains(&customer.id)) {
        if let Some((_, message)) = enroll(&tx, services, scope, (&offer, &program), customer).await? {
            made += 1;
            messages.extend(message);
        }
    }
    let over = customers.is_empty();
    let row = referral_sync::Model {
        place: ids.last().map_or(row.place, |last| last.uuid()),
        seen: row.seen.saturating_add(i64::try_from(ids.len()).unwrap_or(i64::MAX)),
        made: row.made.saturating_add(made),
        status: if over { ReferralSyncStatus::Done } else { ReferralSyncStatus::Running },
        updated_at: now,
        finished_at: over.then_some(now),
        ..row
    };
    store::row::save(&tx, row).await?;
    tx.commit().await?;
    Ok((over, messages))
}

/// Those of the customers whom Stripe has under at least one id that was not deleted there.
async fn there(tx: &DatabaseTransaction, scope: Scope, customers: &[CustomerId]) -> Result<BTreeSet<CustomerId>, ServiceError> {
    let identities = store::identity::of_customers(tx, customers).await?;
    let mut at: BTreeMap<ConnectionId, BTreeMap<&str, CustomerId>> = BTreeMap::new();
    for identity in identities.iter().filter(|identity| identity.kind == IdentityKind::StripeCustomer) {
        if let Some((connection, object)) = place(&identity.value) {
            at.entry(connection).or_default().insert(object, identity.customer_id);
        }
    }
    let mut there = BTreeSet::new();
    for (connection, objects) in at {
        let ids: Vec<&str> = objects.keys().copied().collect();
        let known = store::snapshot::facts(tx, connection, scope, &ids).await?;
        let deleted = |object: &str| matches!(known.get(object), Some(Fact::Buyer(buyer)) if buyer.deleted);
        there.extend(objects.into_iter().filter(|(object, _)| !deleted(object)).map(|(_, customer)| customer));
    }
    Ok(there)
}
