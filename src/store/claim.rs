//! What each source says of who somebody is (ID-1): kept by source, so that it can be taken back.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use entity::identity;
use entity::identity_claim::{ActiveModel, Column, Entity, Model};
use entity::value::{CustomerId, IdentityClaimId, IdentityKind, InterventionId};
use sea_orm::sea_query::{Condition, OnConflict, Query};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::StoreError;
use super::identity::Key;
use crate::domain::access::Scope;

/// How many different external ids of one key are looked at. More than one is trouble enough.
const EXTERNAL_IDS: u64 = 20;

/// A key as a source states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stated {
    /// The key.
    pub key: Key,
    /// Since when the source says so.
    pub at: DateTime<Utc>,
    /// Until when, if that is over.
    pub ended_at: Option<DateTime<Utc>>,
    /// Whether it is believed against what was matched before.
    pub trusted: bool,
    /// Whether a page says it.
    pub by_page: bool,
    /// The name that the source gives.
    pub name: Option<String>,
    /// The address of an e-mail's hash.
    pub email: Option<String>,
}

fn of(scope: Scope) -> Condition {
    Condition::all().add(Column::MerchantId.eq(scope.merchant())).add(Column::Livemode.eq(scope.livemode()))
}

fn naming(scope: Scope, key: &Key) -> Condition {
    of(scope).add(Column::Kind.eq(key.0)).add(Column::Value.eq(key.1.as_str()))
}

/// What a source says.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn of_source<C: ConnectionTrait>(db: &C, scope: Scope, source: &str) -> Result<Vec<Model>, StoreError> {
    Ok(Entity::find().filter(of(scope)).filter(Column::Source.eq(source)).all(db).await?)
}

/// Stores what a source says in place of what it said before.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn replace<C: ConnectionTrait>(
    db: &C,
    scope: Scope,
    source: &str,
    customer: CustomerId,
    stated: &[Stated],
) -> Result<(), StoreError> {
    Entity::delete_many().filter(of(scope)).filter(Column::Source.eq(source)).exec(db).await?;
    if stated.is_empty() {
        return Ok(());
    }
    let rows = stated.iter().map(|one| ActiveModel {
        id: Set(IdentityClaimId::new()),
        merchant_id: Set(scope.merchant()),
        livemode: Set(scope.livemode()),
        source: Set(source.to_owned()),
        kind: Set(one.key.0),
        value: Set(one.key.1.clone()),
        customer_id: Set(customer),
        stated_at: Set(one.at),
        ended_at: Set(one.ended_at),
        trusted: Set(one.trusted),
        by_page: Set(one.by_page),
        name: Set(one.name.clone()),
        email: Set(one.email.clone()),
    });
    Entity::insert_many(rows).exec_without_returning(db).await?;
    let named = Condition::any();
    let named = stated.iter().filter(|one| !one.by_page).fold(named, |any, one| any.add(naming(scope, &one.key)));
    if !named.is_empty() {
        Entity::delete_many().filter(named).filter(Column::Source.starts_with(BEFORE)).exec(db).await?;
    }
    Ok(())
}

/// What the sources are called that stand for what was known before sources were kept. Who names a key itself, and is no page, stands for it
/// from then on.
const BEFORE: &str = "before:";

/// Lets another source say what this one said, beside its own.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn pass_on<C: ConnectionTrait>(db: &C, scope: Scope, from: &str, to: &str) -> Result<(), StoreError> {
    let rows = of_source(db, scope, from).await?;
    if rows.is_empty() {
        return Ok(());
    }
    Entity::delete_many().filter(of(scope)).filter(Column::Source.eq(from)).exec(db).await?;
    let rows = rows.into_iter().map(|row| ActiveModel { source: Set(to.to_owned()), ..row.into() });
    let query = Entity::insert_many(rows).on_conflict(OnConflict::new().do_nothing().to_owned());
    query.exec_without_returning(db).await?;
    Ok(())
}

/// The sources that name a key.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn sources<C: ConnectionTrait>(db: &C, scope: Scope, key: &Key) -> Result<BTreeSet<String>, StoreError> {
    let query = Entity::find().select_only().column(Column::Source).filter(naming(scope, key));
    Ok(query.into_tuple::<String>().all(db).await?.into_iter().collect())
}

/// The sources that have named a key since before `at`, at most a few.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn named_before<C: ConnectionTrait>(db: &C, scope: Scope, key: &Key, at: DateTime<Utc>) -> Result<BTreeSet<String>, StoreError> {
    let before = naming(scope, key).add(Column::StatedAt.lt(at));
    let query = Entity::find().select_only().column(Column::Source).filter(before).order_by_asc(Column::StatedAt).limit(EXTERNAL_IDS);
    Ok(query.into_tuple::<String>().all(db).await?.into_iter().collect())
}

/// The external ids that sources other than `source` name together with a key. More than one is a contradiction (ID-6).
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn external_ids_beside<C: ConnectionTrait>(
    db: &C,
    scope: Scope,
    key: &Key,
    source: &str,
) -> Result<BTreeSet<String>, StoreError> {
    let naming = Query::select().column(Column::Source).from(Entity).cond_where(naming(scope, key)).to_owned();
    let query = Entity::find()
        .select_only()
        .column(Column::Value)
        .distinct()
        .filter(of(scope))
        .filter(Column::Kind.eq(IdentityKind::ExternalId))
        .filter(Column::Source.ne(source))
        .filter(Column::Source.in_subquery(naming))
        .order_by_asc(Column::Value)
        .limit(EXTERNAL_IDS);
    Ok(query.into_tuple::<String>().all(db).await?.into_iter().collect())
}

/// Whether any source but `source` names the key.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn named_elsewhere<C: ConnectionTrait>(db: &C, scope: Scope, key: &Key, source: &str) -> Result<bool, StoreError> {
    Ok(Entity::find().filter(naming(scope, key)).filter(Column::Source.ne(source)).one(db).await?.is_some())
}

/// What the sources are called that are words by hand.
const BY_HAND: &str = "merge:";

/// The source that a word by hand is, by its intervention (ID-7).
#[must_use]
pub fn by_hand(intervention: InterventionId) -> String {
    format!("{BY_HAND}{intervention}")
}

/// Those of these keys that a word by hand names.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn named_by_hand<C: ConnectionTrait>(db: &C, scope: Scope, keys: &[Key]) -> Result<Vec<Key>, StoreError> {
    let mut named = Vec::new();
    for key in keys {
        let query = Entity::find().filter(naming(scope, key)).filter(Column::Source.starts_with(BY_HAND));
        if query.one(db).await?.is_some() {
            named.push(key.clone());
        }
    }
    Ok(named)
}

/// Whether any source but `source` is taken to be about this customer.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn spoken_of_elsewhere<C: ConnectionTrait>(db: &C, customer: CustomerId, source: &str) -> Result<bool, StoreError> {
    Ok(Entity::find().filter(Column::CustomerId.eq(customer)).filter(Column::Source.ne(source)).one(db).await?.is_some())
}

/// An e-mail of a customer, as all sources together state it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatedEmail {
    /// Its hash.
    pub value: String,
    /// Since when any source says so.
    pub at: DateTime<Utc>,
    /// Since when a source says so that is believed.
    pub trusted_at: Option<DateTime<Utc>>,
    /// Since when one of these says so that is no page.
    pub proven_at: Option<DateTime<Utc>>,
    /// Until when any source said so, if none does any longer.
    pub ended_at: Option<DateTime<Utc>>,
}

/// The e-mails that all sources together name for a customer.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn emails<C: ConnectionTrait>(db: &C, customer: CustomerId) -> Result<Vec<StatedEmail>, StoreError> {
    let query = Entity::find()
        .select_only()
        .columns([Column::Value, Column::Trusted, Column::ByPage])
        .column_as(Column::StatedAt.min(), "since")
        .column_as(Column::EndedAt.max(), "until")
        .column_as(Column::Id.count(), "all")
        .column_as(Column::EndedAt.count(), "ended")
        .filter(Column::CustomerId.eq(customer))
        .filter(Column::Kind.eq(IdentityKind::EmailHash))
        .group_by(Column::Value)
        .group_by(Column::Trusted)
        .group_by(Column::ByPage);
    let mut said: BTreeMap<String, Vec<Said>> = BTreeMap::new();
    type Row = (String, bool, bool, DateTime<Utc>, Option<DateTime<Utc>>, i64, i64);
    for (value, trusted, by_page, at, until, all, ended) in query.into_tuple::<Row>().all(db).await? {
        said.entry(value).or_default().push(Said { trusted, by_page, at, ended_at: until.filter(|_| all == ended) });
    }
    Ok(said.into_iter().filter_map(|(value, said)| together(value, &said)).collect())
}

/// What sources of one kind say of an e-mail.
struct Said {
    trusted: bool,
    by_page: bool,
    at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
}

fn together(value: String, said: &[Said]) -> Option<StatedEmail> {
    let first = |of: &dyn Fn(&&Said) -> bool| said.iter().filter(of).map(|one| one.at).min();
    let trusted_at = first(&|one| one.trusted);
    // Whoever is not believed cannot keep it from ending either.
    let ends: Option<Vec<DateTime<Utc>>> = said.iter().filter(|one| one.trusted || trusted_at.is_none()).map(|one| one.ended_at).collect();
    Some(StatedEmail {
        value,
        at: first(&|_| true)?,
        trusted_at,
        proven_at: first(&|one| one.trusted && !one.by_page),
        ended_at: ends.and_then(|ends| ends.into_iter().max()),
    })
}

/// What all sources together call a customer: a name and an address. Of several the first counts, and whoever is believed before a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Called {
    /// The name.
    pub name: Option<String>,
    /// The address, normalised.
    pub email: Option<String>,
}

/// What all sources together call a customer.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn called<C: ConnectionTrait>(db: &C, customer: CustomerId) -> Result<Called, StoreError> {
    let first = |column: Column| async move {
        let query = Entity::find()
            .select_only()
            .column(column)
            .filter(Column::CustomerId.eq(customer))
            .filter(column.is_not_null())
            .order_by_desc(Column::Trusted)
            .order_by_asc(Column::ByPage)
            .order_by_asc(Column::StatedAt)
            .order_by_asc(column);
        query.into_tuple::<String>().one(db).await
    };
    Ok(Called { name: first(Column::Name).await?, email: first(Column::Email).await? })
}

/// The addresses of these customers that the merchant's server or the payment provider told: what a page says is no evidence against anybody
/// (FR-1).
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn proven_addresses<C: ConnectionTrait>(
    db: &C,
    customers: &[CustomerId],
) -> Result<BTreeMap<CustomerId, BTreeSet<String>>, StoreError> {
    let query = Entity::find()
        .select_only()
        .columns([Column::CustomerId, Column::Email])
        .distinct()
        .filter(Column::CustomerId.is_in(customers.iter().copied()))
        .filter(Column::Kind.eq(IdentityKind::EmailHash))
        .filter(Column::Trusted.eq(true))
        .filter(Column::ByPage.eq(false))
        .filter(Column::Email.is_not_null());
    let mut found: BTreeMap<CustomerId, BTreeSet<String>> = BTreeMap::new();
    for (customer, email) in query.into_tuple::<(CustomerId, String)>().all(db).await? {
        found.entry(customer).or_default().insert(email);
    }
    Ok(found)
}

/// Takes what is said of one customer to be about another.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn move_to<C: ConnectionTrait>(db: &C, from: CustomerId, to: CustomerId) -> Result<(), StoreError> {
    let change = ActiveModel { customer_id: Set(to), ..Default::default() };
    Entity::update_many().set(change).filter(Column::CustomerId.eq(from)).exec(db).await?;
    Ok(())
}

/// Gives a key that is made of an e-mail's hash another hash of the same address, in whatever a customer's sources say. A source that states
/// both keeps one.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn rehash<C: ConnectionTrait>(db: &C, identity: &identity::Model, to: &str) -> Result<(), StoreError> {
    let from = identity.value.as_str();
    let own = Condition::all().add(Column::CustomerId.eq(identity.customer_id)).add(Column::Kind.eq(identity.kind));
    let with = |hash: &str| own.clone().add(Column::Value.eq(hash));
    let known: BTreeSet<String> = Entity::find().filter(with(to)).all(db).await?.into_iter().map(|row| row.source).collect();
    Entity::delete_many().filter(with(from)).filter(Column::Source.is_in(known)).exec(db).await?;
    let change = ActiveModel { value: Set(to.to_owned()), ..Default::default() };
    Entity::update_many().set(change).filter(with(from)).exec(db).await?;
    Ok(())
}
