//! Sums before places, and whose outcome they do not fit any more: on both databases what adding up one by one gives (CO-6, CO-7).

use chrono::Duration;
use entity::customer;
use entity::value::{Period, ProgramId};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rstest::rstest;
use sea_orm::EntityTrait;
use tributary::domain::origin::By;
use tributary::domain::tally::{Bounds, Entry, Measure, Owner, Place, Stretch, Tally};
use tributary::store::tally::{self, Sheet};

use crate::support::stage::{Setup, Stage, day};

const ENTRIES: usize = 400;

#[rstest]
#[tokio::test]
async fn co_6_sums_and_bounds_are_those_of_the_entries(#[values(false, true)] on_servers: bool) {
    let stage = Stage::set(Setup { on_servers, ..Setup::default() }).await;
    stage.sign_up("user-1", "ann@example.com", None, day(0)).await;
    let (db, scope) = (&stage.app.services().db, stage.scope().await);
    let customer = customer::Entity::find().one(db.read()).await.unwrap().unwrap().id;
    let program: ProgramId = stage.program.parse().unwrap();
    let currency = Some("USD".parse().unwrap());
    let tally = Tally { owner: Owner::Program(program), measure: Measure::Cap, stretch: Stretch::of(Period::Lifetime, day(0)), currency };
    let mut random = StdRng::seed_from_u64(7);
    // Most on a few days and some within one minute, so that buckets of all widths hold several.
    let places: Vec<Place> = (0..ENTRIES)
        .map(|number| {
            let spread = if number % 3 == 0 { Duration::milliseconds(random.random_range(0..60_000)) } else { Duration::zero() };
            let at = day(random.random_range(-400..400)) + Duration::seconds(random.random_range(0..3) * 40) + spread;
            Place::lead(at + Duration::microseconds(i64::try_from(number).unwrap()), None, customer)
        })
        .collect();
    let entry = |place: &Place, amount, bounds| Entry { tally, place: place.clone(), amount, bounds, by: By::Lead(customer) };
    let mut entries: Vec<Entry> = places.iter().map(|place| entry(place, random.random_range(0..100), Bounds::FREE)).collect();
    let now = stage.app.clock.now();
    tally::write(db.write(), (scope, Sheet::Ledger), &[], &entries, now).await.unwrap();
    // A third is changed, and some go.
    let stored = tally::of_person(db.write(), Sheet::Ledger, &[], &[customer]).await.unwrap();
    for one in entries.iter_mut().step_by(3) {
        one.amount += 5;
    }
    entries.truncate(ENTRIES - 20);
    tally::write(db.write(), (scope, Sheet::Ledger), &stored, &entries, now).await.unwrap();

    let before = |place: &Place| entries.iter().filter(|one| one.place < *place).map(|one| one.amount).sum::<i64>();
    let asked = places.iter().map(|place| (tally, place.clone())).collect();
    let names = [(tally, Sheet::Ledger.name(&tally))].into();
    let sums = tally::sums(db.write(), &asked, &[], &names).await.unwrap();
    for ((_, place), sum) in &sums {
        assert_eq!(*sum, before(place), "{place:?}");
    }

    // One entry with a bound near the sum before it: it is found when the bound is broken, and only then.
    let stored = tally::of_person(db.write(), Sheet::Ledger, &[], &[customer]).await.unwrap();
    let id = stored[0].row.tally_id;
    let mut met = [0, 0];
    for number in (0..entries.len()).step_by(5) {
        let (sum, amount) = (before(&entries[number].place), entries[number].amount);
        let near = sum + random.random_range(-2..=2);
        for bounds in [
            Bounds { low: Some(near), ..Bounds::FREE },
            Bounds { high: Some(near), ..Bounds::FREE },
            Bounds { most: Some(near + amount), ..Bounds::FREE },
        ] {
            let mut with = entries.clone();
            with[number].bounds = bounds;
            let stored = tally::of_person(db.write(), Sheet::Ledger, &[], &[customer]).await.unwrap();
            tally::write(db.write(), (scope, Sheet::Ledger), &stored, &with, now).await.unwrap();
            let found = tally::disturbed(db.write(), id, 10).await.unwrap();
            let holds = bounds.hold(sum, amount);
            assert_eq!(found.customers.is_empty(), holds, "{bounds:?} with {sum} before");
            met[usize::from(holds)] += 1;
        }
    }
    assert!(met.iter().all(|count| *count > 20), "{met:?}");
    let stored = tally::of_person(db.write(), Sheet::Ledger, &[], &[customer]).await.unwrap();
    tally::write(db.write(), (scope, Sheet::Ledger), &stored, &[], now).await.unwrap();
    stage.finish().await;
}
