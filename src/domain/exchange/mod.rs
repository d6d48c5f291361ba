//! Which exchange rate holds for a purchase (MO-2 to MO-4), and for a payout (MO-5).
//!
//! Decides by stored daily rates and the day of the purchase alone, never by the time at which a rate was told, and never guesses: where
//! no rate holds, the answer is none.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};
use entity::value::{Currency, ExchangeRate, Money, MoneyError};

/// How many days before the purchase a rate may be of: over a long holiday.
pub const REACH: Days = Days::new(7);

/// One stored rate of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Daily {
    /// Of which day (UTC).
    pub day: NaiveDate,
    /// One unit of this currency …
    pub base: Currency,
    /// … is worth `rate` units of this one.
    pub quote: Currency,
    /// How many.
    pub rate: ExchangeRate,
    /// Who says so.
    pub source: String,
    /// Whether the merchant told it: it then goes before the instance's own.
    pub own: bool,
}

/// A rate as a purchase uses it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// From one unit of the first currency to units of the second.
    pub rate: ExchangeRate,
    /// Of which day.
    pub day: NaiveDate,
    /// Who says so.
    pub source: String,
}

/// The rates that hold for one purchase.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rates(BTreeMap<(Currency, Currency), Quote>);

impl Rates {
    /// No rates: for amounts of one currency.
    #[must_use]
    pub const fn none() -> Self {
        Self(BTreeMap::new())
    }

    /// Adds the rate from one currency to another, unless one is there: the first that was used stays (MO-3).
    pub fn add(&mut self, from: Currency, to: Currency, quote: Quote) {
        self.0.entry((from, to)).or_insert(quote);
    }

    /// The rate from one currency to another.
    #[must_use]
    pub fn get(&self, from: Currency, to: Currency) -> Option<&Quote> {
        self.0.get(&(from, to))
    }

    /// An amount in another currency; as it is where that is its own. None without a rate (MO-4): never one to one.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] when the result is beyond 64 bits.
    pub fn convert(&self, amount: Money, to: Currency) -> Result<Option<Money>, MoneyError> {
        if amount.currency == to {
            return Ok(Some(amount));
        }
        self.get(amount.currency, to).map(|quote| quote.rate.convert(amount, to)).transpose()
    }

    /// All of them, with the currencies that they lead from and to.
    pub fn iter(&self) -> impl Iterator<Item = (Currency, Currency, &Quote)> {
        self.0.iter().map(|((from, to), quote)| (*from, *to, quote))
    }
}

/// The rate from one currency to another for a purchase of `day`: that of the day itself; where there is none, as on a Sunday, the last one
/// of the seven days before, as soon as a rate of a later day says that none is to come. So it does not matter in which order days are told.
#[must_use]
pub fn holds(dailies: &[Daily], from: Currency, to: Currency, day: NaiveDate) -> Option<Quote> {
    if let Some(quote) = of_day(dailies, from, to, day) {
        return Some(quote);
    }
    let days: BTreeSet<NaiveDate> = dailies.iter().map(|daily| daily.day).collect();
    days.range(day.succ_opt()?..).find_map(|later| of_day(dailies, from, to, *later))?;
    let earliest = day.checked_sub_days(REACH)?;
    days.range(earliest..day).rev().find_map(|earlier| of_day(dailies, from, to, *earlier))
}

/// The rate from one currency to another for a payout that is planned on `day` (MO-5): the last one that is known of that day or the seven
/// before. A payout is converted once and keeps its rate, so it does not wait until a later day says that no other is to come.
#[must_use]
pub fn latest(dailies: &[Daily], from: Currency, to: Currency, day: NaiveDate) -> Option<Quote> {
    let earliest = day.checked_sub_days(REACH)?;
    let days: BTreeSet<NaiveDate> = dailies.iter().map(|daily| daily.day).collect();
    days.range(earliest..=day).rev().find_map(|known| of_day(dailies, from, to, *known))
}

/// The rate of one day: the merchant's own before the instance's; as it was told, or turned round, or by way of a third currency in which
/// both are told.
fn of_day(dailies: &[Daily], from: Currency, to: Currency, day: NaiveDate) -> Option<Quote> {
    [true, false].into_iter().find_map(|own| {
        let told: Vec<&Daily> = dailies.iter().filter(|daily| daily.day == day && daily.own == own).collect();
        let find = |base, quote| told.iter().find(|daily| daily.base == base && daily.quote == quote);
        let as_quote = |rate, source: &str| Quote { rate, day, source: source.to_owned() };
        if let Some(daily) = find(from, to) {
            return Some(as_quote(daily.rate, &daily.source));
        }
        if let Some(daily) = find(to, from) {
            return Some(as_quote(daily.rate.inverse(), &daily.source));
        }
        let bases: BTreeSet<Currency> = told.iter().map(|daily| daily.base).collect();
        bases.into_iter().find_map(|base| {
            let (first, second) = (find(base, from)?, find(base, to)?);
            Some(as_quote(first.rate.inverse().then(second.rate).ok()?, &second.source))
        })
    })
}
