//! What is earned without a purchase of one's own: for leads, and through recruited partners.

use serde::{Deserialize, Serialize};

use crate::value::text_enum::text_enum;
use crate::value::{BasisPoints, Currency};

/// A fixed sum, once for each customer and enrollment (CO-10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LeadReward {
    /// What earns it.
    pub on: LeadEvent,
    /// Minor units of `currency`, above zero.
    pub amount: i64,
    /// The currency of `amount`.
    pub currency: Currency,
}

text_enum! {
    /// What makes a customer a lead.
    LeadEvent {
        /// The sign-up.
        Signup = "SIGNUP",
        /// A subscription that begins with a trial.
        Trial = "TRIAL",
    }
}

/// What the partner earns who recruited the partner that earned (CO-11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SecondLevel {
    /// The share of what the first level earned, above zero and at most 100 %.
    pub share: BasisPoints,
}
