//! What the edge itself answers when a request does not get as far as the schema: always in GraphQL's own form.

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use serde_json::{Value, json};

use super::accept::Form;
use super::guard::Refusal;
use crate::http::body::BodyError;
use crate::http::rate::TooMany;
use crate::http::viewer::Unidentified;

/// Why a request was not executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The status, for forms of an answer that have one of their own.
    pub status: StatusCode,
    /// The stable code.
    pub code: &'static str,
    /// What is wrong, and what to do.
    pub message: String,
    /// Where in the document, for errors of the document.
    pub locations: Vec<async_graphql::Pos>,
    /// After how many seconds to try again.
    pub retry_after: Option<u64>,
}

impl Failure {
    /// A failure with a status, a code and a message.
    #[must_use]
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), locations: Vec::new(), retry_after: None }
    }

    /// A request that is not one of GraphQL.
    #[must_use]
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BAD_REQUEST", message)
    }

    /// The database or another part is away.
    #[must_use]
    pub fn unavailable() -> Self {
        let message = "the server cannot answer now; try again in a few seconds";
        Self { retry_after: Some(2), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", message) }
    }

    /// As many sockets and event streams are open as this process keeps.
    #[must_use]
    pub fn too_many_streams() -> Self {
        let message = "this process keeps as many sockets and event streams open as it may; try again in a few seconds";
        Self { retry_after: Some(5), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "TOO_MANY_STREAMS", message) }
    }

    /// Whether it is about the document, as a validation error is, and not about the request around it.
    #[must_use]
    pub fn is_of_document(&self) -> bool {
        self.status == StatusCode::BAD_REQUEST && self.code != "BAD_REQUEST"
    }

    /// The failure as the one entry of `errors`.
    #[must_use]
    pub fn error(&self) -> Value {
        let mut error = json!({ "message": self.message, "extensions": { "code": self.code } });
        if !self.locations.is_empty() {
            error["locations"] = json!(self.locations);
        }
        error
    }

    /// The failure as a whole answer of GraphQL, without `data`.
    #[must_use]
    pub fn body(&self) -> Value {
        json!({ "errors": [self.error()] })
    }

    /// The answer in a form. A document that is not executed has status 200 in plain JSON, as the specification asks.
    #[must_use]
    pub fn answer(&self, form: Option<Form>) -> HttpResponse {
        let form = match form {
            Some(Form::GraphQl) => Form::GraphQl,
            _ => Form::Json,
        };
        let status = if self.is_of_document() && form == Form::Json { StatusCode::OK } else { self.status };
        let mut response = HttpResponse::build(status);
        response.insert_header((header::CONTENT_TYPE, form.media_type()));
        if let Some(seconds) = self.retry_after {
            response.insert_header((header::RETRY_AFTER, seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        if status == StatusCode::METHOD_NOT_ALLOWED {
            response.insert_header((header::ALLOW, "POST"));
        }
        response.body(self.body().to_string())
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::new(StatusCode::BAD_REQUEST, refusal.code(), refusal.to_string())
    }
}

impl From<BodyError> for Failure {
    fn from(error: BodyError) -> Self {
        let (status, code) = match error {
            BodyError::TooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, "BODY_TOO_LARGE"),
            BodyError::Encoded => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE"),
            BodyError::Broken => (StatusCode::BAD_REQUEST, "BAD_REQUEST"),
            BodyError::Slow => (StatusCode::REQUEST_TIMEOUT, "BODY_TOO_SLOW"),
        };
        Self::new(status, code, error.to_string())
    }
}

impl From<TooMany> for Failure {
    fn from(too_many: TooMany) -> Self {
        let message = format!("too many requests; try again in {} s", too_many.retry_after);
        Self { retry_after: Some(too_many.retry_after), ..Self::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED", message) }
    }
}

impl From<Unidentified> for Failure {
    fn from(error: Unidentified) -> Self {
        let (status, code) = match &error {
            Unidentified::TooMany(too_many) => return (*too_many).into(),
            Unidentified::Form | Unidentified::Invalid => (StatusCode::UNAUTHORIZED, "UNAUTHENTICATED"),
            Unidentified::Mode => (StatusCode::BAD_REQUEST, "BAD_REQUEST"),
            Unidentified::Origin => (StatusCode::FORBIDDEN, "FORBIDDEN"),
            Unidentified::Store(error) => {
                tracing::error!(%error, "the caller could not be identified");
                return Self::unavailable();
            }
        };
        Self::new(status, code, error.to_string())
    }
}
