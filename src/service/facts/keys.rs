//! What is locked while facts are taken in (IN-7).

use std::collections::BTreeSet;

use entity::value::ClickId;

use super::Source;
use crate::auth::click_token::ClickToken;
use crate::domain::access::Scope;
use crate::domain::fact::{Fact, Persona};
use crate::service::Services;
use crate::service::identity::email;
use crate::stripe::event::Projection;

/// Everything that two deliveries about one thing have in common, so that they take turns (IN-7).
pub(super) fn keys(services: &Services, source: &Source, projection: &Projection) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    let place = source.connection;
    for told in &projection.told {
        keys.insert(format!("{place}/{}", told.observation.object));
        keys.extend(told.observation.fact.references().iter().map(|object| format!("{place}/{object}")));
        let subscriber = match &told.observation.fact {
            Fact::Invoice(invoice) => Some(&invoice.subscription_persona),
            _ => None,
        };
        for persona in told.observation.fact.persona().into_iter().chain(subscriber) {
            keys.extend(persona.buyer.iter().map(|buyer| format!("{place}/{buyer}")));
            keys.extend(persona_keys(services, source.scope, persona));
        }
    }
    keys.extend(projection.links.iter().map(|link| format!("{place}/{}", link.object)));
    keys
}

fn persona_keys(services: &Services, scope: Scope, persona: &Persona) -> Vec<String> {
    let external = persona.external_id.as_ref().map(|id| person_key(scope, id));
    let email = email(persona.email.as_deref()).map(|email| person_key(scope, &services.hashes.email_hash(&email)));
    let click = persona.client_reference.as_deref().and_then(ClickToken::find_in).map(|token| click_key(token.click));
    external.into_iter().chain(email).chain(click).collect()
}

/// The lock of one click: two who carry it may be one person (ID-2), and neither must overlook the other.
#[must_use]
pub fn click_key(click: ClickId) -> String {
    format!("click/{click}")
}

/// The lock of one external id or e-mail hash within a merchant's mode.
#[must_use]
pub fn person_key(scope: Scope, value: &str) -> String {
    format!("{}/{}/{value}", scope.merchant(), scope.mode().as_str())
}
