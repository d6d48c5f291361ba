//! Sums over many persons, counted anew from their entries: what must be true of them after any story.

use std::collections::BTreeMap;

use entity::value::TallyId;
use entity::{tally, tally_entry, tally_sum};
use sea_orm::EntityTrait;
use tributary::domain::tally::Place;
use tributary::service::Services;

/// Each entry stands within its bounds, the sums of buckets are those of the entries in them, and nobody is looked for any more.
pub async fn check(services: &Services) {
    let db = services.db.read();
    let mut tallies: BTreeMap<TallyId, Vec<tally_entry::Model>> = BTreeMap::new();
    for row in tally_entry::Entity::find().all(db).await.unwrap() {
        tallies.entry(row.tally_id).or_default().push(row);
    }
    let mut expected: BTreeMap<(TallyId, i32, i64), i64> = BTreeMap::new();
    for (tally, mut rows) in tallies {
        rows.sort_by(|a, b| a.place.cmp(&b.place));
        let mut sum = 0;
        for row in rows {
            let with = sum + row.amount;
            let fits = row.low.is_none_or(|low| low <= sum) && row.high.is_none_or(|high| sum <= high);
            assert!(fits && row.most.is_none_or(|most| with <= most), "{sum} stand before {row:?}");
            sum = with;
            for (level, bucket) in Place::from_bytes(&row.place).unwrap().buckets() {
                *expected.entry((tally, level, bucket)).or_default() += row.amount;
            }
        }
    }
    expected.retain(|_, sum| *sum != 0);
    let stored = tally_sum::Entity::find().all(db).await.unwrap().into_iter().filter(|row| row.amount != 0);
    assert_eq!(stored.map(|row| ((row.tally_id, row.level, row.bucket), row.amount)).collect::<BTreeMap<_, _>>(), expected);
    let due: Vec<_> = tally::Entity::find().all(db).await.unwrap().into_iter().filter(|row| row.due_at.is_some()).collect();
    assert!(due.is_empty(), "{due:?}");
}
