//! The figures: what was added by whom, and the folding of it into sums.
//!
//! Transactions only add rows, so the bucket of a popular program keeps nobody waiting. One process at a time folds them into the sums;
//! readers take the sums and what is not folded yet together, in one statement.

mod fold;
mod row;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::{insight_counted, insight_delta};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};
use uuid::Uuid;

use super::StoreError;
use crate::domain::access::Scope;
use crate::domain::insight::Adds;

pub use fold::{BATCH, fold};

/// How many rows one statement adds: PostgreSQL and SQLite limit the values of a statement.
const ROWS: usize = 500;

/// Makes each of these things add to the figures what is given and nothing else: writes what that is more or less than what it added before.
///
/// # Errors
/// [`StoreError`] when the database fails or what was added before cannot be read.
pub async fn count<C: ConnectionTrait>(db: &C, scope: Scope, things: BTreeMap<Uuid, Adds>, now: DateTime<Utc>) -> Result<(), StoreError> {
    use insight_counted::{ActiveModel, Column, Entity};
    if things.is_empty() {
        return Ok(());
    }
    let known = Entity::find().filter(Column::Id.is_in(things.keys().copied())).all(db).await?;
    let mut before: BTreeMap<Uuid, Adds> = BTreeMap::new();
    for row in known {
        before.insert(row.id, serde_json::from_value(row.counted).map_err(|error| corrupt(&error))?);
    }
    let (mut rest, mut changed) = (Adds::nothing(), Vec::new());
    for (id, adds) in things {
        let less = adds.less(before.get(&id).unwrap_or(&Adds::nothing()));
        if less.is_nothing() {
            continue;
        }
        rest.join(less);
        changed.push(ActiveModel {
            id: Set(id),
            merchant_id: Set(scope.merchant()),
            livemode: Set(scope.livemode()),
            counted: Set(serde_json::to_value(&adds).map_err(|error| corrupt(&error))?),
            counted_at: Set(now),
        });
    }
    if changed.is_empty() {
        return Ok(());
    }
    let conflict = OnConflict::column(Column::Id).update_columns([Column::Counted, Column::CountedAt]).to_owned();
    for chunk in chunks(changed) {
        Entity::insert_many(chunk).on_conflict(conflict.clone()).exec_without_returning(db).await?;
    }
    add(db, scope, &rest).await
}

/// Adds to the figures what is given, once for each call: for what never changes again, such as a click.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn add<C: ConnectionTrait>(db: &C, scope: Scope, adds: &Adds) -> Result<(), StoreError> {
    let rows: Vec<_> = adds.iter().map(|(key, figures)| row::delta(scope, key, figures).into_active_model()).collect();
    for chunk in chunks(rows) {
        insight_delta::Entity::insert_many(chunk).exec_without_returning(db).await?;
    }
    Ok(())
}

fn chunks<T>(rows: Vec<T>) -> Vec<Vec<T>> {
    let mut rows = rows.into_iter();
    std::iter::from_fn(|| Some(rows.by_ref().take(ROWS).collect::<Vec<T>>()).filter(|chunk| !chunk.is_empty())).collect()
}

fn corrupt(error: &serde_json::Error) -> StoreError {
    StoreError::Corrupt { what: "count of the figures", why: error.to_string() }
}
