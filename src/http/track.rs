//! What the snippet tells us: clicks and sign-ups, from pages of merchants, by publishable key.
//!
//! An answer never tells whether a person is known, and a page whose origin is not the key's cannot read one.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use entity::value::Mode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::time::timeout;
use uuid::Uuid;

use super::state::{State, header};
use super::viewer::{PageKey, Unidentified};
use super::{body, rate::TooMany};
use crate::domain::access::Scope;
use crate::service::tracking::{self, Click, SignUpClaim};
use crate::service::{RefusalCode, ServiceError};

/// The longest body, in bytes: two addresses of pages and a few words.
const MAX_BODY: usize = 16 * 1024;
/// How long a call may take, its body included.
const WITHIN: Duration = Duration::from_secs(10);
/// The longest single text of it that is looked at, in bytes.
const MAX_TEXT: usize = 8 * 1024;

/// What the snippet says of a click.
#[derive(Deserialize)]
struct ClickBody {
    key: String,
    code: String,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    referrer: Option<String>,
    #[serde(default)]
    visitor: Option<String>,
}

/// What the snippet says of a sign-up.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SignUpBody {
    key: String,
    #[serde(default)]
    token: Option<String>,
    #[serde(default)]
    external_id: Option<String>,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    name: Option<String>,
}

/// Why a call of the snippet was not served.
enum Refused {
    Status(StatusCode, &'static str),
    TooMany(TooMany),
}

impl Refused {
    fn answer(&self) -> HttpResponse {
        match self {
            Self::Status(status, why) => HttpResponse::build(*status).json(json!({ "error": why })),
            Self::TooMany(too_many) => {
                let mut response = HttpResponse::TooManyRequests();
                response.insert_header((header::RETRY_AFTER, too_many.retry_after));
                response.json(json!({ "error": "too many requests" }))
            }
        }
    }
}

impl From<TooMany> for Refused {
    fn from(too_many: TooMany) -> Self {
        Self::TooMany(too_many)
    }
}

impl From<body::BodyError> for Refused {
    fn from(error: body::BodyError) -> Self {
        match error {
            body::BodyError::TooLarge(_) => Self::Status(StatusCode::PAYLOAD_TOO_LARGE, "the body is too long"),
            body::BodyError::Encoded => Self::Status(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the body is compressed"),
            body::BodyError::Broken => Self::Status(StatusCode::BAD_REQUEST, "the body ended early"),
            body::BodyError::Slow => Self::Status(StatusCode::REQUEST_TIMEOUT, "the body took too long"),
        }
    }
}

impl From<Unidentified> for Refused {
    fn from(error: Unidentified) -> Self {
        match error {
            Unidentified::Origin => Self::Status(StatusCode::FORBIDDEN, "this key is not for this origin"),
            Unidentified::Store(error) => {
                tracing::error!(%error, "a publishable key could not be looked up");
                Self::Status(StatusCode::SERVICE_UNAVAILABLE, "try again later")
            }
            Unidentified::TooMany(too_many) => Self::TooMany(too_many),
            Unidentified::Form | Unidentified::Invalid | Unidentified::Mode => {
                Self::Status(StatusCode::UNAUTHORIZED, "this is not a publishable key, or no longer")
            }
        }
    }
}

impl From<ServiceError> for Refused {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::Refused(refusals) if refusals.iter().any(|refusal| refusal.code == RefusalCode::NotFound) => {
                Self::Status(StatusCode::NOT_FOUND, "no link that counts visits has this code")
            }
            ServiceError::Refused(_) => Self::Status(StatusCode::BAD_REQUEST, "give an externalId of 1 to 255 bytes or an e-mail address"),
            other => {
                tracing::error!(error = %other, "a call of the snippet failed");
                Self::Status(StatusCode::SERVICE_UNAVAILABLE, "try again later")
            }
        }
    }
}

/// `POST /track/click`.
pub async fn click(state: web::Data<State>, request: HttpRequest, payload: web::Payload) -> HttpResponse {
    let mut readable = None;
    let outcome = async {
        let body: ClickBody = read(&state, &request, payload).await?;
        let key = page_key(&state, &request, &body.key, &mut readable).await?;
        let seen = Click {
            code: body.code,
            program: key.row.program_id,
            url: bounded(body.url),
            referrer: bounded(body.referrer),
            visitor: body.visitor.and_then(|text| Uuid::try_parse(&text).ok()),
            user_agent: header(&request, "user-agent").map(str::to_owned),
            address: state.address(&request),
            told_by_server: false,
        };
        let clicked = tracking::click(&state.services, scope(&key), &seen).await?;
        Ok(HttpResponse::Ok().json(json!({ "token": clicked.token, "visitor": clicked.visitor })))
    };
    let answer = in_time(outcome).await;
    with_origin(answer, readable)
}

/// `POST /track/signup`.
pub async fn sign_up(state: web::Data<State>, request: HttpRequest, payload: web::Payload) -> HttpResponse {
    let mut readable = None;
    let outcome = async {
        let body: SignUpBody = read(&state, &request, payload).await?;
        let key = page_key(&state, &request, &body.key, &mut readable).await?;
        let claim = SignUpClaim {
            program: key.row.program_id,
            token: bounded(body.token),
            external_id: bounded(body.external_id),
            email: bounded(body.email),
            name: bounded(body.name),
        };
        tracking::sign_up(&state.services, scope(&key), claim).await?;
        // Nothing of what became of it: whether a person was known is nobody's business on a page.
        Ok(HttpResponse::Ok().json(json!({})))
    };
    let answer = in_time(outcome).await;
    with_origin(answer, readable)
}

/// A page is not kept waiting for a database that stands still.
async fn in_time(work: impl Future<Output = Result<HttpResponse, Refused>>) -> Result<HttpResponse, Refused> {
    timeout(WITHIN, work).await.unwrap_or_else(|_| Err(ServiceError::late(WITHIN).into()))
}

/// `OPTIONS /track/...`: any page may ask; whether it may read an answer is said with the answer.
pub async fn preflight() -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
        .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, "POST"))
        .insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, "content-type"))
        .insert_header((header::ACCESS_CONTROL_MAX_AGE, "86400"))
        .finish()
}

/// Reads a body, counted by address. The types are those that a page may send without asking, and JSON's own.
async fn read<T: DeserializeOwned>(state: &State, request: &HttpRequest, payload: web::Payload) -> Result<T, Refused> {
    state.limits.public(state.address(request))?;
    let declared = header(request, "content-type").unwrap_or_default();
    let essence = declared.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("text/plain") && !essence.eq_ignore_ascii_case("application/json") {
        return Err(Refused::Status(StatusCode::UNSUPPORTED_MEDIA_TYPE, "send JSON as application/json or text/plain"));
    }
    let body = body::read(request.headers(), payload, MAX_BODY).await?;
    serde_json::from_slice(&body).map_err(|_| Refused::Status(StatusCode::BAD_REQUEST, "the body is not the JSON that this call takes"))
}

/// The key of a page, counted. Once it covers the page's origin, the page may read whatever is answered.
async fn page_key(state: &State, request: &HttpRequest, key: &str, readable: &mut Option<String>) -> Result<Arc<PageKey>, Refused> {
    let origin = header(request, "origin");
    let key = state.viewers.page_key(key, origin, state.address(request)).await?;
    *readable = origin.map(str::to_owned);
    state.limits.key(key.row.id)?;
    Ok(key)
}

fn scope(key: &PageKey) -> Scope {
    Scope::merchant_wide(key.row.merchant_id, Mode::from_livemode(key.row.livemode))
}

fn bounded(text: Option<String>) -> Option<String> {
    text.filter(|text| text.len() <= MAX_TEXT)
}

fn with_origin(answer: Result<HttpResponse, Refused>, readable: Option<String>) -> HttpResponse {
    let mut response = answer.unwrap_or_else(|refused| refused.answer());
    let headers = response.headers_mut();
    headers.insert(header::VARY, header::HeaderValue::from_static("origin"));
    if let Some(origin) = readable.and_then(|origin| header::HeaderValue::from_str(&origin).ok()) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
    response
}
