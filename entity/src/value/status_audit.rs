//! Words of the audit (MO-6).

use super::text_enum::text_enum;

text_enum! {
    /// What must always be true of the books. A finding names the rule that is broken and the row that breaks it.
    AuditRule {
        /// The entries of each posting sum to zero in each currency.
        PostingSumsToZero = "POSTING_SUMS_TO_ZERO",
        /// All entries of a currency sum to zero.
        CurrencySumsToZero = "CURRENCY_SUMS_TO_ZERO",
        /// Each entry says what it is about: entries of commissions name one, entries of payouts name one, those on a partner's account
        /// name the partner.
        EntryNamesItsCause = "ENTRY_NAMES_ITS_CAUSE",
        /// An entry is of the same merchant, mode, partner, enrollment, purchase and currency as its commission.
        EntryFitsItsCommission = "ENTRY_FITS_ITS_COMMISSION",
        /// A purchase has exactly one current decision; one that another purchase has taken over has none (SL-4).
        PurchaseHasOneDecision = "PURCHASE_HAS_ONE_DECISION",
        /// The entries of a purchase's commissions sum to the target of its current decision (RF-1).
        PurchaseIsAtItsTarget = "PURCHASE_IS_AT_ITS_TARGET",
        /// A commission stands on the account of its state, and nothing of it on the other.
        CommissionStandsByItsState = "COMMISSION_STANDS_BY_ITS_STATE",
        /// A share of the base is never more than the base.
        CommissionIsWithinBase = "COMMISSION_IS_WITHIN_BASE",
        /// The amount of a payout is the sum of the entries that it paid.
        PayoutIsItsLines = "PAYOUT_IS_ITS_LINES",
        /// The amount of a payout is what it moved to the clearing account.
        PayoutIsPosted = "PAYOUT_IS_POSTED",
        /// A payout pays entries on its own partner's payable account, in its own currency.
        PayoutPaysItsPartner = "PAYOUT_PAYS_ITS_PARTNER",
        /// What is payable to a partner is what was approved, less what was paid, and what was adjusted by hand.
        PayableAddsUp = "PAYABLE_ADDS_UP",
    }
}

text_enum! {
    /// What kind of row breaks a rule.
    AuditSubject {
        /// A posting.
        Posting = "POSTING",
        /// A ledger entry.
        Entry = "ENTRY",
        /// A purchase.
        Purchase = "PURCHASE",
        /// A commission.
        Commission = "COMMISSION",
        /// A payout.
        Payout = "PAYOUT",
        /// A partner, in one currency.
        Partner = "PARTNER",
        /// The whole ledger of a merchant in one mode and currency.
        Ledger = "LEDGER",
    }
}

impl AuditRule {
    /// What kind of row breaks this rule.
    #[must_use]
    pub const fn subject(self) -> AuditSubject {
        match self {
            Self::PostingSumsToZero => AuditSubject::Posting,
            Self::CurrencySumsToZero => AuditSubject::Ledger,
            Self::EntryNamesItsCause | Self::EntryFitsItsCommission | Self::PayoutPaysItsPartner => AuditSubject::Entry,
            Self::PurchaseHasOneDecision | Self::PurchaseIsAtItsTarget | Self::CommissionIsWithinBase => AuditSubject::Purchase,
            Self::CommissionStandsByItsState => AuditSubject::Commission,
            Self::PayoutIsItsLines | Self::PayoutIsPosted => AuditSubject::Payout,
            Self::PayableAddsUp => AuditSubject::Partner,
        }
    }
}

text_enum! {
    /// The parts of the audit that never ends. Each goes through its rows by id, a slice at a time, and then begins again.
    AuditLane {
        /// What was posted lately, with everything that it is about: within seconds, before the laps come by.
        News = "NEWS",
        /// Every posting.
        Postings = "POSTINGS",
        /// Every purchase, with its decision and its target.
        Purchases = "PURCHASES",
        /// Every commission, with its state.
        Commissions = "COMMISSIONS",
        /// Every payout.
        Payouts = "PAYOUTS",
        /// Every partner's balance.
        Partners = "PARTNERS",
    }
}
