//! `/connect/stripe`: the page from which a browser leaves for Stripe to link an account, and the one to which it comes back.
//!
//! The first page names the merchant, so that nobody consents at Stripe without knowing for whom; a click on it gives the browser what it has to
//! show when it comes back. Nothing here is framed, cached or read by another origin.

use actix_web::cookie::{Cookie, SameSite, time};
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use entity::value::{ConnectionMethod, LinkFault, Mode};
use secrecy::ExposeSecret;
use serde::Deserialize;

use super::rate::TooMany;
use super::state::{State, header as text_of};
use crate::service::ServiceError;
use crate::service::stripe_connection::authorise::{self, LIFETIME, Leaving};
use crate::service::stripe_connection::complete::{Back, Completed, Proof, complete};
use crate::service::stripe_connection::fault::{advice, status};

/// What stands in the address or in the form.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    state: String,
}

/// What Stripe sends back.
#[derive(Deserialize)]
pub struct Returned {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

/// `GET /connect/stripe?state=`: for which merchant, and what will happen.
pub async fn page(state: web::Data<State>, request: HttpRequest, asked: web::Query<Asked>) -> HttpResponse {
    if let Err(busy) = state.limits.public(state.address(&request)) {
        return too_many(busy);
    }
    match authorise::leaving(&state.services, &asked.state).await {
        Ok(Ok(leaving)) => html(StatusCode::OK, "Connect Stripe", &leaving_page(&leaving, &asked.state)),
        Ok(Err(fault)) => refuse(fault),
        Err(error) => away(&error),
    }
}

/// `POST /connect/stripe`: the click on that page. Only the page itself may send it: a form elsewhere would spare the reader the name of the
/// merchant.
pub async fn leave(state: web::Data<State>, request: HttpRequest, asked: web::Form<Asked>) -> HttpResponse {
    if let Err(busy) = state.limits.public(state.address(&request)) {
        return too_many(busy);
    }
    let own = text_of(&request, "origin").is_some_and(|origin| state.is_own_origin(&request, origin));
    if !own {
        return refuse(LinkFault::StateOfAnotherSession);
    }
    match authorise::leave(&state.services, &asked.state).await {
        Ok(Ok((page, name, held))) => {
            let cookie = cookie(&state, name, held.expose_secret(), time::Duration::seconds(LIFETIME.num_seconds()));
            guarded(HttpResponse::SeeOther().insert_header((header::LOCATION, page.as_str())).cookie(cookie).finish())
        }
        Ok(Err(fault)) => refuse(fault),
        Err(error) => away(&error),
    }
}

/// `GET /connect/stripe/callback`: what Stripe sends a browser back with.
pub async fn callback(state: web::Data<State>, request: HttpRequest, back: web::Query<Returned>) -> HttpResponse {
    if let Err(busy) = state.limits.public(state.address(&request)) {
        return too_many(busy);
    }
    let Returned { state: given, code, error, error_description } = back.into_inner();
    let name = given.as_deref().and_then(authorise::cookie_of);
    let held = name.as_ref().and_then(|name| request.cookie(name)).map(|cookie| cookie.value().to_owned().into());
    let back = Back { state: given, code: code.map(Into::into), error, description: error_description };
    let Completed { outcome, return_url } = match complete(&state.services, back, Proof::Browser(held)).await {
        Ok(completed) => completed,
        Err(error) => return away(&error),
    };
    let mut response = match (outcome, return_url) {
        (Ok(row), Some(url)) => to(&url, ("stripe_connection", &row.id.to_string())),
        (Err(fault), Some(url)) => to(&url, ("stripe_error", fault.as_str())),
        (Ok(row), None) => html(StatusCode::OK, "Connected", &linked_page(row.account.as_deref().unwrap_or_default(), row.livemode)),
        (Err(fault), None) => return refuse(fault),
    };
    if let Some(name) = name {
        // What the browser held has done its work.
        let over = cookie(&state, name, "", time::Duration::ZERO);
        if let Err(error) = response.add_cookie(&over) {
            tracing::debug!(%error, "a cookie could not be taken back; it ends by itself");
        }
    }
    response
}

fn cookie(state: &State, name: String, value: &str, lasts: time::Duration) -> Cookie<'static> {
    let secure = state.services.settings.public_url().starts_with("https://");
    Cookie::build(name, value.to_owned()).path("/").http_only(true).same_site(SameSite::Lax).secure(secure).max_age(lasts).finish()
}

/// Back to a page of the merchant's, with how it went.
fn to(url: &str, (name, value): (&str, &str)) -> HttpResponse {
    match url.parse::<url::Url>() {
        Ok(mut url) => {
            url.query_pairs_mut().append_pair(name, value);
            guarded(HttpResponse::Found().insert_header((header::LOCATION, url.as_str())).finish())
        }
        Err(_) => refuse(LinkFault::RequestRefused),
    }
}

fn refuse(fault: LinkFault) -> HttpResponse {
    let status = StatusCode::from_u16(status(fault)).unwrap_or(StatusCode::BAD_REQUEST);
    let body = format!("<p>The Stripe account was not connected.</p><p>{}</p><p><code>{fault}</code></p>", escaped(advice(fault)));
    html(status, "Not connected", &body)
}

fn too_many(busy: TooMany) -> HttpResponse {
    let mut response = html(StatusCode::TOO_MANY_REQUESTS, "Too many requests", "<p>Wait a minute, then reload this page.</p>");
    response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from(busy.retry_after));
    response
}

fn away(error: &ServiceError) -> HttpResponse {
    tracing::error!(%error, "an account could not be linked");
    let mut response = refuse(LinkFault::StripeUnavailable);
    response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("5"));
    response
}

fn leaving_page(leaving: &Leaving, state: &str) -> String {
    let mode = if leaving.mode == Mode::Live { "live data (real money)" } else { "test data" };
    let rights = if leaving.writes { "read and change" } else { "read, and change nothing" };
    let way = match leaving.method {
        ConnectionMethod::App => {
            "<p>Stripe will list the permissions of the app and ask you to install it. An app that is installed by such a link is not on Stripe's \
             marketplace, so Stripe says that it is a <em>test version</em> or <em>not reviewed</em>: that is expected for an app of your own \
             operator. Go on only if you know who runs this site.</p>"
                .to_owned()
        }
        _ => format!("<p>Stripe will ask you to let this platform {rights} what it finds in the account.</p>"),
    };
    format!(
        "<p>You are about to connect a Stripe account, {mode}, to</p><p><strong>{}</strong></p>{way}\
         <form method=\"post\" action=\"\"><input type=\"hidden\" name=\"state\" value=\"{}\"><button>Continue to Stripe</button></form>\
         <p>If you did not begin this yourself, close this page.</p>",
        escaped(&leaving.merchant),
        escaped(state)
    )
}

fn linked_page(account: &str, livemode: bool) -> String {
    let mode = if livemode { "live" } else { "test" };
    format!("<p>The Stripe account <code>{}</code> is connected, in {mode} mode. You can close this page.</p>", escaped(account))
}

fn escaped(text: &str) -> String {
    let entity = |c: char| match c {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        '\'' => "&#39;".to_owned(),
        other => other.to_string(),
    };
    text.chars().map(entity).collect()
}

fn html(status: StatusCode, title: &str, body: &str) -> HttpResponse {
    let page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title></head><body><h1>{title}</h1>{body}</body></html>"
    );
    guarded(HttpResponse::build(status).insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8")).body(page))
}

/// No frame, no cache, no script, and no address of ours in a referrer to others: it holds the state or the code. Where forms go is not
/// limited: some browsers count the redirect to Stripe that follows as the form's.
fn guarded(mut response: HttpResponse) -> HttpResponse {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        // Not `no-referrer`: browsers then hide the origin of the form, too.
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"),
    ] {
        headers.insert(name, header::HeaderValue::from_static(value));
    }
    response
}
