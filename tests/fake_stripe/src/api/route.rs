//! What can be asked, and which permission it takes.

use super::call::{Call, Done};
use super::{read, write};

pub struct Route {
    pub method: &'static str,
    /// The path, where a word that begins with a colon stands for an id.
    pub path: &'static str,
    /// What the permission is for: `customer` for `customer_read` and `customer_write`.
    resource: &'static str,
    pub handler: fn(&mut Call<'_>) -> Done,
}

impl Route {
    /// As the table of parameters names it.
    pub fn endpoint(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The permission that it takes.
    pub fn permission(&self, write: bool) -> String {
        format!("{}_{}", self.resource, if write { "write" } else { "read" })
    }
}

const fn get(path: &'static str, resource: &'static str, handler: fn(&mut Call<'_>) -> Done) -> Route {
    Route { method: "GET", path, resource, handler }
}

const fn post(path: &'static str, resource: &'static str, handler: fn(&mut Call<'_>) -> Done) -> Route {
    Route { method: "POST", path, resource, handler }
}

const fn delete(path: &'static str, resource: &'static str, handler: fn(&mut Call<'_>) -> Done) -> Route {
    Route { method: "DELETE", path, resource, handler }
}

/// Everything that is answered. To read the own account, a restricted key needs a permission that is easily forgotten.
pub const ROUTES: &[Route] = &[
    get("/v1/account", "accounts_kyc_basic", read::own_account),
    get("/v1/accounts/:id", "accounts_kyc_basic", read::account),
    get("/v1/balance", "balance", read::balance),
    get("/v1/balance_transactions", "balance", read::movements),
    get("/v1/balance_transactions/:id", "balance", read::one),
    get("/v1/charges", "charge", read::charges),
    get("/v1/charges/:id", "charge", read::one),
    post("/v1/charges/:id", "charge", write::charge),
    get("/v1/checkout/sessions", "checkout_session", read::sessions),
    get("/v1/checkout/sessions/:id", "checkout_session", read::one),
    get("/v1/checkout/sessions/:id/line_items", "checkout_session", read::line_items),
    get("/v1/coupons", "coupon", read::coupons),
    post("/v1/coupons", "coupon", write::new_coupon),
    get("/v1/coupons/:id", "coupon", read::one),
    post("/v1/coupons/:id", "coupon", write::coupon),
    delete("/v1/coupons/:id", "coupon", write::no_coupon),
    get("/v1/credit_notes", "credit_note", read::credit_notes),
    get("/v1/credit_notes/:id", "credit_note", read::one),
    get("/v1/customers", "customer", read::customers),
    post("/v1/customers", "customer", write::new_customer),
    get("/v1/customers/:id", "customer", read::one),
    post("/v1/customers/:id", "customer", write::customer),
    delete("/v1/customers/:id", "customer", write::no_customer),
    get("/v1/customers/:id/balance_transactions", "customer", read::balance_changes),
    post("/v1/customers/:id/balance_transactions", "customer", write::new_balance_change),
    get("/v1/customers/:id/balance_transactions/:id", "customer", read::balance_change),
    get("/v1/disputes", "dispute", read::disputes),
    get("/v1/disputes/:id", "dispute", read::one),
    get("/v1/events", "event", read::events),
    get("/v1/events/:id", "event", read::event),
    get("/v1/invoice_payments", "invoice", read::invoice_payments),
    get("/v1/invoice_payments/:id", "invoice", read::one),
    get("/v1/invoices", "invoice", read::invoices),
    get("/v1/invoices/:id", "invoice", read::one),
    post("/v1/invoices/:id", "invoice", write::invoice),
    get("/v1/invoices/:id/lines", "invoice", read::lines),
    get("/v1/payment_intents", "payment_intent", read::intents),
    get("/v1/payment_intents/:id", "payment_intent", read::one),
    post("/v1/payment_intents/:id", "payment_intent", write::intent),
    get("/v1/payment_links", "payment_links", read::payment_links),
    get("/v1/prices", "plan", read::prices),
    post("/v1/prices", "plan", write::new_price),
    get("/v1/prices/:id", "plan", read::one),
    get("/v1/products", "product", read::products),
    post("/v1/products", "product", write::new_product),
    get("/v1/products/:id", "product", read::one),
    get("/v1/promotion_codes", "promotion_code", read::promotion_codes),
    post("/v1/promotion_codes", "promotion_code", write::new_promotion_code),
    get("/v1/promotion_codes/:id", "promotion_code", read::one),
    post("/v1/promotion_codes/:id", "promotion_code", write::promotion_code),
    get("/v1/refunds", "charge", read::refunds),
    post("/v1/refunds", "charge", write::new_refund),
    get("/v1/refunds/:id", "charge", read::one),
    get("/v1/subscriptions", "subscription", read::subscriptions),
    get("/v1/subscriptions/:id", "subscription", read::one),
    post("/v1/subscriptions/:id", "subscription", write::subscription),
    get("/v1/webhook_endpoints", "webhook", read::endpoints),
    post("/v1/webhook_endpoints", "webhook", write::new_endpoint),
    get("/v1/webhook_endpoints/:id", "webhook", read::endpoint),
    post("/v1/webhook_endpoints/:id", "webhook", write::endpoint),
    delete("/v1/webhook_endpoints/:id", "webhook", write::no_endpoint),
];

/// The route of a request, and the ids in its path.
pub fn find(method: &str, path: &str) -> Option<(&'static Route, Vec<String>)> {
    let parts: Vec<&str> = path.split('/').collect();
    ROUTES.iter().filter(|route| route.method == method).find_map(|route| {
        let words: Vec<&str> = route.path.split('/').collect();
        let fits = words.len() == parts.len() && words.iter().zip(&parts).all(|(word, part)| word.starts_with(':') || word == part);
        let ids = words.iter().zip(&parts).filter(|(word, _)| word.starts_with(':')).map(|(_, part)| (*part).to_owned());
        fits.then(|| (route, ids.collect()))
    })
}

#[cfg(test)]
mod tests {
    use super::ROUTES;
    use crate::api::params;

    #[test]
    fn every_route_has_the_parameters_of_stripes_sdk() {
        let without: Vec<String> = ROUTES.iter().map(super::Route::endpoint).filter(|endpoint| !params::has(endpoint)).collect();
        assert!(without.is_empty(), "add these to parameters.txt and run tests/interop/stripe_parameters.mjs --write: {without:?}");
    }
}
