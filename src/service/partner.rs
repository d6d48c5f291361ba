//! Partners: who refers.

use entity::partner;
use entity::value::{EnrollmentEnd, EnrollmentStatus, PartnerId, PartnerStatus};
use sea_orm::DatabaseTransaction;
use serde::Serialize;
use serde_json::{Map, Value};

use super::affected::{Affected, customers_of};
use super::check::Faults;
use super::enrollment::{end, taken_back};
use super::idempotency::{Asked, ask};
use super::{Refusal, RefusalCode, ServiceError, Services};
use crate::domain::access::{Action, Viewer};
use crate::store::partner_group::{TraitChange, begin, note};
use crate::store::scoped::{find, lock};
use crate::store::{self, Fault, StoreError};

/// The longest id of the merchant's own.
const MAX_EXTERNAL_ID: usize = 200;
/// The longest payout destination, in characters.
const MAX_DESTINATION: usize = 200;
/// The most keys of a partner's metadata, and the longest key and value, as at Stripe.
const METADATA: (usize, usize, usize) = (50, 40, 500);

/// A partner to be.
#[derive(Clone, Debug, Serialize)]
pub struct NewPartner {
    /// What they are called.
    pub name: String,
    /// Their address, unique in a merchant and mode.
    pub email: String,
    /// The merchant's own id of them.
    pub external_id: Option<String>,
    /// The merchant's own notes: texts by key.
    pub metadata: Option<Value>,
    /// Where they are paid to; kept as a keyed hash only (FR-3).
    pub payout_destination: Option<String>,
}

/// Adds a partner.
///
/// # Errors
/// Refused with the fields that cannot stand, `TAKEN` for an address that a partner has; denied to those who may not manage programs.
pub async fn create(
    services: &Services,
    viewer: &Viewer,
    mut input: NewPartner,
    idempotency_key: Option<&str>,
) -> Result<partner::Model, ServiceError> {
    let scope = viewer.allow(Action::ManagePrograms)?;
    let mut faults = Faults::default();
    input.name = faults.name("name", &input.name);
    input.email = faults.email("email", &input.email);
    check_external_id(&mut faults, input.external_id.as_deref());
    check_metadata(&mut faults, input.metadata.as_ref());
    check_destination(&mut faults, input.payout_destination.as_deref());
    faults.done()?;
    let now = services.clock.now();
    let tx = services.db.begin().await?;
    let mark = match ask::<PartnerId>(&tx, (viewer, scope), "partnerCreate", (idempotency_key, &input), now).await? {
        Asked::First(mark) => mark,
        Asked::Again(id) => {
            let made = find::<partner::Entity, _>(&tx, scope, id).await?;
            return made.ok_or_else(|| Refusal::not_found("idempotencyKey", "partner any more").into());
        }
    };
    let row = partner::Model {
        id: PartnerId::new_at(now),
        merchant_id: scope.merchant(),
        livemode: scope.livemode(),
        name: input.name,
        email: input.email,
        status: PartnerStatus::Active,
        external_id: input.external_id,
        payout_hash: input.payout_destination.map(|text| services.hashes.payout_hash(&text)),
        metadata: input.metadata.unwrap_or_else(|| Value::Object(Map::new())),
        created_at: now,
    };
    let row = add(&tx, row).await?;
    mark.done(&tx, row.id).await?;
    tx.commit().await?;
    Ok(row)
}

/// Adds a row of a partner inside the caller's transaction.
pub(super) async fn add(tx: &DatabaseTransaction, row: partner::Model) -> Result<partner::Model, ServiceError> {
    let row = store::row::insert(tx, row).await.map_err(address_taken)?;
    begin(tx, &row).await?;
    Ok(row)
}

/// What to change of a partner; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// What they are called.
    pub name: Option<String>,
    /// Their address.
    pub email: Option<String>,
    /// The merchant's own id of them; the inner `None` takes it away.
    pub external_id: Option<Option<String>>,
    /// The merchant's own notes, all of them.
    pub metadata: Option<Value>,
    /// Where they are paid to; the inner `None` takes it away.
    pub payout_destination: Option<Option<String>>,
}

/// Changes a partner.
///
/// # Errors
/// Refused with the fields that cannot stand; denied to those who may not manage programs.
pub async fn update(services: &Services, viewer: &Viewer, id: PartnerId, change: Change) -> Result<partner::Model, ServiceError> {
    let scope = viewer.allow(Action::ManagePrograms)?;
    let mut faults = Faults::default();
    let tx = services.db.begin().await?;
    let mut row = lock::<partner::Entity>(&tx, scope, id).await?.ok_or_else(|| Refusal::not_found("id", "partner"))?;
    let before = row.clone();
    if let Some(name) = change.name {
        row.name = faults.name("name", &name);
    }
    if let Some(email) = change.email {
        row.email = faults.email("email", &email);
    }
    if let Some(external_id) = change.external_id {
        check_external_id(&mut faults, external_id.as_deref());
        row.external_id = external_id;
    }
    if let Some(metadata) = change.metadata {
        check_metadata(&mut faults, Some(&metadata));
        row.metadata = metadata;
    }
    let mut affected = vec![row.payout_hash.clone()];
    if let Some(destination) = change.payout_destination {
        check_destination(&mut faults, destination.as_deref());
        row.payout_hash = destination.map(|text| services.hashes.payout_hash(&text));
    }
    faults.done()?;
    let row = store::row::save(&tx, row).await.map_err(address_taken)?;
    // Who a partner is decides on signs of fraud (FR-1), also on those of others with the same payee (FR-3).
    customers_of(&tx, services, scope, &Affected::Partner(id)).await?;
    affected.push(row.payout_hash.clone());
    for payee in store::fraud::payees(&tx, scope, &affected.into_iter().flatten().collect()).await? {
        customers_of(&tx, services, scope, &Affected::Partner(payee)).await?;
    }
    if row.metadata != before.metadata {
        note(&tx, (&before, &row), TraitChange { group: None, noted: true }, services.clock.now()).await?;
    }
    tx.commit().await?;
    Ok(row)
}

/// Bans, archives or takes back a partner. A ban shuts out of every program; archiving leaves every program, and what was brought earns on
/// by the terms (AT-14). Who is taken back has to be approved again in each program.
///
/// # Errors
/// Refused when there is no such partner; denied to those who may not manage programs.
pub async fn set_status(services: &Services, viewer: &Viewer, id: PartnerId, to: PartnerStatus) -> Result<partner::Model, ServiceError> {
    let scope = viewer.allow(Action::ManagePrograms)?;
    let now = services.clock.now();
    let tx = services.db.begin().await?;
    let mut row = lock::<partner::Entity>(&tx, scope, id).await?.ok_or_else(|| Refusal::not_found("id", "partner"))?;
    if row.status == to {
        return Ok(row);
    }
    row.status = to;
    let row = store::row::save(&tx, row).await?;
    let kind = match to {
        PartnerStatus::Active => None,
        PartnerStatus::Banned => Some(EnrollmentEnd::Banned),
        PartnerStatus::Archived => Some(EnrollmentEnd::Archived),
    };
    if let Some(kind) = kind {
        for enrollment in store::enrollment::lock_of_partner(&tx, id).await? {
            // A ban stands above leaving, and nothing ends what was never begun.
            let ends = match enrollment.status {
                EnrollmentStatus::Applied | EnrollmentStatus::Approved => true,
                EnrollmentStatus::Archived => kind == EnrollmentEnd::Banned,
                EnrollmentStatus::Rejected | EnrollmentStatus::Banned => false,
            };
            if ends {
                let ended = store::row::save(&tx, end(taken_back(enrollment, now), kind, now)).await?;
                customers_of(&tx, services, scope, &Affected::Enrollment(ended.id)).await?;
            }
        }
    }
    tx.commit().await?;
    Ok(row)
}

fn check_external_id(faults: &mut Faults, id: Option<&str>) {
    if id.is_some_and(|id| id.is_empty() || id.len() > MAX_EXTERNAL_ID || id.chars().any(char::is_control)) {
        faults.add("externalId", RefusalCode::Invalid, format!("must have 1 to {MAX_EXTERNAL_ID} characters on one line"));
    }
}

fn check_destination(faults: &mut Faults, text: Option<&str>) {
    if text.is_some_and(|text| text.trim().is_empty() || text.chars().count() > MAX_DESTINATION) {
        faults.add("payoutDestination", RefusalCode::Invalid, format!("must have 1 to {MAX_DESTINATION} characters"));
    }
}

fn check_metadata(faults: &mut Faults, metadata: Option<&Value>) {
    let (keys, key, value) = METADATA;
    let fits = match metadata {
        None => true,
        Some(Value::Object(map)) => {
            map.len() <= keys && map.iter().all(|(k, v)| k.len() <= key && v.as_str().is_some_and(|text| text.len() <= value))
        }
        Some(_) => false,
    };
    if !fits {
        let message = format!("must be an object of at most {keys} keys of {key} characters, each with a text of at most {value}");
        faults.add("metadata", RefusalCode::Invalid, message);
    }
}

fn address_taken(error: StoreError) -> ServiceError {
    match error.fault() {
        Fault::Duplicate => Refusal::new("email", RefusalCode::Taken, "another partner has this e-mail address").into(),
        _ => error.into(),
    }
}
