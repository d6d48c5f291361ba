//! Bringing commissions to their targets on the ledger (RF-1), whatever earned them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::value::{
    CommissionId, CommissionKind, CommissionState, Currency, DecisionId, EnrollmentId, LedgerAccount, MessageId, Money, MoneyError,
};
use entity::{commission, fraud_case};
use sea_orm::DatabaseTransaction;
use serde_json::json;

use super::COMMISSION_CHANGED;
use crate::domain::access::Scope;
use crate::domain::exchange::{Quote, Rates};
use crate::domain::ledger::{self, Posting, Standing, Target};
use crate::domain::lifecycle;
use crate::domain::settle::{Commission, Stated};
use crate::service::{ServiceError, fraud};
use crate::store;
use crate::store::commission::Change;
use crate::store::payout::Paid;

/// What tells one commission from all others: no two share all three.
pub(super) type Name = (EnrollmentId, CommissionKind, String);

/// The name of a stored commission.
pub(super) fn name_of(row: &commission::Model) -> Name {
    (row.enrollment_id, row.kind, row.subject.clone())
}

/// The name of a commission to be.
pub(super) fn name(commission: &Commission) -> Name {
    (commission.enrollment, commission.origin.kind(), commission.origin.to_string())
}

/// What stands in the books for a stored commission.
#[derive(Clone, Debug, Default)]
pub(super) struct Stands<'a> {
    /// On the ledger.
    pub posted: store::ledger::Standings,
    /// The same in the program's currency (MO-2).
    pub stated: store::ledger::Standings,
    /// The rates that its purchase uses.
    pub rates: Option<&'a Rates>,
    /// Whether what is stated may have been by the rate of another day.
    pub restate: bool,
    /// Its case of fraud.
    pub case: Option<&'a fraud_case::Model>,
    /// What payouts paid of it.
    pub paid: Option<&'a Paid>,
}

/// Moves commissions to where they should stand, inside the caller's transaction.
#[derive(Clone, Copy)]
pub(super) struct Poster<'a> {
    pub tx: &'a DatabaseTransaction,
    pub scope: Scope,
    pub now: DateTime<Utc>,
}

impl Poster<'_> {
    /// A commission that is stored already: moves it to its target, or to nothing.
    pub async fn known(
        &self,
        row: &commission::Model,
        target: Option<&Commission>,
        stands: &Stands<'_>,
        decision: Option<DecisionId>,
    ) -> Result<Option<MessageId>, ServiceError> {
        let change = match target {
            Some(target) => change(row, target)?,
            None => Change {
                state: lost(row, stands.paid),
                currency: row.currency,
                holds: Vec::new().into(),
                held: 0,
                program_held: 0,
                release_at: row.release_at,
                steps: row.steps.clone(),
                at: row.purchased_at,
            },
        };
        let mut about = store::ledger::About {
            currency: row.currency,
            partner: row.partner_id,
            enrollment: Some(row.enrollment_id),
            purchase: row.purchase_id,
            commission: Some(row.id),
            decision,
            payout: None,
            occurred_at: change.at,
        };
        let mut moved = false;
        // BA-8: what was posted in a currency that turned out to be the buyer's comes to nothing, and is posted anew in the merchant's.
        let mut targets: BTreeMap<_, _> = stands.posted.keys().map(|currency| (*currency, Target::default())).collect();
        targets.extend(target.map(|target| (target.currency, target.target())));
        for (currency, target) in targets {
            about.currency = currency;
            moved |= self.bring(stands, row.program_currency, &target, &about).await?;
        }
        let found = fraud::Found { commission: row.id, target, whose: (row.program_id, row.partner_id) };
        fraud::note(self.tx, self.scope, stands.case, &found, self.now).await?;
        if !moved && change.is_in(row) {
            return Ok(None);
        }
        // One that was stored just now is as it is to be, but for what was posted.
        if !(change.is_in(row) && row.updated_at == self.now) {
            store::commission::change(self.tx, row.id, change, self.now).await?;
        }
        self.tell(row.id, row).await.map(Some)
    }

    /// Posts what brings a commission to a target in the currency of `about`. Says whether that was anything.
    async fn bring(
        &self,
        stands: &Stands<'_>,
        program: Option<Currency>,
        target: &Target,
        about: &store::ledger::About,
    ) -> Result<bool, ServiceError> {
        let mut books = stands.books(about.currency);
        let mut moved = false;
        // MO-2: what was stated by the rate of another day comes to nothing, by no one rate, and is stated anew.
        if stands.is_restated(program, about.currency, &books).map_err(overflow)? {
            for (posting, told) in stands.postings(program, about.currency, &books, &Target::default()).map_err(overflow)? {
                let told = told.map(|told| store::ledger::Stated { quote: None, ..told });
                store::ledger::post_stated(self.tx, self.scope, (&posting, told.as_ref()), about, self.now).await?;
                books.add(&posting, told.as_ref());
                moved = true;
            }
        }
        for (posting, told) in stands.postings(program, about.currency, &books, target).map_err(overflow)? {
            store::ledger::post_stated(self.tx, self.scope, (&posting, told.as_ref()), about, self.now).await?;
            moved = true;
        }
        Ok(moved)
    }

    /// A commission that is earned for the first time.
    pub async fn fresh(&self, target: &Commission, rates: Option<&Rates>, decision: Option<DecisionId>) -> Result<MessageId, ServiceError> {
        let row = store::commission::insert(self.tx, self.scope, target, self.now).await?;
        let nothing = Stands { rates, ..Stands::default() };
        let told = self.known(&row, Some(target), &nothing, decision).await?;
        match told {
            Some(message) => Ok(message),
            None => self.tell(row.id, &row).await,
        }
    }

    async fn tell(&self, id: CommissionId, row: &commission::Model) -> Result<MessageId, ServiceError> {
        let payload = json!({ "commission": id, "purchase": row.purchase_id, "partner": row.partner_id });
        Ok(store::outbox::add(self.tx, self.scope, COMMISSION_CHANGED, id.to_string(), payload, self.now).await?)
    }
}

/// What stands of a commission in one currency, and the same in the program's.
struct Books {
    own: Standing,
    stated: Standing,
}

impl Books {
    fn add(&mut self, posting: &Posting, told: Option<&store::ledger::Stated>) {
        for (place, line) in posting.lines.iter().enumerate() {
            if !matches!(line.account, LedgerAccount::PartnerPending | LedgerAccount::PartnerPayable) {
                continue;
            }
            let own = self.own.entry((line.account, posting.kind)).or_default();
            *own = own.saturating_add(line.amount);
            if let Some(amount) = told.and_then(|told| told.amounts.get(place)) {
                let stated = self.stated.entry((line.account, posting.kind)).or_default();
                *stated = stated.saturating_add(*amount);
            }
        }
    }
}

impl Stands<'_> {
    fn books(&self, currency: Currency) -> Books {
        let of = |standings: &store::ledger::Standings| standings.get(&currency).cloned().unwrap_or_default();
        Books { own: of(&self.posted), stated: of(&self.stated) }
    }

    fn quote(&self, own: Currency, program: Currency) -> Option<&Quote> {
        self.rates.and_then(|rates| rates.get(own, program))
    }

    /// Whether what stands in the program's currency is not what it is by the rate of the purchase.
    fn is_restated(&self, program: Option<Currency>, own: Currency, books: &Books) -> Result<bool, MoneyError> {
        let Some((program, quote)) = program.filter(|_| self.restate).and_then(|program| Some((program, self.quote(own, program)?))) else {
            return Ok(false);
        };
        let whole = |of: &Standing| of.values().try_fold(0_i64, |sum, one| sum.checked_add(*one)).ok_or(MoneyError::Overflow);
        Ok(quote.rate.convert(Money::new(whole(&books.own)?, own), program)?.minor != whole(&books.stated)?)
    }

    /// The postings that lead to a target, each with what it is in the program's currency, where the program has one (MO-2).
    fn postings(
        &self,
        program: Option<Currency>,
        own: Currency,
        books: &Books,
        target: &Target,
    ) -> Result<Vec<(Posting, Option<store::ledger::Stated>)>, MoneyError> {
        let postings = ledger::to_target(&books.own, target)?;
        let Some(currency) = program else { return Ok(postings.into_iter().map(|posting| (posting, None)).collect()) };
        let quote = self.quote(own, currency).cloned();
        let stated = Stated { currency, quote: quote.clone() }.target(target, own)?;
        let amounts = ledger::stated(&postings, target, &books.stated, &stated)?;
        let told = amounts.into_iter().map(|amounts| store::ledger::Stated { currency, amounts, quote: quote.clone() });
        Ok(postings.into_iter().zip(told.map(Some)).collect())
    }
}

pub(super) fn change(row: &commission::Model, target: &Commission) -> Result<Change, ServiceError> {
    Ok(Change {
        program_held: held(row, target).map_err(overflow)?,
        state: target.state,
        currency: target.currency,
        holds: target.holds.clone().into(),
        held: target.held,
        release_at: Some(target.release_at),
        steps: store::commission::steps(target)?,
        at: target.at,
    })
}

/// What is kept back of a commission in its program's currency, of what is not payable in it.
fn held(row: &commission::Model, of: &Commission) -> Result<i64, MoneyError> {
    let Some(stated) = of.stated.as_ref().filter(|stated| Some(stated.currency) == row.program_currency && of.held != 0) else {
        return Ok(0);
    };
    let pending = stated.target(&of.target(), of.currency)?.pending;
    let held = stated.convert(Money::new(of.held, of.currency))?;
    Ok(if of.held == of.pending { pending } else { held.min(pending) })
}

/// The state of a commission that no longer earns anything (LC).
pub(super) fn lost(row: &commission::Model, paid: Option<&Paid>) -> CommissionState {
    if paid.is_some() || row.state == CommissionState::Paid {
        lifecycle::ended(paid.is_some_and(Paid::is_on_its_way))
    } else if row.rejected_at.is_some() {
        CommissionState::Rejected
    } else {
        CommissionState::Reversed
    }
}

pub(super) fn overflow(error: MoneyError) -> ServiceError {
    ServiceError::Internal(format!("a commission cannot be posted: {error}"))
}
