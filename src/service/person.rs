//! Gathering a person: which customers are one, and everything that settling them needs.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};
use entity::value::{
    ClickId, CommissionId, CommissionKind, ConnectionId, Currency, CustomerId, EnrollmentId, IdentityKind, PurchaseId, PurchaseStatus,
    TouchId, TouchKind,
};
use entity::{commission, customer, fraud_case, identity, touch};
use sea_orm::DatabaseTransaction;

use super::facts::Source;
use super::{ServiceError, evidence, stated, watch};
use crate::domain::access::Scope;
use crate::domain::fact::{Code, Fact, Traits};
use crate::domain::kin::{self, Circle, Group};
use crate::domain::person::{Person, Purchase, Signup, Standing, Touch, World};
use crate::domain::purchase::PurchaseState;
use crate::store::ledger::{Paid, Standings};
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
    /// The purchases that others have taken over.
    pub merged: Vec<PurchaseId>,
    /// The codes behind touches, as `<connection id>/<Stripe id>`.
    pub codes: BTreeMap<TouchId, String>,
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

/// Who is one person with a customer ([`kin`]).
async fn find_group(tx: &DatabaseTransaction, scope: Scope, start: CustomerId) -> Result<Option<Group>, StoreError> {
    let Some(own) = live(tx, start).await? else { return Ok(None) };
    let circle = circle(tx, scope, own.id).await?;
    let group = kin::group(&circle, own.id);
    match group {
        Some(Group { root, claimed: true, .. }) if root != own.id => {
            let circle = self::circle(tx, scope, root).await?;
            Ok(kin::group(&circle, own.id))
        }
        group => Ok(group),
    }
}

/// Everyone who can be reached from a customer by e-mails and clicks, going on from those only to whom the merchant gave no id. What too
/// many share leads nowhere.
async fn circle(tx: &DatabaseTransaction, scope: Scope, start: CustomerId) -> Result<Circle, StoreError> {
    let (mut circle, mut frontier) = (Circle::new(), BTreeSet::from([start]));
    let (mut emails, mut clicks) = (BTreeMap::new(), BTreeMap::new());
    // One more than counts is enough to know that there are too many.
    let (limit, most) = (kin::MOST + 1, kin::MOST * 8);
    while !frontier.is_empty() && circle.len() < most {
        let layer = store::kin::known(tx, &frontier.into_iter().collect::<Vec<_>>()).await?;
        let leads_on = layer.iter().filter(|(id, known)| **id == start || !known.claimed).map(|(_, known)| known);
        let fresh: BTreeSet<String> =
            leads_on.clone().flat_map(|known| known.emails.keys()).filter(|e| !emails.contains_key(*e)).cloned().collect();
        let by_email = store::kin::having_emails(tx, scope, &fresh, limit).await?;
        let fresh: BTreeSet<ClickId> = leads_on.flat_map(|known| &known.clicks).filter(|c| !clicks.contains_key(*c)).copied().collect();
        let by_click = store::kin::having_clicks(tx, &fresh, limit).await?;
        circle.extend(layer);
        let sharing = by_email.values().chain(by_click.values()).filter(|all| all.len() <= kin::MOST);
        frontier = sharing.flatten().copied().filter(|id| !circle.contains_key(id)).collect();
        emails.extend(by_email);
        clicks.extend(by_click);
    }
    for known in circle.values_mut() {
        let emails_told = known.emails.len();
        known.emails.retain(|email, _| emails.get(email).is_none_or(|all| all.len() <= kin::MOST));
        known.clicks.retain(|click| clicks.get(click).is_none_or(|all| all.len() <= kin::MOST));
        known.crowded = known.emails.len() < emails_told;
    }
    Ok(circle)
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
        let disputed = buyer_disputed(&identities, connection, &state);
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
    let (mut touches, codes) = touches(tx, scope, &members).await?;
    // Of whom a contradicted purchase is nobody knows (ID-6), so its evidence is nobody's.
    let contradicted: BTreeSet<PurchaseId> = purchases.iter().filter(|p| p.conflict).map(|p| p.id).collect();
    touches.retain(|touch| touch.purchase.is_none_or(|id| !contradicted.contains(&id)));
    let keys: BTreeSet<String> = purchases.iter().flat_map(|p| p.state.partner_keys.iter().cloned()).collect();
    world.keys = store::world::partner_keys(tx, scope, &keys).await?;
    let named: BTreeSet<EnrollmentId> = named(&touches, &world, &commissions);
    world.enrollments = store::world::enrollments(tx, scope, &named).await?;
    let customers = store::customer::lock(tx, &members).await?;
    let signups: Vec<Signup> = customers.iter().filter_map(|row| Some(Signup { customer: row.id, at: row.signed_up_at? })).collect();
    let person = Person {
        root: group.root,
        claimed: group.claimed || !signups.is_empty(),
        ambiguous: group.ambiguous,
        same: group.same.clone(),
        doubtful: group.doubtful.clone(),
        signups,
        touches,
        purchases,
    };
    let (stated, rated, cases) = (BTreeMap::new(), BTreeSet::new(), BTreeMap::new());
    let mut gathered = Gathered { person, world, commissions, posted, stated, paid, rated, cases, merged, codes };
    stated::gather(tx, scope, &mut gathered).await?;
    watch::gather(tx, scope, &mut gathered, (&customers, &identities)).await?;
    Ok(gathered)
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

/// The touches of these customers, and the codes behind them.
async fn touches(
    tx: &DatabaseTransaction,
    scope: Scope,
    members: &[CustomerId],
) -> Result<(Vec<Touch>, BTreeMap<TouchId, String>), StoreError> {
    let rows = store::touch::of_customers(tx, members).await?;
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
    Ok((rows.into_iter().filter(|row| row.rejected_at.is_none()).map(touch).collect(), codes))
}

/// Every enrollment that any evidence, code, key or stored commission names.
fn named(touches: &[Touch], world: &World, commissions: &[commission::Model]) -> BTreeSet<EnrollmentId> {
    let by_touch = touches.iter().flat_map(|t| [t.enrollment, t.click.map(|click| click.enrollment)]).flatten();
    let by_code = world.codes.iter().map(|mapping| mapping.enrollment);
    let by_key = world.keys.values().copied();
    by_touch.chain(by_code).chain(by_key).chain(commissions.iter().map(|row| row.enrollment_id)).collect()
}
