//! One telling: when and by what event an object was told of, and the stamp that orders its tellings (IN-6).

use chrono::{DateTime, Utc};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Unreadable, path};
use crate::domain::fact::{DisputeStatus, Fact, Observation, Stamp};

/// The circumstances of a telling.
#[derive(Clone, Copy, Debug)]
pub(super) struct Telling<'a> {
    /// When the object looked like this.
    pub at: DateTime<Utc>,
    /// The event's type, for the object that the event is about. Nothing for objects inside it and for answers of the API.
    pub event: Option<&'a str>,
}

impl Telling<'_> {
    /// Whether the event is of this type.
    pub fn is(&self, event: &str) -> bool {
        self.event == Some(event)
    }

    /// Whether it is an answer to a question, or stands inside another object: then `at` is when somebody looked, not when it came to be.
    pub const fn is_late(&self) -> bool {
        self.event.is_none()
    }
}

/// How one kind of Stripe's objects is read.
#[derive(Clone, Copy)]
pub(super) struct Kind {
    /// Stripe's word for it, as in the field `object`.
    pub object: &'static str,
    /// Makes the fact. Called twice, as the stamp holds a hash of the rest; it must give the same for the same arguments.
    pub fact: fn(&Value, &Telling<'_>, Stamp) -> Result<Fact, Unreadable>,
}

impl Kind {
    /// Reads one object.
    pub fn observe(&self, object: &Value, telling: &Telling<'_>) -> Result<Observation, Unreadable> {
        let id = path::id_of(object).filter(|_| object.is_object());
        let id = id.ok_or(Unreadable { object: self.object, field: "id" })?;
        let draft = (self.fact)(object, telling, Stamp { at: DateTime::UNIX_EPOCH, rank: 0, digest: 0 })?;
        let stamp = Stamp { at: telling.at, rank: rank(&draft), digest: digest(&draft) };
        Ok(Observation { object: id, fact: (self.fact)(object, telling, stamp)? })
    }
}

/// The first eight bytes of the SHA-256 of the fact, stamp left out. Bodies of two API versions that say the same have the same digest.
fn digest(draft: &Fact) -> u64 {
    // A fact is made of texts, numbers and lists: writing it as JSON has no way to fail.
    let bytes = serde_json::to_vec(draft).unwrap_or_default();
    Sha256::digest(bytes).first_chunk().map_or(0, |head| u64::from_be_bytes(*head))
}

/// Where a state stands in the life of its object, for tellings of the same second.
fn rank(fact: &Fact) -> u8 {
    match fact {
        Fact::Checkout(f) => 2 * f.payment as u8 + u8::from(f.completed),
        Fact::Invoice(f) => f.status as u8,
        Fact::Collection(f) => f.status as u8,
        Fact::Intent(f) => f.status as u8,
        Fact::Charge(f) => 2 * f.status as u8 + u8::from(f.captured_at.is_some()),
        Fact::Refund(f) => f.status as u8,
        Fact::Dispute(f) => match f.status {
            DisputeStatus::Inquiry => 0,
            DisputeStatus::Open => 1,
            DisputeStatus::Unknown => 2,
            DisputeStatus::InquiryClosed | DisputeStatus::Prevented => 3,
            DisputeStatus::Won | DisputeStatus::Lost => 4,
        },
        Fact::CreditNote(f) => u8::from(f.void),
        Fact::Buyer(f) => u8::from(f.deleted),
        Fact::Subscription(f) => f.status as u8,
        Fact::Coupon(f) => u8::from(f.deleted),
        Fact::PromotionCode(f) => u8::from(!f.active),
        Fact::Discount(_) | Fact::Price(_) | Fact::Product(_) => 0,
    }
}
