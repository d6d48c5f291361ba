//! Gathering everything that settling persons needs.
//!
//! Reads with one query a kind of thing, however many persons are asked for (`stored`); decides nothing.

mod behind;
mod stored;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};
use entity::value::{CommissionId, CommissionKind, Currency, EnrollmentId, PurchaseId, PurchaseStatus, TouchId, TouchKind};
use entity::{commission, customer, fraud_case, touch};
use sea_orm::DatabaseTransaction;

use self::behind::Behind;
use self::stored::{Own, Stored};
use super::{ServiceError, evidence, signup, stated, watch};
use crate::domain::access::Scope;
use crate::domain::kin::Group;
use crate::domain::origin::Origin;
use crate::domain::person::{Person, Purchase, Signup, Standing, Touch, Trial, World};
use crate::domain::terms_span::Proposal;
use crate::store;
use crate::store::ledger::Standings;
use crate::store::payout::{Claims, Paid};
use crate::store::tally::Sheet;

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
    pub tallied: Vec<store::tally::Stored>,
    /// What stands on the ledger for each of them.
    pub posted: BTreeMap<CommissionId, Standings>,
    /// The same in the program's currency, for those that are stated in one (MO-2).
    pub stated: BTreeMap<CommissionId, Standings>,
    /// What payouts claim of those of which they do.
    pub claims: Claims,
    /// The purchases for which a rate was found that they do not use yet.
    pub rated: BTreeSet<PurchaseId>,
    /// The purchases that used rates for another day than is theirs.
    pub outdated: BTreeSet<PurchaseId>,
    /// The cases of fraud of those that have one.
    pub cases: BTreeMap<CommissionId, fraud_case::Model>,
    /// The purchases that others have taken over.
    pub merged: Vec<PurchaseId>,
    /// The codes behind touches, as `<connection id>/<Stripe id>`.
    pub codes: BTreeMap<TouchId, String>,
}

/// Gathers everything that settling a locked group needs: the same few queries however long its history is.
///
/// # Errors
/// [`ServiceError`] when the database fails or something stored cannot be read.
pub async fn gather(tx: &DatabaseTransaction, scope: Scope, group: &Group) -> Result<Gathered, ServiceError> {
    let one = gather_supposing(tx, scope, std::slice::from_ref(group), (None, Sheet::Ledger)).await?.pop();
    one.ok_or_else(|| ServiceError::Internal("a group that was asked for was not gathered".to_owned()))
}

/// Gathers the same for several groups, in their order, with as many queries as for one; as if a program's purchases of a time were judged by
/// another version, where one is proposed. What they add to sums over many persons is read from the sheet as well.
///
/// # Errors
/// As [`gather`].
pub async fn gather_supposing(
    tx: &DatabaseTransaction,
    scope: Scope,
    groups: &[Group],
    (proposal, sheet): (Option<&Proposal>, Sheet),
) -> Result<Vec<Gathered>, ServiceError> {
    let mut stored = Stored::read(tx, scope, groups, sheet).await?;
    let (mut all, mut known) = (Vec::with_capacity(groups.len()), Vec::with_capacity(groups.len()));
    for (place, group) in groups.iter().enumerate() {
        let own = stored.take(place);
        known.push((own.customers.clone(), own.identities.clone()));
        all.push(one(&stored, group, own)?);
    }
    let named: Vec<BTreeSet<EnrollmentId>> = all.iter().map(named).collect();
    let enrollments = store::world::enrollments(tx, scope, &named.iter().flatten().copied().collect(), proposal).await?;
    for (gathered, named) in all.iter_mut().zip(named) {
        let recruiters = named.iter().filter_map(|id| enrollments.get(id)).flat_map(|known| known.recruiters.iter().map(|one| one.by));
        let wanted: BTreeSet<EnrollmentId> = named.iter().copied().chain(recruiters).collect();
        gathered.world.enrollments = wanted.iter().filter_map(|id| Some((*id, enrollments.get(id)?.clone()))).collect();
    }
    stated::gather(tx, scope, &mut all).await?;
    watch::gather(tx, scope, &mut all, &known).await?;
    Ok(all)
}

/// What is stored of one group, put together; without the enrollments and what depends on them.
fn one(stored: &Stored, group: &Group, own: Own) -> Result<Gathered, ServiceError> {
    let mut world = World { grace: GRACE, orphan_after: ORPHAN_AFTER, ..World::default() };
    let merged = own.purchases.iter().filter(|row| row.model.status == PurchaseStatus::Merged).map(|row| row.model.id).collect();
    let mut purchases = Vec::with_capacity(own.purchases.len());
    for row in own.purchases {
        let (Some(customer), Some(connection), Some(mut state)) = (row.model.customer_id, row.model.connection_id, row.state) else {
            continue;
        };
        let facts = stored.facts(connection);
        let behind = Behind::of(&mut state, facts);
        let codes = evidence::codes_among(&state, facts);
        let mappings = stored.mappings(connection, &codes);
        world.codes.extend(mappings.filter(|mapping| !world.codes.contains(mapping)).cloned().collect::<Vec<_>>());
        purchases.push(Purchase {
            id: row.model.id,
            customer,
            told_at: row.model.created_at,
            codes,
            skip: state.skip || behind.skip,
            conflict: stored.is_disputed(connection, &state) || behind.external_ids(&state, &own.identities) > 1,
            buyer: behind.buyer,
            standing: standing(&own.commissions, row.model.id, state.currency, &own.claims),
            state,
        });
    }
    let Evidence { mut touches, codes, by_server } = evidence(stored, own.touches);
    // Of whom a contradicted purchase is nobody knows (ID-6), so its evidence is nobody's.
    let contradicted: BTreeSet<PurchaseId> = purchases.iter().filter(|p| p.conflict).map(|p| p.id).collect();
    touches.retain(|touch| touch.purchase.is_none_or(|id| !contradicted.contains(&id)));
    let keys = purchases.iter().flat_map(|p| &p.state.partner_keys);
    world.keys = keys.filter_map(|key| Some((key.clone(), *stored.keys.get(key)?))).collect();
    let signup = |row: &customer::Model| {
        let (customer, at) = (row.id, row.signed_up_at?);
        Some(Signup { customer, at, told_by_server_at: by_server.get(&customer).copied() })
    };
    let signups: Vec<Signup> = own.customers.iter().filter_map(signup).collect();
    let person = Person {
        root: group.root,
        claimed: group.claimed || !signups.is_empty(),
        ambiguous: group.ambiguous,
        same: group.same.clone(),
        doubtful: group.doubtful.clone(),
        signups,
        trials: own.trials.iter().map(|row| Trial { customer: row.customer_id, at: row.began_at, object: row.object_id.clone() }).collect(),
        touches,
        purchases,
        standing: beside_sales(&own.commissions, &own.claims),
        rates: BTreeMap::new(),
    };
    let (stated, rated, outdated, cases) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new(), BTreeMap::new());
    let (commissions, tallied, posted, claims) = (own.commissions, own.tallied, own.posted, own.claims);
    Ok(Gathered { person, world, commissions, tallied, posted, stated, claims, rated, outdated, cases, merged, codes })
}

fn standing(
    commissions: &[commission::Model],
    purchase: PurchaseId,
    currency: Currency,
    claims: &Claims,
) -> BTreeMap<EnrollmentId, Standing> {
    let own = commissions.iter().filter(|row| row.purchase_id == Some(purchase) && row.kind == CommissionKind::Sale);
    own.map(|row| (row.enrollment_id, standing_of(row, currency, claims))).collect()
}

/// What was decided by hand, and what was paid out, of what purchases do not earn on the first level.
#[must_use]
pub fn beside_sales(commissions: &[commission::Model], claims: &Claims) -> BTreeMap<(EnrollmentId, Origin), Standing> {
    let others = commissions.iter().filter(|row| row.kind != CommissionKind::Sale);
    others.filter_map(|row| Some(((row.enrollment_id, row.subject.parse().ok()?), standing_of(row, row.currency, claims)))).collect()
}

fn standing_of(row: &commission::Model, currency: Currency, claims: &Claims) -> Standing {
    let paid = claims.paid.get(&row.id);
    Standing {
        approved: row.approved_at.is_some(),
        rejected: row.rejected_at.is_some(),
        paid: paid.map(|paid| paid.sum(currency)),
        on_its_way: paid.is_some_and(Paid::is_on_its_way),
        planned: claims.planned.get(&row.id).is_some_and(|planned| planned.is_reserved(currency)),
        paid_at: paid.map(|paid| paid.since),
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
    by_server: BTreeMap<entity::value::CustomerId, DateTime<Utc>>,
}

fn evidence(stored: &Stored, rows: Vec<touch::Model>) -> Evidence {
    // Oldest first, so the last that is put in is the first one.
    let by_server = rows.iter().rev().filter(|row| signup::told_by_server(row)).map(|row| (row.customer_id, row.at)).collect();
    let code = |row: &touch::Model| Some((row.id, row.promotion_code.clone().or_else(|| row.coupon.clone())?));
    let codes = rows.iter().filter_map(code).collect();
    let touch = |row: touch::Model| Touch {
        id: row.id,
        customer: row.customer_id,
        kind: row.kind,
        at: row.at,
        said_at: if row.kind == TouchKind::Manual { row.created_at.max(row.at) } else { row.at },
        click: row.click_id.and_then(|id| stored.clicks.get(&id).copied()),
        enrollment: row.enrollment_id,
        purchase: row.purchase_id,
    };
    Evidence { touches: rows.into_iter().filter(|row| row.rejected_at.is_none()).map(touch).collect(), codes, by_server }
}

/// Every enrollment that any evidence, code, key or stored commission names.
fn named(gathered: &Gathered) -> BTreeSet<EnrollmentId> {
    let by_touch = gathered.person.touches.iter().flat_map(|t| [t.enrollment, t.click.map(|click| click.enrollment)]).flatten();
    let by_code = gathered.world.codes.iter().map(|mapping| mapping.enrollment);
    let by_key = gathered.world.keys.values().copied();
    let by_sums = gathered.tallied.iter().filter_map(|one| one.enrollment);
    by_touch.chain(by_code).chain(by_key).chain(gathered.commissions.iter().map(|row| row.enrollment_id)).chain(by_sums).collect()
}
