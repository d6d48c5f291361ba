//! What reaches beyond one person, in the order that all persons share: caps on partners and the program's budget (CO-6), and what recruiters
//! earn (CO-11).

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::value::{BasisPoints, CapScope, Currency, EnrollmentId, HoldReason, Money, mul_div_half_up};

use super::Commission;
use super::stated::{Told, statement};
use crate::domain::attribution::still_shares;
use crate::domain::exchange::Rates;
use crate::domain::lifecycle::{Circumstances, place as place_of};
use crate::domain::origin::{By, Origin};
use crate::domain::person::{Enrollment, Standing, TermsVersion, World};
use crate::domain::step::Steps;
use crate::domain::tally::{Bounds, Entry, Measure, Owner, Place, Running, Stretch, Tally, through_cap};

/// Applies what reaches beyond one person to what a person or a period earns.
pub(super) struct Wide<'a> {
    pub world: &'a World,
    pub now: DateTime<Utc>,
    pub running: Running<'a>,
    /// What recruiters earn so far.
    pub second_level: Vec<Commission>,
}

/// What earns, and where it stands.
pub(super) struct Earning<'e> {
    pub by: By,
    pub place: Place,
    pub currency: Currency,
    pub enrollment: &'e Enrollment,
    pub version: &'e TermsVersion,
}

/// An amount from three sides: what was earned, what is left of that, and what of it may still go back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sides {
    pub earned: i64,
    pub amount: i64,
    pub at_risk: i64,
}

impl<'a> Wide<'a> {
    pub const fn new(world: &'a World, now: DateTime<Utc>) -> Self {
        Self { world, now, running: Running::new(&world.sums), second_level: Vec::new() }
    }

    /// CO-6: first the caps on the partner, then the program's budgets, each the shorter periods first. What comes to a cap counts for it
    /// under whichever version it was earned; only the own version's caps bind. What went back makes room again: it never came.
    pub fn caps(&mut self, earning: &Earning<'_>, of: Sides, steps: &mut Steps) -> Sides {
        let Earning { enrollment, version, currency, .. } = *earning;
        let at = earning.place.time();
        let mut left = of.amount;
        for scope in [CapScope::Partner, CapScope::Program] {
            let (owner, periods, whose) = match scope {
                CapScope::Program => (Owner::Program(enrollment.program), &enrollment.reach.program, "the program"),
                _ => (Owner::Enrollment(enrollment.id), &enrollment.reach.partner, "a partner"),
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
                    let most = Money::new(cap.amount, currency).to_decimal();
                    let cap = format!("the cap of {most} {currency} for {whose} in {}", tally.stretch);
                    steps.add("CO-6", format!("before {cap}"), Some(left));
                    steps.add("CO-6", format!("after {cap}"), Some(through));
                }
                left = through;
            }
        }
        if left == of.amount {
            return of;
        }
        let at_risk = left.saturating_sub(of.amount.saturating_sub(of.at_risk)).max(0);
        Sides { earned: left, amount: left, at_risk }
    }

    /// Counts for caps what was paid out and stands, whatever they say now (FR-5).
    pub fn stands(&mut self, commission: &Commission, place: &Place) {
        let Some(known) = self.world.enrollments.get(&commission.enrollment) else { return };
        let place = place.first_level(known.id);
        let owners = [(Owner::Enrollment(known.id), &known.reach.partner), (Owner::Program(known.program), &known.reach.program)];
        for (owner, periods) in owners {
            for (period, _) in periods.iter().filter(|(_, of)| *of == commission.currency) {
                let stretch = Stretch::of(*period, place.time());
                let tally = Tally { owner, measure: Measure::Cap, stretch, currency: Some(commission.currency) };
                let amount = commission.amount.max(0);
                self.running.add(Entry { tally, place: place.clone(), amount, bounds: Bounds::FREE, by: commission.origin.by });
            }
        }
    }

    /// What the recruiters of these partners earn by what each of them earned by one thing, in the order of their places.
    pub fn recruiters(&mut self, first: &[Commission], told: (&Place, &Rates), standing: &BTreeMap<(EnrollmentId, Origin), Standing>) {
        let mut recruited: Vec<_> = first.iter().filter_map(|one| Some(((self.recruited(one)?.0.id, one.enrollment), one))).collect();
        recruited.sort_by_key(|(place, _)| *place);
        for (_, one) in recruited {
            self.recruiter(one, told, standing);
        }
    }

    /// What the recruiter of the partner earns by what the partner earned, whatever moves that (CO-11). It is capped like all else.
    fn recruiter(&mut self, first: &Commission, (place, rates): (&Place, &Rates), standing: &BTreeMap<(EnrollmentId, Origin), Standing>) {
        let Some((known, version)) = self.recruited(first) else { return };
        let Some(share) = version.terms.second_level.map(|second| second.share) else { return };
        let origin = first.origin.second(first.enrollment);
        let stored = standing.get(&(known.id, origin));
        if first.earned <= 0 && stored.is_none() {
            return;
        }
        let standing = stored.cloned().unwrap_or_default();
        let part = |of: i64| mul_div_half_up(of.into(), share.get().into(), BasisPoints::ONE.get().into()).unwrap_or(0);
        let mut steps = Steps::default();
        let earned = Money::new(first.amount, first.currency);
        steps.add("CO-11", format!("{share} of the {earned} that the recruited partner earned"), Some(part(first.amount)));
        let kept = part(first.amount.saturating_sub(first.at_risk));
        let sides = Sides { earned: part(first.earned), amount: part(first.amount), at_risk: part(first.amount).saturating_sub(kept) };
        let is_void = standing.rejected && standing.paid.is_none();
        let earning = Earning {
            by: first.origin.by,
            place: place.second_level(known.id, first.enrollment),
            currency: first.currency,
            enrollment: known,
            version,
        };
        let sides = self.caps(&earning, if is_void { Sides::default() } else { sides }, &mut steps);
        let told = Told { currency: first.currency, at: first.at, rates };
        let statement = statement(&told, known, &standing, (sides.earned, sides.amount), &mut steps);
        let Sides { earned, amount, at_risk } = if statement.is_missing { Sides::default() } else { sides };
        // A hand that approved the recruiter's part approved what only waits for a look.
        let by_look = |hold: &HoldReason| !matches!(hold, HoldReason::Dispute | HoldReason::RefundPending | HoldReason::AwaitingRate);
        let holds: Vec<HoldReason> = first.holds.iter().copied().filter(|hold| !standing.approved || !by_look(hold)).collect();
        let release_at = first.release_at;
        let stands = place_of(&Circumstances { amount, standing: &standing, holds: &holds, at_risk, release_at, now: self.now });
        self.second_level.push(Commission {
            origin,
            enrollment: known.id,
            program: known.program,
            partner: known.partner,
            terms: version.id,
            earned,
            amount,
            pending: stands.pending,
            held: stands.held,
            at_risk,
            state: stands.state,
            holds,
            steps: steps.into_vec(),
            stated: statement.stated,
            evidence: Vec::new(),
            score: 0,
            currency: first.currency,
            at: first.at,
            release_at,
        });
    }

    /// Who recruited the partner that earned, if they take part at that time (AT-2, AT-14), and the terms by which the partner earned.
    fn recruited(&self, first: &Commission) -> Option<(&'a Enrollment, &'a TermsVersion)> {
        let enrollment = self.world.enrollments.get(&first.enrollment)?;
        let version = self.version(enrollment, first)?;
        let recruiter = enrollment.recruiters.iter().find(|one| one.when.contains(first.at))?;
        let known = self.world.enrollments.get(&recruiter.by)?;
        let takes_part = known.approved_at.is_some_and(|approved| approved <= first.at);
        (takes_part && still_shares(self.world, known.id, version, first.at).is_ok()).then_some((known, version))
    }

    /// The version by which something was earned. One who shares earns by the version of whoever won.
    fn version(&self, enrollment: &'a Enrollment, first: &Commission) -> Option<&'a TermsVersion> {
        let of = |known: &'a Enrollment| known.terms_version(first.terms);
        of(enrollment).or_else(|| self.world.enrollments.values().find_map(of))
    }
}
