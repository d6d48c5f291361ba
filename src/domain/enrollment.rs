//! A partner in a program, and which version of the terms is in force for it at a time.

use chrono::{DateTime, Utc};
use entity::value::{Absence, EnrollmentEnd, EnrollmentId, PartnerGroupId, PartnerId, ProgramId, Span, Terms, TermsId};

use super::fact::Metadata;

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
    /// The program's terms, oldest first. Never empty.
    pub terms: Vec<TermsVersion>,
    /// Terms given to this enrollment, and to groups of the merchant in this program, oldest first.
    pub assigned: Vec<Assignment>,
    /// Moves of bindings to other versions, oldest first.
    pub moves: Vec<TermsMove>,
    /// What held of the partner from which time on, oldest first.
    pub traits: Vec<PartnerTraits>,
}

/// One version of terms (CO-1).
#[derive(Clone, Debug)]
pub struct TermsVersion {
    /// Its id.
    pub id: TermsId,
    /// From when it is in force.
    pub from: DateTime<Utc>,
    /// The rules.
    pub terms: std::sync::Arc<Terms>,
}

/// Terms given from a time on.
#[derive(Clone, Debug)]
pub struct Assignment {
    /// To which group; nothing when to the enrollment itself.
    pub group: Option<PartnerGroupId>,
    /// The version; nothing to have none of its own from then on.
    pub version: Option<TermsVersion>,
    /// From when.
    pub from: DateTime<Utc>,
}

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
    Group(PartnerGroupId),
    /// Those of the program.
    Program,
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

    /// The terms that a binding made at `at` takes: the enrollment's own before its group's before the program's (CO-1).
    #[must_use]
    pub fn terms_at(&self, at: DateTime<Utc>) -> Option<&TermsVersion> {
        self.in_force(at).map(|(version, _)| version)
    }

    /// The same, and whose terms they are. The program's first version counts also for the time before it, so that a late fact finds rules.
    #[must_use]
    pub fn in_force(&self, at: DateTime<Utc>) -> Option<(&TermsVersion, TermsOf)> {
        let assigned = |group| {
            let given = self.assigned.iter().rev().find(|one| one.group == group && one.from <= at)?;
            given.version.as_ref()
        };
        let group = self.traits_at(at).and_then(|traits| traits.group);
        let of_group = || group.and_then(|group| Some((assigned(Some(group))?, TermsOf::Group(group))));
        let of_program = || {
            let begun = self.terms.iter().rev().find(|version| version.from <= at);
            begun.or_else(|| self.terms.first()).map(|version| (version, TermsOf::Program))
        };
        assigned(None).map(|version| (version, TermsOf::Enrollment)).or_else(of_group).or_else(of_program)
    }

    /// The terms under which a binding stands at `at` that was made at `bound_at` under the version `id`: those, or what it was moved to.
    #[must_use]
    pub fn bound_terms(&self, id: TermsId, bound_at: DateTime<Utc>, at: DateTime<Utc>) -> Option<&TermsVersion> {
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
        let assigned = self.assigned.iter().filter_map(|one| one.version.as_ref());
        let moved = self.moves.iter().map(|one| &one.to);
        self.terms.iter().chain(assigned).chain(moved).find(|version| version.id == id)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use uuid::Uuid;

    use super::*;
    use crate::domain::testing::day;

    fn version(n: u128, from: i64) -> TermsVersion {
        TermsVersion { id: TermsId::from_uuid(Uuid::from_u128(n)), from: day(from), terms: Arc::new(Terms::default()) }
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
            terms: vec![version(1, 0), version(2, 10)],
            assigned: Vec::new(),
            moves: Vec::new(),
            traits: Vec::new(),
        }
    }

    fn at(enrollment: &Enrollment, n: i64) -> u128 {
        enrollment.terms_at(day(n)).unwrap().id.uuid().as_u128()
    }

    fn given(to: Option<PartnerGroupId>, n: Option<u128>, from: i64) -> Assignment {
        Assignment { group: to, version: n.map(|n| version(n, 0)), from: day(from) }
    }

    fn of_group(n: Option<u128>, from: i64) -> PartnerTraits {
        PartnerTraits { from: day(from), group: n.map(group), metadata: Metadata::new() }
    }

    #[test]
    fn co_1_the_programs_newest_begun_version_is_in_force() {
        let one = enrollment();
        assert_eq!([-5, 0, 9, 10, 99].map(|n| at(&one, n)), [1, 1, 1, 2, 2]);
    }

    #[test]
    fn co_1_own_terms_go_before_the_groups_and_those_before_the_programs() {
        let mut one = enrollment();
        one.traits = vec![of_group(None, 0), of_group(Some(7), 20), of_group(Some(8), 40)];
        one.assigned = vec![
            given(Some(group(7)), Some(71), 15),
            given(Some(group(7)), Some(72), 25),
            given(None, Some(5), 30),
            given(None, None, 35),
            given(Some(group(8)), Some(81), 50),
        ];
        let all = [14, 15, 20, 25, 30, 34, 35, 40, 50].map(|n| at(&one, n));
        assert_eq!(all, [2, 2, 71, 72, 5, 5, 72, 2, 81]);
        assert_eq!(one.in_force(day(30)).unwrap().1, TermsOf::Enrollment);
        assert_eq!(one.in_force(day(35)).unwrap().1, TermsOf::Group(group(7)));
        assert_eq!(one.in_force(day(40)).unwrap().1, TermsOf::Program);
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
}
