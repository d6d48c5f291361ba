//! Looking up any object of Stripe's by its id, for the self-check (SC-1): what the id is of, where it stands, and which others it names.
//!
//! Reads single fields of bodies of any version; what is kept of purchases takes the road of events instead.

use serde_json::Value;
use stripe_client_core::{RequestBuilder, StripeMethod};

use super::client::{Answer, Client};
use super::error::ReadError;

/// What an id is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `pi_`
    Intent,
    /// `ch_`, and `py_` for payments by bank.
    Charge,
    /// `in_`
    Invoice,
    /// `cs_`
    Checkout,
    /// `sub_`
    Subscription,
    /// `cus_`
    Customer,
    /// `re_`, and `pyr_` for payments by bank.
    Refund,
    /// `dp_` and `du_`
    Dispute,
    /// `txn_`
    Transaction,
}

/// The fields of a body that name another object on the way to the payment, nearest first.
const NAMES: [&str; 7] = ["payment_intent", "charge", "invoice", "latest_invoice", "latest_charge", "source", "subscription"];

impl Kind {
    /// Reads an id by its prefix; nothing for what is none, or leads to no payment.
    #[must_use]
    pub fn of(id: &str) -> Option<Self> {
        let (prefix, rest) = id.split_once('_')?;
        let sane = !rest.is_empty() && id.len() <= 255 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let kind = match prefix {
            "pi" => Self::Intent,
            "ch" | "py" => Self::Charge,
            "in" => Self::Invoice,
            "cs" => Self::Checkout,
            "sub" => Self::Subscription,
            "cus" => Self::Customer,
            "re" | "pyr" => Self::Refund,
            "dp" | "du" => Self::Dispute,
            "txn" => Self::Transaction,
            _ => return None,
        };
        Some(kind).filter(|_| sane)
    }

    /// The lists of the API and of the dashboard in which such objects stand.
    pub(super) const fn places(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::Intent => ("payment_intents", Some("payments")),
            Self::Charge => ("charges", Some("payments")),
            Self::Invoice => ("invoices", Some("invoices")),
            Self::Checkout => ("checkout/sessions", None),
            Self::Subscription => ("subscriptions", Some("subscriptions")),
            Self::Customer => ("customers", Some("customers")),
            Self::Refund => ("refunds", None),
            Self::Dispute => ("disputes", Some("disputes")),
            Self::Transaction => ("balance_transactions", None),
        }
    }

    /// The page of Stripe's dashboard about an object, where there is one.
    #[must_use]
    pub fn dashboard(self, id: &str, account: Option<&str>, livemode: bool) -> Option<String> {
        let page = self.places().1?;
        let account = account.map(|account| format!("{account}/")).unwrap_or_default();
        let mode = if livemode { "" } else { "test/" };
        Some(format!("https://dashboard.stripe.com/{account}{mode}{page}/{id}"))
    }
}

/// The mode that an id itself tells: only checkouts do.
#[must_use]
pub fn told_mode(id: &str) -> Option<bool> {
    match id {
        id if id.starts_with("cs_live_") => Some(true),
        id if id.starts_with("cs_test_") => Some(false),
        _ => None,
    }
}

/// The ids of other objects that a body names on the way to its payment, each a bare id or a whole object.
#[must_use]
pub fn related(body: &Value) -> Vec<String> {
    let id = |value: &Value| value.as_str().or_else(|| value.get("id").and_then(Value::as_str)).map(str::to_owned);
    let named = NAMES.iter().filter_map(|name| body.get(name)).filter_map(id);
    named.filter(|id| Kind::of(id).is_some()).collect()
}

/// Shipping details as they stand at Stripe (S3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shipping {
    /// Who carries it.
    pub carrier: Option<String>,
    /// The numbers to follow it by, as they stand: several between commas.
    pub tracking_number: Option<String>,
}

/// The shipping details of a payment; nothing when there are none.
#[must_use]
pub fn shipping(body: &Value) -> Option<Shipping> {
    let shipping = body.get("shipping").filter(|shipping| shipping.is_object())?;
    let text = |name: &str| shipping.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
    Some(Shipping { carrier: text("carrier"), tracking_number: text("tracking_number") })
}

impl Client {
    /// An object as Stripe shows it.
    ///
    /// # Errors
    /// [`ReadError`] says why there is no answer.
    pub async fn object(&self, kind: Kind, id: &str) -> Result<Value, ReadError> {
        Ok(self.answer_of(kind, id).await?.body)
    }

    /// The same, with the time at which it was so.
    ///
    /// # Errors
    /// [`ReadError`] says why there is no answer.
    pub async fn answer_of(&self, kind: Kind, id: &str) -> Result<Answer, ReadError> {
        if Kind::of(id) != Some(kind) {
            return Err(ReadError::BadId);
        }
        self.get(RequestBuilder::new(StripeMethod::Get, format!("/{}/{id}", kind.places().0))).await
    }

    /// The newest payment of a customer; nothing when there is none.
    ///
    /// # Errors
    /// [`ReadError`] says why there is no answer.
    pub async fn newest_payment(&self, customer: &str) -> Result<Option<String>, ReadError> {
        if Kind::of(customer) != Some(Kind::Customer) {
            return Err(ReadError::BadId);
        }
        let request = RequestBuilder::new(StripeMethod::Get, "/payment_intents");
        let body = self.call(RequestBuilder { query: Some(format!("customer={customer}&limit=1")), ..request }, None).await?;
        Ok(body.pointer("/data/0/id").and_then(Value::as_str).map(str::to_owned))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_id_says_what_it_is_of() {
        for (id, kind) in [
            ("pi_1", Kind::Intent),
            ("ch_1", Kind::Charge),
            ("py_1", Kind::Charge),
            ("in_1", Kind::Invoice),
            ("cs_test_a1", Kind::Checkout),
            ("sub_1", Kind::Subscription),
            ("cus_1", Kind::Customer),
            ("re_1", Kind::Refund),
            ("pyr_1", Kind::Refund),
            ("dp_1", Kind::Dispute),
            ("du_1", Kind::Dispute),
            ("txn_1", Kind::Transaction),
        ] {
            assert_eq!(Kind::of(id), Some(kind), "{id}");
        }
        for none in ["", "pi_", "pi", "evt_1", "acct_1", "pi_1/../x", "pi_1?x=1", "pi_é"] {
            assert_eq!(Kind::of(none), None, "{none}");
        }
        assert_eq!((told_mode("cs_live_1"), told_mode("cs_test_1"), told_mode("pi_1")), (Some(true), Some(false), None));
    }

    #[test]
    fn a_body_names_what_lies_between_it_and_the_payment() {
        assert_eq!(related(&json!({ "id": "re_1", "charge": "ch_1", "payment_intent": { "id": "pi_1" } })), ["pi_1", "ch_1"]);
        assert_eq!(related(&json!({ "id": "txn_1", "source": "re_1" })), ["re_1"]);
        assert_eq!(related(&json!({ "id": "txn_1", "source": "po_1" })), Vec::<String>::new(), "a payout is no payment");
        assert_eq!(related(&json!({ "id": "sub_1", "latest_invoice": null })), Vec::<String>::new());
    }

    #[test]
    fn shipping_is_what_stands_there() {
        assert_eq!(shipping(&json!({ "shipping": null })), None);
        let told = shipping(&json!({ "shipping": { "carrier": "DHL", "tracking_number": "1,2", "name": "Jo" } })).unwrap();
        assert_eq!(told, Shipping { carrier: Some("DHL".into()), tracking_number: Some("1,2".into()) });
    }

    #[test]
    fn a_page_of_the_dashboard_is_of_account_and_mode() {
        let page = Kind::Intent.dashboard("pi_1", Some("acct_1"), false);
        assert_eq!(page.as_deref(), Some("https://dashboard.stripe.com/acct_1/test/payments/pi_1"));
        assert_eq!(Kind::Customer.dashboard("cus_1", None, true).as_deref(), Some("https://dashboard.stripe.com/customers/cus_1"));
        assert_eq!(Kind::Refund.dashboard("re_1", None, true), None);
    }
}
