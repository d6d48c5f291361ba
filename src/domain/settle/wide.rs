//! What reaches beyond one person, applied in the order that all persons share: caps on partners and the program's budget (CO-6), and what
//! recruiters earn (CO-11).

use chrono::{DateTime, Utc};
use entity::value::{BasisPoints, CapScope, Currency, DecisionReason, EnrollmentId, Money, mul_div_half_up};

use super::{Commission, Decision, Settlement};
use crate::domain::attribution::still_earns;
use crate::domain::lifecycle::{Circumstances, state as state_of};
use crate::domain::origin::By;
use crate::domain::person::{Enrollment, Person, Standing, TermsVersion, World};
use crate::domain::step::Steps;
use crate::domain::tally::{Bounds, Entry, Measure, Owner, Place, Running, Stretch, Tally, through_cap};

/// Applies what reaches beyond one person to what a person or a period earns.
pub(super) struct Wide<'a> {
    pub world: &'a World,
    pub now: DateTime<Utc>,
    pub running: Running<'a>,
}

/// What earns, and where it stands.
struct Earning<'e> {
    by: By,
    place: Place,
    at: DateTime<Utc>,
    currency: Currency,
    enrollment: &'e Enrollment,
    version: &'e TermsVersion,
}

impl<'a> Wide<'a> {
    /// Applies it to all that a person earned partners, in the order of places.
    pub fn person(&mut self, person: &Person, settlement: &mut Settlement) {
        let mut second = Vec::new();
        for (place, item) in items(person, settlement) {
            match item {
                Item::Lead(index) => {
                    let Some(lead) = settlement.leads.get_mut(index) else { continue };
                    let standing = person.leads_standing(lead.enrollment);
                    let mut steps = Steps::default();
                    self.first_level(lead, &place, &standing, &mut steps);
                    lead.steps.extend(steps.into_vec());
                    second.extend(self.second_level(lead, &place, person));
                }
                Item::Sales(index) => {
                    let Some(decision) = settlement.decisions.get_mut(index) else { continue };
                    second.extend(self.sales(decision, &place, person));
                }
            }
        }
        settlement.second_level = second;
    }

    /// What a purchase earns, on the first level for all who earn by it and then on the second.
    fn sales(&mut self, decision: &mut Decision, place: &Place, person: &Person) -> Vec<Commission> {
        let purchase = person.purchases.iter().find(|p| p.id == decision.purchase);
        let mut steps = Steps::default();
        let before = decision.amount();
        for sale in &mut decision.commissions {
            let standing = purchase.and_then(|p| p.standing.get(&sale.enrollment)).cloned().unwrap_or_default();
            self.first_level(sale, place, &standing, &mut steps);
        }
        if before > 0 && decision.amount() == 0 && decision.reason == DecisionReason::Commissioned {
            decision.reason = DecisionReason::CapReached;
        }
        decision.steps.extend(steps.into_vec());
        decision.commissions.iter().filter_map(|sale| self.second_level(sale, place, person)).collect()
    }

    /// Caps what is earned on the first level.
    pub fn first_level(&mut self, earned: &mut Commission, place: &Place, standing: &Standing, steps: &mut Steps) {
        let Some((enrollment, version)) = self.terms_of(earned.enrollment, earned) else { return };
        let earning = Earning {
            by: earned.origin.by,
            place: place.first_level(earned.enrollment),
            at: earned.at,
            currency: earned.currency,
            enrollment,
            version,
        };
        let through = self.caps(&earning, earned.amount, steps);
        if through != earned.amount {
            earned.amount = through;
            earned.state = self.state(earned, standing);
        }
    }

    /// What the recruiter of the partner earns by what the partner earned, whatever moves that (CO-11). It is capped like all else.
    pub fn second_level(&mut self, first: &Commission, place: &Place, person: &Person) -> Option<Commission> {
        let (enrollment, version) = self.terms_of(first.enrollment, first)?;
        let share = version.terms.second_level?.share;
        let recruiter = enrollment.recruiters.iter().find(|one| one.when.contains(first.at))?;
        let known = self.world.enrollments.get(&recruiter.by)?;
        if known.approved_at.is_none_or(|approved| approved > first.at) || still_earns(self.world, version, known.id, first.at).is_err() {
            return None;
        }
        let amount = mul_div_half_up(first.amount.into(), share.get().into(), BasisPoints::ONE.get().into()).ok()?;
        let mut steps = Steps::default();
        steps.add("CO-11", format!("{share} of what the recruited partner earned, {}", money(first.amount, first.currency)), Some(amount));
        let earning = Earning {
            by: first.origin.by,
            place: place.second_level(known.id, first.enrollment),
            at: first.at,
            currency: first.currency,
            enrollment: known,
            version,
        };
        let mut second = Commission {
            origin: first.origin.second(first.enrollment),
            enrollment: known.id,
            program: known.program,
            partner: known.partner,
            amount: self.caps(&earning, amount, &mut steps),
            steps: steps.into_vec(),
            ..first.clone()
        };
        let standing = person.standing.get(&(second.enrollment, second.origin)).cloned().unwrap_or_default();
        second.state = self.state(&second, &standing);
        if standing.rejected && !standing.paid {
            second.amount = 0;
        }
        Some(second)
    }

    fn terms_of(&self, id: EnrollmentId, earned: &Commission) -> Option<(&'a Enrollment, &'a TermsVersion)> {
        let enrollment = self.world.enrollments.get(&id)?;
        Some((enrollment, enrollment.terms_version(earned.terms)?))
    }

    fn state(&self, earned: &Commission, standing: &Standing) -> entity::value::CommissionState {
        let (amount, holds, release_at) = (earned.amount, &earned.holds, earned.release_at);
        state_of(&Circumstances { amount, standing, holds, release_at, now: self.now })
    }

    /// CO-6: first the caps on the partner, then the program's budgets, each the shorter periods first. What comes to a cap counts for it
    /// under whichever version it was earned; only the own version's caps bind.
    fn caps(&mut self, earning: &Earning<'_>, amount: i64, steps: &mut Steps) -> i64 {
        let Earning { enrollment, version, currency, at, .. } = *earning;
        let mut left = amount;
        for scope in [CapScope::Partner, CapScope::Program] {
            let (owner, periods, whose) = match scope {
                CapScope::Program => (Owner::Program(enrollment.program), &enrollment.reach.program, "the program"),
                _ => (Owner::Enrollment(enrollment.id), &enrollment.reach.partner, "the partner"),
            };
            for (period, _) in periods.iter().filter(|(_, of)| *of == currency) {
                let tally = Tally { owner, measure: Measure::Cap, stretch: Stretch::of(*period, at), currency: Some(currency) };
                let own = version.terms.caps.iter().find(|cap| (cap.scope, cap.period, cap.currency) == (scope, Some(*period), currency));
                let (through, bounds) = match own {
                    Some(cap) => through_cap(cap.amount, self.running.before(tally, &earning.place), left),
                    None => (left, Bounds::FREE),
                };
                self.running.add(Entry { tally, place: earning.place.clone(), amount: left, bounds, by: earning.by });
                if let Some(cap) = own {
                    let cap = money(cap.amount, currency);
                    steps.add("CO-6", format!("before the cap of {cap} for {whose} in {}", tally.stretch), Some(left));
                    steps.add("CO-6", format!("after the cap of {cap} for {whose} in {}", tally.stretch), Some(through));
                }
                left = through;
            }
        }
        left
    }
}

fn money(amount: i64, currency: Currency) -> Money {
    Money::new(amount, currency)
}

/// Something that earns, by its place in the settlement's lists.
enum Item {
    Lead(usize),
    Sales(usize),
}

/// All that earns, in the order that all persons share.
fn items(person: &Person, settlement: &Settlement) -> Vec<(Place, Item)> {
    let leads = settlement.leads.iter().enumerate().filter_map(|(index, lead)| {
        let customer = lead.origin.customer()?;
        Some((Place::lead(lead.at, customer), Item::Lead(index)))
    });
    let sales = settlement.decisions.iter().enumerate().filter_map(|(index, decision)| {
        let purchase = person.purchases.iter().find(|p| p.id == decision.purchase)?;
        Some((Place::purchase(&purchase.state), Item::Sales(index)))
    });
    let mut items: Vec<(Place, Item)> = leads.chain(sales).collect();
    items.sort_by(|(a, _), (b, _)| a.cmp(b));
    items
}
