//! One step of a recount: the next persons, looked at together; and for a reattribution, settled where they differ.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::recount;
use entity::terms;
use entity::value::{CustomerId, MessageId, PurchaseId, RecountKind, RecountStatus, TermsId};
use sea_orm::DatabaseTransaction;
use uuid::Uuid;

use super::found::Found;
use super::{scope_of, span_of, tell};
use crate::domain::access::Scope;
use crate::domain::enrollment::{TermsOf, TermsVersion};
use crate::domain::kin::Group;
use crate::domain::settle::Settlement;
use crate::domain::terms_span::Proposal;
use crate::service::person::{Gathered, gather_supposing};
use crate::service::settle::{Compared, Kept, compare, moved, ring, settle, standing, suppose};
use crate::service::{ServiceError, Services, kin, retry};
use crate::store;
use crate::store::recount::Buyer;
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

/// A person who was looked at.
struct Looked {
    group: Group,
    gathered: Gathered,
    settlement: Settlement,
    all: Vec<Compared>,
    differs: bool,
}

/// Takes one step of a recount. Gives how far it has come by then; nothing when somebody else went on from this place meanwhile.
///
/// # Errors
/// [`ServiceError`] when the database fails or something stored cannot be read. Nothing was written then.
pub async fn slice(services: &Services, at: &recount::Model, size: Size) -> Result<Option<recount::Model>, ServiceError> {
    let (scope, now) = (scope_of(at), services.clock.now());
    let supposing = supposed(services, at, scope).await?;
    let tx = services.db.moment().await?;
    let total = match at.total {
        Some(total) => total,
        None => store::recount::purchases(&tx, scope, span_of(at)).await?,
    };
    let page = page(&tx, at, scope, size).await?;
    let looked = look(&tx, at, scope, &page, supposing.as_ref(), now).await?;
    drop(tx);
    let (same, differing): (Vec<Looked>, Vec<Looked>) =
        looked.into_iter().partition(|one| at.kind != RecountKind::Reattribution || !one.differs);
    let mut found = Found::default();
    for one in &same {
        found.note(at, &one.all);
        if at.kind != RecountKind::Reattribution {
            found.decided(at, &one.gathered, &one.settlement);
        }
    }
    let bought = page.iter().fold(0_i64, |sum, (_, purchases)| sum.saturating_add(*purchases));
    let persons = i64::try_from(same.len() + differing.len()).unwrap_or(i64::MAX);
    let mut to = recount::Model {
        place: page.last().map_or(Uuid::max(), |(id, _)| id.uuid()),
        persons: at.persons.saturating_add(persons),
        purchases: at.purchases.saturating_add(bought),
        total: Some(total),
        attempts: 0,
        error: None,
        next_at: Some(now),
        updated_at: now,
        ..at.clone()
    };
    if page.is_empty() {
        (to.status, to.next_at, to.finished_at, to.place) = (RecountStatus::Done, None, Some(now), at.place);
    }
    let done = retry::races(|| write(services, at, &to, &found, &differing)).await?;
    let Some((row, messages)) = done else { return Ok(None) };
    ring(services, &messages).await;
    tell(services, &row).await;
    Ok(Some(row))
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
    let tx = services.db.begin().await?;
    if !store::recount::hold(&tx, at).await? {
        return Ok(None);
    }
    let mut found = found.clone();
    let messages = if differing.is_empty() { Vec::new() } else { post(&tx, at, scope, (differing, &mut found), now).await? };
    found.write(&tx, at, now).await?;
    let to = recount::Model { changed: at.changed.saturating_add(found.changed()), ..to.clone() };
    if !store::recount::advance(&tx, at, to.clone()).await? {
        return Ok(None);
    }
    tx.commit().await?;
    Ok(Some((to, messages)))
}

/// Settles those who differ, down the one road, and notes what the ledger says before and after.
async fn post(
    tx: &DatabaseTransaction,
    at: &recount::Model,
    scope: Scope,
    (differing, found): (&[Looked], &mut Found),
    now: DateTime<Utc>,
) -> Result<Vec<MessageId>, ServiceError> {
    let roots: BTreeSet<CustomerId> = differing.iter().map(|one| one.group.root).collect();
    let mut members: BTreeSet<CustomerId> = BTreeSet::new();
    for root in &roots {
        members.extend(kin::lock_group(tx, scope, *root).await?.into_iter().flat_map(|group| group.members));
    }
    let members: Vec<CustomerId> = members.into_iter().collect();
    let rows = store::purchase::of_customers(tx, &members).await?;
    let purchases: Vec<PurchaseId> = rows.iter().map(|row| row.id).collect();
    let before = (standing(tx, &purchases, &members).await?, store::decision::reasons(tx, &purchases).await?);
    let messages = settle(tx, scope, &roots, now).await?;
    let after = (standing(tx, &purchases, &members).await?, store::decision::reasons(tx, &purchases).await?);
    found.note(at, &moved(before.0, after.0));
    found.reasons(&before.1, &after.1);
    Ok(messages)
}

/// What the recount supposes that is not written down: rules that are proposed, or a version by which the time would be judged.
async fn supposed(services: &Services, at: &recount::Model, scope: Scope) -> Result<Option<Proposal>, ServiceError> {
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
async fn page(tx: &DatabaseTransaction, at: &recount::Model, scope: Scope, size: Size) -> Result<Vec<Buyer>, ServiceError> {
    let mut page = store::recount::buyers(tx, scope, span_of(at), at.place, size.customers).await?;
    let mut sum = 0_i64;
    let fits = page.iter().take_while(|(_, purchases)| {
        sum = sum.saturating_add(*purchases);
        sum <= size.purchases
    });
    let fits = fits.count().max(1);
    page.truncate(fits);
    Ok(page)
}

/// The persons behind a page: each at the first of its customers who bought anything in the time, so that each is looked at once.
async fn persons(tx: &DatabaseTransaction, at: &recount::Model, scope: Scope, page: &[Buyer]) -> Result<Vec<Group>, ServiceError> {
    let ids: Vec<CustomerId> = page.iter().map(|(id, _)| *id).collect();
    let groups = kin::groups(tx, scope, &ids).await?;
    let others: Vec<CustomerId> =
        groups.iter().filter(|(_, group)| group.members.len() > 1).flat_map(|(_, group)| group.members.iter().copied()).collect();
    let others: BTreeSet<CustomerId> = store::recount::buyers_among(tx, span_of(at), &others).await?.into_iter().collect();
    let is_first = |id: CustomerId, group: &Group| group.members.range(..id).all(|other| !others.contains(other));
    Ok(groups.into_iter().filter(|(id, group)| is_first(*id, group)).map(|(_, group)| group).collect())
}

/// Decides for each person of a page who has anything to do with the program, and holds it against what is stored.
async fn look(
    tx: &DatabaseTransaction,
    at: &recount::Model,
    scope: Scope,
    page: &[Buyer],
    supposing: Option<&Proposal>,
    now: DateTime<Utc>,
) -> Result<Vec<Looked>, ServiceError> {
    let groups = persons(tx, at, scope, page).await?;
    let all = gather_supposing(tx, scope, &groups, supposing).await?;
    let members: Vec<CustomerId> = groups.iter().flat_map(|group| group.members.iter().copied()).collect();
    let kept = Kept::read(tx, &members, &all).await?;
    let mut looked = Vec::with_capacity(groups.len());
    for (group, mut gathered) in groups.into_iter().zip(all) {
        if !gathered.world.enrollments.values().any(|enrollment| enrollment.program == at.program_id) {
            continue;
        }
        let settlement = suppose(tx, &mut gathered, now).await?;
        let (all, differs) = compare(&group.members, &gathered, &settlement, &kept)?;
        looked.push(Looked { group, gathered, settlement, all, differs });
    }
    Ok(looked)
}
