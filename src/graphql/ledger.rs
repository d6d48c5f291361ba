//! Ledger entries, balances, and the check that the ledger adds up (MO-6).

use async_graphql::{Context, Object};
use chrono::{DateTime, NaiveDate, Utc};
use entity::value::{Currency, DecisionId, EntryId, EntryKind, ExchangeRate, LedgerAccount, Money as Amount, PartnerId, PostingId};
use entity::{commission, ledger_entry, partner, payout, purchase};

use super::batch::{BalancesOf, ProgramBalancesOf};
use super::commission::Commission;
use super::context::Ask;
use super::error::ApiResult;
use super::page::{Connection, Paging, cost};
use super::partner::Partner;
use super::payout::Payout;
use super::purchase::Purchase;
use super::row::row;
use super::scalar::Money;
use crate::domain::access::Action;
use crate::store::read::ledger::{self, LedgerEntryFilter, list};

/// One immutable line of a posting.
pub struct LedgerEntry(pub ledger_entry::Model);

impl From<ledger_entry::Model> for LedgerEntry {
    fn from(row: ledger_entry::Model) -> Self {
        Self(row)
    }
}

/// One immutable line of a posting, whose lines sum to zero. Readable by the merchant's members and keys; partners read those on their own
/// accounts.
#[Object]
impl LedgerEntry {
    /// Its id.
    pub async fn id(&self) -> EntryId {
        self.0.id
    }

    /// The posting of which it is a part.
    async fn posting_id(&self) -> PostingId {
        self.0.posting_id
    }

    /// The account.
    async fn account(&self) -> LedgerAccount {
        self.0.account
    }

    /// What moved it.
    async fn kind(&self) -> EntryKind {
        self.0.kind
    }

    /// How much. On a partner's accounts positive is owed to the partner.
    async fn amount(&self) -> Money {
        Amount::new(self.0.amount, self.0.currency).into()
    }

    /// The same in the program's currency, where the program has one (MO-2). Zero where the amount is too small for it.
    async fn program_amount(&self) -> Option<Money> {
        Some(Amount::new(self.0.program_amount?, self.0.program_currency?).into())
    }

    /// The exchange rate by which `programAmount` came about, as a decimal number. Null without one, and where both currencies are one.
    async fn exchange_rate(&self) -> Option<String> {
        let rate = ExchangeRate::new(self.0.rate_num?, self.0.rate_den?).ok()?;
        Some(rate.to_string())
    }

    /// Of which day the exchange rate is.
    async fn exchange_rate_day(&self) -> Option<NaiveDate> {
        self.0.rate_day
    }

    /// Who told the exchange rate.
    async fn exchange_rate_source(&self) -> Option<&str> {
        self.0.rate_source.as_deref()
    }

    /// The partner that it is about.
    async fn partner(&self, ctx: &Context<'_>) -> ApiResult<Option<Partner>> {
        row::<partner::Entity, _>(ctx, self.0.partner_id).await
    }

    /// The purchase that it is about.
    async fn purchase(&self, ctx: &Context<'_>) -> ApiResult<Option<Purchase>> {
        row::<purchase::Entity, _>(ctx, self.0.purchase_id).await
    }

    /// The commission that it is about.
    async fn commission(&self, ctx: &Context<'_>) -> ApiResult<Option<Commission>> {
        row::<commission::Entity, _>(ctx, self.0.commission_id).await
    }

    /// The decision from which it follows.
    async fn decision_id(&self) -> Option<DecisionId> {
        self.0.decision_id
    }

    /// The payout that moved it.
    async fn payout(&self, ctx: &Context<'_>) -> ApiResult<Option<Payout>> {
        row::<payout::Entity, _>(ctx, self.0.payout_id).await
    }

    /// When what it records happened.
    async fn occurred_at(&self) -> DateTime<Utc> {
        self.0.occurred_at
    }

    /// When it was written.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

/// What stands for a partner in one currency.
pub struct Balance(ledger::Balance);

/// What stands for a partner in one currency, each a sum of ledger entries. Readable by the merchant's members and keys, and by the partner.
#[Object]
impl Balance {
    /// In what.
    async fn currency(&self) -> Currency {
        self.0.currency
    }

    /// Earned and not payable yet, with what is held.
    async fn pending(&self) -> Money {
        self.money(self.0.pending)
    }

    /// The part of `pending` that is kept back for a reason.
    async fn held(&self) -> Money {
        self.money(self.0.held)
    }

    /// Payable now. Negative when refunds of paid commissions outweigh it; they are netted in later payouts (RF-7).
    async fn payable(&self) -> Money {
        self.money(self.0.payable)
    }

    /// In payouts that are planned, or on their way and not confirmed.
    async fn reserved(&self) -> Money {
        self.money(self.0.reserved)
    }

    /// Paid out so far, in the currency in which it was earned, whatever it was paid in (MO-5).
    async fn paid(&self) -> Money {
        self.money(self.0.paid)
    }
}

impl Balance {
    fn money(&self, minor: i64) -> Money {
        Amount::new(minor, self.0.currency).into()
    }
}

/// The balances of a partner, by currency; none for a partner who never had an entry, or of whom the viewer may not know.
///
/// # Errors
/// When the viewer may not read, or the database fails.
pub async fn balances_of(ctx: &Context<'_>, partner: PartnerId) -> ApiResult<Vec<Balance>> {
    let found = ctx.loader().load_one(BalancesOf(ctx.reads()?, partner)).await?;
    Ok(found.unwrap_or_default().into_iter().map(Balance).collect())
}

/// The same in the currencies of the partner's programs, each over everything that is stated in it (MO-2).
///
/// # Errors
/// When the viewer may not read, or the database fails.
pub async fn program_balances_of(ctx: &Context<'_>, partner: PartnerId) -> ApiResult<Vec<Balance>> {
    let found = ctx.loader().load_one(ProgramBalancesOf(ctx.reads()?, partner)).await?;
    Ok(found.unwrap_or_default().into_iter().map(Balance).collect())
}

/// Reading the ledger.
#[derive(Default)]
pub struct LedgerQuery;

/// Reading the ledger.
#[Object]
impl LedgerQuery {
    /// Ledger entries, the newest first; for a partner those on their own accounts.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    async fn ledger_entries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only those that fit.", default)] filter: LedgerEntryFilter,
    ) -> ApiResult<Connection<LedgerEntry>> {
        let window = Paging::new(first, after, last, before).window()?;
        Ok(Connection::new(list(ctx.services().db.read(), ctx.reads()?, &filter, &window).await?))
    }

    /// What stands for a partner, by currency. Readable by the merchant's members and keys, and by the partner.
    async fn balances(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The partner; of others a partner sees none.")] partner_id: PartnerId,
    ) -> ApiResult<Vec<Balance>> {
        balances_of(ctx, partner_id).await
    }

    /// What stands for a partner in the currencies of programs, whatever the purchases' own currencies are (MO-2). What a program without
    /// a currency brought is in none of them. Readable by the merchant's members and keys, and by the partner.
    async fn program_balances(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The partner; of others a partner sees none.")] partner_id: PartnerId,
    ) -> ApiResult<Vec<Balance>> {
        program_balances_of(ctx, partner_id).await
    }

    /// The sum over all accounts of the merchant for each currency. Anything but zero means that the ledger is broken (MO-6). Readable by
    /// those who may move money.
    #[graphql(complexity = "100 + child_complexity")]
    async fn ledger_sums(&self, ctx: &Context<'_>) -> ApiResult<Vec<Money>> {
        let scope = ctx.scope(Action::MoveMoney)?;
        let sums = ledger::sums(ctx.services().db.read(), scope).await?;
        Ok(sums.into_iter().map(Money).collect())
    }
}
