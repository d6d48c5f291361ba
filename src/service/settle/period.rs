//! Settling a period of the tiers: what its level adds at the end is posted like all else that is earned (CO-7).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use entity::value::{CommissionId, Currency, EnrollmentId, MessageId, Mode, TermsId, TierPeriodId};
use entity::{commission, tier_period};
use sea_orm::DatabaseTransaction;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::post::{Name, Poster, Stands, lost, name, name_of};
use super::{Compared, compare, keep, ring, settle_all, wide};
use crate::domain::access::Scope;
use crate::domain::exchange::Rates;
use crate::domain::insight::{self, Adds, Earned, Place};
use crate::domain::person::World;
use crate::domain::settle::{Commission, Period, PeriodSettlement, settle_period};
use crate::domain::tally::{Measure, Owner, Tally};
use crate::domain::terms_span::Proposal;
use crate::service::{ServiceError, Services, person, retry, stated};
use crate::store;
use crate::store::ledger::Standings;
use crate::store::payout::{Claimed, Claims, Earners};
use crate::store::tally::{Sheet, Stored};

/// How often sums are asked for at most.
const MOST: usize = 20;

/// Settles one period in a transaction of its own: what a job of the queue asks for.
///
/// # Errors
/// [`ServiceError`] when the database fails.
pub async fn period(services: &Services, id: TierPeriodId) -> Result<(), ServiceError> {
    let messages = retry::races(|| async {
        let tx = services.db.begin().await?;
        let messages = periods(&tx, &[id].into(), services.clock.now()).await?;
        tx.commit().await?;
        Ok(messages)
    })
    .await?;
    ring(services, &messages).await;
    Ok(())
}

/// Settles periods inside the caller's transaction. Returns the messages that became owed to the outside.
///
/// # Errors
/// [`ServiceError`] when the database fails.
pub async fn periods(tx: &DatabaseTransaction, ids: &BTreeSet<TierPeriodId>, now: DateTime<Utc>) -> Result<Vec<MessageId>, ServiceError> {
    let mut messages = Vec::new();
    for id in ids {
        let Some(row) = store::tier_period::by_id(tx, *id).await? else { continue };
        let scope = Scope::merchant_wide(row.merchant_id, Mode::from_livemode(row.livemode));
        let own = Earners { periods: [*id].into(), ..Earners::default() };
        messages.extend(settle_all(tx, scope, own, now).await?);
    }
    Ok(messages)
}

/// Settles one period once. Returns those of its commissions that planned payouts claim.
pub(super) async fn once(poster: &Poster<'_>, id: TierPeriodId, messages: &mut Vec<MessageId>) -> Result<Vec<CommissionId>, ServiceError> {
    let Poster { tx, scope, now } = *poster;
    let Some(row) = store::tier_period::by_id(tx, id).await? else { return Ok(Vec::new()) };
    let world = world(tx, scope, row.enrollment_id, None).await?;
    wide::lock(tx, &world).await?;
    // Locked behind the sums: whoever changes sums makes the period due after that.
    let Some(row) = store::tier_period::lock(tx, id).await? else { return Ok(Vec::new()) };
    let (mut kept, mut looked) = (BTreeSet::new(), Looked::gather(tx, scope, of(&row), (world.clone(), Sheet::Ledger)).await?);
    while !keep(tx, &looked.claims, &mut kept).await? {
        looked = Looked::gather(tx, scope, of(&row), (world.clone(), Sheet::Ledger)).await?;
    }
    let settled = looked.settle(tx, Sheet::Ledger, now).await?;
    wide::write(tx, scope, &looked.tallied, &settled.entries, (&looked.world, now)).await?;
    messages.extend(post(poster, &looked, &settled).await?);
    store::insight::count(tx, scope, [(row.id.uuid(), adds(&looked, &settled))].into(), now).await?;
    store::tier_period::settled(tx, row.id, settled.due).await?;
    Ok(looked.claims.planned.into_keys().collect())
}

/// A stored period.
const fn of(row: &tier_period::Model) -> Period {
    Period { id: row.id, enrollment: row.enrollment_id, terms: row.terms_id, currency: row.currency, from: row.from_at, to: row.to_at }
}

/// The enrollment whose period it is, and its recruiters.
async fn world(
    tx: &DatabaseTransaction,
    scope: Scope,
    enrollment: EnrollmentId,
    proposal: Option<&Proposal>,
) -> Result<World, ServiceError> {
    let enrollments = store::world::enrollments(tx, scope, &[enrollment].into(), proposal).await?;
    Ok(World { enrollments, ..World::default() })
}

/// A period with all that settling it needs.
pub struct Looked {
    of: Period,
    /// Whose it is, and what others added to sums.
    pub world: World,
    commissions: Vec<commission::Model>,
    posted: BTreeMap<CommissionId, Standings>,
    claims: Claims,
    rates: Rates,
    /// What is stored of what it adds to sums itself.
    pub tallied: Vec<Stored>,
}

impl Looked {
    /// A stored period, as if something held that is proposed.
    ///
    /// # Errors
    /// [`ServiceError`] when the database fails or something stored cannot be read.
    pub async fn stored(
        tx: &DatabaseTransaction,
        scope: Scope,
        row: &tier_period::Model,
        (proposal, sheet): (Option<&Proposal>, Sheet),
    ) -> Result<Self, ServiceError> {
        Self::gather(tx, scope, of(row), (world(tx, scope, row.enrollment_id, proposal).await?, sheet)).await
    }

    /// The period of a sum on a sheet: the stored one, or that which there would be. Says also which it is. Nothing for sums of anything else.
    ///
    /// # Errors
    /// As [`Self::stored`].
    pub async fn of_sum(
        tx: &DatabaseTransaction,
        scope: Scope,
        tally: &Tally,
        (proposal, sheet): (Option<&Proposal>, Sheet),
    ) -> Result<Option<(Self, bool)>, ServiceError> {
        let (Owner::Enrollment(enrollment), Measure::Uplift { terms, .. }) = (tally.owner, tally.measure) else { return Ok(None) };
        let (Some(currency), from, Some(to)) = (tally.currency, tally.stretch.from(), tally.stretch.to()) else { return Ok(None) };
        let known = store::tier_period::known(tx, (enrollment, terms), from, currency).await?;
        let supposed = || Period { id: supposed_id(enrollment, terms, from, currency), enrollment, terms, currency, from, to };
        let period = known.as_ref().map_or_else(supposed, of);
        let world = world(tx, scope, enrollment, proposal).await?;
        Ok(Some((Self::gather(tx, scope, period, (world, sheet)).await?, known.is_some())))
    }

    async fn gather(tx: &DatabaseTransaction, scope: Scope, of: Period, (world, sheet): (World, Sheet)) -> Result<Self, ServiceError> {
        let commissions = store::commission::of_period(tx, of.id).await?;
        let ids: Vec<CommissionId> = commissions.iter().map(|row| row.id).collect();
        let (posted, claims) = (store::ledger::standings(tx, &ids).await?, store::payout::claims(tx, &ids).await?);
        let rates = rates(tx, scope, &of, &world, &ids).await?;
        let tallied = store::tally::of_period(tx, sheet, of.id).await?;
        Ok(Self { of, world, commissions, posted, claims, rates, tallied })
    }

    /// Decides what follows, with the sums of a sheet.
    ///
    /// # Errors
    /// [`ServiceError`] when the database fails.
    pub async fn settle(&mut self, tx: &DatabaseTransaction, sheet: Sheet, now: DateTime<Utc>) -> Result<PeriodSettlement, ServiceError> {
        let standing = person::beside_sales(&self.commissions, &self.claims);
        for _ in 0..MOST {
            let settled = settle_period(&self.of, &self.world, &standing, &self.rates, now);
            if !wide::learn(tx, sheet, &mut self.world, &settled.asked, &self.tallied).await? {
                return Ok(settled);
            }
        }
        Err(ServiceError::Internal("a period asks for sums without end".to_owned()))
    }

    /// What it earned, with where that stands and where it should.
    ///
    /// # Errors
    /// [`ServiceError`] when a sum is beyond 64 bits.
    pub fn compare(&self, settled: &PeriodSettlement) -> Result<Vec<Compared>, ServiceError> {
        let mut targets: BTreeMap<Name, &Commission> = settled.commissions.iter().map(|one| (name(one), one)).collect();
        let mut all = Vec::new();
        for row in &self.commissions {
            let target = targets.remove(&name_of(row));
            all.extend(compare::row(row, target, (self.posted.get(&row.id), self.claims.paid.get(&row.id)))?.0);
        }
        all.extend(targets.into_values().filter(|target| target.is_to_be_kept()).map(Compared::fresh));
        Ok(all)
    }
}

/// The id of a period that there is not yet: the same whenever it is asked for.
fn supposed_id(enrollment: EnrollmentId, terms: TermsId, from: DateTime<Utc>, currency: Currency) -> TierPeriodId {
    let digest = Sha256::digest(format!("{enrollment} {terms} {from} {currency}"));
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(&digest[..16]);
    TierPeriodId::from_uuid(Uuid::from_bytes(bytes))
}

/// The rates of the day on which the period ends; those by which something is stated already stay (MO-3).
async fn rates(
    tx: &DatabaseTransaction,
    scope: Scope,
    of: &Period,
    world: &World,
    commissions: &[CommissionId],
) -> Result<Rates, ServiceError> {
    let mut rates = Rates::none();
    for used in store::exchange::stated(tx, commissions).await? {
        rates.add(used.from, used.to, used.quote);
    }
    let programs = world.enrollments.values().filter_map(|known| known.stated_in.map(|(currency, _)| currency));
    let currencies: BTreeSet<Currency> = programs.chain([of.currency]).collect();
    stated::of_day(tx, scope, of.to.date_naive(), &currencies, &mut rates).await?;
    Ok(rates)
}

/// Brings what the period earned to its targets, those included that no longer have one (RF-1).
async fn post(poster: &Poster<'_>, known: &Looked, settled: &PeriodSettlement) -> Result<Vec<MessageId>, ServiceError> {
    let ids: Vec<CommissionId> = known.commissions.iter().map(|row| row.id).collect();
    let mut in_program = store::ledger::standings_stated(poster.tx, &ids).await?;
    let cases = store::fraud::cases(poster.tx, &ids).await?;
    let mut targets: BTreeMap<Name, &Commission> = settled.commissions.iter().map(|one| (name(one), one)).collect();
    let mut messages = Vec::new();
    for row in &known.commissions {
        let target = targets.remove(&name_of(row));
        let stands = Stands {
            posted: known.posted.get(&row.id).cloned().unwrap_or_default(),
            stated: in_program.remove(&row.id).unwrap_or_default(),
            rates: Some(&known.rates),
            restate: false,
            case: cases.get(&row.id),
            paid: known.claims.paid.get(&row.id),
        };
        messages.extend(poster.known(row, target, &stands, None).await?);
    }
    for target in targets.into_values().filter(|target| target.is_to_be_kept()) {
        messages.push(poster.fresh(target, Some(&known.rates), None).await?);
    }
    Ok(messages)
}

/// What the period adds to the figures.
fn adds(known: &Looked, settled: &PeriodSettlement) -> Adds {
    let targets: BTreeMap<Name, &Commission> = settled.commissions.iter().map(|one| (name(one), one)).collect();
    let stored: BTreeMap<Name, &commission::Model> = known.commissions.iter().map(|row| (name_of(row), row)).collect();
    let mut adds = Adds::nothing();
    for (name, target) in targets.iter().filter(|(name, target)| stored.contains_key(*name) || target.is_to_be_kept()) {
        let claimed = stored.get(name).map_or_else(Claimed::default, |row| known.claims.of(row.id, target.currency));
        let Commission { at, currency, state, amount, pending, held, .. } = **target;
        let Claimed { paid, sent, planned } = claimed;
        let earned = Earned { at, currency, state, amount, pending, held, paid, sent, planned };
        adds.join(insight::commission(&earned, place(target.program, target.enrollment, target.partner)));
    }
    for (_, gone) in stored.iter().filter(|(name, _)| !targets.contains_key(*name)) {
        let state = lost(gone, known.claims.paid.get(&gone.id));
        let earned = Earned::nothing(known.of.to, gone.currency, state);
        adds.join(insight::commission(&earned, place(gone.program_id, gone.enrollment_id, gone.partner_id)));
    }
    adds
}

fn place(program: entity::value::ProgramId, enrollment: entity::value::EnrollmentId, partner: entity::value::PartnerId) -> Place {
    Place { program: Some(program), enrollment: Some(enrollment), partner: Some(partner), ..Place::default() }
}
