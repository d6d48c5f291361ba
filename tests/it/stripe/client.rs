//! Reads over the wire, against a double that keeps what it was asked.

use std::sync::{Arc, Mutex};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use secrecy::SecretString;
use serde_json::{Value, json};
use tributary::clock::Clock;
use tributary::domain::fact::Fact;
use tributary::stripe::client::{Client, ClientError, ClientSettings, Transport, VERSION};
use tributary::stripe::error::ReadError;
use tributary::stripe::event::NoInvoice;
use tributary::stripe::read::Read;

use super::{AT, at, told};

/// One request as received: path with decoded query, and the headers that matter.
#[derive(Clone, Debug)]
struct Asked {
    url: String,
    headers: Vec<(String, String)>,
}

impl Asked {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

type Log = Arc<Mutex<Vec<Asked>>>;

/// Answers every request by `answer`, given its decoded path and query.
struct Double {
    base: String,
    log: Log,
    handle: actix_web::dev::ServerHandle,
}

impl Double {
    fn start(answer: fn(&str) -> HttpResponse) -> Self {
        let log = Log::default();
        let kept = log.clone();
        let server = HttpServer::new(move || {
            let log = kept.clone();
            App::new().default_service(web::to(move |request: HttpRequest| {
                let log = log.clone();
                async move {
                    let query: Vec<String> =
                        url::form_urlencoded::parse(request.query_string().as_bytes()).map(|(k, v)| format!("{k}={v}")).collect();
                    let url = format!("{}?{}", request.path(), query.join("&"));
                    let headers = request.headers().iter().map(|(k, v)| (k.to_string(), v.to_str().unwrap().to_owned())).collect();
                    log.lock().unwrap().push(Asked { url: url.clone(), headers });
                    answer(&url)
                }
            }))
        })
        .workers(1)
        .bind(("127.0.0.1", 0))
        .unwrap();
        let base = format!("http://{}", server.addrs()[0]);
        let server = server.disable_signals().run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        Self { base, log, handle }
    }

    fn client(&self) -> Client {
        let settings = ClientSettings {
            base: self.base.parse().unwrap(),
            key: SecretString::from("rk_test_secret"),
            account: Some("acct_1".to_owned()),
        };
        Client::new(&Transport::new().unwrap(), &settings, &Clock::frozen(at(AT))).unwrap()
    }

    async fn stop(self) -> Vec<Asked> {
        self.handle.stop(false).await;
        Arc::try_unwrap(self.log).map_or_else(|log| log.lock().unwrap().clone(), |log| log.into_inner().unwrap())
    }
}

fn ok(body: &Value) -> HttpResponse {
    HttpResponse::Ok().json(body)
}

#[actix_web::test]
async fn a_payment_without_an_invoice_is_told_as_such() {
    let double = Double::start(|_| ok(&json!({ "object": "list", "data": [], "has_more": false })));
    let read = Read::InvoicePayments { intent: "pi_1".into(), charge: Some("ch_1".into()) };
    let projection = double.client().read(&read).await.unwrap();
    assert!(projection.told.is_empty());
    assert_eq!(projection.links, [NoInvoice { object: "pi_1".into() }, NoInvoice { object: "ch_1".into() }]);
    let asked = double.stop().await;
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].url, "/v1/invoice_payments?limit=100&payment[payment_intent]=pi_1&payment[type]=payment_intent");
    assert_eq!(asked[0].header("authorization"), Some("Bearer rk_test_secret"));
    assert_eq!(asked[0].header("stripe-version"), Some(VERSION));
    assert_eq!(asked[0].header("stripe-account"), Some("acct_1"));
}

#[actix_web::test]
async fn the_list_of_payments_is_read_to_its_end() {
    let double = Double::start(|url| {
        let id = if url.contains("starting_after=inpay_1") { 2 } else { 1 };
        ok(&json!({ "object": "list", "has_more": id == 1, "data": [{ "id": format!("inpay_{id}"), "object": "invoice_payment",
            "invoice": "in_1", "status": "paid", "amount_paid": 50, "payment": { "payment_intent": "pi_1" } }] }))
    });
    let read = Read::InvoicePayments { intent: "pi_1".into(), charge: None };
    let projection = double.client().read(&read).await.unwrap();
    assert_eq!((projection.told.len(), projection.links.len()), (2, 0));
    assert!(matches!(told(&projection, "inpay_2"), Fact::Collection(c) if c.invoice.as_deref() == Some("in_1")));
    assert_eq!(double.stop().await.len(), 2);
}

#[actix_web::test]
async fn a_long_invoice_is_read_whole() {
    let double = Double::start(|url| {
        if url.starts_with("/v1/invoices/in_1/lines") {
            assert!(url.contains("starting_after=il_1"));
            return ok(&json!({ "object": "list", "data": [{ "id": "il_2", "amount": 40 }], "has_more": false }));
        }
        ok(&json!({
            "id": "in_1", "object": "invoice", "status": "paid", "total": 100, "amount_paid": 100, "currency": "eur", "amount_paid_off_stripe": 0,
            "discounts": [{ "id": "di_1", "object": "discount", "promotion_code": "promo_1", "source": { "coupon": "TEN" } }],
            "lines": { "object": "list", "data": [{ "id": "il_1", "amount": 60 }], "has_more": true, "total_count": 2 }
        }))
    });
    let projection = double.client().read(&Read::Invoice("in_1".into())).await.unwrap();
    let Fact::Invoice(invoice) = told(&projection, "in_1") else { panic!("not an invoice") };
    assert!(invoice.lines.whole && invoice.codes.whole);
    assert_eq!(invoice.lines.list.iter().map(|line| line.amount).collect::<Vec<_>>(), [60, 40]);
    assert_eq!(invoice.stamp.at, at(AT));
    let asked = double.stop().await;
    for part in ["discounts", "total_discount_amounts.discount", "payments", "amount_paid_off_stripe"] {
        assert!(asked[0].url.contains(&format!("={part}")), "{}", asked[0].url);
    }
}

#[actix_web::test]
async fn single_objects_are_read_by_their_paths() {
    let double = Double::start(|url| {
        let id = url.split(['/', '?']).nth(url.matches('/').count()).unwrap();
        let object = match id.split('_').next().unwrap() {
            "pi" => "payment_intent",
            "ch" => "charge",
            "cs" => "checkout.session",
            "cus" => "customer",
            _ => "promotion_code",
        };
        ok(&json!({ "id": id, "object": object, "amount": 5, "code": "ADA" }))
    });
    let client = double.client();
    for id in ["pi_1", "ch_1", "cs_test_1", "promo_1", "cus_1"] {
        let projection = client.read(&Read::object(id).unwrap()).await.unwrap();
        assert_eq!(projection.told[0].observation.object, id);
    }
    let paths: Vec<String> = double.stop().await.into_iter().map(|asked| asked.url).collect();
    assert!(paths[0].starts_with("/v1/payment_intents/pi_1?") && paths[0].contains("=latest_charge"), "{}", paths[0]);
    assert!(paths[1].starts_with("/v1/charges/ch_1"));
    assert!(paths[2].starts_with("/v1/checkout/sessions/cs_test_1?") && paths[2].contains("=total_details.breakdown"), "{}", paths[2]);
    assert!(paths[3].starts_with("/v1/promotion_codes/promo_1"));
    assert!(paths[4].starts_with("/v1/customers/cus_1"));
}

#[actix_web::test]
async fn failures_are_told_apart() {
    let double = Double::start(|url| match url.split(['/', '?']).nth(3).unwrap() {
        "ch_forbidden" => HttpResponse::Forbidden().json(json!({ "error": { "code": "more_permissions_required",
            "message": "Having the 'rak_charge_read' permission would allow this request to continue." } })),
        "ch_gone" => HttpResponse::NotFound().json(json!({ "error": { "code": "resource_missing" } })),
        "ch_busy" => HttpResponse::TooManyRequests().insert_header(("retry-after", "2")).finish(),
        "ch_down" => HttpResponse::BadGateway().body("<html>"),
        "ch_moved" => HttpResponse::Found().insert_header(("location", "https://example.com/")).finish(),
        "ch_large" => HttpResponse::Ok().body(vec![b' '; 6 * 1024 * 1024]),
        "ch_text" => HttpResponse::Ok().body("pong"),
        _ => HttpResponse::Unauthorized().finish(),
    });
    let client = double.client();
    for (id, error) in [
        ("ch_forbidden", ReadError::Permission { permission: Some("rak_charge_read".into()) }),
        ("ch_gone", ReadError::NotFound),
        ("ch_busy", ReadError::RateLimited { retry_after: Some(std::time::Duration::from_secs(2)) }),
        ("ch_down", ReadError::Transient { status: Some(502) }),
        ("ch_moved", ReadError::Refused { status: 302 }),
        ("ch_large", ReadError::Malformed("it is longer than 5 MB")),
        ("ch_text", ReadError::Malformed("it is not JSON")),
        ("ch_other", ReadError::Unauthorised),
        ("ch_1/../../secrets", ReadError::BadId),
        ("", ReadError::BadId),
    ] {
        assert_eq!(client.read(&Read::Charge(id.into())).await, Err(error), "{id}");
    }
    assert!(!format!("{client:?}").contains("rk_test"));
    let base = double.base.clone();
    double.stop().await;
    let settings = ClientSettings { base: base.parse().unwrap(), key: "k".into(), account: None };
    let alone = Client::new(&Transport::new().unwrap(), &settings, &Clock::frozen(at(AT))).unwrap();
    assert_eq!(alone.read(&Read::Charge("ch_1".into())).await, Err(ReadError::Transient { status: None }));
}

#[actix_web::test]
async fn settings_that_cannot_be_sent_are_refused() {
    let transport = Transport::new().unwrap();
    let make = |base: &str, key: &str, account: Option<&str>| {
        let settings = ClientSettings { base: base.parse().unwrap(), key: SecretString::from(key), account: account.map(Into::into) };
        Client::new(&transport, &settings, &Clock::system()).map(|_| ())
    };
    assert_eq!(make("https://api.stripe.com", "sk_test_1\n", None), Err(ClientError::BadCredential));
    assert_eq!(make("https://api.stripe.com", "sk_test_1", Some("acct\n")), Err(ClientError::BadCredential));
    assert_eq!(make("ftp://api.stripe.com", "sk_test_1", None), Err(ClientError::BadBase));
    assert_eq!(make("https://api.stripe.com", "sk_test_1", Some("acct_1")), Ok(()));
}
