//! Asking Stripe for what events leave out (IN-6), outside any transaction.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use entity::value::ConnectionId;

use super::stripe_connection::access::{self, Access};
use super::{ServiceError, Services, catalogue, place};
use crate::stripe::error::ReadError;
use crate::stripe::event::Projection;
use crate::stripe::read::{Read, needs};

/// An answer that Stripe owes: the same question may be answered later.
#[derive(Clone, Debug)]
pub struct Owed {
    /// Why there is none.
    pub error: String,
    /// How long Stripe asks to wait, where it says so.
    pub after: Option<Duration>,
    /// Stripe was not even asked, as too many wait for its answers already: no attempt was made.
    pub unasked: bool,
}

/// Adds to a projection what Stripe says when asked, where the connection may ask, and tells whether an answer is owed. What Stripe will not
/// tell is left as it is: the purchase then stays provisional or incomplete, and says so (SL-8).
///
/// # Errors
/// [`ServiceError`] when the database fails.
pub async fn complete(
    services: &Services,
    connection: ConnectionId,
    mut projection: Projection,
) -> Result<(Projection, Option<Owed>), ServiceError> {
    let open = needs(&projection);
    if let Some(owed) = ask(services, connection, &mut projection, open).await? {
        return Ok((projection, Some(owed)));
    }
    let mut sold = catalogue::unknown(services, connection, &projection).await?;
    let now = services.clock.now();
    sold.retain(|read| !is_refused(connection, read, now));
    let owed = ask(services, connection, &mut projection, sold).await?;
    Ok((projection, owed))
}

/// What is said to who comes while too many wait.
const CROWDED: &str = "many wait for Stripe's answers about this connection already";
/// How long a price of which Stripe will not tell is not asked for again.
const REFUSED_FOR: TimeDelta = TimeDelta::hours(1);
/// How many of them are remembered.
const REMEMBERED: usize = 1_000;

/// The prices of which Stripe would not tell a connection, and since when: each further bill names them again.
static REFUSED: Mutex<BTreeMap<(ConnectionId, Read), DateTime<Utc>>> = Mutex::new(BTreeMap::new());

fn refused(connection: ConnectionId, read: Read, now: DateTime<Utc>) {
    let mut known = REFUSED.lock().unwrap_or_else(PoisonError::into_inner);
    if known.len() >= REMEMBERED {
        known.clear();
    }
    known.insert((connection, read), now);
}

fn is_refused(connection: ConnectionId, read: &Read, now: DateTime<Utc>) -> bool {
    let known = REFUSED.lock().unwrap_or_else(PoisonError::into_inner);
    known.get(&(connection, read.clone())).is_some_and(|at| now < *at + REFUSED_FOR)
}

/// Adds the answers to these questions to a projection, where the connection may ask. Tells whether an answer is owed.
async fn ask(
    services: &Services,
    connection: ConnectionId,
    projection: &mut Projection,
    wanted: Vec<Read>,
) -> Result<Option<Owed>, ServiceError> {
    if wanted.is_empty() {
        return Ok(None);
    }
    let Some(_turn) = services.turns.take(connection) else {
        return Ok(Some(Owed { error: CROWDED.to_owned(), after: None, unasked: true }));
    };
    place::without(answers(services, connection, projection, wanted)).await
}

/// The same, once it is this caller's turn.
async fn answers(
    services: &Services,
    connection: ConnectionId,
    projection: &mut Projection,
    wanted: Vec<Read>,
) -> Result<Option<Owed>, ServiceError> {
    let mut owed = None;
    let Some(access) = access::of(services, connection).await? else {
        return Ok(owed);
    };
    for read in wanted {
        match access.note(services, access.client.read(&read).await).await {
            Ok(answer) => projection.absorb(answer),
            Err(error) if error.retry() => {
                owed = Some(Owed { after: error.retry_after(), error: format!("Stripe did not answer: {error}"), unasked: false });
                // Whoever is busy or gone is not asked for more.
                break;
            }
            Err(error) => {
                tracing::info!(%connection, %error, "Stripe does not tell this connection what an event left out");
                if error == ReadError::Unauthorised {
                    break;
                }
                if matches!(read, Read::Price(_)) {
                    refused(connection, read, services.clock.now());
                }
            }
        }
    }
    Ok(owed)
}

/// Fetches an object that others speak of and that was never told (IN-8).
///
/// # Errors
/// [`ServiceError`] when Stripe should be asked again later.
pub async fn object(services: &Services, connection: ConnectionId, id: &str) -> Result<Option<Projection>, ServiceError> {
    let Some(read) = Read::object(id) else { return Ok(None) };
    let Some(access) = place::without(access::of(services, connection)).await? else { return Ok(None) };
    let Some(mut projection) = answer(services, &access, &read).await? else {
        return Ok(None);
    };
    // What one answer leaves open another list may tell: newer payments do not name their invoice (SL-8).
    let mut open: Vec<Read> = needs(&projection).into_iter().filter(|next| *next != read).collect();
    open.extend(catalogue::unknown(services, connection, &projection).await?);
    for next in open {
        if let Some(more) = answer(services, &access, &next).await? {
            projection.absorb(more);
        }
    }
    Ok(Some(projection))
}

/// Asks one thing of Stripe.
///
/// # Errors
/// [`ServiceError`] when Stripe should be asked again later.
pub async fn one(services: &Services, connection: ConnectionId, read: &Read) -> Result<Option<Projection>, ServiceError> {
    match place::without(access::of(services, connection)).await? {
        Some(access) => answer(services, &access, read).await,
        None => Ok(None),
    }
}

async fn answer(services: &Services, access: &Access, read: &Read) -> Result<Option<Projection>, ServiceError> {
    let turn = services.turns.take(access.row.id).ok_or_else(|| ServiceError::Unavailable(CROWDED.to_owned()))?;
    let answer = place::without(access.client.read(read)).await;
    drop(turn);
    match access.note(services, answer).await {
        Ok(projection) => Ok(Some(projection)),
        Err(error) if error.retry() => Err(ServiceError::Unavailable(format!("Stripe did not answer: {error}"))),
        Err(error) => {
            tracing::info!(connection = %access.row.id, %error, "Stripe does not tell this connection of an object");
            Ok(None)
        }
    }
}
