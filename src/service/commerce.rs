//! Keeping the lists of a shop's business as new as what was told (S10).

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use entity::commerce_record::Model;
use entity::value::{CommerceId, CommerceKind};
use sea_orm::DatabaseTransaction;

use super::facts::Source;
use crate::store::{self, StoreError};
use crate::stripe::event::Listed;

/// Stores what was told of the shop's business, where it is newer than what is known.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn save(tx: &DatabaseTransaction, source: &Source, listed: Vec<Listed>) -> Result<(), StoreError> {
    let mut best: BTreeMap<(CommerceKind, String), Listed> = BTreeMap::new();
    for one in listed {
        let name = (one.entry.kind, one.entry.source_id.clone());
        if best.get(&name).is_none_or(|known| rank(&one) >= rank(known)) {
            best.insert(name, one);
        }
    }
    if best.is_empty() {
        return Ok(());
    }
    let ids: Vec<&str> = best.values().map(|one| one.entry.source_id.as_str()).collect();
    let known = store::commerce::known(tx, source.scope, source.connection, &ids).await?;
    let mut known: HashMap<(CommerceKind, String), Model> = known.into_iter().map(|row| ((row.kind, row.source_id.clone()), row)).collect();
    let rows = best.into_iter().filter_map(|(name, one)| row(source, known.remove(&name), one)).collect();
    store::commerce::save(tx, rows).await
}

/// What an object says of itself counts before what another says of it, and then the later telling.
fn rank(one: &Listed) -> (bool, DateTime<Utc>, i32) {
    (!one.entry.derived, one.at, one.rank.into())
}

/// The row that has to be written, if any has to.
fn row(source: &Source, known: Option<Model>, told: Listed) -> Option<Model> {
    if let Some(old) = &known {
        let same = (old.digest, old.derived, old.status.as_str()) == (told.digest, told.entry.derived, told.entry.status);
        if same || (!old.derived, old.told_at, old.told_rank) > rank(&told) {
            return None;
        }
    }
    let entry = told.entry;
    let modified = entry.updated_at.unwrap_or(if known.is_some() { told.at } else { entry.created_at });
    let old = known.as_ref();
    Some(Model {
        id: old.map_or_else(|| CommerceId::new_at(source.now), |old| old.id),
        merchant_id: source.scope.merchant(),
        livemode: source.scope.livemode(),
        connection_id: source.connection,
        kind: entry.kind,
        source_id: entry.source_id,
        parent_id: entry.parent_id,
        status: entry.status.to_owned(),
        currency: entry.currency,
        amount: entry.amount,
        derived: entry.derived,
        body: told.body.map(|body| body.to_string().into_bytes()),
        digest: told.digest,
        source_created_at: old.map_or(entry.created_at, |old| old.source_created_at.min(entry.created_at)),
        source_modified_at: modified,
        told_at: told.at,
        told_rank: told.rank.into(),
        created_at: old.map_or(source.now, |old| old.created_at),
        updated_at: source.now,
    })
}
