//! Stripe's customers.

use serde_json::Value;

use super::telling::{Kind, Telling};
use super::{Unreadable, metadata, path};
use crate::domain::fact::{Buyer, Fact, Persona, Stamp};

pub(super) const DELETED: &str = "customer.deleted";

pub(super) const KIND: Kind = Kind { object: "customer", fact };

fn fact(customer: &Value, telling: &Telling<'_>, stamp: Stamp) -> Result<Fact, Unreadable> {
    let deleted = path::flag(customer, &["deleted"]).unwrap_or(false) || telling.is(DELETED);
    let email = path::text(customer, &["email"], metadata::EMAIL_LENGTH);
    Ok(Fact::Buyer(Buyer {
        stamp,
        emails: email.iter().map(|email| (email.clone(), telling.at)).collect(),
        persona: Persona {
            buyer: path::id_of(customer),
            email,
            name: path::text(customer, &["name"], metadata::NAME_LENGTH),
            ..metadata::persona(customer, &["metadata"])
        },
        created_at: path::time(customer, &["created"]).unwrap_or(telling.at),
        deleted,
        deleted_at: deleted.then_some(telling.at),
    }))
}
