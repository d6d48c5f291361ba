//! Enrollments as settling needs them: with all terms that may be in force for them, and what held of their partners when.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, LazyLock};

use chrono::{DateTime, Utc};
use entity::value::{
    Absence, Absences, Currency, EnrollmentEnd, EnrollmentId, EnrollmentStatus, FraudSettings, PartnerId, ProgramId, Span, Terms,
    TermsHistory, TermsId,
};
use entity::{enrollment, group_terms, partner, partner_trait, program, recruitment, terms, terms_move};
use moka::future::Cache;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::StoreError;
use crate::domain::access::Scope;
use crate::domain::enrollment::{Enrollment, Given, PartnerTraits, Recruiter, TermsMove, TermsOf, TermsVersion, by_groups};
use crate::domain::fact::Metadata;
use crate::domain::tally::Reach;
use crate::domain::terms_span::{Proposal, TermsSpan};

/// These enrollments, and those of who recruited them where the rules ask: one query a kind of thing, however many there are. As if a program's
/// purchases of a time were judged by another version, where one is proposed.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn enrollments<C: ConnectionTrait>(
    db: &C,
    scope: Scope,
    ids: &BTreeSet<EnrollmentId>,
    proposal: Option<&Proposal>,
) -> Result<BTreeMap<EnrollmentId, Enrollment>, StoreError> {
    let mut known = load(db, scope, ids, proposal).await?;
    let asking: BTreeSet<EnrollmentId> = known.values().filter(|one| one.reach.second_level).map(|one| one.id).collect();
    let mut recruited = super::recruitment::of(db, &asking).await?;
    let recruiters: BTreeSet<EnrollmentId> =
        recruited.values().flatten().map(|row| row.recruiter_id).filter(|id| !known.contains_key(id)).collect();
    known.extend(load(db, scope, &recruiters, proposal).await?);
    for one in known.values_mut() {
        let rows = recruited.remove(&one.id).unwrap_or_default();
        let recruiter = |row: recruitment::Model| Recruiter { by: row.recruiter_id, when: Span { from: row.from_at, to: row.to_at } };
        one.recruiters = rows.into_iter().map(recruiter).collect();
    }
    Ok(known)
}

async fn load<C: ConnectionTrait>(
    db: &C,
    scope: Scope,
    ids: &BTreeSet<EnrollmentId>,
    proposal: Option<&Proposal>,
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
    let rules = Rules::read(db, &programs, ids).await?;
    let traits = traits(db, &rows.iter().map(|row| row.partner_id).collect()).await?;
    let programs = program::Entity::find().filter(program::Column::Id.is_in(programs)).all(db).await?;
    let programs: BTreeMap<_, _> = programs.into_iter().map(|row| (row.id, of_program(row))).collect();
    let known = rows.into_iter().map(|row| {
        let approved = row.approved_at.filter(|_| row.status != EnrollmentStatus::Applied && row.status != EnrollmentStatus::Rejected);
        let traits = traits.get(&row.partner_id).cloned().unwrap_or_default();
        let program = programs.get(&row.program_id);
        let terms = rules.timeline(&row, &traits);
        let spans = rules.spans(&row, &terms);
        let mut enrollment = Enrollment {
            id: row.id,
            program: row.program_id,
            partner: row.partner_id,
            approved_at: approved,
            pauses: program.map(|program| program.pauses.clone()).unwrap_or_default(),
            stated_in: program.and_then(|program| program.stated_in),
            fraud: program.map(|program| Arc::clone(&program.fraud)).unwrap_or_default(),
            terms,
            moves: rules.moves(&row),
            spans,
            traits,
            reach: rules.reach(row.program_id),
            recruiters: Vec::new(),
            absences: absences(row.absences, row.ended_at.zip(row.ended_kind)),
        };
        proposal.into_iter().for_each(|proposal| proposal.suppose(&mut enrollment));
        (row.id, enrollment)
    });
    Ok(known.collect())
}

/// What an enrollment has of its program.
struct OfProgram {
    /// When the program was not active, the present pause included.
    pauses: Vec<Span>,
    stated_in: Option<(Currency, Option<DateTime<Utc>>)>,
    fraud: Arc<FraudSettings>,
}

fn of_program(row: program::Model) -> OfProgram {
    let present = row.inactive_from.map(|from| Span { from, to: None });
    OfProgram {
        pauses: row.pauses.0.into_iter().chain(present).collect(),
        stated_in: row.currency.map(|currency| (currency, row.currency_from)),
        fraud: Arc::new(row.fraud),
    }
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
    Ok(enrollments(db, scope, &ids.iter().copied().collect(), None).await?.into_iter().collect())
}

/// The terms of some programs, those of groups in them, and how bindings move between them. Each list is in the order of its times.
struct Rules {
    versions: Vec<Version>,
    groups: Vec<group_terms::Model>,
    moves: Vec<terms_move::Model>,
    reaches: BTreeMap<ProgramId, Arc<Reach>>,
}

/// One version, whose it is, and whether only those take it to whom it was given.
struct Version {
    program: ProgramId,
    assigned: bool,
    id: TermsId,
    from: DateTime<Utc>,
    terms: Arc<Terms>,
}

impl Version {
    fn of(&self, of: TermsOf) -> TermsVersion {
        TermsVersion { id: self.id, from: self.from, of, terms: self.terms.clone() }
    }
}

/// How many versions of rules are kept at hand.
const AT_HAND: u64 = 1_000;

/// The rules of versions that were asked for lately. A version never changes (CO-1), so whoever has its id has the right ones.
static BODIES: LazyLock<Cache<TermsId, Arc<Terms>>> = LazyLock::new(|| Cache::new(AT_HAND));

/// The rules of these versions. Those that are at hand are not read again.
async fn bodies<C: ConnectionTrait>(db: &C, ids: BTreeSet<TermsId>) -> Result<HashMap<TermsId, Arc<Terms>>, StoreError> {
    let (mut found, mut missing) = (HashMap::with_capacity(ids.len()), Vec::new());
    for id in ids {
        match BODIES.get(&id).await {
            Some(body) => {
                found.insert(id, body);
            }
            None => missing.push(id),
        }
    }
    if missing.is_empty() {
        return Ok(found);
    }
    let query = terms::Entity::find().select_only().columns([terms::Column::Id, terms::Column::Body]);
    let rows: Vec<(TermsId, Terms)> = query.filter(terms::Column::Id.is_in(missing)).into_tuple().all(db).await?;
    for (id, body) in rows {
        let body = Arc::new(body);
        BODIES.insert(id, Arc::clone(&body)).await;
        found.insert(id, body);
    }
    Ok(found)
}

impl Rules {
    async fn read<C: ConnectionTrait>(db: &C, programs: &BTreeSet<ProgramId>, ids: &BTreeSet<EnrollmentId>) -> Result<Self, StoreError> {
        let programs = || programs.iter().copied();
        let versions = terms::Entity::find()
            .select_only()
            .columns([terms::Column::Id, terms::Column::ProgramId, terms::Column::Assigned, terms::Column::EffectiveFrom])
            .filter(terms::Column::ProgramId.is_in(programs()))
            .order_by_asc(terms::Column::EffectiveFrom)
            .order_by_asc(terms::Column::Version);
        let groups = group_terms::Entity::find().filter(group_terms::Column::ProgramId.is_in(programs()));
        let theirs = Condition::any()
            .add(terms_move::Column::EnrollmentId.is_in(ids.iter().copied()))
            .add(terms_move::Column::EnrollmentId.is_null());
        let moves = terms_move::Entity::find()
            .filter(terms_move::Column::ProgramId.is_in(programs()))
            .filter(theirs)
            .order_by_asc(terms_move::Column::EffectiveAt)
            .order_by_asc(terms_move::Column::CreatedAt)
            .order_by_asc(terms_move::Column::Id);
        let versions: Vec<(TermsId, ProgramId, bool, DateTime<Utc>)> = versions.into_tuple().all(db).await?;
        let bodies = bodies(db, versions.iter().map(|(id, ..)| *id).collect()).await?;
        let version = |(id, program, assigned, from): (TermsId, ProgramId, bool, DateTime<Utc>)| {
            Some(Version { program, assigned, id, from, terms: Arc::clone(bodies.get(&id)?) })
        };
        let versions: Vec<Version> = versions.into_iter().filter_map(version).collect();
        let of = |program: ProgramId| versions.iter().filter(move |one| one.program == program).map(|one| &*one.terms);
        let reaches = programs().map(|program| (program, Arc::new(Reach::of(of(program))))).collect();
        Ok(Self { reaches, groups: groups.all(db).await?, moves: moves.all(db).await?, versions })
    }

    /// CO-1: which version was in force when for an enrollment whose partner had these traits: its own before its group's before the program's.
    fn timeline(&self, row: &enrollment::Model, traits: &[PartnerTraits]) -> Vec<TermsVersion> {
        let of_program = self.versions.iter().filter(|one| one.program == row.program_id && !one.assigned);
        let of_program: Vec<_> = of_program.map(|one| one.of(TermsOf::Program)).collect();
        let groups = self.groups.iter().filter(|group| group.program_id == row.program_id);
        let groups = groups.map(|group| (group.group_id, self.given(&group.terms_history, TermsOf::Group))).collect();
        let behind = TermsVersion::timeline(&of_program, &by_groups(traits, &groups));
        TermsVersion::timeline(&behind, &self.given(&row.terms_history, TermsOf::Enrollment))
    }

    /// Which sums over many persons the program's versions ask for together.
    fn reach(&self, program: ProgramId) -> Arc<Reach> {
        self.reaches.get(&program).cloned().unwrap_or_default()
    }

    fn given(&self, history: &TermsHistory, of: TermsOf) -> Vec<Given> {
        history.iter().map(|one| (one.from, one.terms.and_then(|id| self.version(id, of)))).collect()
    }

    fn version(&self, id: TermsId, of: TermsOf) -> Option<TermsVersion> {
        self.versions.iter().find(|one| one.id == id).map(|one| one.of(of))
    }

    /// The moves that concern an enrollment, in the order of their times; those of a past time have an end.
    fn of<'a>(&'a self, row: &enrollment::Model) -> impl Iterator<Item = &'a terms_move::Model> {
        let (program, enrollment) = (row.program_id, row.id);
        self.moves.iter().filter(move |one| one.program_id == program && one.enrollment_id.is_none_or(|id| id == enrollment))
    }

    fn moves(&self, row: &enrollment::Model) -> Vec<TermsMove> {
        let own = self.of(row).filter(|one| one.ends_at.is_none());
        let to = |one: &terms_move::Model| {
            let to = self.version(one.terms_id, TermsOf::Program)?;
            Some(TermsMove { from: one.from_terms_id, to, at: one.effective_at })
        };
        own.filter_map(to).collect()
    }

    /// In the order in which they were written.
    fn spans(&self, row: &enrollment::Model, usual: &[TermsVersion]) -> Vec<TermsSpan> {
        let mut own: Vec<&terms_move::Model> = self.of(row).filter(|one| one.ends_at.is_some()).collect();
        own.sort_by_key(|one| (one.created_at, one.id));
        let span = |one: &terms_move::Model| {
            let version = self.version(one.terms_id, TermsOf::Program)?;
            Some(TermsSpan::new(Span { from: one.effective_at, to: one.ends_at }, version, usual))
        };
        own.into_iter().filter_map(span).collect()
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
