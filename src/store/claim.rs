//! What each source says of who somebody is (ID-1): kept by source, so that it can be taken back.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
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
    });
    Entity::insert_many(rows).exec_without_returning(db).await?;
    Ok(())
}

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
        .column(Column::Value)
        .column(Column::Trusted)
        .column_as(Column::StatedAt.min(), "since")
        .column_as(Column::EndedAt.max(), "until")
        .column_as(Column::Id.count(), "all")
        .column_as(Column::EndedAt.count(), "ended")
        .filter(Column::CustomerId.eq(customer))
        .filter(Column::Kind.eq(IdentityKind::EmailHash))
        .group_by(Column::Value)
        .group_by(Column::Trusted);
    let mut emails: BTreeMap<String, StatedEmail> = BTreeMap::new();
    type Row = (String, bool, DateTime<Utc>, Option<DateTime<Utc>>, i64, i64);
    for (value, trusted, at, until, all, ended) in query.into_tuple::<Row>().all(db).await? {
        let until = until.filter(|_| all == ended);
        let email =
            emails.entry(value).or_insert_with_key(|value| StatedEmail { value: value.clone(), at, trusted_at: None, ended_at: until });
        email.at = email.at.min(at);
        if trusted {
            // Whoever is not believed cannot keep it from ending either.
            (email.trusted_at, email.ended_at) = (Some(at), until);
        }
    }
    Ok(emails.into_values().collect())
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

/// Gives the e-mails of a customer with one hash another hash of the same address. A source that states both keeps one.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn rehash<C: ConnectionTrait>(db: &C, customer: CustomerId, from: &str, to: &str) -> Result<(), StoreError> {
    let own = Condition::all().add(Column::CustomerId.eq(customer)).add(Column::Kind.eq(IdentityKind::EmailHash));
    let with = |hash: &str| own.clone().add(Column::Value.eq(hash));
    let known: BTreeSet<String> = Entity::find().filter(with(to)).all(db).await?.into_iter().map(|row| row.source).collect();
    Entity::delete_many().filter(with(from)).filter(Column::Source.is_in(known)).exec(db).await?;
    let change = ActiveModel { value: Set(to.to_owned()), ..Default::default() };
    Entity::update_many().set(change).filter(with(from)).exec(db).await?;
    Ok(())
}
