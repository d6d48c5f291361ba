//! Everything that is known, the purchases of it, and what must hold of what they earn.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use chrono::{DateTime, Duration, Utc};
use entity::value::{
    BasisPoints, Cap, CapScope, ClickId, Currency, CustomerId, EnrollmentId, LinkId, PartnerId, ProgramId, PurchaseId, Reward, Terms,
    TermsId, TouchId, TouchKind,
};
use tributary::domain::commission::stays_within_base;
use tributary::domain::fact::{Code, Fact, Observation, Traits};
use tributary::domain::ledger::{Standing, to_target};
use tributary::domain::person::{Click, CodeMapping, Enrollment, Person, Purchase, Signup, TermsOf, TermsVersion, Touch, World};
use tributary::domain::purchase::{Key, PurchaseState, assemble};
use tributary::domain::settle::{Decision, Settlement, settle};
use tributary::domain::tally::Reach;
use tributary::stripe::reference::key_of;
use uuid::Uuid;

use crate::shop::day;

/// What is known of each object.
#[derive(Default)]
pub struct Known {
    pub facts: BTreeMap<String, Fact>,
    /// Whether one id was told of as of two kinds of objects.
    pub mixed: bool,
}

impl Known {
    pub fn of<'a>(told: impl IntoIterator<Item = &'a Observation>) -> Self {
        let mut known = Self::default();
        for Observation { object, fact } in told {
            let joined = match known.facts.get(object) {
                None => fact.clone(),
                Some(before) => before.clone().merge(fact.clone()).unwrap_or_else(|_| {
                    known.mixed = true;
                    before.clone()
                }),
            };
            known.facts.insert(object.clone(), joined);
        }
        known
    }

    /// The purchases: objects that share references are one (SL-8).
    pub fn purchases(&self) -> Vec<PurchaseState> {
        let mut groups: Vec<BTreeSet<&str>> = Vec::new();
        for (id, fact) in self.facts.iter().filter(|(_, fact)| fact.belongs_to_purchase()) {
            let mut all: BTreeSet<&str> = fact.references().into_iter().chain([id.as_str()]).collect();
            let (touching, rest): (Vec<_>, Vec<_>) = groups.into_iter().partition(|group| !group.is_disjoint(&all));
            all.extend(touching.into_iter().flatten());
            groups = rest;
            groups.push(all);
        }
        groups.iter().filter_map(|group| self.one(group)).collect()
    }

    fn one(&self, group: &BTreeSet<&str>) -> Option<PurchaseState> {
        let own = self.facts.iter().filter(|(id, _)| group.contains(id.as_str()));
        let facts: BTreeMap<String, Fact> = own.map(|(id, fact)| (id.clone(), fact.clone())).collect();
        let references: BTreeSet<Key> = group.iter().map(|object| key_of(object)).collect();
        assemble(&facts, &references)
    }
}

/// Terms under which histories are settled where the input names none.
pub fn usual_terms() -> &'static [Terms] {
    static TERMS: OnceLock<Vec<Terms>> = OnceLock::new();
    TERMS.get_or_init(|| {
        let usd: Currency = "USD".parse().expect("a currency");
        let flat = Reward::Flat { amount: 700, currency: usd, per_unit: true };
        let cap = Cap { scope: CapScope::Customer, period: None, amount: 2_000, currency: usd };
        let most = Reward::Percent { rate: BasisPoints::MAX };
        vec![
            Terms { hold_days: 0, ..Terms::default() },
            Terms {
                reward: flat,
                renewal: Some(most),
                caps: vec![cap],
                include_shipping: true,
                clawback_days: Some(30),
                ..Terms::default()
            },
        ]
    })
}

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn world(terms: &Terms, states: &[PurchaseState]) -> World {
    let version = TermsVersion { id: TermsId::from_uuid(id(1)), from: day(-1_000), of: TermsOf::Program, terms: Arc::new(terms.clone()) };
    let enrollment = |n: u128| Enrollment {
        id: EnrollmentId::from_uuid(id(n)),
        program: ProgramId::from_uuid(id(1)),
        partner: PartnerId::from_uuid(id(n)),
        approved_at: Some(day(-1_000)),
        absences: Vec::new(),
        pauses: Vec::new(),
        stated_in: None,
        fraud: Arc::default(),
        terms: vec![version.clone()],
        moves: Vec::new(),
        spans: Vec::new(),
        traits: Vec::new(),
        reach: Arc::new(Reach::of([terms])),
        recruiters: Vec::new(),
    };
    let codes: BTreeSet<&Code> = states.iter().flat_map(|state| &state.codes).collect();
    let of_b = |code: &Code| CodeMapping {
        code: code.clone(),
        enrollment: EnrollmentId::from_uuid(id(0xB)),
        from: day(-1_000),
        to: Some(day(80)),
        inactive: Vec::new(),
    };
    World {
        enrollments: [0xA, 0xB].map(enrollment).into_iter().map(|one| (one.id, one)).collect(),
        codes: codes.into_iter().map(of_b).collect(),
        keys: BTreeMap::from([("key_b".to_owned(), EnrollmentId::from_uuid(id(0xB)))]),
        grace: Duration::minutes(10),
        orphan_after: Duration::hours(72),
        ..World::default()
    }
}

/// Somebody who clicked a link of A, signed up, and bought all of this.
fn person(states: &[PurchaseState]) -> Person {
    let customer = CustomerId::from_uuid(id(1));
    let click = Click {
        id: ClickId::from_uuid(id(1)),
        visitor: id(1),
        at: day(0),
        link: LinkId::from_uuid(id(1)),
        enrollment: EnrollmentId::from_uuid(id(0xA)),
        bot: false,
        rejected_at: None,
    };
    let touch = |n: u128, kind, at: DateTime<Utc>, purchase| Touch {
        id: TouchId::from_uuid(id(n)),
        customer,
        kind,
        at,
        said_at: at,
        click: Some(click),
        enrollment: None,
        purchase,
    };
    let mut touches = vec![touch(1, TouchKind::Signup, day(1), None)];
    let mut purchases = Vec::new();
    for (n, state) in (10_u128..).zip(states) {
        let purchase = PurchaseId::from_uuid(id(n));
        touches.extend(state.references.first().map(|one| touch(n, TouchKind::ClientReference, one.at, Some(purchase))));
        purchases.push(Purchase {
            id: purchase,
            customer,
            told_at: state.known_at,
            codes: state.codes.clone(),
            skip: state.skip,
            conflict: false,
            standing: BTreeMap::new(),
            buyer: Traits::default(),
            state: state.clone(),
        });
    }
    let signups = vec![Signup { customer, at: day(1), told_by_server_at: None }];
    Person {
        root: customer,
        claimed: true,
        ambiguous: false,
        same: BTreeMap::new(),
        doubtful: BTreeMap::new(),
        signups,
        trials: Vec::new(),
        touches,
        purchases,
        standing: BTreeMap::new(),
        rates: BTreeMap::new(),
    }
}

/// Settles one person's purchases early, late, and in another order, and judges what comes of it. Gives how much was earned.
pub fn settle_and_judge(states: &[PurchaseState], terms: &Terms) -> i64 {
    let world = world(terms, states);
    let mut person = person(states);
    judge(&settle(&person, &world, day(45)), states, terms);
    let late = settle(&person, &world, day(100_000));
    judge(&late, states, terms);
    person.purchases.reverse();
    person.touches.reverse();
    let turned = settle(&person, &world, day(100_000));
    let by_purchase = |settlement: &Settlement| -> BTreeMap<PurchaseId, Decision> {
        settlement.decisions.iter().map(|decision| (decision.purchase, decision.clone())).collect()
    };
    assert_eq!(by_purchase(&late), by_purchase(&turned), "the order in which rows are read matters");
    late.decisions.iter().fold(0, |sum, decision| sum.max(decision.amount()))
}

fn judge(settlement: &Settlement, states: &[PurchaseState], terms: &Terms) {
    assert_eq!(settlement.decisions.len(), states.len(), "SL-4: each purchase has one decision");
    let cap = |state: &PurchaseState| {
        let of_purchase = terms.caps.iter().filter(|cap| cap.currency == state.currency);
        of_purchase.map(|cap| cap.amount).min().unwrap_or(i64::MAX)
    };
    for decision in &settlement.decisions {
        let at = (10_u128..).zip(states).find(|(n, _)| decision.purchase.uuid() == id(*n));
        let (_, state) = at.unwrap_or_else(|| panic!("a decision of nothing: {decision:?}"));
        let amount = decision.amount();
        assert!(amount >= 0 && decision.base >= 0, "{decision:?}");
        assert!(amount <= cap(state), "CO-6: {decision:?}");
        if stays_within_base(terms) {
            assert!(amount <= decision.base, "MO-6: more than the base: {decision:?}");
        }
        for commission in &decision.commissions {
            let (held, pending) = (commission.held, commission.pending);
            assert!(0 <= held && held <= pending && pending <= commission.amount, "{commission:?}");
            for posting in to_target(&Standing::new(), &commission.target()).unwrap_or_default() {
                assert_eq!(posting.lines.iter().map(|line| i128::from(line.amount)).sum::<i128>(), 0, "MO-6: {posting:?}");
            }
        }
    }
}
