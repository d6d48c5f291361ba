//! From parameters to answers, for every transport alike: limits, parsing, guard, execution, and what of an answer is shown.

use std::net::IpAddr;
use std::time::Duration;

use actix_web::http::StatusCode;
use async_graphql::parser::parse_query;
use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationType};
use async_graphql::{Request, Response, ServerError, Value, Variables};
use futures_util::stream::{self, BoxStream, StreamExt};
use serde::Serialize;

use super::failure::Failure;
use super::guard;
use super::request::Parameters;
use crate::domain::access::Viewer;
use crate::graphql::context::Origin;
use crate::http::state::State;
use crate::http::viewer::Identity;

/// How long a query or mutation may take.
pub const TIMEOUT: Duration = Duration::from_secs(10);
/// The most errors of one answer.
pub const MAX_ERRORS: usize = 10;
/// Documents over this many bytes are parsed off the threads that answer requests.
const BIG: usize = 4 * 1024;
/// The most characters of a message: the parser's repeats the line in question, and those of validation what was given.
const MESSAGE_KEPT: usize = 300;

/// Who calls, and from where.
#[derive(Clone, Debug)]
pub struct Call {
    /// Who.
    pub identity: Identity,
    /// From which address.
    pub address: Option<IpAddr>,
}

/// A request that may be executed.
pub struct Prepared {
    request: Request,
    /// What kind of operation it asks for; `None` when it names none that is there, which the schema tells.
    pub kind: Option<OperationType>,
}

/// Counts, parses and guards a request.
///
/// # Errors
/// [`Failure`] when it may not be executed.
pub async fn prepare(state: &State, call: &Call, mut parameters: Parameters) -> Result<Prepared, Failure> {
    match call.identity.counted_as() {
        Some(who) => state.limits.api(who)?,
        None => state.limits.public(call.address)?,
    }
    let introspection = !state.services.settings.is_production();
    let query = state.trusted.document(&mut parameters, &call.identity.viewer)?;
    let (query, document, roots) = if query.len() > BIG {
        let work = tokio::task::spawn_blocking(move || read(query, introspection));
        work.await.map_err(|error| {
            tracing::error!(%error, "a document could not be parsed");
            Failure::unavailable()
        })??
    } else {
        read(query, introspection)?
    };
    // A page's key is anybody's: each of its fields counts as a call of its address, as on the addresses made for the snippet.
    if matches!(call.identity.viewer, Viewer::Snippet { .. }) {
        (0..roots).try_for_each(|_| state.limits.public(call.address))?;
    }
    let kind = kind_of(&document, parameters.operation_name.as_deref());
    let variables = serde_json::Value::Object(parameters.variables.unwrap_or_default());
    let mut request = Request::new(query).variables(Variables::from_json(variables));
    request.operation_name = parameters.operation_name;
    request.set_parsed_query(document);
    let request = request.data(call.identity.viewer.clone()).data(Origin { address: call.address });
    Ok(Prepared { request, kind })
}

/// The document parsed, and how many fields its largest operation has at the root.
fn read(query: String, introspection: bool) -> Result<(String, ExecutableDocument, u64), Failure> {
    guard::scan(&query)?;
    let document = parse_query(&query).map_err(|error| {
        let error = ServerError::from(error);
        Failure { locations: error.locations, ..Failure::new(StatusCode::BAD_REQUEST, "GRAPHQL_PARSE_FAILED", cut(error.message)) }
    })?;
    let roots = guard::check(&document, introspection)?;
    Ok((query, document, roots))
}

/// The first [`MESSAGE_KEPT`] characters.
fn cut(mut message: String) -> String {
    if let Some((end, _)) = message.char_indices().nth(MESSAGE_KEPT) {
        message.truncate(end);
    }
    message
}

fn kind_of(document: &ExecutableDocument, name: Option<&str>) -> Option<OperationType> {
    match (&document.operations, name) {
        (DocumentOperations::Single(operation), _) => Some(operation.node.ty),
        (DocumentOperations::Multiple(operations), Some(name)) => operations.get(name).map(|operation| operation.node.ty),
        (DocumentOperations::Multiple(operations), None) => {
            let mut all = operations.values();
            all.next().filter(|_| all.next().is_none()).map(|operation| operation.node.ty)
        }
    }
}

/// Executes a query or mutation.
///
/// # Errors
/// When it takes longer than [`TIMEOUT`].
pub async fn execute(state: &State, prepared: Prepared) -> Result<Answer, Failure> {
    let response = tokio::time::timeout(TIMEOUT, state.schema.execute(prepared.request)).await;
    response.map(Answer::of).map_err(|_| {
        let message = format!("the operation took longer than {} s and was stopped", TIMEOUT.as_secs());
        Failure::new(StatusCode::SERVICE_UNAVAILABLE, "TIMEOUT", message)
    })
}

/// The answers of any operation: one of a query or mutation, any number of a subscription.
#[must_use]
pub fn follow(state: &State, prepared: Prepared) -> BoxStream<'static, Answer> {
    if prepared.kind == Some(OperationType::Subscription) {
        return state.schema.execute_stream(prepared.request).map(Answer::of).boxed();
    }
    let state = state.clone();
    let answer = async move { execute(&state, prepared).await.unwrap_or_else(|failure| Answer::of_failure(&failure)) };
    stream::once(answer).boxed()
}

/// An answer as it is shown.
#[derive(Clone, Debug)]
pub struct Answer {
    /// `errors`, in the form of the specification.
    pub errors: serde_json::Value,
    /// The whole answer as JSON.
    pub body: String,
    /// Whether the request was refused as a whole, before any field was resolved; there is no `data` then.
    pub refused: bool,
}

#[derive(Serialize)]
struct Shown<'a> {
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [ServerError],
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a Value>,
    #[serde(skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    extensions: &'a std::collections::BTreeMap<String, Value>,
}

impl Answer {
    /// What is shown of an answer of the schema: not too many errors, and of none the inner text.
    #[must_use]
    pub fn of(mut response: Response) -> Self {
        response.errors.truncate(MAX_ERRORS);
        response.errors.iter_mut().for_each(|error| {
            mask(error);
            error.message = cut(std::mem::take(&mut error.message));
        });
        let refused =
            response.data == Value::Null && !response.errors.is_empty() && response.errors.iter().all(|error| error.path.is_empty());
        let data = (!refused).then_some(&response.data);
        let shown = Shown { errors: &response.errors, data, extensions: &response.extensions };
        let written = serde_json::to_string(&shown).and_then(|body| Ok((body, serde_json::to_value(&response.errors)?)));
        match written {
            Ok((body, errors)) => Self { errors, body, refused },
            Err(error) => {
                tracing::error!(%error, "an answer could not be written as JSON");
                Self::of_failure(&Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", "the answer could not be written"))
            }
        }
    }

    /// A failure, for transports on which an answer has no status.
    #[must_use]
    pub fn of_failure(failure: &Failure) -> Self {
        Self { errors: serde_json::json!([failure.error()]), body: failure.body().to_string(), refused: true }
    }
}

/// An error that carries a Rust error was made by a `?` somewhere inside, so its text is not meant for clients.
fn mask(error: &mut ServerError) {
    if error.source.take().is_none() {
        return;
    }
    let id = hex::encode(rand::random::<[u8; 6]>());
    tracing::error!(error_id = %id, cause = %error.message, "a resolver failed inside");
    error.message = format!("something went wrong here; the log tells more under {id}");
    let extensions = error.extensions.get_or_insert_default();
    extensions.set("code", "INTERNAL");
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use async_graphql::parser::types::OperationType;
    use async_graphql::{PathSegment, Response, ServerError, value};

    use super::{Answer, MAX_ERRORS, kind_of};

    #[test]
    fn an_answer_refused_as_a_whole_has_no_data() {
        let refused = Answer::of(Response::from_errors(vec![ServerError::new("no", None)]));
        assert!(refused.refused);
        assert_eq!(refused.body, r#"{"errors":[{"message":"no"}]}"#);
        let error = ServerError { path: vec![PathSegment::Field("a".to_owned())], ..ServerError::new("no", None) };
        let failed = Answer::of(Response::from_errors(vec![error]));
        assert!(!failed.refused);
        assert_eq!(failed.body, r#"{"errors":[{"message":"no","path":["a"]}],"data":null}"#);
        assert_eq!(Answer::of(Response::new(value!({ "a": 1 }))).body, r#"{"data":{"a":1}}"#);
    }

    #[test]
    fn inner_texts_are_masked_and_errors_are_few() {
        let inner = async_graphql::Error::new_with_source(std::io::Error::other("table users is gone"));
        let outer = async_graphql::Error::new("give an e-mail address");
        let mut errors =
            vec![inner.into_server_error(async_graphql::Pos::default()), outer.into_server_error(async_graphql::Pos::default())];
        errors.extend((0..20).map(|_| ServerError::new("more", None)));
        let answer = Answer::of(Response::from_errors(errors));
        assert!(!answer.body.contains("users"), "{}", answer.body);
        assert!(answer.body.contains("INTERNAL") && answer.body.contains("give an e-mail address"));
        assert_eq!(answer.errors.as_array().unwrap().len(), MAX_ERRORS);
    }

    #[test]
    fn the_kind_is_that_of_the_operation_asked_for() {
        let document = parse_query("query a { a } mutation b { b } subscription c { c }").unwrap();
        assert_eq!(kind_of(&document, Some("b")), Some(OperationType::Mutation));
        assert_eq!(kind_of(&document, Some("c")), Some(OperationType::Subscription));
        assert_eq!(kind_of(&document, Some("d")), None);
        assert_eq!(kind_of(&document, None), None);
        assert_eq!(kind_of(&parse_query("mutation b { b }").unwrap(), None), Some(OperationType::Mutation));
        // The schema refuses another name for the only operation; until then it counts as that one.
        assert_eq!(kind_of(&parse_query("mutation { b }").unwrap(), Some("x")), Some(OperationType::Mutation));
    }
}
