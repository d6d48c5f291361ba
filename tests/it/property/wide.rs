//! Many customers of two partners under caps, a budget, levels and a second level: told in any order, twice, and with refunds, each purchase
//! earns what counting it out in the order of time gives (CO-6, CO-7, CO-10, CO-11).

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, Duration, Utc};
use entity::value::{
    BasisPoints, Cap, CapScope, CommissionKind, Currency, LeadEvent, LeadReward, Period, Reward, SecondLevel, Terms, TierEffect, TierLevel,
    TierMetric, Tiers,
};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rstest::rstest;
use serde_json::json;

use super::{END, number};
use crate::support::books::Books;
use crate::support::stage::{Setup, Stage, day, no_hold};
use crate::support::stripe::{Bill, Event, Line, Version};

const CUSTOMERS: usize = 6;
const PARTNER_MONTH: i64 = 9_000;
const PROGRAM_MONTH: i64 = 16_000;
const LEAD: i64 = 500;
/// From the third purchase of a month on 30 %.
const LEVEL: i64 = 2;

fn percent(points: u32) -> BasisPoints {
    BasisPoints::new(points).unwrap()
}

fn terms() -> Terms {
    let currency: Currency = "USD".parse().unwrap();
    let cap = |scope, amount| Cap { scope, period: Some(Period::Month), amount, currency };
    let levels = vec![TierLevel { from: LEVEL, reward: Reward::Percent { rate: percent(3_000) } }];
    let tiers = Tiers { metric: TierMetric::Purchases, currency: None, period: Period::Month, effect: TierEffect::Future, levels };
    Terms {
        caps: vec![cap(CapScope::Partner, PARTNER_MONTH), cap(CapScope::Program, PROGRAM_MONTH)],
        tiers: Some(tiers),
        lead: Some(LeadReward { on: LeadEvent::Signup, amount: LEAD, currency }),
        second_level: Some(SecondLevel { share: percent(1_000) }),
        ..no_hold()
    }
}

/// One thing that earns, as far as counting it out asks.
#[derive(Clone, Copy, Debug)]
struct Fact {
    at: DateTime<Utc>,
    /// Ada, whom Bob recruited; or Bob.
    ada: bool,
    /// What is left of what was bought; nothing for a lead.
    base: Option<i64>,
}

/// Who earned what kind of thing when: what counting gives, and what the books must say.
type Earned = BTreeMap<(DateTime<Utc>, &'static str, CommissionKind), i64>;

/// Counts everything out, one after the other in the order of time.
fn counted(mut facts: Vec<Fact>) -> Earned {
    facts.sort_by_key(|fact| fact.at);
    let (mut brought, mut came): (BTreeMap<_, i64>, BTreeMap<_, i64>) = Default::default();
    let mut earned = Earned::new();
    for fact in facts {
        let (month, name) = (fact.at.month(), if fact.ada { "Ada" } else { "Bob" });
        let reward = match fact.base {
            None => LEAD,
            Some(base) => {
                let bought = brought.entry((month, name)).or_default();
                let rate = if *bought >= LEVEL { 30 } else { 20 };
                *bought += i64::from(base > 0);
                (base * rate + 50) / 100
            }
        };
        let mut pass = |name: &'static str, amount: i64| {
            let mut left = amount;
            for (of, most) in [(name, PARTNER_MONTH), ("the program", PROGRAM_MONTH)] {
                let so_far = came.entry((month, of)).or_default();
                let room = (most - *so_far).max(0);
                *so_far += left;
                left = left.min(room);
            }
            left
        };
        let first = pass(name, reward);
        let kind = if fact.base.is_some() { CommissionKind::Sale } else { CommissionKind::Lead };
        earned.insert((fact.at, name, kind), first);
        if fact.ada {
            earned.insert((fact.at, "Bob", CommissionKind::SecondLevel), pass("Bob", (first + 5) / 10));
        }
    }
    earned.retain(|_, amount| *amount != 0);
    earned
}

fn in_books(books: &Books, stage: &Stage) -> Earned {
    let mut earned = Earned::new();
    for (affiliate, name) in [(stage.ada, "Ada"), (stage.bob, "Bob")] {
        for row in books.commissions.iter().filter(|row| row.enrollment_id == affiliate.enrollment) {
            *earned.entry((row.purchased_at, name, row.kind)).or_default() += books.amount(row);
        }
    }
    earned.retain(|_, amount| *amount != 0);
    earned
}

/// Customers who sign up one hour after the other and buy on days of January and February; some of it goes back.
async fn play(stage: &Stage, random: &mut StdRng) -> (Vec<Fact>, Vec<Event>) {
    let mut facts = Vec::new();
    for customer in 0..CUSTOMERS {
        let affiliate = if customer % 2 == 0 { stage.ada } else { stage.bob };
        let at = day(0) + Duration::hours(i64::try_from(customer).unwrap());
        let (name, email) = (format!("user-{customer}"), format!("user-{customer}@example.com"));
        let click = stage.click(affiliate, at).await;
        stage.sign_up(&name, &email, Some(&click), at).await;
        stage.server_tells(json!({ "externalId": name }), at).await;
        facts.push(Fact { at, ada: customer % 2 == 0, base: None });
        let mut shop = stage.shop();
        let buyer = shop.customer(day(1), &email, Some(&name));
        for purchase in 0..random.random_range(1..=4) {
            // No two things happen at one second.
            let spread = i64::try_from(customer * 10 + purchase).unwrap();
            let at = day(random.random_range(2..50)) + Duration::minutes(spread);
            let amount = random.random_range(1..=30) * 1_000;
            let invoice = shop.pay(at, Bill::to(&buyer).line(Line::of(amount)));
            let back = [0, 0, amount / 2, amount][random.random_range(0..4)];
            if back > 0 {
                let charge = shop.charge_of(&invoice);
                shop.refund(day(60), &charge, back);
            }
            facts.push(Fact { at, ada: customer % 2 == 0, base: Some(amount - back) });
        }
    }
    let events = stage.shop().news();
    (facts, events)
}

#[rstest]
#[tokio::test]
async fn co_6_co_7_co_10_co_11_any_order_earns_what_counting_in_order_of_time_gives(#[values(false, true)] on_servers: bool) {
    let seed = number("TRIBUTARY_PROPERTY_SEED", rand::random());
    println!("TRIBUTARY_PROPERTY_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    for _ in 0..number("TRIBUTARY_PROPERTY_RUNS", 60).div_ceil(30) {
        let stage = Stage::set(Setup { terms: terms(), on_servers, ..Setup::default() }).await;
        stage.app.clock.set(day(-1));
        let recruit = "mutation($input: EnrollmentSetRecruiterInput!) { enrollmentSetRecruiter(input: $input) { userErrors { code } } }";
        let input = json!({ "id": stage.ada.enrollment, "recruiterId": stage.bob.enrollment });
        let done = stage.ask(recruit, json!({ "input": input })).await;
        assert_eq!(done["enrollmentSetRecruiter"]["userErrors"], json!([]));
        let (facts, mut events) = play(&stage, &mut random).await;
        let doubles: Vec<Event> = events.iter().filter(|_| random.random_bool(0.2)).map(Event::again).collect();
        events.extend(doubles);
        events.shuffle(&mut random);
        stage.app.clock.set(day(END));
        for event in &events {
            assert_eq!(stage.send(event, Version::Endive).await, 200);
            if random.random_bool(0.3) {
                stage.drain().await;
            }
        }
        stage.wait_until(day(END) + Duration::hours(1)).await;
        let (expected, found) = (counted(facts), in_books(&stage.books().await, &stage));
        assert_eq!(found, expected, "TRIBUTARY_PROPERTY_SEED={seed}");
        stage.finish().await;
    }
}
