//! Settling a period of the tiers: what its level adds at the end is posted like all else that is earned (CO-7).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use entity::value::{CommissionId, Currency, MessageId, Mode, TierPeriodId};
use entity::{commission, tier_period};
use sea_orm::DatabaseTransaction;

use super::post::{Name, Poster, Stands, lost, name, name_of};
use super::{ring, wide};
use crate::domain::access::Scope;
use crate::domain::exchange::Rates;
use crate::domain::insight::{self, Adds, Earned, Place};
use crate::domain::person::World;
use crate::domain::settle::{Commission, Period, PeriodSettlement, settle_period};
use crate::service::{ServiceError, Services, person, retry, stated};
use crate::store;
use crate::store::ledger::Paid;

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
        let enrollments = store::world::enrollments(tx, scope, &[row.enrollment_id].into()).await?;
        let mut world = World { enrollments, ..World::default() };
        wide::lock(tx, &world).await?;
        // Locked behind the sums: whoever changes sums makes the period due after that.
        let Some(row) = store::tier_period::lock(tx, *id).await? else { continue };
        let poster = Poster { tx, scope, now };
        messages.extend(one(&poster, &row, &mut world).await?);
    }
    Ok(messages)
}

/// What is stored of what a period earned.
struct Known {
    commissions: Vec<commission::Model>,
    paid: BTreeMap<CommissionId, Paid>,
    rates: Rates,
}

async fn one(poster: &Poster<'_>, row: &tier_period::Model, world: &mut World) -> Result<Vec<MessageId>, ServiceError> {
    let Poster { tx, scope, now } = *poster;
    let commissions = store::commission::of_period(tx, row.id).await?;
    let ids: Vec<CommissionId> = commissions.iter().map(|row| row.id).collect();
    let paid = store::ledger::paid(tx, &ids).await?;
    let rates = rates(tx, scope, row, world, &ids).await?;
    let known = Known { commissions, paid, rates };
    let standing = person::beside_sales(&known.commissions, &known.paid);
    let stored = store::tally::of_period(tx, row.id).await?;
    let of =
        Period { id: row.id, enrollment: row.enrollment_id, terms: row.terms_id, currency: row.currency, from: row.from_at, to: row.to_at };
    for _ in 0..MOST {
        let settled = settle_period(&of, world, &standing, &known.rates, now);
        if wide::learn(tx, world, &settled.asked, &stored).await? {
            continue;
        }
        wide::write(tx, scope, &stored, &settled.entries, (&*world, now)).await?;
        let messages = post(poster, &known, &settled, &ids).await?;
        let adds = adds(row, &known, &settled);
        store::insight::count(tx, scope, [(row.id.uuid(), adds)].into(), now).await?;
        store::tier_period::settled(tx, row.id, settled.due).await?;
        return Ok(messages);
    }
    Err(ServiceError::Internal("a period asks for sums without end".to_owned()))
}

/// The rates of the day on which the period ends; those by which something is stated already stay (MO-3).
async fn rates(
    tx: &DatabaseTransaction,
    scope: Scope,
    row: &tier_period::Model,
    world: &World,
    commissions: &[CommissionId],
) -> Result<Rates, ServiceError> {
    let mut rates = Rates::none();
    for used in store::exchange::stated(tx, commissions).await? {
        rates.add(used.from, used.to, used.quote);
    }
    let programs = world.enrollments.values().filter_map(|known| known.stated_in.map(|(currency, _)| currency));
    let currencies: BTreeSet<Currency> = programs.chain([row.currency]).collect();
    stated::of_day(tx, scope, row.to_at.date_naive(), &currencies, &mut rates).await?;
    Ok(rates)
}

/// Brings what the period earned to its targets, those included that no longer have one (RF-1).
async fn post(
    poster: &Poster<'_>,
    known: &Known,
    settled: &PeriodSettlement,
    ids: &[CommissionId],
) -> Result<Vec<MessageId>, ServiceError> {
    let mut posted = store::ledger::standings(poster.tx, ids).await?;
    let mut in_program = store::ledger::standings_stated(poster.tx, ids).await?;
    let cases = store::fraud::cases(poster.tx, ids).await?;
    let mut targets: BTreeMap<Name, &Commission> = settled.commissions.iter().map(|one| (name(one), one)).collect();
    let mut messages = Vec::new();
    for row in &known.commissions {
        let target = targets.remove(&name_of(row));
        let stands = Stands {
            posted: posted.remove(&row.id).unwrap_or_default(),
            stated: in_program.remove(&row.id).unwrap_or_default(),
            rates: Some(&known.rates),
            restate: false,
            case: cases.get(&row.id),
            paid: known.paid.contains_key(&row.id),
        };
        messages.extend(poster.known(row, target, &stands, None).await?);
    }
    for target in targets.into_values().filter(|target| target.is_to_be_kept()) {
        messages.push(poster.fresh(target, Some(&known.rates), None).await?);
    }
    Ok(messages)
}

/// What the period adds to the figures.
fn adds(row: &tier_period::Model, known: &Known, settled: &PeriodSettlement) -> Adds {
    let targets: BTreeMap<Name, &Commission> = settled.commissions.iter().map(|one| (name(one), one)).collect();
    let stored: BTreeMap<Name, &commission::Model> = known.commissions.iter().map(|row| (name_of(row), row)).collect();
    let mut adds = Adds::nothing();
    for (name, target) in targets.iter().filter(|(name, target)| stored.contains_key(*name) || target.is_to_be_kept()) {
        let paid = stored.get(name).and_then(|row| known.paid.get(&row.id)).map_or(0, |paid| paid.sum(target.currency));
        let Commission { at, currency, state, amount, pending, held, .. } = **target;
        let earned = Earned { at, currency, state, amount, pending, held, paid };
        adds.join(insight::commission(&earned, place(target.program, target.enrollment, target.partner)));
    }
    for (_, gone) in stored.iter().filter(|(name, _)| !targets.contains_key(*name)) {
        let state = lost(gone, known.paid.contains_key(&gone.id));
        let earned = Earned { at: row.to_at, currency: gone.currency, state, amount: 0, pending: 0, held: 0, paid: 0 };
        adds.join(insight::commission(&earned, place(gone.program_id, gone.enrollment_id, gone.partner_id)));
    }
    adds
}

fn place(program: entity::value::ProgramId, enrollment: entity::value::EnrollmentId, partner: entity::value::PartnerId) -> Place {
    Place { program: Some(program), enrollment: Some(enrollment), partner: Some(partner), ..Place::default() }
}
