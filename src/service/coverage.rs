//! The coverage of a month: every successful payment has a reason, and together they are the money that Stripe took.

use std::collections::BTreeMap;

use chrono::{DateTime, Months, NaiveDate, NaiveTime, Utc};
use entity::value::{Currency, PurchaseId};

use super::error::{Refusal, RefusalCode};
use super::{ServiceError, Services};
use crate::domain::access::Scope;
use crate::store::read::coverage::{Classified, Difference, Money, Stretch, Told, classified, differences, money, told};

/// Why a purchase and Stripe's charges say different sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq, async_graphql::Enum)]
pub enum DifferenceReason {
    /// No charge of the purchase is known: only its invoice, intent or checkout was told.
    NoChargeKnown,
    /// The sums agree, but some of the money came in another month than the purchase counts in.
    OtherMonth,
    /// The buyer paid in another currency than the purchase counts in.
    OtherCurrency,
    /// The charges took another sum than is counted: more than was owed, or not all of them are known.
    OtherAmount,
}

/// A purchase of which Stripe's charges of the month say another sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Differing {
    /// The purchase; nothing for a charge that belongs to none.
    pub purchase: Option<PurchaseId>,
    /// The currency of both sums.
    pub currency: Currency,
    /// What is counted for the purchase in the month, in minor units.
    pub counted: i64,
    /// What its charges took in the month.
    pub told: i64,
    /// Why they differ.
    pub reason: DifferenceReason,
}

/// One currency of a month.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfCurrency {
    /// Its payments by reason.
    pub classified: Vec<Classified>,
    /// How many charges are known.
    pub payments: i64,
    /// What they took, in minor units.
    pub told: i64,
}

impl OfCurrency {
    /// What is counted and came through Stripe, in minor units.
    #[must_use]
    pub fn counted(&self) -> i64 {
        self.classified.iter().fold(0, |sum, one| sum.saturating_add(one.received.saturating_sub(one.outside)))
    }
}

/// The coverage of a month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// The month, in UTC as at Stripe.
    pub within: Stretch,
    /// Its currencies, by code.
    pub currencies: BTreeMap<Currency, OfCurrency>,
    /// What differs, the most first; bounded.
    pub differing: Vec<Differing>,
    /// How much differs in all.
    pub count: i64,
}

/// The stretch of a month such as `2025-01`, in UTC.
///
/// # Errors
/// [`ServiceError::Refused`] when the text is no month.
pub fn month(text: &str) -> Result<Stretch, ServiceError> {
    let refused = || Refusal::new("month", RefusalCode::Invalid, "a month is written such as 2025-01");
    let is_plain = text.len() == 7 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let first = NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d").ok().filter(|_| is_plain).ok_or_else(refused)?;
    let next = first.checked_add_months(Months::new(1)).ok_or_else(refused)?;
    let midnight = |day: NaiveDate| -> DateTime<Utc> { day.and_time(NaiveTime::MIN).and_utc() };
    Ok(Stretch { from: midnight(first), to: midnight(next) })
}

/// The coverage of a month, over all of a merchant in one mode. Lists at most `limit` differences, and counts all.
///
/// # Errors
/// [`ServiceError::Store`] when the database fails.
pub async fn coverage(services: &Services, scope: Scope, within: Stretch, limit: u64) -> Result<Coverage, ServiceError> {
    let db = services.db.read();
    let mut currencies: BTreeMap<Currency, OfCurrency> = BTreeMap::new();
    for one in classified(db, scope, within).await? {
        currencies.entry(one.currency.unwrap_or(Currency::UNKNOWN)).or_default().classified.push(one);
    }
    for Told { currency, payments, amount } in told(db, scope, within).await? {
        let of = currencies.entry(currency).or_default();
        (of.payments, of.told) = (payments, amount);
    }
    let found = differences(db, scope, within, limit.max(1)).await?;
    let count = found.first().map_or(0, |difference| difference.total);
    let named = found.iter().filter_map(|difference| difference.purchase_id).collect();
    let known = money(db, scope, &named).await?;
    let differing = found.iter().take(usize::try_from(limit).unwrap_or(usize::MAX)).map(|difference| {
        let money = difference.purchase_id.and_then(|id| known.get(&id));
        Differing {
            purchase: difference.purchase_id,
            currency: difference.currency.unwrap_or(Currency::UNKNOWN),
            counted: difference.counted,
            told: difference.told,
            reason: reason(difference, money),
        }
    });
    Ok(Coverage { within, currencies, differing: differing.collect(), count })
}

fn reason(difference: &Difference, money: Option<&Money>) -> DifferenceReason {
    let Some(money) = money else { return DifferenceReason::OtherAmount };
    if money.told.is_empty() {
        DifferenceReason::NoChargeKnown
    } else if money.told.keys().any(|currency| *currency != money.currency) {
        DifferenceReason::OtherCurrency
    } else if money.told.get(&difference.currency) == Some(&money.received) {
        DifferenceReason::OtherMonth
    } else {
        DifferenceReason::OtherAmount
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};

    use super::month;

    #[test]
    fn months_are_read_and_nothing_else() {
        let december = month("2024-12").ok().unwrap();
        assert_eq!(december.from, Utc.with_ymd_and_hms(2024, 12, 1, 0, 0, 0).unwrap());
        assert_eq!(december.to, Utc.with_ymd_and_hms(2025, 1, 1, 0, 0, 0).unwrap());
        for text in ["", "2024", "2024-13", "2024-1", "24-01-01", "2024-12-01", "december", "+024-12"] {
            assert!(month(text).is_err(), "{text}");
        }
    }
}
