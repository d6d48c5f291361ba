//! One step of a recount: the next persons, looked at together; and for a reattribution, settled where they differ.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::recount;
use entity::terms;
use entity::value::{CustomerId, MessageId, PurchaseId, RecountKind, RecountPhase, TermsId};
use sea_orm::DatabaseTransaction;
use uuid::Uuid;

use super::found::Found;
use super::range::{range, sheet};
use super::{others, periods, scope_of, span_of, sums, tell};
use crate::clock::Clock;
use crate::domain::access::Scope;
use crate::domain::enrollment::{TermsOf, TermsVersion};
use crate::domain::kin::Group;
use crate::domain::settle::Settlement;
use crate::domain::terms_span::Proposal;
use crate::service::person::{Gathered, gather_supposing};
use crate::service::settle::{Compared, Kept, compare, moved, ring, settle, standing, suppose};
use crate::service::{ServiceError, Services, kin, retry};
use crate::store;
use crate::store::recount::{Buyer, Range};
use crate::store::scoped::by_ids;

/// How much one step looks at.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// How many customers at most.
    pub customers: u64,
    /// How many purchases at most, unless one customer has more.
    pub purchases: i64,
}

impl Size {
    /// For steps that only read.
    pub const READING: Self = Self { customers: 500, purchases: 2_000 };
    /// For steps that settle whoever differs, in one transaction.
    pub const WRITING: Self = Self { customers: 100, purchases: 400 };
}

/// A person for whom was decided.
pub(super) struct Decided {
    pub group: Group,
    pub gathered: Gathered,
    pub settlement: Settlement,
}

/// A person who was looked at.
struct Looked {
    of: Decided,
    all: Vec<Compared>,
    differs: bool,
}

/// Takes one step of a recount. Gives how far it has come by then; nothing when somebody else went on from this place meanwhile.
///
/// # Errors
/// [`ServiceError`] when the database fails or something stored cannot be read. Nothing was written then.
pub async fn slice(services: &Services, at: &recount::Model, size: Size) -> Result<Option<recount::Model>, ServiceError> {
    let row = match at.phase {
        RecountPhase::Sums => sums::persons(services, at, size).await?,
        RecountPhase::PeriodSums => sums::periods(services, at).await?,
        RecountPhase::Persons => persons_of(services, at, size).await?,
        RecountPhase::Periods => periods::stored(services, at).await?,
        RecountPhase::NewPeriods => periods::new(services, at).await?,
        RecountPhase::Others => others::settle(services, at).await?,
    };
    if let Some(row) = &row {
        tell(services, row).await;
    }
    Ok(row)
}

/// Goes through the next persons.
async fn persons_of(services: &Services, at: &recount::Model, size: Size) -> Result<Option<recount::Model>, ServiceError> {
    let (scope, now) = (scope_of(at), services.clock.now());
    let supposing = supposed(services, at, scope).await?;
    let tx = services.db.moment().await?;
    let range = range(&tx, at).await?;
    let total = match at.total {
        Some(total) => total,
        None => store::recount::purchases(&tx, scope, range.span).await?,
    };
    let page = page(&tx, at, scope, range, size).await?;
    let looked = look(&tx, at, (range, &page), supposing.as_ref(), now).await?;
    drop(tx);
    let (same, differing): (Vec<Looked>, Vec<Looked>) =
        looked.into_iter().partition(|one| at.kind != RecountKind::Reattribution || !one.differs);
    let mut found = Found::default();
    for one in &same {
        found.note(at, &one.all);
        if at.kind != RecountKind::Reattribution {
            found.decided(at, &one.of.gathered, &one.of.settlement);
        }
    }
    let bought = page.iter().fold(0_i64, |sum, (_, purchases)| sum.saturating_add(*purchases));
    let persons = i64::try_from(same.len() + differing.len()).unwrap_or(i64::MAX);
    let mut to = recount::Model {
        persons: at.persons.saturating_add(persons),
        purchases: at.purchases.saturating_add(bought),
        total: Some(total),
        ..next(&services.clock, at, page.last().map(|(id, _)| id.uuid()))
    };
    if page.is_empty() {
        (to.phase, to.place) = (RecountPhase::Periods, Uuid::nil());
    }
    let done = retry::races(|| write(services, at, &to, &found, &differing)).await?;
    let Some((row, messages)) = done else { return Ok(None) };
    ring(services, &messages).await;
    Ok(Some(row))
}

/// How a recount stands after a step that looked at everything up to `place`.
pub(super) fn next(clock: &Clock, at: &recount::Model, place: Option<Uuid>) -> recount::Model {
    let place = place.unwrap_or(at.place);
    recount::Model { place, attempts: 0, error: None, next_at: Some(clock.shared()), updated_at: clock.now(), ..at.clone() }
}

/// A transaction in which a recount goes on from this place; nothing when somebody else did meanwhile.
pub(super) async fn hold(services: &Services, at: &recount::Model) -> Result<Option<DatabaseTransaction>, ServiceError> {
    let tx = services.db.begin().await?;
    Ok(store::recount::hold(&tx, at).await?.then_some(tx))
}

/// Ends such a transaction.
pub(super) async fn end(tx: DatabaseTransaction, at: &recount::Model, to: recount::Model) -> Result<Option<recount::Model>, ServiceError> {
    if !store::recount::advance(&tx, at, to.clone()).await? {
        return Ok(None);
    }
    tx.commit().await?;
    Ok(Some(to))
}

/// Writes one step, all of it or nothing.
async fn write(
    services: &Services,
    at: &recount::Model,
    to: &recount::Model,
    found: &Found,
    differing: &[Looked],
) -> Result<Option<(recount::Model, Vec<MessageId>)>, ServiceError> {
    let (scope, now) = (scope_of(at), to.updated_at);
    let Some(tx) = hold(services, at).await? else { return Ok(None) };
    let mut found = found.clone();
    let roots: BTreeSet<CustomerId> = differing.iter().map(|one| one.of.group.root).collect();
    let messages = if roots.is_empty() { Vec::new() } else { post(&tx, at, scope, (&roots, &mut found), now).await? };
    found.write(&tx, at, now).await?;
    let to = recount::Model { changed: at.changed.saturating_add(found.changed()), ..to.clone() };
    Ok(end(tx, at, to).await?.map(|row| (row, messages)))
}

/// Settles the persons behind these customers, down the one road, and notes what the ledger says before and after.
pub(super) async fn post(
    tx: &DatabaseTransaction,
    at: &recount::Model,
    scope: Scope,
    (whose, found): (&BTreeSet<CustomerId>, &mut Found),
    now: DateTime<Utc>,
) -> Result<Vec<MessageId>, ServiceError> {
    let mut members: BTreeSet<CustomerId> = BTreeSet::new();
    for root in whose {
        members.extend(kin::lock_group(tx, scope, *root).await?.into_iter().flat_map(|group| group.members));
    }
    let members: Vec<CustomerId> = members.into_iter().collect();
    let rows = store::purchase::of_customers(tx, &members).await?;
    let purchases: Vec<PurchaseId> = rows.iter().map(|row| row.id).collect();
    let before = (standing(tx, &purchases, &members).await?, store::decision::reasons(tx, &purchases).await?);
    let messages = settle(tx, scope, whose, now).await?;
    let after = (standing(tx, &purchases, &members).await?, store::decision::reasons(tx, &purchases).await?);
    found.note(at, &moved(before.0, after.0));
    found.reasons(&before.1, &after.1);
    Ok(messages)
}

/// What the recount supposes that is not written down: rules that are proposed, or a version by which the time would be judged.
pub(super) async fn supposed(services: &Services, at: &recount::Model, scope: Scope) -> Result<Option<Proposal>, ServiceError> {
    let version =
        |id: TermsId, terms: entity::value::Terms| TermsVersion { id, from: at.from_at, of: TermsOf::Program, terms: Arc::new(terms) };
    let version = match (at.kind, &at.proposed, at.terms_id) {
        (RecountKind::Reattribution, _, _) | (_, None, None) => return Ok(None),
        // It is no version, and nothing that is made by it is stored.
        (_, Some(terms), _) => version(TermsId::from_uuid(at.id.uuid()), terms.clone()),
        (_, None, Some(id)) => {
            let found = by_ids::<terms::Entity, _>(services.db.read(), scope, &[id]).await?.pop();
            let row = found.ok_or_else(|| ServiceError::Internal(format!("the version {id} of a recount is not there")))?;
            version(row.id, row.body)
        }
    };
    Ok(Some(Proposal { program: at.program_id, span: span_of(at), version }))
}

/// The next customers.
pub(super) async fn page(
    tx: &DatabaseTransaction,
    at: &recount::Model,
    scope: Scope,
    range: Range,
    size: Size,
) -> Result<Vec<Buyer>, ServiceError> {
    let mut page = store::recount::buyers(tx, scope, range, at.place, size.customers).await?;
    let mut sum = 0_i64;
    let fits = page.iter().take_while(|(_, purchases)| {
        sum = sum.saturating_add(*purchases);
        sum <= size.purchases
    });
    let fits = fits.count().max(1);
    page.truncate(fits);
    Ok(page)
}

/// The persons behind a page: each at the first of its customers who is of the range, so that each is looked at once.
async fn persons(tx: &DatabaseTransaction, scope: Scope, range: Range, page: &[Buyer]) -> Result<Vec<Group>, ServiceError> {
    let ids: Vec<CustomerId> = page.iter().map(|(id, _)| *id).collect();
    let groups = kin::groups(tx, scope, &ids).await?;
    let others: Vec<CustomerId> =
        groups.iter().filter(|(_, group)| group.members.len() > 1).flat_map(|(_, group)| group.members.iter().copied()).collect();
    let others: BTreeSet<CustomerId> = store::recount::buyers_among(tx, range, &others).await?.into_iter().collect();
    let is_first = |id: CustomerId, group: &Group| group.members.range(..id).all(|other| !others.contains(other));
    Ok(groups.into_iter().filter(|(id, group)| is_first(*id, group)).map(|(_, group)| group).collect())
}

/// What would follow for each person of a page who has anything to do with the program.
pub(super) async fn decided(
    tx: &DatabaseTransaction,
    at: &recount::Model,
    (range, page): (Range, &[Buyer]),
    supposing: Option<&Proposal>,
    now: DateTime<Utc>,
) -> Result<Vec<Decided>, ServiceError> {
    let (scope, sheet) = (scope_of(at), sheet(at));
    let groups = persons(tx, scope, range, page).await?;
    let all = gather_supposing(tx, scope, &groups, (supposing, sheet)).await?;
    let mut decided = Vec::with_capacity(groups.len());
    for (group, mut gathered) in groups.into_iter().zip(all) {
        if gathered.world.enrollments.values().any(|enrollment| enrollment.program == at.program_id) {
            let settlement = suppose(tx, &mut gathered, sheet, now).await?;
            decided.push(Decided { group, gathered, settlement });
        }
    }
    Ok(decided)
}

/// The same, held against what is stored.
async fn look(
    tx: &DatabaseTransaction,
    at: &recount::Model,
    page: (Range, &[Buyer]),
    supposing: Option<&Proposal>,
    now: DateTime<Utc>,
) -> Result<Vec<Looked>, ServiceError> {
    let decided = decided(tx, at, page, supposing, now).await?;
    let members: Vec<CustomerId> = decided.iter().flat_map(|one| one.group.members.iter().copied()).collect();
    let gathered: Vec<&Gathered> = decided.iter().map(|one| &one.gathered).collect();
    let kept = Kept::read(tx, &members, &gathered).await?;
    let mut looked = Vec::with_capacity(decided.len());
    for of in decided {
        let (all, differs) = compare(&of.group.members, &of.gathered, &of.settlement, &kept)?;
        looked.push(Looked { of, all, differs });
    }
    Ok(looked)
}
