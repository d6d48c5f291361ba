//! Reads the text of each setting. An error is the rest of the sentence that begins with the setting's name: what the value
//! is, why that is wrong, and what is allowed. The value of a secret is never part of it.

use std::fmt::Display;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;

use entity::value::SyncMode;
use ipnet::IpNet;
use secrecy::SecretString;
use tracing_subscriber::EnvFilter;
use url::{Host, Url};

use super::secret::MIN_LENGTH;
use super::{Environment, List, LogFormat, Maybe};

/// The fewest characters of the token for metrics.
const MIN_METRICS_TOKEN: usize = 16;
/// What every signing secret of a webhook endpoint begins with.
const WEBHOOK_SECRET: &str = "whsec_";

type Parsed<T> = Result<T, String>;

pub fn database_url(text: &str) -> Parsed<Maybe<SecretString>> {
    secret_with_scheme(text, &["sqlite:", "postgres://", "postgresql://"], "sqlite:// or postgres://")
}

pub fn redis_url(text: &str) -> Parsed<Maybe<SecretString>> {
    secret_with_scheme(text, &["redis://", "rediss://"], "redis:// or rediss://")
}

/// Addresses of stores may hold a password, so the value is not shown.
fn secret_with_scheme(text: &str, schemes: &[&str], allowed: &str) -> Parsed<Maybe<SecretString>> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    if !schemes.iter().any(|scheme| text.starts_with(scheme)) {
        return Err(format!("begins with an unknown scheme; it must begin with {allowed}"));
    }
    // The library that connects would repeat an address that it cannot read, password and all.
    if !text.starts_with("sqlite:") && Url::parse(text).is_err() {
        return Err("is no address; write / ? # @ and : of a user name or password as %2F %3F %23 %40 and %3A".to_owned());
    }
    Ok(Some(text.into()))
}

pub fn listen(text: &str) -> Parsed<SocketAddr> {
    text.trim().parse().map_err(|_| format!("is {text:?}, which is not an IP address with a port; write for example 127.0.0.1:8080"))
}

pub fn worker_listen(text: &str) -> Parsed<Maybe<SocketAddr>> {
    if text.trim().is_empty() { Ok(None) } else { listen(text).map(Some) }
}

pub fn public_url(text: &str) -> Parsed<Maybe<String>> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = || format!("is {text:?}, which is not the address of a site; write for example https://tributary.example");
    let url = Url::parse(text).map_err(|_| wrong())?;
    let bare = url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
    if !matches!(url.scheme(), "http" | "https") || !bare {
        return Err(wrong());
    }
    Ok(Some(url.as_str().trim_end_matches('/').to_owned()))
}

pub fn stripe_api(text: &str) -> Parsed<Url> {
    let wrong = || format!("is {text:?}; it must be an https:// address, or http:// on this machine, as the API keys travel there");
    let url = Url::parse(text.trim()).map_err(|_| wrong())?;
    let on_this_machine = match url.host() {
        Some(Host::Domain(domain)) => domain == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    if url.scheme() == "https" || (url.scheme() == "http" && on_this_machine) { Ok(url) } else { Err(wrong()) }
}

pub fn install_url(text: &str) -> Parsed<Maybe<Url>> {
    if text.trim().is_empty() { Ok(None) } else { stripe_api(text).map(Some) }
}

pub fn client_id(text: &str) -> Parsed<Maybe<String>> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let body =
        text.strip_prefix("ca_").filter(|body| !body.is_empty() && body.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'));
    body.map(|_| Some(text.to_owned())).ok_or_else(|| format!("is {text:?}, which is not a client id of Stripe's; they begin with ca_"))
}

pub fn live_key(text: &str) -> Parsed<Maybe<SecretString>> {
    key_of(text, "live")
}

pub fn test_key(text: &str) -> Parsed<Maybe<SecretString>> {
    key_of(text, "test")
}

/// A key of the other mode would connect accounts in that mode, so it stops the start.
fn key_of(text: &str, mode: &str) -> Parsed<Maybe<SecretString>> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let fits = ["sk", "rk"].iter().any(|kind| text.starts_with(&format!("{kind}_{mode}_")));
    let sane = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if fits && sane { Ok(Some(text.into())) } else { Err(format!("is not a secret key for {mode} data; those begin with sk_{mode}_")) }
}

pub fn oauth_scope(text: &str) -> Parsed<String> {
    match text.trim() {
        scope @ ("read_only" | "read_write") => Ok(scope.to_owned()),
        _ => Err(format!("is {text:?}; it must be read_only or read_write")),
    }
}

/// Compared with what is registered at Stripe letter by letter, so they stay as they are written.
pub fn redirect_uris(text: &str) -> Parsed<List<String>> {
    list(text, |page| {
        let whole =
            Url::parse(page).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some() && url.fragment().is_none());
        if whole { Ok(page.to_owned()) } else { Err(format!("holds {page:?}, which is not the address of a page")) }
    })
}

pub fn directory(text: &str) -> Parsed<PathBuf> {
    if text.trim().is_empty() { Err("is empty; name a directory, such as ./data".to_owned()) } else { Ok(text.into()) }
}

// The wrapped `Ok` is what clap asks of a parser.
#[allow(clippy::unnecessary_wraps)]
pub fn file(text: &str) -> Parsed<Maybe<PathBuf>> {
    Ok((!text.trim().is_empty()).then(|| text.into()))
}

pub fn instance_secret(text: &str) -> Parsed<Maybe<SecretString>> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    long_enough(text, MIN_LENGTH).map(Some)
}

pub fn instance_secrets(text: &str) -> Parsed<List<SecretString>> {
    list(text, |secret| long_enough(secret, MIN_LENGTH))
}

pub fn metrics_token(text: &str) -> Parsed<Maybe<SecretString>> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    long_enough(text, MIN_METRICS_TOKEN).map(Some)
}

fn long_enough(secret: &str, least: usize) -> Parsed<SecretString> {
    let count = secret.chars().count();
    if count < least {
        return Err(format!("has {count} characters; it needs {least} or more, from a random source"));
    }
    Ok(secret.into())
}

pub fn webhook_secrets(text: &str) -> Parsed<List<SecretString>> {
    list(text, |secret| {
        if secret.starts_with(WEBHOOK_SECRET) && secret.len() > WEBHOOK_SECRET.len() {
            Ok(secret.into())
        } else {
            Err(format!("holds a value that is no signing secret; each one begins with {WEBHOOK_SECRET}"))
        }
    })
}

pub fn switch(text: &str) -> Parsed<bool> {
    match text.trim() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(format!("is {text:?}; it must be true or false")),
    }
}

pub fn environment(text: &str) -> Parsed<Environment> {
    match text.trim() {
        "development" => Ok(Environment::Development),
        "production" => Ok(Environment::Production),
        _ => Err(format!("is {text:?}; it must be development or production")),
    }
}

pub fn log_format(text: &str) -> Parsed<LogFormat> {
    match text.trim() {
        "pretty" => Ok(LogFormat::Pretty),
        "json" => Ok(LogFormat::Json),
        _ => Err(format!("is {text:?}; it must be pretty or json")),
    }
}

pub fn log_filter(text: &str) -> Parsed<String> {
    let text = text.trim();
    let usable = !text.is_empty() && EnvFilter::builder().parse(text).is_ok();
    let advice = "write a level (error, warn, info, debug or trace) or target=level, between commas";
    if usable { Ok(text.to_owned()) } else { Err(format!("is {text:?}, which is not a log filter; {advice}")) }
}

pub fn workers(text: &str) -> Parsed<usize> {
    number(text, 1..=64)
}

pub fn db_connections(text: &str) -> Parsed<u32> {
    number(text, 2..=500)
}

pub fn sync(text: &str) -> Parsed<SyncMode> {
    match text.trim() {
        "continuous" => Ok(SyncMode::Continuous),
        "one-off" => Ok(SyncMode::OneOff),
        "manual" => Ok(SyncMode::Manual),
        other => Err(format!("is {other:?}; it must be continuous, one-off or manual")),
    }
}

pub fn sync_rate(text: &str) -> Parsed<u32> {
    number(text, 1..=1000)
}

pub fn rate(text: &str) -> Parsed<u32> {
    number(text, 1..=1_000_000)
}

fn number<T: FromStr + PartialOrd + Display>(text: &str, allowed: RangeInclusive<T>) -> Parsed<T> {
    let value = text.trim().parse().ok().filter(|value| allowed.contains(value));
    value.ok_or_else(|| format!("is {text:?}; it must be a whole number from {} to {}", allowed.start(), allowed.end()))
}

pub fn networks(text: &str) -> Parsed<List<IpNet>> {
    list(text, |network| {
        let alone = network.parse::<IpAddr>().map(IpNet::from);
        let wrong = |_| format!("holds {network:?}, which is not a network; write for example 10.0.0.0/8 or 192.0.2.7");
        network.parse().or(alone).map_err(wrong)
    })
}

pub fn origins(text: &str) -> Parsed<List<String>> {
    list(text, |origin| {
        let wrong = || format!("holds {origin:?}, which is not an origin; write for example https://partners.example, without a path");
        let url = Url::parse(origin).map_err(|_| wrong())?;
        let serialised = url.origin().ascii_serialization();
        let exact = url.as_str().strip_suffix('/') == Some(serialised.as_str());
        if matches!(url.scheme(), "http" | "https") && exact { Ok(serialised) } else { Err(wrong()) }
    })
}

/// The values between commas, without the empty ones: a trailing comma is no mistake worth a refused start.
fn list<T>(text: &str, each: impl Fn(&str) -> Parsed<T>) -> Parsed<List<T>> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(each).collect()
}
