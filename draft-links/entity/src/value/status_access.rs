//! Words about the access to a Stripe account: rights, what they are good for, and what is wrong with a connection.

use super::text_enum::text_enum;

text_enum! {
    /// A right at Stripe, as the page of a restricted key lists it.
    StripePermission {
        /// Read the account itself: its id, name and address.
        AccountRead = "ACCOUNT_READ",
        /// Read the balance and its transactions.
        BalanceRead = "BALANCE_READ",
        /// Read charges and refunds.
        ChargeRead = "CHARGE_READ",
        /// Change charges.
        ChargeWrite = "CHARGE_WRITE",
        /// Read checkout sessions.
        CheckoutSessionRead = "CHECKOUT_SESSION_READ",
        /// Read coupons.
        CouponRead = "COUPON_READ",
        /// Make and change coupons.
        CouponWrite = "COUPON_WRITE",
        /// Read credit notes.
        CreditNoteRead = "CREDIT_NOTE_READ",
        /// Read customers.
        CustomerRead = "CUSTOMER_READ",
        /// Change customers and their balances.
        CustomerWrite = "CUSTOMER_WRITE",
        /// Read disputes.
        DisputeRead = "DISPUTE_READ",
        /// Read the list of events.
        EventRead = "EVENT_READ",
        /// Read invoices and their payments.
        InvoiceRead = "INVOICE_READ",
        /// Read payment intents.
        PaymentIntentRead = "PAYMENT_INTENT_READ",
        /// Change payment intents.
        PaymentIntentWrite = "PAYMENT_INTENT_WRITE",
        /// Read payment links.
        PaymentLinkRead = "PAYMENT_LINK_READ",
        /// Read prices.
        PriceRead = "PRICE_READ",
        /// Read products.
        ProductRead = "PRODUCT_READ",
        /// Read promotion codes.
        PromotionCodeRead = "PROMOTION_CODE_READ",
        /// Make and change promotion codes.
        PromotionCodeWrite = "PROMOTION_CODE_WRITE",
        /// Read subscriptions.
        SubscriptionRead = "SUBSCRIPTION_READ",
        /// Read the list of webhook endpoints.
        WebhookRead = "WEBHOOK_READ",
        /// Make and change webhook endpoints.
        WebhookWrite = "WEBHOOK_WRITE",
        /// Answer disputes.
        DisputeWrite = "DISPUTE_WRITE",
        /// Upload files.
        FileWrite = "FILE_WRITE",
        /// Change orders, which Stripe has no more.
        OrderWrite = "ORDER_WRITE",
    }
}

text_enum! {
    /// Whether a right is there.
    PermissionState {
        /// It is.
        Granted = "GRANTED",
        /// It is not.
        Missing = "MISSING",
        /// Nothing here uses it; leave it out.
        NotNeeded = "NOT_NEEDED",
        /// Stripe was not asked yet, or gave no answer.
        Unknown = "UNKNOWN",
    }
}

text_enum! {
    /// What a connection can be good for.
    Capability {
        /// Prove whose account it is, so that events of the platform's endpoint can come to it.
        ProveAccount = "PROVE_ACCOUNT",
        /// Ask Stripe for what events leave out: the invoice behind a payment, whole discounts, long lists of lines.
        CompleteEvents = "COMPLETE_EVENTS",
        /// Read the history of sales.
        ReadHistory = "READ_HISTORY",
        /// Find events that never arrived.
        Reconcile = "RECONCILE",
        /// Import coupons and promotion codes.
        ImportCodes = "IMPORT_CODES",
        /// Make coupons and promotion codes for partners.
        CreateCodes = "CREATE_CODES",
        /// Import customers, also to know who is no new one.
        ImportCustomers = "IMPORT_CUSTOMERS",
        /// Show products, payments, disputes and balance transactions.
        CommerceData = "COMMERCE_DATA",
        /// Show the business behind the account.
        CompanyInfo = "COMPANY_INFO",
        /// Reward customers with credit on their balance.
        RewardBalance = "REWARD_BALANCE",
        /// Write shipping details and tracking numbers to payments.
        WriteShipping = "WRITE_SHIPPING",
        /// Write who brought a customer into the metadata of customers and payments.
        WriteAttribution = "WRITE_ATTRIBUTION",
        /// Register the webhook endpoint and keep it right.
        ManageWebhooks = "MANAGE_WEBHOOKS",
    }
}

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
    /// Why an account could not be linked by OAuth or by installing the app.
    LinkFault {
        /// The browser came without a state: the way did not begin here.
        StateMissing = "STATE_MISSING",
        /// The state is none of ours.
        StateUnknown = "STATE_UNKNOWN",
        /// The state is older than ten minutes.
        StateExpired = "STATE_EXPIRED",
        /// The state was used before.
        StateUsed = "STATE_USED",
        /// The state belongs to another browser or another user.
        StateOfAnotherSession = "STATE_OF_ANOTHER_SESSION",
        /// Who began it may not connect accounts any more, or has signed out everywhere.
        NoLongerAllowed = "NO_LONGER_ALLOWED",
        /// The merchant said no on Stripe's page.
        AccessDenied = "ACCESS_DENIED",
        /// The account is controlled by another platform, which stands in the way of read and write access.
        ControlledByAnotherPlatform = "CONTROLLED_BY_ANOTHER_PLATFORM",
        /// Stripe does not give this platform the scope that it asks for.
        ScopeRefused = "SCOPE_REFUSED",
        /// Stripe found something wrong with the request, such as a redirect address that is not registered.
        RequestRefused = "REQUEST_REFUSED",
        /// Stripe does not know this response type.
        UnsupportedResponseType = "UNSUPPORTED_RESPONSE_TYPE",
        /// Stripe does not know this grant type.
        UnsupportedGrantType = "UNSUPPORTED_GRANT_TYPE",
        /// Stripe does not know the platform, or its key.
        ClientRefused = "CLIENT_REFUSED",
        /// The browser came without a code.
        CodeMissing = "CODE_MISSING",
        /// The code is unknown, used, expired or another platform's.
        CodeRefused = "CODE_REFUSED",
        /// Test and live do not fit.
        ModeMismatch = "MODE_MISMATCH",
        /// The account belongs to another connection.
        AccountTaken = "ACCOUNT_TAKEN",
        /// It is another account than that of the connection.
        AccountDiffers = "ACCOUNT_DIFFERS",
        /// Stripe did not answer, or not as it promises.
        StripeUnavailable = "STRIPE_UNAVAILABLE",
    }
}
