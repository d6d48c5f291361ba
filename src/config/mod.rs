//! Settings: one place, each with a flag, an environment variable, a default and a line of documentation, which `--help` prints.
//!
//! A wrong value stops the start with one sentence that names the setting, the problem and what is allowed. A setting left
//! empty counts as not set where it is optional. Secrets are never echoed, neither in errors nor in `--help`.

mod parse;
mod secret;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, FromArgMatches};
use entity::value::SyncMode;
use ipnet::IpNet;
use secrecy::SecretString;
use thiserror::Error;
use url::Url;

pub use secret::InstanceSecret;

/// A setting that may be absent. Not spelled `Option`, so that clap lets the parser treat an empty text as absent.
pub type Maybe<T> = Option<T>;
/// A setting with values between commas. Not spelled `Vec`, so that clap hands the parser the whole text.
pub type List<T> = Vec<T>;

/// Where an instance runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    /// GraphiQL and introspection are on.
    Development,
    /// GraphiQL and introspection are off.
    Production,
}

/// The form of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

/// A setting that stops the start: which, and what is wrong with it and allowed for it, as one sentence.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{setting} {problem}")]
pub struct SettingsError {
    /// The environment variable and the flag.
    pub setting: String,
    /// The rest of the sentence.
    pub problem: String,
}

/// Every setting.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Settings")]
pub struct Settings {
    /// The database: `sqlite://` for a file or `postgres://`. Default: tributary.sqlite3 in the data directory
    #[arg(long, env = "DATABASE_URL", default_value = "", value_parser = parse::database_url, hide_default_value = true, hide_env_values = true)]
    pub database_url: Maybe<SecretString>,

    /// Redis for the queue and the live feed of several processes: `redis://` or `rediss://`. Default: none, all in process
    #[arg(long, env = "REDIS_URL", default_value = "", value_parser = parse::redis_url, hide_default_value = true, hide_env_values = true)]
    pub redis_url: Maybe<SecretString>,

    /// The address and port to listen on
    #[arg(long, env = "TRIBUTARY_LISTEN", default_value = "127.0.0.1:8080", value_parser = parse::listen)]
    pub listen: SocketAddr,

    /// The address and port on which `worker` tells its health and figures. Default: none, it listens on no port
    #[arg(long, env = "TRIBUTARY_WORKER_LISTEN", default_value = "", value_parser = parse::worker_listen, hide_default_value = true)]
    pub worker_listen: Maybe<SocketAddr>,

    /// The address under which browsers and Stripe reach this instance. Default: `http://` and the listening address
    #[arg(long, env = "TRIBUTARY_PUBLIC_URL", default_value = "", value_parser = parse::public_url, hide_default_value = true)]
    pub public_url: Maybe<String>,

    /// The directory for the SQLite file and the instance secret; made if missing
    #[arg(long, env = "TRIBUTARY_DATA_DIR", default_value = "./data", value_parser = parse::directory)]
    pub data_dir: PathBuf,

    /// The instance secret, 32 characters or more, from which every key is derived. All processes of an instance need the same
    #[arg(long, env = "TRIBUTARY_SECRET", default_value = "", value_parser = parse::instance_secret, hide_default_value = true, hide_env_values = true)]
    pub secret: Maybe<SecretString>,

    /// A file with the instance secret, not readable by others. Default: instance-secret in the data directory, made on first start
    #[arg(long, env = "TRIBUTARY_SECRET_FILE", default_value = "", value_parser = parse::file, hide_default_value = true)]
    pub secret_file: Maybe<PathBuf>,

    /// Instance secrets that the current one replaced, between commas: what they sealed or signed stays valid
    #[arg(long, env = "TRIBUTARY_SECRET_PREVIOUS", default_value = "", value_parser = parse::instance_secrets, hide_default_value = true, hide_env_values = true)]
    pub secret_previous: List<SecretString>,

    /// `development` (`GraphiQL` and introspection on) or `production` (both off)
    #[arg(long, env = "TRIBUTARY_ENV", default_value = "development", value_parser = parse::environment)]
    pub env: Environment,

    /// What to log, as `level` or `target=level` between commas
    #[arg(long, env = "TRIBUTARY_LOG", default_value = "info", value_parser = parse::log_filter)]
    pub log: String,

    /// The form of log lines: `pretty` or `json`
    #[arg(long, env = "TRIBUTARY_LOG_FORMAT", default_value = "pretty", value_parser = parse::log_format)]
    pub log_format: LogFormat,

    /// How many purchases one process settles at the same time, 1 to 64
    #[arg(long, env = "TRIBUTARY_WORKERS", default_value = "4", value_parser = parse::workers)]
    pub workers: usize,

    /// The most database connections of one process, 2 to 500
    #[arg(long, env = "TRIBUTARY_DB_CONNECTIONS", default_value = "10", value_parser = parse::db_connections)]
    pub db_connections: u32,

    /// Whether `serve` and `worker` bring the database to the newest schema when they start: `true` or `false`
    #[arg(long, env = "TRIBUTARY_MIGRATE", default_value = "true", value_parser = parse::switch, action = clap::ArgAction::Set)]
    pub migrate: bool,

    /// Networks of proxies whose `X-Forwarded-For` is believed, such as `10.0.0.0/8`, between commas. Default: none
    #[arg(long, env = "TRIBUTARY_TRUSTED_PROXIES", default_value = "", value_parser = parse::networks, hide_default_value = true)]
    pub trusted_proxies: List<IpNet>,

    /// Origins of partner portals that browsers may call the API from, such as `https://partners.example`, between commas. Default: none
    #[arg(long, env = "TRIBUTARY_PORTAL_ORIGINS", default_value = "", value_parser = parse::origins, hide_default_value = true)]
    pub portal_origins: List<String>,

    /// Where Stripe's API is; another host only for tests
    #[arg(long, env = "TRIBUTARY_STRIPE_API", default_value = "https://api.stripe.com/", value_parser = parse::stripe_api)]
    pub stripe_api: Url,

    /// Where the pages of Connect are; another host only for tests
    #[arg(long, env = "TRIBUTARY_STRIPE_CONNECT", default_value = "https://connect.stripe.com/", value_parser = parse::stripe_api)]
    pub stripe_connect: Url,

    /// The client id (`ca_`) of the Connect platform for live data, where there is one. Default: none
    #[arg(long, env = "TRIBUTARY_STRIPE_CLIENT_ID_LIVE", default_value = "", value_parser = parse::client_id, hide_default_value = true)]
    pub stripe_client_id_live: Maybe<String>,

    /// The client id (`ca_`) of the Connect platform for test data. Default: none
    #[arg(long, env = "TRIBUTARY_STRIPE_CLIENT_ID_TEST", default_value = "", value_parser = parse::client_id, hide_default_value = true)]
    pub stripe_client_id_test: Maybe<String>,

    /// The platform's secret key for live data. Default: none
    #[arg(long, env = "TRIBUTARY_STRIPE_PLATFORM_KEY_LIVE", default_value = "", value_parser = parse::live_key, hide_default_value = true, hide_env_values = true)]
    pub stripe_platform_key_live: Maybe<SecretString>,

    /// The platform's secret key for test data. Default: none
    #[arg(long, env = "TRIBUTARY_STRIPE_PLATFORM_KEY_TEST", default_value = "", value_parser = parse::test_key, hide_default_value = true, hide_env_values = true)]
    pub stripe_platform_key_test: Maybe<SecretString>,

    /// What Connect asks merchants for: `read_only` or `read_write`. Stripe gives `read_only` to older extensions alone
    #[arg(long, env = "TRIBUTARY_STRIPE_OAUTH_SCOPE", default_value = "read_only", value_parser = parse::oauth_scope)]
    pub stripe_oauth_scope: String,

    /// Pages of your own to which Stripe may send browsers back, as registered at Stripe, between commas. Default: none, this instance's own
    #[arg(long, env = "TRIBUTARY_STRIPE_REDIRECT_URIS", default_value = "", value_parser = parse::redirect_uris, hide_default_value = true)]
    pub stripe_redirect_uris: List<String>,

    /// The install link of the Stripe App for live data, where there is one. Default: none
    #[arg(long, env = "TRIBUTARY_STRIPE_APP_INSTALL_URL_LIVE", default_value = "", value_parser = parse::install_url, hide_default_value = true)]
    pub stripe_app_install_url_live: Maybe<Url>,

    /// The install link of the Stripe App for test data. Default: none
    #[arg(long, env = "TRIBUTARY_STRIPE_APP_INSTALL_URL_TEST", default_value = "", value_parser = parse::install_url, hide_default_value = true)]
    pub stripe_app_install_url_test: Maybe<Url>,

    /// The secret key for live data of the account that the app belongs to. Default: none
    #[arg(long, env = "TRIBUTARY_STRIPE_APP_KEY_LIVE", default_value = "", value_parser = parse::live_key, hide_default_value = true, hide_env_values = true)]
    pub stripe_app_key_live: Maybe<SecretString>,

    /// The secret key for test data of the account that the app belongs to. Default: none
    #[arg(long, env = "TRIBUTARY_STRIPE_APP_KEY_TEST", default_value = "", value_parser = parse::test_key, hide_default_value = true, hide_env_values = true)]
    pub stripe_app_key_test: Maybe<SecretString>,
    /// How new Stripe connections are kept up to date: `continuous`, `one-off` or `manual`
    #[arg(long, env = "TRIBUTARY_SYNC", default_value = "continuous", value_parser = parse::sync)]
    pub sync: SyncMode,

    /// How many requests a second a sync makes to one Stripe account; Stripe allows 25 in test mode and 100 in live
    #[arg(long, env = "TRIBUTARY_SYNC_RATE", default_value = "15", value_parser = parse::sync_rate)]
    pub sync_rate: u32,

    /// Signing secrets of the platform's live webhook endpoint, between commas while one is rolled. Default: none
    #[arg(long, env = "TRIBUTARY_STRIPE_PLATFORM_WEBHOOK_SECRETS_LIVE", default_value = "", value_parser = parse::webhook_secrets, hide_default_value = true, hide_env_values = true)]
    pub stripe_platform_webhook_secrets_live: List<SecretString>,

    /// Signing secrets of the platform's test webhook endpoint, between commas while one is rolled. Default: none
    #[arg(long, env = "TRIBUTARY_STRIPE_PLATFORM_WEBHOOK_SECRETS_TEST", default_value = "", value_parser = parse::webhook_secrets, hide_default_value = true, hide_env_values = true)]
    pub stripe_platform_webhook_secrets_test: List<SecretString>,

    /// The bearer token that `/metrics` asks for, 16 characters or more. Default: none asked for
    #[arg(long, env = "TRIBUTARY_METRICS_TOKEN", default_value = "", value_parser = parse::metrics_token, hide_default_value = true, hide_env_values = true)]
    pub metrics_token: Maybe<SecretString>,

    /// Attempts to log in, per account and per address, a minute
    #[arg(long, env = "TRIBUTARY_RATE_LOGIN", default_value = "10", value_parser = parse::rate)]
    pub rate_login: u32,

    /// GraphQL requests per user or API key, a minute
    #[arg(long, env = "TRIBUTARY_RATE_API", default_value = "1200", value_parser = parse::rate)]
    pub rate_api: u32,

    /// Clicks, sign-ups and other calls of the snippet per address, a minute
    #[arg(long, env = "TRIBUTARY_RATE_PUBLIC", default_value = "300", value_parser = parse::rate)]
    pub rate_public: u32,
}

impl Settings {
    /// Settings from flags alone, without the environment and without a program name: for tests and the demo.
    ///
    /// # Errors
    /// As at the start: the setting that is wrong, or the flag that does not exist.
    pub fn from_args(flags: &[&str]) -> Result<Self, SettingsError> {
        let command = Self::augment_args(clap::Command::new("tributary").no_binary_name(true));
        let matches = command.clone().mut_args(|arg| arg.env(None::<&str>)).try_get_matches_from(flags);
        matches.and_then(|matches| Self::from_arg_matches(&matches)).map_err(|error| {
            explain(command, &error)
                .unwrap_or_else(|| SettingsError { setting: "the command line".to_owned(), problem: format!("is wrong: {}", error.kind()) })
        })
    }

    /// The database to open: the one set, or the SQLite file in the data directory.
    #[must_use]
    pub fn database_url(&self) -> SecretString {
        let default = || format!("sqlite://{}?mode=rwc", self.data_dir.join("tributary.sqlite3").display()).into();
        self.database_url.clone().unwrap_or_else(default)
    }

    /// The address for links and redirects, without a slash at its end: the one set, or [`Settings::local_url`].
    #[must_use]
    pub fn public_url(&self) -> String {
        self.public_url.clone().unwrap_or_else(|| self.local_url())
    }

    /// Where this machine reaches the listening address: an unspecified one (`0.0.0.0`) becomes the loopback.
    #[must_use]
    pub fn local_url(&self) -> String {
        let ip = match self.listen.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
            ip => ip,
        };
        format!("http://{}", SocketAddr::new(ip, self.listen.port()))
    }

    /// The instance secret and those it replaced: as set, or from the file, which is made on first start unless it was named.
    ///
    /// # Errors
    /// When the file cannot be read or made, is readable by others, or holds too little.
    pub fn instance_secret(&self) -> Result<InstanceSecret, SettingsError> {
        secret::load(self)
    }

    /// Whether GraphiQL and introspection are off.
    #[must_use]
    pub fn is_production(&self) -> bool {
        self.env == Environment::Production
    }
}

/// The sentence for a value that a parser refused; `None` for other errors, which clap words well itself.
pub(crate) fn explain(mut command: clap::Command, error: &clap::Error) -> Option<SettingsError> {
    if error.kind() != ErrorKind::ValueValidation {
        return None;
    }
    let Some(ContextValue::String(shown)) = error.get(ContextKind::InvalidArg) else {
        return None;
    };
    let problem = std::error::Error::source(error)?.to_string();
    // Only a built command can print its arguments, by which the one in question is found.
    command.build();
    let argument = command.get_arguments().find(|argument| argument.to_string() == *shown);
    let names = argument.and_then(|argument| Some((argument.get_env()?.to_string_lossy(), argument.get_long()?)));
    Some(SettingsError { setting: names.map_or_else(|| format!("{shown}:"), |(variable, flag)| format!("{variable} (--{flag})")), problem })
}

#[cfg(test)]
mod tests;
