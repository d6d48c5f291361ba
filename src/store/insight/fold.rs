//! Folding what transactions added into the sums.

use std::collections::BTreeMap;

use entity::value::{InsightCut, InsightGrain};
use entity::{insight, insight_delta};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, OnConflict};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, Iterable, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::chunks;
use super::row::{Sum, read};
use crate::domain::insight::{Figure, Figures};
use crate::store::{StoreError, lock};

/// How many rows one transaction folds.
pub const BATCH: u64 = 1000;

/// Folds the oldest rows into the sums and takes them away, in the caller's transaction. Gives how many: nothing while another process folds.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn fold(tx: &DatabaseTransaction) -> Result<u64, StoreError> {
    use insight_delta::{Column, Entity};
    if !lock::try_acquire(tx, "insight/fold").await? {
        return Ok(0);
    }
    let rows = Entity::find().order_by_asc(Column::Id).limit(BATCH).all(tx).await?;
    let mut sums: BTreeMap<Sum, Figures> = BTreeMap::new();
    let mut ids: Vec<Uuid> = Vec::with_capacity(rows.len());
    for row in &rows {
        let (key, figures) = read(row);
        ids.push(row.id);
        for cut in InsightCut::ALL {
            for grain in InsightGrain::ALL {
                let sum = Sum::of((row.merchant_id, row.livemode), *cut, *grain, &key);
                sums.entry(sum).or_default().join(&figures);
            }
        }
    }
    let rows = sums.iter().filter(|(_, figures)| !figures.are_zero()).map(|(sum, figures)| sum.row(figures).into_active_model());
    for chunk in chunks(rows.collect()) {
        insight::Entity::insert_many(chunk).on_conflict(added()).exec_without_returning(tx).await?;
    }
    for chunk in chunks(ids.clone()) {
        Entity::delete_many().filter(Column::Id.is_in(chunk)).exec(tx).await?;
    }
    Ok(u64::try_from(ids.len()).unwrap_or(u64::MAX))
}

/// What is there already grows by what is new.
fn added() -> OnConflict {
    use insight::{Column, Entity};
    let is_figure = |column: &Column| Figure::ALL.iter().any(|figure| figure.column() == sea_orm::IdenStatic::as_str(column));
    let mut conflict = OnConflict::column(Column::Id);
    for column in Column::iter().filter(is_figure) {
        conflict.value(column, Expr::col((Entity, column)).add(Expr::col((Alias::new("excluded"), column))));
    }
    conflict
}
