//! Log lines on standard error, for people or for machines.

use std::io;

use thiserror::Error;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};

use crate::config::LogFormat;

/// Why logs could not be set up.
#[derive(Debug, Error)]
pub enum LogsError {
    /// The filter cannot be read; the settings refuse such a one before.
    #[error("the log filter is wrong: {0}")]
    Filter(#[from] ParseError),
    /// Logs are set up already.
    #[error("logs were set up twice: {0}")]
    Twice(#[from] TryInitError),
}

/// Sets up logs for the process, once.
///
/// # Errors
/// When the filter is wrong, or logs are set up already.
pub fn init_logs(filter: &str, format: LogFormat) -> Result<(), LogsError> {
    // At trace the database layer tells what it connects with, password and all.
    let filter = EnvFilter::builder().parse(filter)?.add_directive("sea_orm::driver=off".parse()?);
    // Standard output belongs to what commands print, such as a schema or a token.
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    match format {
        LogFormat::Pretty => lines.finish().try_init()?,
        LogFormat::Json => lines.json().flatten_event(true).finish().try_init()?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{LogsError, init_logs};
    use crate::config::LogFormat;

    #[test]
    fn logs_are_set_up_once_and_with_a_right_filter() {
        assert!(matches!(init_logs("tributary=loud", LogFormat::Json), Err(LogsError::Filter(_))));
        init_logs("off", LogFormat::Json).unwrap();
        assert!(matches!(init_logs("off", LogFormat::Pretty), Err(LogsError::Twice(_))));
    }
}
