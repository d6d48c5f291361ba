//! Words about what is written to Stripe.

use super::text_enum::text_enum;

text_enum! {
    /// What is written to Stripe.
    StripeWriteKind {
        /// A coupon is made.
        Coupon = "COUPON",
        /// A promotion code is made.
        PromotionCode = "PROMOTION_CODE",
        /// Shipping details and tracking numbers are put on a payment.
        Shipping = "SHIPPING",
        /// Who brought a customer or payment is put into its metadata.
        Attribution = "ATTRIBUTION",
        /// A customer is given credit on their balance.
        CustomerBalance = "CUSTOMER_BALANCE",
    }
}

text_enum! {
    /// How far something that is written to Stripe has come.
    StripeWriteStatus {
        /// To be written, for the first time or again.
        Pending = "PENDING",
        /// Written; it was not read back yet.
        Written = "WRITTEN",
        /// Read back, and it is what was wanted.
        Verified = "VERIFIED",
        /// Not written, or not as it was wanted; the reason stands beside it.
        Failed = "FAILED",
    }
}

text_enum! {
    /// Why something is not written to Stripe, or not yet (S4).
    StripeWriteReason {
        /// Stripe asks for fewer calls.
        RateLimited = "RATE_LIMITED",
        /// Stripe did not answer, or had a fault of its own.
        StripeUnreachable = "STRIPE_UNREACHABLE",
        /// The payment has no charge yet that could be written to.
        PaymentPending = "PAYMENT_PENDING",
        /// The connection is not linked, or Stripe does not accept its key or token any more.
        ConnectionEnded = "CONNECTION_ENDED",
        /// The key or token lacks a right.
        PermissionMissing = "PERMISSION_MISSING",
        /// What was to be changed is not there.
        ObjectMissing = "OBJECT_MISSING",
        /// What was to be changed is of the other mode.
        WrongMode = "WRONG_MODE",
        /// It was written, and when it was read back somebody else had changed it.
        ChangedElsewhere = "CHANGED_ELSEWHERE",
        /// Something newer was asked for of the same object before it was written.
        Superseded = "SUPERSEDED",
        /// The code, with every suffix that was tried, or the id of the coupon belongs to something else.
        NameTaken = "NAME_TAKEN",
        /// The coupon of the code was deleted, or is used up or over.
        CouponUnusable = "COUPON_UNUSABLE",
        /// Stripe wants a name and an address with shipping details, and neither was given nor stands there.
        AddressMissing = "ADDRESS_MISSING",
        /// The object has as many keys of metadata as Stripe keeps.
        MetadataFull = "METADATA_FULL",
        /// Stripe understood and refuses.
        StripeRefused = "STRIPE_REFUSED",
    }
}

impl StripeWriteReason {
    /// Whether it passes by itself, so that the same is tried again.
    #[must_use]
    pub const fn passes(self) -> bool {
        matches!(self, Self::RateLimited | Self::StripeUnreachable | Self::PaymentPending)
    }

    /// What to do about it.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::RateLimited => "wait: it is tried again; if it stays, other software uses up the limit of this account",
            Self::StripeUnreachable => "wait: it is tried again; if it stays, see https://status.stripe.com",
            Self::PaymentPending => "wait: it is tried again; a payment may take some minutes until it has a charge",
            Self::ConnectionEnded => "link the account again, then run stripeWriteRetry",
            Self::PermissionMissing => "grant the right that the doctor of the connection names, then run stripeWriteRetry",
            Self::ObjectMissing => "see whether the id is whole and of this account; what was deleted at Stripe cannot be written to",
            Self::WrongMode => "ask for it in the other mode",
            Self::ChangedElsewhere => "find out who else writes there; stripeWriteRetry writes it again",
            Self::Superseded => "nothing: the newer one counts",
            Self::NameTaken => "choose another code or id",
            Self::CouponUnusable => "make a new coupon and a code of it; Stripe does not bring old ones back",
            Self::AddressMissing => "give name and address of the recipient",
            Self::MetadataFull => "remove keys that nobody uses from the object at Stripe, then run stripeWriteRetry",
            Self::StripeRefused => "compare what was asked for with what Stripe allows; Stripe's log of requests shows its own words",
        }
    }
}

text_enum! {
    /// How long a coupon takes something off.
    CouponDuration {
        /// Of one payment.
        Once = "ONCE",
        /// Of each payment of some months.
        Repeating = "REPEATING",
        /// Of every payment.
        Forever = "FOREVER",
    }
}

text_enum! {
    /// In what a code at Stripe is not any more what it should be (CS-5).
    CodeDrift {
        /// The code is a partner's, and cannot be used at Stripe.
        Inactive = "INACTIVE",
        /// The coupon was deleted at Stripe.
        CouponDeleted = "COUPON_DELETED",
        /// The coupon is called something else at Stripe than it was made with.
        Renamed = "RENAMED",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::StripeWriteReason as R;

    #[test]
    fn s4_every_reason_passes_or_not_and_says_what_to_do() {
        let passing: Vec<R> = R::ALL.iter().copied().filter(|reason| reason.passes()).collect();
        assert_eq!(passing, [R::RateLimited, R::StripeUnreachable, R::PaymentPending]);
        for reason in R::ALL {
            assert!(!reason.advice().is_empty(), "{reason}");
            assert_eq!(reason.passes(), reason.advice().starts_with("wait"), "{reason}");
        }
        let advice: BTreeSet<&str> = R::ALL.iter().map(|reason| reason.advice()).collect();
        assert_eq!(advice.len(), R::ALL.len());
    }
}
