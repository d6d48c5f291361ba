//! Storing what was received: all deliveries that come at the same time by one statement, each unless it is there already (IN-2).

use entity::value::InboxStatus;

use super::Services;
use super::inbox::Accepted;
use super::together::{Batch, Done};
use crate::queue::{Job, JobKind};
use crate::store::inbox::Received;
use crate::store::{self, StoreError};

/// Deliveries that are stored together.
#[derive(Debug)]
pub struct Deliveries;

impl Batch for Deliveries {
    type One = Received;
    type Answer = Accepted;

    fn size(one: &Received) -> usize {
        one.body.len()
    }

    async fn all(services: &Services, of: Vec<&Received>) -> Result<Done<Accepted>, StoreError> {
        let stored = store::inbox::insert(services.db.write(), of.iter().copied().cloned().collect()).await?;
        let is_new = |one: &Received| stored.contains(&one.id);
        let waits = of.iter().filter(|one| is_new(one) && one.status == InboxStatus::Received);
        let jobs = waits.map(|one| Job { kind: JobKind::Event, id: one.id.uuid() }).collect();
        let answers = of.iter().map(|one| if is_new(one) { Accepted::New } else { Accepted::Duplicate }).collect();
        Ok(Done { answers, jobs })
    }
}
