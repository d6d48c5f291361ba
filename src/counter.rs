//! Counts that all processes share, on Redis: for limits that each process alone could not keep. Who cannot be told counts alone.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, IntoConnectionInfo, RedisError, RedisResult, Script};
use tokio::time::{Instant, timeout};

/// How long a new connection may take.
const CONNECT: Duration = Duration::from_secs(1);
/// The time of a count: somebody waits for it.
const COUNT: Duration = Duration::from_millis(200);
/// How often at most a silent connection is replaced.
const REPLACE_EVERY: Duration = Duration::from_secs(1);
/// Counts one more, from the first one on for so many milliseconds. One step, so no count is left without its end.
const SCRIPT: &str = "local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return count";

/// Why nothing was counted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CounterError {
    /// The address of the server cannot be used.
    #[error("the address of the counts cannot be used: {0}")]
    Address(String),
    /// The server is away, or refused.
    #[error("nothing can be counted together: {0}")]
    Away(String),
}

/// Counts under names that all processes share.
pub struct Counter {
    client: Client,
    /// The connection, and when it was made. It makes itself anew when it breaks.
    shared: Mutex<(ConnectionManager, Instant)>,
    /// What the keys of the server start with.
    keys: String,
    script: Script,
}

impl Counter {
    /// Counts on the server at `url`, under `<prefix>:counter:<name>`. The server need not be up yet.
    ///
    /// # Errors
    /// [`CounterError::Address`] when the address cannot be understood.
    // Async, because the connection's upkeep must be started within a runtime.
    pub async fn open(url: &str, prefix: &str) -> Result<Self, CounterError> {
        let refused = |error: RedisError| CounterError::Address(error.category().to_owned());
        let client = Client::open(url.into_connection_info().map_err(refused)?).map_err(refused)?;
        let shared = Mutex::new((connect(&client).map_err(refused)?, Instant::now()));
        Ok(Self { client, shared, keys: format!("{prefix}:counter:"), script: Script::new(SCRIPT) })
    }

    /// Counts one more under `name`, and says how many that are in the spell that the first of them began.
    ///
    /// # Errors
    /// [`CounterError::Away`], within 200 ms.
    pub async fn count(&self, name: &str, spell: Duration) -> Result<u64, CounterError> {
        let mut connection = self.shared.lock().unwrap_or_else(PoisonError::into_inner).0.clone();
        let mut call = self.script.key(format!("{}{name}", self.keys));
        call.arg(u64::try_from(spell.as_millis()).unwrap_or(u64::MAX));
        match timeout(COUNT, call.invoke_async(&mut connection)).await {
            Ok(counted) => counted.map_err(|error| CounterError::Away(error.to_string())),
            Err(_) => {
                self.replace()?;
                Err(CounterError::Away(format!("no answer within {} ms", COUNT.as_millis())))
            }
        }
    }

    fn replace(&self) -> Result<(), CounterError> {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if shared.1.elapsed() >= REPLACE_EVERY {
            let connection = connect(&self.client).map_err(|error| CounterError::Away(error.to_string()))?;
            *shared = (connection, Instant::now());
        }
        Ok(())
    }
}

/// Without retries inside a call: who counts is told at once, and the next one starts a new attempt.
fn connect(client: &Client) -> RedisResult<ConnectionManager> {
    let config = ConnectionManagerConfig::new().set_number_of_retries(0).set_connection_timeout(Some(CONNECT)).set_response_timeout(None);
    ConnectionManager::new_lazy_with_config(client.clone(), config)
}
