//! Metrics in the text form of Prometheus.
//!
//! Labels have few values, all known before: a reason, a status, a route's pattern; never an id of a merchant or a purchase.

use std::sync::{Mutex, OnceLock, PoisonError};

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use thiserror::Error;

/// The name of every metric.
pub mod name {
    /// Counter: deliveries of Stripe that were stored. No label.
    pub const INTAKE_ACCEPTED: &str = "tributary_intake_accepted_total";
    /// Counter: deliveries of Stripe that were refused (IN-1). Label `reason`.
    pub const INTAKE_REFUSED: &str = "tributary_intake_refused_total";
    /// Gauge: events for accounts of which no connection is proved (IN-4). Label `mode`.
    pub const UNROUTED: &str = "tributary_unrouted_events";
    /// Gauge: events in the inbox that are not done.
    pub const QUEUE_DEPTH: &str = "tributary_queue_depth";
    /// Gauge: how long the oldest event that is due has waited, in seconds.
    pub const QUEUE_AGE: &str = "tributary_queue_age_seconds";
    /// Histogram: doing one job of the queue, in seconds. Label `job`.
    pub const JOB: &str = "tributary_job_seconds";
    /// Counter: decisions. Label `reason` (SC-2).
    pub const DECISIONS: &str = "tributary_decisions_total";
    /// Counter: rows that the audit has looked at. Label `lane`.
    pub const AUDIT_CHECKED: &str = "tributary_audit_checked_total";
    /// Gauge: findings of the audit that are open, of all merchants.
    pub const AUDIT_FINDINGS: &str = "tributary_audit_findings";
    /// Counter: answered HTTP requests. Labels `route` (its pattern) and `status`.
    pub const HTTP_REQUESTS: &str = "tributary_http_requests_total";
    /// Histogram: answering an HTTP request, in seconds. Label `route`.
    pub const HTTP: &str = "tributary_http_request_seconds";
}

/// Bounds in seconds: a redirect takes less than a millisecond, a settling that reads Stripe takes seconds.
const SECONDS: [f64; 14] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Why metrics could not be set up.
#[derive(Debug, Error)]
#[error("metrics could not be set up: {0}")]
pub struct MetricsError(#[from] BuildError);

/// Where the figures of this process are read. Clones read the same.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics")
    }
}

impl Metrics {
    /// All figures, in the text form of Prometheus.
    #[must_use]
    pub fn render(&self) -> String {
        // Histograms keep their samples until someone takes them in; reading does so too, and this covers an idle scraper.
        self.0.run_upkeep();
        self.0.render()
    }

    /// Takes in the samples of histograms, so that they need no memory while nobody reads. Call it every few seconds.
    pub fn upkeep(&self) {
        self.0.run_upkeep();
    }
}

/// Sets up metrics for the process. Later calls give the same figures, since a process has one recorder.
///
/// # Errors
/// When somebody else has put a recorder in place.
pub fn install_metrics() -> Result<Metrics, MetricsError> {
    static INSTALLED: OnceLock<Metrics> = OnceLock::new();
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(metrics) = INSTALLED.get() {
        return Ok(metrics.clone());
    }
    let builder = PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?;
    let metrics = Metrics(builder.install_recorder()?);
    describe();
    Ok(INSTALLED.get_or_init(|| metrics).clone())
}

fn describe() {
    describe_counter!(name::INTAKE_ACCEPTED, "Deliveries of Stripe that were stored");
    describe_counter!(name::INTAKE_REFUSED, "Deliveries of Stripe that were refused, by reason");
    describe_gauge!(name::UNROUTED, "Events for accounts of which no connection is proved, by mode");
    describe_gauge!(name::QUEUE_DEPTH, "Events in the inbox that are not done");
    describe_gauge!(name::QUEUE_AGE, Unit::Seconds, "How long the oldest event that is due has waited");
    describe_histogram!(name::JOB, Unit::Seconds, "Doing one job of the queue, by its kind");
    describe_counter!(name::DECISIONS, "Decisions, by reason");
    describe_counter!(name::AUDIT_CHECKED, "Rows that the audit has looked at, by lane");
    describe_gauge!(name::AUDIT_FINDINGS, "Findings of the audit that are open");
    describe_counter!(name::HTTP_REQUESTS, "Answered HTTP requests, by route and status");
    describe_histogram!(name::HTTP, Unit::Seconds, "Answering an HTTP request, by route");
}

#[cfg(test)]
mod tests {
    use super::{install_metrics, name};

    #[test]
    fn figures_are_shared_described_and_rendered() {
        let first = install_metrics().unwrap();
        let second = install_metrics().unwrap();
        metrics::counter!(name::INTAKE_REFUSED, "reason" => "no_match").increment(2);
        metrics::gauge!(name::QUEUE_AGE).set(1.5);
        metrics::histogram!(name::JOB).record(0.003);
        let text = first.render();
        for line in [
            "# HELP tributary_intake_refused_total Deliveries of Stripe that were refused, by reason",
            "tributary_intake_refused_total{reason=\"no_match\"} 2",
            "tributary_queue_age_seconds 1.5",
            "tributary_job_seconds_bucket{le=\"0.0025\"} 0",
            "tributary_job_seconds_bucket{le=\"0.005\"} 1",
            "tributary_job_seconds_count 1",
        ] {
            assert!(text.lines().any(|other| other == line), "{line} is missing in\n{text}");
        }
        second.upkeep();
        assert_eq!(second.render(), text);
    }
}
