//! Figures: every interval, zone, group and filter gives what adding up by hand gives, folded or not, and nobody sees another's.

use chrono::{DateTime, Duration, TimeZone, Utc};
use entity::value::{CommissionState, Currency, LinkId};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use tributary::domain::access::{Scope, Viewer};
use tributary::domain::insight::{self, Adds, Earned, Place, Sale};
use tributary::service::insight::fold;
use tributary::store::insight as store;

use super::world::{Shop, World, on_both};

const INSIGHTS: &str = "query($from: DateTime!, $to: DateTime!, $zone: String!, $interval: Interval!, $group: InsightGroup, $filter: InsightFilter!,
        $first: Int, $order: InsightOrder!) {
    insights(from: $from, to: $to, timeZone: $zone, interval: $interval, groupBy: $group, filter: $filter, first: $first, orderBy: $order) {
        intervals { from to } hasMore
        series { program { id } partner { id } enrollment { id } total { ...f } points { ...f } } } }
    fragment f on InsightFigures { clicks signUps customers purchases
        money { currency gross { amount } refunded { amount } net { amount } commission { amount } commissions { state count amount { amount } } } }";

/// One thing that happened.
struct Event {
    at: DateTime<Utc>,
    place: Place,
    what: What,
}

enum What {
    Click,
    SignUp,
    Sale(Sale),
    Commission(Earned),
}

impl Event {
    fn adds(&self) -> Adds {
        match &self.what {
            What::Click => insight::click(self.at, self.place.clone()),
            What::SignUp => insight::sign_up(self.at, self.place.clone()),
            What::Sale(sale) => insight::sale(sale, self.place.clone()),
            What::Commission(earned) => insight::commission(earned, self.place.clone()),
        }
    }
}

fn start() -> DateTime<Utc> {
    // Clocks change in Europe, in America and in Australia within the next weeks.
    Utc.with_ymd_and_hms(2026, 3, 1, 0, 0, 0).unwrap()
}

fn event(random: &mut StdRng, shop: &Shop, links: &[LinkId]) -> Event {
    let at = start() + Duration::seconds(random.random_range(0..70 * 86_400));
    let place = match random.random_range(0..5) {
        0 => Place::default(),
        n => {
            let (partner, enrollment) = shop.partners[n % 2];
            let link = (n > 2).then(|| links[n % 2]);
            Place { program: Some(shop.program), enrollment: Some(enrollment), partner: Some(partner), link, code: None }
        }
    };
    let currency: Currency = ["USD", "EUR", "JPY"].choose(random).unwrap().parse().unwrap();
    let what = match random.random_range(0..4) {
        0 => What::Click,
        1 => What::SignUp,
        2 => {
            let gross = random.random_range(1..10_000);
            What::Sale(Sale { at, currency, gross, refunded: gross / 3, net: gross / 2, first: random.random_bool(0.5) })
        }
        _ => What::Commission(earned(random, at, currency)),
    };
    Event { at, place, what }
}

/// A commission in any state. Of one that is held a third is, and the rest can be paid.
fn earned(random: &mut StdRng, at: DateTime<Utc>, currency: Currency) -> Earned {
    let state = *CommissionState::ALL.choose(random).unwrap();
    let amount = random.random_range(3..500);
    let (amount, pending, held, paid) = match state {
        CommissionState::Pending => (amount, amount, 0, 0),
        CommissionState::Held => (amount, amount / 3, amount / 3, 0),
        CommissionState::Approved | CommissionState::Reserved => (amount, 0, 0, 0),
        CommissionState::Paid => (amount, 0, 0, amount),
        CommissionState::Reversed | CommissionState::Rejected => (0, 0, 0, 0),
    };
    Earned { at, currency, state, amount, pending, held, paid, sent: 0, planned: state == CommissionState::Reserved }
}

/// What of a commission is in a state.
fn part(earned: &Earned, state: CommissionState) -> i64 {
    match (earned.state, state) {
        (CommissionState::Held, CommissionState::Held) => earned.amount / 3,
        (CommissionState::Held, CommissionState::Approved) => earned.amount - earned.amount / 3,
        (own, state) if own == state => earned.amount,
        _ => 0,
    }
}

/// What the API says of some events.
fn figures<'a>(events: impl Iterator<Item = &'a Event> + Clone) -> Value {
    let count = |of: fn(&What) -> bool| events.clone().filter(|event| of(&event.what)).count();
    let first = |what: &What| matches!(what, What::Sale(sale) if sale.first);
    let mut money = Vec::new();
    for code in ["EUR", "JPY", "USD"] {
        let currency: Currency = code.parse().unwrap();
        let sales: Vec<&Sale> = events
            .clone()
            .filter_map(|e| if let What::Sale(sale) = &e.what { Some(sale) } else { None })
            .filter(|s| s.currency == currency)
            .collect();
        let earned: Vec<Earned> = events
            .clone()
            .filter_map(|e| if let What::Commission(earned) = e.what { (earned.currency == currency).then_some(earned) } else { None })
            .collect();
        if sales.is_empty() && earned.is_empty() {
            continue;
        }
        let amount = |minor: i64| json!({ "amount": minor.to_string() });
        let states = CommissionState::ALL.iter().filter_map(|state| {
            let count = earned.iter().filter(|one| one.state == *state).count();
            let sum: i64 = earned.iter().map(|one| part(one, *state)).sum();
            (count != 0 || sum != 0).then(|| json!({ "state": state, "count": count, "amount": amount(sum) }))
        });
        money.push(json!({
            "currency": code,
            "gross": amount(sales.iter().map(|s| s.gross).sum()),
            "refunded": amount(sales.iter().map(|s| s.refunded).sum()),
            "net": amount(sales.iter().map(|s| s.net).sum()),
            "commission": amount(earned.iter().map(|one| one.amount).sum()),
            "commissions": states.collect::<Vec<_>>(),
        }));
    }
    json!({
        "clicks": count(|what| matches!(what, What::Click)), "signUps": count(|what| matches!(what, What::SignUp)),
        "customers": events.clone().filter(|e| first(&e.what)).count(), "purchases": count(|what| matches!(what, What::Sale(_))), "money": money,
    })
}

fn asked(zone: &str, interval: &str, from: DateTime<Utc>, to: DateTime<Utc>) -> Value {
    json!({ "from": from, "to": to, "zone": zone, "interval": interval, "group": null, "filter": {}, "first": 50, "order": "PURCHASES" })
}

async fn ask(world: &World, viewer: &Viewer, variables: &Value) -> Value {
    world.ask(viewer, INSIGHTS, variables.clone()).await["insights"].clone()
}

/// Whether an answer is what adding up by hand gives; `own` are the events of the series that has this key.
fn same(answer: &Value, series: &Value, own: &[&Event]) {
    let time = |value: &Value| value.as_str().unwrap().parse::<DateTime<Utc>>().unwrap();
    let mut all = Vec::new();
    for (interval, point) in answer["intervals"].as_array().unwrap().iter().zip(series["points"].as_array().unwrap()) {
        let (from, to) = (time(&interval["from"]), time(&interval["to"]));
        let within = own.iter().copied().filter(move |event| from <= event.at && event.at < to);
        assert_eq!(*point, figures(within.clone()), "{interval}");
        all.extend(within);
    }
    assert_eq!(series["total"], figures(all.iter().copied()));
}

/// Adds what happened, folds some of it, and gives it back.
async fn fill(world: &World, shop: &Shop, seed: u64, number: usize) -> Vec<Event> {
    let mut random = StdRng::seed_from_u64(seed);
    let links = [LinkId::new(), LinkId::new()];
    let events: Vec<Event> = (0..number).map(|_| event(&mut random, shop, &links)).collect();
    let scope = Scope::merchant_wide(shop.id, world.scope().mode());
    for (place, event) in events.iter().enumerate() {
        store::add(world.services.db.write(), scope, &event.adds()).await.unwrap();
        if place == number / 2 {
            assert!(fold(&world.services).await.unwrap() > 0);
        }
    }
    events
}

#[tokio::test]
async fn every_zone_and_interval_adds_up() {
    on_both(|world: World| async move {
        let events = fill(&world, &world.shop, 7, 300).await;
        fill(&world, &world.other, 8, 40).await;
        let all: Vec<&Event> = events.iter().collect();
        let (from, to) = (start() + Duration::minutes(15), start() + Duration::days(69) + Duration::minutes(45));
        for zone in ["UTC", "Europe/Berlin", "Asia/Kolkata", "Asia/Kathmandu", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia"] {
            for interval in ["WHOLE", "DAY", "WEEK", "MONTH", "QUARTER", "YEAR"] {
                let answer = ask(&world, &world.analyst(), &asked(zone, interval, from, to)).await;
                assert_eq!(answer["series"].as_array().unwrap().len(), 1);
                same(&answer, &answer["series"][0], &all);
            }
            let answer = ask(&world, &world.analyst(), &asked(zone, "HOUR", from, from + Duration::days(9))).await;
            same(&answer, &answer["series"][0], &all);
        }
        // The same when everything is folded.
        fold(&world.services).await.unwrap();
        let answer = ask(&world, &world.admin(), &asked("Asia/Kolkata", "WEEK", from, to)).await;
        same(&answer, &answer["series"][0], &all);
    })
    .await;
}

#[tokio::test]
async fn groups_and_filters_tell_apart() {
    on_both(|world: World| async move {
        let events = fill(&world, &world.shop, 9, 200).await;
        fill(&world, &world.other, 10, 40).await;
        let [(first, enrollment), (second, _)] = world.shop.partners;
        let (from, to) = (start(), start() + Duration::days(70));
        for (group, interval) in [("PARTNER", "MONTH"), ("ENROLLMENT", "DAY"), ("PROGRAM", "WEEK")] {
            let mut variables = asked("America/New_York", interval, from, to);
            variables["group"] = json!(group);
            let answer = ask(&world, &world.analyst(), &variables).await;
            let series = answer["series"].as_array().unwrap();
            assert_eq!((series.len(), &answer["hasMore"]), (if group == "PROGRAM" { 2 } else { 3 }, &json!(false)));
            let mut most = u64::MAX;
            for one in series {
                let id = one[group.to_lowercase()]["id"].as_str();
                let own = |e: &&Event| match group {
                    "PARTNER" => e.place.partner.map(|id| id.to_string()),
                    "ENROLLMENT" => e.place.enrollment.map(|id| id.to_string()),
                    _ => e.place.program.map(|id| id.to_string()),
                } == id.map(str::to_owned);
                same(&answer, one, &events.iter().filter(own).collect::<Vec<_>>());
                let purchases = one["total"]["purchases"].as_u64().unwrap();
                assert!(purchases <= most, "the most purchases first");
                most = purchases;
            }
            variables["first"] = json!(1);
            let answer = ask(&world, &world.analyst(), &variables).await;
            assert_eq!((answer["series"].as_array().unwrap().len(), &answer["hasMore"]), (1, &json!(true)));
        }
        let mine: Vec<&Event> = events.iter().filter(|e| e.place.partner == Some(first)).collect();
        for filter in [
            json!({ "partnerId": first }),
            json!({ "enrollmentId": enrollment }),
            json!({ "partnerId": first, "programId": world.shop.program }),
        ] {
            let mut variables = asked("UTC", "DAY", from, to);
            variables["filter"] = filter;
            let answer = ask(&world, &world.admin(), &variables).await;
            same(&answer, &answer["series"][0], &mine);
        }
        // A partner sees what the merchant sees of them, whatever they ask for.
        for filter in [json!({}), json!({ "programId": world.shop.program }), json!({ "partnerId": first })] {
            let mut variables = asked("UTC", "DAY", from, to);
            variables["filter"] = filter;
            let answer = ask(&world, &world.partner(0), &variables).await;
            same(&answer, &answer["series"][0], &mine);
        }
        for (viewer, filter) in [
            (world.partner(0), json!({ "partnerId": second })),
            (world.partner(0), json!({ "enrollmentId": world.shop.partners[1].1 })),
            (world.admin(), json!({ "enrollmentId": world.other.partners[0].1 })),
            (world.admin(), json!({ "partnerId": world.other.partners[0].0 })),
            (world.admin(), json!({ "linkId": LinkId::new() })),
        ] {
            let mut variables = asked("UTC", "WHOLE", from, to);
            variables["filter"] = filter;
            let answer = ask(&world, &viewer, &variables).await;
            same(&answer, &answer["series"][0], &[]);
        }
        let mut variables = asked("UTC", "WHOLE", from, to);
        variables["group"] = json!("PARTNER");
        let answer = ask(&world, &world.partner(0), &variables).await;
        assert_eq!(answer["series"].as_array().unwrap().len(), 1);
        same(&answer, &answer["series"][0], &mine);
    })
    .await;
}

#[tokio::test]
async fn money_is_put_in_order_within_a_currency_and_bounds_hold() {
    let world = World::sqlite().await;
    let events = fill(&world, &world.shop, 11, 200).await;
    let (from, to) = (start(), start() + Duration::days(70));
    let eur: Currency = "EUR".parse().unwrap();
    let mut variables = asked("UTC", "WHOLE", from, to);
    variables["group"] = json!("PARTNER");
    variables["order"] = json!("NET");
    variables["filter"] = json!({ "currency": "EUR" });
    let answer = ask(&world, &world.admin(), &variables).await;
    let net = |series: &Value| series["total"]["money"][0]["net"]["amount"].as_str().unwrap().parse::<i64>().unwrap();
    let all: Vec<i64> = answer["series"].as_array().unwrap().iter().map(net).collect();
    assert!(all.len() == 3 && all.is_sorted_by(|a, b| a >= b), "{all:?}");
    let of_currency = |e: &&Event| match &e.what {
        What::Sale(sale) => sale.currency == eur,
        What::Commission(earned) => earned.currency == eur,
        What::Click | What::SignUp => true,
    };
    let mut variables = asked("UTC", "MONTH", from, to);
    variables["filter"] = json!({ "currency": "EUR" });
    let answer = ask(&world, &world.admin(), &variables).await;
    same(&answer, &answer["series"][0], &events.iter().filter(of_currency).collect::<Vec<_>>());
    let changed = |change: fn(&mut Value)| {
        let mut variables = asked("UTC", "DAY", from, to);
        change(&mut variables);
        variables
    };
    for wrong in [
        changed(|v| v["zone"] = json!("Europe/Atlantis")),
        changed(|v| v["from"] = json!("2026-03-01T00:01:00Z")),
        changed(|v| v["to"] = json!("2026-02-01T00:00:00Z")),
        changed(|v| v["to"] = json!("2028-03-01T00:00:00Z")),
        changed(|v| v["order"] = json!("NET")),
        changed(|v| (v["group"], v["to"]) = (json!("PARTNER"), json!("2026-07-01T00:00:00Z"))),
        changed(|v| v["first"] = json!(-1)),
    ] {
        assert_eq!(world.refused(&world.admin(), INSIGHTS, wrong.clone()).await, "BAD_USER_INPUT", "{wrong}");
    }
    assert_eq!(world.refused(&Viewer::Public, INSIGHTS, changed(|_| ())).await, "UNAUTHENTICATED");
}
