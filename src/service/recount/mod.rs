//! Counting anew what a program's purchases of a time earn: by the terms in force, by one version, or by rules that are only proposed.
//!
//! The one road is asked again for every person who bought something in the time, some persons at a turn ([`advance`]). A preview and a
//! simulation hold what it says against the ledger and write down what differs; a reattribution settles whoever differs. By which version a
//! time is judged is a fact of its own, written with the reattribution, so that whatever is told later settles to the same.
//!
//! Where rules reach beyond one person (CO-6, CO-7), what would be is worked out with sums that the recount adds up itself: it goes through
//! everybody until the outcome of each fits them (`sums`), and then notes what differs. A reattribution goes by the sums of the ledger; in
//! the end it settles those whom what it posted for others concerns (`others`).

mod found;
mod others;
mod periods;
mod range;
mod slice;
mod sums;

use std::time::{Duration as Lasting, Instant};

use chrono::{DateTime, Duration, Months, Utc};
use entity::value::{ProgramId, RecountId, RecountKind, RecountPhase, RecountStatus, Span, Terms, TermsId};
use entity::{program, recount, terms};
use sea_orm::DatabaseTransaction;
use uuid::Uuid;

pub use self::slice::{Size, slice};
use super::terms::{faults, of_program, writer};
use super::{Refusal, RefusalCode, ServiceError, Services, terms_move};
use crate::domain::access::{Action, Scope, Viewer};
use crate::queue::{Job, JobKind};
use crate::store;
use crate::store::scoped::{find, lock};

/// How long a worker goes on with a recount at one turn, before others have theirs.
const TURN: Lasting = Lasting::from_secs(2);
/// How long a worker has for one step before another one may begin it.
const LEASE: Duration = Duration::seconds(60);
/// How long the first pause after a failure is; each next one is twice as long.
const PAUSE: Duration = Duration::seconds(5);
/// After so many failures in a row a recount is given up.
const ATTEMPTS: i32 = 8;
/// How many months a simulation looks back at most.
const MONTHS: u32 = 120;

/// A reattribution to be.
#[derive(Clone, Copy, Debug)]
pub struct NewReattribution {
    /// Of which program.
    pub program: ProgramId,
    /// Purchases from when on; from the first one on when left out.
    pub from: Option<DateTime<Utc>>,
    /// Purchases up to when, not included; up to now when left out.
    pub to: Option<DateTime<Utc>>,
    /// The version by which the time is to be judged; the terms in force when left out.
    pub terms: Option<TermsId>,
    /// Whether it is only to be seen what would change.
    pub dry_run: bool,
    /// The preview that is carried out.
    pub preview: Option<RecountId>,
}

/// A simulation to be.
#[derive(Clone, Copy, Debug)]
pub struct NewSimulation {
    /// Of which program.
    pub program: ProgramId,
    /// The version whose rules are changed; the newest one that everybody takes when left out.
    pub based_on: Option<TermsId>,
    /// How many months it looks back, 1 to 120.
    pub months: u32,
}

/// Begins to count anew what a program's purchases of a time earn: to see what would change, or, of a preview that has ended, to bring it about.
/// With a version the time is judged by it from then on, whatever its bindings say.
///
/// # Errors
/// Refused when one of the things is not there, the time is none or lies ahead, another recount of the program runs, or nothing was previewed;
/// denied to those who may not move money, or with a version to those who may not manage programs.
pub async fn reattribute(services: &Services, viewer: &Viewer, new: NewReattribution) -> Result<recount::Model, ServiceError> {
    let scope = viewer.allow(Action::MoveMoney)?;
    if new.terms.is_some() {
        viewer.allow(Action::ManagePrograms)?;
    }
    let now = services.clock.now();
    let tx = services.db.begin().await?;
    lock_program(&tx, scope, new.program).await?;
    let mut row = blank(viewer, scope, new.program, RecountKind::Preview, now);
    (row.from_at, row.to_at) = (new.from.unwrap_or(DateTime::UNIX_EPOCH), new.to.unwrap_or(now));
    row.terms_id = new.terms;
    if !new.dry_run {
        let preview = previewed(&tx, scope, &new).await?;
        row = recount::Model { kind: RecountKind::Reattribution, preview_id: Some(preview.id), ..row };
        (row.from_at, row.to_at) = (preview.from_at, preview.to_at);
    }
    let refuse = |field: &str, text: &str| Err(Refusal::new(field, RefusalCode::OutOfRange, text).into());
    if row.to_at > now {
        return refuse("to", "this time is to come yet: purchases from now on follow from their bindings, which `termsMove` moves");
    }
    if row.from_at >= row.to_at {
        return refuse("from", "must lie before the end of the time");
    }
    if let Some(id) = new.terms {
        of_program(&tx, scope, new.program, id, "termsId").await?;
        if !new.dry_run {
            let span = Span { from: row.from_at, to: Some(row.to_at) };
            terms_move::judge_past(&tx, viewer, scope, (new.program, id), span, now).await?;
        }
    }
    row.next_at = Some(services.clock.shared());
    let row = store::row::insert(&tx, range::begin(&tx, row).await?).await?;
    tx.commit().await?;
    ring(services, row.id).await;
    Ok(row)
}

/// The preview that is carried out, if it was of the same.
async fn previewed(tx: &DatabaseTransaction, scope: Scope, new: &NewReattribution) -> Result<recount::Model, ServiceError> {
    let refuse = |code, text: &str| Refusal::new("previewId", code, text);
    let id = new.preview.ok_or_else(|| refuse(RefusalCode::Required, "look at a preview first, and say which"))?;
    let found = find::<recount::Entity, _>(tx, scope, id).await?.filter(|row| row.program_id == new.program);
    let row = found.ok_or_else(|| Refusal::not_found("previewId", "preview of this program"))?;
    if row.kind != RecountKind::Preview || row.status != RecountStatus::Done {
        return Err(refuse(RefusalCode::WrongState, "only a preview that has ended can be carried out").into());
    }
    let same = new.from.is_none_or(|from| from == row.from_at) && new.to.is_none_or(|to| to == row.to_at);
    if !same || new.terms != row.terms_id {
        return Err(refuse(RefusalCode::Invalid, "is of another time or another version").into());
    }
    Ok(row)
}

/// Begins to work out what proposed rules would have cost over the last months, beside what was earned. `terms` makes them of those that they
/// change. Nothing is written but the recount itself.
///
/// # Errors
/// Refused with the fields that cannot stand (`terms.…`), when one of the things is not there, or another recount of the program runs; denied to
/// those who may not manage programs.
pub async fn simulate(
    services: &Services,
    viewer: &Viewer,
    new: NewSimulation,
    terms: impl FnOnce(Terms) -> Result<Terms, Vec<Refusal>>,
) -> Result<recount::Model, ServiceError> {
    let scope = viewer.allow(Action::ManagePrograms)?;
    let now = services.clock.now();
    let tx = services.db.begin().await?;
    lock_program(&tx, scope, new.program).await?;
    let base: Option<terms::Model> = match new.based_on {
        Some(id) => Some(of_program(&tx, scope, new.program, id, "basedOn").await?),
        None => store::terms::newest_for_all(&tx, new.program).await?,
    };
    let base = base.ok_or_else(|| ServiceError::Internal("a program has no terms".to_owned()))?;
    let under = |refusals: Vec<Refusal>| refusals.into_iter().map(|refusal| refusal.under("terms")).collect::<Vec<_>>();
    let proposed = terms(base.body).map_err(|refusals| ServiceError::Refused(under(refusals)))?;
    let wrong = under(faults(&proposed));
    if !wrong.is_empty() {
        return Err(ServiceError::Refused(wrong));
    }
    let from = now.checked_sub_months(Months::new(new.months)).filter(|_| (1..=MONTHS).contains(&new.months));
    let from = from.ok_or_else(|| Refusal::new("months", RefusalCode::OutOfRange, format!("must be from 1 to {MONTHS}")))?;
    let mut row = blank(viewer, scope, new.program, RecountKind::Simulation, now);
    (row.from_at, row.to_at, row.proposed) = (from, now, Some(proposed));
    row.next_at = Some(services.clock.shared());
    let row = store::row::insert(&tx, range::begin(&tx, row).await?).await?;
    tx.commit().await?;
    ring(services, row.id).await;
    Ok(row)
}

/// Breaks off a preview or a simulation. A reattribution is gone through with: by which version its time is judged is written already.
///
/// # Errors
/// Refused when there is no such recount, it has ended, or it posts; denied to those who may not manage programs.
pub async fn cancel(services: &Services, viewer: &Viewer, id: RecountId) -> Result<recount::Model, ServiceError> {
    let scope = viewer.allow(Action::ManagePrograms)?;
    let now = services.clock.now();
    let tx = services.db.begin().await?;
    let row = lock::<recount::Entity>(&tx, scope, id).await?.ok_or_else(|| Refusal::not_found("id", "recount"))?;
    if row.status != RecountStatus::Running || row.kind == RecountKind::Reattribution {
        let text = "only a preview or a simulation that runs can be broken off";
        return Err(Refusal::new("id", RefusalCode::WrongState, text).into());
    }
    let ended = recount::Model { status: RecountStatus::Cancelled, next_at: None, updated_at: now, finished_at: Some(now), ..row };
    store::tally::forget(&tx, id).await?;
    let row = store::row::save(&tx, ended).await?;
    tx.commit().await?;
    tell(services, &row).await;
    Ok(row)
}

/// Goes on with a recount that failed too often, from where it stands.
///
/// # Errors
/// Refused when there is no such recount, it has not failed, or another one of the program runs; denied to those who may not manage programs, and
/// where it posts to those who may not move money.
pub async fn resume(services: &Services, viewer: &Viewer, id: RecountId) -> Result<recount::Model, ServiceError> {
    let scope = viewer.allow(Action::ManagePrograms)?;
    let now = services.clock.now();
    let tx = services.db.begin().await?;
    let row = lock::<recount::Entity>(&tx, scope, id).await?.ok_or_else(|| Refusal::not_found("id", "recount"))?;
    lock_program(&tx, scope, row.program_id).await?;
    if row.kind == RecountKind::Reattribution {
        viewer.allow(Action::MoveMoney)?;
    }
    if row.status != RecountStatus::Failed {
        return Err(Refusal::new("id", RefusalCode::WrongState, "only a recount that failed can be gone on with").into());
    }
    let again = recount::Model {
        status: RecountStatus::Running,
        attempts: 0,
        next_at: Some(services.clock.shared()),
        updated_at: now,
        finished_at: None,
        ..row
    };
    let row = store::row::save(&tx, again).await?;
    tx.commit().await?;
    ring(services, id).await;
    Ok(row)
}

/// The program's row is the lock under which at most one recount of it runs.
async fn lock_program(tx: &DatabaseTransaction, scope: Scope, id: ProgramId) -> Result<(), ServiceError> {
    lock::<program::Entity>(tx, scope, id).await?.ok_or_else(|| Refusal::not_found("programId", "program"))?;
    if let Some(other) = store::recount::running(tx, id).await? {
        let text = format!("another recount of this program runs: {}", other.id);
        return Err(Refusal::new("programId", RefusalCode::WrongState, text).into());
    }
    Ok(())
}

fn blank(viewer: &Viewer, scope: Scope, program_id: ProgramId, kind: RecountKind, now: DateTime<Utc>) -> recount::Model {
    recount::Model {
        id: RecountId::new_at(now),
        merchant_id: scope.merchant(),
        livemode: scope.livemode(),
        kind,
        program_id,
        terms_id: None,
        proposed: None,
        from_at: now,
        to_at: now,
        preview_id: None,
        status: RecountStatus::Running,
        phase: RecountPhase::Persons,
        round: 0,
        place: Uuid::nil(),
        persons: 0,
        purchases: 0,
        total: None,
        changed: 0,
        attempts: 0,
        error: None,
        next_at: None,
        created_at: now,
        created_by: writer(viewer),
        updated_at: now,
        finished_at: None,
    }
}

/// Goes on with a recount for a turn: what a job of the queue asks for. Does nothing where somebody else is at it.
///
/// # Errors
/// [`ServiceError`] when the database fails or something stored cannot be read. It is tried again, with growing pauses.
pub async fn advance(services: &Services, id: RecountId) -> Result<(), ServiceError> {
    let began = Instant::now();
    loop {
        let shared = services.clock.shared();
        let Some(row) = store::recount::claim(services.db.write(), id, shared, shared + LEASE).await? else { return Ok(()) };
        let size = if row.kind == RecountKind::Reattribution { Size::WRITING } else { Size::READING };
        match slice(services, &row, size).await {
            Ok(Some(row)) if row.status == RecountStatus::Running && began.elapsed() < TURN => {}
            Ok(Some(row)) if row.status == RecountStatus::Running => {
                ring(services, id).await;
                return Ok(());
            }
            Ok(_) => return Ok(()),
            Err(error) => {
                failed(services, &row, &error).await?;
                return Err(error);
            }
        }
    }
}

/// Records a failure, and when it is tried again.
async fn failed(services: &Services, at: &recount::Model, error: &ServiceError) -> Result<(), ServiceError> {
    let now = services.clock.now();
    let attempts = at.attempts.saturating_add(1);
    let mut row = recount::Model { attempts, error: Some(error.to_string()), updated_at: now, ..at.clone() };
    if attempts >= ATTEMPTS {
        (row.status, row.next_at, row.finished_at) = (RecountStatus::Failed, None, Some(now));
    } else {
        let doublings = u32::try_from(attempts - 1).unwrap_or(0);
        row.next_at = Some(services.clock.shared() + PAUSE * 2_i32.saturating_pow(doublings));
    }
    if store::recount::advance(services.db.write(), at, row.clone()).await? {
        tell(services, &row).await;
    }
    Ok(())
}

/// Rings for a recount. A bell that is not heard only costs time: the sweeper rings again (QU-1).
async fn ring(services: &Services, id: RecountId) {
    if let Err(error) = services.queue.push(&[Job { kind: JobKind::Recount, id: id.uuid() }]).await {
        tracing::debug!(%error, "the bell was not heard; the sweeper rings again");
    }
}

/// The topic of the live feed for the recounts of one merchant's mode.
#[must_use]
pub fn topic(scope: Scope) -> String {
    format!("recount:{}:{}", scope.merchant(), scope.mode().as_str())
}

/// Tells whoever follows it that a recount went on. Who does not hear it reads the row.
async fn tell(services: &Services, row: &recount::Model) {
    if let Err(error) = services.feed.publish(&topic(scope_of(row)), row.id.to_string()).await {
        tracing::debug!(%error, "nobody heard how far a recount has come");
    }
}

/// The rows that a recount is about.
fn scope_of(row: &recount::Model) -> Scope {
    Scope::merchant_wide(row.merchant_id, entity::value::Mode::from_livemode(row.livemode))
}

/// The time that a recount is about.
const fn span_of(row: &recount::Model) -> Span {
    Span { from: row.from_at, to: Some(row.to_at) }
}
