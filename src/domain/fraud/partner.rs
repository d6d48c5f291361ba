//! Signs in who the partner is: the merchant's ids, cards, what is paid back, and other accounts (FR-1, FR-3).

use entity::value::{BasisPoints, Signal};

use super::{Case, Evidence, Record};

pub(super) fn signs(case: &Case<'_>) -> Vec<Evidence> {
    let same_id = case.watch.person.external_ids.intersection(&case.partner.traits.external_ids).next();
    let cards = case.subject.purchase.and_then(|id| case.watch.cards.get(&id));
    let same_card = cards.and_then(|cards| cards.intersection(&case.partner.cards).next());
    let record = case.subject.purchase.and_then(|id| case.watch.records.get(&(id, case.subject.enrollment))).copied().unwrap_or_default();
    [
        same_id.map(|id| Evidence::of(Signal::SameExternalId, masked_id(id))),
        same_card.map(|card| Evidence::of(Signal::SameCard, format!("card {}", ending(card)))),
        too_much_returned(case, record).then(|| Evidence::of(Signal::RefundRate, format!("{} of {}", record.returned, record.purchases))),
        case.partner.twin.map(|twin| Evidence::of(Signal::DuplicatePartner, twin.to_string())),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// FR-3: asked only of a partner who brought enough for a rate to mean anything.
fn too_much_returned(case: &Case<'_>, record: Record) -> bool {
    let (returned, purchases) = (u128::from(record.returned), u128::from(record.purchases));
    let reached = returned * u128::from(BasisPoints::ONE.get()) >= purchases * u128::from(case.settings.refund_share.get());
    record.purchases >= u64::from(case.settings.refund_minimum) && record.returned > 0 && reached
}

/// Enough of an id to find it, too little to use it.
fn masked_id(id: &str) -> String {
    id.chars().take(3).chain(['…']).collect()
}

/// The last digits of a hash: enough to see that two are one.
fn ending(hash: &str) -> &str {
    hash.char_indices().rev().nth(5).map_or(hash, |(at, _)| &hash[at..])
}
