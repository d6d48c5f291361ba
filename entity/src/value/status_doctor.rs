//! Words of the doctor of Stripe connections, and of the self-check of Stripe ids (CN-3, SC-1).

use super::text_enum::text_enum;

text_enum! {
    /// How grave a finding is.
    Severity {
        /// Sales are missed, or the connection does not work.
        Error = "ERROR",
        /// Something is worse than it could be, or will break.
        Warning = "WARNING",
        /// Good to know.
        Note = "NOTE",
    }
}

text_enum! {
    /// What the doctor found.
    FindingCode {
        /// The connection was never finished, or is switched off.
        NotLinked = "NOT_LINKED",
        /// Access was taken back at Stripe.
        Deauthorized = "DEAUTHORIZED",
        /// Stripe was not asked yet.
        NotChecked = "NOT_CHECKED",
        /// Stripe could not be asked the last time.
        StripeUnreachable = "STRIPE_UNREACHABLE",
        /// The key can do everything in the account.
        FullKey = "FULL_KEY",
        /// The account is claimed and not proved.
        AccountUnverified = "ACCOUNT_UNVERIFIED",
        /// A right is missing that something here uses.
        PermissionMissing = "PERMISSION_MISSING",
        /// No endpoint at Stripe sends events here.
        WebhookMissing = "WEBHOOK_MISSING",
        /// The endpoint is disabled at Stripe.
        WebhookDisabled = "WEBHOOK_DISABLED",
        /// The endpoint does not ask for every event that is used.
        WebhookEventsMissing = "WEBHOOK_EVENTS_MISSING",
        /// The endpoint asks for events that are not used.
        WebhookEventsUnused = "WEBHOOK_EVENTS_UNUSED",
        /// The endpoint is pinned to another version of the API than the one that is read best, or to none.
        WebhookVersion = "WEBHOOK_VERSION",
        /// Several endpoints send events here.
        WebhookDoubled = "WEBHOOK_DOUBLED",
        /// The endpoint at Stripe could not be made or repaired.
        WebhookNotRegistered = "WEBHOOK_NOT_REGISTERED",
        /// No signing secret is known, so every delivery is refused.
        SecretMissing = "SECRET_MISSING",
        /// Deliveries are signed by a secret that is not known here.
        SecretStale = "SECRET_STALE",
        /// Several signing secrets are accepted.
        SecretsSeveral = "SECRETS_SEVERAL",
        /// Deliveries were refused for their signature.
        SignatureFailures = "SIGNATURE_FAILURES",
        /// The clocks of this instance and of Stripe differ.
        ClockSkew = "CLOCK_SKEW",
        /// Events of the other mode arrive.
        ModeMismatch = "MODE_MISMATCH",
        /// No event came yet, or none for long.
        NoEvents = "NO_EVENTS",
        /// Events wait longer than they should.
        Backlog = "BACKLOG",
        /// Events failed for good.
        FailedEvents = "FAILED_EVENTS",
    }
}

text_enum! {
    /// What a self-check of an id of Stripe's came to (SC-1).
    SelfCheckCode {
        /// The id belongs to a purchase that is known here; its decision says the rest.
        Found = "FOUND",
        /// The text is no id of Stripe's that leads to a payment.
        MalformedId = "MALFORMED_ID",
        /// It is of the other mode: test in live, or live in test.
        WrongMode = "WRONG_MODE",
        /// No Stripe account is connected in this mode.
        NoConnection = "NO_CONNECTION",
        /// No connected account has it.
        NotFoundInStripe = "NOT_FOUND_IN_STRIPE",
        /// No connection may read it, and it is not known here.
        PermissionMissing = "PERMISSION_MISSING",
        /// Stripe did not answer, and it is not known here.
        StripeUnreachable = "STRIPE_UNREACHABLE",
        /// Stripe has it, and no payment stands behind it yet.
        NoPayment = "NO_PAYMENT",
        /// Stripe has it, and this instance was not told of its payment.
        NotTold = "NOT_TOLD",
    }
}

text_enum! {
    /// A step of a self-check, in order.
    SelfCheckStepKind {
        /// The text is an id, and leads to a payment.
        Id = "ID",
        /// It is of the mode in which is worked.
        Mode = "MODE",
        /// An account is connected.
        Connection = "CONNECTION",
        /// Stripe has the object.
        Stripe = "STRIPE",
        /// The payment behind it was told, and is a purchase.
        Purchase = "PURCHASE",
        /// Somebody who is known bought.
        Customer = "CUSTOMER",
        /// The purchase was decided, and earns.
        Decision = "DECISION",
        /// Shipping details stand at Stripe.
        Shipping = "SHIPPING",
    }
}

text_enum! {
    /// How a step of a self-check went.
    SelfCheckOutcome {
        /// As it should be.
        Passed = "PASSED",
        /// Not as it should be; its advice says what to do.
        Failed = "FAILED",
        /// Nobody could tell.
        Unknown = "UNKNOWN",
    }
}
