//! Stripe's customers.

use serde_json::Value;

use super::telling::{Kind, Telling};
use super::{Unreadable, metadata, path};
use crate::domain::fact::{Buyer, Dated, Fact, Persona, Stamp, Traits};

pub(super) const DELETED: &str = "customer.deleted";

pub(super) const KIND: Kind = Kind { object: "customer", fact };

fn fact(customer: &Value, telling: &Telling<'_>, stamp: Stamp) -> Result<Fact, Unreadable> {
    let deleted = path::flag(customer, &["deleted"]).unwrap_or(false) || telling.is(DELETED);
    let persona = Persona {
        buyer: path::id_of(customer),
        email: path::text(customer, &["email"], metadata::EMAIL_LENGTH),
        name: path::text(customer, &["name"], metadata::NAME_LENGTH),
        country: metadata::country(customer, &["address.country"]),
        ..metadata::persona(customer, &["metadata"])
    };
    let created_at = path::time(customer, &["created"]).unwrap_or(telling.at);
    // An answer does not say since when it has its address: it counts as that of the beginning.
    let since = if telling.is_late() { created_at.min(telling.at) } else { telling.at };
    let traits = Traits { country: persona.country.clone(), metadata: persona.metadata.clone() };
    Ok(Fact::Buyer(Buyer {
        stamp,
        emails: persona.email.iter().map(|email| (email.clone(), since)).collect(),
        persona,
        created_at,
        deleted,
        deleted_at: deleted.then_some(telling.at),
        traits: Dated::told(stamp, traits),
    }))
}
