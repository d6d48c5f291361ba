//! What has to come out: every purchase of the play with the figures of the worked example that it is.

use std::fmt;

use super::report::Purchase;

/// The outcome of a purchase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figures {
    /// A partner earns, with the amount as a decimal number and the state of the commission.
    Earns(&'static str, &'static str, &'static str),
    /// Nobody does, for a reason.
    Nobody(&'static str),
}

impl Figures {
    /// Whether a purchase came out like this.
    pub fn agree_with(self, purchase: &Purchase) -> bool {
        match self {
            Self::Earns(partner, amount, state) => {
                purchase.reason == "COMMISSIONED"
                    && matches!(purchase.commissions.as_slice(), [one] if (one.partner.as_str(), one.amount.as_str(), one.state.as_str()) == (partner, amount, state))
            }
            Self::Nobody(reason) => purchase.reason == reason && purchase.commissions.is_empty(),
        }
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Earns(partner, amount, state) => write!(f, "{partner} {amount} {state}"),
            Self::Nobody(reason) => write!(f, "nobody, {reason}"),
        }
    }
}

/// One purchase of the play.
#[derive(Clone, Copy, Debug)]
pub struct Expected {
    /// Its business key.
    pub key: &'static str,
    /// The worked example that it is, or nothing.
    pub example: &'static str,
    /// What was bought, in a phrase.
    pub what: &'static str,
    /// What comes out.
    pub figures: Figures,
}

const fn row(key: &'static str, example: &'static str, what: &'static str, figures: Figures) -> Expected {
    Expected { key, example, what, figures }
}

/// All purchases, in the order of their times.
pub const PURCHASES: &[Expected] = &[
    row("invoice:in_1DemoCarla", "E1", "100 + 20 tax, told twice", Figures::Earns("Ana", "20.00", "APPROVED")),
    row("invoice:in_1DemoDmitri", "E2", "120 with 20 tax inside", Figures::Earns("Ben", "20.00", "APPROVED")),
    row("invoice:in_1DemoEmil1", "", "weekly plan, first payment", Figures::Earns("Ana", "10.00", "APPROVED")),
    row("intent:pi_1DemoFrida", "", "payment link with token, guest", Figures::Earns("Ana", "20.00", "APPROVED")),
    row("invoice:in_1DemoKira1", "E5", "trial begins", Figures::Nobody("ZERO_AMOUNT")),
    row("invoice:in_1DemoHana", "E3", "100 - 25 % by BEN25, + 15 tax", Figures::Earns("Ben", "15.00", "APPROVED")),
    row("invoice:in_1DemoIris", "E22", "signed up by Ana, types BEN25", Figures::Earns("Ben", "12.00", "APPROVED")),
    row("invoice:in_1DemoJonas1", "E4", "100 % coupon", Figures::Nobody("ZERO_AMOUNT")),
    row("intent:pi_1DemoLiam", "", "guest without any trace", Figures::Nobody("UNKNOWN_CUSTOMER")),
    row("invoice:in_1DemoMona", "", "signed up without a link", Figures::Nobody("NO_TOUCH")),
    row("intent:pi_1DemoNils1", "", "before any partner came", Figures::Nobody("EXISTING_CUSTOMER")),
    row("invoice:in_1DemoEmil2", "", "weekly plan, renewal", Figures::Earns("Ana", "10.00", "APPROVED")),
    row("invoice:in_1DemoOlga", "E9", "100 + 20 tax, 30 refunded", Figures::Earns("Ben", "15.00", "APPROVED")),
    row("invoice:in_1DemoPavel", "E10", "100 + 20 tax, 30 + 90 refunded", Figures::Earns("Ana", "0.00", "REVERSED")),
    row("invoice:in_1DemoQuinn", "E13", "100 + 20 tax, dispute lost", Figures::Earns("Ana", "0.00", "REVERSED")),
    row("invoice:in_1DemoRosa", "", "100, dispute won", Figures::Earns("Ben", "20.00", "APPROVED")),
    row("invoice:in_1DemoEmil3", "E6", "upgrade: -50 unused, +90", Figures::Earns("Ana", "8.00", "APPROVED")),
    row("invoice:in_1DemoSven", "E17", "three lines of 33.33", Figures::Earns("Ben", "20.00", "APPROVED")),
    row("invoice:in_1DemoTomo", "E16", "1000 yen", Figures::Earns("Ana", "200", "APPROVED")),
    row("invoice:in_1DemoUma", "E16", "10.000 dinar, product at 12.5 %", Figures::Earns("Ben", "1.250", "APPROVED")),
    row("invoice:in_1DemoJonas2", "E4", "first full payment", Figures::Earns("Ana", "20.00", "APPROVED")),
    row("invoice:in_1DemoViktor", "E21", "refund of 30 before the invoice", Figures::Earns("Ana", "15.00", "APPROVED")),
    row("invoice:in_1DemoWanda", "E34", "bought 5 min. before signing up", Figures::Earns("Ana", "20.00", "APPROVED")),
    row("intent:pi_1DemoNils2", "", "the same, now by Ben's link", Figures::Nobody("EXISTING_CUSTOMER")),
    row("invoice:in_1DemoEmil4", "", "weekly plan, renewal at 90", Figures::Earns("Ana", "18.00", "APPROVED")),
    row("intent:pi_1DemoXenia", "E32", "bank debit, money 2 days later", Figures::Earns("Ben", "20.00", "PENDING")),
    row("invoice:in_1DemoKira2", "E5", "first payment after the trial", Figures::Earns("Ben", "20.00", "PENDING")),
    row("intent:pi_1DemoGus", "E28", "payment link, refunded in full", Figures::Earns("Ben", "0.00", "REVERSED")),
    row("invoice:in_1DemoEmil5", "", "weekly plan, renewal at 90", Figures::Earns("Ana", "18.00", "PENDING")),
];

/// What each partner has in the end: name, currency, what is earned and not payable yet, what is payable.
pub const TOTALS: &[(&str, &str, &str, &str)] =
    &[("Ana", "JPY", "0", "200"), ("Ana", "USD", "18.00", "141.00"), ("Ben", "KWD", "0.000", "1.250"), ("Ben", "USD", "40.00", "102.00")];
