//! A partner in a program, and which version of the terms is in force for it at a time.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::value::{
    Absence, Currency, EnrollmentEnd, EnrollmentId, FraudSettings, PartnerGroupId, PartnerId, ProgramId, Span, Terms, TermsId,
};

use super::fact::Metadata;
use super::tally::Reach;
use super::terms_span::TermsSpan;

/// A partner in a program, with everything that decides whether they earn, and by which terms.
#[derive(Clone, Debug)]
pub struct Enrollment {
    /// Its id.
    pub id: EnrollmentId,
    /// The program.
    pub program: ProgramId,
    /// The partner.
    pub partner: PartnerId,
    /// Since when approved.
    pub approved_at: Option<DateTime<Utc>>,
    /// When it did not take part, and why (AT-14).
    pub absences: Vec<Absence>,
    /// When its program was not active.
    pub pauses: Vec<Span>,
    /// The currency in which the program states commissions too, and for purchases paid from when on (MO-2).
    pub stated_in: Option<(Currency, Option<DateTime<Utc>>)>,
    /// What the program makes of signs of fraud (FR-1 to FR-3).
    pub fraud: std::sync::Arc<FraudSettings>,
    /// Which version was in force for it from when on ([`TermsVersion::timeline`]). Never empty.
    pub terms: Vec<TermsVersion>,
    /// Moves of bindings to other versions, oldest first.
    pub moves: Vec<TermsMove>,
    /// Stretches of past time that are judged by one version, in the order in which they were written: of two the later one counts.
    pub spans: Vec<TermsSpan>,
    /// What held of the partner from which time on, oldest first.
    pub traits: Vec<PartnerTraits>,
    /// Which sums over many persons the rules of its program ask for.
    pub reach: std::sync::Arc<Reach>,
    /// Who recruited it when (CO-11). Only where the rules of its program ask.
    pub recruiters: Vec<Recruiter>,
}

/// Who recruited a partner, and when that counts (CO-11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recruiter {
    /// The recruiter's enrollment in the same program.
    pub by: EnrollmentId,
    /// When.
    pub when: Span,
}

/// One version of terms (CO-1).
#[derive(Clone, Debug)]
pub struct TermsVersion {
    /// Its id.
    pub id: TermsId,
    /// From when it is in force.
    pub from: DateTime<Utc>,
    /// Whose it is from then on.
    pub of: TermsOf,
    /// The rules.
    pub terms: std::sync::Arc<Terms>,
}

/// What somebody had of their own from when on, in order of time; nothing gives what stands behind it again.
pub type Given = (DateTime<Utc>, Option<TermsVersion>);

/// Bindings that go over to another version at a time (CO-1).
#[derive(Clone, Debug)]
pub struct TermsMove {
    /// Only those under this version.
    pub from: Option<TermsId>,
    /// The version to which they go over.
    pub to: TermsVersion,
    /// When: bindings made before it are moved for purchases from then on.
    pub at: DateTime<Utc>,
}

/// What held of a partner from a time on.
#[derive(Clone, Debug)]
pub struct PartnerTraits {
    /// From when.
    pub from: DateTime<Utc>,
    /// The group.
    pub group: Option<PartnerGroupId>,
    /// What the merchant noted.
    pub metadata: Metadata,
}

/// Whose terms are in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TermsOf {
    /// Those of the enrollment itself.
    Enrollment,
    /// Those of the partner's group.
    Group,
    /// Those of the program.
    Program,
}

impl TermsVersion {
    /// Which version was in force from when on: the program's, and in their times those that the group or the enrollment had of its own (CO-1).
    /// Both lists are in order of time; an entry of `own` without a version gives the program's again.
    #[must_use]
    pub fn timeline(of_program: &[Self], own: &[Given]) -> Vec<Self> {
        let mut timeline: Vec<Self> = Vec::new();
        let ends = own.iter().map(|(from, _)| Some(*from)).chain([None]);
        let starts = [(None, None)].into_iter().chain(own.iter().map(|(from, version)| (Some(*from), version.as_ref())));
        for ((from, version), to) in starts.zip(ends) {
            let within = |at: DateTime<Utc>| from.is_none_or(|from| from < at) && to.is_none_or(|to| at < to);
            match (version, from) {
                (Some(version), Some(from)) => timeline.push(Self { from, ..version.clone() }),
                (_, from) => {
                    let running = from.and_then(|from| of_program.iter().rev().find(|one| one.from <= from).map(|one| (from, one)));
                    timeline.extend(running.map(|(from, one)| Self { from, ..one.clone() }));
                    timeline.extend(of_program.iter().filter(|one| within(one.from)).cloned());
                }
            }
        }
        timeline
    }
}

/// What a partner had from when on by being in groups: what the groups were given, each while the partner was in it (CO-1). The group that
/// held first counts also for the time before it.
#[must_use]
pub fn by_groups(traits: &[PartnerTraits], given: &BTreeMap<PartnerGroupId, Vec<Given>>) -> Vec<Given> {
    let mut of_groups: Vec<Given> = Vec::new();
    let ends = traits.iter().skip(1).map(|one| Some(one.from)).chain([None]);
    for (place, (one, to)) in traits.iter().zip(ends).enumerate() {
        let own = one.group.and_then(|group| given.get(&group)).map_or(&[][..], Vec::as_slice);
        if place > 0 {
            let running = own.iter().rev().find(|(from, _)| *from <= one.from).and_then(|(_, version)| version.clone());
            of_groups.push((one.from, running));
        }
        let within = |at: DateTime<Utc>| (place == 0 || one.from < at) && to.is_none_or(|to| at < to);
        of_groups.extend(own.iter().filter(|(from, _)| within(*from)).cloned());
    }
    of_groups
}

impl Enrollment {
    /// Whether it had ended this way at `at` (AT-14).
    #[must_use]
    pub fn absent(&self, kind: EnrollmentEnd, at: DateTime<Utc>) -> bool {
        self.absences.iter().any(|absence| absence.kind == kind && absence.span.contains(at))
    }

    /// Whether its program was paused or closed at `at` (AT-2).
    #[must_use]
    pub fn paused(&self, at: DateTime<Utc>) -> bool {
        self.pauses.iter().any(|pause| pause.contains(at))
    }

    /// The stretch of past time in which `at` lies, if one was written.
    fn span_at(&self, at: DateTime<Utc>) -> Option<&TermsSpan> {
        self.spans.iter().rev().find(|span| span.contains(at))
    }

    /// The version by which purchases of `at` are judged, whatever their binding says, where one was written for that time.
    #[must_use]
    pub fn judged_by(&self, at: DateTime<Utc>) -> Option<&TermsVersion> {
        self.span_at(at).map(TermsSpan::version)
    }

    /// The terms by which evidence of `at` is judged (CO-1); the first version also for the time before it, so that a late fact finds rules.
    #[must_use]
    pub fn terms_at(&self, at: DateTime<Utc>) -> Option<&TermsVersion> {
        self.span_at(at).map_or_else(|| self.usual_terms_at(at), |span| Some(span.part(at)))
    }

    /// The version that a binding stores which is made under this one: it, or the one that was in force where a past time is judged by it.
    #[must_use]
    pub fn bound_under(&self, version: &TermsVersion) -> TermsId {
        let of_span = self.spans.iter().any(|span| span.is_part(version.id, version.from));
        let usual = of_span.then(|| self.usual_terms_at(version.from)).flatten();
        usual.map_or(version.id, |usual| usual.id)
    }

    /// The terms that a binding made at `at` stores (CO-1), by whatever version that time is judged now.
    #[must_use]
    pub fn usual_terms_at(&self, at: DateTime<Utc>) -> Option<&TermsVersion> {
        self.terms.iter().rev().find(|version| version.from <= at).or_else(|| self.terms.first())
    }

    /// The terms under which a binding stands at `at` that was made at `bound_at` under the version `id`: those, what it was moved to,
    /// or by what the time is judged.
    #[must_use]
    pub fn bound_terms(&self, id: TermsId, bound_at: DateTime<Utc>, at: DateTime<Utc>) -> Option<&TermsVersion> {
        if let Some(span) = self.span_at(at) {
            return Some(span.version());
        }
        let over = |id: TermsId| move |one: &&TermsMove| one.from.is_none_or(|from| from == id);
        let due = self.moves.iter().filter(|one| bound_at < one.at && one.at <= at);
        let mut last: Option<&TermsMove> = None;
        for one in due {
            if over(last.map_or(id, |last| last.to.id))(&one) {
                last = Some(one);
            }
        }
        last.map(|last| &last.to).or_else(|| self.terms_version(id))
    }

    /// When a binding that was made at `bound_at` under the version `id` is moved next after `now`.
    #[must_use]
    pub fn next_move(&self, id: TermsId, bound_at: DateTime<Utc>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let current = self.bound_terms(id, bound_at, now)?.id;
        let mut coming = self.moves.iter().filter(|one| bound_at < one.at && one.at > now);
        coming.find(|one| one.from.is_none_or(|from| from == current)).map(|one| one.at)
    }

    /// What held of the partner at `at`; what held first also for the time before it.
    #[must_use]
    pub fn traits_at(&self, at: DateTime<Utc>) -> Option<&PartnerTraits> {
        self.traits.iter().rev().find(|traits| traits.from <= at).or_else(|| self.traits.first())
    }

    /// The version with this id.
    #[must_use]
    pub fn terms_version(&self, id: TermsId) -> Option<&TermsVersion> {
        let over = self.moves.iter().map(|one| &one.to).chain(self.spans.iter().map(TermsSpan::version));
        self.terms.iter().chain(over).find(|version| version.id == id)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use uuid::Uuid;

    use super::*;
    use crate::domain::testing::day;

    fn version(n: u128, from: i64) -> TermsVersion {
        let id = TermsId::from_uuid(Uuid::from_u128(n));
        TermsVersion { id, from: day(from), of: TermsOf::Program, terms: Arc::new(Terms::default()) }
    }

    fn group(n: u128) -> PartnerGroupId {
        PartnerGroupId::from_uuid(Uuid::from_u128(n))
    }

    /// Versions 1 and 2 of the program on days 0 and 10.
    fn enrollment() -> Enrollment {
        Enrollment {
            id: EnrollmentId::from_uuid(Uuid::from_u128(1)),
            program: ProgramId::from_uuid(Uuid::from_u128(1)),
            partner: PartnerId::from_uuid(Uuid::from_u128(1)),
            approved_at: None,
            absences: Vec::new(),
            pauses: Vec::new(),
            stated_in: None,
            fraud: Arc::default(),
            terms: vec![version(1, 0), version(2, 10)],
            moves: Vec::new(),
            spans: Vec::new(),
            traits: Vec::new(),
            reach: Arc::default(),
            recruiters: Vec::new(),
        }
    }

    fn at(enrollment: &Enrollment, n: i64) -> u128 {
        enrollment.terms_at(day(n)).unwrap().id.uuid().as_u128()
    }

    fn given(of: TermsOf, n: Option<u128>, from: i64) -> Given {
        (day(from), n.map(|n| TermsVersion { of, ..version(n, 0) }))
    }

    fn of_group(n: Option<u128>, from: i64) -> PartnerTraits {
        PartnerTraits { from: day(from), group: n.map(group), metadata: Metadata::new() }
    }

    fn in_force(of_program: &[TermsVersion], own: &[Given]) -> Vec<(i64, u128)> {
        let timeline = TermsVersion::timeline(of_program, own);
        timeline.iter().map(|one| ((one.from - day(0)).num_days(), one.id.uuid().as_u128())).collect()
    }

    #[test]
    fn co_1_own_terms_stand_before_the_programs_in_their_time_only() {
        let program = [version(1, 0), version(2, 10), version(3, 20)];
        assert_eq!(in_force(&program, &[]), [(0, 1), (10, 2), (20, 3)]);
        let own = [(day(5), Some(version(9, 1))), (day(15), None)];
        assert_eq!(in_force(&program, &own), [(0, 1), (5, 9), (15, 2), (20, 3)]);
        assert_eq!(in_force(&program, &own[..1]), [(0, 1), (5, 9)]);
        let twice = [(day(5), Some(version(9, 1))), (day(7), Some(version(8, 2))), (day(30), None)];
        assert_eq!(in_force(&program, &twice), [(0, 1), (5, 9), (7, 8), (30, 3)]);
    }

    #[test]
    fn co_1_the_programs_newest_begun_version_is_in_force() {
        let one = enrollment();
        assert_eq!([-5, 0, 9, 10, 99].map(|n| at(&one, n)), [1, 1, 1, 2, 2]);
    }

    #[test]
    fn co_1_own_terms_go_before_the_groups_and_those_before_the_programs() {
        use TermsOf::{Enrollment as Own, Group, Program};
        let traits = [of_group(None, 0), of_group(Some(7), 20), of_group(Some(8), 40)];
        let of_seven = vec![given(Group, Some(71), 15), given(Group, Some(72), 25)];
        let groups = by_groups(&traits, &[(group(7), of_seven), (group(8), vec![given(Group, Some(81), 50)])].into());
        let mut one = enrollment();
        one.terms = TermsVersion::timeline(&TermsVersion::timeline(&one.terms, &groups), &[given(Own, Some(5), 30), given(Own, None, 35)]);
        let all = [14, 15, 20, 25, 30, 34, 35, 40, 50].map(|n| at(&one, n));
        assert_eq!(all, [2, 2, 71, 72, 5, 5, 72, 2, 81]);
        let whose = [19, 20, 30, 35, 40, 50].map(|n| one.terms_at(day(n)).unwrap().of);
        assert_eq!(whose, [Program, Group, Own, Group, Program, Group]);
    }

    #[test]
    fn co_1_the_first_group_counts_from_the_beginning() {
        let of_seven = vec![given(TermsOf::Group, Some(71), 5), given(TermsOf::Group, None, 8)];
        let groups = by_groups(&[of_group(Some(7), 6)], &[(group(7), of_seven)].into());
        assert_eq!(in_force(&[version(1, 0)], &groups), [(0, 1), (5, 71), (8, 1)]);
        assert_eq!(by_groups(&[], &BTreeMap::new()).len(), 0);
    }

    #[test]
    fn co_1_a_binding_keeps_its_version_until_it_is_moved() {
        let mut one = enrollment();
        let over = |from: Option<u128>, to, at| TermsMove { from: from.map(|n| version(n, 0).id), to: version(to, 0), at: day(at) };
        let id = |n| version(n, 0).id;
        one.moves = vec![over(Some(2), 9, 20), over(Some(1), 2, 30), over(None, 3, 40)];
        let bound = |bound_at, n| one.bound_terms(id(1), day(bound_at), day(n)).unwrap().id.uuid().as_u128();
        assert_eq!([5, 20, 29, 30, 39, 40].map(|n| bound(1, n)), [1, 1, 1, 2, 2, 3]);
        assert_eq!(bound(30, 39), 1, "made at the time of the move and not before it");
        assert_eq!([19, 20, 30, 40].map(|n| one.next_move(id(1), day(1), day(n))), [Some(day(30)), Some(day(30)), Some(day(40)), None]);
        assert_eq!(one.next_move(id(1), day(35), day(36)), Some(day(40)));
    }

    #[test]
    fn co_1_a_past_time_is_judged_by_one_version_and_leaves_bindings_as_they_are() {
        // Versions 1 and 2 hold from days 0 and 10 on. What was bought on days 5 to 14 is judged by version 9.
        let mut one = enrollment();
        let span = Span { from: day(5), to: Some(day(15)) };
        one.spans = vec![TermsSpan::new(span, version(9, 0), &one.terms)];
        assert_eq!([4, 5, 10, 14, 15].map(|n| at(&one, n)), [1, 9, 9, 9, 2]);
        let bound = |one: &Enrollment, n, bought| {
            let id = one.bound_under(one.terms_at(day(n)).unwrap());
            (id.uuid().as_u128(), one.bound_terms(id, day(n), day(bought)).unwrap().id.uuid().as_u128())
        };
        assert_eq!(bound(&one, 3, 4), (1, 1));
        assert_eq!(bound(&one, 3, 5), (1, 9), "bound before, bought within");
        assert_eq!(bound(&one, 7, 14), (1, 9), "bound within the time of version 1");
        assert_eq!(bound(&one, 7, 15), (1, 1), "and it stands under version 1 again");
        assert_eq!(bound(&one, 12, 15), (2, 2), "bound within the time of version 2");
        one.spans.push(TermsSpan::new(Span { from: day(14), to: Some(day(16)) }, version(8, 0), &one.terms));
        assert_eq!([13, 14, 15, 16].map(|n| at(&one, n)), [9, 8, 8, 2], "of two the later one counts");
        assert_eq!(bound(&one, 14, 20), (2, 2));
        assert_eq!(one.judged_by(day(13)).map(|version| version.id.uuid().as_u128()), Some(9));
        assert!(one.judged_by(day(16)).is_none());
        assert!(one.terms_version(version(9, 0).id).is_some());
    }
}
