//! What Stripe tells, and what we ask it.

mod client;
mod events;
mod needs;
mod recorded;
mod versions;
mod versions_other;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tributary::domain::fact::Fact;
use tributary::stripe::event::{Envelope, Ignore, Projection, project};

/// When the events of these tests happened.
const AT: i64 = 1_760_000_000;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

/// Sends an object through the whole road of a webhook, from bytes to facts.
fn deliver(event_type: &str, object: &Value) -> Result<Projection, Ignore> {
    let event = json!({
        "id": "evt_1", "object": "event", "type": event_type, "created": AT, "livemode": false, "data": { "object": object }
    });
    project(&Envelope::parse(event.to_string().as_bytes()).unwrap())
}

/// The fact that an event tells of its own object.
fn fact(event_type: &str, object: &Value) -> Fact {
    deliver(event_type, object).unwrap().told.remove(0).observation.fact
}

/// The fact of one object inside a projection.
fn told<'a>(projection: &'a Projection, object: &str) -> &'a Fact {
    &projection
        .told
        .iter()
        .find(|told| told.observation.object == object)
        .unwrap_or_else(|| panic!("{object} was not told"))
        .observation
        .fact
}

/// Asserts that all renderings tell the same, and gives it. Equal with the stamp, whose digest covers the whole fact.
fn same(event_type: &str, renderings: &[(&str, Value)]) -> Fact {
    let first = fact(event_type, &renderings[0].1);
    for (version, object) in &renderings[1..] {
        assert_eq!(fact(event_type, object), first, "{event_type} as {version} and as {}", renderings[0].0);
    }
    first
}

/// `base` with the fields of `more` put over it.
fn with(base: &Value, more: &Value) -> Value {
    let mut object = base.clone();
    object.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    object
}
