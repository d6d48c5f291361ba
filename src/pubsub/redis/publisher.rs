//! The connection that publishes. It makes itself anew when it breaks or falls silent.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, ErrorKind, RedisResult};
use tokio::time::{Instant, timeout};

use super::super::FeedError;
use super::CONNECT;

/// The time of a publication: whoever tells has work to go on with.
const TELL: Duration = Duration::from_millis(200);
/// How often at most a silent connection is replaced.
const REPLACE_EVERY: Duration = Duration::from_secs(1);

pub(super) struct Publisher {
    client: Client,
    /// The connection, and when it was made.
    shared: Mutex<(ConnectionManager, Instant)>,
}

impl Publisher {
    pub(super) fn new(client: Client) -> RedisResult<Self> {
        let shared = Mutex::new((connect(&client)?, Instant::now()));
        Ok(Self { client, shared })
    }

    pub(super) async fn publish(&self, channel: &str, payload: &str) -> Result<(), FeedError> {
        let mut connection = self.shared.lock().unwrap_or_else(PoisonError::into_inner).0.clone();
        let mut publish = redis::cmd("PUBLISH");
        publish.arg(channel).arg(payload);
        match timeout(TELL, publish.query_async::<i64>(&mut connection)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) if matches!(error.kind(), ErrorKind::Io | ErrorKind::Parse) => Err(FeedError::Unreachable(error.to_string())),
            Ok(Err(error)) => Err(FeedError::Refused(error.to_string())),
            Err(_) => {
                self.replace()?;
                Err(FeedError::Unreachable(format!("no answer within {} ms", TELL.as_millis())))
            }
        }
    }

    fn replace(&self) -> Result<(), FeedError> {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if shared.1.elapsed() >= REPLACE_EVERY {
            let connection = connect(&self.client).map_err(|error| FeedError::Unreachable(error.to_string()))?;
            *shared = (connection, Instant::now());
        }
        Ok(())
    }
}

/// Without retries inside a call: who publishes is told at once, and the next one starts a new attempt.
fn connect(client: &Client) -> RedisResult<ConnectionManager> {
    let config = ConnectionManagerConfig::new().set_number_of_retries(0).set_connection_timeout(Some(CONNECT)).set_response_timeout(None);
    ConnectionManager::new_lazy_with_config(client.clone(), config)
}
