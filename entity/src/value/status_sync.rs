//! Words about what is pulled from Stripe, and how far that has come.

use super::text_enum::text_enum;

text_enum! {
    /// How a connection is kept up to date (S7).
    SyncMode {
        /// Everything is pulled once. Deliveries that come later have no effect.
        OneOff = "ONE_OFF",
        /// Everything is pulled once; then deliveries count, and what they missed is looked for every few hours.
        Continuous = "CONTINUOUS",
        /// Deliveries count. Pulls happen when they are asked for.
        Manual = "MANUAL",
    }
}

text_enum! {
    /// A kind of data that is pulled. By default in this order.
    SyncDataType {
        /// The business behind the account, and its balance.
        Company = "COMPANY",
        /// Customers.
        Customers = "CUSTOMERS",
        /// Products and their prices.
        Products = "PRODUCTS",
        /// Coupons and promotion codes.
        Coupons = "COUPONS",
        /// Subscriptions.
        Subscriptions = "SUBSCRIPTIONS",
        /// Invoices, payments towards them, and credit notes.
        Invoices = "INVOICES",
        /// Checkouts, payments and refunds.
        Payments = "PAYMENTS",
        /// Disputes.
        Disputes = "DISPUTES",
        /// Movements on the balance.
        Transactions = "TRANSACTIONS",
        /// Stripe's own list of events of the last 30 days, in which deliveries that were missed are found (IN-12).
        Events = "EVENTS",
    }
}

text_enum! {
    /// How far a kind of data, or one pull of it, has come.
    SyncStatus {
        /// Waits for its turn.
        Queued = "QUEUED",
        /// Is being pulled.
        Processing = "PROCESSING",
        /// Everything is here.
        Complete = "COMPLETE",
        /// Stripe did not answer, time and again.
        FetchError = "FETCH_ERROR",
        /// The key is not valid any more, or lacks the permission.
        AuthError = "AUTH_ERROR",
        /// It was switched off, or what came cannot be used.
        ValidationError = "VALIDATION_ERROR",
        /// Stripe has no such data for this account.
        NotSupported = "NOT_SUPPORTED",
    }
}

text_enum! {
    /// Why something is pulled.
    SyncReason {
        /// The connection is new.
        FirstLink = "FIRST_LINK",
        /// Somebody asked for it.
        Manual = "MANUAL",
        /// Its time has come.
        Interval = "INTERVAL",
    }
}

impl SyncStatus {
    /// Whether a pull in this state is still to be worked on.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Queued | Self::Processing)
    }
}
