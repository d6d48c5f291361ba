//! What a payout claims, and what that moves on the ledger: claimed, given back, and claimed anew (RF-8).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use entity::value::{CommissionId, Currency, EntryKind, ExchangeRate, Money, MoneyError, PartnerId, PayoutId, PayoutStatus, PostingId};
use entity::{ledger_entry, payout};
use sea_orm::DatabaseTransaction;

use crate::domain::access::Scope;
use crate::domain::exchange::{Quote, latest};
use crate::domain::ledger::{Line, Posting};
use crate::domain::payout::{self as books, Entry, Move, total};
use crate::service::{Refusal, RefusalCode, ServiceError};
use crate::store;
use crate::store::ledger::{About, Stated};
use crate::store::payout::Earners;

/// Why a payout is cancelled for another one.
const CHANGED: &str = "what one of its commissions earns changed before it was sent (RF-8)";

/// What is paid in another currency than was earned, by one rate (MO-5).
#[derive(Clone, Debug)]
pub struct Conversion {
    paid: Money,
    quote: Quote,
}

impl Conversion {
    /// By the last rate that is known when the payout is planned.
    pub async fn of_day(
        tx: &DatabaseTransaction,
        scope: Scope,
        amount: Money,
        to: Currency,
        at: DateTime<Utc>,
    ) -> Result<Self, ServiceError> {
        let day = at.date_naive();
        let dailies = store::exchange::around(tx, scope.merchant(), &[amount.currency, to].into(), day).await?;
        let quote = latest(&dailies, amount.currency, to, day).ok_or_else(|| {
            let text =
                format!("no exchange rate from {} to {to} is known of {day} or the seven days before; bring one in", amount.currency);
            Refusal::new("paidIn", RefusalCode::WrongState, text)
        })?;
        Self::by(amount, to, quote)
    }

    fn by(amount: Money, to: Currency, quote: Quote) -> Result<Self, ServiceError> {
        Ok(Self { paid: quote.rate.convert(amount, to).map_err(overflow)?, quote })
    }

    /// By the rate that a payout has already: it is kept where the payout is planned anew.
    fn kept(row: &payout::Model, amount: Money) -> Result<Option<Self>, ServiceError> {
        let (Some(to), Some(num), Some(den), Some(day), Some(source)) =
            (row.paid_currency, row.rate_num, row.rate_den, row.rate_day, row.rate_source.clone())
        else {
            return Ok(None);
        };
        let rate = ExchangeRate::new(num, den)
            .map_err(|error| ServiceError::Internal(format!("the rate of {} cannot be used: {error}", row.id)))?;
        Self::by(amount, to, Quote { rate, day, source }).map(Some)
    }
}

/// Entries as the books see them.
pub fn entries(rows: &[ledger_entry::Model]) -> Vec<Entry> {
    let stated = |row: &ledger_entry::Model| Some(Money::new(row.program_amount?, row.program_currency?));
    rows.iter().map(|row| Entry { amount: row.amount, stated: stated(row) }).collect()
}

/// Stores a payout of these entries, whose sum is its amount, and posts what it moves.
pub(super) async fn claim(
    tx: &DatabaseTransaction,
    scope: Scope,
    row: payout::Model,
    claimed: &[ledger_entry::Model],
    conversion: Option<Conversion>,
) -> Result<payout::Model, ServiceError> {
    let paid = conversion.as_ref().map(|conversion| conversion.paid);
    if paid.is_some_and(|paid| paid.minor <= 0) {
        let text = "what is payable comes to nothing in the currency in which it is to be paid";
        return Err(Refusal::new("paidIn", RefusalCode::WrongState, text).into());
    }
    let quote = conversion.map(|conversion| conversion.quote);
    let row = payout::Model {
        paid_currency: paid.map(|paid| paid.currency),
        paid_amount: paid.map(|paid| paid.minor),
        rate_num: quote.as_ref().map(|quote| quote.rate.num()),
        rate_den: quote.as_ref().map(|quote| quote.rate.den()),
        rate_day: quote.as_ref().map(|quote| quote.day),
        rate_source: quote.map(|quote| quote.source),
        ..row
    };
    let ids: Vec<_> = claimed.iter().map(|entry| entry.id).collect();
    let row = store::payout::claim(tx, row, &ids).await?;
    let moves = books::claim(&entries(claimed), row.currency, paid).map_err(overflow)?;
    post(tx, scope, moves, (row.partner_id, Some(row.id)), row.created_at).await?;
    Ok(row)
}

/// Posts what moves for a partner as a whole, by a payout where it is one.
pub async fn post(
    tx: &DatabaseTransaction,
    scope: Scope,
    moves: Vec<Move>,
    (partner, payout): (PartnerId, Option<PayoutId>),
    now: DateTime<Utc>,
) -> Result<(), ServiceError> {
    for Move { currency, posting, stated } in moves {
        let about =
            About { currency, partner, enrollment: None, purchase: None, commission: None, decision: None, payout, occurred_at: now };
        let stated = stated.map(|(currency, amounts)| Stated { currency, amounts, quote: None });
        store::ledger::post_stated(tx, scope, (&posting, stated.as_ref()), &about, now).await?;
    }
    Ok(())
}

/// Ends a payout that pays nothing: posts the opposite of what it moved, and frees its entries. It stays as it was for whoever looks back.
pub(super) async fn end(
    tx: &DatabaseTransaction,
    scope: Scope,
    row: payout::Model,
    (status, reason, replaced_by): (PayoutStatus, String, Option<PayoutId>),
    now: DateTime<Utc>,
) -> Result<payout::Model, ServiceError> {
    let mut postings: BTreeMap<PostingId, Vec<ledger_entry::Model>> = BTreeMap::new();
    for entry in store::payout::posted(tx, row.id).await? {
        postings.entry(entry.posting_id).or_default().push(entry);
    }
    let moves =
        postings.into_values().filter_map(|lines| opposite(&lines).transpose()).collect::<Result<Vec<Move>, _>>().map_err(overflow)?;
    post(tx, scope, moves, (row.partner_id, Some(row.id)), now).await?;
    store::payout::release(tx, row.id, now).await?;
    let row = payout::Model { status, cancelled_at: Some(now), cancelled_reason: Some(reason), replaced_by_id: replaced_by, ..row };
    Ok(store::row::save(tx, row).await?)
}

fn opposite(lines: &[ledger_entry::Model]) -> Result<Option<Move>, MoneyError> {
    let Some(first) = lines.first() else { return Ok(None) };
    let negated = |of: i64| of.checked_neg().ok_or(MoneyError::Overflow);
    let line = |line: &ledger_entry::Model| Ok::<_, MoneyError>(Line { account: line.account, amount: negated(line.amount)? });
    let amounts = || lines.iter().map(|line| negated(line.program_amount.unwrap_or(0))).collect::<Result<Vec<i64>, _>>();
    let stated = first.program_currency.map(|currency| Ok::<_, MoneyError>((currency, amounts()?))).transpose()?;
    let posting = Posting { kind: EntryKind::Payout, lines: lines.iter().map(line).collect::<Result<_, _>>()? };
    Ok(Some(Move { currency: first.currency, posting, stated }))
}

/// RF-8: plans anew every planned payout that lacks an entry of one of these commissions, which were just settled and of which such payouts
/// claim something. Returns those who decide on commissions that are in a payout now and were in none, or the other way round.
///
/// A planned payout claims all that is payable of each commission of which it claims anything. So an entry that is not claimed tells that
/// something changed, in whatever order transactions came. What is left of the same commissions is claimed, and what else became payable
/// meanwhile waits for the next payout. Where nothing is left to be paid, the payout is cancelled and none takes its place.
///
/// # Errors
/// [`ServiceError`] when the database fails or a sum is beyond 64 bits.
pub async fn replan(
    tx: &DatabaseTransaction,
    scope: Scope,
    commissions: &[CommissionId],
    now: DateTime<Utc>,
) -> Result<Earners, ServiceError> {
    let mut loose = store::payout::unclaimed_of(tx, commissions).await?;
    if loose.is_empty() {
        return Ok(Earners::default());
    }
    let named: Vec<CommissionId> = loose.iter().filter_map(|entry| entry.commission_id).collect();
    let claims = store::payout::claims(tx, &named).await?;
    let plans: BTreeSet<PayoutId> = claims.planned.into_values().flat_map(|planned| planned.payouts).collect();
    let mut changed = Vec::new();
    for old in store::payout::lock(tx, &plans).await?.into_iter().filter(|row| row.status == PayoutStatus::Planned) {
        let before = store::payout::entries(tx, old.id).await?;
        let own: BTreeSet<CommissionId> = before.iter().filter_map(|entry| entry.commission_id).collect();
        let lacks = |entry: &ledger_entry::Model| {
            entry.currency == old.currency && entry.commission_id.is_some_and(|commission| own.contains(&commission))
        };
        let (more, rest): (Vec<_>, Vec<_>) = loose.into_iter().partition(lacks);
        loose = rest;
        if more.is_empty() {
            continue;
        }
        let was = reserved(&before);
        let after: Vec<ledger_entry::Model> = before.into_iter().chain(more).collect();
        let is = if anew(tx, scope, old, &after, now).await? { reserved(&after) } else { BTreeSet::new() };
        changed.extend(was.symmetric_difference(&is).copied());
    }
    Ok(store::payout::earners_of(tx, &changed).await?)
}

/// Cancels a payout, and plans one of these entries in its place where they come to anything that can be paid. Says whether they do.
async fn anew(
    tx: &DatabaseTransaction,
    scope: Scope,
    old: payout::Model,
    claimed: &[ledger_entry::Model],
    now: DateTime<Utc>,
) -> Result<bool, ServiceError> {
    let amount = Money::new(total(&entries(claimed)).map_err(overflow)?, old.currency);
    let conversion = Conversion::kept(&old, amount)?;
    let is_paid = conversion.as_ref().map_or(amount, |conversion| conversion.paid).minor > 0 && amount.minor > 0;
    let next = payout::Model { id: PayoutId::new_at(now), amount: amount.minor, created_at: now, ..old.clone() };
    let replaced_by = is_paid.then_some(next.id);
    end(tx, scope, old, (PayoutStatus::Cancelled, CHANGED.to_owned(), replaced_by), now).await?;
    if is_paid {
        claim(tx, scope, next, claimed, conversion).await?;
    }
    Ok(is_paid)
}

/// The commissions of which entries pay something together.
fn reserved(entries: &[ledger_entry::Model]) -> BTreeSet<CommissionId> {
    let mut sums: BTreeMap<CommissionId, i64> = BTreeMap::new();
    for entry in entries {
        if let Some(commission) = entry.commission_id {
            let sum = sums.entry(commission).or_default();
            *sum = sum.saturating_add(entry.amount);
        }
    }
    sums.into_iter().filter(|(_, sum)| *sum > 0).map(|(commission, _)| commission).collect()
}

/// What became of a sum that is beyond 64 bits.
pub fn overflow(error: MoneyError) -> ServiceError {
    ServiceError::Internal(format!("a payout cannot be made: {error}"))
}
