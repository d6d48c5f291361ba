//! Enrollments as settling needs them: with all terms that may be in force for them, and what held of their partners when.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::value::{Absence, Absences, EnrollmentEnd, EnrollmentId, EnrollmentStatus, PartnerId, ProgramId, Span, TermsId};
use entity::{enrollment, partner, partner_trait, program, terms, terms_assignment, terms_move};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use super::StoreError;
use crate::domain::access::Scope;
use crate::domain::enrollment::{Assignment, Enrollment, PartnerTraits, TermsMove, TermsVersion};
use crate::domain::fact::Metadata;

/// These enrollments: one query a kind of thing, however many there are.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn enrollments<C: ConnectionTrait>(
    db: &C,
    scope: Scope,
    ids: &BTreeSet<EnrollmentId>,
) -> Result<BTreeMap<EnrollmentId, Enrollment>, StoreError> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let query = enrollment::Entity::find()
        .filter(enrollment::Column::Id.is_in(ids.iter().copied()))
        .filter(enrollment::Column::MerchantId.eq(scope.merchant()))
        .filter(enrollment::Column::Livemode.eq(scope.livemode()));
    let rows = query.all(db).await?;
    let programs: BTreeSet<ProgramId> = rows.iter().map(|row| row.program_id).collect();
    let rules = Rules::of(db, &programs).await?;
    let traits = traits(db, &rows.iter().map(|row| row.partner_id).collect()).await?;
    let programs = program::Entity::find().filter(program::Column::Id.is_in(programs)).all(db).await?;
    let pauses: BTreeMap<_, _> = programs.into_iter().map(|row| (row.id, pauses(row))).collect();
    let known = rows.into_iter().map(|row| {
        let approved = row.approved_at.filter(|_| row.status != EnrollmentStatus::Applied && row.status != EnrollmentStatus::Rejected);
        let enrollment = Enrollment {
            id: row.id,
            program: row.program_id,
            partner: row.partner_id,
            approved_at: approved,
            pauses: pauses.get(&row.program_id).cloned().unwrap_or_default(),
            absences: absences(row.absences, row.ended_at.zip(row.ended_kind)),
            terms: rules.of_program(row.program_id),
            assigned: rules.assigned(row.program_id, row.id),
            moves: rules.moves(row.program_id, row.id),
            traits: traits.get(&row.partner_id).cloned().unwrap_or_default(),
        };
        (row.id, enrollment)
    });
    Ok(known.collect())
}

/// When a program was not active, the present pause included.
fn pauses(row: program::Model) -> Vec<Span> {
    let present = row.inactive_from.map(|from| Span { from, to: None });
    row.pauses.0.into_iter().chain(present).collect()
}

/// When an enrollment did not take part, the present absence included.
fn absences(over: Absences, present: Option<(DateTime<Utc>, EnrollmentEnd)>) -> Vec<Absence> {
    let present = present.map(|(from, kind)| Absence { span: Span { from, to: None }, kind });
    over.0.into_iter().chain(present).collect()
}

/// The same as pairs, in no order.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn enrolled<C: ConnectionTrait>(
    db: &C,
    scope: Scope,
    ids: &[EnrollmentId],
) -> Result<Vec<(EnrollmentId, Enrollment)>, StoreError> {
    Ok(enrollments(db, scope, &ids.iter().copied().collect()).await?.into_iter().collect())
}

/// The terms of some programs, to whom they are given, and how bindings move between them. Each list is in the order of its times.
struct Rules {
    versions: Vec<Version>,
    assignments: Vec<terms_assignment::Model>,
    moves: Vec<terms_move::Model>,
}

/// One version, whose it is, and whether only those take it to whom it is assigned.
struct Version {
    program: ProgramId,
    assigned: bool,
    version: TermsVersion,
}

impl Rules {
    async fn of<C: ConnectionTrait>(db: &C, programs: &BTreeSet<ProgramId>) -> Result<Self, StoreError> {
        let programs = || programs.iter().copied();
        let versions = terms::Entity::find()
            .filter(terms::Column::ProgramId.is_in(programs()))
            .order_by_asc(terms::Column::EffectiveFrom)
            .order_by_asc(terms::Column::Version);
        let assignments = terms_assignment::Entity::find()
            .filter(terms_assignment::Column::ProgramId.is_in(programs()))
            .order_by_asc(terms_assignment::Column::EffectiveFrom)
            .order_by_asc(terms_assignment::Column::CreatedAt)
            .order_by_asc(terms_assignment::Column::Id);
        let moves = terms_move::Entity::find()
            .filter(terms_move::Column::ProgramId.is_in(programs()))
            .order_by_asc(terms_move::Column::EffectiveAt)
            .order_by_asc(terms_move::Column::CreatedAt)
            .order_by_asc(terms_move::Column::Id);
        let version = |row: terms::Model| Version {
            program: row.program_id,
            assigned: row.assigned,
            version: TermsVersion { id: row.id, from: row.effective_from, terms: Arc::new(row.body) },
        };
        Ok(Self {
            versions: versions.all(db).await?.into_iter().map(version).collect(),
            assignments: assignments.all(db).await?,
            moves: moves.all(db).await?,
        })
    }

    fn of_program(&self, program: ProgramId) -> Vec<TermsVersion> {
        self.versions.iter().filter(|one| one.program == program && !one.assigned).map(|one| one.version.clone()).collect()
    }

    fn version(&self, id: TermsId) -> Option<TermsVersion> {
        self.versions.iter().find(|one| one.version.id == id).map(|one| one.version.clone())
    }

    /// What is given to the enrollment, or to any group in its program.
    fn assigned(&self, program: ProgramId, enrollment: EnrollmentId) -> Vec<Assignment> {
        let own = self.assignments.iter().filter(|row| row.program_id == program);
        let own = own.filter(|row| row.enrollment_id.is_none_or(|id| id == enrollment));
        let given = |row: &terms_assignment::Model| Assignment {
            group: row.group_id,
            version: row.terms_id.and_then(|id| self.version(id)),
            from: row.effective_from,
        };
        own.map(given).collect()
    }

    fn moves(&self, program: ProgramId, enrollment: EnrollmentId) -> Vec<TermsMove> {
        let own = self.moves.iter().filter(|row| row.program_id == program);
        let own = own.filter(|row| row.enrollment_id.is_none_or(|id| id == enrollment));
        own.filter_map(|row| Some(TermsMove { from: row.from_terms_id, to: self.version(row.terms_id)?, at: row.effective_at })).collect()
    }
}

/// What held of these partners, oldest first. A partner of whom nothing was written down is as the row says, from the beginning.
async fn traits<C: ConnectionTrait>(db: &C, ids: &BTreeSet<PartnerId>) -> Result<BTreeMap<PartnerId, Vec<PartnerTraits>>, StoreError> {
    let mut found: BTreeMap<PartnerId, Vec<PartnerTraits>> = BTreeMap::new();
    let rows = partner_trait::Entity::find()
        .filter(partner_trait::Column::PartnerId.is_in(ids.iter().copied()))
        .order_by_asc(partner_trait::Column::HoldsFrom)
        .all(db)
        .await?;
    for row in rows {
        let traits = PartnerTraits { from: row.holds_from, group: row.group_id, metadata: texts(&row.metadata) };
        found.entry(row.partner_id).or_default().push(traits);
    }
    let silent: Vec<PartnerId> = ids.iter().copied().filter(|id| !found.contains_key(id)).collect();
    if !silent.is_empty() {
        let rows = partner::Entity::find().filter(Condition::all().add(partner::Column::Id.is_in(silent))).all(db).await?;
        found.extend(rows.into_iter().map(|row| {
            let traits = PartnerTraits { from: row.created_at, group: None, metadata: texts(&row.metadata) };
            (row.id, vec![traits])
        }));
    }
    Ok(found)
}

/// The texts of a partner's notes. What is no text was refused when it was written.
fn texts(notes: &serde_json::Value) -> Metadata {
    let fields = notes.as_object().into_iter().flatten();
    fields.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}
