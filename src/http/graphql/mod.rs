//! GraphQL over HTTP by its specification, with an edge of our own: which methods, media types and statuses, what a document may
//! cost, and the two ways to follow a subscription. What the fields mean is not known here.

mod accept;
pub mod execute;
mod failure;
mod graphiql;
mod guard;
mod request;
mod socket;
mod sse;
mod trusted;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use async_graphql::parser::types::OperationType;
use futures_util::StreamExt;
use futures_util::stream;

use self::accept::{Accepted, Form};
use self::execute::{Answer, Call};
use self::failure::Failure;
use self::request::Parameters;
use super::state::State;
use super::viewer::Credential;
use super::{body, state};

pub use graphiql::asset;
pub use trusted::Trusted;

/// `POST /graphql`.
pub async fn post(state: web::Data<State>, request: HttpRequest, payload: web::Payload) -> HttpResponse {
    let accepted = accept::negotiate(request.headers(), false);
    let outcome = async {
        request::check_content_type(request.headers())?;
        let (credential, call) = caller(&state, &request).await?;
        let body = body::read(request.headers(), payload, request::MAX_BODY).await?;
        serve(&state, (credential, &call), accepted, request::of_body(&body)?, true).await
    };
    outcome.await.unwrap_or_else(|failure: Failure| failure.answer(accepted.form))
}

/// `GET /graphql`: a query, a socket, or in development a page to try things.
///
/// # Errors
/// When a socket's handshake is wrong.
pub async fn get(state: web::Data<State>, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, actix_web::Error> {
    if state::header(&request, "upgrade").is_some_and(|upgrade| upgrade.eq_ignore_ascii_case("websocket")) {
        return socket::open(&state, &request, payload);
    }
    let accepted = accept::negotiate(request.headers(), !state.services.settings.is_production());
    if accepted.form == Some(Form::Html) {
        return Ok(graphiql::page());
    }
    let outcome = async {
        let (credential, call) = caller(&state, &request).await?;
        serve(&state, (credential, &call), accepted, request::of_query(request.query_string())?, false).await
    };
    Ok(outcome.await.unwrap_or_else(|failure: Failure| failure.answer(accepted.form)))
}

/// Any other method on `/graphql`.
pub async fn other_method() -> HttpResponse {
    let message = "use GET for queries and POST for all operations";
    let mut response = Failure::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", message).answer(None);
    response.headers_mut().insert(header::ALLOW, header::HeaderValue::from_static("GET, POST"));
    response
}

async fn caller(state: &State, request: &HttpRequest) -> Result<(Credential, Call), Failure> {
    let address = state.address(request);
    let credential = Credential::of_headers(request.headers(), address)?;
    let identity = state.viewers.identify(&credential).await?;
    Ok((credential, Call { identity, address }))
}

async fn serve(
    state: &State,
    (credential, call): (Credential, &Call),
    accepted: Accepted,
    parameters: Parameters,
    mutations: bool,
) -> Result<HttpResponse, Failure> {
    let Some(form) = accepted.form else {
        let message = "answers are given as application/graphql-response+json, application/json or text/event-stream";
        return Err(Failure::new(StatusCode::NOT_ACCEPTABLE, "NOT_ACCEPTABLE", message));
    };
    let prepared = match execute::prepare(state, call, parameters).await {
        // On an event stream what is wrong with a document comes as an event.
        Err(failure) if form == Form::Events && failure.is_of_document() => {
            return sse::answer(state, stream::iter([Answer::of_failure(&failure)]).boxed(), None);
        }
        other => other?,
    };
    if prepared.kind == Some(OperationType::Mutation) && !mutations {
        let message = "GET is for queries; send a mutation by POST";
        return Err(Failure::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", message));
    }
    let follows = prepared.kind == Some(OperationType::Subscription);
    if form == Form::Events || follows && accepted.events {
        return sse::answer(state, execute::follow(state, prepared), Some((credential, call.identity.clone())));
    }
    if follows {
        let message = "follow a subscription over WebSocket (graphql-transport-ws), or accept text/event-stream";
        return Err(Failure::new(StatusCode::BAD_REQUEST, "SUBSCRIPTION_TRANSPORT", message));
    }
    let answer = execute::execute(state, prepared).await?;
    let status = if answer.refused && form == Form::GraphQl { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    Ok(HttpResponse::build(status).insert_header((header::CONTENT_TYPE, form.media_type())).body(answer.body))
}
