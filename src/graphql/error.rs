//! Faults as clients see them: a stable `extensions.code`, a text for people, and never an inner text.

use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextParseQuery, NextRequest, NextValidation};
use async_graphql::parser::types::ExecutableDocument;
use async_graphql::{ErrorExtensionValues, ErrorExtensions, Response, ServerError, ServerResult, ValidationResult, Variables};
use std::sync::Arc;

use crate::domain::access::Denied;
use crate::service::ServiceError;
use crate::store::{Fault, StoreError};

/// The stable codes of `extensions.code`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    /// Nobody is signed in, or the token ended.
    Unauthenticated,
    /// Somebody is, but without the right.
    Forbidden,
    /// There is no such thing, or none that this viewer may see.
    NotFound,
    /// An argument or the document cannot be used.
    BadUserInput,
    /// Another change came first; the same request may work when sent again.
    Conflict,
    /// Something that is needed is away for now; try later.
    Unavailable,
    /// A fault of the server; the message holds the id under which the log tells more.
    Internal,
}

impl ErrorCode {
    /// The word as it stands in `extensions.code`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::NotFound => "NOT_FOUND",
            Self::BadUserInput => "BAD_USER_INPUT",
            Self::Conflict => "CONFLICT",
            Self::Unavailable => "UNAVAILABLE",
            Self::Internal => "INTERNAL",
        }
    }
}

/// A fault on its way to the client. Resolvers return it; what it holds is fit to be shown.
///
/// It has no `Display`, as async-graphql would then make an error without code of it.
#[derive(Clone, Debug)]
pub struct ApiError {
    code: ErrorCode,
    message: String,
}

/// What resolvers return.
pub type ApiResult<T> = Result<T, ApiError>;

impl ApiError {
    /// A fault with a message that is fit to be shown.
    #[must_use]
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// An argument that cannot be used.
    #[must_use]
    pub fn bad_input(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::BadUserInput, message)
    }

    /// A fault of ours: the cause goes to the log under a random id, the client gets the id alone.
    #[must_use]
    pub fn internal(cause: &dyn std::fmt::Display) -> Self {
        let id = hex::encode(rand::random::<[u8; 6]>());
        tracing::error!(error_id = %id, cause = %cause, "a request failed inside");
        Self::new(ErrorCode::Internal, format!("something went wrong here; the log tells more under {id}"))
    }
}

impl From<Denied> for ApiError {
    fn from(denied: Denied) -> Self {
        let code = match denied {
            Denied::Unauthenticated => ErrorCode::Unauthenticated,
            Denied::Forbidden => ErrorCode::Forbidden,
        };
        Self::new(code, denied.to_string())
    }
}

impl From<&StoreError> for ApiError {
    fn from(error: &StoreError) -> Self {
        match error.fault() {
            Fault::Race | Fault::Duplicate => Self::new(ErrorCode::Conflict, "another change came first; send it again"),
            Fault::Unavailable => {
                tracing::warn!(cause = %error, "the database is not available");
                Self::new(ErrorCode::Unavailable, "the database does not answer for now; try again later")
            }
            Fault::Permanent => Self::internal(error),
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        Self::from(&error)
    }
}

/// So that what a data loader shares among its keys can be returned.
impl From<Arc<StoreError>> for ApiError {
    fn from(error: Arc<StoreError>) -> Self {
        Self::from(&*error)
    }
}

impl From<ServiceError> for ApiError {
    /// Mutations show refusals as `userErrors`; where one reaches this, the request as a whole was bad input.
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::Denied(denied) => denied.into(),
            ServiceError::Refused(refusals) => {
                let texts: Vec<String> = refusals.into_iter().map(|refusal| refusal.message).collect();
                Self::bad_input(texts.join("; "))
            }
            ServiceError::Store(error) => error.into(),
            ServiceError::Unavailable(text) => Self::new(ErrorCode::Unavailable, text),
            ServiceError::Internal(cause) => Self::internal(&cause),
        }
    }
}

impl From<ApiError> for async_graphql::Error {
    fn from(error: ApiError) -> Self {
        Self::new(error.message).extend_with(|_, extensions| extensions.set("code", error.code.as_str()))
    }
}

/// Gives each error that async-graphql makes itself a code, so that no error is without one: `GRAPHQL_PARSE_FAILED`,
/// `GRAPHQL_VALIDATION_FAILED`, and `BAD_USER_INPUT` for arguments.
pub struct ErrorCodes;

impl ExtensionFactory for ErrorCodes {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

fn with_code(mut error: ServerError, code: &str) -> ServerError {
    let extensions = error.extensions.get_or_insert_with(ErrorExtensionValues::default);
    if extensions.get("code").is_none() {
        extensions.set("code", code);
    }
    error
}

#[async_trait::async_trait]
impl Extension for ErrorCodes {
    async fn request(&self, ctx: &ExtensionContext<'_>, next: NextRequest<'_>) -> Response {
        let mut response = next.run(ctx).await;
        let errors = std::mem::take(&mut response.errors).into_iter();
        response.errors = errors.map(|error| with_code(error, ErrorCode::BadUserInput.as_str())).collect();
        response
    }

    async fn parse_query(
        &self,
        ctx: &ExtensionContext<'_>,
        query: &str,
        variables: &Variables,
        next: NextParseQuery<'_>,
    ) -> ServerResult<ExecutableDocument> {
        next.run(ctx, query, variables).await.map_err(|error| with_code(error, "GRAPHQL_PARSE_FAILED"))
    }

    async fn validation(&self, ctx: &ExtensionContext<'_>, next: NextValidation<'_>) -> Result<ValidationResult, Vec<ServerError>> {
        let named = |errors: Vec<ServerError>| errors.into_iter().map(|error| with_code(error, "GRAPHQL_VALIDATION_FAILED")).collect();
        next.run(ctx).await.map_err(named)
    }
}
