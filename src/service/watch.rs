//! Gathering what signs of fraud are looked for in, around persons (FR-1 to FR-3), and noting cards. Asks the database for nothing when no
//! partner is named.

use std::collections::{BTreeMap, BTreeSet};

use entity::value::{
    AdParameter, ClickId, CommissionId, CommissionKind, CustomerId, EnrollmentId, IdentityKind, PartnerId, PurchaseId, Signal,
};
use entity::{click, customer, identity};
use sea_orm::DatabaseTransaction;
use url::Url;

use super::facts::Source;
use super::person::Gathered;
use super::{ServiceError, Services};
use crate::auth::email::Email;
use crate::domain::access::Scope;
use crate::domain::fraud::{Partner, Record, Traits, Visit, Watch};
use crate::domain::person::World;
use crate::store;
use crate::stripe::event::Card;

/// The customers of a person, and their identities.
pub(super) type Known = (Vec<customer::Model>, Vec<identity::Model>);

/// Fills in what signs are looked for in, and what people released of them, for all persons together. `known` is of each, in their order.
///
/// # Errors
/// [`ServiceError`] when the database fails or something stored cannot be read.
pub(super) async fn gather(tx: &DatabaseTransaction, scope: Scope, all: &mut [Gathered], known: &[Known]) -> Result<(), ServiceError> {
    let mut asking: Vec<(&mut Gathered, &Known)> = all.iter_mut().zip(known).filter(|(one, _)| !one.world.enrollments.is_empty()).collect();
    if asking.is_empty() {
        return Ok(());
    }
    let of: Vec<CommissionId> = asking.iter().flat_map(|(one, _)| &one.commissions).map(|row| row.id).collect();
    let mut cases = store::fraud::cases(tx, &of).await?;
    let members: Vec<CustomerId> = asking.iter().flat_map(|(_, (customers, _))| customers).map(|row| row.id).collect();
    let addresses = store::claim::proven_addresses(tx, &members).await?;
    let clicks = asking.iter().flat_map(|(one, _)| clicks_of(one)).collect();
    let clicks: BTreeMap<ClickId, click::Model> =
        store::fraud::clicks(tx, scope, &clicks).await?.into_iter().map(|row| (row.id, row)).collect();
    let purchases: Vec<PurchaseId> = asking.iter().flat_map(|(one, _)| &one.person.purchases).map(|purchase| purchase.id).collect();
    let mut cards: BTreeMap<PurchaseId, BTreeSet<String>> = BTreeMap::new();
    for (purchase, card) in store::fraud::cards(tx, &purchases).await? {
        cards.entry(purchase).or_default().insert(card);
    }
    let partners = partners(tx, scope, asking.iter().map(|(one, _)| &one.world), (!cards.is_empty(), &clicks)).await?;
    let fast = asking.iter().flat_map(|(one, _)| clicks_of(one).filter_map(|id| clicks.get(&id)).filter(|row| counts(&one.world, row)));
    let ranks = store::watch::ranks(tx, &fast.collect::<Vec<_>>()).await?;
    for (gathered, (customers, identities)) in &mut asking {
        gathered.cases = gathered.commissions.iter().filter_map(|row| Some((row.id, cases.remove(&row.id)?))).collect();
        released(gathered);
        let own = clicks_of(gathered).filter_map(|id| clicks.get(&id));
        let visits = own.map(|row| (row.id, visit(&gathered.world, row, ranks.get(&row.id)))).collect();
        let ids: BTreeSet<PartnerId> = gathered.world.enrollments.values().map(|enrollment| enrollment.partner).collect();
        let purchases = &gathered.person.purchases;
        let told = customers.iter().filter_map(|row| addresses.get(&row.id)).flatten().cloned().collect();
        gathered.world.watch = Watch {
            person: person(gathered, told, identities),
            partners: ids.into_iter().filter_map(|id| Some((id, partners.get(&id)?.clone()))).collect(),
            visits,
            cards: purchases.iter().filter_map(|purchase| Some((purchase.id, cards.remove(&purchase.id)?))).collect(),
            records: records(tx, gathered).await?,
        };
    }
    Ok(())
}

fn clicks_of(gathered: &Gathered) -> impl Iterator<Item = ClickId> {
    gathered.person.touches.iter().filter_map(|touch| Some(touch.click?.id)).collect::<BTreeSet<_>>().into_iter()
}

/// Notes with what a charge was paid (FR-1). Returns whose purchase it is where that was not known: evidence, even where the charge itself
/// tells nothing new.
pub(super) async fn note_card(
    tx: &DatabaseTransaction,
    services: &Services,
    source: &Source,
    card: Card,
) -> Result<BTreeSet<CustomerId>, ServiceError> {
    let hash = BTreeSet::from([services.hashes.card_hash(&card.fingerprint)]);
    let mut customers = BTreeSet::new();
    for id in store::purchase::owners(tx, source.connection, source.scope, &[card.object].into()).await? {
        if store::fraud::note_cards(tx, source.scope, id, &hash, source.now).await? {
            customers.extend(store::purchase::by_id(tx, id).await?.and_then(|row| row.customer_id));
        }
    }
    Ok(customers)
}

/// FR-4: what a person looked at holds no more.
fn released(gathered: &mut Gathered) {
    for row in &gathered.commissions {
        let Some(case) = gathered.cases.get(&row.id) else { continue };
        let purchase = gathered.person.purchases.iter_mut().find(|purchase| Some(purchase.id) == row.purchase_id);
        let standing = match row.kind {
            CommissionKind::Sale => purchase.and_then(|purchase| purchase.standing.get_mut(&row.enrollment_id)),
            _ => row.subject.parse().ok().and_then(|origin| gathered.person.standing.get_mut(&(row.enrollment_id, origin))),
        };
        if let Some(standing) = standing {
            standing.released = case.released.iter().copied().collect();
        }
    }
}

/// By what the person can be known, where somebody says it who is believed: what a stranger on a page says holds nobody's commission.
fn person(gathered: &Gathered, told: BTreeSet<String>, identities: &[identity::Model]) -> Traits {
    let typed = gathered.person.purchases.iter().filter_map(|purchase| purchase.state.payer.email.as_deref());
    let typed = typed.filter_map(|text| Email::normalise(text).ok()).map(Email::into_string);
    let ids = identities.iter().filter(|row| row.kind == IdentityKind::ExternalId);
    Traits { external_ids: ids.map(|row| row.value.clone()).collect(), emails: told.into_iter().chain(typed).collect() }
}

/// The partners of all these worlds. Their cards are asked for where anybody's are known, and where they were seen among these clicks.
async fn partners<'a>(
    tx: &DatabaseTransaction,
    scope: Scope,
    worlds: impl Iterator<Item = &'a World>,
    (any_cards, clicks): (bool, &BTreeMap<ClickId, click::Model>),
) -> Result<BTreeMap<PartnerId, Partner>, ServiceError> {
    let ids: BTreeSet<PartnerId> = worlds.flat_map(|world| world.enrollments.values()).map(|enrollment| enrollment.partner).collect();
    let rows = store::fraud::partners(tx, &ids).await?;
    let destinations = rows.iter().filter_map(|row| row.payout_hash.clone()).collect();
    let first = store::fraud::first_payees(tx, scope, &destinations).await?;
    let mut partners: BTreeMap<PartnerId, Partner> = BTreeMap::new();
    for row in rows {
        let traits = Traits { external_ids: row.external_id.into_iter().collect(), emails: [row.email].into() };
        let twin = row.payout_hash.and_then(|hash| first.get(&hash).copied()).filter(|first| *first != row.id);
        partners.insert(row.id, Partner { traits, twin, ..Partner::default() });
    }
    for (partner, email) in store::fraud::addresses_of_users(tx, &ids).await? {
        if let Some(partner) = partners.get_mut(&partner) {
            partner.traits.emails.insert(email);
        }
    }
    if any_cards {
        let traits = partners.iter().map(|(id, partner)| (*id, partner.traits.clone())).collect();
        for (id, cards) in store::watch::own_cards(tx, scope, &traits).await? {
            if let Some(partner) = partners.get_mut(&id) {
                partner.cards = cards;
            }
        }
    }
    let addresses = clicks.values().filter_map(|row| row.ip_hash.clone()).collect();
    for row in store::fraud::seen(tx, &ids, &addresses).await? {
        if let Some(partner) = partners.get_mut(&row.partner_id) {
            partner.seen.insert(row.ip_hash, (row.first_seen_at, row.last_seen_at));
        }
    }
    Ok(partners)
}

/// Whether the program asks how many visitors came from the address of a click (FR-3).
fn counts(world: &World, row: &click::Model) -> bool {
    world.enrollments.get(&row.enrollment_id).is_some_and(|enrollment| enrollment.fraud.looks_for(Signal::Velocity))
}

fn visit(world: &World, row: &click::Model, rank: Option<&u64>) -> Visit {
    let rank = rank.copied().filter(|_| counts(world, row)).unwrap_or(0);
    let ads = row.landing_url.as_deref().map(ads).unwrap_or_default();
    let referrer = row.referrer.as_deref().and_then(host);
    Visit { address: row.ip_hash.clone(), ads, referrer, rank }
}

/// The parameters of paid advertising in an address (FR-2).
fn ads(address: &str) -> Vec<AdParameter> {
    let Ok(url) = Url::parse(address) else { return Vec::new() };
    let names: BTreeSet<String> = url.query_pairs().map(|(name, _)| name.to_ascii_lowercase()).collect();
    AdParameter::ALL.iter().copied().filter(|ad| names.contains(&ad.name())).collect()
}

fn host(address: &str) -> Option<String> {
    Some(Url::parse(address).ok()?.host_str()?.trim_end_matches('.').to_ascii_lowercase())
}

/// FR-3: what each partner had brought before each purchase, where the program asks how much of it is paid back.
async fn records(tx: &DatabaseTransaction, gathered: &Gathered) -> Result<BTreeMap<(PurchaseId, EnrollmentId), Record>, ServiceError> {
    let mut records = BTreeMap::new();
    let asking = gathered.world.enrollments.values().filter(|enrollment| enrollment.fraud.looks_for(Signal::RefundRate));
    for enrollment in asking {
        for purchase in &gathered.person.purchases {
            if let Some(at) = purchase.state.at {
                records.insert((purchase.id, enrollment.id), store::fraud::record(tx, enrollment.id, at).await?);
            }
        }
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use entity::value::AdParameter;

    use super::{ads, host};

    #[test]
    fn fr_2_advertising_is_read_from_an_address() {
        assert_eq!(ads("https://shop.example/?GCLID=1&utm_source=x&ttclid=2"), [AdParameter::Gclid, AdParameter::Ttclid]);
        assert_eq!(ads("https://shop.example/gclid"), []);
        assert_eq!(ads("no address"), []);
    }

    #[test]
    fn fr_3_a_referrer_is_its_host() {
        assert_eq!(host("https://WWW.Coupons.example./x?y").as_deref(), Some("www.coupons.example"));
        assert_eq!(host("about:blank"), None);
    }
}
