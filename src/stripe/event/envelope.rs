//! The envelope in which Stripe sends an object: what is needed to route and order it, before anyone looks inside.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::path;

/// No word in an envelope is longer.
const WORD_LENGTH: usize = 255;

/// One event as received. Its `Debug` shows no payload.
#[derive(Clone, PartialEq)]
pub struct Envelope {
    /// Stripe's id of the event (`evt_...`).
    pub id: String,
    /// What happened, such as `invoice.paid`.
    pub event_type: String,
    /// When it happened at Stripe. Whole seconds for ordinary events.
    pub created: DateTime<Utc>,
    /// Whether it is about real money (IN-3).
    pub livemode: bool,
    /// The connected account it is about, when a platform's endpoint received it (IN-4).
    pub account: Option<String>,
    /// The API version in which the object is rendered. For display: shapes are told by their fields.
    pub api_version: Option<String>,
    /// Whether it is a thin event, which names an object and carries none.
    pub thin: bool,
    /// The object as it was at `created`; null in a thin event.
    pub object: Value,
    /// What the changed fields were before, in `*.updated` events.
    pub previous_attributes: Option<Value>,
}

/// Why a body is no event. Nothing in it quotes the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// The bytes are no JSON, or nested too deep.
    #[error("the body is not valid JSON")]
    NotJson,
    /// A field without which nothing can be done is missing or has the wrong form.
    #[error("the event has no usable `{0}`")]
    Missing(&'static str),
}

impl Envelope {
    /// Reads an event from its raw bytes. Ordinary (snapshot) events carry the object; thin events (`v2.core.event`) are recognised so that
    /// they can be acknowledged and put aside.
    ///
    /// # Errors
    /// [`EnvelopeError`] when the bytes are no JSON or lack the id, type, time, mode or object.
    pub fn parse(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        let mut body: Value = serde_json::from_slice(bytes).map_err(|_| EnvelopeError::NotJson)?;
        let thin = path::word(&body, &["object"]) == Some("v2.core.event");
        let created = if thin { iso_time(&body) } else { path::time(&body, &["created"]) };
        let object = match body.pointer_mut("/data/object") {
            Some(object) if !thin => object.take(),
            _ => Value::Null,
        };
        if !thin && !object.is_object() {
            return Err(EnvelopeError::Missing("data.object"));
        }
        Ok(Self {
            id: path::id(&body, &["id"]).ok_or(EnvelopeError::Missing("id"))?,
            event_type: path::text(&body, &["type"], WORD_LENGTH).ok_or(EnvelopeError::Missing("type"))?,
            created: created.ok_or(EnvelopeError::Missing("created"))?,
            livemode: path::flag(&body, &["livemode"]).ok_or(EnvelopeError::Missing("livemode"))?,
            account: path::id(&body, &["account", "context"]).filter(|account| account.starts_with("acct_")),
            api_version: path::text(&body, &["api_version"], WORD_LENGTH),
            thin,
            object,
            previous_attributes: path::at(&body, "data.previous_attributes").cloned(),
        })
    }
}

/// Thin events write their time as text.
fn iso_time(body: &Value) -> Option<DateTime<Utc>> {
    path::word(body, &["created"]).and_then(|text| DateTime::parse_from_rfc3339(text).ok()).map(|time| time.to_utc())
}

impl std::fmt::Debug for Envelope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Envelope")
            .field("id", &self.id)
            .field("event_type", &self.event_type)
            .field("created", &self.created)
            .field("livemode", &self.livemode)
            .field("account", &self.account)
            .field("api_version", &self.api_version)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event() -> Value {
        json!({
            "id": "evt_1", "object": "event", "type": "invoice.paid", "created": 1_700_000_000, "livemode": true,
            "account": "acct_1", "api_version": "2020-08-27", "request": "req_bare",
            "data": { "object": { "id": "in_1", "customer_email": "secret@example.com" }, "previous_attributes": { "status": "open" } }
        })
    }

    fn parse(value: &Value) -> Result<Envelope, EnvelopeError> {
        Envelope::parse(value.to_string().as_bytes())
    }

    #[test]
    fn an_event_is_read_and_not_shown() {
        let read = parse(&event()).unwrap();
        assert_eq!((read.id.as_str(), read.event_type.as_str(), read.livemode), ("evt_1", "invoice.paid", true));
        assert_eq!(read.created.timestamp(), 1_700_000_000);
        assert_eq!(read.account.as_deref(), Some("acct_1"));
        assert_eq!(read.object["id"], "in_1");
        assert_eq!(read.previous_attributes.as_ref().unwrap()["status"], "open");
        assert!(!format!("{read:?}").contains("secret@example.com"));
    }

    #[test]
    fn what_is_missing_is_named() {
        for (field, named) in [("id", "id"), ("type", "type"), ("created", "created"), ("livemode", "livemode"), ("data", "data.object")] {
            let mut body = event();
            body.as_object_mut().unwrap().remove(field);
            assert_eq!(parse(&body), Err(EnvelopeError::Missing(named)));
        }
        for (field, with_nul) in [("id", "evt_\0"), ("type", "invoice.paid\0")] {
            let mut body = event();
            body[field] = json!(with_nul);
            assert_eq!(parse(&body), Err(EnvelopeError::Missing(field)));
        }
        let mut body = event();
        (body["api_version"], body["account"]) = (json!("2020\0"), json!("acct_\0"));
        assert!(parse(&body).is_ok_and(|read| read.api_version.is_none() && read.account.is_none()), "it is stored without them");
        for bytes in [&b""[..], b"{", b"\xff\xfe", "[".repeat(200).as_bytes()] {
            assert_eq!(Envelope::parse(bytes), Err(EnvelopeError::NotJson));
        }
        assert_eq!(Envelope::parse(b"[1]"), Err(EnvelopeError::Missing("data.object")));
    }

    #[test]
    fn thin_events_are_recognised() {
        let read = parse(&json!({
            "id": "evt_65", "object": "v2.core.event", "type": "v1.invoice.paid", "created": "2026-10-01T10:00:00.000Z", "livemode": false,
            "context": "acct_9", "related_object": { "id": "in_1", "type": "invoice", "url": "/v1/invoices/in_1" }
        }))
        .unwrap();
        assert!(read.thin && read.object.is_null());
        assert_eq!(read.account.as_deref(), Some("acct_9"));
        assert_eq!(read.created.to_rfc3339(), "2026-10-01T10:00:00+00:00");
    }
}
