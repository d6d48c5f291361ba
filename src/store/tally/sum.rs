//! The sum before a place.

use std::collections::{BTreeMap, BTreeSet};

use entity::tally;
use entity::value::TallyId;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QuerySelect, Statement, Value};

use super::{StoreError, Stored};
use crate::domain::tally::{Asked, Place, Sums, Tally};

#[derive(FromQueryResult)]
struct Sum {
    sum: i64,
}

/// What others added to tallies before places: all but `own`. `name` says by which name each is stored.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn sums<C: ConnectionTrait>(db: &C, asked: &Asked, own: &[Stored], name: impl Fn(&Tally) -> String) -> Result<Sums, StoreError> {
    let names: BTreeSet<Tally> = asked.iter().map(|(tally, _)| *tally).collect();
    let ids = ids(db, names.iter().map(&name)).await?;
    let mut sums = Sums::new();
    for (tally, place) in asked {
        let name = name(tally);
        let (all, own) = match ids.get(&name) {
            Some(id) => {
                let bytes = place.to_bytes();
                let own = own.iter().filter(|one| one.tally == name && one.row.place < bytes);
                (before(db, *id, place).await?, own.fold(0_i64, |sum, one| sum.saturating_add(one.row.amount)))
            }
            None => (0, 0),
        };
        sums.insert((*tally, place.clone()), all.saturating_sub(own));
    }
    Ok(sums)
}

/// The tallies of these names.
pub(super) async fn ids<C: ConnectionTrait>(db: &C, names: impl Iterator<Item = String>) -> Result<BTreeMap<String, TallyId>, StoreError> {
    let names: Vec<String> = names.collect();
    if names.is_empty() {
        return Ok(BTreeMap::new());
    }
    use tally::Column;
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
