//! Words about a shop's business, the same whoever told of it (S10).

use super::text_enum::text_enum;

text_enum! {
    /// What a commerce record is.
    CommerceKind {
        /// The business itself.
        Company = "COMPANY",
        /// What stands on its balance.
        Balance = "BALANCE",
        /// Somebody who buys.
        Customer = "CUSTOMER",
        /// Something that is sold.
        Product = "PRODUCT",
        /// What a product costs, in one way of buying it.
        Price = "PRICE",
        /// Money that came, or went back.
        Payment = "PAYMENT",
        /// Money that a buyer's bank asks for.
        Dispute = "DISPUTE",
        /// A movement on the balance.
        Transaction = "TRANSACTION",
    }
}

text_enum! {
    /// Whether something can still be bought, or somebody still buys.
    CommerceStatus {
        /// In use.
        Active = "ACTIVE",
        /// Put away: the history stays.
        Archived = "ARCHIVED",
        /// Deleted at the source.
        Deleted = "DELETED",
    }
}

text_enum! {
    /// How far a payment has come.
    PaymentStatus {
        /// Under way.
        Pending = "PENDING",
        /// Promised and not taken.
        Authorized = "AUTHORIZED",
        /// Done.
        Paid = "PAID",
        /// It did not work.
        Failed = "FAILED",
        /// Given up.
        Cancelled = "CANCELLED",
        /// In a state that is not known to us.
        Unknown = "UNKNOWN",
    }
}

text_enum! {
    /// Where a dispute stands.
    CommerceDisputeStatus {
        /// The merchant keeps the money.
        Won = "WON",
        /// The buyer keeps the money.
        Lost = "LOST",
        /// The merchant gave in.
        Accepted = "ACCEPTED",
        /// The bank decides.
        Processing = "PROCESSING",
        /// It ended by a refund.
        ChargeRefunded = "CHARGE_REFUNDED",
        /// The merchant has to answer.
        EvidenceRequired = "EVIDENCE_REQUIRED",
        /// The bank asks and the merchant has to answer; no money moved.
        InquiryEvidenceRequired = "INQUIRY_EVIDENCE_REQUIRED",
        /// The bank asks and looks at the answer.
        InquiryProcessing = "INQUIRY_PROCESSING",
        /// The bank asked and nothing came of it.
        InquiryClosed = "INQUIRY_CLOSED",
        /// Somebody else has to do something.
        WaitingThirdParty = "WAITING_THIRD_PARTY",
        /// In a state that is not known to us.
        Unknown = "UNKNOWN",
    }
}

text_enum! {
    /// What a movement on the balance is for.
    TransactionType {
        /// A payment came in.
        Payment = "PAYMENT",
        /// A payment went back, by refund or dispute.
        Refund = "REFUND",
        /// Money went to the bank account.
        Payout = "PAYOUT",
        /// Money for the bank account came back.
        FailedPayout = "FAILED_PAYOUT",
        /// Money went to or came from another account.
        Transfer = "TRANSFER",
        /// A fee.
        PaymentFee = "PAYMENT_FEE",
        /// A fee came back.
        PaymentFeeRefund = "PAYMENT_FEE_REFUND",
        /// Something that is not known to us.
        Unknown = "UNKNOWN",
    }
}
