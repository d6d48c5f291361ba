//! Which lists make up each kind of data that is synced, and the requests for their pages: purely, without a network.

use chrono::{DateTime, Utc};
use entity::value::SyncDataType;
use serde::Serialize;
use stripe_client_core::{RequestBuilder, StripeMethod};

use super::error::ReadError;
use super::event::registered;
use super::read::checked;

/// The most that Stripe gives in one page of a list.
pub const PAGE: u32 = 100;
/// As many types of events can be asked for at a time.
const TYPES: usize = 20;

/// One list of Stripe's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct List {
    /// The path below `/v1`.
    pub path: &'static str,
    /// What Stripe puts in place of ids when the key may read that, too.
    expand: &'static [&'static str],
    /// A state without which a list leaves something out.
    status: Option<&'static str>,
    /// Which part of the types of events, where it is the list of events.
    part: usize,
    /// Whether the path leads to one object and not to a list.
    single: bool,
}

const fn list(path: &'static str, expand: &'static [&'static str]) -> List {
    List { path, expand, status: None, part: 0, single: false }
}

const fn single(path: &'static str) -> List {
    List { path, expand: &[], status: None, part: 0, single: true }
}

/// What an invoice leaves out unless asked; without its payments each one would be asked about.
const INVOICE: [&str; 4] = ["data.discounts", "data.total_discount_amounts.discount", "data.payments", "data.amount_paid_off_stripe"];
/// When the money of a slow payment came stands only in its balance transaction (SL-7).
const INTENT: [&str; 1] = ["data.latest_charge.balance_transaction"];

/// The lists of a kind of data, in the order in which they are read. A payment comes before what goes back of it.
#[must_use]
pub fn lists(data: SyncDataType) -> Vec<List> {
    match data {
        SyncDataType::Company => vec![single("/account"), single("/balance")],
        SyncDataType::Customers => vec![list("/customers", &[])],
        SyncDataType::Products => vec![list("/products", &[]), list("/prices", &[])],
        SyncDataType::Coupons => vec![list("/coupons", &[]), list("/promotion_codes", &[])],
        SyncDataType::Subscriptions => vec![List { status: Some("all"), ..list("/subscriptions", &["data.discounts"]) }],
        SyncDataType::Invoices => vec![list("/invoices", &INVOICE), list("/invoice_payments", &[]), list("/credit_notes", &[])],
        SyncDataType::Payments => vec![
            list("/checkout/sessions", &["data.total_details.breakdown"]),
            list("/payment_intents", &INTENT),
            list("/charges", &["data.balance_transaction"]),
            list("/refunds", &[]),
        ],
        SyncDataType::Disputes => vec![list("/disputes", &[])],
        SyncDataType::Transactions => vec![list("/balance_transactions", &[])],
        SyncDataType::Events => {
            let parts = registered().count().div_ceil(TYPES);
            (0..parts).map(|part| List { part, ..list("/events", &[]) }).collect()
        }
    }
}

/// Which page of a list is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Want {
    /// After this object; the newest without.
    pub after: Option<String>,
    /// Only what was made at or after this time.
    pub from: Option<DateTime<Utc>>,
    /// At most so many.
    pub limit: u32,
    /// Whether to do without what the key may not read.
    pub bare: bool,
}

/// The query of a page, as Stripe takes it.
#[derive(Serialize)]
struct Query<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<Created>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    expand: &'a [&'a str],
    limit: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    starting_after: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    types: Vec<&'static str>,
}

#[derive(Serialize)]
struct Created {
    gte: i64,
}

impl List {
    /// Whether the path leads to one object and not to a list.
    #[must_use]
    pub const fn is_single(&self) -> bool {
        self.single
    }

    /// Whether it asks for more than ids, and so for more permissions than the list's own.
    #[must_use]
    pub const fn expands(&self) -> bool {
        !self.expand.is_empty()
    }

    /// The request for a page.
    pub(super) fn request(&self, want: &Want) -> Result<RequestBuilder, ReadError> {
        let request = RequestBuilder::new(StripeMethod::Get, self.path);
        if self.single {
            return Ok(request);
        }
        let query = Query {
            created: want.from.map(|from| Created { gte: from.timestamp() }),
            expand: if want.bare { &[] } else { self.expand },
            limit: want.limit.clamp(1, PAGE),
            starting_after: want.after.as_deref().map(checked).transpose()?,
            status: self.status,
            types: if self.path == "/events" { registered().skip(self.part * TYPES).take(TYPES).collect() } else { Vec::new() },
        };
        Ok(request.query(&query))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(list: List, want: &Want) -> String {
        let request = list.request(want).unwrap();
        let pairs = url::form_urlencoded::parse(request.query.as_deref().unwrap_or_default().as_bytes());
        pairs.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
    }

    #[test]
    fn a_page_is_asked_for_as_stripe_takes_it() {
        let want = Want { after: Some("in_9".into()), from: DateTime::from_timestamp(7, 0), limit: 500, bare: false };
        let invoices = lists(SyncDataType::Invoices)[0];
        let asked = query(invoices, &want);
        assert!(asked.contains("created[gte]=7") && asked.contains("starting_after=in_9") && asked.contains("limit=100"), "{asked}");
        assert!(asked.contains("=data.payments"), "{asked}");
        assert!(!query(invoices, &Want { bare: true, ..want.clone() }).contains("expand"));
        assert_eq!(query(lists(SyncDataType::Company)[0], &want), "");
        assert!(query(lists(SyncDataType::Subscriptions)[0], &want).contains("status=all"));
        let bad = Want { after: Some("in_9&limit=1".into()), ..want };
        assert!(invoices.request(&bad).is_err());
    }

    #[test]
    fn every_type_of_event_that_is_used_is_asked_for_once() {
        let parts: Vec<String> = lists(SyncDataType::Events).into_iter().map(|list| query(list, &Want::default())).collect();
        for event in registered() {
            let asked = parts.iter().filter(|part| part.split('&').any(|pair| pair.ends_with(&format!("={event}")))).count();
            assert_eq!(asked, 1, "{event}");
        }
        assert!(parts.iter().all(|part| part.matches("types").count() <= TYPES));
    }
}
