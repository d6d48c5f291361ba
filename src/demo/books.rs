//! What the pretended Stripe answers when it is asked, on an address of this machine: events leave out what only a read can tell (IN-6).
//!
//! Answers single objects and the list of an intent's invoice payments, as that is all that is asked. Nothing else of Stripe's API is here.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::{App, HttpResponse, HttpServer, web};
use anyhow::{Context, Result};
use serde_json::{Value, json};

/// Every object of the account by its id. Clones share them.
#[derive(Clone, Default)]
pub struct Books(Arc<Mutex<BTreeMap<String, Value>>>);

impl Books {
    /// Writes an object down, in place of what it was before.
    pub fn write(&self, object: Value) {
        if let Some(id) = object["id"].as_str().map(str::to_owned) {
            self.objects().insert(id, object);
        }
    }

    fn objects(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Value>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self, id: &str) -> Option<Value> {
        self.objects().get(id).cloned()
    }

    fn invoice_payments(&self, intent: &str) -> Vec<Value> {
        let of_intent = |object: &&Value| object["object"] == "invoice_payment" && object["payment"]["payment_intent"] == intent;
        self.objects().values().filter(of_intent).cloned().collect()
    }

    /// Opens the books on a free port of this machine, for as long as the process lives. Returns the address.
    ///
    /// # Errors
    /// When no port can be had.
    pub fn open(&self) -> Result<String> {
        let data = web::Data::new(self.clone());
        let server = HttpServer::new(move || {
            App::new()
                .app_data(data.clone())
                .route("/v1/invoice_payments", web::get().to(invoice_payments))
                .route("/v1/checkout/sessions/{id}", web::get().to(object))
                .route("/v1/{kind}/{id}", web::get().to(of_kind))
        });
        let server = server.workers(1).disable_signals().bind(("127.0.0.1", 0)).context("no free port for the pretended Stripe")?;
        let address = server.addrs().first().copied().context("the pretended Stripe has no address")?;
        tokio::spawn(server.run());
        Ok(format!("http://{address}/"))
    }
}

async fn object(books: web::Data<Books>, id: web::Path<String>) -> HttpResponse {
    answer(books.read(&id))
}

async fn of_kind(books: web::Data<Books>, path: web::Path<(String, String)>) -> HttpResponse {
    answer(books.read(&path.1))
}

async fn invoice_payments(books: web::Data<Books>, query: web::Query<HashMap<String, String>>) -> HttpResponse {
    let intent = query.get("payment[payment_intent]").map(String::as_str).unwrap_or_default();
    let data = books.invoice_payments(intent);
    answer(Some(json!({ "object": "list", "data": data, "has_more": false, "url": "/v1/invoice_payments" })))
}

fn answer(found: Option<Value>) -> HttpResponse {
    match found {
        Some(object) => HttpResponse::Ok().json(object),
        None => HttpResponse::NotFound().json(json!({
            "error": { "type": "invalid_request_error", "code": "resource_missing", "message": "No such object", "param": "id" },
        })),
    }
}
