//! Logs and metrics: sets them up, and holds the name of every metric. Never decides what is worth telling.
//!
//! No secret, token, e-mail address or request body goes into a log line or a label.

mod logs;
mod metrics;

pub use logs::{LogsError, init_logs};
pub use metrics::{Metrics, MetricsError, install_metrics, name};
