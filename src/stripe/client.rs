//! Calls of Stripe's API for one connection: generated requests over our own transport, answers through the projections of events.
//!
//! The transport is ours because the host must be configurable, the version pinned, the answer bounded, and the raw object kept.

use std::time::Duration;

use chrono::{DateTime, Duration as Span, SubsecRound, Utc};
use entity::value::PermissionState;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use stripe_client_core::{RequestBuilder, StripeMethod};
use url::Url;

use super::credential::is_account;
use super::error::ReadError;
use super::event::{NoInvoice, Projection, project_object};
use super::list::{List, Want};
use super::permission::Permission;
use super::read::{Read, invoice_lines, invoice_payments};
use super::tls;
use crate::clock::Clock;

/// Stripe's own host.
pub const BASE: &str = "https://api.stripe.com";

/// The version in which answers are asked for, and for which endpoints are registered. Reading stays tolerant all the same.
pub const VERSION: &str = "2026-09-30.endive";

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const TIMEOUT: Duration = Duration::from_secs(15);
/// No answer of ours comes near it; a larger one would only fill the memory.
const ANSWER_LENGTH: usize = 5 * 1024 * 1024;
/// How Stripe wants parameters written.
const FORM: &str = "application/x-www-form-urlencoded";
/// An invoice of more than 5000 lines keeps a list that is told in part.
const PAGES: usize = 50;

/// How to reach one connection's account.
pub struct ClientSettings {
    /// Where the API lives: [`BASE`], or a double in tests.
    pub base: Url,
    /// A secret or restricted key, or an access token.
    pub key: SecretString,
    /// The connected account, when the key is a platform's.
    pub account: Option<String>,
}

/// Why a client could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// The key or the account has characters that no header can carry.
    #[error("the key or the account id has characters that cannot be sent")]
    BadCredential,
    /// The base is not an `http` or `https` address.
    #[error("the base address of the API must begin with http or https")]
    BadBase,
    /// TLS could not be set up, for example because the machine has no certificates of authorities.
    #[error("TLS could not be set up")]
    Tls,
}

/// The connections and time-outs that all clients of a process share.
#[derive(Clone, Debug)]
pub struct Transport(reqwest::Client);

impl Transport {
    /// Sets up TLS and the pool of connections. No redirects: a key must not follow one.
    ///
    /// # Errors
    /// [`ClientError::Tls`].
    pub fn new() -> Result<Self, ClientError> {
        tls::install();
        reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            .redirect(Policy::none())
            .user_agent(concat!("Tributary/", env!("CARGO_PKG_VERSION")))
            .build()
            .map(Self)
            .map_err(|_| ClientError::Tls)
    }
}

impl Transport {
    /// Posts a form to a place of Stripe's that is no part of the API of an account, such as where tokens are given. Gives status and body;
    /// nothing when there is no whole answer. What is no JSON is null.
    pub(super) async fn form(&self, url: &Url, key: Option<&SecretString>, form: &[(&str, &str)]) -> Option<(u16, Value)> {
        let call = self.0.post(url.clone()).header("stripe-version", VERSION).form(form);
        let call = match key {
            Some(key) => call.bearer_auth(key.expose_secret()),
            None => call,
        };
        let response = call.send().await.ok()?;
        let status = response.status().as_u16();
        let bytes = bytes(response).await.ok()?;
        Some((status, serde_json::from_slice(&bytes).unwrap_or_default()))
    }
}

/// Calls Stripe for one connection. Its `Debug` shows the host alone.
#[derive(Clone)]
pub struct Client {
    transport: Transport,
    base: Url,
    headers: HeaderMap,
    clock: Clock,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("base", &self.base.origin().ascii_serialization()).finish_non_exhaustive()
    }
}

/// One object or list as answered, and when it was so.
struct Answer {
    body: Value,
    at: DateTime<Utc>,
}

impl Client {
    /// A client for one connection.
    ///
    /// # Errors
    /// [`ClientError`] when the settings cannot be used.
    pub fn new(transport: &Transport, settings: &ClientSettings, clock: &Clock) -> Result<Self, ClientError> {
        if !matches!(settings.base.scheme(), "http" | "https") || settings.base.cannot_be_a_base() {
            return Err(ClientError::BadBase);
        }
        let value = |text: &str| HeaderValue::from_str(text).map_err(|_| ClientError::BadCredential);
        let mut bearer = value(&format!("Bearer {}", settings.key.expose_secret()))?;
        bearer.set_sensitive(true);
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, bearer);
        headers.insert("stripe-version", HeaderValue::from_static(VERSION));
        if let Some(account) = &settings.account {
            headers.insert("stripe-account", value(account)?);
        }
        Ok(Self { transport: transport.clone(), base: settings.base.clone(), headers, clock: clock.clone() })
    }

    /// The account whose credential this client has. Restricted keys need a permission of its own for that.
    ///
    /// # Errors
    /// [`ReadError`] says why there is no answer.
    pub async fn account(&self) -> Result<String, ReadError> {
        self.whose().await.account
    }

    /// The same, with what the answer tells of the clocks.
    pub async fn whose(&self) -> Whose {
        let asked_at = self.clock.now();
        let (answer, dated) = self.exchange(RequestBuilder::new(StripeMethod::Get, "/account"), None).await;
        let account = answer.and_then(|body| {
            let id = body.get("id").and_then(Value::as_str).filter(|id| is_account(id));
            id.map(str::to_owned).ok_or(ReadError::Malformed("it names no account"))
        });
        Whose { account, skew: dated.map(|dated| asked_at - dated) }
    }

    /// Asks whether the credential has a permission, by a question that changes nothing (S1).
    ///
    /// # Errors
    /// [`ReadError::Unauthorised`]: the credential is not valid at all.
    pub async fn probe(&self, permission: &Permission) -> Result<PermissionState, ReadError> {
        match permission.request() {
            Some(request) => permission.state(self.call(request, None).await),
            None => Ok(PermissionState::NotNeeded),
        }
    }

    /// Reads one thing. Never retries: the caller's own schedule does, as [`ReadError::retry`] advises.
    ///
    /// # Errors
    /// [`ReadError`] says why there is no answer.
    pub async fn read(&self, read: &Read) -> Result<Projection, ReadError> {
        match read {
            Read::InvoicePayments { intent, charge } => self.read_invoice_payments(intent, charge.as_deref()).await,
            Read::Invoice(id) => self.read_invoice(read, id).await,
            _ => {
                let answer = self.get(read.request()?).await?;
                Ok(project_object(&answer.body, answer.at))
            }
        }
    }

    async fn read_invoice_payments(&self, intent: &str, charge: Option<&str>) -> Result<Projection, ReadError> {
        let mut projection = Projection::default();
        let mut after: Option<String> = None;
        for _ in 0..PAGES {
            let answer = self.get(invoice_payments(intent, after.as_deref())?).await?;
            projection.absorb(project_object(&answer.body, answer.at));
            let page = Page::of(&answer.body)?;
            after = page.next();
            if after.is_none() {
                break;
            }
        }
        if projection.told.is_empty() && projection.unreadable.is_empty() {
            let objects = std::iter::once(intent).chain(charge);
            projection.links = objects.map(|object| NoInvoice { object: object.to_owned() }).collect();
        }
        Ok(projection)
    }

    /// An invoice holds the first lines; the others are fetched page by page and put in, so that the whole is read at once.
    async fn read_invoice(&self, read: &Read, id: &str) -> Result<Projection, ReadError> {
        let Answer { mut body, at } = self.get(read.request()?).await?;
        if let Some(first) = body.get("lines").filter(|lines| lines.get("has_more") == Some(&Value::Bool(true))) {
            let mut lines = Page::of(first)?.items.to_vec();
            let mut after = Page::of(first)?.next();
            for _ in 0..PAGES {
                let Some(cursor) = after else { break };
                let answer = self.get(invoice_lines(id, Some(&cursor))?).await?;
                let page = Page::of(&answer.body)?;
                lines.extend_from_slice(page.items);
                after = page.next();
            }
            body["lines"] = json!({ "object": "list", "data": lines, "has_more": after.is_some() });
        }
        Ok(project_object(&body, at))
    }

    /// Reads one page of a list, as it came. Never retries, like [`Client::read`].
    ///
    /// # Errors
    /// [`ReadError`] says why there is no page.
    pub async fn page(&self, list: &List, want: &Want) -> Result<Batch, ReadError> {
        let Answer { body, at } = self.get(list.request(want)?).await?;
        if list.is_single() {
            return Ok(Batch { items: vec![body], more: false, at });
        }
        let page = Page::of(&body)?;
        let more = page.next().is_some();
        let Value::Object(mut fields) = body else { return Err(ReadError::Malformed("a list is no object")) };
        let Some(Value::Array(items)) = fields.remove("data") else { return Err(ReadError::Malformed("a list has no data")) };
        Ok(Batch { items, more, at })
    }

    /// An object or list, with the time at which it was so.
    async fn get(&self, request: RequestBuilder) -> Result<Answer, ReadError> {
        let asked_at = self.clock.now();
        let (answer, dated) = self.exchange(request, None).await;
        Ok(Answer { body: answer?, at: told_at(asked_at, dated) })
    }

    /// Sends a request, with the key by which Stripe knows it again when it is sent twice, where there is one.
    pub(super) async fn call(&self, request: RequestBuilder, idempotency_key: Option<&str>) -> Result<Value, ReadError> {
        self.exchange(request, idempotency_key).await.0
    }

    /// Sends a request and takes its answer in, up to the longest that is accepted. Gives the date of the answer, too.
    async fn exchange(&self, request: RequestBuilder, idempotency_key: Option<&str>) -> (Result<Value, ReadError>, Option<DateTime<Utc>>) {
        let mut url = self.base.clone();
        url.set_path(&format!("{}/v1{}", self.base.path().trim_end_matches('/'), request.path));
        url.set_query(request.query.as_deref());
        let http = &self.transport.0;
        let mut call = match request.method {
            StripeMethod::Get => http.get(url),
            StripeMethod::Post => http.post(url).header(CONTENT_TYPE, FORM).body(request.body.unwrap_or_default()),
            StripeMethod::Delete => http.delete(url),
        };
        call = call.headers(self.headers.clone());
        if let Some(key) = idempotency_key {
            call = call.header("idempotency-key", key);
        }
        let Ok(response) = call.send().await else { return (Err(ReadError::Transient { status: None }), None) };
        let dated = date(response.headers());
        (take(response).await, dated)
    }
}

/// What a credential says of itself.
#[derive(Debug)]
pub struct Whose {
    /// Its account.
    pub account: Result<String, ReadError>,
    /// How far our clock is ahead of Stripe's. Nothing without an answer.
    pub skew: Option<Span>,
}

/// The bytes of an answer, up to the longest that is accepted.
async fn bytes(mut response: reqwest::Response) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| ReadError::Transient { status: None })? {
        if bytes.len() + chunk.len() > ANSWER_LENGTH {
            return Err(ReadError::Malformed("it is longer than 5 MB"));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// The body of an answer, or why it cannot be used.
async fn take(response: reqwest::Response) -> Result<Value, ReadError> {
    let (status, headers) = (response.status(), response.headers().clone());
    let bytes = bytes(response).await?;
    if !status.is_success() {
        return Err(ReadError::of_answer(status, &headers, &bytes));
    }
    let body: Value = serde_json::from_slice(&bytes).map_err(|_| ReadError::Malformed("it is not JSON"))?;
    if body.is_object() { Ok(body) } else { Err(ReadError::Malformed("it is not an object")) }
}

/// The date that an answer bears.
fn date(headers: &HeaderMap) -> Option<DateTime<Utc>> {
    let date = headers.get(reqwest::header::DATE)?.to_str().ok()?;
    DateTime::parse_from_rfc2822(date).ok().map(|date| date.to_utc())
}

/// One page of a list, as it came.
#[derive(Clone)]
pub struct Batch {
    /// The objects, in the list's order.
    pub items: Vec<Value>,
    /// Whether another page comes after the last of them.
    pub more: bool,
    /// When they were so.
    pub at: DateTime<Utc>,
}

/// When an answer was true, in whole seconds as events count: the moment of asking, so that an event of the second after counts as later.
/// Our clock may be ahead of Stripe's; then the answer's own date keeps later events from looking old.
fn told_at(asked_at: DateTime<Utc>, dated: Option<DateTime<Utc>>) -> DateTime<Utc> {
    dated.map_or(asked_at, |date| asked_at.min(date)).trunc_subsecs(0)
}

/// One page of a list.
struct Page<'a> {
    items: &'a [Value],
    has_more: bool,
}

impl<'a> Page<'a> {
    fn of(list: &'a Value) -> Result<Self, ReadError> {
        let items = list.get("data").and_then(Value::as_array).ok_or(ReadError::Malformed("a list has no data"))?;
        Ok(Self { items, has_more: list.get("has_more").and_then(Value::as_bool).unwrap_or(false) })
    }

    /// The cursor of the next page, if there is one. An empty page ends a list whatever it claims.
    fn next(&self) -> Option<String> {
        let last = self.items.last().filter(|_| self.has_more)?;
        last.get("id").and_then(Value::as_str).map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_of_the_version_that_is_asked_for() {
        assert_eq!(stripe_client_core::VERSION.as_str(), VERSION);
    }

    #[test]
    fn an_answer_is_as_old_as_the_question() {
        let asked = DateTime::from_timestamp_millis(1_760_000_000_900).unwrap();
        let dated = |date: &'static str| {
            let headers = std::iter::once((reqwest::header::DATE, HeaderValue::from_static(date))).collect();
            told_at(asked, super::date(&headers)).timestamp()
        };
        assert_eq!(told_at(asked, super::date(&HeaderMap::new())).timestamp(), 1_760_000_000);
        assert_eq!(dated("Thu, 09 Oct 2025 08:53:25 GMT"), 1_760_000_000);
        assert_eq!(dated("Thu, 09 Oct 2025 08:53:15 GMT"), 1_759_999_995);
        assert_eq!(dated("soon"), 1_760_000_000);
    }
}
