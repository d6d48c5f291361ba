//! One customer's history through the real inbox and database, in any order and any number of deliveries: always the same books.
//!
//! `TRIBUTARY_PROPERTY_RUNS` sets how many shuffles are tried, `TRIBUTARY_PROPERTY_SEED` repeats those of a run that failed.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use entity::value::{BindingStage, CommissionState, DecisionReason, EnrollmentId, LedgerAccount, PurchaseStatus, TouchKind};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rstest::rstest;

use crate::support::books::Books;
use crate::support::engine::{Click, Setup, Stage, day};
use crate::support::stripe::{Bill, Cart, Discount, Event, Line, Version};

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
}

/// A customer's whole history, and who the customer is.
struct History {
    buyer: String,
    name: String,
    click: Click,
    steps: Vec<Step>,
}

/// Some 25 steps: a subscription from a payment link with a code, a renewal, an upgrade, a payment without an invoice, a partial and a full
/// refund, a slow refund that fails, a dispute that is lost and one that is won, and a sign-up that comes long after the first purchase.
async fn history(stage: &Stage, name: &str, code: &Discount) -> History {
    let click = stage.click(stage.ada, day(0)).await;
    let email = format!("{name}@example.com");
    let mut shop = stage.shop();
    drop(shop.news());
    let buyer = shop.customer(day(1), &email, None);
    let subscription = format!("sub_{name}");
    let bill = |line: Line| Bill::to(&buyer).subscription(&subscription).line(line);
    let cart = Cart::of(10_000).email(&email);
    let (_, first) = shop.subscribe(day(2), cart, bill(Line::of(10_000).tax(2_000)));
    let renewal = shop.pay(day(33), bill(Line::of(10_000).off(2_500).tax(1_500)).discount(code));
    let upgrade = shop.pay(day(40), bill(Line::of(-5_000).proration()).line(Line::of(9_000).proration()).reason("subscription_update"));
    let (_, charge) = shop.checkout(day(50), Cart::of(5_000).email(&email).customer(&buyer));
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
    let mut steps: Vec<Step> = shop.news().into_iter().map(|event| Step::Told(Box::new(event))).collect();
    steps.push(Step::SignUp);
    History { buyer, name: name.to_owned(), click, steps }
}

impl History {
    /// Shuffles, doubles a third, and delivers, with the worker running now and then.
    async fn play(&self, stage: &Stage, random: &mut StdRng, version: Option<Version>) {
        let mut steps = self.steps.clone();
        steps.shuffle(random);
        let doubles: Vec<Step> = steps.iter().filter(|_| random.random_bool(0.34)).cloned().collect();
        for double in doubles {
            let at = random.random_range(0..=steps.len());
            steps.insert(at, double);
        }
        for step in steps {
            stage.clock.set(day(END));
            match step {
                Step::Told(event) => {
                    let version = version_of(&event, version, random);
                    let event = if random.random_bool(0.1) { event.again() } else { *event };
                    assert_eq!(stage.send(&event, version).await, 200);
                }
                Step::SignUp => {
                    let email = format!("{}@example.com", self.name);
                    stage.sign_up(&format!("user-{}", self.name), &email, Some(&self.click), day(2) + Duration::hours(5)).await;
                }
            }
            if random.random_bool(0.3) {
                stage.drain().await;
            }
        }
        stage.wait_until(day(END) + Duration::hours(1)).await;
    }
}

/// One of those versions that have such events.
fn version_of(event: &Event, version: Option<Version>, random: &mut StdRng) -> Version {
    let all = version.map_or(Version::ALL.to_vec(), |one| vec![one]);
    let known: Vec<Version> = all.into_iter().filter(|version| event.exists_in(*version)).collect();
    // What a version lacks is told by an endpoint of one that has it.
    known.get(random.random_range(0..known.len().max(1))).copied().unwrap_or(if event.kind == "charge.refund.updated" { Version::Old } else { Version::Endive })
}

/// What must always come out, without ids that differ from one customer to the next.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    purchases: Vec<(String, Option<DateTime<Utc>>, PurchaseStatus, DecisionReason, i64, i64, Option<EnrollmentId>)>,
    candidates: Vec<Vec<(String, String, String)>>,
    commissions: Vec<(EnrollmentId, CommissionState, String)>,
    accounts: Vec<BTreeMap<LedgerAccount, i64>>,
    bindings: Vec<(EnrollmentId, TouchKind, DateTime<Utc>, Option<DateTime<Utc>>, BindingStage)>,
}

impl Outcome {
    fn of(books: &Books, history: &History) -> Self {
        let own: Vec<_> = books.purchases.iter().filter(|p| p.state["payer"]["buyer"] == history.buyer).collect();
        let decided = own.iter().map(|p| {
            let d = &books.decisions[&p.id];
            let kind = p.key.split(':').next().unwrap_or_default().to_owned();
            (kind, p.purchased_at, p.status, d.reason, d.base, d.amount, d.enrollment_id)
        });
        let word = |c: &serde_json::Value, key: &str| c[key].as_str().unwrap_or_default().to_owned();
        let candidates = own.iter().map(|p| {
            let listed = books.decisions[&p.id].candidates.as_array().cloned().unwrap_or_default();
            listed.iter().map(|c| (word(c, "kind"), word(c, "enrollment"), word(c, "verdict"))).collect()
        });
        let commissions: Vec<_> = own.iter().flat_map(|p| books.commissions.iter().filter(|c| c.purchase_id == p.id)).collect();
        let accounts = commissions.iter().map(|c| {
            let mut sums = BTreeMap::new();
            for entry in books.entries.iter().filter(|e| e.commission_id == Some(c.id)) {
                *sums.entry(entry.account).or_default() += entry.amount;
            }
            sums.retain(|_, sum| *sum != 0);
            sums
        });
        let customers: Vec<_> = own.iter().filter_map(|p| p.customer_id).collect();
        let person = books.person_of(&customers);
        let bindings = books.bindings.iter().filter(|b| person.contains(&b.customer_id));
        Self {
            purchases: decided.collect(),
            candidates: candidates.collect(),
            accounts: accounts.collect(),
            commissions: commissions.iter().map(|c| (c.enrollment_id, c.state, format!("{:?}", c.holds))).collect(),
            bindings: bindings.map(|b| (b.enrollment_id, b.source, b.bound_at, b.ended_at, b.stage)).collect(),
        }
    }
}

/// With read access events come in all versions at once; without it in one, as an endpoint has one and nothing else can be asked.
#[rstest]
#[case::all_versions(None, true)]
#[case::old(Some(Version::Old), false)]
#[case::acacia(Some(Version::Acacia), true)]
#[case::basil(Some(Version::Basil), false)]
#[case::endive(Some(Version::Endive), false)]
#[tokio::test]
async fn any_order_of_deliveries_ends_in_the_same_books(#[case] version: Option<Version>, #[case] read_access: bool) {
    let runs = number("TRIBUTARY_PROPERTY_RUNS", 60);
    let seed = number("TRIBUTARY_PROPERTY_SEED", rand::random());
    println!("TRIBUTARY_PROPERTY_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let mut left = usize::try_from(runs).unwrap().div_ceil(5);
    let mut expected: Option<Vec<String>> = None;
    while left > 0 {
        let stage = Stage::set(Setup { read_access, ..Setup::default() }).await;
        let code = stage.code_of(stage.bob, "BOB25", day(0)).await;
        let number_here = left.min(ON_ONE_STAGE);
        let mut outcomes = Vec::new();
        for number in 0..number_here {
            let history = history(&stage, &format!("buyer{number}"), &code).await;
            history.play(&stage, &mut random, version).await;
            outcomes.push(history);
        }
        let books = stage.books().await;
        books.check();
        for history in &outcomes {
            let outcome = lines(&Outcome::of(&books, history), &stage);
            match &expected {
                None => {
                    println!("{}", outcome.join("\n"));
                    expected = Some(outcome);
                }
                Some(expected) => assert_eq!(&outcome, expected, "{} with TRIBUTARY_PROPERTY_SEED={seed}", history.name),
            }
        }
        left -= number_here;
        stage.finish().await;
    }
}

/// The outcome with the partners' names in place of ids, so that stages compare.
fn lines(outcome: &Outcome, stage: &Stage) -> Vec<String> {
    let text = format!("{outcome:#?}");
    let named = [(stage.ada.enrollment, "Ada"), (stage.bob.enrollment, "Bob")];
    let text = named.into_iter().fold(text, |text, (id, name)| {
        text.replace(&id.to_string(), name).replace(&format!("{id:?}"), name)
    });
    text.lines().map(str::to_owned).collect()
}
