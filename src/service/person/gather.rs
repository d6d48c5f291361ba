//! Gathering persons: everything that settling them needs, read with a fixed number of queries for any number of persons.
//!
//! One person is gathered to be settled, hundreds at a time to be replayed. It is the same code, so a replay sees what settling sees.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use entity::value::{ClickId, CommissionId, ConnectionId, CustomerId, EnrollmentId, IdentityKind, PurchaseId, PurchaseStatus, TouchId};
use entity::{commission, customer, purchase, touch};
use sea_orm::ConnectionTrait;

use super::{GRACE, Gathered, Group, ORPHAN_AFTER};
use crate::domain::access::Scope;
use crate::domain::fact::{Code, Fact};
use crate::domain::ledger::Standing as Posted;
use crate::domain::person::{Click, CodeMapping, Enrollment, Person, Purchase, Signup, Standing, Touch, World};
use crate::domain::purchase::PurchaseState;
use crate::service::identity::at_connection;
use crate::service::{ServiceError, evidence};
use crate::store::{self, StoreError};

/// How many ids one query names: databases limit the values of a statement.
const IDS: usize = 5_000;

/// Gathers everything that settling these groups needs, in their order.
///
/// # Errors
/// [`ServiceError`] when the database fails or something stored cannot be read.
pub async fn gather<C: ConnectionTrait>(db: &C, scope: Scope, groups: &[Group]) -> Result<Vec<Gathered>, ServiceError> {
    let told = Told::read(db, scope, groups).await?;
    let (mut drafts, wanted) = told.drafts(groups)?;
    let facts = facts(db, scope, &wanted).await?;
    let mut codes = BTreeMap::new();
    for draft in &mut drafts {
        draft.resolve(&facts, &told, &mut codes);
    }
    let mut mappings: BTreeMap<ConnectionId, Vec<CodeMapping>> = BTreeMap::new();
    for (connection, codes) in codes {
        let mut known = store::world::code_mappings(db, connection, scope, &codes).await?;
        // Of one code the last owner first; the order must not depend on the database.
        known.sort_by(|a, b| a.code.cmp(&b.code).then(b.from.cmp(&a.from)).then(a.enrollment.cmp(&b.enrollment)));
        mappings.insert(connection, known);
    }
    let keys: BTreeSet<String> = drafts.iter().flat_map(|draft| draft.partner_keys()).collect();
    let keys = store::world::partner_keys(db, scope, &keys).await?;
    let mut gathered: Vec<Gathered> = Vec::with_capacity(groups.len());
    let mut named = BTreeSet::new();
    for (group, draft) in groups.iter().zip(drafts) {
        let one = draft.finish(group, &mappings, &keys);
        named.extend(one.named());
        gathered.push(one);
    }
    let enrollments = enrollments(db, scope, &named).await?;
    for one in &mut gathered {
        one.world.enrollments = one.named().into_iter().filter_map(|id| Some((id, enrollments.get(&id)?.clone()))).collect();
    }
    Ok(gathered)
}

async fn enrollments<C: ConnectionTrait>(
    db: &C,
    scope: Scope,
    named: &BTreeSet<EnrollmentId>,
) -> Result<BTreeMap<EnrollmentId, Enrollment>, StoreError> {
    let ids: Vec<EnrollmentId> = named.iter().copied().collect();
    let mut known = BTreeMap::new();
    for some in ids.chunks(IDS) {
        known.extend(store::world::enrollments(db, scope, &some.iter().copied().collect()).await?);
    }
    Ok(known)
}

/// Objects whose facts are needed, by connection.
type Wanted = BTreeMap<ConnectionId, BTreeSet<String>>;
/// Facts by connection and object.
type Facts = BTreeMap<ConnectionId, BTreeMap<String, Fact>>;

async fn facts<C: ConnectionTrait>(db: &C, scope: Scope, wanted: &Wanted) -> Result<Facts, StoreError> {
    let mut facts = Facts::new();
    for (connection, objects) in wanted {
        let objects: Vec<&str> = objects.iter().map(String::as_str).collect();
        let known = facts.entry(*connection).or_default();
        for some in objects.chunks(IDS) {
            known.extend(store::snapshot::facts(db, *connection, scope, some).await?);
        }
    }
    Ok(facts)
}

/// What is stored of all groups.
struct Told {
    /// Which group a customer is of.
    group_of: BTreeMap<CustomerId, usize>,
    purchases: Vec<purchase::Model>,
    commissions: Vec<commission::Model>,
    posted: BTreeMap<CommissionId, Posted>,
    paid: BTreeSet<CommissionId>,
    /// Buyers for whom sources name different ids of the merchant's, with their group (ID-6).
    disputed: BTreeSet<(usize, String)>,
    touches: Vec<touch::Model>,
    clicks: BTreeMap<ClickId, Click>,
    customers: Vec<customer::Model>,
}

impl Told {
    async fn read<C: ConnectionTrait>(db: &C, scope: Scope, groups: &[Group]) -> Result<Self, StoreError> {
        let group_of: BTreeMap<CustomerId, usize> =
            groups.iter().zip(0..).flat_map(|(group, place)| group.members.iter().map(move |member| (*member, place))).collect();
        let members: Vec<CustomerId> = group_of.keys().copied().collect();
        let mut told = Self {
            group_of,
            purchases: Vec::new(),
            commissions: Vec::new(),
            posted: BTreeMap::new(),
            paid: BTreeSet::new(),
            disputed: BTreeSet::new(),
            touches: Vec::new(),
            clicks: BTreeMap::new(),
            customers: Vec::new(),
        };
        for some in members.chunks(IDS) {
            told.purchases.extend(store::purchase::of_customers(db, some).await?);
            let identities = store::identity::of_customers(db, some).await?;
            let disputed = identities.into_iter().filter(|row| row.disputed && row.kind == IdentityKind::StripeCustomer);
            told.disputed.extend(disputed.filter_map(|row| Some((*told.group_of.get(&row.customer_id)?, row.value))));
            told.touches.extend(store::touch::of_customers(db, some).await?);
            told.customers.extend(store::customer::by_ids(db, some).await?);
        }
        let purchases: Vec<PurchaseId> = told.purchases.iter().map(|row| row.id).collect();
        for some in purchases.chunks(IDS) {
            told.commissions.extend(store::commission::of_purchases(db, some).await?);
        }
        let commissions: Vec<CommissionId> = told.commissions.iter().map(|row| row.id).collect();
        for some in commissions.chunks(IDS) {
            told.posted.extend(store::ledger::standings(db, some).await?);
            told.paid.extend(store::ledger::paid(db, some).await?);
        }
        let clicks: Vec<_> = told.touches.iter().filter_map(|row| row.click_id).collect();
        for some in clicks.chunks(IDS) {
            told.clicks.extend(store::world::clicks(db, scope, &some.iter().copied().collect()).await?);
        }
        Ok(told)
    }

    /// Sorts what is stored by group, and names the objects behind the purchases.
    fn drafts(&self, groups: &[Group]) -> Result<(Vec<Draft>, Wanted), StoreError> {
        let mut drafts: Vec<Draft> = groups.iter().map(|_| Draft::default()).collect();
        let mut wanted = Wanted::new();
        let place = |customer: Option<CustomerId>| customer.and_then(|id| self.group_of.get(&id).copied());
        let mut place_of_purchase: BTreeMap<PurchaseId, usize> = BTreeMap::new();
        for row in &self.purchases {
            let Some(draft) = place(row.customer_id).and_then(|place| {
                place_of_purchase.insert(row.id, place);
                drafts.get_mut(place)
            }) else {
                continue;
            };
            if row.status == PurchaseStatus::Merged {
                draft.merged.push(row.id);
                continue;
            }
            let (Some(customer), Some(connection)) = (row.customer_id, row.connection_id) else { continue };
            let state = store::purchase::state(row)?;
            let objects = state.subscription.iter().chain(&state.payer.buyer).chain(&state.discounts).cloned();
            wanted.entry(connection).or_default().extend(objects);
            draft.bought.push(Bought {
                id: row.id,
                customer,
                connection,
                told_at: row.created_at,
                state,
                behind: Behind::default(),
                codes: Vec::new(),
            });
        }
        for row in &self.commissions {
            if let Some(draft) = place_of_purchase.get(&row.purchase_id).and_then(|place| drafts.get_mut(*place)) {
                draft.commissions.push(row.clone());
                draft.posted.extend(self.posted.get(&row.id).map(|posted| (row.id, posted.clone())));
                draft.paid.extend(self.paid.get(&row.id).copied());
            }
        }
        for row in &self.touches {
            if let Some(draft) = place(Some(row.customer_id)).and_then(|place| drafts.get_mut(place)) {
                draft.touch(row, &self.clicks);
            }
        }
        for row in &self.customers {
            if let Some(draft) = place(Some(row.id)).and_then(|place| drafts.get_mut(place)) {
                draft.signups.extend(row.signed_up_at.map(|at| Signup { customer: row.id, at }));
            }
        }
        Ok((drafts, wanted))
    }
}

/// A purchase in the making.
struct Bought {
    id: PurchaseId,
    customer: CustomerId,
    connection: ConnectionId,
    told_at: DateTime<Utc>,
    state: PurchaseState,
    behind: Behind,
    codes: Vec<Code>,
}

/// What the objects behind a purchase add: its subscription and its buyer.
#[derive(Default)]
struct Behind {
    skip: bool,
    named: Vec<String>,
    /// Whether sources name different ids of the merchant's for the buyer (ID-6).
    disputed: bool,
}

impl Behind {
    /// How many different external ids the purchase and what is behind it name (ID-6).
    fn external_ids(&self, state: &PurchaseState) -> usize {
        state.payer.external_ids.iter().chain(&self.named).collect::<BTreeSet<_>>().len()
    }
}

/// A person in the making.
#[derive(Default)]
struct Draft {
    bought: Vec<Bought>,
    merged: Vec<PurchaseId>,
    commissions: Vec<commission::Model>,
    posted: BTreeMap<CommissionId, Posted>,
    paid: BTreeSet<CommissionId>,
    touches: Vec<Touch>,
    codes: BTreeMap<TouchId, String>,
    signups: Vec<Signup>,
}

impl Draft {
    fn touch(&mut self, row: &touch::Model, clicks: &BTreeMap<ClickId, Click>) {
        self.codes.extend(row.promotion_code.clone().or_else(|| row.coupon.clone()).map(|code| (row.id, code)));
        if row.rejected_at.is_some() {
            return;
        }
        self.touches.push(Touch {
            id: row.id,
            customer: row.customer_id,
            kind: row.kind,
            at: row.at,
            click: row.click_id.and_then(|id| clicks.get(&id).copied()),
            enrollment: row.enrollment_id,
            purchase: row.purchase_id,
        });
    }

    /// Adds what the objects behind the purchases say, and names the codes that are to be looked up.
    fn resolve(&mut self, facts: &Facts, told: &Told, codes: &mut BTreeMap<ConnectionId, BTreeSet<Code>>) {
        let none = BTreeMap::new();
        for bought in &mut self.bought {
            let known = facts.get(&bought.connection).unwrap_or(&none);
            let state = &bought.state;
            for persona in state.subscription.iter().chain(&state.payer.buyer).filter_map(|object| known.get(object)?.persona()) {
                bought.behind.skip |= persona.skip;
                bought.behind.named.extend(persona.external_id.clone());
            }
            bought.behind.disputed = told.disputes(bought);
            bought.codes = evidence::codes_of(state, known);
            if !bought.codes.is_empty() {
                codes.entry(bought.connection).or_default().extend(bought.codes.iter().cloned());
            }
        }
    }

    fn partner_keys(&self) -> impl Iterator<Item = String> {
        self.bought.iter().flat_map(|bought| bought.state.partner_keys.iter().cloned())
    }

    fn finish(self, group: &Group, mappings: &BTreeMap<ConnectionId, Vec<CodeMapping>>, keys: &BTreeMap<String, EnrollmentId>) -> Gathered {
        let own_keys: BTreeSet<String> = self.partner_keys().collect();
        let mut world = World {
            grace: GRACE,
            orphan_after: ORPHAN_AFTER,
            keys: own_keys.into_iter().filter_map(|key| keys.get(&key).map(|id| (key, *id))).collect(),
            ..World::default()
        };
        for bought in &self.bought {
            let known = mappings
                .get(&bought.connection)
                .into_iter()
                .flatten()
                .filter(|mapping| bought.codes.iter().any(|code| names(code, mapping)));
            for mapping in known {
                if !world.codes.contains(mapping) {
                    world.codes.push(mapping.clone());
                }
            }
        }
        let Self { bought, merged, commissions, posted, paid, touches, codes, signups } = self;
        let mut standing = standing(&commissions, &paid);
        let purchases = bought.into_iter().map(|one| Purchase {
            id: one.id,
            customer: one.customer,
            told_at: one.told_at,
            skip: one.state.skip || one.behind.skip,
            conflict: one.behind.disputed || one.behind.external_ids(&one.state) > 1,
            standing: standing.remove(&one.id).unwrap_or_default(),
            codes: one.codes,
            state: one.state,
        });
        let purchases = purchases.collect();
        let person = Person { root: group.root, claimed: group.claimed, ambiguous: group.ambiguous, signups, touches, purchases };
        Gathered { person, world, commissions, posted, merged, codes }
    }
}

impl Told {
    /// Whether the buyer of a purchase is one for whom sources name different ids (ID-6).
    fn disputes(&self, bought: &Bought) -> bool {
        let buyer = bought.state.payer.buyer.as_ref().map(|buyer| at_connection(bought.connection, buyer));
        let key = self.group_of.get(&bought.customer).copied().zip(buyer);
        key.is_some_and(|key| self.disputed.contains(&key))
    }
}

impl Gathered {
    /// Every enrollment that any evidence, code, key or stored commission names.
    fn named(&self) -> BTreeSet<EnrollmentId> {
        let by_touch = self.person.touches.iter().flat_map(|t| [t.enrollment, t.click.map(|click| click.enrollment)]).flatten();
        let by_code = self.world.codes.iter().map(|mapping| mapping.enrollment);
        let by_key = self.world.keys.values().copied();
        by_touch.chain(by_code).chain(by_key).chain(self.commissions.iter().map(|row| row.enrollment_id)).collect()
    }
}

/// Whether a mapping is of the promotion code or the coupon of a code.
fn names(code: &Code, mapping: &CodeMapping) -> bool {
    let by = |own: &Option<String>, other: &Option<String>| own.is_some() && own == other;
    by(&mapping.code.promotion_code, &code.promotion_code) || by(&mapping.code.coupon, &code.coupon)
}

/// What was decided by hand and paid out, by purchase and enrollment.
fn standing(commissions: &[commission::Model], paid: &BTreeSet<CommissionId>) -> BTreeMap<PurchaseId, BTreeMap<EnrollmentId, Standing>> {
    let mut all: BTreeMap<PurchaseId, BTreeMap<EnrollmentId, Standing>> = BTreeMap::new();
    for row in commissions {
        let standing = Standing { approved: row.approved_at.is_some(), rejected: row.rejected_at.is_some(), paid: paid.contains(&row.id) };
        all.entry(row.purchase_id).or_default().insert(row.enrollment_id, standing);
    }
    all
}
