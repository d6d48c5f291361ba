//! What surrounds every request: its span, its figures, and headers that every answer has.

use std::panic::AssertUnwindSafe;
use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::ErrorInternalServerError;
use actix_web::http::ConnectionType;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, web};
use futures_util::FutureExt;
use tracing::Span;
use tracing_actix_web::{RequestId, RootSpanBuilder};

use super::state::State;
use crate::telemetry::name;

/// Spans of requests: method, route and id. Never the path, the query, a header or a body, which may hold tokens and people.
pub struct Spans;

impl RootSpanBuilder for Spans {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let route = request.match_pattern();
        let id = request.extensions().get::<RequestId>().map(ToString::to_string);
        tracing::info_span!(
            "http",
            method = %request.method(),
            route = route.as_deref().unwrap_or("none"),
            request_id = id.as_deref().unwrap_or_default(),
            status = tracing::field::Empty,
        )
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        let status = match outcome {
            Ok(response) => response.status(),
            Err(error) => error.as_response_error().status_code(),
        };
        span.record("status", status.as_u16());
    }
}

/// Headers that an answer has unless its handler said otherwise.
const HEADERS: [(HeaderName, &str); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-site"),
];

/// Counts a request, and completes the headers of its answer. While the server stops, each is the last one on its connection.
///
/// # Errors
/// Those of the handler, untouched.
pub async fn around(request: ServiceRequest, next: Next<impl MessageBody>) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let started = Instant::now();
    let id = request.extensions().get::<RequestId>().map(ToString::to_string);
    let state = request.app_data::<web::Data<State>>().map(web::Data::clone);
    let _answering = state.as_ref().map(|state| state.answering.token());
    let secure = state.as_ref().is_some_and(|state| state.services.settings.public_url().starts_with("https:"));
    let Ok(outcome) = AssertUnwindSafe(next.call(request)).catch_unwind().await else {
        // The panic itself is in the log. Nothing that outlives the request is left half changed by it: what is shared is behind transactions.
        metrics::counter!(name::HTTP_REQUESTS, "route" => "none", "status" => "500").increment(1);
        tracing::error!(request_id = id.as_deref().unwrap_or_default(), "a request ended in a panic");
        return Err(ErrorInternalServerError("something went wrong here; the log tells more"));
    };
    let mut response = outcome?;
    let route = response.request().match_pattern().unwrap_or_else(|| "none".to_owned());
    let status = response.status().as_u16();
    metrics::counter!(name::HTTP_REQUESTS, "route" => route.clone(), "status" => status.to_string()).increment(1);
    metrics::histogram!(name::HTTP, "route" => route).record(started.elapsed().as_secs_f64());
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    if secure {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    if let Some(id) = id.and_then(|id| HeaderValue::from_str(&id).ok()) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
    if state.is_some_and(|state| state.stopping.is_cancelled()) {
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use actix_web::middleware::from_fn;
    use actix_web::{App, HttpResponse, test, web};

    use super::around;

    async fn panics() -> HttpResponse {
        panic!("on purpose")
    }

    #[actix_web::test]
    async fn a_panic_is_an_answer_and_ends_nothing_else() {
        let app = App::new().wrap(from_fn(around)).route("/panics", web::get().to(panics)).route("/lives", web::get().to(HttpResponse::Ok));
        let app = test::init_service(app).await;
        let call = |path: &str| test::TestRequest::get().uri(path).to_request();
        let error = test::try_call_service(&app, call("/panics")).await.err().unwrap();
        assert_eq!(error.as_response_error().status_code(), 500);
        assert!(!error.to_string().contains("on purpose"));
        assert_eq!(test::call_service(&app, call("/lives")).await.status(), 200);
    }
}
