//! Terms: new versions of a program's rules. A version is never changed (CO-1).

use chrono::{DateTime, Utc};
use entity::value::{ProgramId, Terms, TermsErrorCode, TermsId};
use entity::{program, terms};
use serde::Serialize;

use super::affected::{Affected, customers_of};
use super::idempotency::{Asked, ask};
use super::{Refusal, RefusalCode, ServiceError, Services};
use crate::domain::access::{Action, Viewer};
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
            TermsErrorCode::NotSupported => RefusalCode::NotAllowed,
            TermsErrorCode::UnknownCurrency => RefusalCode::UnknownCurrency,
        };
        Refusal::new(&fault.path, code, fault.message)
    });
    faults.collect()
}

/// Writes the next version. `terms` makes the new rules of those of the newest version, so that a change names only what it changes.
///
/// # Errors
/// Refused when there is no such program, a field cannot stand (`terms.…`), or it would begin in the past or before the version before it;
/// denied to those who may not manage programs.
pub async fn create(
    services: &Services,
    viewer: &Viewer,
    (program, effective_from): (ProgramId, Option<DateTime<Utc>>),
    (request, terms): (impl Serialize, impl FnOnce(Terms) -> Result<Terms, Vec<Refusal>>),
    idempotency_key: Option<&str>,
) -> Result<terms::Model, ServiceError> {
    let scope = viewer.allow(Action::ManagePrograms)?;
    let now = services.clock.now();
    let tx = services.db.begin().await?;
    let mark = match ask::<TermsId>(&tx, (viewer, scope), "termsCreate", (idempotency_key, &(program, request)), now).await? {
        Asked::First(mark) => mark,
        Asked::Again(id) => {
            let made = find::<terms::Entity, _>(&tx, scope, id).await?;
            return made.ok_or_else(|| Refusal::not_found("idempotencyKey", "terms any more").into());
        }
    };
    // The program's row is the lock under which its versions are counted.
    let row = lock::<program::Entity>(&tx, scope, program).await?.ok_or_else(|| Refusal::not_found("programId", "program"))?;
    let newest = store::terms::newest(&tx, program).await?;
    let newest = newest.ok_or_else(|| ServiceError::Internal("a program has no terms".to_owned()))?;
    let under = |refusals: Vec<Refusal>| refusals.into_iter().map(|refusal| refusal.under("terms")).collect::<Vec<_>>();
    let body = terms(newest.body).map_err(|refusals| ServiceError::Refused(under(refusals)))?;
    let wrong = under(faults(&body));
    if !wrong.is_empty() {
        return Err(ServiceError::Refused(wrong));
    }
    let from = effective_from.unwrap_or_else(|| now.max(newest.effective_from));
    if from < now {
        let message = "must not be in the past: what was bound before keeps the terms under which it was bound (CO-1)";
        return Err(Refusal::new("effectiveFrom", RefusalCode::OutOfRange, message).into());
    }
    if from < newest.effective_from {
        let message = format!("must not be before {}, when the version before it begins", newest.effective_from.to_rfc3339());
        return Err(Refusal::new("effectiveFrom", RefusalCode::OutOfRange, message).into());
    }
    let made = store::row::insert(&tx, version(&row, newest.version + 1, body, (from, now), viewer)).await?;
    mark.done(&tx, made.id).await?;
    customers_of(&tx, services, scope, &Affected::Program(program)).await?;
    tx.commit().await?;
    Ok(made)
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
        body,
        effective_from,
        created_at: now,
        created_by: match viewer {
            Viewer::User { user, .. } => Some(*user),
            _ => None,
        },
    }
}
