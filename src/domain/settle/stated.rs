//! What a commission is in the currency of its program (MO-2 to MO-4).

use chrono::{DateTime, Utc};
use entity::value::{Currency, Money, MoneyError};

use crate::domain::exchange::{Quote, Rates};
use crate::domain::ledger::Target;
use crate::domain::person::{Enrollment, Standing};
use crate::domain::step::Steps;

/// In which currency a commission is stated beside its own, and by which rate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stated {
    /// The program's currency.
    pub currency: Currency,
    /// The rate of the purchase; nothing where both currencies are one, or the rate is not known yet.
    pub quote: Option<Quote>,
}

impl Stated {
    /// What an amount of the commission is in the program's currency, in its minor units. Nothing is nothing in every currency.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] when it is beyond 64 bits.
    pub fn convert(&self, own: Money) -> Result<i64, MoneyError> {
        match self.quote.as_ref().filter(|_| own.minor != 0) {
            Some(quote) => Ok(quote.rate.convert(own, self.currency)?.minor),
            None => Ok(own.minor),
        }
    }

    /// Where a commission should stand in the program's currency. Its whole is converted, so that what goes back in parts leaves nothing
    /// behind (MO-3); of the whole, what is payable is converted, and the rest is not payable yet.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] when an amount is beyond 64 bits.
    pub fn target(&self, own: &Target, currency: Currency) -> Result<Target, MoneyError> {
        let convert = |minor: i64| self.convert(Money::new(minor, currency));
        let (earned, amount) = (convert(own.earned)?, convert(own.amount)?);
        let payable = convert(own.amount.checked_sub(own.pending).ok_or(MoneyError::Overflow)?)?;
        Ok(Target { earned, amount, pending: amount.checked_sub(payable).ok_or(MoneyError::Overflow)? })
    }
}

/// What is to be stated: when it was earned, and the rates that hold for it.
pub(super) struct Told<'a> {
    pub currency: Currency,
    pub at: DateTime<Utc>,
    pub rates: &'a Rates,
}

/// How a commission is stated.
#[derive(Default)]
pub(super) struct Statement {
    pub stated: Option<Stated>,
    /// Whether no rate is known by which it could be, so that nothing is posted.
    pub is_missing: bool,
    /// Whether it waits for one.
    pub waits: bool,
}

/// States a commission of which `earned` was earned and `amount` is left, by the rate of what earned it, so that a refund uses the purchase's
/// rate (MO-3). Without a rate it waits for one (MO-4); what went back in full waits for none.
pub(super) fn statement(
    told: &Told<'_>,
    known: &Enrollment,
    standing: &Standing,
    (earned, amount): (i64, i64),
    steps: &mut Steps,
) -> Statement {
    let Some(to) = currency(told.at, known, standing) else {
        return Statement::default();
    };
    let own = |minor| Money::new(minor, told.currency);
    let stated = Stated { currency: to, quote: told.rates.get(told.currency, to).cloned() };
    let known = to == told.currency || stated.quote.is_some();
    let converted = known.then(|| stated.convert(own(earned)).and_then(|_| stated.convert(own(amount))));
    let waits = amount != 0 && !matches!(converted, Some(Ok(_)));
    match (&converted, &stated.quote) {
        _ if amount == 0 => {}
        (Some(Ok(minor)), Some(Quote { rate, day, source })) => {
            steps.add("MO-2", format!("in the program's currency {}, at {rate} of {day} by {source}", Money::new(*minor, to)), None);
        }
        (Some(Ok(_)), None) => {}
        (Some(Err(error)), _) => steps.add("MO-2", format!("cannot be converted: {error}"), None),
        (None, _) => {
            let text = format!("no rate from {} to {to} is known yet for that day", told.currency);
            steps.add("MO-4", text, None);
        }
    }
    Statement { is_missing: !matches!(converted, Some(Ok(_))), stated: Some(stated), waits }
}

/// The currency in which the commission was stated when it was first earned; for a new one that of the program, if it had one by then.
fn currency(at: DateTime<Utc>, known: &Enrollment, standing: &Standing) -> Option<Currency> {
    let of_program = || known.stated_in.filter(|(_, from)| from.is_none_or(|from| from <= at)).map(|(currency, _)| currency);
    standing.stated_in.unwrap_or_else(of_program)
}
