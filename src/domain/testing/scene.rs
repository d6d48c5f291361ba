//! A person, two partners A and B, and their terms.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use entity::value::{
    Absence, ClickId, CustomerId, DecisionReason, EnrollmentEnd, EnrollmentId, LinkId, PartnerId, ProgramId, PurchaseId, Span, Terms,
    TermsId, TouchId, TouchKind,
};
use uuid::Uuid;

use super::facts::{Book, promotion};
use super::{day, number};
use crate::domain::fact::Traits;
use crate::domain::person::*;
use crate::domain::purchase::PurchaseState;
use crate::domain::settle::{Decision, Settlement, settle};
use crate::domain::tally::Reach;

pub fn partner_a() -> EnrollmentId {
    EnrollmentId::from_uuid(Uuid::from_u128(0xA))
}

pub fn partner_b() -> EnrollmentId {
    EnrollmentId::from_uuid(Uuid::from_u128(0xB))
}

pub fn customer(n: u128) -> CustomerId {
    CustomerId::from_uuid(Uuid::from_u128(n))
}

fn link_id(n: u128) -> LinkId {
    LinkId::from_uuid(Uuid::from_u128(n))
}

fn click_id(n: u128) -> ClickId {
    ClickId::from_uuid(Uuid::from_u128(n))
}

fn touch_id(text: &str) -> TouchId {
    TouchId::from_uuid(Uuid::from_u128(number(text).into()))
}

/// The id of the purchase with this key.
pub fn purchase_id(state: &PurchaseState) -> PurchaseId {
    PurchaseId::from_uuid(Uuid::from_u128(number(&state.key.to_string()).into()))
}

/// The version of the terms of both partners that is in force from `from`.
pub fn version(from: DateTime<Utc>, terms: &Terms) -> TermsVersion {
    let id = TermsId::from_uuid(Uuid::from_u128(number(&format!("{from} {terms:?}")).into()));
    TermsVersion { id, from, of: TermsOf::Program, terms: Arc::new(terms.clone()) }
}

/// A person and the world around it. The terms are the default ones (20 %, 60 days' window, 30 days' hold).
#[derive(Clone, Debug)]
pub struct Scene {
    pub person: Person,
    pub world: World,
    pub now: DateTime<Utc>,
    /// What is known of the paying customer.
    pub buyer: Traits,
}

impl Scene {
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    /// With changed terms.
    pub fn with(change: impl FnOnce(&mut Terms)) -> Self {
        let mut terms = Terms::default();
        change(&mut terms);
        let enrollment = |id: EnrollmentId| Enrollment {
            id,
            program: ProgramId::from_uuid(Uuid::from_u128(1)),
            partner: PartnerId::from_uuid(id.uuid()),
            approved_at: Some(day(-1000)),
            absences: Vec::new(),
            pauses: Vec::new(),
            stated_in: None,
            fraud: Arc::default(),
            terms: vec![version(day(-1000), &terms)],
            moves: Vec::new(),
            spans: Vec::new(),
            traits: Vec::new(),
            reach: Arc::new(Reach::of([&terms])),
            recruiters: Vec::new(),
        };
        let world = World {
            enrollments: [partner_a(), partner_b()].into_iter().map(|id| (id, enrollment(id))).collect(),
            codes: Vec::new(),
            keys: BTreeMap::from([("key_a".to_owned(), partner_a()), ("key_b".to_owned(), partner_b())]),
            grace: Duration::minutes(10),
            orphan_after: Duration::hours(72),
            ..World::default()
        };
        let person = Person {
            root: customer(1),
            claimed: false,
            ambiguous: false,
            same: BTreeMap::new(),
            doubtful: BTreeMap::new(),
            signups: Vec::new(),
            trials: Vec::new(),
            touches: Vec::new(),
            purchases: Vec::new(),
            standing: BTreeMap::new(),
            rates: BTreeMap::new(),
        };
        Self { person, world, now: day(365 * 3), buyer: Traits::default() }
    }

    /// A person who clicked a link of A on day 0 and signed up a minute later.
    pub fn bound_to_a(change: impl FnOnce(&mut Terms)) -> Self {
        let mut scene = Self::with(change);
        scene.click(1, partner_a(), day(0));
        scene.signup(1, day(0) + Duration::minutes(1));
        scene
    }

    pub fn enrollment(&mut self, id: EnrollmentId) -> &mut Enrollment {
        self.world.enrollments.get_mut(&id).unwrap()
    }

    pub fn end(&mut self, id: EnrollmentId, at: DateTime<Utc>, how: EnrollmentEnd) {
        self.enrollment(id).absences.push(Absence { span: Span { from: at, to: None }, kind: how });
    }

    /// The visitor's click number `n`; all clicks are of one visitor.
    pub fn click(&mut self, n: u128, who: EnrollmentId, at: DateTime<Utc>) {
        let (id, visitor, link) = (click_id(n), Uuid::from_u128(7), link_id(n));
        let click = Click { id, visitor, at, link, enrollment: who, bot: false, rejected_at: None };
        self.touch(TouchKind::Click, &format!("click {n}"), at).click = Some(click);
    }

    /// Rejects click `n` as fraud, at the end of all that happens.
    pub fn reject_click(&mut self, n: u128) {
        self.reject_click_at(n, self.now);
    }

    pub fn reject_click_at(&mut self, n: u128, at: DateTime<Utc>) {
        let clicks = self.person.touches.iter_mut().filter_map(|t| t.click.as_mut());
        clicks.filter(|c| c.id == click_id(n)).for_each(|c| c.rejected_at = Some(at));
    }

    /// A payout pays so much of what purchase number `n` earns this partner.
    pub fn pay_out(&mut self, n: usize, who: EnrollmentId, amount: i64, at: DateTime<Utc>) {
        let standing = self.person.purchases[n].standing.entry(who).or_default();
        (standing.paid, standing.paid_at) = (Some(amount), Some(at));
    }

    /// A tracked sign-up that names click `n`, which must be known.
    pub fn signup(&mut self, n: u128, at: DateTime<Utc>) {
        let click = self.known_click(n);
        self.touch(TouchKind::Signup, &format!("signup {at}"), at).click = click;
        self.organic_signup(at);
    }

    /// A tracked sign-up without any click.
    pub fn organic_signup(&mut self, at: DateTime<Utc>) {
        self.person.signups.push(Signup { customer: customer(1), at, told_by_server_at: None });
        self.person.claimed = true;
    }

    pub fn by_hand(&mut self, who: EnrollmentId, at: DateTime<Utc>) {
        self.touch(TouchKind::Manual, &format!("hand {who} {at}"), at).enrollment = Some(who);
    }

    /// A word by hand of `said` that counts from `from` on (AT-15).
    pub fn reassign(&mut self, who: EnrollmentId, from: DateTime<Utc>, said: DateTime<Utc>) {
        let touch = self.touch(TouchKind::Manual, &format!("reassign {who} {from} {said}"), from);
        (touch.enrollment, touch.said_at) = (Some(who), said);
    }

    /// A promotion code that is the partner's on days `from` to `to`.
    pub fn code(&mut self, id: &str, who: EnrollmentId, from: i64, to: Option<i64>) {
        self.world.codes.push(CodeMapping { code: promotion(id), enrollment: who, from: day(from), to: to.map(day), inactive: Vec::new() });
    }

    pub fn touch(&mut self, kind: TouchKind, name: &str, at: DateTime<Utc>) -> &mut Touch {
        let touch =
            Touch { id: touch_id(name), customer: customer(1), kind, at, said_at: at, click: None, enrollment: None, purchase: None };
        self.person.touches.push(touch);
        self.person.touches.last_mut().unwrap()
    }

    fn known_click(&self, n: u128) -> Option<Click> {
        self.person.touches.iter().filter_map(|t| t.click).find(|c| c.id == click_id(n))
    }

    /// The person's purchases are those of the book. A client reference `clk_<n>` names click `n`; the buyer `cus_2` is another customer.
    pub fn buys(&mut self, book: &Book) -> &mut Self {
        self.person.touches.retain(|t| t.kind != TouchKind::ClientReference);
        self.person.purchases.clear();
        for state in book.purchases() {
            let id = purchase_id(&state);
            let owner = customer(if state.payer.buyer.as_deref() == Some("cus_2") { 2 } else { 1 });
            for reference in &state.references {
                let number = reference.text.strip_prefix("clk_").and_then(|n| n.parse().ok());
                if let Some(click) = number.and_then(|n| self.known_click(n)) {
                    let touch = self.touch(TouchKind::ClientReference, &reference.object, reference.at);
                    (touch.click, touch.purchase, touch.customer) = (Some(click), Some(id), owner);
                }
            }
            let (codes, skip) = (state.codes.clone(), state.skip);
            let told_at = state.known_at;
            self.person.purchases.push(Purchase {
                id,
                customer: owner,
                told_at,
                state,
                codes,
                skip,
                conflict: false,
                standing: BTreeMap::new(),
                buyer: self.buyer.clone(),
            });
        }
        self
    }

    pub fn settle(&self) -> Settlement {
        settle(&self.person, &self.world, self.now)
    }

    /// Reason, winner and amount of each decision, in the order of the purchases' times.
    pub fn outcomes(&mut self, book: &Book) -> Vec<Outcome> {
        self.buys(book).settle().decisions.iter().map(outcome).collect()
    }
}

/// Reason, winner and amount.
pub type Outcome = (DecisionReason, Option<EnrollmentId>, i64);

pub fn outcome(decision: &Decision) -> Outcome {
    (decision.reason, decision.winner.map(|winner| winner.enrollment), decision.amount())
}

/// What is wanted: a commission of this partner.
pub fn earns(who: EnrollmentId, amount: i64) -> Outcome {
    (DecisionReason::Commissioned, Some(who), amount)
}
