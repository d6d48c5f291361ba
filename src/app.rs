//! The composition root: builds every part by the settings and puts them together. Commands and tests call the same functions.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use secrecy::ExposeSecret;
use thiserror::Error;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::Clock;
use crate::config::{Settings, SettingsError};
use crate::counter::{Counter, CounterError};
use crate::graphql;
use crate::http::{self, Door, State};
use crate::pubsub::{Feed, FeedError, MemoryFeed, RedisFeed};
use crate::queue::{JobKind, MemoryQueue, Queue, QueueError, QueueSettings, RedisQueue, StandIn};
use crate::service::instance::{self, NotOurs};
use crate::service::{ServiceError, Services, merchant};
use crate::store::{Db, StoreError};
use crate::stripe::client::ClientError;
use crate::telemetry::{Metrics, MetricsError, install_metrics};
use crate::worker;

/// How long another process that changes the schema at the same time is waited for.
const OTHER_MIGRATION: Duration = Duration::from_secs(3);
/// How long a stop may take in all; what is not done by then is done again at the next start.
const STOP_WITHIN: Duration = Duration::from_secs(10);
/// How long the jobs in hand have before the server stops all the same. They may use connections to the database that it opened, which end with it.
const JOBS_WITHIN: Duration = Duration::from_secs(5);
/// How long those who came in before the door was shut may take to be asked what they want. It is a hand-over between threads.
const LET_IN: Duration = Duration::from_millis(250);
/// How long the requests of all threads are waited for, before each thread ends as soon as its own are answered.
const ANSWERED_WITHIN: Duration = Duration::from_secs(4);
/// How often the figures are taken in.
const UPKEEP: Duration = Duration::from_secs(5);

/// Why the parts could not be put together.
#[derive(Debug, Error)]
pub enum AppError {
    /// A setting is wrong.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The queue's address cannot be used.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// The feed's address cannot be used.
    #[error(transparent)]
    Feed(#[from] FeedError),
    /// The address of the shared counts cannot be used.
    #[error(transparent)]
    Counter(#[from] CounterError),
    /// The way to Stripe cannot be set up.
    #[error(transparent)]
    Stripe(#[from] ClientError),
    /// The figures cannot be set up.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// A service failed.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {error}")]
    Listen {
        /// Which address.
        address: SocketAddr,
        /// Why not.
        error: std::io::Error,
    },
}

impl From<NotOurs> for AppError {
    fn from(error: NotOurs) -> Self {
        match error {
            NotOurs::Secret(error) => Self::Settings(error),
            NotOurs::Service(error) => Self::Service(error),
        }
    }
}

/// Every part of a process, ready to serve and to work.
#[derive(Clone)]
pub struct App {
    services: Arc<Services>,
    metrics: Metrics,
}

impl App {
    /// Builds the parts: queue and feed on Redis if there is an address of one, in this process otherwise. While Redis is away, a queue of this process
    /// stands in.
    ///
    /// # Errors
    /// [`AppError`] says which part and why.
    pub async fn build(settings: Settings, clock: Clock) -> Result<Self, AppError> {
        let shared = QueueSettings::default();
        let (queue, feed): (Arc<dyn Queue>, Arc<dyn Feed>) = match &settings.redis_url {
            Some(url) => {
                let feed = RedisFeed::open(url.expose_secret(), &shared.prefix).await?;
                let queue = RedisQueue::open(url.expose_secret(), shared.clone()).await?;
                // Messages go out by the feed, which is on the same Redis: they wait for it.
                (Arc::new(StandIn::new(queue, shared, |kind| kind != JobKind::Message)), Arc::new(feed))
            }
            None => (Arc::new(MemoryQueue::new(shared)), Arc::new(MemoryFeed::new())),
        };
        Self::assemble(settings, clock, queue, feed).await
    }

    /// Builds the rest around a queue and a feed.
    ///
    /// # Errors
    /// [`AppError`] says which part and why.
    pub async fn assemble(settings: Settings, clock: Clock, queue: Arc<dyn Queue>, feed: Arc<dyn Feed>) -> Result<Self, AppError> {
        let secret = settings.instance_secret()?;
        let limit = Duration::from_secs(settings.db_statement_seconds);
        let db = Db::within(settings.database_url().expose_secret(), settings.db_connections, limit).await?;
        if settings.migrate {
            migrate(&db).await?;
        }
        db.optimise().await?;
        let mut services = Services::new(Arc::new(settings), &secret, db, clock, queue, feed)?;
        if let Some(url) = &services.settings.redis_url {
            let counter = Counter::open(url.expose_secret(), &QueueSettings::default().prefix).await?;
            services.attempts = services.attempts.clone().together(counter);
        }
        instance::check(&services).await?;
        instance::follow_time(&services).await;
        Ok(Self { services: Arc::new(services), metrics: install_metrics()? })
    }

    /// What services work with.
    #[must_use]
    pub const fn services(&self) -> &Arc<Services> {
        &self.services
    }

    /// Serves on the address of the settings; port 0 takes any free one.
    ///
    /// # Errors
    /// [`AppError::Listen`], [`AppError::Settings`].
    pub fn listen(&self) -> Result<Listening, AppError> {
        self.open(self.services.settings.listen, http::serve)
    }

    /// Tells health and figures on the address of the settings for workers, if there is one.
    ///
    /// # Errors
    /// [`AppError::Listen`], [`AppError::Settings`].
    pub fn listen_for_figures(&self) -> Result<Option<Listening>, AppError> {
        self.services.settings.worker_listen.map(|address| self.open(address, http::serve_figures)).transpose()
    }

    fn open(&self, wanted: SocketAddr, serve: impl Fn(State, TcpListener) -> std::io::Result<Server>) -> Result<Listening, AppError> {
        let failed = |error| AppError::Listen { address: wanted, error };
        let listener = TcpListener::bind(wanted).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let schema = graphql::schema(Services::clone(&self.services));
        let state = State::new(Arc::clone(&self.services), schema, self.metrics.clone())?;
        let (stopping, answering) = (state.stopping.clone(), state.answering.clone());
        tokio::spawn(upkeep(state.clone()));
        let door = Door::of(&listener).map_err(failed)?;
        let server = serve(state, listener).map_err(failed)?;
        let handle = server.handle();
        Ok(Listening { address, handle, door, stopping, answering, server: tokio::spawn(server) })
    }

    /// Works through the queue until `stop` is cancelled.
    #[must_use]
    pub fn work(&self, stop: CancellationToken) -> JoinHandle<()> {
        tokio::spawn(worker::run(Arc::clone(&self.services), stop))
    }

    /// The set-up token to show, while the instance has no user.
    ///
    /// # Errors
    /// [`AppError::Service`].
    pub async fn setup_token(&self) -> Result<Option<String>, AppError> {
        Ok(merchant::ensure_setup_token(&self.services.db, &self.services.clock).await?)
    }
}

/// A server that listens.
pub struct Listening {
    /// The address, with the port it really has.
    pub address: SocketAddr,
    handle: ServerHandle,
    door: Door,
    stopping: CancellationToken,
    answering: TaskTracker,
    server: JoinHandle<std::io::Result<()>>,
}

impl Listening {
    /// Tells that it will stop: health says so, sockets and streams end, and each answer is the last one on its connection.
    pub fn announce_stop(&self) {
        self.stopping.cancel();
    }

    /// Stops: nobody new is let in, and who was let in is answered.
    pub async fn stop(self) {
        self.announce_stop();
        if let Err(error) = self.door.shut() {
            tracing::debug!(%error, "the door cannot be shut; who comes in the last moment may find the connection broken");
        }
        tokio::time::sleep(LET_IN).await;
        self.answering.close();
        // A thread of the server takes the connections to the database with it that it opened, and others may be using them.
        if tokio::time::timeout(ANSWERED_WITHIN, self.answering.wait()).await.is_err() {
            tracing::warn!("some requests take long; they have until the server ends");
        }
        drop(self.door);
        self.handle.stop(true).await;
        match self.server.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "the server failed"),
            Err(error) => tracing::error!(%error, "the server panicked"),
        }
    }
}

/// Serves and works until the process is told to stop, by SIGTERM or ctrl-c, and then finishes what was begun.
///
/// # Errors
/// [`AppError::Listen`], also when the signals of the process cannot be listened to.
pub async fn run(app: &App, server: Option<Listening>, works: bool) -> Result<(), AppError> {
    let stop = CancellationToken::new();
    let mut working = works.then(|| app.work(stop.clone()));
    told_to_stop().await.map_err(|error| AppError::Listen { address: app.services.settings.listen, error })?;
    tracing::info!("stopping");
    stop.cancel();
    let finish = async {
        server.iter().for_each(Listening::announce_stop);
        let in_time = match &mut working {
            Some(working) => tokio::time::timeout(JOBS_WITHIN, working).await,
            None => Ok(Ok(())),
        };
        if let Some(server) = server {
            server.stop().await;
        }
        let worked = match (in_time, working) {
            (Err(_), Some(working)) => working.await,
            (worked, _) => worked.unwrap_or(Ok(())),
        };
        if let Err(error) = worked {
            tracing::error!(%error, "the worker panicked");
        }
    };
    if tokio::time::timeout(STOP_WITHIN, finish).await.is_err() {
        tracing::warn!("stopped with work unfinished; it is done at the next start");
    }
    Ok(())
}

/// Two processes that start together may both change the schema; the one that loses finds it changed.
async fn migrate(db: &Db) -> Result<(), StoreError> {
    let Err(error) = db.migrate().await else { return Ok(()) };
    tokio::time::sleep(OTHER_MIGRATION).await;
    if db.pending_migrations().await? == 0 { Ok(()) } else { Err(error) }
}

async fn upkeep(state: State) {
    let mut tick = tokio::time::interval(UPKEEP);
    loop {
        tokio::select! {
            () = state.stopping.cancelled() => return,
            _ = tick.tick() => {
                state.upkeep();
                instance::follow_time(&state.services).await;
            }
        }
    }
}

#[cfg(unix)]
async fn told_to_stop() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminated.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn told_to_stop() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}
