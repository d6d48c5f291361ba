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
        /// An entry is of the same merchant, mode, partner, enrollment and purchase as its commission.
        EntryFitsItsCommission = "ENTRY_FITS_ITS_COMMISSION",
        /// A purchase has exactly one current decision; one that another purchase has taken over has none (SL-4).
        PurchaseHasOneDecision = "PURCHASE_HAS_ONE_DECISION",
        /// The entries of what a purchase earns on the first level sum to the target of its current decision, and to nothing in any other
        /// currency (RF-1).
        PurchaseIsAtItsTarget = "PURCHASE_IS_AT_ITS_TARGET",
        /// What of a commission is not payable follows from its state: all that is unpaid while its waiting time runs, what is kept back of a
        /// held one, and else nothing.
        CommissionStandsByItsState = "COMMISSION_STANDS_BY_ITS_STATE",
        /// Nothing is left to be paid of a commission that was paid, and nothing at all of one that was reversed or rejected.
        CommissionEndedAtNothing = "COMMISSION_ENDED_AT_NOTHING",
        /// What is kept back of a commission is a part of what is not payable of it; only a held one keeps anything back (DP-1, RF-2).
        HeldIsPending = "HELD_IS_PENDING",
        /// Nothing of a commission is left in a currency that is not its own (BA-8).
        FormerCurrencyIsEmpty = "FORMER_CURRENCY_IS_EMPTY",
        /// A share of the base is never more than the base.
        CommissionIsWithinBase = "COMMISSION_IS_WITHIN_BASE",
        /// What is in a planned payout of a commission is all that is payable of it, and only a reserved one, or the rest of a held one, is in
        /// one (RF-8).
        PlannedIsReserved = "PLANNED_IS_RESERVED",
        /// The amount of a payout is the sum of the entries that it claims; a cancelled one claims none.
        PayoutIsItsLines = "PAYOUT_IS_ITS_LINES",
        /// What a payout pays is what it moved to the clearing account; a cancelled one moved nothing in the end.
        PayoutIsPosted = "PAYOUT_IS_POSTED",
        /// What a payout in another currency moved on the FX account is its amount in one and what it pays in the other (MO-5).
        PayoutIsConvertedOnce = "PAYOUT_IS_CONVERTED_ONCE",
        /// A payout pays entries on its own partner's payable account, in its own currency.
        PayoutPaysItsPartner = "PAYOUT_PAYS_ITS_PARTNER",
        /// What is payable to a partner is what of all commissions is not pending, less what is in payouts, and what was adjusted by hand.
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
            Self::CommissionStandsByItsState
            | Self::CommissionEndedAtNothing
            | Self::HeldIsPending
            | Self::PlannedIsReserved
            | Self::FormerCurrencyIsEmpty => AuditSubject::Commission,
            Self::PayoutIsItsLines | Self::PayoutIsPosted | Self::PayoutIsConvertedOnce => AuditSubject::Payout,
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
