//! The whole application, as it is served: real HTTP on a free port, a database of its own, and a clock that stands still.

use std::net::SocketAddr;
use std::sync::{Arc, Once};

use chrono::{DateTime, TimeZone, Utc};
use tributary::app::{App, Listening};
use tributary::clock::Clock;
use tributary::config::Settings;
use tributary::pubsub::{MemoryFeed, RedisFeed};
use tributary::queue::{MemoryQueue, QueueSettings, RedisQueue};
use tributary::service::Services;
use tributary::worker;

use super::graphql::Operation;
use super::postgres::OwnDatabase;
use crate::contract::redis_server::{self, Corner};

/// Where browsers reach the instance, as far as links and tokens say.
pub const PUBLIC_URL: &str = "https://tributary.example";
/// When tests begin.
pub fn start_of_time() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 1, 1, 12, 0, 0).unwrap()
}

/// Which database and queue a test runs on. By default SQLite and in memory, or what `TRIBUTARY_TEST_ON` says: `postgres` runs the
/// same tests on PostgreSQL and Redis.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    postgres: bool,
    redis: bool,
    flags: Vec<String>,
}

impl Setup {
    pub fn postgres(mut self) -> Self {
        self.postgres = true;
        self
    }

    pub fn redis(mut self) -> Self {
        self.redis = true;
        self
    }

    /// A setting, as on the command line.
    pub fn flag(mut self, flag: &str) -> Self {
        self.flags.push(flag.to_owned());
        self
    }

    pub async fn start(self) -> TestApp {
        TestApp::with(self).await
    }
}

pub struct TestApp {
    pub app: App,
    pub clock: Clock,
    pub address: SocketAddr,
    pub client: reqwest::Client,
    server: Option<Listening>,
    // Dropped last, in this order: what stands on them is gone by then.
    _corner: Option<Corner>,
    _database: Option<OwnDatabase>,
    _folder: tempfile::TempDir,
}

impl TestApp {
    /// The usual one.
    pub async fn start() -> Self {
        Self::setup().start().await
    }

    pub fn setup() -> Setup {
        let everywhere = std::env::var("TRIBUTARY_TEST_ON").is_ok_and(|on| on == "postgres");
        Setup { postgres: everywhere, redis: everywhere, ..Setup::default() }
    }

    async fn with(setup: Setup) -> Self {
        install_tls();
        let folder = tempfile::tempdir().unwrap();
        let database = if setup.postgres { Some(OwnDatabase::new().await) } else { None };
        let corner = setup.redis.then(Corner::new);
        let mut flags = vec![
            format!("--data-dir={}", folder.path().display()),
            "--listen=127.0.0.1:0".to_owned(),
            format!("--public-url={PUBLIC_URL}"),
            "--secret=the secret of an instance for tests".to_owned(),
            "--db-connections=8".to_owned(),
            "--rate-public=100000".to_owned(),
            // Nobody listens there: no test asks the real one.
            "--stripe-api=http://127.0.0.1:9".to_owned(),
            // Stories that sync say so.
            "--sync=manual".to_owned(),
            "--sync-rate=1000".to_owned(),
        ];
        flags.extend(database.iter().map(|database| format!("--database-url={}", database.url)));
        flags.retain(|flag| !setup.flags.iter().any(|own| own.split('=').next() == flag.split('=').next()));
        flags.extend(setup.flags);
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        let settings = Settings::from_args(&flags).unwrap();
        let clock = Clock::frozen(start_of_time());
        let app = match &corner {
            Some(corner) => {
                let queue = QueueSettings { prefix: corner.prefix.clone(), ..QueueSettings::default() };
                let queue = RedisQueue::open(&redis_server::url(), queue).await.unwrap();
                let feed = RedisFeed::open(&redis_server::url(), &corner.prefix).await.unwrap();
                App::assemble(settings, clock.clone(), Arc::new(queue), Arc::new(feed)).await
            }
            None => {
                let queue = Arc::new(MemoryQueue::new(QueueSettings::default()));
                App::assemble(settings, clock.clone(), queue, Arc::new(MemoryFeed::new())).await
            }
        };
        let app = app.unwrap();
        let server = app.listen().unwrap();
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { address: server.address, server: Some(server), app, clock, client, _corner: corner, _database: database, _folder: folder }
    }

    pub fn services(&self) -> &Services {
        self.app.services()
    }

    /// The address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn get(&self, path: &str) -> reqwest::RequestBuilder {
        self.client.get(self.url(path))
    }

    pub fn post(&self, path: &str) -> reqwest::RequestBuilder {
        self.client.post(self.url(path))
    }

    /// A GraphQL operation, to be sent over HTTP.
    pub fn graphql(&self, document: &str) -> Operation<'_> {
        Operation::new(self, document)
    }

    /// Does everything that is there to do by now. Gives how many jobs that were.
    pub async fn drain(&self) -> usize {
        worker::drain(self.services()).await.unwrap()
    }

    /// Stops the server as SIGTERM does.
    pub async fn stop(&mut self) {
        if let Some(server) = self.server.take() {
            server.stop().await;
        }
    }
}

/// Exactly one TLS provider in the process.
pub fn install_tls() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
}
