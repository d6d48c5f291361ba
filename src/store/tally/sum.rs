//! The sum before a place.

use std::collections::BTreeMap;

use entity::tally;
use entity::value::TallyId;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QuerySelect, Statement, Value};

use super::{StoreError, Stored};
use crate::domain::tally::{Asked, Place, Sums, Tally};

#[derive(FromQueryResult)]
struct Sum {
    sum: i64,
}

/// What others added to tallies before places: all but `own`. Each is stored by the name that `names` gives.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn sums<C: ConnectionTrait>(db: &C, asked: &Asked, own: &[Stored], names: &BTreeMap<Tally, String>) -> Result<Sums, StoreError> {
    let ids = ids(db, names.values().cloned().collect()).await?;
    let mut sums = Sums::new();
    for (tally, place) in asked {
        let stored = names.get(tally).and_then(|name| Some((name, *ids.get(name)?)));
        let (all, own) = match stored {
            Some((name, id)) => {
                let bytes = place.to_bytes();
                let own = own.iter().filter(|one| one.tally == *name && one.row.place < bytes);
                (before(db, id, place).await?, own.fold(0_i64, |sum, one| sum.saturating_add(one.row.amount)))
            }
            None => (0, 0),
        };
        sums.insert((*tally, place.clone()), all.saturating_sub(own));
    }
    Ok(sums)
}

/// The tallies of these names.
pub(super) async fn ids<C: ConnectionTrait>(db: &C, names: Vec<String>) -> Result<BTreeMap<String, TallyId>, StoreError> {
    use tally::Column;
    if names.is_empty() {
        return Ok(BTreeMap::new());
    }
    let query = tally::Entity::find().select_only().column(Column::Name).column(Column::Id).filter(Column::Name.is_in(names));
    Ok(query.into_tuple::<(String, TallyId)>().all(db).await?.into_iter().collect())
}

/// The sum before a place: of the widest buckets before it, of narrower ones, and at last of single entries.
async fn before<C: ConnectionTrait>(db: &C, tally: TallyId, place: &Place) -> Result<i64, StoreError> {
    let mut values: Vec<Value> = vec![tally.into(), place.start_of_bucket().to_bytes().into(), place.to_bytes().into()];
    let mut parts = vec!["SELECT amount FROM tally_entry WHERE tally_id = $1 AND place >= $2 AND place < $3".to_owned()];
    let mut next = |value: Value| {
        values.push(value);
        format!("${}", values.len())
    };
    for of in place.buckets_before() {
        let (level, to) = (next(of.level.into()), next(of.to.into()));
        let from = of.from.map(|from| format!(" AND bucket >= {}", next(from.into()))).unwrap_or_default();
        parts.push(format!("SELECT amount FROM tally_sum WHERE tally_id = $1 AND level = {level} AND bucket < {to}{from}"));
    }
    let sql = format!("SELECT CAST(COALESCE(SUM(v.amount), 0) AS BIGINT) AS sum FROM ({}) v", parts.join(" UNION ALL "));
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(Sum::find_by_statement(statement).one(db).await?.map_or(0, |row| row.sum))
}
