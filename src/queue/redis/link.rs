//! The way to the server for everything but blocking reads: one connection for all, each call with a time of its own.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig, MultiplexedConnection};
use redis::io::tcp::TcpSettings;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ErrorKind, FromRedisValue, IntoConnectionInfo, RedisError, RedisResult, ScriptInvocation,
    ServerErrorKind,
};
use tokio::time::{Instant, error::Elapsed, timeout};

use super::super::QueueError;

/// How long a new connection may take.
const CONNECT: Duration = Duration::from_secs(1);
/// After so many calls in a row without an answer the connection counts as dead. A half-open one would never say so.
const SILENT_CALLS: u32 = 3;
/// How often at most a silent connection is replaced.
const REPLACE_EVERY: Duration = Duration::from_secs(1);

/// What went wrong with one call.
#[derive(Debug)]
pub(super) enum Fault {
    /// The consumer group is gone: the server was flushed, or lost it in a restart.
    NoGroup,
    /// Everything else.
    Other(QueueError),
}

impl From<Fault> for QueueError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::NoGroup => Self::Busy("the consumer group is gone".to_owned()),
            Fault::Other(error) => error,
        }
    }
}

/// The shared connection. It makes itself anew when it breaks; while there is none, calls fail at once.
pub(super) struct Link {
    client: Client,
    shared: Mutex<Shared>,
}

struct Shared {
    connection: ConnectionManager,
    silent: u32,
    made: Instant,
}

impl Link {
    /// Does not wait for the server, which may be down.
    pub(super) fn open(url: &str) -> Result<Self, QueueError> {
        let refused = |error: RedisError| QueueError::Address(error.category().to_owned());
        let info = url.into_connection_info().map_err(refused)?;
        let client = Client::open(info.set_tcp_settings(TcpSettings::default().set_nodelay(true))).map_err(refused)?;
        let shared = Mutex::new(Shared::new(&client).map_err(refused)?);
        Ok(Self { client, shared })
    }

    /// A connection of its own, for reads that block.
    pub(super) async fn own(&self) -> Result<MultiplexedConnection, Fault> {
        let config = AsyncConnectionConfig::new().set_connection_timeout(Some(CONNECT)).set_response_timeout(None);
        self.client.get_multiplexed_async_connection_with_config(&config).await.map_err(|error| fault(&error))
    }

    pub(super) async fn script<T: FromRedisValue>(&self, budget: Duration, call: &ScriptInvocation<'_>) -> Result<T, Fault> {
        let mut connection = self.shared().connection.clone();
        let answer = timeout(budget, call.invoke_async(&mut connection)).await;
        self.judge(budget, answer)
    }

    pub(super) async fn command<T: FromRedisValue>(&self, budget: Duration, command: &Cmd) -> Result<T, Fault> {
        let mut connection = self.shared().connection.clone();
        let answer = timeout(budget, command.query_async(&mut connection)).await;
        self.judge(budget, answer)
    }

    fn judge<T>(&self, budget: Duration, answer: Result<RedisResult<T>, Elapsed>) -> Result<T, Fault> {
        let mut shared = self.shared();
        match answer {
            Ok(answer) => {
                shared.silent = 0;
                answer.map_err(|error| fault(&error))
            }
            Err(_) => {
                shared.silent += 1;
                if shared.silent >= SILENT_CALLS && shared.made.elapsed() >= REPLACE_EVERY {
                    *shared = Shared::new(&self.client).map_err(|error| fault(&error))?;
                }
                Err(Fault::Other(QueueError::Slow(budget)))
            }
        }
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    fn new(client: &Client) -> RedisResult<Self> {
        // No retries inside a call: the caller is told at once, and each call that finds no connection starts a new attempt.
        let config =
            ConnectionManagerConfig::new().set_number_of_retries(0).set_connection_timeout(Some(CONNECT)).set_response_timeout(None);
        let connection = ConnectionManager::new_lazy_with_config(client.clone(), config)?;
        let mut first = connection.clone();
        // A lazy connection only gets on while somebody waits for it, and callers do not wait long.
        tokio::spawn(async move { timeout(CONNECT, redis::cmd("PING").exec_async(&mut first)).await });
        Ok(Self { connection, silent: 0, made: Instant::now() })
    }
}

/// What an error of the server or the connection means for a caller.
pub(super) fn fault(error: &RedisError) -> Fault {
    let text = error.to_string();
    // Inside a script, and before Redis 7, the word is in the text and not in the code.
    if text.contains("NOGROUP") || text.contains("UNBLOCKED") {
        return Fault::NoGroup;
    }
    Fault::Other(match error.kind() {
        ErrorKind::Io | ErrorKind::Parse => QueueError::Unreachable(text),
        ErrorKind::Server(
            ServerErrorKind::BusyLoading
            | ServerErrorKind::TryAgain
            | ServerErrorKind::ClusterDown
            | ServerErrorKind::MasterDown
            | ServerErrorKind::ReadOnly,
        ) => QueueError::Busy(text),
        _ if error.code() == Some("OOM") => QueueError::Busy(text),
        _ => QueueError::Refused(text),
    })
}
