//! Putting a failed event back in line by hand (IN-11).

use entity::inbox_event::Entity;
use entity::value::EventId;

use super::error::{Refusal, RefusalCode};
use super::{ServiceError, Services};
use crate::domain::access::Scope;
use crate::queue::{Job, JobKind};
use crate::store;
use crate::store::scoped::find;

/// Lets a failed event be tried again, with a clean count of attempts.
///
/// # Errors
/// [`ServiceError::Refused`] when there is no such event or it has not failed, [`ServiceError::Store`] when the database fails.
pub async fn replay(services: &Services, scope: Scope, id: EventId) -> Result<(), ServiceError> {
    let known = find::<Entity, _>(services.db.read(), scope, id).await?;
    if known.is_none() {
        return Err(Refusal::not_found("id", "event").into());
    }
    if !store::inbox::replay(services.db.write(), id, services.clock.shared()).await? {
        return Err(Refusal::new("id", RefusalCode::WrongState, "only an event that failed can be replayed").into());
    }
    if let Err(error) = services.queue.push(&[Job { kind: JobKind::Event, id: id.uuid() }]).await {
        tracing::debug!(%error, "the bell was not heard; the sweeper rings again");
    }
    Ok(())
}
