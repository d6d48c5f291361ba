//! Order and number of tellings cannot matter: laws over made-up histories.

use std::collections::BTreeSet;

use entity::value::{Attribution, CapScope, Currency, EntryKind, LedgerAccount, Span, Terms};
use proptest::prelude::*;
use proptest::sample::select;

use super::history::{History, Telling, history, retold};
use super::*;
use crate::domain::ledger::{self, Target, to_target};
use crate::domain::person::{Recruiter, Trial};
use crate::domain::tally::Stretch;

/// What stands on each account of an enrollment.
type Standing = Vec<((EnrollmentId, Currency, LedgerAccount), i64)>;
/// What went back of what an enrollment had earned.
type Reversed = Vec<((EnrollmentId, Currency), i64)>;

/// What is known after some tellings, in the order in which they came.
#[derive(Default)]
struct Known {
    book: Book,
    names: BTreeSet<String>,
    people: Vec<Telling>,
}

impl Known {
    fn of(tellings: &[Telling]) -> Self {
        let mut known = Self::default();
        for telling in tellings {
            known.hear(telling);
        }
        known
    }

    fn hear(&mut self, telling: &Telling) {
        match telling {
            Telling::Fact(id, fact) => {
                self.book.tell(id, Fact::clone(fact));
            }
            other => {
                if self.names.insert(format!("{other:?}")) {
                    self.people.push(other.clone());
                }
            }
        }
    }

    fn scene(&self, terms: &Terms, now: DateTime<Utc>) -> Scene {
        let mut scene = Scene::with(|t| *t = terms.clone());
        scene.now = now;
        scene.code("promo_a", partner_a(), 0, Some(100));
        scene.code("promo_b", partner_b(), 20, None);
        scene.end(partner_b(), day(110), EnrollmentEnd::Banned);
        scene.enrollment(partner_a()).recruiters = vec![Recruiter { by: partner_b(), when: Span { from: day(10), to: None } }];
        for telling in &self.people {
            if let Telling::Click(n, who, at) = telling {
                scene.click(u128::from(*n), *who, *at);
            }
        }
        for telling in &self.people {
            match telling {
                Telling::Signup(click, at) => scene.signup(u128::from(*click), *at),
                Telling::Trial(at) => scene.person.trials.push(Trial { customer: customer(1), at: *at, object: format!("sub {at}") }),
                Telling::Hand(who, from, said) => scene.reassign(*who, *from, *said),
                Telling::Click(..) | Telling::Fact(..) => {}
            }
        }
        scene.buys(&self.book);
        if self.people.len() % 2 == 1 {
            scene.person.purchases.reverse();
            scene.person.touches.reverse();
            scene.person.signups.reverse();
            scene.person.trials.reverse();
        }
        scene
    }
}

/// Postings so far.
#[derive(Default)]
struct Ledger {
    posted: BTreeMap<(String, EnrollmentId, Currency), ledger::Standing>,
    accounts: BTreeMap<(EnrollmentId, Currency, LedgerAccount), i64>,
    /// What went back, by what was earned apart.
    reversed: BTreeMap<(EnrollmentId, Currency), i64>,
}

impl Ledger {
    /// Brings every commission to its target: those of the settlement, and those that it no longer has.
    fn post(&mut self, settlement: &Settlement) {
        let mut targets: BTreeMap<_, _> = self.posted.keys().map(|name| (name.clone(), Target::default())).collect();
        for one in settlement.commissions() {
            targets.insert((one.origin.to_string(), one.enrollment, one.currency), one.target());
        }
        for ((key, who, currency), target) in targets {
            let standing = self.posted.entry((key, who, currency)).or_default();
            for posting in to_target(standing, &target).unwrap() {
                assert_eq!(posting.lines.iter().map(|line| line.amount).sum::<i64>(), 0, "MO-6");
                for line in posting.lines {
                    *self.accounts.entry((who, currency, line.account)).or_default() += line.amount;
                    if line.account != LedgerAccount::CommissionExpense {
                        *standing.entry((line.account, posting.kind)).or_default() += line.amount;
                        if posting.kind == EntryKind::Reversal {
                            *self.reversed.entry((who, currency)).or_default() += line.amount;
                        }
                    }
                }
            }
            assert_eq!(to_target(standing, &target).unwrap(), [], "posted once");
        }
    }

    /// What stands on each account, and what went back.
    fn sums(&self) -> (Standing, Reversed) {
        let accounts = self.accounts.iter().filter(|(_, sum)| **sum != 0).map(|(name, sum)| (*name, *sum)).collect();
        (accounts, self.reversed.iter().filter(|(_, sum)| **sum != 0).map(|(name, sum)| (*name, *sum)).collect())
    }
}

fn end() -> DateTime<Utc> {
    day(1_000)
}

/// Whether every line earns 20 %.
fn plain(terms: &Terms) -> bool {
    let Terms { products, first, renewal, steps, conditional, caps, tiers, .. } = terms;
    let same = products.is_empty() && first.or(*renewal).is_none() && steps.is_empty() && conditional.is_empty();
    same && caps.is_empty() && tiers.is_none()
}

/// The same rules without those that ask how much the partner earns or brought.
fn without_sums(terms: &Terms) -> Terms {
    let mut terms = Terms { tiers: None, ..terms.clone() };
    terms.caps.retain(|cap| cap.period.is_none());
    terms
}

fn told_twice() -> impl Strategy<Value = (History, Vec<Telling>)> {
    history().prop_flat_map(|history| {
        let again = retold(history.tellings.clone());
        (Just(history), again)
    })
}

proptest! {
    #[test]
    fn in_6_any_order_and_number_of_tellings_settles_alike((history, again) in told_twice()) {
        let facts = history.tellings.iter().filter(|t| matches!(t, Telling::Fact(..))).count();
        prop_assume!(facts >= 12);
        for now in [day(30), end()] {
            let first = Known::of(&history.tellings).scene(&history.terms, now).settle();
            let second = Known::of(&again).scene(&history.terms, now).settle();
            prop_assert_eq!(&first.bindings, &second.bindings);
            prop_assert_eq!(&first.decisions, &second.decisions);
            prop_assert_eq!((&first.leads, &first.second_level), (&second.leads, &second.second_level));
            prop_assert_eq!((&first.entries, &first.asked), (&second.entries, &second.asked));
            prop_assert_eq!(first.due, second.due);
        }
    }

    #[test]
    fn rf_1_posting_after_each_telling_ends_where_posting_once_does((history, again) in told_twice()) {
        let (mut known, mut along) = (Known::default(), Ledger::default());
        for (n, telling) in again.iter().enumerate() {
            known.hear(telling);
            let scene = known.scene(&history.terms, day(i64::try_from(n).unwrap() * 3));
            along.post(&scene.settle());
        }
        let scene = known.scene(&history.terms, end());
        along.post(&scene.settle());
        let mut once = Ledger::default();
        let scene = Known::of(&history.tellings).scene(&history.terms, end());
        once.post(&scene.settle());
        prop_assert_eq!(along.sums(), once.sums());
        for who in [partner_a(), partner_b()] {
            let sum: i64 = along.accounts.iter().filter(|((whose, ..), _)| *whose == who).map(|(_, sum)| sum).sum();
            prop_assert_eq!(sum, 0);
        }
    }

    #[test]
    fn sl_4_and_co_2_each_purchase_has_one_decision_within_its_bounds(history in history()) {
        let scene = Known::of(&history.tellings).scene(&history.terms, end());
        let settlement = scene.settle();
        let decided: BTreeSet<_> = settlement.decisions.iter().map(|d| d.purchase).collect();
        prop_assert_eq!(decided.len(), settlement.decisions.len());
        prop_assert_eq!(decided, scene.person.purchases.iter().map(|p| p.id).collect());
        for decision in &settlement.decisions {
            let state = &scene.person.purchases.iter().find(|p| p.id == decision.purchase).unwrap().state;
            let amount = decision.amount();
            let bought = state.lines.iter().map(|line| line.net.max(0)).sum::<i64>();
            prop_assert!(decision.base >= 0 && decision.base <= state.net_total().max(0), "{:?}", decision);
            prop_assert!(amount >= 0 && 2 * amount <= bought + 1, "{:?}", decision);
            if plain(&history.terms) && amount > 0 {
                prop_assert!((5 * amount - decision.base).abs() <= 5, "20 % of {}: {}", decision.base, amount);
            }
            let won = decision.candidates.iter().filter(|c| c.verdict == crate::domain::attribution::Verdict::Won);
            prop_assert_eq!(won.map(|c| c.enrollment).collect::<Vec<_>>(), decision.winner.iter().map(|w| Some(w.enrollment)).collect::<Vec<_>>());
        }
        let open: Vec<_> = settlement.bindings.iter().filter(|b| b.ended_at.is_none()).map(|b| b.owner).collect();
        prop_assert_eq!(open.iter().collect::<BTreeSet<_>>().len(), open.len(), "AT-5: at most one binding of each owner is open");
        prop_assert_eq!(open.is_empty(), settlement.bindings.is_empty(), "AT-5: a binding ends only when another takes its place");
    }

    #[test]
    fn at_16_the_parts_of_those_who_share_sum_to_what_one_alone_would_have(history in history(), model in select(Attribution::ALL.to_vec())) {
        let known = Known::of(&history.tellings);
        let earned = |attribution| {
            let settlement = known.scene(&Terms { attribution, ..without_sums(&history.terms) }, day(60)).settle();
            settlement.decisions
        };
        for (shared, alone) in earned(model).iter().zip(earned(Attribution::LastOrFirst)) {
            prop_assert_eq!((shared.reason, shared.base, shared.amount()), (alone.reason, alone.base, alone.amount()));
            prop_assert_eq!(shared.winner.map(|w| w.enrollment), alone.winner.map(|w| w.enrollment));
            let sum = |of: &dyn Fn(&Commission) -> i64, decision: &Decision| decision.commissions.iter().map(of).sum::<i64>();
            prop_assert_eq!(sum(&|c| c.earned, shared), sum(&|c| c.earned, &alone));
            prop_assert!(shared.commissions.iter().all(|c| c.amount >= 0 && c.held <= c.pending && c.pending <= c.amount), "{:?}", shared);
            let weights = |candidate: &crate::domain::attribution::Candidate| candidate.weight.map(|(weight, _)| weight);
            let total = shared.candidates.iter().find_map(|c| c.weight).map_or(0, |(_, total)| total);
            prop_assert_eq!(shared.candidates.iter().filter_map(weights).sum::<u32>(), total);
        }
    }

    #[test]
    fn co_6_no_cap_is_exceeded(history in history()) {
        let cap = |scope| history.terms.caps.iter().find(|cap| cap.scope == scope).map_or(i64::MAX, |cap| cap.amount);
        let scene = Known::of(&history.tellings).scene(&history.terms, end());
        let mut sums: BTreeMap<_, i64> = BTreeMap::new();
        for decision in &scene.settle().decisions {
            prop_assert!(decision.amount() <= cap(CapScope::Purchase), "{:?}", decision);
            // Whom only an e-mail ties to the others is another person under terms that do not match by it (ID-4).
            let bought = scene.person.purchases.iter().find(|p| p.id == decision.purchase);
            let apart = bought.map(|p| p.customer).filter(|_| !history.terms.email_match);
            if let Some(winner) = decision.winner {
                *sums.entry((winner.enrollment, apart)).or_default() += decision.amount();
            }
        }
        prop_assert!(sums.values().all(|sum| *sum <= cap(CapScope::Customer)), "{:?}", sums);
    }

    #[test]
    fn co_6_no_cap_of_a_period_is_exceeded_by_all_that_is_earned_in_it(history in history()) {
        let settlement = Known::of(&history.tellings).scene(&history.terms, end()).settle();
        for cap in &history.terms.caps {
            let Some(period) = cap.period else { continue };
            let mut sums: BTreeMap<_, i64> = BTreeMap::new();
            for one in settlement.commissions().filter(|one| one.currency == cap.currency) {
                let whose = (cap.scope == CapScope::Partner).then_some(one.enrollment);
                *sums.entry((whose, Stretch::of(period, one.at))).or_default() += one.amount;
            }
            prop_assert!(sums.values().all(|sum| *sum <= cap.amount), "{:?}: {:?}", cap, sums);
        }
    }

    #[test]
    fn co_11_a_recruiter_has_at_most_a_share_of_each_thing(history in history()) {
        let settlement = Known::of(&history.tellings).scene(&history.terms, end()).settle();
        for second in &settlement.second_level {
            let of = |one: &&Commission| one.origin.by == second.origin.by && Some(one.enrollment) == second.origin.through;
            let first = settlement.commissions().filter(|one| one.origin.through.is_none()).find(of).unwrap();
            prop_assert!(10 * second.amount <= first.amount + 5 && second.at >= day(10), "{:?} of {:?}", second, first);
            if history.terms.caps.iter().all(|cap| cap.period.is_none()) {
                prop_assert_eq!((second.earned, second.amount), ((first.earned + 5) / 10, (first.amount + 5) / 10));
            }
        }
    }

    #[test]
    fn co_10_each_partner_has_one_lead_of_the_person_at_most(history in history()) {
        let terms = Terms { email_match: true, ..history.terms.clone() };
        let settlement = Known::of(&history.tellings).scene(&terms, end()).settle();
        let who: BTreeSet<_> = settlement.leads.iter().map(|lead| lead.enrollment).collect();
        prop_assert_eq!(who.len(), settlement.leads.len());
        prop_assert!(history.terms.lead.is_some() || who.is_empty());
    }

    #[test]
    fn rf_1_a_full_refund_leaves_nothing(history in history()) {
        let mut known = Known::of(&history.tellings);
        let mut ledger = Ledger::default();
        // A lead is not bought, so nothing of it goes back.
        let terms = Terms { lead: None, ..history.terms.clone() };
        let scene = known.scene(&terms, end());
        ledger.post(&scene.settle());
        history.refunds.iter().for_each(|refund| known.hear(refund));
        let scene = known.scene(&terms, end());
        let settlement = scene.settle();
        for decision in &settlement.decisions {
            prop_assert_eq!(decision.amount(), 0, "{:?}", decision);
        }
        ledger.post(&settlement);
        prop_assert_eq!(ledger.sums().0, vec![]);
    }

    #[test]
    fn lc_time_alone_changes_nothing_before_it_is_due(history in history(), from in 0..200_i64, after in 1..200_i64) {
        let known = Known::of(&history.tellings);
        let first = known.scene(&history.terms, day(from)).settle();
        let later = day(from + after).min(first.due.map_or(end(), |due| due - Duration::microseconds(1)));
        let second = known.scene(&history.terms, later.max(day(from))).settle();
        prop_assert!(first.due.is_none_or(|due| due > day(from)));
        prop_assert_eq!(&first.decisions, &second.decisions);
        prop_assert_eq!(&first.bindings, &second.bindings);
    }
}
