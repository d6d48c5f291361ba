//! The lives that customers lead in these tests, and the telling of them.

use chrono::Duration;
use entity::value::{Attribution, Duration as Lasting, LeadEvent, LeadReward, Terms};
use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use serde_json::json;

use super::END;
use crate::support::stage::{Click, Stage, day, no_hold};
use crate::support::stripe::{Bill, Cart, Discount, Event, Line, Shop, Version};

/// One thing that reaches Tributary.
#[derive(Clone)]
pub enum Step {
    Told(Box<Event>),
    /// The page tells of the sign-up, with the click.
    SignUp,
    /// The merchant's server tells of it, too, a little earlier and without the click.
    Server,
    /// All since day 35 becomes Bob's.
    Move,
}

/// A customer's whole history, and who the customer is.
pub struct History {
    /// The customers, and the checkouts of guests.
    buyers: Vec<String>,
    pub name: String,
    click: Click,
    pub steps: Vec<Step>,
}

/// What kind of life the customer leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plot {
    /// A subscription from a payment link, a renewal with another partner's code, an upgrade, a payment without an invoice, a partial and a
    /// full refund, a slow refund that fails, a dispute that is lost and one that is won, and a sign-up long after the first purchase.
    Subscriber,
    /// One person under three names: a guest with a token, a customer of Stripe's with the merchant's id, and another one whose invoices
    /// alone name it. One payment names a partner itself.
    Tangled,
    /// A customer whose id was mistyped at first, and who signed up by the page and by the server. Others use a code that is switched off, on
    /// again, and off for good. The sign-up earns as well (CO-10).
    Renamed,
    /// Two customers of Stripe's with one e-mail, until one of them turns out to be somebody else. Only the first purchase of each earns.
    Parted,
    /// The subscriber's life, where two partners' clicks share what it brings (AT-16).
    Shared,
    /// A trial without a fee that becomes a subscription, part of which is paid back (BA-10, CO-10).
    Trial,
    /// The subscriber's life, until a hand gives a part of it to another partner (AT-15).
    Moved,
}

impl Plot {
    pub fn terms(self) -> Terms {
        match self {
            Self::Shared => Terms { attribution: Attribution::Linear, ..no_hold() },
            Self::Parted => Terms { duration: Lasting::FirstOnly, ..no_hold() },
            Self::Renamed => Terms { lead: Some(lead(LeadEvent::Signup)), ..no_hold() },
            Self::Trial => Terms { lead: Some(lead(LeadEvent::Trial)), ..no_hold() },
            Self::Subscriber | Self::Tangled | Self::Moved => no_hold(),
        }
    }

    /// Leads the life in the shop, with the visitor's token and a partner's code. Gives the customers, and the checkouts of guests.
    pub fn live(self, shop: &mut Shop, (name, email): (&str, &str), token: &str, code: &Discount) -> Vec<String> {
        match self {
            Self::Subscriber | Self::Shared | Self::Moved => vec![subscriber(shop, name, email, code)],
            Self::Parted => parted(shop, name, email),
            Self::Trial => vec![trialist(shop, name, email, token)],
            Self::Tangled => tangled(shop, name, email, token),
            Self::Renamed => renamed(shop, name, email, code),
        }
    }
}

fn lead(on: LeadEvent) -> LeadReward {
    LeadReward { on, amount: 500, currency: "USD".parse().unwrap() }
}

/// Plays the life in the shop, and keeps what is to be told of it.
pub async fn history(stage: &Stage, plot: Plot, name: &str, code: &Discount) -> History {
    let mut click = stage.click(stage.ada, day(0)).await;
    if plot == Plot::Shared {
        click = stage.click_again(&click, stage.bob, day(1)).await;
    }
    let email = format!("{name}@example.com");
    let own_code = match plot {
        Plot::Renamed => Some(stage.code_of(stage.bob, &format!("BOB-{name}"), day(0)).await),
        Plot::Subscriber | Plot::Tangled | Plot::Parted | Plot::Shared | Plot::Trial | Plot::Moved => None,
    };
    let mut shop = stage.shop();
    drop(shop.news());
    let buyers = plot.live(&mut shop, (name, &email), &click.token, own_code.as_ref().unwrap_or(code));
    let mut steps: Vec<Step> = shop.news().into_iter().map(|event| Step::Told(Box::new(event))).collect();
    steps.push(Step::SignUp);
    if matches!(plot, Plot::Renamed) {
        steps.push(Step::Server);
    }
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

fn trialist(shop: &mut Shop, name: &str, email: &str, token: &str) -> String {
    let buyer = shop.customer(day(1), email, Some(&format!("user-{name}")));
    let began = day(3);
    let subscription = shop.subscription(began, &buyer, "price_plan", Some(Duration::days(14)));
    let bill = |amount| Bill::to(&buyer).subscription(&subscription).line(Line::of(amount));
    shop.subscribe(began + Duration::seconds(20), Cart::of(0).email(email).token(token), bill(0));
    shop.change_subscription(day(17), &subscription, |of| of.status = "active");
    let first = shop.pay(day(17), bill(10_000));
    shop.pay(day(47), bill(10_000));
    let first = shop.charge_of(&first);
    shop.refund(day(50), &first, 3_000);
    buyer
}

fn tangled(shop: &mut Shop, name: &str, email: &str, token: &str) -> Vec<String> {
    let id = format!("user-{name}");
    let (guest, _) = shop.checkout(day(2), Cart::of(4_000).email(email).token(token));
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

fn parted(shop: &mut Shop, name: &str, email: &str) -> Vec<String> {
    let other = shop.customer(day(1), email, None);
    shop.pay(day(3), Bill::to(&other).line(Line::of(10_000)));
    let own = shop.customer(day(4), email, Some(&format!("user-{name}")));
    shop.pay(day(5), Bill::to(&own).line(Line::of(4_000)));
    shop.rename(day(6), &other, &format!("user-{name}-other"));
    shop.pay(day(8), Bill::to(&other).line(Line::of(6_000)));
    shop.pay(day(9), Bill::to(&own).line(Line::of(7_000)));
    vec![other, own]
}

fn renamed(shop: &mut Shop, name: &str, email: &str, code: &Discount) -> Vec<String> {
    let known = shop.customer(day(1), email, Some(&format!("user-{name}-typo")));
    shop.pay(day(3), Bill::to(&known).line(Line::of(10_000)));
    shop.rename(day(4), &known, &format!("user-{name}"));
    let (guest, _) = shop.checkout(day(5), Cart::of(4_000).email(email));
    shop.pay(day(6), Bill::to(&known).line(Line::of(5_000)));
    let mut buyers = vec![known, guest];
    shop.switch_code(day(10), code, false);
    shop.switch_code(day(20), code, true);
    shop.switch_code(day(30), code, false);
    for at in [9, 11, 21, 31] {
        let other = shop.customer(day(at), &format!("{name}-{at}@example.com"), None);
        shop.pay(day(at), Bill::to(&other).line(Line::of(8_000).off(2_000)).discount(code));
        buyers.push(other);
    }
    buyers
}

impl History {
    pub fn bought(&self, purchase: &entity::purchase::Model) -> bool {
        let payer = &purchase.state["payer"];
        let guests = payer["guests"].as_array().into_iter().flatten().chain([&payer["buyer"]]);
        guests.filter_map(|value| value.as_str()).any(|id| self.buyers.iter().any(|own| own == id))
    }

    async fn sign_up(&self, stage: &Stage) {
        let (id, email) = (format!("user-{}", self.name), format!("{}@example.com", self.name));
        stage.sign_up(&id, &email, Some(&self.click), day(2) + Duration::hours(5)).await;
    }

    async fn server_tells(&self, stage: &Stage) {
        let (id, email) = (format!("user-{}", self.name), format!("{}@example.com", self.name));
        stage.server_tells(json!({ "externalId": id, "email": email }), day(2) + Duration::hours(3)).await;
    }

    /// Every sign-up of the history.
    pub async fn sign_ups(&self, stage: &Stage) {
        for step in &self.steps {
            match step {
                Step::Told(_) | Step::Move => {}
                Step::SignUp => self.sign_up(stage).await,
                Step::Server => self.server_tells(stage).await,
            }
        }
    }

    /// Shuffles, doubles a third, and delivers, with the worker running now and then.
    pub async fn play(&self, stage: &Stage, random: &mut StdRng, version: Option<Version>) {
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
                Step::Server => self.server_tells(stage).await,
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
pub fn version_of(event: &Event, version: Option<Version>, random: &mut StdRng) -> Version {
    let all = version.map_or(Version::ALL.to_vec(), |one| vec![one]);
    let known: Vec<Version> = all.into_iter().filter(|version| event.exists_in(*version)).collect();
    // What a version lacks is told by an endpoint of one that has it.
    known.get(random.random_range(0..known.len().max(1))).copied().unwrap_or(if event.kind == "charge.refund.updated" {
        Version::Old
    } else {
        Version::Endive
    })
}
