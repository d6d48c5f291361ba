//! What settling a person would change, without settling: the same decision, held against what is stored.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use entity::value::{CommissionId, CommissionKind, Currency, CustomerId, EnrollmentId, LedgerAccount, PartnerId, ProgramId, PurchaseId};
use entity::{binding, commission};
use sea_orm::DatabaseTransaction;

use super::post::{Name, change, lost, name, name_of, overflow};
use crate::domain::ledger::{self, Standing, Target};
use crate::domain::settle::{Commission, Settlement};
use crate::service::ServiceError;
use crate::service::person::Gathered;
use crate::store::ledger::Standings;
use crate::store::payout::Paid;
use crate::store::{self, StoreError};

/// A commission in one currency: what stands for it on the ledger, and what stands there after something, or would.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// Who earns.
    pub enrollment: EnrollmentId,
    /// What kind of commission.
    pub kind: CommissionKind,
    /// What earns it, as the commission says.
    pub subject: String,
    /// In which program.
    pub program: ProgramId,
    /// Which partner.
    pub partner: PartnerId,
    /// The purchase, if it is one's.
    pub purchase: Option<PurchaseId>,
    /// The customer, if it is a lead's.
    pub customer: Option<CustomerId>,
    /// When it is earned.
    pub at: DateTime<Utc>,
    /// The currency.
    pub currency: Currency,
    /// Before.
    pub before: Stood,
    /// After.
    pub after: Stood,
    /// What payouts had paid of it, in minor units.
    pub paid: i64,
}

/// What stands for a commission, in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stood {
    /// All of it.
    pub amount: i64,
    /// The part that is not payable.
    pub pending: i64,
}

impl Stood {
    fn of(standing: &Standing) -> Self {
        let sum = |of: &dyn Fn(LedgerAccount) -> bool| {
            standing.iter().filter(|((account, _), _)| of(*account)).fold(0_i64, |sum, (_, amount)| sum.saturating_add(*amount))
        };
        Self { amount: sum(&|_| true), pending: sum(&|account| account == LedgerAccount::PartnerPending) }
    }

    const fn at(target: &Target) -> Self {
        Self { amount: target.amount, pending: target.pending }
    }
}

impl Compared {
    /// Whether anything moves.
    #[must_use]
    pub fn differs(&self) -> bool {
        self.before != self.after
    }

    fn stored(row: &commission::Model, currency: Currency, before: Stood, paid: Option<&Paid>) -> Self {
        Self {
            enrollment: row.enrollment_id,
            kind: row.kind,
            subject: row.subject.clone(),
            program: row.program_id,
            partner: row.partner_id,
            purchase: row.purchase_id,
            customer: row.customer_id,
            at: row.purchased_at,
            currency,
            before,
            after: Stood::default(),
            paid: paid.map_or(0, |paid| paid.sum(currency)),
        }
    }

    pub(super) fn fresh(target: &Commission) -> Self {
        Self {
            enrollment: target.enrollment,
            kind: target.origin.kind(),
            subject: target.origin.to_string(),
            program: target.program,
            partner: target.partner,
            purchase: target.origin.purchase(),
            customer: target.origin.customer(),
            at: target.at,
            currency: target.currency,
            before: Stood::default(),
            after: Stood::at(&target.target()),
            paid: 0,
        }
    }
}

/// What is stored of persons' settlements beside what was gathered.
#[derive(Default)]
pub struct Kept {
    digests: BTreeMap<PurchaseId, Vec<u8>>,
    bindings: BTreeMap<CustomerId, Vec<binding::Model>>,
}

impl Kept {
    /// Reads it for these persons together.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn read(tx: &DatabaseTransaction, members: &[CustomerId], all: &[&Gathered]) -> Result<Self, StoreError> {
        let ids: Vec<PurchaseId> = all.iter().flat_map(|one| &one.person.purchases).map(|purchase| purchase.id).collect();
        let current = store::decision::current(tx, &ids).await?;
        let digests = current.into_iter().map(|one| (one.purchase_id, one.digest)).collect();
        let mut bindings: BTreeMap<CustomerId, Vec<binding::Model>> = BTreeMap::new();
        for row in store::binding::of_customers(tx, members).await? {
            bindings.entry(row.customer_id).or_default().push(row);
        }
        Ok(Self { digests, bindings })
    }

    /// Whether the bindings and decisions of these members are stored as they are concluded.
    fn is_of(&self, members: &BTreeSet<CustomerId>, settlement: &Settlement) -> Result<bool, StoreError> {
        let mut stored: Vec<&binding::Model> = members.iter().filter_map(|id| self.bindings.get(id)).flatten().collect();
        stored.sort_by_key(|row| (row.bound_at, row.id));
        let bound = stored.len() == settlement.bindings.len()
            && stored.into_iter().zip(&settlement.bindings).all(|(row, bound)| store::binding::same(row, bound));
        for decision in &settlement.decisions {
            if self.digests.get(&decision.purchase) != Some(&store::decision::digest(decision)?) {
                return Ok(false);
            }
        }
        Ok(bound)
    }
}

/// Every commission of a person, with where it stands and where it should; and whether settling the person would write anything of weight.
///
/// # Errors
/// [`ServiceError`] when a sum is beyond 64 bits.
pub fn compare(
    members: &BTreeSet<CustomerId>,
    gathered: &Gathered,
    settlement: &Settlement,
    kept: &Kept,
) -> Result<(Vec<Compared>, bool), ServiceError> {
    let mut targets: BTreeMap<Name, &Commission> = settlement.commissions().map(|one| (name(one), one)).collect();
    let (mut all, mut stays) = (Vec::new(), kept.is_of(members, settlement)?);
    for row in &gathered.commissions {
        // What was stated by the rate of another day is stated anew (MO-2).
        stays &= row.purchase_id.is_none_or(|id| !gathered.outdated.contains(&id));
        let (of_row, as_it_is) =
            self::row(row, targets.remove(&name_of(row)), (gathered.posted.get(&row.id), gathered.claims.paid.get(&row.id)))?;
        stays &= as_it_is;
        all.extend(of_row);
    }
    for target in targets.into_values().filter(|commission| commission.is_to_be_kept()) {
        stays = false;
        all.push(Compared::fresh(target));
    }
    Ok((all, !stays))
}

/// A stored commission in each of its currencies, with where it stands and where it should; and whether it stays as it is.
pub(super) fn row(
    row: &commission::Model,
    target: Option<&Commission>,
    (posted, paid): (Option<&Standings>, Option<&Paid>),
) -> Result<(Vec<Compared>, bool), ServiceError> {
    let mut stays = match target {
        Some(target) => change(row, target)?.is_in(row),
        None => row.state == lost(row, paid),
    };
    let currencies = posted.into_iter().flat_map(Standings::keys).copied().chain(target.map(|target| target.currency));
    let mut all = Vec::new();
    for currency in currencies.collect::<BTreeSet<_>>() {
        let stood = posted.and_then(|posted| posted.get(&currency)).cloned().unwrap_or_default();
        let own = target.filter(|target| target.currency == currency).map(Commission::target).unwrap_or_default();
        stays &= ledger::to_target(&stood, &own).map_err(overflow)?.is_empty();
        let before = Compared::stored(row, currency, Stood::of(&stood), paid);
        all.push(Compared { after: Stood::at(&own), ..before });
    }
    Ok((all, stays))
}

/// What stands now for the commissions of these purchases, and of these customers as leads.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn standing(tx: &DatabaseTransaction, purchases: &[PurchaseId], customers: &[CustomerId]) -> Result<Vec<Compared>, StoreError> {
    standing_of(tx, store::commission::of_person(tx, purchases, customers).await?).await
}

/// What stands now for these commissions.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn standing_of(tx: &DatabaseTransaction, rows: Vec<commission::Model>) -> Result<Vec<Compared>, StoreError> {
    let ids: Vec<CommissionId> = rows.iter().map(|row| row.id).collect();
    let (posted, paid) = (store::ledger::standings(tx, &ids).await?, store::payout::claims(tx, &ids).await?.paid);
    let mut all = Vec::with_capacity(rows.len());
    for row in &rows {
        for (currency, stood) in posted.get(&row.id).into_iter().flatten() {
            all.push(Compared::stored(row, *currency, Stood::of(stood), paid.get(&row.id)));
        }
    }
    Ok(all)
}

/// What became of what stood, by the same commissions as they stand afterwards.
#[must_use]
pub fn moved(before: Vec<Compared>, after: Vec<Compared>) -> Vec<Compared> {
    let key = |one: &Compared| (one.enrollment, one.kind, one.subject.clone(), one.currency);
    let mut now: BTreeMap<_, Compared> = after.into_iter().map(|one| (key(&one), one)).collect();
    let mut all: Vec<Compared> = Vec::new();
    for one in before {
        let after = now.remove(&key(&one)).map(|now| now.before).unwrap_or_default();
        all.push(Compared { after, ..one });
    }
    all.extend(now.into_values().map(|one| Compared { before: Stood::default(), after: one.before, ..one }));
    all
}
