//! One customer's history through the real inbox and database, in any order and any number of deliveries: always the same books.
//!
//! `TRIBUTARY_PROPERTY_RUNS` sets how many shuffles are tried, `TRIBUTARY_PROPERTY_SEED` repeats those of a run that failed.

mod generated;
mod history;
mod payouts;
mod wide;

use std::collections::{BTreeMap, BTreeSet};

use chrono::Duration;
use entity::commission;
use entity::value::EnrollmentId;
use entity::{binding, purchase};
use futures_util::StreamExt;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rstest::rstest;
use serde_json::{Value, json};

use self::history::{History, Plot, Step, history, version_of};
use crate::support::books::Books;
use crate::support::stage::{Setup, Stage, day};
use crate::support::stripe::Version;

/// How many histories stand on one stage: each is of another customer, so they also prove that customers do not touch each other.
const ON_ONE_STAGE: usize = 20;
/// When everything is delivered: after the whole history.
const END: i64 = 120;

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// What must always come out, a line each, without ids that differ from one customer to the next.
fn outcome(books: &Books, history: &History, stage: &Stage) -> Vec<String> {
    let named = [(stage.ada.enrollment, "Ada"), (stage.bob.enrollment, "Bob")];
    let name = |id| named.iter().find(|(known, _)| *known == id).map_or("nobody", |(_, name)| name).to_owned();
    let own: Vec<_> = books.purchases.iter().filter(|p| history.bought(p)).collect();
    let customers: Vec<_> = own.iter().filter_map(|p| p.customer_id).collect();
    let person = books.person_of(&customers);
    let bindings: Vec<_> = books.bindings.iter().filter(|b| person.contains(&b.customer_id)).collect();
    let mut told = lines(books, &own, &bindings, name);
    let leads = books.commissions.iter().filter(|c| c.customer_id.is_some_and(|id| person.contains(&id)));
    told.extend(leads.filter_map(|c| {
        let (who, at) = (name(c.enrollment_id), c.purchased_at.to_rfc3339());
        Some(format!("{who} for {} at {at}: {}", c.kind, stands(books, c)?))
    }));
    told
}

/// The same of these purchases and bindings, with the enrollments by these names.
fn lines(books: &Books, own: &[&purchase::Model], bindings: &[&binding::Model], name: impl Fn(EnrollmentId) -> String) -> Vec<String> {
    let name_of = |id: Option<EnrollmentId>| id.map_or_else(|| "nobody".to_owned(), &name);
    let mut lines = Vec::new();
    for purchase in own {
        let decision = &books.decisions[&purchase.id];
        let (kind, _) = purchase.key.split_once(':').unwrap();
        let at = purchase.purchased_at.map(|at| at.to_rfc3339());
        let (collected, reduction, earner) = (purchase.collected, purchase.reduction, name_of(decision.enrollment_id));
        lines.push(format!("{kind} {at:?} {} {collected} less {reduction}", purchase.status));
        lines.push(format!("  {} base {} {earner} earns {}", decision.reason, decision.base, decision.amount));
        for candidate in decision.candidates.as_array().unwrap() {
            let enrollment = candidate["enrollment"].as_str().and_then(|id| id.parse().ok());
            lines.push(format!("    {} {} {}: {}", candidate["kind"], name_of(enrollment), candidate["verdict"], candidate["note"]));
        }
        let earned = books.commissions.iter().filter(|c| c.purchase_id == Some(purchase.id));
        // Commissions are stored in the order in which they were first earned, which is that of the tellings.
        let earned = earned.filter_map(|c| Some(format!("  {} {}", name(c.enrollment_id), stands(books, c)?)));
        lines.extend(earned.collect::<BTreeSet<_>>());
    }
    for binding in bindings {
        let (who, ended) = (name(binding.enrollment_id), binding.ended_at);
        lines.push(format!("bound to {who} by {} at {} until {ended:?} as {}", binding.source, binding.bound_at, binding.stage));
    }
    lines
}

/// State, holds, and what stands on which account of a commission. Whoever earned nothing in the end may or may not have earned something in
/// between.
fn stands(books: &Books, of: &commission::Model) -> Option<String> {
    let mut sums: BTreeMap<_, i64> = BTreeMap::new();
    for entry in books.entries.iter().filter(|e| e.commission_id == Some(of.id)) {
        *sums.entry(entry.account).or_default() += entry.amount;
    }
    sums.retain(|_, sum| *sum != 0);
    (!sums.is_empty()).then(|| format!("{} {:?} {sums:?}", of.state, of.holds))
}

/// The first lines in which two outcomes differ.
fn difference(expected: &[String], found: &[String]) -> Option<String> {
    let at = (0..expected.len().max(found.len())).find(|at| expected.get(*at) != found.get(*at))?;
    Some(format!(
        "line {at}: expected {:?}, found {:?}\n{}\n---\n{}",
        expected.get(at),
        found.get(at),
        expected.join("\n"),
        found.join("\n")
    ))
}

/// Terms that change who earns, or how much.
fn other_terms(random: &mut StdRng) -> Value {
    let all = [
        json!({ "reward": { "kind": "PERCENT", "rate": 1_250 } }),
        json!({ "windowDays": 1 }),
        json!({ "duration": { "kind": "FIRST_ONLY" }, "holdDays": 120 }),
        json!({ "caps": [{ "scope": "CUSTOMER", "amount": "2500", "currency": "USD" }] }),
        json!({ "couponOverride": "THIS_PURCHASE", "touchModel": "FIRST" }),
        json!({ "emailMatch": false, "newCustomersOnly": false }),
    ];
    all.choose(random).unwrap().clone()
}

/// What the present terms would have cost is what stands on the ledger, for each partner to the last cent.
async fn simulates_itself(stage: &Stage, books: &Books) {
    let found = stage.recount("termsSimulate", json!({ "months": 120 })).await;
    assert_eq!((&found["changed"], &found["rows"]["nodes"]), (&json!(0), &json!([])));
    let mut stands: BTreeMap<String, i64> = BTreeMap::new();
    for row in &books.commissions {
        *stands.entry(row.enrollment_id.to_string()).or_default() += books.amount(row);
    }
    let told = found["partners"]["nodes"].as_array().unwrap().iter().map(|node| {
        let amount = |field: &str| node[field]["amount"].as_str().unwrap().parse::<i64>().unwrap();
        assert_eq!((amount("before"), amount("beyond")), (amount("after"), 0));
        (node["enrollment"]["id"].as_str().unwrap().to_owned(), amount("after"))
    });
    let told: BTreeMap<String, i64> = told.collect();
    stands.retain(|id, sum| *sum != 0 || told.contains_key(id));
    assert_eq!(told, stands);
}

/// With read access events come in all versions at once; without it in one, as an endpoint has one and nothing else can be asked.
#[rstest]
#[case::all_versions(None, true)]
#[case::old(Some(Version::Old), false)]
#[case::acacia(Some(Version::Acacia), true)]
#[case::basil(Some(Version::Basil), false)]
#[case::endive(Some(Version::Endive), false)]
#[tokio::test]
async fn any_order_of_deliveries_ends_in_the_same_books(
    #[case] version: Option<Version>,
    #[case] read_access: bool,
    #[values(Plot::Subscriber, Plot::Tangled, Plot::Renamed, Plot::Parted, Plot::Shared, Plot::Trial, Plot::Moved)] plot: Plot,
) {
    let runs = number("TRIBUTARY_PROPERTY_RUNS", 40);
    let seed = number("TRIBUTARY_PROPERTY_SEED", rand::random());
    println!("TRIBUTARY_PROPERTY_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let mut left = usize::try_from(runs).unwrap().div_ceil(10);
    let mut expected: Option<Vec<String>> = None;
    while left > 0 {
        let stage = Stage::set(Setup { read_access, terms: plot.terms(), ..Setup::default() }).await;
        let code = stage.code_of(stage.bob, "BOB25", day(0)).await;
        let number_here = left.min(ON_ONE_STAGE);
        let mut played = Vec::new();
        for number in 0..number_here {
            let history = history(&stage, plot, &format!("buyer{number}"), &code).await;
            history.play(&stage, &mut random, version).await;
            stage.audit().await;
            played.push(history);
        }
        let books = stage.books().await;
        books.check();
        for history in &played {
            let found = outcome(&books, history, &stage);
            let expected = expected.get_or_insert_with(|| found.clone());
            let difference = difference(expected, &found);
            assert!(difference.is_none(), "{} with TRIBUTARY_PROPERTY_SEED={seed}: {}", history.name, difference.unwrap_or_default());
        }
        simulates_itself(&stage, &books).await;
        stage.reattributes(other_terms(&mut random)).await;
        left -= number_here;
        stage.finish().await;
    }
}

/// The same with everything at once: deliveries and workers side by side. What one at a time led to must come out.
#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn deliveries_at_once_end_in_the_same_books_as_one_by_one(
    #[values(false, true)] on_servers: bool,
    #[values(Plot::Subscriber, Plot::Tangled, Plot::Renamed)] plot: Plot,
) {
    let seed = number("TRIBUTARY_PROPERTY_SEED", rand::random());
    println!("TRIBUTARY_PROPERTY_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let stage = Stage::set(Setup { on_servers, ..Setup::default() }).await;
    let code = stage.code_of(stage.bob, "BOB25", day(0)).await;
    let alone = history(&stage, plot, "alone", &code).await;
    alone.play(&stage, &mut random, None).await;
    let mut crowd = Vec::new();
    for number in 0..8 {
        crowd.push(history(&stage, plot, &format!("crowd{number}"), &code).await);
    }
    // A sign-up moves the clock, so half of them come before the rush and half after it.
    let (early, late) = crowd.split_at(4);
    for one in early {
        one.sign_ups(&stage).await;
    }
    rush(&stage, &crowd, &mut random).await;
    for one in late {
        one.sign_ups(&stage).await;
    }
    stage.wait_until(day(END) + Duration::hours(2)).await;
    let books = stage.books().await;
    books.check();
    let expected = outcome(&books, &alone, &stage);
    for one in &crowd {
        let difference = difference(&expected, &outcome(&books, one, &stage));
        assert!(difference.is_none(), "{} with TRIBUTARY_PROPERTY_SEED={seed}: {}", one.name, difference.unwrap_or_default());
    }
    let tries = books.inbox.iter().map(|event| event.attempts).max();
    println!("{} events, at most {tries:?} attempts at one", books.inbox.len());
    stage.finish().await;
}

/// Delivers the events of all, shuffled, eight at a time, while three workers work; then lets them work off what is to be tried again.
async fn rush(stage: &Stage, crowd: &[History], random: &mut StdRng) {
    stage.app.clock.set(day(END));
    let told = crowd.iter().flat_map(|one| one.steps.iter()).filter_map(|step| match step {
        Step::Told(event) => Some(event),
        Step::SignUp | Step::Server | Step::Move => None,
    });
    let mut deliveries: Vec<_> = told.map(|event| (event, version_of(event, None, random))).collect();
    deliveries.shuffle(random);
    let delivered = futures_util::stream::iter(deliveries).for_each_concurrent(8, |(event, version)| async move {
        assert_eq!(stage.send(event, version).await, 200);
    });
    let worker = || async {
        for _ in 0..20 {
            stage.drain().await;
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::join!(delivered, worker(), worker(), worker());
    for minute in 1..=60 {
        stage.app.clock.set(day(END) + Duration::minutes(minute));
        tokio::join!(stage.drain(), stage.drain(), stage.drain());
    }
}
