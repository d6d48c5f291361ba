//! The server of the demo: the real one, on a fresh database of its own, whose clock the demo moves.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::time::Duration as Real;

use anyhow::{Context, Result, bail};
use rand::distr::{Alphanumeric, SampleString};
use secrecy::SecretString;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::app::{self, App, Listening};
use crate::clock::Clock;
use crate::config::{Environment, Settings};

/// How often the demo's clock follows the machine's once the play is over.
const FOLLOW: Real = Real::from_millis(250);
/// Requests a minute that the demo needs for itself: it looks often whether the server has finished.
const REQUESTS: u32 = 100_000;

/// The server while it runs.
pub struct Server {
    app: App,
    listening: Option<Listening>,
    worker: Option<JoinHandle<()>>,
    stop: CancellationToken,
    clock: Clock,
    address: SocketAddr,
    database: Database,
}

/// The file of the database with its companions, removed at the end when nobody will look at it again.
struct Database {
    path: PathBuf,
    kept: bool,
}

impl Database {
    fn remove(&self) {
        for companion in ["", "-wal", "-shm"] {
            let mut name = self.path.clone().into_os_string();
            name.push(companion);
            let removed = std::fs::remove_file(&name);
            if let Err(error) = removed.or_else(|error| if error.kind() == ErrorKind::NotFound { Ok(()) } else { Err(error) }) {
                tracing::warn!(%error, "a file of an earlier demo could not be removed");
            }
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if !self.kept {
            self.remove();
        }
    }
}

impl Server {
    /// Starts the server and its worker on a fresh SQLite file, with `clock` as its time and `stripe` as Stripe's API. When it is to end
    /// after the play, the file is a temporary one and any free port will do.
    ///
    /// # Errors
    /// When the address is taken, or a part cannot be set up.
    pub async fn start(mut settings: Settings, clock: Clock, stripe: &str, ends: bool) -> Result<Self> {
        settings.listen = free(settings.listen, ends)?;
        let path = if ends {
            std::env::temp_dir().join(format!("tributary-demo-{}.sqlite3", std::process::id()))
        } else {
            std::fs::create_dir_all(&settings.data_dir).with_context(|| format!("cannot make {}", settings.data_dir.display()))?;
            settings.data_dir.join("demo.sqlite3")
        };
        let database = Database { path, kept: !ends };
        database.remove();
        settings.database_url = Some(format!("sqlite://{}?mode=rwc", database.path.display()).into());
        settings.redis_url = None;
        settings.secret = Some(random(40).into());
        settings.stripe_api = Url::parse(stripe)?;
        settings.env = Environment::Development;
        // The demo's Stripe tells of everything by deliveries.
        settings.sync = entity::value::SyncMode::Manual;
        settings.migrate = true;
        settings.rate_api = settings.rate_api.max(REQUESTS);
        let app = App::build(settings, clock.clone()).await?;
        let listening = app.listen()?;
        let stop = CancellationToken::new();
        let worker = app.work(stop.clone());
        let address = listening.address;
        Ok(Self { app, listening: Some(listening), worker: Some(worker), stop, clock, address, database })
    }

    /// Where it can be reached on this machine.
    pub fn url(&self) -> String {
        let mut settings = Settings::clone(&self.app.services().settings);
        settings.listen = self.address;
        settings.local_url()
    }

    /// The file of the database.
    pub fn database(&self) -> String {
        self.database.path.display().to_string()
    }

    /// The token by which the first user is made.
    ///
    /// # Errors
    /// When the database fails, or has a user already.
    pub async fn setup_token(&self) -> Result<String> {
        self.app.setup_token().await?.context("a fresh database has a user already")
    }

    /// Serves on by the machine's own time until the process is told to stop.
    ///
    /// # Errors
    /// When the signals of the process cannot be listened to.
    pub async fn serve_on(mut self) -> Result<()> {
        let clock = self.clock.clone();
        let following = tokio::spawn(async move {
            let mut tick = tokio::time::interval(FOLLOW);
            loop {
                tick.tick().await;
                clock.set(Clock::system().now());
            }
        });
        app::run(&self.app, self.listening.take(), false).await?;
        following.abort();
        self.stop().await
    }

    /// Stops the server and its worker.
    ///
    /// # Errors
    /// When the worker panicked.
    pub async fn stop(mut self) -> Result<()> {
        self.stop.cancel();
        if let Some(listening) = self.listening.take() {
            listening.stop().await;
        }
        if let Some(worker) = self.worker.take() {
            worker.await.context("the worker panicked")?;
        }
        Ok(())
    }
}

/// The address to listen on: the one that is set, if nobody listens there already.
fn free(wanted: SocketAddr, any: bool) -> Result<SocketAddr> {
    match TcpListener::bind(wanted) {
        Ok(_) => Ok(wanted),
        Err(error) if error.kind() == ErrorKind::AddrInUse && any => Ok(SocketAddr::new(wanted.ip(), 0)),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            bail!("{wanted} is in use by another process; stop it, or choose another address, as in: demo --listen 127.0.0.1:8081")
        }
        Err(error) => Err(error).with_context(|| format!("cannot listen on {wanted}")),
    }
}

/// A text that nobody guesses.
pub fn random(length: usize) -> SecretText {
    SecretText(Alphanumeric.sample_string(&mut rand::rng(), length))
}

/// A random text on its way to becoming a secret.
pub struct SecretText(String);

impl SecretText {
    /// The same with a word before it.
    pub fn after(self, prefix: &str) -> SecretString {
        format!("{prefix}{}", self.0).into()
    }
}

impl From<SecretText> for SecretString {
    fn from(text: SecretText) -> Self {
        text.0.into()
    }
}
