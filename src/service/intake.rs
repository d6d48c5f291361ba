//! Taking in what is delivered: the addresses of all deliveries that come at the same time are looked up by one statement, and what came is
//! stored by one, each unless it is there already (IN-2).

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use entity::stripe_connection;
use entity::value::InboxStatus;

use super::Services;
use super::inbox::Accepted;
use super::together::{Batch, Done};
use crate::queue::{Job, JobKind};
use crate::store::inbox::Received;
use crate::store::{self, StoreError};

/// Addresses of connections, by the last words of their paths, that are looked up together.
#[derive(Debug)]
pub struct Addresses;

impl Batch for Addresses {
    type One = String;
    type Answer = Option<Arc<stripe_connection::Model>>;

    fn size(one: &String) -> usize {
        one.len()
    }

    async fn all(services: &Services, of: Vec<&String>) -> Result<Done<Self::Answer>, StoreError> {
        let words: BTreeSet<&str> = of.iter().map(|word| word.as_str()).collect();
        let found = store::connection::by_endpoints(services.db.read(), &words).await?;
        let found: HashMap<String, _> = found.into_iter().map(|row| (row.endpoint.clone(), Arc::new(row))).collect();
        Ok(Done { answers: of.into_iter().map(|word| found.get(word).cloned()).collect(), jobs: Vec::new() })
    }
}

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
