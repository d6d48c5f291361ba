//! Groups of partners: partners for whom the same is to hold.

use entity::value::{PartnerGroupId, PartnerId};
use entity::{partner, partner_group};
use serde::Serialize;

use super::check::Faults;
use super::idempotency::{Asked, ask};
use super::{Refusal, RefusalCode, ServiceError, Services};
use crate::domain::access::{Action, Viewer};
use crate::store::partner_group::{TraitChange, note};
use crate::store::scoped::{find, lock};
use crate::store::{self, Fault, StoreError};

/// Makes a group.
///
/// # Errors
/// Refused with the fields that cannot stand, `TAKEN` for a name that a group has; denied to those who may not manage programs.
pub async fn create(
    services: &Services,
    viewer: &Viewer,
    name: &str,
    idempotency_key: Option<&str>,
) -> Result<partner_group::Model, ServiceError> {
    let scope = viewer.allow(Action::ManagePrograms)?;
    let name = checked(name)?;
    let now = services.clock.now();
    let tx = services.db.begin().await?;
    let mark =
        match ask::<PartnerGroupId>(&tx, (viewer, scope), "partnerGroupCreate", (idempotency_key, &Named { name: &name }), now).await? {
            Asked::First(mark) => mark,
            Asked::Again(id) => {
                let made = find::<partner_group::Entity, _>(&tx, scope, id).await?;
                return made.ok_or_else(|| Refusal::not_found("idempotencyKey", "group any more").into());
            }
        };
    let row = partner_group::Model {
        id: PartnerGroupId::new_at(now),
        merchant_id: scope.merchant(),
        livemode: scope.livemode(),
        name,
        created_at: now,
    };
    let row = store::row::insert(&tx, row).await.map_err(name_taken)?;
    mark.done(&tx, row.id).await?;
    tx.commit().await?;
    Ok(row)
}

/// What is asked for.
#[derive(Serialize)]
struct Named<'a> {
    name: &'a str,
}

/// Calls a group something else.
///
/// # Errors
/// Refused when there is no such group or the name cannot stand; denied to those who may not manage programs.
pub async fn rename(services: &Services, viewer: &Viewer, id: PartnerGroupId, name: &str) -> Result<partner_group::Model, ServiceError> {
    let scope = viewer.allow(Action::ManagePrograms)?;
    let name = checked(name)?;
    let tx = services.db.begin().await?;
    let row = lock::<partner_group::Entity>(&tx, scope, id).await?.ok_or_else(|| Refusal::not_found("id", "group of partners"))?;
    let row = store::row::save(&tx, partner_group::Model { name, ..row }).await.map_err(name_taken)?;
    tx.commit().await?;
    Ok(row)
}

/// Puts a partner into a group from now on, out of the one before; with `None` into none. What was bought before is judged by the group in
/// which the partner was then, so nothing has to be settled again.
///
/// # Errors
/// Refused when one of them is not there; denied to those who may not manage programs.
pub async fn put(
    services: &Services,
    viewer: &Viewer,
    partner: PartnerId,
    group: Option<PartnerGroupId>,
) -> Result<partner::Model, ServiceError> {
    let scope = viewer.allow(Action::ManagePrograms)?;
    let now = services.clock.now();
    let tx = services.db.begin().await?;
    let row = lock::<partner::Entity>(&tx, scope, partner).await?.ok_or_else(|| Refusal::not_found("partnerId", "partner"))?;
    if let Some(id) = group {
        find::<partner_group::Entity, _>(&tx, scope, id).await?.ok_or_else(|| Refusal::not_found("groupId", "group of partners"))?;
    }
    note(&tx, (&row, &row), TraitChange { group: Some(group), noted: false }, now).await?;
    tx.commit().await?;
    Ok(row)
}

fn checked(name: &str) -> Result<String, ServiceError> {
    let mut faults = Faults::default();
    let name = faults.name("name", name);
    faults.done()?;
    Ok(name)
}

fn name_taken(error: StoreError) -> ServiceError {
    match error.fault() {
        Fault::Duplicate => Refusal::new("name", RefusalCode::Taken, "another group has this name").into(),
        _ => error.into(),
    }
}
