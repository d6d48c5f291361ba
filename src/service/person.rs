//! Gathering a person: which customers are one, and everything that settling them needs.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};
use entity::value::{
    CommissionId, CommissionKind, ConnectionId, Currency, CustomerId, EnrollmentId, IdentityKind, PurchaseId, PurchaseStatus, TouchKind,
};
use entity::{commission, customer, fraud_case, identity, touch};
use sea_orm::DatabaseTransaction;

use super::facts::Source;
use super::{ServiceError, evidence, stated, watch};
use crate::domain::access::Scope;
use crate::domain::fact::{Code, Fact};
use crate::domain::person::{Person, Purchase, Signup, Standing, Touch, World};
use crate::domain::purchase::PurchaseState;
use crate::store::ledger::{Paid, Standings};
use crate::store::{self, StoreError};

/// How many customers one e-mail may tie together. Beyond it the e-mail is no evidence of one person.
const MEMBERS: usize = 50;
/// SL-8: how long a payment waits to learn whether it belongs to an invoice. IN-8: how long a refund waits before its payment is asked for.
pub const GRACE: Duration = Duration::minutes(10);
/// IN-8: how long what speaks of something unknown waits for it.
const ORPHAN_AFTER: Duration = Duration::hours(72);

/// The customers that are one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Who stands for them.
    pub root: CustomerId,
    /// All of them, the root included.
    pub members: BTreeSet<CustomerId>,
    /// Whether the root has an id of the merchant's.
    pub claimed: bool,
    /// Whether the e-mail leads to several customers, so that it leads to none (ID-4).
    pub ambiguous: bool,
}

/// Everything that was gathered.
pub struct Gathered {
    /// The person.
    pub person: Person,
    /// The world around.
    pub world: World,
    /// The stored commissions of all purchases, merged ones included.
    pub commissions: Vec<commission::Model>,
    /// What stands on the ledger for each of them.
    pub posted: BTreeMap<CommissionId, Standings>,
    /// The same in the program's currency, for those that are stated in one (MO-2).
    pub stated: BTreeMap<CommissionId, Standings>,
    /// What payouts paid of those of which they did.
    pub paid: BTreeMap<CommissionId, Paid>,
    /// The purchases for which a rate was found that they do not use yet.
    pub rated: BTreeSet<PurchaseId>,
    /// The cases of fraud of those that have one.
    pub cases: BTreeMap<CommissionId, fraud_case::Model>,
}

/// Finds the group of a customer and locks it. Groups change while locks are waited for, so it looks again until it holds what it sees.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn lock_group(tx: &DatabaseTransaction, scope: Scope, start: CustomerId) -> Result<Option<Group>, StoreError> {
    let mut group = find_group(tx, scope, start).await?;
    while let Some(seen) = group {
        let members: Vec<CustomerId> = seen.members.iter().copied().collect();
        store::customer::lock(tx, &members).await?;
        let again = find_group(tx, scope, start).await?;
        if again.as_ref() == Some(&seen) {
            return Ok(Some(seen));
        }
        group = again;
    }
    Ok(None)
}

/// ID-4, ID-5: customers without an id of the merchant's that share an e-mail are one person. Where exactly one customer with such an id has
/// the e-mail too, they are that one; where several have it, nobody knows.
async fn find_group(tx: &DatabaseTransaction, scope: Scope, start: CustomerId) -> Result<Option<Group>, StoreError> {
    let Some(own) = live(tx, start).await? else { return Ok(None) };
    if !own.claimed {
        let component = component(tx, scope, own.id).await?;
        let mut claimed = component.claimed.iter();
        return match (claimed.next(), claimed.next()) {
            (Some(root), None) => claimed_group(tx, scope, *root).await.map(Some),
            (Some(_), Some(_)) => Ok(Some(Group { root: own.id, members: [own.id].into(), claimed: false, ambiguous: true })),
            (None, _) => {
                let root = component.unclaimed.first().copied().unwrap_or(own.id);
                Ok(Some(Group { root, members: component.unclaimed, claimed: false, ambiguous: false }))
            }
        };
    }
    claimed_group(tx, scope, own.id).await.map(Some)
}

/// A customer with an id of the merchant's, and everyone who leads to them alone.
async fn claimed_group(tx: &DatabaseTransaction, scope: Scope, root: CustomerId) -> Result<Group, StoreError> {
    let mut members = BTreeSet::from([root]);
    let sharing = sharing(tx, scope, &BTreeSet::from([root])).await?;
    for (id, claimed) in sharing {
        if claimed || members.contains(&id) {
            continue;
        }
        let component = component(tx, scope, id).await?;
        if component.claimed.len() == 1 {
            members.extend(component.unclaimed);
        }
    }
    Ok(Group { root, members, claimed: true, ambiguous: false })
}

#[derive(Default)]
struct Component {
    unclaimed: BTreeSet<CustomerId>,
    claimed: BTreeSet<CustomerId>,
}

/// All customers without an id of the merchant's that are tied to `start` by e-mails, and those with one at its edge.
async fn component(tx: &DatabaseTransaction, scope: Scope, start: CustomerId) -> Result<Component, StoreError> {
    let mut found = Component { unclaimed: BTreeSet::from([start]), claimed: BTreeSet::new() };
    let mut frontier = found.unclaimed.clone();
    while !frontier.is_empty() && found.unclaimed.len() < MEMBERS {
        let mut next = BTreeSet::new();
        for (id, claimed) in sharing(tx, scope, &frontier).await? {
            if claimed {
                found.claimed.insert(id);
            } else if found.unclaimed.insert(id) {
                next.insert(id);
            }
        }
        frontier = next;
    }
    Ok(found)
}

/// Who shares an e-mail with any of these, and whether they have an id of the merchant's.
async fn sharing(tx: &DatabaseTransaction, scope: Scope, ids: &BTreeSet<CustomerId>) -> Result<Vec<(CustomerId, bool)>, StoreError> {
    let own = store::identity::of_customers(tx, &ids.iter().copied().collect::<Vec<_>>()).await?;
    let emails: BTreeSet<String> = own.into_iter().filter(is_email).map(|row| row.value).collect();
    let keys: Vec<_> = emails.into_iter().map(|value| (IdentityKind::EmailHash, value)).collect();
    let holders: BTreeSet<CustomerId> = store::identity::find(tx, scope, &keys).await?.into_iter().map(|row| row.customer_id).collect();
    store::customer::claimed(tx, &holders.into_iter().collect::<Vec<_>>()).await
}

fn is_email(row: &identity::Model) -> bool {
    row.kind == IdentityKind::EmailHash
}

/// The customer that this one became.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn live(tx: &DatabaseTransaction, start: CustomerId) -> Result<Option<customer::Model>, StoreError> {
    let mut id = start;
    loop {
        let Some(row) = store::customer::by_id(tx, id).await? else {
            return Ok(None);
        };
        match row.merged_into {
            Some(next) => id = next,
            None => return Ok(Some(row)),
        }
    }
}

/// Gathers everything that settling a locked group needs: a fixed number of queries, whatever the number of customers of the merchant.
///
/// # Errors
/// [`ServiceError`] when the database fails or something stored cannot be read.
pub async fn gather(tx: &DatabaseTransaction, scope: Scope, group: &Group, now: DateTime<Utc>) -> Result<Gathered, ServiceError> {
    let members: Vec<CustomerId> = group.members.iter().copied().collect();
    let rows = store::purchase::of_customers(tx, &members).await?;
    let ids: Vec<PurchaseId> = rows.iter().map(|row| row.id).collect();
    let commissions = store::commission::of_purchases(tx, &ids).await?;
    let of: Vec<CommissionId> = commissions.iter().map(|row| row.id).collect();
    let posted = store::ledger::standings(tx, &of).await?;
    let paid = store::ledger::paid(tx, &of).await?;
    let identities = store::identity::of_customers(tx, &members).await?;
    let mut world = World { grace: GRACE, orphan_after: ORPHAN_AFTER, ..World::default() };
    let mut purchases = Vec::with_capacity(rows.len());
    for row in rows.into_iter().filter(|row| row.status != PurchaseStatus::Merged) {
        let (Some(customer), Some(connection)) = (row.customer_id, row.connection_id) else {
            continue;
        };
        let source = Source { scope, connection, now };
        let state = store::purchase::state(&row)?;
        let behind = behind(tx, &source, &state).await?;
        let codes = evidence::codes(tx, &source, &state).await?;
        let wanted: BTreeSet<Code> = codes.iter().cloned().collect();
        let mappings = store::world::code_mappings(tx, connection, scope, &wanted).await?;
        world.codes.extend(mappings.into_iter().filter(|mapping| !world.codes.contains(mapping)).collect::<Vec<_>>());
        let disputed = buyer_disputed(&identities, connection, &state);
        purchases.push(Purchase {
            id: row.id,
            customer,
            told_at: row.created_at,
            codes,
            skip: state.skip || behind.skip,
            conflict: disputed || behind.external_ids(&state, &identities) > 1,
            standing: standing(&commissions, row.id, state.currency, &paid),
            state,
        });
    }
    let touches = touches(tx, scope, &members).await?;
    let keys: BTreeSet<String> = purchases.iter().flat_map(|p| p.state.partner_keys.iter().cloned()).collect();
    world.keys = store::world::partner_keys(tx, scope, &keys).await?;
    let named: BTreeSet<EnrollmentId> = named(&touches, &world, &commissions);
    world.enrollments = store::world::enrollments(tx, scope, &named).await?;
    let customers = store::customer::lock(tx, &members).await?;
    let signups = customers.iter().filter_map(|row| Some(Signup { customer: row.id, at: row.signed_up_at? })).collect();
    let person = Person { root: group.root, claimed: group.claimed, ambiguous: group.ambiguous, signups, touches, purchases };
    let (stated, rated, cases) = (BTreeMap::new(), BTreeSet::new(), BTreeMap::new());
    let mut gathered = Gathered { person, world, commissions, posted, stated, paid, rated, cases };
    stated::gather(tx, scope, &mut gathered).await?;
    watch::gather(tx, scope, &mut gathered, (&customers, &identities)).await?;
    Ok(gathered)
}

/// What the objects behind a purchase add: its subscription and its buyer.
#[derive(Default)]
struct Behind {
    skip: bool,
    named: Vec<String>,
}

impl Behind {
    /// How many different customers the external ids of the purchase and of what is behind it name (ID-6). Those of the person itself are one.
    fn external_ids(&self, state: &PurchaseState, own: &[identity::Model]) -> usize {
        let is_own = |id: &String| own.iter().any(|row| row.kind == IdentityKind::ExternalId && row.value == *id);
        let named: BTreeSet<&String> = state.payer.external_ids.iter().chain(&self.named).collect();
        let (own, others): (Vec<_>, Vec<_>) = named.into_iter().partition(|id| is_own(id));
        others.len().saturating_add(usize::from(!own.is_empty()))
    }
}

async fn behind(tx: &DatabaseTransaction, source: &Source, state: &PurchaseState) -> Result<Behind, StoreError> {
    let objects: Vec<&str> = state.subscription.iter().chain(&state.payer.buyer).map(String::as_str).collect();
    let facts = store::snapshot::facts(tx, source.connection, source.scope, &objects).await?;
    let mut behind = Behind::default();
    for persona in facts.values().filter_map(Fact::persona) {
        behind.skip |= persona.skip;
        behind.named.extend(persona.external_id.clone());
    }
    Ok(behind)
}

fn buyer_disputed(identities: &[identity::Model], connection: ConnectionId, state: &PurchaseState) -> bool {
    let buyer = state.payer.buyer.as_ref().map(|buyer| super::identity::at_connection(connection, buyer));
    identities.iter().any(|row| row.disputed && row.kind == IdentityKind::StripeCustomer && Some(&row.value) == buyer.as_ref())
}

fn standing(
    commissions: &[commission::Model],
    purchase: PurchaseId,
    currency: Currency,
    paid: &BTreeMap<CommissionId, Paid>,
) -> BTreeMap<EnrollmentId, Standing> {
    let own = commissions.iter().filter(|row| row.purchase_id == Some(purchase) && row.kind == CommissionKind::Sale);
    own.map(|row| (row.enrollment_id, standing_of(row, currency, paid))).collect()
}

fn standing_of(row: &commission::Model, currency: Currency, paid: &BTreeMap<CommissionId, Paid>) -> Standing {
    let paid = paid.get(&row.id).map(|paid| paid.get(&currency).copied().unwrap_or(0));
    Standing {
        approved: row.approved_at.is_some(),
        rejected: row.rejected_at.is_some(),
        paid,
        stated_in: Some(row.program_currency),
        ..Standing::default()
    }
}

async fn touches(tx: &DatabaseTransaction, scope: Scope, members: &[CustomerId]) -> Result<Vec<Touch>, StoreError> {
    let rows = store::touch::of_customers(tx, members).await?;
    let ids: BTreeSet<_> = rows.iter().filter_map(|row| row.click_id).collect();
    let clicks = store::world::clicks(tx, scope, &ids).await?;
    let touch = |row: touch::Model| Touch {
        id: row.id,
        customer: row.customer_id,
        kind: row.kind,
        at: row.at,
        said_at: if row.kind == TouchKind::Manual { row.created_at.max(row.at) } else { row.at },
        click: row.click_id.and_then(|id| clicks.get(&id).copied()),
        enrollment: row.enrollment_id,
        purchase: row.purchase_id,
    };
    Ok(rows.into_iter().filter(|row| row.rejected_at.is_none()).map(touch).collect())
}

/// Every enrollment that any evidence, code, key or stored commission names.
fn named(touches: &[Touch], world: &World, commissions: &[commission::Model]) -> BTreeSet<EnrollmentId> {
    let by_touch = touches.iter().flat_map(|t| [t.enrollment, t.click.map(|click| click.enrollment)]).flatten();
    let by_code = world.codes.iter().map(|mapping| mapping.enrollment);
    let by_key = world.keys.values().copied();
    by_touch.chain(by_code).chain(by_key).chain(commissions.iter().map(|row| row.enrollment_id)).collect()
}
