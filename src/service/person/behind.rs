//! What the objects behind a purchase add to it.

use std::collections::{BTreeMap, BTreeSet};

use entity::identity;
use entity::value::IdentityKind;

use crate::domain::fact::{Fact, Traits};
use crate::domain::purchase::PurchaseState;

/// What the objects behind a purchase add: its subscription and its buyer.
#[derive(Default)]
pub(super) struct Behind {
    /// Whether any of them asks not to reward it (AT-17).
    pub skip: bool,
    named: Vec<String>,
    /// What was known of the buyer at the time.
    pub buyer: Traits,
}

/// The objects that stand behind a purchase: its subscription, its buyer, and what it sold.
pub(super) fn objects(state: &PurchaseState) -> BTreeSet<&str> {
    let sold = state.lines.iter().flat_map(|line| line.price.iter().chain(&line.product));
    state.subscription.iter().chain(&state.payer.buyer).chain(sold).map(String::as_str).collect()
}

impl Behind {
    /// Looks up what stands behind a purchase, among what is known. Its lines learn what is known of their prices and products.
    pub fn of(state: &mut PurchaseState, facts: &BTreeMap<String, Fact>) -> Self {
        let mut behind = Self::default();
        for persona in objects(state).into_iter().filter_map(|object| facts.get(object)?.persona()) {
            behind.skip |= persona.skip;
            behind.named.extend(persona.external_id.clone());
        }
        state.learn(facts);
        if let Some(Fact::Buyer(buyer)) = state.payer.buyer.as_ref().and_then(|buyer| facts.get(buyer)) {
            behind.buyer = buyer.traits.at(state.at.unwrap_or(state.known_at)).cloned().unwrap_or_default();
        }
        behind
    }

    /// How many different customers the external ids of the purchase and of what is behind it name (ID-6). Those of the person itself are one.
    pub fn external_ids(&self, state: &PurchaseState, own: &[identity::Model]) -> usize {
        let is_own = |id: &String| own.iter().any(|row| row.kind == IdentityKind::ExternalId && row.value == *id);
        let named: BTreeSet<&String> = state.payer.external_ids.iter().chain(&self.named).collect();
        let (own, others): (Vec<_>, Vec<_>) = named.into_iter().partition(|id| is_own(id));
        others.len().saturating_add(usize::from(!own.is_empty()))
    }
}
