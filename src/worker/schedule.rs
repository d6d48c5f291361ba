//! What happens by the clock: sweeps, and the figures of the queue.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::service::stripe_connection::check;
use crate::service::{Services, audit, inbox, insight, instance, session, sweep};
use crate::telemetry::name;

/// How often the sweeper looks: the longest delay that a lost bell costs (QU-1).
const SWEEP: Duration = Duration::from_secs(5);

/// How long one turn may take. What a database that stands still keeps waiting begins again with the next.
const WITHIN: Duration = Duration::from_secs(120);
/// How soon it looks again when one sweep could not ring for all: what waits since a restart is worked off as quickly as it can be.
const SOON: Duration = Duration::from_millis(500);

/// One in so many sweeps counts the events that no connection is there for.
const COUNT_EVERY: u32 = 12;
/// One in so many sweeps, which is one in ten minutes, is followed by what can wait.
const TIDY_EVERY: u32 = 120;

/// Comes every [`SWEEP`] until `stop` is cancelled; the first time at once.
struct Beat {
    tick: tokio::time::Interval,
    stop: CancellationToken,
}

impl Beat {
    fn new(stop: CancellationToken) -> Self {
        let mut tick = tokio::time::interval(SWEEP);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        Self { tick, stop }
    }

    /// Waits for the next time. False when it is over.
    async fn next(&mut self) -> bool {
        tokio::select! {
            () = self.stop.cancelled() => false,
            _ = self.tick.tick() => true,
        }
    }
}

/// Sweeps until `stop` is cancelled. The first sweep comes at once: what an earlier run left behind does not wait.
pub(super) async fn run(services: Arc<Services>, stop: CancellationToken) {
    let mut beat = Beat::new(stop);
    for turn in 0_u32.. {
        if !beat.next().await {
            return;
        }
        match timeout(WITHIN, sweep(&services, turn)).await {
            Ok(rung) if rung as u64 >= sweep::BATCH => beat.tick.reset_after(SOON),
            Ok(_) => {}
            Err(_) => tracing::warn!("a sweep took too long and was given up"),
        }
    }
}

/// One turn of the sweeper. Says for how many it rang.
async fn sweep(services: &Services, turn: u32) -> usize {
    instance::follow_time(services).await;
    let rung = sweep::sweep(services).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "a sweep failed");
        0
    });
    observe(services).await;
    if let Err(error) = insight::fold(services).await {
        tracing::warn!(%error, "folding the figures failed");
    }
    if turn % COUNT_EVERY == 0 {
        count_unrouted(services).await;
    }
    if turn % TIDY_EVERY == TIDY_EVERY - 1 {
        tidy(services).await;
    }
    rung
}

/// Lets the database look at how its rows differ, and forgets what nobody asks for any more.
async fn tidy(services: &Services) {
    if let Err(error) = services.db.optimise().await {
        tracing::warn!(%error, "the database could not look at how its rows differ");
    }
    if let Err(error) = session::forget(services).await {
        tracing::warn!(%error, "refresh tokens of long ago could not be forgotten");
    }
}

/// Goes on with the audit until `stop` is cancelled. It has a turn of its own, so that no sweep waits for it, however slow the database is.
pub(super) async fn audit(services: Arc<Services>, stop: CancellationToken) {
    let mut beat = Beat::new(stop);
    while beat.next().await {
        match timeout(WITHIN, audit::advance(&services)).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::warn!(%error, "a slice of the audit failed"),
            Err(_) => tracing::warn!("a slice of the audit took too long and was given up"),
        }
    }
}

/// Looks at connections whose time has come, until `stop` is cancelled. Apart from the sweeps, as Stripe may let us wait.
pub(super) async fn look(services: Arc<Services>, stop: CancellationToken) {
    let mut beat = Beat::new(stop);
    while beat.next().await {
        tokio::select! {
            () = beat.stop.cancelled() => return,
            looked = check::due(&services) => if let Err(error) = looked {
                tracing::warn!(%error, "connections could not be looked at");
            }
        }
    }
}

/// Tells how many events wait for a connection. Which accounts they are of is no figure: a label would name them.
async fn count_unrouted(services: &Services) {
    match inbox::count_unrouted(services).await {
        Ok((test, live)) => {
            for (mode, count) in [("test", test), ("live", live)] {
                metrics::gauge!(name::UNROUTED, "mode" => mode).set(u32::try_from(count).unwrap_or(u32::MAX));
            }
        }
        Err(error) => tracing::debug!(%error, "the events without a connection cannot be counted"),
    }
}

/// Tells how deep and how old the queue is.
async fn observe(services: &Services) {
    match services.queue.stats().await {
        Ok(stats) => {
            let counts = [("ready", stats.ready), ("delayed", stats.delayed), ("leased", stats.leased), ("dead", stats.dead)];
            for (state, count) in counts {
                metrics::gauge!(name::QUEUE_DEPTH, "state" => state).set(u32::try_from(count).unwrap_or(u32::MAX));
            }
            metrics::gauge!(name::QUEUE_AGE).set(stats.oldest_age.unwrap_or_default().as_secs_f64());
        }
        Err(error) => tracing::debug!(%error, "the queue tells no figures"),
    }
}
