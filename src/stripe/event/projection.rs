//! What a projection gives: observations with the bodies they were read from, and what was left aside.

use chrono::{DateTime, Utc};
use entity::value::CommerceStatus;
use serde_json::Value;

use crate::domain::fact::{Fact, Observation};
use crate::stripe::commerce::{self, Entry};

/// Everything that one body told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Projection {
    /// One entry an object, the event's own object first.
    pub told: Vec<Told>,
    /// What was told of the connection and not of an object.
    pub notices: Vec<Notice>,
    /// Payments of which Stripe said, when asked, that no invoice stands behind them. To be merged into what is stored of them.
    pub links: Vec<NoInvoice>,
    /// What charges were paid with.
    pub cards: Vec<Card>,
    /// Objects inside the body that lacked something essential. They add nothing; what they belong to is told all the same.
    pub unreadable: Vec<Unreadable>,
    /// What the lists of the shop's business have to know, of every object that is part of it (S10).
    pub listed: Vec<Listed>,
}

/// One object of the shop's business. Its `Debug` does not show the body, which may hold personal data.
#[derive(Clone, PartialEq)]
pub struct Listed {
    /// What lists know of it.
    pub entry: Entry,
    /// When it was so.
    pub at: DateTime<Utc>,
    /// Where its state stands in its life, for tellings of the same second.
    pub rank: u8,
    /// A hash of the raw object.
    pub digest: i64,
    /// The raw object, where it has to be kept with the entry.
    pub body: Option<Value>,
}

impl std::fmt::Debug for Listed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listed").field("entry", &self.entry).field("at", &self.at).finish_non_exhaustive()
    }
}

/// One object as told. Its `Debug` shows neither body nor fact, which hold personal data.
#[derive(Clone, PartialEq)]
pub struct Told {
    /// The fact.
    pub observation: Observation,
    /// The raw object from which it was read.
    pub body: Value,
}

impl std::fmt::Debug for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Told")
            .field("object", &self.observation.object)
            .field("kind", &self.observation.fact.kind())
            .finish_non_exhaustive()
    }
}

/// What a charge was paid with, by the fingerprint that Stripe gives it: a card or an account with a bank. It is hashed before it is stored
/// (S14), and its `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Card {
    /// The charge.
    pub object: String,
    /// The fingerprint as it was told.
    pub fingerprint: String,
}

impl std::fmt::Debug for Card {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Card").field("object", &self.object).finish_non_exhaustive()
    }
}

/// Something told of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The merchant took the access back (S14). Whose it was is in the envelope's `account`.
    Deauthorized,
}

/// Stripe was asked, and the payment belongs to no invoice (SL-8): its [`crate::domain::fact::InvoiceLink`] becomes `none_stated`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NoInvoice {
    /// The intent or charge.
    pub object: String,
}

/// An object that lacks something without which its fact would be a lie, such as its amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a {object} came without a usable `{field}`")]
pub struct Unreadable {
    /// The kind of object, in Stripe's word.
    pub object: &'static str,
    /// What is missing or has the wrong form.
    pub field: &'static str,
}

/// Why an event has no effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Ignore {
    /// We do not use this type (IN-9).
    #[error("events of this type are not used")]
    Unsupported,
    /// A thin event names an object and carries none. The endpoint must be set to snapshot events.
    #[error("thin events are not used: set the endpoint to send snapshot events")]
    Thin,
    /// The type is used, but the object cannot be: a fault to be shown, not a reason for silence.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}

impl Projection {
    /// Adds a telling. A second telling of one object in one body is joined to the first, so that each object stands here once.
    pub(super) fn tell(&mut self, observation: Observation, body: &Value) {
        if matches!(observation.fact, Fact::Charge(_)) {
            let card = fingerprint(body).map(|text| Card { object: observation.object.clone(), fingerprint: text.to_owned() });
            self.cards.extend(card.filter(|card| !self.cards.contains(card)));
        }
        let Some(known) = self.told.iter_mut().find(|told| told.observation.object == observation.object) else {
            let mut body = body.clone();
            forget_fingerprints(&mut body);
            self.told.push(Told { observation, body });
            return;
        };
        // One id used for two kinds of objects comes from a broken body: the first telling stands.
        if let Ok(joined) = known.observation.fact.clone().merge(observation.fact) {
            known.observation.fact = joined;
        }
    }

    /// Notes an object for the lists of the shop's business, if it is part of that. Only what a body is about: what stands inside others is told
    /// of by itself, too. `gone` says that it was deleted.
    pub(super) fn list(&mut self, object: &Value, at: DateTime<Utc>, gone: bool) {
        let Some(mut entry) = commerce::index(object, at) else { return };
        if gone {
            entry.status = CommerceStatus::Deleted.as_str();
        }
        let told = self.told.iter().map(|told| &told.observation).find(|told| told.object == entry.source_id);
        let rank = told.map_or(0, |told| told.fact.stamp().rank);
        let body = entry.keep.then(|| {
            let mut body = object.clone();
            forget_fingerprints(&mut body);
            body
        });
        self.listed.push(Listed { at, rank, digest: commerce::digest(object), body, entry });
    }

    /// Adds all that another body told.
    pub(crate) fn absorb(&mut self, other: Self) {
        for told in other.told {
            self.tell(told.observation, &told.body);
        }
        self.notices.extend(other.notices);
        self.links.extend(other.links);
        self.cards.extend(other.cards);
        self.unreadable.extend(other.unreadable);
        self.listed.extend(other.listed);
    }
}

/// The fingerprint of what a charge was paid with, whatever that was.
fn fingerprint(charge: &Value) -> Option<&str> {
    let details = charge.get("payment_method_details").and_then(Value::as_object);
    let told = details.into_iter().flat_map(serde_json::Map::values).find_map(|method| method.get("fingerprint"));
    told.or_else(|| charge.get("source")?.get("fingerprint")).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// A body is kept without the fingerprints in it (S14).
fn forget_fingerprints(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.remove("fingerprint");
            fields.values_mut().for_each(forget_fingerprints);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_fingerprints),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{fingerprint, forget_fingerprints};

    #[test]
    fn s14_a_charge_tells_what_it_was_paid_with_and_its_body_is_kept_without() {
        let card = json!({ "payment_method_details": { "type": "card", "card": { "brand": "visa", "fingerprint": "Xt5" } } });
        let bank = json!({ "payment_method_details": { "type": "sepa_debit", "sepa_debit": { "fingerprint": "Bk7" } }, "refunds": [{}] });
        let old = json!({ "source": { "object": "card", "fingerprint": "Old1" } });
        assert_eq!([&card, &bank, &old].map(fingerprint), [Some("Xt5"), Some("Bk7"), Some("Old1")]);
        assert_eq!(fingerprint(&json!({ "payment_method_details": { "type": "paypal", "paypal": {} } })), None);
        let mut body = json!({ "data": [card, old] });
        forget_fingerprints(&mut body);
        assert!(!body.to_string().contains("fingerprint") && body.to_string().contains("visa"));
    }
}
