//! Webhook endpoints at Stripe: found again by a mark in their metadata, made, changed and removed.

use std::collections::BTreeSet;

use secrecy::SecretString;
use serde::Serialize;
use serde_json::Value;
use stripe_client_core::{RequestBuilder, StripeMethod};

use super::client::{Client, VERSION};
use super::error::ReadError;

/// The key in an endpoint's metadata whose value names the connection that it was made for.
pub const MARK: &str = "tributary_connection";
/// How many pages of endpoints are read. An account has at most 16 endpoints in a mode, so one is enough.
const PAGES: usize = 3;

/// An endpoint as Stripe tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// `we_...`.
    pub id: String,
    /// Where it delivers.
    pub url: String,
    /// Whether Stripe sends to it.
    pub enabled: bool,
    /// The version that it is pinned to.
    pub api_version: Option<String>,
    /// The events that it asks for; `*` is all.
    pub events: BTreeSet<String>,
    /// The connection that it was made for, when it was made by a Tributary.
    pub mark: Option<String>,
}

/// How an endpoint has to be.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Where it delivers.
    pub url: String,
    /// The connection that it is for.
    pub mark: String,
    /// The events that it asks for.
    pub events: BTreeSet<String>,
}

impl Endpoint {
    /// Whether it is as wanted, but for its version, which cannot be changed.
    #[must_use]
    pub fn is(&self, wanted: &Wanted) -> bool {
        self.enabled && self.url == wanted.url && self.events == wanted.events && self.mark.as_ref() == Some(&wanted.mark)
    }

    fn read(body: &Value) -> Option<Self> {
        let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
        let events = body.get("enabled_events").and_then(Value::as_array).into_iter().flatten();
        Some(Self {
            id: text("id").filter(|id| path(id).is_ok())?,
            url: text("url")?,
            enabled: text("status").is_none_or(|status| status == "enabled"),
            api_version: text("api_version"),
            events: events.filter_map(Value::as_str).map(str::to_owned).collect(),
            mark: body.get("metadata").and_then(|metadata| metadata.get(MARK)).and_then(Value::as_str).map(str::to_owned),
        })
    }
}

/// The form of a request, as Stripe nests it.
#[derive(Serialize)]
struct Form<'a> {
    url: &'a str,
    enabled_events: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    api_version: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disabled: Option<bool>,
    description: &'a str,
    metadata: Metadata<'a>,
}

#[derive(Serialize)]
struct Metadata<'a> {
    tributary_connection: &'a str,
}

impl<'a> Form<'a> {
    fn of(wanted: &'a Wanted) -> Self {
        Self {
            url: &wanted.url,
            enabled_events: wanted.events.iter().map(String::as_str).collect(),
            api_version: None,
            disabled: None,
            description: "Tributary",
            metadata: Metadata { tributary_connection: &wanted.mark },
        }
    }
}

impl Client {
    /// All endpoints of the account in the mode of the key.
    ///
    /// # Errors
    /// [`ReadError`] says why there is no answer.
    pub async fn endpoints(&self) -> Result<Vec<Endpoint>, ReadError> {
        let mut all: Vec<Endpoint> = Vec::new();
        for _ in 0..PAGES {
            let after = all.last().map(|last| format!("&starting_after={}", last.id)).unwrap_or_default();
            let request = RequestBuilder::new(StripeMethod::Get, "/webhook_endpoints");
            let body = self.call(RequestBuilder { query: Some(format!("limit=100{after}")), ..request }, None).await?;
            let items = body.get("data").and_then(Value::as_array).ok_or(ReadError::Malformed("a list has no data"))?;
            let before = all.len();
            all.extend(items.iter().filter_map(Endpoint::read));
            if body.get("has_more") != Some(&Value::Bool(true)) || all.len() == before {
                break;
            }
        }
        Ok(all)
    }

    /// Makes an endpoint, pinned to [`VERSION`]. Its signing secret is told this once.
    ///
    /// # Errors
    /// [`ReadError`] says why it was not made, as far as Stripe says.
    pub async fn make_endpoint(&self, wanted: &Wanted, idempotency_key: &str) -> Result<(Endpoint, SecretString), ReadError> {
        let form = Form { api_version: Some(VERSION), ..Form::of(wanted) };
        let body = self.call(RequestBuilder::new(StripeMethod::Post, "/webhook_endpoints").form(&form), Some(idempotency_key)).await?;
        let secret = body.get("secret").and_then(Value::as_str).ok_or(ReadError::Malformed("the endpoint has no secret"))?;
        let endpoint = Endpoint::read(&body).ok_or(ReadError::Malformed("the endpoint has no id"))?;
        Ok((endpoint, secret.into()))
    }

    /// Makes an endpoint be as wanted, but for its version.
    ///
    /// # Errors
    /// [`ReadError`] says why it was not changed.
    pub async fn mend_endpoint(&self, id: &str, wanted: &Wanted) -> Result<Endpoint, ReadError> {
        let form = Form { disabled: Some(false), ..Form::of(wanted) };
        let body = self.call(RequestBuilder::new(StripeMethod::Post, path(id)?).form(&form), None).await?;
        Endpoint::read(&body).ok_or(ReadError::Malformed("the endpoint has no id"))
    }

    /// Removes an endpoint. One that is gone already is fine.
    ///
    /// # Errors
    /// [`ReadError`] says why it is still there.
    pub async fn remove_endpoint(&self, id: &str) -> Result<(), ReadError> {
        match self.call(RequestBuilder::new(StripeMethod::Delete, path(id)?), None).await {
            Ok(_) | Err(ReadError::NotFound) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// An id becomes part of a path, so it must be nothing but an id.
fn path(id: &str) -> Result<String, ReadError> {
    let sane = id.starts_with("we_") && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if sane { Ok(format!("/webhook_endpoints/{id}")) } else { Err(ReadError::BadId) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_endpoint_is_compared_with_what_is_wanted() {
        let body = json!({ "id": "we_1", "url": "https://t.example/w", "status": "enabled", "enabled_events": ["b", "a"],
            "api_version": null, "metadata": { MARK: "con_1" } });
        let wanted = Wanted { url: "https://t.example/w".into(), mark: "con_1".into(), events: ["a".to_owned(), "b".to_owned()].into() };
        let found = Endpoint::read(&body).unwrap();
        assert!(found.is(&wanted) && found.api_version.is_none());
        for (field, other) in [
            ("url", json!("https://t.example/other")),
            ("status", json!("disabled")),
            ("enabled_events", json!(["a"])),
            ("metadata", json!({})),
        ] {
            let mut changed = body.clone();
            changed[field] = other;
            assert!(!Endpoint::read(&changed).unwrap().is(&wanted), "{field}");
        }
    }

    #[test]
    fn a_form_names_events_mark_and_version() {
        let wanted = Wanted { url: "https://t.example/w".into(), mark: "con_1".into(), events: ["a.b".to_owned(), "c".to_owned()].into() };
        let request = RequestBuilder::new(StripeMethod::Post, "/x").form(&Form { api_version: Some(VERSION), ..Form::of(&wanted) });
        let body = request.body.unwrap();
        let pairs: Vec<(String, String)> = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
        let value = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        assert_eq!((value("enabled_events[0]"), value("enabled_events[1]")), (Some("a.b"), Some("c")), "{body}");
        assert_eq!((value("metadata[tributary_connection]"), value("api_version")), (Some("con_1"), Some(VERSION)), "{body}");
        assert_eq!(value("disabled"), None);
    }

    #[test]
    fn only_an_id_becomes_part_of_a_path() {
        assert_eq!(path("we_1Ab").unwrap(), "/webhook_endpoints/we_1Ab");
        for id in ["we_1/../x", "cus_1", "we_1?x"] {
            assert_eq!(path(id), Err(ReadError::BadId), "{id}");
        }
    }
}
