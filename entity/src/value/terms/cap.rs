//! The most that may be earned (CO-6).

use serde::{Deserialize, Serialize};

use crate::value::Currency;
use crate::value::text_enum::text_enum;

/// The most that may be earned in one scope. It binds what is earned in its currency; whoever sells in several currencies sets one for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cap {
    /// What it binds.
    pub scope: CapScope,
    /// How long it counts before it begins anew; only for partners and the program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    /// Minor units of `currency`, above zero.
    pub amount: i64,
    /// The currency of `amount`.
    pub currency: Currency,
}

text_enum! {
    /// What a cap binds, in the order in which caps are applied (CO-6).
    CapScope {
        /// One purchase.
        Purchase = "PURCHASE",
        /// All purchases of one customer under one enrollment.
        Customer = "CUSTOMER",
        /// All purchases under one enrollment in a period.
        Partner = "PARTNER",
        /// The budget: all purchases of the program in a period.
        Program = "PROGRAM",
    }
}

text_enum! {
    /// A stretch of the calendar in UTC, judged by the time of the purchase.
    Period {
        /// A day.
        Day = "DAY",
        /// A week from Monday.
        Week = "WEEK",
        /// A month.
        Month = "MONTH",
        /// A quarter of a year.
        Quarter = "QUARTER",
        /// A year.
        Year = "YEAR",
        /// All of the time.
        Lifetime = "LIFETIME",
    }
}
