//! Terms: new versions of a program's rules. A version is never changed (CO-1).

use chrono::{DateTime, Utc};
use entity::value::{ProgramId, Terms, TermsErrorCode, TermsId, UserId};
use entity::{program, terms};
use sea_orm::ConnectionTrait;
use serde::Serialize;

use super::affected::{Affected, customers_of};
use super::idempotency::{Asked, ask};
use super::{Refusal, RefusalCode, ServiceError, Services};
use crate::domain::access::{Action, Scope, Viewer};
use crate::domain::tally::Reach;
use crate::store;
use crate::store::scoped::{find, lock};

/// What is wrong with terms, by the path of the field.
#[must_use]
pub fn faults(terms: &Terms) -> Vec<Refusal> {
    let faults = terms.check().into_iter().map(|fault| {
        let code = match fault.code {
            TermsErrorCode::OutOfRange => RefusalCode::OutOfRange,
            TermsErrorCode::Duplicate => RefusalCode::Taken,
            TermsErrorCode::Required => RefusalCode::Required,
            TermsErrorCode::Invalid => RefusalCode::Invalid,
            TermsErrorCode::UnknownCurrency => RefusalCode::UnknownCurrency,
        };
        Refusal::new(&fault.path, code, fault.message)
    });
    faults.collect()
}

/// A version to be.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct NewTerms {
    /// Of which program.
    pub program: ProgramId,
    /// From when new bindings take it; only where everybody does.
    pub effective_from: Option<DateTime<Utc>>,
    /// Whether only those take it to whom it is assigned.
    pub assigned: bool,
    /// The version whose rules it changes; the newest one that everybody takes when left out.
    pub based_on: Option<TermsId>,
}

/// Writes the next version. `terms` makes the new rules of those of the version that it is based on, so that a change names only what it
/// changes.
///
/// # Errors
/// Refused when there is no such program, a field cannot stand (`terms.…`), or it would begin in the past or before the version before it;
/// denied to those who may not manage programs.
pub async fn create(
    services: &Services,
    viewer: &Viewer,
    new: NewTerms,
    (request, terms): (impl Serialize, impl FnOnce(Terms) -> Result<Terms, Vec<Refusal>>),
    idempotency_key: Option<&str>,
) -> Result<terms::Model, ServiceError> {
    let scope = viewer.allow(Action::ManagePrograms)?;
    let now = services.clock.now();
    let tx = services.db.begin().await?;
    let mark = match ask::<TermsId>(&tx, (viewer, scope), "termsCreate", (idempotency_key, &(new, request)), now).await? {
        Asked::First(mark) => mark,
        Asked::Again(id) => {
            let made = find::<terms::Entity, _>(&tx, scope, id).await?;
            return made.ok_or_else(|| Refusal::not_found("idempotencyKey", "terms any more").into());
        }
    };
    // The program's row is the lock under which its versions are counted.
    let row = lock::<program::Entity>(&tx, scope, new.program).await?.ok_or_else(|| Refusal::not_found("programId", "program"))?;
    let none = || ServiceError::Internal("a program has no terms".to_owned());
    let last = store::terms::newest(&tx, new.program).await?.ok_or_else(none)?;
    let for_all = store::terms::newest_for_all(&tx, new.program).await?.ok_or_else(none)?;
    let from = begins(&new, &for_all, now)?;
    let base = match new.based_on {
        None => for_all.body,
        Some(id) => of_program(&tx, scope, new.program, id, "basedOn").await?.body,
    };
    let under = |refusals: Vec<Refusal>| refusals.into_iter().map(|refusal| refusal.under("terms")).collect::<Vec<_>>();
    let body = terms(base).map_err(|refusals| ServiceError::Refused(under(refusals)))?;
    let wrong = under(faults(&body));
    if !wrong.is_empty() {
        return Err(ServiceError::Refused(wrong));
    }
    // What counts for a cap or a level counts whoever sold it, and also what was sold before there was one.
    let reaches_all = Reach::of([&body]).has_sums();
    let next = terms::Model { assigned: new.assigned, ..version(&row, last.version + 1, body, (from, now), viewer) };
    let made = store::row::insert(&tx, next).await?;
    mark.done(&tx, made.id).await?;
    if !new.assigned || reaches_all {
        customers_of(&tx, services, scope, &Affected::Program(new.program)).await?;
    }
    tx.commit().await?;
    Ok(made)
}

/// When a version begins. One that is only assigned begins with its assignments.
fn begins(new: &NewTerms, for_all: &terms::Model, now: DateTime<Utc>) -> Result<DateTime<Utc>, Refusal> {
    let refuse = |code, message: String| Err(Refusal::new("effectiveFrom", code, message));
    if new.assigned {
        return match new.effective_from {
            None => Ok(now),
            Some(_) => refuse(RefusalCode::Invalid, "goes with versions that everybody takes; say it where you assign this one".to_owned()),
        };
    }
    let from = new.effective_from.unwrap_or_else(|| now.max(for_all.effective_from));
    if from < now {
        let message = "must not be in the past: what was bound before keeps the terms under which it was bound (CO-1)";
        return refuse(RefusalCode::OutOfRange, message.to_owned());
    }
    if from < for_all.effective_from {
        let begins = for_all.effective_from.to_rfc3339();
        return refuse(RefusalCode::OutOfRange, format!("must not be before {begins}, when the version before it begins"));
    }
    Ok(from)
}

/// A version of this program.
///
/// # Errors
/// Refused at `field` when there is none.
pub(super) async fn of_program<C: ConnectionTrait>(
    conn: &C,
    scope: Scope,
    program: ProgramId,
    id: TermsId,
    field: &str,
) -> Result<terms::Model, ServiceError> {
    let version = find::<terms::Entity, _>(conn, scope, id).await?.filter(|version| version.program_id == program);
    version.ok_or_else(|| Refusal::not_found(field, "version of this program's terms").into())
}

/// When a change of terms begins: now, or later.
///
/// # Errors
/// Refused when it lies in the past.
pub(super) fn not_before(now: DateTime<Utc>, given: Option<DateTime<Utc>>) -> Result<DateTime<Utc>, Refusal> {
    match given {
        Some(from) if from < now => {
            Err(Refusal::new("effectiveFrom", RefusalCode::OutOfRange, "must not be in the past: what was earned by then stays (CO-1)"))
        }
        given => Ok(given.unwrap_or(now)),
    }
}

/// A version to be, in force from the first of the two times, written at the second.
pub(super) fn version(
    program: &program::Model,
    version: i32,
    body: Terms,
    (effective_from, now): (DateTime<Utc>, DateTime<Utc>),
    viewer: &Viewer,
) -> terms::Model {
    terms::Model {
        id: TermsId::new_at(now),
        merchant_id: program.merchant_id,
        livemode: program.livemode,
        program_id: program.id,
        version,
        asks_catalogue: body.asks_catalogue(),
        body,
        effective_from,
        assigned: false,
        created_at: now,
        created_by: writer(viewer),
    }
}

/// The person who writes; nobody when an API key does.
pub(super) const fn writer(viewer: &Viewer) -> Option<UserId> {
    match viewer {
        Viewer::User { user, .. } => Some(*user),
        _ => None,
    }
}
