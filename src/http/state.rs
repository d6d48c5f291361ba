//! What every handler works with.

use std::net::IpAddr;
use std::sync::Arc;

use actix_web::HttpRequest;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::address;
use super::graphql::Trusted;
use super::health::Said;
use super::rate::Limits;
use super::strangers::Strangers;
use super::viewer::Viewers;
use crate::config::SettingsError;
use crate::graphql::Schema;
use crate::service::Services;
use crate::telemetry::Metrics;

/// What every handler works with. Clones share it.
#[derive(Clone)]
pub struct State {
    /// The services.
    pub services: Arc<Services>,
    /// The GraphQL schema.
    pub schema: Schema,
    /// The documents that the portal may ask.
    pub trusted: Trusted,
    /// The figures of this process.
    pub metrics: Metrics,
    /// The rate limits of this process.
    pub limits: Arc<Limits>,
    /// Who guesses at keys and codes.
    pub strangers: Arc<Strangers>,
    /// Who is who.
    pub viewers: Viewers,
    /// A place for each socket and event stream that may be open.
    pub streams: Arc<Semaphore>,
    /// Ends when the server stops: what lasts, such as a socket, says good-bye then.
    pub stopping: CancellationToken,
    /// What the parts of the process said of themselves last.
    pub said: Said,
    /// Counts the requests that are being answered.
    pub answering: TaskTracker,
}

impl State {
    /// The state of a server.
    ///
    /// # Errors
    /// When a file of the settings cannot be used.
    pub fn new(services: Arc<Services>, schema: Schema, metrics: Metrics) -> Result<Self, SettingsError> {
        let strangers = Arc::new(Strangers::new(services.settings.rate_public));
        Ok(Self {
            trusted: Trusted::load(services.settings.trusted_documents.as_deref())?,
            limits: Arc::new(Limits::new(&services.settings)),
            viewers: Viewers::new(Arc::clone(&services), Arc::clone(&strangers)),
            streams: Arc::new(Semaphore::new(services.settings.streams)),
            strangers,
            stopping: CancellationToken::new(),
            said: Said::default(),
            answering: TaskTracker::new(),
            services,
            schema,
            metrics,
        })
    }

    /// Takes in figures and forgets callers that have been quiet. Call it every few seconds.
    pub fn upkeep(&self) {
        self.metrics.upkeep();
        self.limits.upkeep();
        self.strangers.upkeep();
    }

    /// The address of the caller, past trusted proxies.
    #[must_use]
    pub fn address(&self, request: &HttpRequest) -> Option<IpAddr> {
        let peer = request.peer_addr().map(|peer| peer.ip());
        address::of_caller(peer, request.headers(), &self.services.settings.trusted_proxies)
    }

    /// Whether an origin is this instance itself or a portal of it.
    #[must_use]
    pub fn is_own_origin(&self, request: &HttpRequest, origin: &str) -> bool {
        let settings = &self.services.settings;
        let host = request.headers().get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
        let same_host = origin.split_once("://").is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host));
        same_host || origin == settings.public_url() || settings.portal_origins.iter().any(|portal| portal == origin)
    }
}

/// The text of a header, if it has one.
#[must_use]
pub fn header<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    request.headers().get(name).and_then(|value| value.to_str().ok())
}
