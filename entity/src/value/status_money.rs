//! Words about what was concluded and what is owed.

use super::text_enum::text_enum;

text_enum! {
    /// What the engine concluded for a purchase (SC-2). A closed list: each word is documented and shown to the merchant.
    DecisionReason {
        /// A commission was earned.
        Commissioned = "COMMISSIONED",
        /// The amount is zero or negative; it is not a first purchase either (BA-5).
        ZeroAmount = "ZERO_AMOUNT",
        /// No customer of ours is known for it yet; it is looked at again when one is (S19).
        UnknownCustomer = "UNKNOWN_CUSTOMER",
        /// Nothing says that a partner brought this customer.
        NoTouch = "NO_TOUCH",
        /// The touch is older than the window (AT-2).
        OutsideWindow = "OUTSIDE_WINDOW",
        /// The customer had bought before the touch, and the program wants new ones only (AT-11).
        ExistingCustomer = "EXISTING_CUSTOMER",
        /// More than one customer fits.
        AmbiguousCustomer = "AMBIGUOUS_CUSTOMER",
        /// Sources name different customers for one identity (ID-6).
        IdentityConflict = "IDENTITY_CONFLICT",
        /// The code was not the partner's when it was used (AT-8).
        CodeInactive = "CODE_INACTIVE",
        /// The partner was not, or is no longer, in the program (AT-14).
        EnrollmentInactive = "ENROLLMENT_INACTIVE",
        /// The program was paused or archived.
        ProgramInactive = "PROGRAM_INACTIVE",
        /// The time or number of payments for which it earns is over (CO-3).
        DurationEnded = "DURATION_ENDED",
        /// Only the first purchase earns, and this is not it (CO-3).
        FirstOnly = "FIRST_ONLY",
        /// A cap left nothing (CO-6).
        CapReached = "CAP_REACHED",
        /// All that was bought is excluded (BA-6).
        ExcludedProduct = "EXCLUDED_PRODUCT",
        /// The commission is less than half a minor unit (CO-9).
        RoundsToZero = "ROUNDS_TO_ZERO",
        /// The merchant asked to skip it (AT-17).
        SkippedByMerchant = "SKIPPED_BY_MERCHANT",
        /// The partner bought for itself (FR-1).
        SelfReferral = "SELF_REFERRAL",
        /// The evidence was rejected as fraud (FR-5).
        FraudRejected = "FRAUD_REJECTED",
        /// Not paid yet.
        PaymentNotPaid = "PAYMENT_NOT_PAID",
        /// The payment failed.
        PaymentFailed = "PAYMENT_FAILED",
        /// Paid outside of Stripe, and the terms leave that out.
        OutOfBand = "OUT_OF_BAND",
        /// No exchange rate is known yet (MO-4).
        AwaitingRate = "AWAITING_RATE",
        /// Test and live do not mix.
        ModeMismatch = "MODE_MISMATCH",
        /// Its connection is switched off.
        ConnectionDisabled = "CONNECTION_DISABLED",
        /// A person has to look at it.
        Review = "REVIEW",
        /// It may still turn out to be a part of another purchase.
        Provisional = "PROVISIONAL",
        /// What it belongs to is not known yet.
        PendingParent = "PENDING_PARENT",
        /// What it belongs to was not told within three days; it is decided anew should that still come (IN-8).
        Orphan = "ORPHAN",
    }
}

text_enum! {
    /// What a commission is earned by. One enrollment has at most one of a kind for each thing that earns it.
    CommissionKind {
        /// A purchase.
        Sale = "SALE",
        /// A customer who signed up or began a trial (CO-10).
        Lead = "LEAD",
        /// A level reached in a period, for what was bought before it was reached (CO-7).
        TrueUp = "TRUE_UP",
        /// What a recruited partner earned (CO-11).
        SecondLevel = "SECOND_LEVEL",
    }
}

text_enum! {
    /// What somebody decided by hand: about who is who, who brought whom, and what is paid.
    InterventionKind {
        /// A person was given to another partner (AT-15).
        Reassignment = "REASSIGNMENT",
        /// Two customers were said to be one (ID-7).
        CustomerMerge = "CUSTOMER_MERGE",
        /// A payment was said to belong to an invoice, or to none (SL-8).
        PurchaseLink = "PURCHASE_LINK",
        /// A commission was approved before its time.
        CommissionApprove = "COMMISSION_APPROVE",
        /// A commission was rejected.
        CommissionReject = "COMMISSION_REJECT",
        /// An approval or rejection was taken back.
        CommissionRestore = "COMMISSION_RESTORE",
        /// Signs of fraud were looked at and released (FR-4).
        FraudRelease = "FRAUD_RELEASE",
        /// A commission was rejected for signs of fraud (FR-4).
        FraudReject = "FRAUD_REJECT",
        /// A click was rejected as fraud (FR-5).
        ClickReject = "CLICK_REJECT",
        /// A click that had been rejected counts again (FR-5).
        ClickRestore = "CLICK_RESTORE",
        /// A program looks for other signs of fraud.
        FraudSettings = "FRAUD_SETTINGS",
        /// Exchange rates were brought in.
        ExchangeRates = "EXCHANGE_RATES",
        /// A payout was said to be on its way.
        PayoutSend = "PAYOUT_SEND",
        /// A payout was said to have come.
        PayoutConfirm = "PAYOUT_CONFIRM",
        /// A payout was taken back before it was sent.
        PayoutCancel = "PAYOUT_CANCEL",
        /// A payout was said not to have come.
        PayoutFail = "PAYOUT_FAIL",
        /// What a partner owed was written off (RF-7).
        BalanceWriteOff = "BALANCE_WRITE_OFF",
    }
}

text_enum! {
    /// Which purchases of a person a re-assignment moves (AT-15).
    ReassignMode {
        /// Those from now on.
        FutureOnly = "FUTURE_ONLY",
        /// Those since a time that is named.
        Since = "SINCE",
        /// All of them.
        All = "ALL",
    }
}

text_enum! {
    /// State of a commission, derived from ledger, holds and payouts (section "States and holds").
    CommissionState {
        /// Earned; its waiting time runs.
        Pending = "PENDING",
        /// Kept back for a reason.
        Held = "HELD",
        /// Can be paid.
        Approved = "APPROVED",
        /// In a payout that is not confirmed yet.
        Reserved = "RESERVED",
        /// Paid; later refunds are netted in the next payouts (RF-7).
        Paid = "PAID",
        /// Fell back to nothing before it was paid.
        Reversed = "REVERSED",
        /// Refused by an operator.
        Rejected = "REJECTED",
    }
}

text_enum! {
    /// Why a commission is kept back.
    HoldReason {
        /// The payment is disputed (DP-1).
        Dispute = "DISPUTE",
        /// A refund is under way (RF-2).
        RefundPending = "REFUND_PENDING",
        /// Signs that the partner bought for itself (FR-1).
        SelfReferral = "SELF_REFERRAL",
        /// Other signs of fraud, alone or with signs of self-referral (FR-2, FR-3).
        Fraud = "FRAUD",
        /// Paid outside of Stripe.
        OutOfBand = "OUT_OF_BAND",
        /// A person has to look at it.
        Review = "REVIEW",
        /// No exchange rate is known yet (MO-4).
        AwaitingRate = "AWAITING_RATE",
    }
}

text_enum! {
    /// Ledger accounts, each kept per currency (MO-6). A posting sums to zero over them.
    LedgerAccount {
        /// Owed to a partner, not payable yet.
        PartnerPending = "PARTNER_PENDING",
        /// Owed to a partner and payable.
        PartnerPayable = "PARTNER_PAYABLE",
        /// What commissions cost the merchant.
        CommissionExpense = "COMMISSION_EXPENSE",
        /// Sent out in payouts.
        PayoutClearing = "PAYOUT_CLEARING",
        /// Rounding of conversions (MO-5).
        Fx = "FX",
        /// Written off by an operator (RF-7).
        WriteOff = "WRITE_OFF",
    }
}

text_enum! {
    /// What moved a ledger entry.
    EntryKind {
        /// Earned: at first, or more of it by a later payment or decision (RF-1).
        Accrual = "ACCRUAL",
        /// Money of the purchase went back, or came back again: a refund, a dispute, a credit (RF-1, RF-3).
        Reversal = "REVERSAL",
        /// Decided anew: the purchase earns this partner less, or nothing.
        ReDecision = "RE_DECISION",
        /// Pending became payable.
        Release = "RELEASE",
        /// Payable went back to pending.
        Hold = "HOLD",
        /// Paid out, or a payout was cancelled.
        Payout = "PAYOUT",
        /// An entry that somebody made by hand.
        Adjustment = "ADJUSTMENT",
    }
}

text_enum! {
    /// State of a payout (RF-8, PO-1).
    PayoutStatus {
        /// Its entries are claimed and its amount stands; nothing was sent. What changes one of its commissions plans it anew.
        Planned = "PLANNED",
        /// On its way to the partner: it counts as paid for whatever is decided, and is not confirmed yet.
        Sent = "SENT",
        /// The partner was paid.
        Paid = "PAID",
        /// Taken back before it was sent; its entries are free again.
        Cancelled = "CANCELLED",
        /// It was sent and did not come; its entries are free again (PO-5).
        Failed = "FAILED",
    }
}
