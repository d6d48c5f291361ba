//! `POST /webhooks/stripe/...`: hands the raw bytes of a delivery to the inbox. A status of 2xx says that it is stored (IN-2).

use std::time::Duration;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use entity::value::Mode;
use serde_json::json;
use tokio::time::timeout;

use super::body::{self, BodyError};
use super::state::{State, header};
use crate::service::ServiceError;
use crate::service::inbox::{self, Accepted, Endpoint, Refused};
use crate::telemetry::name;

/// The longest delivery, in bytes.
const MAX_BODY: usize = 3 * 1024 * 1024;
/// How long the address may take to be found, and the event to be stored. A database that stands still answers nobody, and Stripe delivers again.
const FIND_WITHIN: Duration = Duration::from_secs(3);
const STORE_WITHIN: Duration = Duration::from_secs(6);

/// `POST /webhooks/stripe/{endpoint}`: the address of one connection.
pub async fn connection(state: web::Data<State>, request: HttpRequest, endpoint: web::Path<String>, payload: web::Payload) -> HttpResponse {
    accept(&state, &request, Endpoint::Connection(&endpoint), payload).await
}

/// `POST /webhooks/stripe/platform/{mode}`: the address of the platform, in a mode.
pub async fn platform(state: web::Data<State>, request: HttpRequest, mode: web::Path<String>, payload: web::Payload) -> HttpResponse {
    let mode = match mode.as_str() {
        "live" => Mode::Live,
        "test" => Mode::Test,
        _ => {
            return refuse(StatusCode::NOT_FOUND, "unknown_endpoint", "the platform's addresses end in live or test");
        }
    };
    accept(&state, &request, Endpoint::Platform(mode), payload).await
}

async fn accept(state: &State, request: &HttpRequest, endpoint: Endpoint<'_>, payload: web::Payload) -> HttpResponse {
    let door = match within(FIND_WITHIN, inbox::door(&state.services, endpoint)).await {
        Ok(door) => door,
        Err(error) => return refused(&error),
    };
    let body = match body::read(request.headers(), payload, MAX_BODY).await {
        Ok(body) => body,
        Err(error @ BodyError::Slow) => return refuse(StatusCode::REQUEST_TIMEOUT, "slow", &error.to_string()),
        Err(error @ BodyError::TooLarge(_)) => return refuse(StatusCode::PAYLOAD_TOO_LARGE, "too_large", &error.to_string()),
        Err(error) => return refuse(StatusCode::BAD_REQUEST, "unreadable", &error.to_string()),
    };
    match within(STORE_WITHIN, inbox::accept(&state.services, door, header(request, "stripe-signature"), body)).await {
        Ok(accepted) => {
            if accepted == Accepted::New {
                metrics::counter!(name::INTAKE_ACCEPTED).increment(1);
            }
            HttpResponse::Ok().json(json!({ "received": true }))
        }
        Err(error) => refused(&error),
    }
}

async fn within<T>(limit: Duration, work: impl Future<Output = Result<T, Refused>>) -> Result<T, Refused> {
    timeout(limit, work).await.unwrap_or_else(|_| Err(Refused::Unavailable(ServiceError::late(limit))))
}

fn refused(error: &Refused) -> HttpResponse {
    match error {
        Refused::UnknownEndpoint => refuse(StatusCode::NOT_FOUND, "unknown_endpoint", &error.to_string()),
        Refused::Signature(why) => refuse(StatusCode::BAD_REQUEST, why.reason(), &error.to_string()),
        Refused::Malformed(_) => refuse(StatusCode::BAD_REQUEST, "malformed", &error.to_string()),
        Refused::WrongAccount => refuse(StatusCode::BAD_REQUEST, "wrong_account", &error.to_string()),
        Refused::Unavailable(error) => {
            tracing::error!(%error, "a delivery could not be stored");
            refuse(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "the event cannot be stored now; deliver it again")
        }
    }
}

fn refuse(status: StatusCode, reason: &'static str, message: &str) -> HttpResponse {
    metrics::counter!(name::INTAKE_REFUSED, "reason" => reason).increment(1);
    let mut response = HttpResponse::build(status);
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.insert_header((header::RETRY_AFTER, "5"));
    }
    response.json(json!({ "error": message }))
}
