//! Saying by hand that two customers are one (ID-7).

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entity::value::{CustomerId, IdentityKind, InterventionId, InterventionKind};
use entity::{customer, identity};
use sea_orm::DatabaseTransaction;

use super::identity::{contradicted, join, set_called, set_emails};
use super::settle::{ring, settle};
use super::{Refusal, RefusalCode, ServiceError, Services, intervention, kin, retry};
use crate::domain::access::{Action, Scope, Viewer};
use crate::store;
use crate::store::claim::Stated;
use crate::store::scoped::find;

/// Makes two customers one: everything of `id` becomes that of `into`. The older binding stays, as it would have from the start, and the
/// purchases of both are decided anew. What is told of
/// either later is of the one; there is no operation that parts them again.
///
/// # Errors
/// [`ServiceError::Refused`] when one of them is not there, was merged before, or they are the same; denied to those who may not move money.
pub async fn merge(
    services: &Services,
    viewer: &Viewer,
    id: CustomerId,
    into: CustomerId,
    reason: &str,
) -> Result<customer::Model, ServiceError> {
    let scope = viewer.allow(Action::MoveMoney)?;
    let reason = intervention::reason(reason)?;
    if id == into {
        return Err(Refusal::new("intoId", RefusalCode::Invalid, "a customer cannot be merged into itself").into());
    }
    let (row, messages) = retry::races(|| async {
        let now = services.clock.now();
        let tx = services.db.begin().await?;
        // Smallest id first, and before anything is read: another merge, or an event, may join one of them meanwhile.
        store::customer::lock(&tx, &[id, into]).await?;
        let from = alone(&tx, scope, "id", id).await?;
        let to = alone(&tx, scope, "intoId", into).await?;
        let mut row = intervention::blank(viewer, scope, InterventionKind::CustomerMerge, now);
        (row.customer_id, row.merged_id, row.reason) = (Some(into), Some(id), reason.clone());
        row.what = what(&tx, &from, &to).await?;
        join(&tx, &from, into, now).await?;
        if from.claimed {
            store::customer::claim(&tx, into).await?;
        }
        set_called(&tx, into).await?;
        let mut tied = set_emails(&tx, scope, into, now).await?;
        tied.insert(into);
        settle_contradictions(&tx, scope, into).await?;
        keep(&tx, scope, into, row.id, now).await?;
        intervention::note(&tx, row).await?;
        let concerned = kin::around(&tx, scope, &tied).await?;
        let messages = settle(&tx, scope, &concerned, now).await?;
        let row = find::<customer::Entity, _>(&tx, scope, into).await?;
        tx.commit().await?;
        let row = row.ok_or_else(|| ServiceError::Internal("a customer that was just changed is not there".to_owned()))?;
        Ok((row, messages))
    })
    .await?;
    ring(services, &messages).await;
    Ok(row)
}

async fn alone(tx: &DatabaseTransaction, scope: Scope, field: &str, id: CustomerId) -> Result<customer::Model, ServiceError> {
    let row = find::<customer::Entity, _>(tx, scope, id).await?.ok_or_else(|| Refusal::not_found(field, "customer"))?;
    match row.merged_into {
        None => Ok(row),
        Some(other) => Err(Refusal::new(field, RefusalCode::WrongState, format!("this customer was merged into {other} before")).into()),
    }
}

/// Who was bound to whom before, so that what the merge ended stays known.
async fn what(tx: &DatabaseTransaction, from: &customer::Model, into: &customer::Model) -> Result<String, ServiceError> {
    let bindings = store::binding::of_customers(tx, &[from.id, into.id]).await?;
    let open: BTreeSet<String> = bindings
        .iter()
        .filter(|binding| binding.ended_at.is_none())
        .map(|binding| format!("{} was bound to {} since {}", binding.customer_id, binding.enrollment_id, binding.bound_at.to_rfc3339()))
        .collect();
    let open = if open.is_empty() { "nobody was bound".to_owned() } else { open.into_iter().collect::<Vec<_>>().join("; ") };
    Ok(format!("{} became {}; {open}", from.id, into.id))
}

/// What the hand said stays said like what any other source says: that all these keys are of one customer. The next event of one of them would
/// otherwise part it from the others again.
async fn keep(
    tx: &DatabaseTransaction,
    scope: Scope,
    customer: CustomerId,
    said_by: InterventionId,
    now: DateTime<Utc>,
) -> Result<(), ServiceError> {
    let own = store::identity::of_customers(tx, &[customer]).await?;
    let strong = own.into_iter().filter(|row| row.kind != IdentityKind::EmailHash && !row.disputed);
    let stated = |row: identity::Model| Stated {
        key: (row.kind, row.value),
        at: now,
        ended_at: None,
        trusted: true,
        by_page: false,
        name: None,
        email: None,
    };
    let stated: Vec<Stated> = strong.map(stated).collect();
    Ok(store::claim::replace(tx, scope, &store::claim::by_hand(said_by), customer, &stated).await?)
}

/// ID-6: ids that were said to be of different customers may be of one now.
async fn settle_contradictions(tx: &DatabaseTransaction, scope: Scope, customer: CustomerId) -> Result<(), ServiceError> {
    let own = store::identity::of_customers(tx, &[customer]).await?;
    for row in own.into_iter().filter(|row| row.kind == IdentityKind::StripeCustomer && row.disputed) {
        let key = (row.kind, row.value);
        let disputed = contradicted(tx, scope, &key).await?;
        store::identity::set_disputed(tx, scope, &key, disputed).await?;
    }
    Ok(())
}
