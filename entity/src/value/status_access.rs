//! Words about the access to a Stripe account: rights, and what they are good for.

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
