//! `GET /r/{code}`: counts a visit and sends the visitor on.

use std::time::Duration;

use actix_web::http::{Method, header};
use actix_web::{HttpRequest, HttpResponse, web};
use tokio::time::timeout;

use super::state::{State, header};
use crate::service::ServiceError;
use crate::service::tracking::{self, Visit};

/// How long a visitor waits at most before a page says that something is wrong.
const WITHIN: Duration = Duration::from_secs(6);
/// A page for people.
const UNKNOWN: &str = "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>No such link</title></head><body>\
                       <p>This link leads nowhere, or no longer. Please ask whoever gave it to you.</p></body></html>";

/// `GET` and `HEAD /r/{code}`.
pub async fn follow(state: web::Data<State>, request: HttpRequest, code: web::Path<String>) -> HttpResponse {
    let address = state.address(&request);
    if let Err(too_many) = state.strangers.may_guess(address) {
        return HttpResponse::TooManyRequests().insert_header((header::RETRY_AFTER, too_many.retry_after)).finish();
    }
    let seen = Visit {
        user_agent: header(&request, "user-agent").map(str::to_owned),
        referrer: header(&request, "referer").map(str::to_owned),
        address,
        // Who comes too often is sent on all the same.
        counts: is_visit(&request) && state.limits.public(address).is_ok(),
    };
    let followed = timeout(WITHIN, tracking::follow(&state.services, &code, &seen)).await;
    let leads = match followed.unwrap_or_else(|_| Err(ServiceError::late(WITHIN))) {
        Ok(leads) => leads,
        Err(error) => {
            tracing::error!(%error, "a short link could not be followed");
            return HttpResponse::ServiceUnavailable().insert_header((header::RETRY_AFTER, "2")).finish();
        }
    };
    let Some(place) = leads else {
        state.strangers.guessed_wrong(address);
        return HttpResponse::NotFound().insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8")).body(UNKNOWN);
    };
    HttpResponse::Found()
        .insert_header((header::LOCATION, place))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        // The shop may see which site the visitor came from.
        .insert_header((header::REFERRER_POLICY, "strict-origin-when-cross-origin"))
        .finish()
}

/// Whether a person goes there: not a browser that looks ahead, not a picture or a frame of another page, not a mere question.
fn is_visit(request: &HttpRequest) -> bool {
    let ahead = ["purpose", "sec-purpose", "x-purpose", "x-moz"].iter().filter_map(|name| header(request, name));
    let looks_ahead =
        ahead.map(str::to_ascii_lowercase).any(|value| ["prefetch", "prerender", "preview"].iter().any(|word| value.contains(word)));
    let goes_there = header(request, "sec-fetch-dest").is_none_or(|dest| dest.eq_ignore_ascii_case("document"));
    request.method() == Method::GET && !looks_ahead && goes_there
}
