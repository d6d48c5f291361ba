//! The pretended Stripe's API: the few reads that Tributary makes, over real HTTP, with the refusals that Stripe knows.

use std::sync::{Arc, Mutex};

use actix_web::dev::ServerHandle;
use actix_web::http::StatusCode;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use serde_json::{Value, json};
use url::Url;

use super::model::Version;
use super::render;
use super::shop::Shop;

/// What the server answers from, and how it misbehaves.
struct State {
    shop: Arc<Mutex<Shop>>,
    /// Paths whose permission the key lacks, such as `invoice_payments`.
    forbidden: Mutex<Vec<String>>,
    /// Statuses with which the next requests are answered.
    faults: Mutex<Vec<u16>>,
    log: Mutex<Vec<String>>,
}

/// A server on a port of its own, stopped when it is dropped.
pub struct FakeStripe {
    state: Arc<State>,
    base: Url,
    handle: ServerHandle,
}

impl FakeStripe {
    pub fn start(shop: Arc<Mutex<Shop>>) -> Self {
        let state = Arc::new(State { shop, forbidden: Mutex::default(), faults: Mutex::default(), log: Mutex::default() });
        let data = web::Data::from(Arc::clone(&state));
        let server = HttpServer::new(move || App::new().app_data(data.clone()).default_service(web::to(answer)))
            .workers(1)
            .disable_signals()
            .bind(("127.0.0.1", 0))
            .expect("a free port");
        let base = format!("http://{}", server.addrs()[0]).parse().unwrap();
        let server = server.run();
        let handle = server.handle();
        tokio::spawn(server);
        Self { state, base, handle }
    }

    /// Where the API lives.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// From now on the key lacks the permission to read anything under this word of the path.
    pub fn forbid(&self, word: &str) {
        self.state.forbidden.lock().unwrap().push(word.to_owned());
    }

    /// The next requests are answered with these statuses.
    pub fn fail_next(&self, statuses: &[u16]) {
        self.state.faults.lock().unwrap().extend(statuses.iter().rev());
    }

    /// Every request so far: path and query.
    pub fn log(&self) -> Vec<String> {
        self.state.log.lock().unwrap().clone()
    }
}

impl Drop for FakeStripe {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

async fn answer(state: web::Data<State>, request: HttpRequest) -> HttpResponse {
    state.log.lock().unwrap().push(request.uri().to_string());
    if let Some(status) = state.faults.lock().unwrap().pop() {
        let status = StatusCode::from_u16(status).unwrap();
        return error(status, json!({ "type": "api_error", "message": "as asked for by the test" }));
    }
    let refused = state.forbidden.lock().unwrap().iter().any(|word| request.path().contains(word.as_str()));
    if refused {
        let message = "The provided key does not have the required permissions for this endpoint. Having the 'rak_invoice_read' \
            permission would allow this request to continue.";
        return error(
            StatusCode::FORBIDDEN,
            json!({ "type": "invalid_request_error", "code": "more_permissions_required", "message": message }),
        );
    }
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(request.query_string().as_bytes()).into_owned().collect();
    let found = look_up(&state.shop.lock().unwrap(), request.path(), &pairs);
    match found {
        Some(object) => HttpResponse::Ok().json(object),
        None => error(
            StatusCode::NOT_FOUND,
            json!({ "type": "invalid_request_error", "code": "resource_missing", "message": "No such object" }),
        ),
    }
}

fn error(status: StatusCode, error: Value) -> HttpResponse {
    HttpResponse::build(status).json(json!({ "error": error }))
}

fn look_up(shop: &Shop, path: &str, query: &[(String, String)]) -> Option<Value> {
    let version = Version::Endive;
    let value = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let expands = |name: &str| query.iter().any(|(key, value)| key.starts_with("expand") && value == name);
    let parts: Vec<&str> = path.trim_start_matches("/v1/").split('/').collect();
    match parts[..] {
        ["invoice_payments"] => {
            let intent = value("payment[payment_intent]")?;
            let found = shop.payments.values().filter(|payment| payment.intent == intent).map(render::invoice_payment);
            Some(json!({ "object": "list", "url": "/v1/invoice_payments", "has_more": false, "data": found.collect::<Vec<_>>() }))
        }
        ["invoices", id] => {
            let of = shop.invoices.get(id)?;
            let mut shown = render::invoice(of, version);
            if expands("discounts") {
                shown["discounts"] = of.bill.discounts.iter().map(|d| render::discount(d, version)).collect();
            }
            if expands("payments") {
                let found: Vec<Value> = shop.payments.values().filter(|p| p.invoice == of.id).map(render::invoice_payment).collect();
                shown["payments"] = json!({ "object": "list", "data": found, "has_more": false });
            }
            if expands("amount_paid_off_stripe") {
                shown["amount_paid_off_stripe"] = json!(0);
            }
            Some(shown)
        }
        ["checkout", "sessions", id] => Some(render::session(shop.sessions.get(id)?, version)),
        ["payment_intents", id] => {
            let of = shop.intents.get(id)?;
            let mut shown = render::intent(of, version);
            if expands("latest_charge") {
                shown["latest_charge"] = of.charge.as_ref().map_or(Value::Null, |id| render::charge(&shop.charges[id], version));
            }
            Some(shown)
        }
        ["prices", id] => {
            let (lookup_key, noted) = shop.prices.get(id)?;
            let product = json!({ "id": format!("prod_of_{id}"), "object": "product", "metadata": noted });
            let product = if expands("product") { product } else { product["id"].clone() };
            Some(json!({ "id": id, "object": "price", "lookup_key": lookup_key, "metadata": {}, "product": product }))
        }
        ["customers", id] => Some(render::customer(shop.customers.get(id)?)),
        ["charges", id] => Some(render::charge(shop.charges.get(id)?, version)),
        _ => None,
    }
}
