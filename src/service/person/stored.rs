//! What is stored of some groups, read with one query a kind of thing.

use std::collections::{BTreeMap, BTreeSet};

use entity::value::{CommissionId, ConnectionId, CustomerId, EnrollmentId, PurchaseId, PurchaseStatus};
use entity::{commission, customer, identity, purchase, touch, trial};
use sea_orm::DatabaseTransaction;

use super::behind::objects;
use crate::domain::access::Scope;
use crate::domain::fact::{Code, Fact};
use crate::domain::kin::Group;
use crate::domain::person::{Click, CodeMapping};
use crate::domain::purchase::PurchaseState;
use crate::service::evidence;
use crate::service::identity::at_connection;
use crate::store::ledger::Standings;
use crate::store::payout::Claims;
use crate::store::tally::Sheet;
use crate::store::{self, StoreError};

/// How many objects are asked for at a time: a database takes only so many values in one statement.
const OBJECTS: usize = 5_000;

/// A stored purchase.
pub(super) struct Row {
    pub model: purchase::Model,
    /// Its state, unless another purchase took it over.
    pub state: Option<PurchaseState>,
}

/// What is stored of one group, each list in the order in which it is stored.
#[derive(Default)]
pub(super) struct Own {
    pub customers: Vec<customer::Model>,
    pub purchases: Vec<Row>,
    pub identities: Vec<identity::Model>,
    pub touches: Vec<touch::Model>,
    pub trials: Vec<trial::Model>,
    pub commissions: Vec<commission::Model>,
    pub posted: BTreeMap<CommissionId, Standings>,
    pub claims: Claims,
    /// What is stored of what the person adds to sums over many persons.
    pub tallied: Vec<store::tally::Stored>,
}

/// What is stored of all groups.
pub(super) struct Stored {
    groups: Vec<Own>,
    facts: BTreeMap<ConnectionId, BTreeMap<String, Fact>>,
    mappings: BTreeMap<ConnectionId, Vec<CodeMapping>>,
    /// The buyers of whom nobody knows whose they are (ID-6), as `<connection id>/<Stripe id>`.
    disputed: BTreeSet<String>,
    /// The clicks behind touches.
    pub clicks: BTreeMap<entity::value::ClickId, Click>,
    /// The partners whom metadata names.
    pub keys: BTreeMap<String, EnrollmentId>,
}

impl Stored {
    /// Reads everything.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails or something stored cannot be read.
    pub async fn read(tx: &DatabaseTransaction, scope: Scope, groups: &[Group], sheet: Sheet) -> Result<Self, StoreError> {
        let places: BTreeMap<CustomerId, usize> =
            groups.iter().enumerate().flat_map(|(place, group)| group.members.iter().map(move |id| (*id, place))).collect();
        let members: Vec<CustomerId> = places.keys().copied().collect();
        let mut own = Split { places: &places, groups: groups.iter().map(|_| Own::default()).collect() };
        for model in store::purchase::of_customers(tx, &members).await? {
            let lives = model.status != PurchaseStatus::Merged && model.connection_id.is_some();
            let state = if lives { Some(store::purchase::state(&model)?) } else { None };
            own.put(model.customer_id, |own| own.purchases.push(Row { model, state }));
        }
        for row in store::customer::by_ids(tx, &members).await? {
            own.put(Some(row.id), |own| own.customers.push(row));
        }
        for row in store::identity::of_customers(tx, &members).await? {
            own.put(Some(row.customer_id), |own| own.identities.push(row));
        }
        let touches = store::touch::of_customers(tx, &members).await?;
        let clicks: BTreeSet<_> = touches.iter().filter_map(|row| row.click_id).collect();
        for row in touches {
            own.put(Some(row.customer_id), |own| own.touches.push(row));
        }
        let mut stored = Self {
            groups: own.groups,
            facts: BTreeMap::new(),
            mappings: BTreeMap::new(),
            disputed: BTreeSet::new(),
            clicks: store::world::clicks(tx, scope, &clicks).await?,
            keys: BTreeMap::new(),
        };
        stored.read_money(tx, sheet).await?;
        stored.read_objects(tx, scope).await?;
        Ok(stored)
    }

    /// Reads trials and commissions, and what stands on the ledger for them.
    async fn read_money(&mut self, tx: &DatabaseTransaction, sheet: Sheet) -> Result<(), StoreError> {
        let purchases = |(place, own): (usize, &Own)| own.purchases.iter().map(|row| (row.model.id, place)).collect::<Vec<_>>();
        let places: BTreeMap<PurchaseId, usize> = self.groups.iter().enumerate().flat_map(purchases).collect();
        let ids: Vec<PurchaseId> = places.keys().copied().collect();
        let customers = |(place, own): (usize, &Own)| own.customers.iter().map(|row| (row.id, place)).collect::<Vec<_>>();
        let of_leads: BTreeMap<CustomerId, usize> = self.groups.iter().enumerate().flat_map(customers).collect();
        let members: Vec<CustomerId> = of_leads.keys().copied().collect();
        for row in store::trial::of_customers(tx, &members).await? {
            if let Some(own) = of_leads.get(&row.customer_id).and_then(|place| self.groups.get_mut(*place)) {
                own.trials.push(row);
            }
        }
        let commissions = store::commission::of_person(tx, &ids, &members).await?;
        let of: Vec<CommissionId> = commissions.iter().map(|row| row.id).collect();
        let mut posted = store::ledger::standings(tx, &of).await?;
        let mut claims = store::payout::claims(tx, &of).await?;
        for row in commissions {
            let place = row.purchase_id.and_then(|id| places.get(&id)).or_else(|| row.customer_id.and_then(|id| of_leads.get(&id)));
            let Some(own) = place.and_then(|place| self.groups.get_mut(*place)) else { continue };
            own.posted.extend(posted.remove(&row.id).map(|standings| (row.id, standings)));
            own.claims.paid.extend(claims.paid.remove(&row.id).map(|paid| (row.id, paid)));
            own.claims.planned.extend(claims.planned.remove(&row.id).map(|planned| (row.id, planned)));
            own.commissions.push(row);
        }
        for one in store::tally::of_person(tx, sheet, &ids, &members).await? {
            let place = one.row.purchase_id.and_then(|id| places.get(&id)).or_else(|| one.row.customer_id.and_then(|id| of_leads.get(&id)));
            if let Some(own) = place.and_then(|place| self.groups.get_mut(*place)) {
                own.tallied.push(one);
            }
        }
        Ok(())
    }

    /// Reads what purchases point to: the objects behind them, codes, buyers in doubt, and partners named by key.
    async fn read_objects(&mut self, tx: &DatabaseTransaction, scope: Scope) -> Result<(), StoreError> {
        let mut wanted: BTreeMap<ConnectionId, BTreeSet<&str>> = BTreeMap::new();
        let (mut buyers, mut keys) = (BTreeSet::new(), BTreeSet::new());
        for (connection, state) in states(&self.groups) {
            let of = wanted.entry(connection).or_default();
            of.extend(objects(state));
            of.extend(state.discounts.iter().map(String::as_str));
            buyers.extend(state.payer.buyer.as_ref().map(|buyer| at_connection(connection, buyer)));
            keys.extend(state.partner_keys.iter().cloned());
        }
        for (connection, objects) in wanted {
            let objects: Vec<&str> = objects.into_iter().collect();
            for some in objects.chunks(OBJECTS) {
                let facts = store::snapshot::facts(tx, connection, scope, some).await?;
                self.facts.entry(connection).or_default().extend(facts);
            }
        }
        self.disputed = store::identity::disputed_buyers(tx, scope, &buyers).await?;
        self.keys = store::world::partner_keys(tx, scope, &keys).await?;
        let mut codes: BTreeMap<ConnectionId, BTreeSet<Code>> = BTreeMap::new();
        for (connection, state) in states(&self.groups) {
            codes.entry(connection).or_default().extend(evidence::codes_among(state, self.facts(connection)));
        }
        for (connection, codes) in codes {
            self.mappings.insert(connection, store::world::code_mappings(tx, connection, scope, &codes).await?);
        }
        Ok(())
    }

    /// What is stored of the group at this place; once.
    pub fn take(&mut self, place: usize) -> Own {
        self.groups.get_mut(place).map(std::mem::take).unwrap_or_default()
    }

    /// What is known of the objects of a connection to which any purchase points.
    pub fn facts(&self, connection: ConnectionId) -> &BTreeMap<String, Fact> {
        static NONE: BTreeMap<String, Fact> = BTreeMap::new();
        self.facts.get(&connection).unwrap_or(&NONE)
    }

    /// The mappings of these codes, and of no others.
    pub fn mappings<'a>(&'a self, connection: ConnectionId, codes: &'a [Code]) -> impl Iterator<Item = &'a CodeMapping> {
        let is_of = |mapping: &&CodeMapping| {
            codes.iter().any(|code| match &mapping.code.promotion_code {
                Some(own) => code.promotion_code.as_ref() == Some(own),
                None => mapping.code.coupon.is_some() && code.coupon == mapping.code.coupon,
            })
        };
        self.mappings.get(&connection).into_iter().flatten().filter(is_of)
    }

    /// ID-6: looked up by its key, as a contradicted buyer is found with one of those whom sources name, and its purchases are all of theirs.
    pub fn is_disputed(&self, connection: ConnectionId, state: &PurchaseState) -> bool {
        state.payer.buyer.as_ref().is_some_and(|buyer| self.disputed.contains(&at_connection(connection, buyer)))
    }
}

fn states(groups: &[Own]) -> impl Iterator<Item = (ConnectionId, &PurchaseState)> {
    groups.iter().flat_map(|own| &own.purchases).filter_map(|row| Some((row.model.connection_id?, row.state.as_ref()?)))
}

/// Gives rows to the groups of their customers.
struct Split<'a> {
    places: &'a BTreeMap<CustomerId, usize>,
    groups: Vec<Own>,
}

impl Split<'_> {
    fn put(&mut self, customer: Option<CustomerId>, put: impl FnOnce(&mut Own)) {
        let place = customer.and_then(|id| self.places.get(&id));
        if let Some(own) = place.and_then(|place| self.groups.get_mut(*place)) {
            put(own);
        }
    }
}
