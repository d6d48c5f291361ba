//! What a payment says of the money that it took.

use chrono::{DateTime, Utc};
use entity::value::Currency;

use super::Fact;

/// Money that a payment took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Took {
    /// When the money succeeded (SL-7).
    pub at: DateTime<Utc>,
    /// How much, in minor units, not counting what went back later.
    pub amount: i64,
    /// In what: the buyer's currency.
    pub currency: Currency,
}

impl Fact {
    /// The money that this object alone took. Only charges take any: intents, invoices and checkouts tell of the same money.
    #[must_use]
    pub fn took(&self) -> Option<Took> {
        let Self::Charge(charge) = self else { return None };
        let at = charge.money_at()?;
        (charge.captured > 0).then_some(Took { at, amount: charge.captured, currency: charge.currency })
    }
}
