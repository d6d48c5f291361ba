//! One customer's history through the real inbox and database, in any order and any number of deliveries: always the same books.
//!
//! `TRIBUTARY_PROPERTY_RUNS` sets how many shuffles are tried, `TRIBUTARY_PROPERTY_SEED` repeats those of a run that failed.

use std::collections::BTreeMap;

use chrono::Duration;
use entity::value::{Attribution, EnrollmentId, Terms};
use futures_util::StreamExt;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rstest::rstest;
use serde_json::json;

use crate::support::books::Books;
use crate::support::stage::{Click, Setup, Stage, day, no_hold};
use crate::support::stripe::{Bill, Cart, Discount, Event, Line, Shop, Version};

/// How many histories stand on one stage: each is of another customer, so they also prove that customers do not touch each other.
const ON_ONE_STAGE: usize = 20;
/// When everything is delivered: after the whole history.
const END: i64 = 120;

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// One thing that reaches Tributary.
#[derive(Clone)]
enum Step {
    Told(Box<Event>),
    SignUp,
    /// All since day 35 becomes Bob's.
    Move,
}

/// A customer's whole history, and who the customer is.
struct History {
    /// The customers, and the checkouts of guests.
    buyers: Vec<String>,
    name: String,
    click: Click,
    steps: Vec<Step>,
}

/// What kind of life the customer leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Plot {
    /// A subscription from a payment link, a renewal with another partner's code, an upgrade, a payment without an invoice, a partial and a
    /// full refund, a slow refund that fails, a dispute that is lost and one that is won, and a sign-up long after the first purchase.
    Subscriber,
    /// One person under three names: a guest with a token, a customer of Stripe's with the merchant's id, and another one whose invoices
    /// alone name it. One payment names a partner itself.
    Tangled,
    /// The subscriber's life, where two partners' clicks share what it brings (AT-16).
    Shared,
    /// The subscriber's life, until a hand gives a part of it to another partner (AT-15).
    Moved,
}

impl Plot {
    fn terms(self) -> Terms {
        Terms { attribution: if self == Self::Shared { Attribution::Linear } else { Attribution::LastOrFirst }, ..no_hold() }
    }
}

async fn history(stage: &Stage, plot: Plot, name: &str, code: &Discount) -> History {
    let mut click = stage.click(stage.ada, day(0)).await;
    if plot == Plot::Shared {
        click = stage.click_again(stage.bob, day(1), &click).await;
    }
    let email = format!("{name}@example.com");
    let mut shop = stage.shop();
    drop(shop.news());
    let buyers = match plot {
        Plot::Subscriber | Plot::Shared | Plot::Moved => vec![subscriber(&mut shop, name, &email, code)],
        Plot::Tangled => tangled(&mut shop, name, &email, &click),
    };
    let mut steps: Vec<Step> = shop.news().into_iter().map(|event| Step::Told(Box::new(event))).collect();
    steps.push(Step::SignUp);
    if plot == Plot::Moved {
        steps.push(Step::Move);
    }
    assert!(steps.len() >= 12);
    History { buyers, name: name.to_owned(), click, steps }
}

fn subscriber(shop: &mut Shop, name: &str, email: &str, code: &Discount) -> String {
    let buyer = shop.customer(day(1), email, None);
    let subscription = format!("sub_{name}");
    let bill = |line: Line| Bill::to(&buyer).subscription(&subscription).line(line);
    let cart = Cart::of(10_000).email(email);
    let (_, first) = shop.subscribe(day(2), cart, bill(Line::of(10_000).tax(2_000)));
    let renewal = shop.pay(day(33), bill(Line::of(10_000).off(2_500).tax(1_500)).discount(code));
    let upgrade = shop.pay(day(40), bill(Line::of(-5_000).proration()).line(Line::of(9_000).proration()).reason("subscription_update"));
    let (_, charge) = shop.checkout(day(50), Cart::of(5_000).email(email).customer(&buyer));
    let (first, renewal, upgrade) = (shop.charge_of(&first), shop.charge_of(&renewal), shop.charge_of(&upgrade));
    shop.refund(day(51), &first, 3_000);
    shop.refund(day(52), &renewal, 9_000);
    let slow = shop.refund_slowly(day(53), &first, 4_000);
    shop.refund_ends(day(58), &slow, "failed");
    let lost = shop.dispute(day(60), &charge);
    shop.dispute_withdrawn(day(60), &lost);
    shop.dispute_closed(day(80), &lost, "lost");
    let won = shop.dispute(day(61), &upgrade);
    shop.dispute_withdrawn(day(61), &won);
    shop.dispute_reinstated(day(82), &won);
    shop.dispute_closed(day(82), &won, "won");
    buyer
}

fn tangled(shop: &mut Shop, name: &str, email: &str, click: &Click) -> Vec<String> {
    let id = format!("user-{name}");
    let (guest, _) = shop.checkout(day(2), Cart::of(4_000).email(email).token(&click.token));
    let known = shop.customer(day(3), email, Some(&id));
    let other = shop.customer(day(4), &format!("{name}@work.example"), None);
    let first = shop.pay(day(5), Bill::to(&known).subscription(&format!("sub_{name}")).line(Line::of(10_000).tax(2_000)));
    let mut named = Bill::to(&other).line(Line::of(6_000));
    named.metadata.insert("tributary_customer_id".into(), id);
    shop.pay(day(6), named.clone());
    named.metadata.insert("tributary_partner".into(), "bob".into());
    let by_bob = shop.pay(day(7), named);
    let (_, late) = shop.checkout_by_debit(day(8), Cart::of(3_000).email(email).customer(&known));
    let session = shop.sessions.values().find(|s| s.intent.as_ref() == Some(&shop.charges[&late].intent)).unwrap().id.clone();
    shop.debit_succeeds(day(11), &session);
    let (first, by_bob) = (shop.charge_of(&first), shop.charge_of(&by_bob));
    shop.refund(day(12), &by_bob, 1_500);
    let dispute = shop.dispute(day(13), &first);
    shop.dispute_closed(day(20), &dispute, "lost");
    vec![known, other, guest]
}

impl History {
    fn bought(&self, purchase: &entity::purchase::Model) -> bool {
        let payer = &purchase.state["payer"];
        let guests = payer["guests"].as_array().into_iter().flatten().chain([&payer["buyer"]]);
        guests.filter_map(|value| value.as_str()).any(|id| self.buyers.iter().any(|own| own == id))
    }

    async fn sign_up(&self, stage: &Stage) {
        let (id, email) = (format!("user-{}", self.name), format!("{}@example.com", self.name));
        stage.sign_up(&id, &email, Some(&self.click), day(2) + Duration::hours(5)).await;
    }

    /// Shuffles, doubles a third, and delivers, with the worker running now and then.
    async fn play(&self, stage: &Stage, random: &mut StdRng, version: Option<Version>) {
        let mut steps = self.steps.clone();
        steps.shuffle(random);
        // A word by hand is said once: said again it is another word.
        let told = steps.iter().filter(|step| !matches!(step, Step::Move));
        let doubles: Vec<Step> = told.filter(|_| random.random_bool(0.34)).cloned().collect();
        for double in doubles {
            let at = random.random_range(0..=steps.len());
            steps.insert(at, double);
        }
        let mut moved = !steps.iter().any(|step| matches!(step, Step::Move));
        for step in steps {
            stage.app.clock.set(day(END));
            match step {
                Step::Told(event) => {
                    let version = version_of(&event, version, random);
                    let event = if random.random_bool(0.1) { event.again() } else { *event };
                    assert_eq!(stage.send(&event, version).await, 200);
                }
                Step::SignUp => self.sign_up(stage).await,
                Step::Move => moved = self.move_to_bob(stage).await,
            }
            if random.random_bool(0.3) {
                stage.drain().await;
            }
        }
        stage.app.clock.set(day(END));
        if !moved {
            assert!(self.move_to_bob(stage).await, "the person is known by now");
        }
        stage.wait_until(day(END) + Duration::hours(1)).await;
    }

    /// Gives the person's purchases since day 35 to Bob. False when the person did not sign up yet, so that nobody could name them.
    async fn move_to_bob(&self, stage: &Stage) -> bool {
        let known = "query($id: String!) { customers(first: 1, filter: { externalId: $id }) { nodes { id } } }";
        let known = stage.ask(known, json!({ "id": format!("user-{}", self.name) })).await;
        let Some(customer) = known["customers"]["nodes"].get(0) else { return false };
        let mutation = "mutation($input: CustomerReassignInput!) { customerReassign(input: $input) { reassignment { done confirm } } }";
        let mut input = json!({ "customerId": customer["id"], "enrollmentId": stage.bob.enrollment, "mode": "SINCE", "since": day(35), "reason": "so" });
        let preview = stage.ask(mutation, json!({ "input": input })).await;
        input["confirm"] = preview["customerReassign"]["reassignment"]["confirm"].clone();
        let done = stage.ask(mutation, json!({ "input": input })).await;
        assert_eq!(done["customerReassign"]["reassignment"]["done"], json!(true), "{preview} {done}");
        true
    }
}

/// One of those versions that have such events.
fn version_of(event: &Event, version: Option<Version>, random: &mut StdRng) -> Version {
    let all = version.map_or(Version::ALL.to_vec(), |one| vec![one]);
    let known: Vec<Version> = all.into_iter().filter(|version| event.exists_in(*version)).collect();
    // What a version lacks is told by an endpoint of one that has it.
    known.get(random.random_range(0..known.len().max(1))).copied().unwrap_or(if event.kind == "charge.refund.updated" {
        Version::Old
    } else {
        Version::Endive
    })
}

/// What must always come out, a line each, without ids that differ from one customer to the next.
fn outcome(books: &Books, history: &History, stage: &Stage) -> Vec<String> {
    let named = [(stage.ada.enrollment, "Ada"), (stage.bob.enrollment, "Bob")];
    let name = |id: Option<EnrollmentId>| named.iter().find(|(known, _)| Some(*known) == id).map_or("nobody", |(_, name)| name);
    let own: Vec<_> = books.purchases.iter().filter(|p| history.bought(p)).collect();
    let mut lines = Vec::new();
    for purchase in &own {
        let decision = &books.decisions[&purchase.id];
        let (kind, _) = purchase.key.split_once(':').unwrap();
        let at = purchase.purchased_at.map(|at| at.to_rfc3339());
        let (collected, reduction, earner) = (purchase.collected, purchase.reduction, name(decision.enrollment_id));
        lines.push(format!("{kind} {at:?} {} {collected} less {reduction}", purchase.status));
        lines.push(format!("  {} base {} {earner} earns {}", decision.reason, decision.base, decision.amount));
        for candidate in decision.candidates.as_array().unwrap() {
            let enrollment = candidate["enrollment"].as_str().and_then(|id| id.parse().ok());
            lines.push(format!("    {} {} {}: {}", candidate["kind"], name(enrollment), candidate["verdict"], candidate["note"]));
        }
        lines.extend(books.commissions.iter().filter(|c| c.purchase_id == Some(purchase.id)).filter_map(|c| {
            let mut sums: BTreeMap<_, i64> = BTreeMap::new();
            for entry in books.entries.iter().filter(|e| e.commission_id == Some(c.id)) {
                *sums.entry(entry.account).or_default() += entry.amount;
            }
            sums.retain(|_, sum| *sum != 0);
            // Whoever earned nothing in the end may or may not have earned something in between.
            (!sums.is_empty()).then(|| format!("  {} {} {:?} {sums:?}", name(Some(c.enrollment_id)), c.state, c.holds))
        }));
    }
    let customers: Vec<_> = own.iter().filter_map(|p| p.customer_id).collect();
    let person = books.person_of(&customers);
    for binding in books.bindings.iter().filter(|b| person.contains(&b.customer_id)) {
        let (who, ended) = (name(Some(binding.enrollment_id)), binding.ended_at);
        lines.push(format!("bound to {who} by {} at {} until {ended:?} as {}", binding.source, binding.bound_at, binding.stage));
    }
    lines
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
    #[values(Plot::Subscriber, Plot::Tangled, Plot::Shared, Plot::Moved)] plot: Plot,
) {
    let runs = number("TRIBUTARY_PROPERTY_RUNS", 60);
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
        left -= number_here;
        stage.finish().await;
    }
}

/// The same with everything at once: deliveries and workers side by side. What one at a time led to must come out.
#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn deliveries_at_once_end_in_the_same_books_as_one_by_one(
    #[values(false, true)] on_servers: bool,
    #[values(Plot::Subscriber, Plot::Tangled)] plot: Plot,
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
        one.sign_up(&stage).await;
    }
    rush(&stage, &crowd, &mut random).await;
    for one in late {
        one.sign_up(&stage).await;
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
        Step::SignUp | Step::Move => None,
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
