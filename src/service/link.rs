//! Links: a partner's tracked URLs.

use entity::value::{EnrollmentId, EnrollmentStatus, LinkId};
use entity::{enrollment, link, program};
use serde::Serialize;
use url::Url;

use super::check::{Faults, destination};
use super::idempotency::{Asked, ask};
use super::random::word;
use super::{Refusal, RefusalCode, ServiceError, Services};
use crate::domain::access::{Action, Viewer};
use crate::store::scoped::{find, lock};
use crate::store::{self, Fault, StoreError};

/// The path of short links on this instance, before the short code.
pub const SHORT_PATH: &str = "/r/";
/// The longest code.
const MAX_CODE: usize = 64;
/// Characters of a code that is made up here.
const CODE_LENGTH: usize = 8;
/// Characters of a short code: 50 bits, so that none is found by trying.
const SHORT_LENGTH: usize = 10;

/// A link to be.
#[derive(Clone, Debug, Serialize)]
pub struct NewLink {
    /// Whose.
    pub enrollment: EnrollmentId,
    /// The code in the address; made up when it is `None`.
    pub code: Option<String>,
    /// Where it leads; to the program's landing page when it is `None`.
    pub destination: Option<String>,
}

/// Makes a link.
///
/// # Errors
/// Refused when the enrollment is not there or has ended, the code is used in the program, or the destination is not on the program's hosts;
/// denied to those who may not manage programs.
pub async fn create(
    services: &Services,
    viewer: &Viewer,
    input: NewLink,
    idempotency_key: Option<&str>,
) -> Result<link::Model, ServiceError> {
    let scope = viewer.allow(Action::ManagePrograms)?;
    let mut faults = Faults::default();
    let code = match &input.code {
        Some(code) => faults.take("code", read_code(code)).unwrap_or_default(),
        None => word(CODE_LENGTH),
    };
    faults.done()?;
    let now = services.clock.now();
    let tx = services.db.begin().await?;
    let mark = match ask::<LinkId>(&tx, (viewer, scope), "linkCreate", (idempotency_key, &input), now).await? {
        Asked::First(mark) => mark,
        Asked::Again(id) => {
            let made = find::<link::Entity, _>(&tx, scope, id).await?;
            return made.ok_or_else(|| Refusal::not_found("idempotencyKey", "link any more").into());
        }
    };
    let enrollment = find::<enrollment::Entity, _>(&tx, scope, input.enrollment).await?;
    let enrollment = enrollment.ok_or_else(|| Refusal::not_found("enrollmentId", "enrollment"))?;
    if !matches!(enrollment.status, EnrollmentStatus::Applied | EnrollmentStatus::Approved) {
        return Err(Refusal::new("enrollmentId", RefusalCode::WrongState, "the enrollment has ended").into());
    }
    let program = find::<program::Entity, _>(&tx, scope, enrollment.program_id).await?;
    let program = program.ok_or_else(|| Refusal::not_found("enrollmentId", "program"))?;
    let destination_url = check_destination(input.destination.as_deref().unwrap_or(&program.landing_url), &program)?;
    let code_folded = code.to_lowercase();
    if store::link::by_code(&tx, program.id, &code_folded).await?.is_some() {
        return Err(code_taken());
    }
    let row = link::Model {
        id: LinkId::new_at(now),
        merchant_id: scope.merchant(),
        livemode: scope.livemode(),
        program_id: program.id,
        enrollment_id: enrollment.id,
        code,
        code_folded,
        short_code: word(SHORT_LENGTH),
        destination_url,
        created_at: now,
        archived_at: None,
    };
    let row = store::row::insert(&tx, row).await.map_err(|error: StoreError| match error.fault() {
        Fault::Duplicate => code_taken(),
        _ => error.into(),
    })?;
    mark.done(&tx, row.id).await?;
    tx.commit().await?;
    Ok(row)
}

/// Leads a link elsewhere. Its codes stay.
///
/// # Errors
/// Refused when there is no such link or the destination is not on the program's hosts; denied to those who may not manage programs.
pub async fn update(services: &Services, viewer: &Viewer, id: LinkId, to: &str) -> Result<link::Model, ServiceError> {
    let scope = viewer.allow(Action::ManagePrograms)?;
    let tx = services.db.begin().await?;
    let mut row = lock::<link::Entity>(&tx, scope, id).await?.ok_or_else(|| Refusal::not_found("id", "link"))?;
    let program = find::<program::Entity, _>(&tx, scope, row.program_id).await?;
    let program = program.ok_or_else(|| Refusal::not_found("id", "link"))?;
    row.destination_url = check_destination(to, &program)?;
    let row = store::row::save(&tx, row).await?;
    tx.commit().await?;
    Ok(row)
}

/// Archives a link: it brings nobody any more. What it brought stays. Its code is not free again, or old posts would earn for another.
///
/// # Errors
/// Refused when there is no such link; denied to those who may not manage programs.
pub async fn archive(services: &Services, viewer: &Viewer, id: LinkId) -> Result<link::Model, ServiceError> {
    let scope = viewer.allow(Action::ManagePrograms)?;
    let tx = services.db.begin().await?;
    let mut row = lock::<link::Entity>(&tx, scope, id).await?.ok_or_else(|| Refusal::not_found("id", "link"))?;
    row.archived_at = row.archived_at.or(Some(services.clock.now()));
    let row = store::row::save(&tx, row).await?;
    tx.commit().await?;
    Ok(row)
}

/// The address to share: the destination with the code in the program's query parameter. `None` when the stored destination is no address.
#[must_use]
pub fn tracked_url(link: &link::Model, query_param: &str) -> Option<String> {
    let mut url = Url::parse(&link.destination_url).ok()?;
    url.query_pairs_mut().append_pair(query_param, &link.code);
    Some(url.into())
}

fn check_destination(text: &str, program: &program::Model) -> Result<String, Refusal> {
    destination(text, &program.allowed_hosts).map_err(|(code, message)| Refusal::new("destinationUrl", code, message))
}

fn code_taken() -> ServiceError {
    Refusal::new("code", RefusalCode::Taken, "another link of this program has this code").into()
}

/// A code as it is shown: what can stand in an address without being escaped.
fn read_code(text: &str) -> Result<String, (RefusalCode, String)> {
    let code = text.trim();
    let fits = (1..=MAX_CODE).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if !fits {
        return Err((RefusalCode::Invalid, format!("must be 1 to {MAX_CODE} letters, digits, hyphens or underscores")));
    }
    Ok(code.to_owned())
}

#[cfg(test)]
mod tests {
    use super::read_code;

    #[test]
    fn a_code_needs_no_escaping() {
        assert_eq!(read_code(" Ada-42_x "), Ok("Ada-42_x".to_owned()));
        for bad in ["", " ", "a b", "ä", "a/b", "a%20", &"a".repeat(65), "a.b", "a&b=c"] {
            assert!(read_code(bad).is_err(), "{bad}");
        }
    }
}
