//! Identities: the keys that find a customer (ID-1), as all sources together state them ([`super::claim`]).

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entity::identity::{ActiveModel, Column, Entity, Model};
use entity::value::{CustomerId, IdentityId, IdentityKind};
use sea_orm::sea_query::{Condition, ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect};

use super::StoreError;
use super::claim::StatedEmail;
use crate::domain::access::Scope;

/// A kind and a value.
pub type Key = (IdentityKind, String);

fn of(scope: Scope) -> Condition {
    Condition::all().add(Column::MerchantId.eq(scope.merchant())).add(Column::Livemode.eq(scope.livemode()))
}

fn with(scope: Scope, key: &Key) -> Condition {
    of(scope).add(Column::Kind.eq(key.0)).add(Column::Value.eq(key.1.as_str()))
}

/// The identities with these keys.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find<C: ConnectionTrait>(db: &C, scope: Scope, keys: &[Key]) -> Result<Vec<Model>, StoreError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let mut any = Condition::any();
    for (kind, value) in keys {
        any = any.add(Condition::all().add(Column::Kind.eq(*kind)).add(Column::Value.eq(value.as_str())));
    }
    Ok(Entity::find().filter(of(scope)).filter(any).all(db).await?)
}

/// Those of these buyers that are contradicted (ID-6), each as `<connection id>/<Stripe id>`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn disputed_buyers<C: ConnectionTrait>(db: &C, scope: Scope, buyers: &BTreeSet<String>) -> Result<BTreeSet<String>, StoreError> {
    if buyers.is_empty() {
        return Ok(BTreeSet::new());
    }
    let query = Entity::find()
        .select_only()
        .column(Column::Value)
        .filter(of(scope))
        .filter(Column::Kind.eq(IdentityKind::StripeCustomer))
        .filter(Column::Value.is_in(buyers.iter().map(String::as_str)))
        .filter(Column::Disputed.eq(true));
    Ok(query.into_tuple::<String>().all(db).await?.into_iter().collect())
}

/// All identities of these customers.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn of_customers<C: ConnectionTrait>(db: &C, customers: &[CustomerId]) -> Result<Vec<Model>, StoreError> {
    Ok(Entity::find().filter(Column::CustomerId.is_in(customers.iter().copied())).all(db).await?)
}

/// Lets a key that is one customer's alone find this one, whomever it found before. True when that is new.
///
/// # Errors
/// [`StoreError`] when the database fails; [`StoreError::Raced`] when another transaction gives the key away meanwhile.
pub async fn give<C: ConnectionTrait>(
    db: &C,
    scope: Scope,
    customer: CustomerId,
    key: &Key,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let change = ActiveModel { customer_id: Set(customer), ..Default::default() };
    let query = Entity::update_many().set(change).filter(with(scope, key)).filter(Column::CustomerId.ne(customer));
    if query.exec(db).await?.rows_affected > 0 {
        return Ok(true);
    }
    let model = fresh(scope, customer, key, Times { stated: now, trusted: Some(now), proven: Some(now), ended: None }, now);
    let query = Entity::insert(model).on_conflict(OnConflict::new().do_nothing().to_owned());
    if query.exec_without_returning(db).await? > 0 {
        return Ok(true);
    }
    // Nothing was stored: it is this customer's already, or somebody gave it to another one at this very moment.
    match Entity::find().filter(with(scope, key)).one(db).await? {
        Some(row) if row.customer_id == customer => Ok(false),
        _ => Err(StoreError::Raced("an identity")),
    }
}

/// Since when it is stated, since when it is believed, since when by no page, and until when.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Times {
    stated: DateTime<Utc>,
    trusted: Option<DateTime<Utc>>,
    proven: Option<DateTime<Utc>>,
    ended: Option<DateTime<Utc>>,
}

impl Times {
    const fn of(row: &Model) -> Self {
        Self { stated: row.stated_at, trusted: row.trusted_at, proven: row.proven_at, ended: row.ended_at }
    }
}

fn fresh(scope: Scope, customer: CustomerId, key: &Key, times: Times, now: DateTime<Utc>) -> ActiveModel {
    ActiveModel {
        id: Set(IdentityId::new_at(now)),
        merchant_id: Set(scope.merchant()),
        livemode: Set(scope.livemode()),
        kind: Set(key.0),
        value: Set(key.1.clone()),
        customer_id: Set(customer),
        disputed: Set(false),
        stated_at: Set(times.stated),
        trusted_at: Set(times.trusted),
        proven_at: Set(times.proven),
        ended_at: Set(times.ended),
        created_at: Set(now),
    }
}

/// Takes a key away that no source names any more. Gives whom it found.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn take_away<C: ConnectionTrait>(db: &C, scope: Scope, key: &Key) -> Result<Option<CustomerId>, StoreError> {
    let known = Entity::find().filter(with(scope, key)).one(db).await?;
    if known.is_some() {
        Entity::delete_many().filter(with(scope, key)).exec(db).await?;
    }
    Ok(known.map(|row| row.customer_id))
}

/// Makes the e-mails of a customer those that are stated. Gives the values that came, went, or are stated since another time.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn set_emails<C: ConnectionTrait>(
    db: &C,
    scope: Scope,
    customer: CustomerId,
    stated: &[StatedEmail],
    now: DateTime<Utc>,
) -> Result<BTreeSet<String>, StoreError> {
    let own = Column::CustomerId.eq(customer).and(Column::Kind.eq(IdentityKind::EmailHash));
    let known = Entity::find().filter(own).all(db).await?;
    let mut changed = BTreeSet::new();
    for row in known.iter().filter(|row| !stated.iter().any(|one| one.value == row.value)) {
        Entity::delete_by_id(row.id).exec(db).await?;
        changed.insert(row.value.clone());
    }
    for one in stated {
        let times = Times { stated: one.at, trusted: one.trusted_at, proven: one.proven_at, ended: one.ended_at };
        match known.iter().find(|row| row.value == one.value) {
            Some(row) if Times::of(row) == times => continue,
            Some(row) => {
                let (stated_at, trusted_at) = (Set(one.at), Set(one.trusted_at));
                let (proven_at, ended_at) = (Set(one.proven_at), Set(one.ended_at));
                let change = ActiveModel { stated_at, trusted_at, proven_at, ended_at, ..Default::default() };
                Entity::update_many().set(change).filter(Column::Id.eq(row.id)).exec(db).await?;
            }
            None => {
                let key = (IdentityKind::EmailHash, one.value.clone());
                Entity::insert(fresh(scope, customer, &key, times, now)).exec_without_returning(db).await?;
            }
        }
        changed.insert(one.value.clone());
    }
    Ok(changed)
}

/// Hands all identities of one customer to another but the e-mails, which follow from what is said of them.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn move_to<C: ConnectionTrait>(db: &C, from: CustomerId, to: CustomerId) -> Result<(), StoreError> {
    let emails = Column::CustomerId.eq(from).and(Column::Kind.eq(IdentityKind::EmailHash));
    Entity::delete_many().filter(emails).exec(db).await?;
    let change = ActiveModel { customer_id: Set(to), ..Default::default() };
    Entity::update_many().set(change).filter(Column::CustomerId.eq(from)).exec(db).await?;
    Ok(())
}

/// Gives an identity that is made of an e-mail's hash another hash of the same address. Where that one is there already, the old one goes.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn rehash<C: ConnectionTrait>(db: &C, identity: &Model, hash: &str) -> Result<(), StoreError> {
    let own = (identity.kind == IdentityKind::EmailHash).then(|| Column::CustomerId.eq(identity.customer_id));
    let there = Condition::all()
        .add(Column::MerchantId.eq(identity.merchant_id))
        .add(Column::Livemode.eq(identity.livemode))
        .add(Column::Kind.eq(identity.kind))
        .add(Column::Value.eq(hash))
        .add_option(own);
    if Entity::find().filter(there).count(db).await? > 0 {
        Entity::delete_by_id(identity.id).exec(db).await?;
        return Ok(());
    }
    let change = ActiveModel { value: Set(hash.to_owned()), ..Default::default() };
    Entity::update_many().set(change).filter(Column::Id.eq(identity.id)).exec(db).await?;
    Ok(())
}

/// Marks whether an identity is contradicted (ID-6). True when that is new.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn set_disputed<C: ConnectionTrait>(db: &C, scope: Scope, key: &Key, disputed: bool) -> Result<bool, StoreError> {
    let change = ActiveModel { disputed: Set(disputed), ..Default::default() };
    let query = Entity::update_many().set(change).filter(with(scope, key)).filter(Column::Disputed.ne(disputed));
    Ok(query.exec(db).await?.rows_affected > 0)
}
