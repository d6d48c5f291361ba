//! Gathering everything that settling a person needs.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};
use entity::value::{
    CommissionId, CommissionKind, Currency, CustomerId, EnrollmentId, IdentityKind, PurchaseId, PurchaseStatus, TouchId, TouchKind,
};
use entity::{commission, customer, fraud_case, identity, touch};
use sea_orm::DatabaseTransaction;

use super::facts::Source;
use super::identity::at_connection;
use super::{ServiceError, evidence, signup, stated, watch};
use crate::domain::access::Scope;
use crate::domain::fact::{Code, Fact, Traits};
use crate::domain::kin::Group;
use crate::domain::origin::Origin;
use crate::domain::person::{Person, Purchase, Signup, Standing, Touch, Trial, World};
use crate::domain::purchase::PurchaseState;
use crate::store::ledger::{Paid, Standings};
use crate::store::tally::Stored;
use crate::store::{self, StoreError};

/// SL-8: how long a payment waits to learn whether it belongs to an invoice. IN-8: how long a refund waits before its payment is asked for.
pub const GRACE: Duration = Duration::minutes(10);
/// IN-8: how long what speaks of something unknown waits for it.
const ORPHAN_AFTER: Duration = Duration::hours(72);

/// Everything that was gathered.
pub struct Gathered {
    /// The person.
    pub person: Person,
    /// The world around.
    pub world: World,
    /// The stored commissions of all purchases, merged ones included, and of the customers as leads.
    pub commissions: Vec<commission::Model>,
    /// What is stored of what the person adds to sums over many persons.
    pub tallied: Vec<Stored>,
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
    /// The purchases that others have taken over.
    pub merged: Vec<PurchaseId>,
    /// The codes behind touches, as `<connection id>/<Stripe id>`.
    pub codes: BTreeMap<TouchId, String>,
}

/// Gathers everything that settling a locked group needs: so many queries as the group has purchases, whatever the number of customers of the
/// merchant.
///
/// # Errors
/// [`ServiceError`] when the database fails or something stored cannot be read.
pub async fn gather(tx: &DatabaseTransaction, scope: Scope, group: &Group, now: DateTime<Utc>) -> Result<Gathered, ServiceError> {
    let members: Vec<CustomerId> = group.members.iter().copied().collect();
    let rows = store::purchase::of_customers(tx, &members).await?;
    let ids: Vec<PurchaseId> = rows.iter().map(|row| row.id).collect();
    let commissions = store::commission::of_person(tx, &ids, &members).await?;
    let tallied = store::tally::of_person(tx, &ids, &members).await?;
    let of: Vec<CommissionId> = commissions.iter().map(|row| row.id).collect();
    let posted = store::ledger::standings(tx, &of).await?;
    let paid = store::ledger::paid(tx, &of).await?;
    let identities = store::identity::of_customers(tx, &members).await?;
    let merged = rows.iter().filter(|row| row.status == PurchaseStatus::Merged).map(|row| row.id).collect();
    let mut world = World { grace: GRACE, orphan_after: ORPHAN_AFTER, ..World::default() };
    let mut purchases = Vec::with_capacity(rows.len());
    for row in rows.into_iter().filter(|row| row.status != PurchaseStatus::Merged) {
        let (Some(customer), Some(connection)) = (row.customer_id, row.connection_id) else {
            continue;
        };
        let source = Source { scope, connection, now };
        let mut state = store::purchase::state(&row)?;
        let behind = behind(tx, &source, &mut state).await?;
        let codes = evidence::codes(tx, &source, &state).await?;
        let wanted: BTreeSet<Code> = codes.iter().cloned().collect();
        let mappings = store::world::code_mappings(tx, connection, scope, &wanted).await?;
        world.codes.extend(mappings.into_iter().filter(|mapping| !world.codes.contains(mapping)).collect::<Vec<_>>());
        let disputed = buyer_disputed(tx, &source, &state).await?;
        purchases.push(Purchase {
            id: row.id,
            customer,
            told_at: row.created_at,
            codes,
            skip: state.skip || behind.skip,
            conflict: disputed || behind.external_ids(&state, &identities) > 1,
            buyer: behind.buyer,
            standing: standing(&commissions, row.id, state.currency, &paid),
            state,
        });
    }
    let Evidence { mut touches, codes, by_server } = evidence(tx, scope, &members).await?;
    // Of whom a contradicted purchase is nobody knows (ID-6), so its evidence is nobody's.
    let contradicted: BTreeSet<PurchaseId> = purchases.iter().filter(|p| p.conflict).map(|p| p.id).collect();
    touches.retain(|touch| touch.purchase.is_none_or(|id| !contradicted.contains(&id)));
    let keys: BTreeSet<String> = purchases.iter().flat_map(|p| p.state.partner_keys.iter().cloned()).collect();
    world.keys = store::world::partner_keys(tx, scope, &keys).await?;
    let named: BTreeSet<EnrollmentId> =
        named(&touches, &world, &commissions).into_iter().chain(tallied.iter().filter_map(|one| one.enrollment)).collect();
    world.enrollments = store::world::enrollments(tx, scope, &named).await?;
    let customers = store::customer::lock(tx, &members).await?;
    let signups: Vec<Signup> = customers.iter().filter_map(|row| signup(row, &by_server)).collect();
    let trials = store::trial::of_customers(tx, &members).await?;
    let person = Person {
        root: group.root,
        claimed: group.claimed || !signups.is_empty(),
        ambiguous: group.ambiguous,
        same: group.same.clone(),
        doubtful: group.doubtful.clone(),
        signups,
        trials: trials.into_iter().map(|row| Trial { customer: row.customer_id, at: row.began_at }).collect(),
        touches,
        purchases,
        standing: beside_sales(&commissions, &paid),
        rates: BTreeMap::new(),
    };
    let (stated, rated, cases) = (BTreeMap::new(), BTreeSet::new(), BTreeMap::new());
    let mut gathered = Gathered { person, world, commissions, tallied, posted, stated, paid, rated, cases, merged, codes };
    stated::gather(tx, scope, &mut gathered).await?;
    watch::gather(tx, scope, &mut gathered, (&customers, &identities)).await?;
    Ok(gathered)
}

fn signup(row: &customer::Model, by_server: &BTreeMap<CustomerId, DateTime<Utc>>) -> Option<Signup> {
    let (customer, at) = (row.id, row.signed_up_at?);
    Some(Signup { customer, at, told_by_server_at: by_server.get(&customer).copied() })
}

/// What the objects behind a purchase add: its subscription and its buyer.
#[derive(Default)]
struct Behind {
    skip: bool,
    named: Vec<String>,
    buyer: Traits,
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

/// Looks up what stands behind a purchase. Its lines learn what is known of their prices and products.
async fn behind(tx: &DatabaseTransaction, source: &Source, state: &mut PurchaseState) -> Result<Behind, StoreError> {
    let sold = state.lines.iter().flat_map(|line| line.price.iter().chain(&line.product));
    let objects: BTreeSet<&str> = state.subscription.iter().chain(&state.payer.buyer).chain(sold).map(String::as_str).collect();
    let objects: Vec<&str> = objects.into_iter().collect();
    let facts = store::snapshot::facts(tx, source.connection, source.scope, &objects).await?;
    let mut behind = Behind::default();
    state.learn(&facts);
    for persona in facts.values().filter_map(Fact::persona) {
        behind.skip |= persona.skip;
        behind.named.extend(persona.external_id.clone());
    }
    if let Some(Fact::Buyer(buyer)) = state.payer.buyer.as_ref().and_then(|buyer| facts.get(buyer)) {
        behind.buyer = buyer.traits.at(state.at.unwrap_or(state.known_at)).cloned().unwrap_or_default();
    }
    Ok(behind)
}

/// ID-6: looked up by its key, as a contradicted buyer is found with one of those whom sources name, and its purchases are all of theirs.
async fn buyer_disputed(tx: &DatabaseTransaction, source: &Source, state: &PurchaseState) -> Result<bool, StoreError> {
    let key = state.payer.buyer.as_ref().map(|buyer| (IdentityKind::StripeCustomer, at_connection(source.connection, buyer)));
    Ok(store::identity::find(tx, source.scope, key.as_slice()).await?.iter().any(|row| row.disputed))
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

/// What was decided by hand, and what was paid out, of what purchases do not earn on the first level.
pub fn beside_sales(commissions: &[commission::Model], paid: &BTreeMap<CommissionId, Paid>) -> BTreeMap<(EnrollmentId, Origin), Standing> {
    let others = commissions.iter().filter(|row| row.kind != CommissionKind::Sale);
    others.filter_map(|row| Some(((row.enrollment_id, row.subject.parse().ok()?), standing_of(row, row.currency, paid)))).collect()
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

/// What is stored of how customers were brought.
struct Evidence {
    touches: Vec<Touch>,
    /// The codes behind touches.
    codes: BTreeMap<TouchId, String>,
    /// When the merchant's server first told of a customer.
    by_server: BTreeMap<CustomerId, DateTime<Utc>>,
}

async fn evidence(tx: &DatabaseTransaction, scope: Scope, members: &[CustomerId]) -> Result<Evidence, StoreError> {
    let rows = store::touch::of_customers(tx, members).await?;
    // Oldest first, so the last that is put in is the first one.
    let by_server = rows.iter().rev().filter(|row| signup::told_by_server(row)).map(|row| (row.customer_id, row.at)).collect();
    let code = |row: &touch::Model| Some((row.id, row.promotion_code.clone().or_else(|| row.coupon.clone())?));
    let codes = rows.iter().filter_map(code).collect();
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
    Ok(Evidence { touches: rows.into_iter().filter(|row| row.rejected_at.is_none()).map(touch).collect(), codes, by_server })
}

/// Every enrollment that any evidence, code, key or stored commission names.
fn named(touches: &[Touch], world: &World, commissions: &[commission::Model]) -> BTreeSet<EnrollmentId> {
    let by_touch = touches.iter().flat_map(|t| [t.enrollment, t.click.map(|click| click.enrollment)]).flatten();
    let by_code = world.codes.iter().map(|mapping| mapping.enrollment);
    let by_key = world.keys.values().copied();
    by_touch.chain(by_code).chain(by_key).chain(commissions.iter().map(|row| row.enrollment_id)).collect()
}
