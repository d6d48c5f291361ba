//! What happens by the clock: sweeps, and the figures of the queue.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::service::{Services, audit, insight, sweep};
use crate::telemetry::name;

/// How often the sweeper looks: the longest delay that a lost bell costs (QU-1).
const SWEEP: Duration = Duration::from_secs(5);

/// Sweeps until `stop` is cancelled. The first sweep comes at once: what an earlier run left behind does not wait.
pub(super) async fn run(services: Arc<Services>, stop: CancellationToken) {
    let mut tick = tokio::time::interval(SWEEP);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = tick.tick() => {}
        }
        if let Err(error) = sweep::sweep(&services).await {
            tracing::warn!(%error, "a sweep failed");
        }
        observe(&services).await;
        if let Err(error) = insight::fold(&services).await {
            tracing::warn!(%error, "folding the figures failed");
        }
        if let Err(error) = audit::advance(&services).await {
            tracing::warn!(%error, "a slice of the audit failed");
        }
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
