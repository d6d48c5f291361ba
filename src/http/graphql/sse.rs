//! Subscriptions as server-sent events: GraphQL over SSE in distinct connections mode, one operation a request.

use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Bytes;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_stream::wrappers::ReceiverStream;

use super::accept::Form;
use super::execute::Answer;
use super::failure::Failure;
use crate::http::state::State;
use crate::http::viewer::{Credential, Identity, Unidentified};

/// How often a quiet stream sends a comment, so that nobody between takes it for dead.
const COMMENT_EVERY: u32 = 12;
/// Every how many seconds the caller's credential is looked at again.
const RECHECK_EVERY: u32 = 10;
/// How long a reader may take for what was sent before it is cut off.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many events may wait for the reader.
const WAITING: usize = 16;

/// Answers with a stream of events that ends with the operation, with the caller's credential, or with the server.
///
/// # Errors
/// When as many streams and sockets are open as may be.
pub fn answer(state: &State, answers: BoxStream<'static, Answer>, caller: Option<(Credential, Identity)>) -> Result<HttpResponse, Failure> {
    let place = Arc::clone(&state.streams).try_acquire_owned().map_err(|_| Failure::too_many_streams())?;
    let (events, waiting) = mpsc::channel(WAITING);
    let state = state.clone();
    actix_web::rt::spawn(async move {
        send_all(state, answers, caller, events).await;
        drop(place);
    });
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, Form::Events.media_type()))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        // Neither compressing here nor buffering in a proxy may hold an event back.
        .insert_header((header::CONTENT_ENCODING, "identity"))
        .insert_header(("x-accel-buffering", "no"))
        .streaming(ReceiverStream::new(waiting).map(Ok::<Bytes, std::convert::Infallible>)))
}

/// Whether the caller may go on. Who is known stays so while the database is away.
async fn may_go_on(state: &State, (credential, identity): &(Credential, Identity), seconds: u32) -> bool {
    if identity.expires_at.is_some_and(|end| end <= state.services.clock.now()) {
        return false;
    }
    !seconds.is_multiple_of(RECHECK_EVERY)
        || matches!(state.viewers.identify(credential).await, Ok(_) | Err(Unidentified::Store(_) | Unidentified::TooMany(_)))
}

async fn send_all(
    state: State,
    mut answers: BoxStream<'static, Answer>,
    caller: Option<(Credential, Identity)>,
    events: mpsc::Sender<Bytes>,
) {
    let mut second = interval(Duration::from_secs(1));
    second.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut seconds, mut quiet) = (0_u32, 0);
    loop {
        let event = tokio::select! {
            answer = answers.next() => match answer {
                Some(answer) => Bytes::from(format!("event: next\ndata: {}\n\n", answer.body)),
                None => break,
            },
            _ = second.tick() => {
                seconds = seconds.wrapping_add(1);
                if let Some(caller) = &caller && !may_go_on(&state, caller, seconds).await {
                    break;
                }
                quiet += 1;
                if quiet < COMMENT_EVERY {
                    continue;
                }
                Bytes::from_static(b":\n\n")
            }
            () = events.closed() => return,
            () = state.stopping.cancelled() => break,
        };
        quiet = 0;
        if !matches!(timeout(PATIENCE, events.send(event)).await, Ok(Ok(()))) {
            return;
        }
    }
    // A reader that does not take the last event either has gone.
    let _ = timeout(PATIENCE, events.send(Bytes::from_static(b"event: complete\ndata:\n\n"))).await;
}
