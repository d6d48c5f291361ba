//! Rights of a key: what each is called at Stripe, and a harmless question that tells whether it is there (S1).
//!
//! No call lists the rights of a key. A right to read is asked for by the shortest list. A right to write is asked for by a change of an
//! object that cannot exist: Stripe looks at the right first, so the answer is 403 without it and 404 with it, and nothing is changed.

use entity::value::{PermissionState, StripePermission as P};
use stripe_client_core::{RequestBuilder, StripeMethod};

use super::error::ReadError;

/// A right, as Stripe's page shows it, and how to find out.
#[derive(Clone, Copy, Debug)]
pub struct Permission {
    /// Which right.
    pub right: P,
    /// Where the page of a restricted key lists it.
    pub label: &'static str,
    /// Its name in errors (`rak_...`) and in the manifest of an app.
    pub name: &'static str,
    ask: Ask,
}

#[derive(Clone, Copy, Debug)]
enum Ask {
    /// Reads an object that every account has.
    Object(&'static str),
    /// Reads one row of a list.
    List(&'static str),
    /// Changes an object that is not there.
    Absent(&'static str),
    /// Nothing here uses it.
    Never,
}

const fn list(right: P, label: &'static str, name: &'static str, path: &'static str) -> Permission {
    Permission { right, label, name, ask: Ask::List(path) }
}

const fn change(right: P, label: &'static str, name: &'static str, path: &'static str) -> Permission {
    Permission { right, label, name, ask: Ask::Absent(path) }
}

const fn unused(right: P, label: &'static str, name: &'static str) -> Permission {
    Permission { right, label, name, ask: Ask::Never }
}

/// Every right that something here uses, and those that guides of others ask for and that are not needed.
pub const PERMISSIONS: &[Permission] = &[
    Permission { right: P::AccountRead, label: "Accounts: read", name: "accounts_kyc_basic_read", ask: Ask::Object("/account") },
    list(P::BalanceRead, "Balance: read", "balance_read", "/balance_transactions"),
    list(P::ChargeRead, "Charges and Refunds: read", "charge_read", "/charges"),
    change(P::ChargeWrite, "Charges and Refunds: write", "charge_write", "/charges/ch_tributary_probe"),
    list(P::CheckoutSessionRead, "Checkout Sessions: read", "checkout_session_read", "/checkout/sessions"),
    list(P::CouponRead, "Coupons: read", "coupon_read", "/coupons"),
    change(P::CouponWrite, "Coupons: write", "coupon_write", "/coupons/tributary_probe_absent"),
    list(P::CreditNoteRead, "Credit notes: read", "credit_note_read", "/credit_notes"),
    list(P::CustomerRead, "Customers: read", "customer_read", "/customers"),
    change(P::CustomerWrite, "Customers: write", "customer_write", "/customers/cus_tributary_probe"),
    list(P::DisputeRead, "Disputes: read", "dispute_read", "/disputes"),
    list(P::EventRead, "Events: read", "event_read", "/events"),
    list(P::InvoiceRead, "Invoices: read", "invoice_read", "/invoices"),
    list(P::PaymentIntentRead, "PaymentIntents: read", "payment_intent_read", "/payment_intents"),
    change(P::PaymentIntentWrite, "PaymentIntents: write", "payment_intent_write", "/payment_intents/pi_tributary_probe"),
    list(P::PaymentLinkRead, "Payment Links: read", "payment_links_read", "/payment_links"),
    list(P::PriceRead, "Prices: read", "plan_read", "/prices"),
    list(P::ProductRead, "Products: read", "product_read", "/products"),
    list(P::PromotionCodeRead, "Promotion Codes: read", "promotion_code_read", "/promotion_codes"),
    change(P::PromotionCodeWrite, "Promotion Codes: write", "promotion_code_write", "/promotion_codes/promo_tributary_probe"),
    list(P::SubscriptionRead, "Subscriptions: read", "subscription_read", "/subscriptions"),
    list(P::WebhookRead, "Webhook Endpoints: read", "webhook_read", "/webhook_endpoints"),
    change(P::WebhookWrite, "Webhook Endpoints: write", "webhook_write", "/webhook_endpoints/we_tributary_probe"),
    unused(P::DisputeWrite, "Disputes: write", "dispute_write"),
    unused(P::FileWrite, "Files: write", "file_write"),
    unused(P::OrderWrite, "Orders: write", "order_write"),
];

/// How Stripe's page shows a right.
#[must_use]
pub fn of(right: P) -> Option<&'static Permission> {
    PERMISSIONS.iter().find(|permission| permission.right == right)
}

impl Permission {
    /// Whether something here uses it.
    #[must_use]
    pub const fn is_needed(&self) -> bool {
        !matches!(self.ask, Ask::Never)
    }

    /// Whether it is a right to change something.
    #[must_use]
    pub const fn writes(&self) -> bool {
        matches!(self.ask, Ask::Absent(_)) || matches!(self.right, P::DisputeWrite | P::FileWrite | P::OrderWrite)
    }

    /// The question; nothing for a right that is not needed.
    pub(super) fn request(&self) -> Option<RequestBuilder> {
        match self.ask {
            Ask::Object(path) => Some(RequestBuilder::new(StripeMethod::Get, path)),
            Ask::List(path) => Some(RequestBuilder { query: Some("limit=1".to_owned()), ..RequestBuilder::new(StripeMethod::Get, path) }),
            Ask::Absent(path) => Some(RequestBuilder::new(StripeMethod::Post, path)),
            Ask::Never => None,
        }
    }

    /// What the answer says of the right.
    ///
    /// # Errors
    /// [`ReadError::Unauthorised`]: the key is not valid at all.
    pub(super) fn state<T>(&self, answer: Result<T, ReadError>) -> Result<PermissionState, ReadError> {
        match answer {
            Err(ReadError::Unauthorised) => Err(ReadError::Unauthorised),
            Err(ReadError::Permission { .. }) => Ok(PermissionState::Missing),
            // What is not there cannot be changed, and Stripe says so only to who may change.
            Err(ReadError::NotFound | ReadError::Refused { status: 400 }) if matches!(self.ask, Ask::Absent(_)) => {
                Ok(PermissionState::Granted)
            }
            Ok(_) if !matches!(self.ask, Ask::Absent(_)) => Ok(PermissionState::Granted),
            _ => Ok(PermissionState::Unknown),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_right_stands_in_the_table_once() {
        let listed: Vec<P> = PERMISSIONS.iter().map(|permission| permission.right).collect();
        assert_eq!(listed.iter().collect::<BTreeSet<_>>().len(), listed.len());
        assert_eq!(listed.len(), P::ALL.len());
        let names: BTreeSet<&str> = PERMISSIONS.iter().map(|permission| permission.name).collect();
        assert_eq!(names.len(), PERMISSIONS.len());
        for permission in PERMISSIONS {
            assert_eq!(permission.writes(), permission.name.ends_with("_write"), "{}", permission.name);
        }
    }

    #[test]
    fn a_question_about_writing_names_what_cannot_be_there() {
        for permission in PERMISSIONS.iter().filter(|permission| permission.is_needed()) {
            let request = permission.request().unwrap();
            let post = matches!(request.method, StripeMethod::Post);
            assert_eq!(post, permission.writes());
            assert_eq!(post, request.path.contains("tributary_probe"), "{}", request.path);
        }
    }

    #[test]
    fn an_answer_tells_of_the_right() {
        let (read, write) = (of(P::ChargeRead).unwrap(), of(P::ChargeWrite).unwrap());
        let lacking = || Err::<(), _>(ReadError::Permission { permission: None });
        assert_eq!(read.state(Ok(())), Ok(PermissionState::Granted));
        assert_eq!(read.state(lacking()), Ok(PermissionState::Missing));
        assert_eq!(read.state::<()>(Err(ReadError::NotFound)), Ok(PermissionState::Unknown));
        assert_eq!(write.state::<()>(Err(ReadError::NotFound)), Ok(PermissionState::Granted));
        assert_eq!(write.state::<()>(Err(ReadError::Refused { status: 400 })), Ok(PermissionState::Granted));
        assert_eq!(write.state(lacking()), Ok(PermissionState::Missing));
        assert_eq!(write.state(Ok(())), Ok(PermissionState::Unknown));
        assert_eq!(read.state::<()>(Err(ReadError::Transient { status: None })), Ok(PermissionState::Unknown));
        assert_eq!(read.state::<()>(Err(ReadError::Unauthorised)), Err(ReadError::Unauthorised));
    }
}
