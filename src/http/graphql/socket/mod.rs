//! Subscriptions over WebSocket, by the `graphql-transport-ws` protocol. One task a socket: it reads frames, runs the operations and
//! writes, so a slow reader holds up nobody but itself and is cut off.

mod protocol;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use actix_ws::{AggregatedMessage, AggregatedMessageStream, ProtocolError, Session};
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream, SelectAll};
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};

use self::protocol::{Closing, FromClient, Hello, PROTOCOL, to_client};
use super::execute::{self, Answer, Call};
use super::failure::Failure;
use super::request;
use crate::http::state::{State, header};
use crate::http::viewer::{self, Credential, Identity, Unidentified};

/// The largest frame and the largest message, in bytes.
const MAX_FRAME: usize = 64 * 1024;
/// How many operations may run on one socket.
const MAX_OPERATIONS: usize = 100;
/// How long a client may take to say who it is.
const HELLO_WITHIN: Duration = Duration::from_secs(3);
/// How long a reader may take for what was sent before it is cut off.
const PATIENCE: Duration = Duration::from_secs(10);
/// A quiet client is asked every so many seconds whether it is there.
const PING_EVERY: u64 = 20;
/// A client that sent nothing for so many seconds is gone.
const GONE_AFTER: u64 = 60;
/// Every so many seconds it is asked whether the client still may.
const RECHECK_EVERY: u64 = 10;

/// Opens a socket.
///
/// # Errors
/// When the request is not a WebSocket's handshake.
pub fn open(state: &State, request: &HttpRequest, body: web::Payload) -> Result<HttpResponse, actix_web::Error> {
    let origin = header(request, "origin").map(str::to_owned);
    if origin.as_deref().is_some_and(|origin| !state.is_own_origin(request, origin)) {
        let message = "pages of this origin may not open sockets here; add it to TRIBUTARY_PORTAL_ORIGINS";
        return Ok(Failure::new(StatusCode::FORBIDDEN, "FORBIDDEN", message).answer(None));
    }
    let address = state.address(request);
    if let Err(too_many) = state.limits.public(address) {
        return Ok(Failure::from(too_many).answer(None));
    }
    let Ok(place) = Arc::clone(&state.streams).try_acquire_owned() else {
        return Ok(Failure::too_many_streams().answer(None));
    };
    let (response, session, frames) = actix_ws::handle_with_protocols(request, body, &[PROTOCOL])?;
    let agreed = response.headers().contains_key("sec-websocket-protocol");
    let frames = frames.max_frame_size(MAX_FRAME).aggregate_continuations().max_continuation_size(MAX_FRAME);
    let socket = Socket {
        state: state.clone(),
        session,
        origin,
        address,
        _place: place,
        client: None,
        operations: HashMap::new(),
        running: SelectAll::new(),
        started: 0,
    };
    actix_web::rt::spawn(async move {
        if agreed {
            socket.run(frames).await;
        } else {
            socket.close(Closing::Protocol).await;
        }
    });
    Ok(response)
}

/// Why a socket ends.
enum End {
    /// We close it.
    Close(Closing),
    /// There is nobody to say anything to.
    Gone,
}

impl From<Closing> for End {
    fn from(closing: Closing) -> Self {
        Self::Close(closing)
    }
}

/// What happened in an operation: an answer, or its end.
struct Event {
    id: String,
    number: u64,
    answer: Option<Answer>,
}

/// An operation that runs. Dropping it stops it.
struct Operation {
    number: u64,
    _stop: oneshot::Sender<()>,
}

struct Client {
    credential: Credential,
    identity: Identity,
}

struct Socket {
    state: State,
    session: Session,
    origin: Option<String>,
    address: Option<IpAddr>,
    _place: OwnedSemaphorePermit,
    client: Option<Client>,
    operations: HashMap<String, Operation>,
    running: SelectAll<BoxStream<'static, Event>>,
    started: u64,
}

impl Socket {
    async fn run(mut self, mut frames: AggregatedMessageStream) {
        if let End::Close(closing) = self.work(&mut frames).await {
            self.close(closing).await;
        }
    }

    async fn close(self, closing: Closing) {
        // Who does not even take the close frame is cut off.
        let _ = timeout(PATIENCE, self.session.close(Some(closing.into()))).await;
    }

    /// Works until the socket ends.
    async fn work(&mut self, frames: &mut AggregatedMessageStream) -> End {
        let stopping = self.state.stopping.clone();
        let hello_until = Instant::now() + HELLO_WITHIN;
        let mut second = interval(Duration::from_secs(1));
        second.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut quiet = 0;
        let mut seconds = 0;
        loop {
            let outcome = tokio::select! {
                frame = frames.recv() => {
                    quiet = 0;
                    match frame {
                        Some(frame) => self.frame(frame).await,
                        None => Err(End::Gone),
                    }
                }
                Some(event) = self.running.next(), if !self.running.is_empty() => self.tell(event).await,
                _ = second.tick() => {
                    seconds += 1;
                    quiet += 1;
                    self.second(seconds, quiet).await
                }
                () = sleep_until(hello_until), if self.client.is_none() => Err(Closing::Silent.into()),
                () = stopping.cancelled() => Err(Closing::GoingAway.into()),
            };
            if let Err(end) = outcome {
                return end;
            }
        }
    }

    async fn frame(&mut self, frame: Result<AggregatedMessage, ProtocolError>) -> Result<(), End> {
        match frame {
            Ok(AggregatedMessage::Text(text)) => match serde_json::from_str(&text) {
                Ok(message) => self.message(message).await,
                Err(_) => Err(Closing::BadMessage.into()),
            },
            Ok(AggregatedMessage::Binary(_)) => Err(Closing::BadMessage.into()),
            Ok(AggregatedMessage::Ping(bytes)) => match timeout(PATIENCE, self.session.pong(&bytes)).await {
                Ok(Ok(())) => Ok(()),
                _ => Err(End::Gone),
            },
            Ok(AggregatedMessage::Pong(_)) => Ok(()),
            Ok(AggregatedMessage::Close(_)) | Err(ProtocolError::Io(_)) => Err(End::Gone),
            Err(ProtocolError::Overflow) => Err(Closing::TooLarge.into()),
            Err(_) => Err(Closing::Broken.into()),
        }
    }

    async fn message(&mut self, message: FromClient) -> Result<(), End> {
        match message {
            FromClient::ConnectionInit { payload } => self.hello(payload).await,
            FromClient::Ping {} => self.send(to_client::pong()).await,
            FromClient::Pong {} => Ok(()),
            FromClient::Subscribe { id, payload } => self.start(id, payload).await,
            FromClient::Complete { id } => {
                self.operations.remove(&id);
                Ok(())
            }
        }
    }

    async fn hello(&mut self, hello: Option<Hello>) -> Result<(), End> {
        if self.client.is_some() {
            return Err(Closing::HelloTwice.into());
        }
        let (authorization, mode) = hello.map_or((None, None), |hello| (hello.authorization, hello.mode));
        let bearer = authorization.as_deref().map(|text| viewer::bearer(text).ok_or(Closing::Unauthorized)).transpose()?;
        let credential =
            Credential { bearer: Some(bearer.ok_or(Closing::Unauthorized)?), mode, origin: self.origin.clone(), address: self.address };
        let identity = self.state.viewers.identify(&credential).await.map_err(refused)?;
        self.client = Some(Client { credential, identity });
        self.send(to_client::connection_ack()).await
    }

    async fn start(&mut self, id: String, payload: serde_json::Value) -> Result<(), End> {
        let client = self.client.as_ref().ok_or(Closing::Unauthorized)?;
        if self.operations.contains_key(&id) {
            return Err(Closing::Duplicate(id).into());
        }
        let parameters = request::of_value(payload).map_err(|_| Closing::BadMessage)?;
        if self.operations.len() >= MAX_OPERATIONS {
            let message = format!("at most {MAX_OPERATIONS} operations run on one socket");
            let failure = Failure::new(StatusCode::TOO_MANY_REQUESTS, "TOO_MANY_OPERATIONS", message);
            return self.send(to_client::error(&id, &serde_json::json!([failure.error()]))).await;
        }
        let call = Call { identity: client.identity.clone(), address: self.address };
        let prepared = match execute::prepare(&self.state, &call, parameters).await {
            Ok(prepared) => prepared,
            Err(failure) => return self.send(to_client::error(&id, &serde_json::json!([failure.error()]))).await,
        };
        self.started += 1;
        let number = self.started;
        let (stop, stopped) = oneshot::channel();
        let of = id.clone();
        let event = move |answer| Event { id: of.clone(), number, answer };
        let end = stream::iter([event(None)]);
        let answers = execute::follow(&self.state, prepared).map(move |answer| event(Some(answer)));
        self.running.push(answers.take_until(stopped).chain(end).boxed());
        self.operations.insert(id, Operation { number, _stop: stop });
        Ok(())
    }

    /// Tells the client what happened, unless it has ended that operation already.
    async fn tell(&mut self, event: Event) -> Result<(), End> {
        let Event { id, number, answer } = event;
        if self.operations.get(&id).is_none_or(|operation| operation.number != number) {
            return Ok(());
        }
        let message = match answer {
            Some(answer) if answer.refused => {
                self.operations.remove(&id);
                to_client::error(&id, &answer.errors)
            }
            Some(answer) => to_client::next(&id, &answer.body),
            None => {
                self.operations.remove(&id);
                to_client::complete(&id)
            }
        };
        self.send(message).await
    }

    /// What is due every second: credentials end, clients go away.
    async fn second(&mut self, seconds: u64, quiet: u64) -> Result<(), End> {
        if quiet >= GONE_AFTER {
            return Err(End::Gone);
        }
        if quiet > 0 && quiet.is_multiple_of(PING_EVERY) && !matches!(timeout(PATIENCE, self.session.ping(b"")).await, Ok(Ok(()))) {
            return Err(End::Gone);
        }
        let Some(client) = &mut self.client else { return Ok(()) };
        if client.identity.expires_at.is_some_and(|end| end <= self.state.services.clock.now()) {
            return Err(Closing::Forbidden("the access token has expired".to_owned()).into());
        }
        if !seconds.is_multiple_of(RECHECK_EVERY) {
            return Ok(());
        }
        match self.state.viewers.identify(&client.credential).await {
            Ok(identity) => client.identity = identity,
            // Who is known stays so while the database is away.
            Err(Unidentified::Store(_) | Unidentified::TooMany(_)) => {}
            Err(error) => return Err(refused(error)),
        }
        Ok(())
    }

    async fn send(&mut self, text: String) -> Result<(), End> {
        match timeout(PATIENCE, self.session.text(text)).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(End::Gone),
        }
    }
}

fn refused(error: Unidentified) -> End {
    match error {
        Unidentified::Store(error) => {
            tracing::error!(%error, "the client of a socket could not be identified");
            Closing::Unavailable.into()
        }
        other => Closing::Forbidden(other.to_string()).into(),
    }
}
