//! Identities: the keys that find a customer (ID-1), and which external id each source named for a payment provider's customer (ID-6).

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entity::identity::{ActiveModel, Column, Entity, Model};
use entity::identity_claim as claim;
use entity::value::{CustomerId, IdentityClaimId, IdentityId, IdentityKind};
use sea_orm::sea_query::{Condition, ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect};

use super::StoreError;
use crate::domain::access::Scope;

/// How many different external ids of one identity are looked at. More than one is trouble enough.
const CLAIMED: u64 = 20;

/// A kind and a value.
pub type Key = (IdentityKind, String);

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
    let query = Entity::find().filter(Column::MerchantId.eq(scope.merchant())).filter(Column::Livemode.eq(scope.livemode())).filter(any);
    Ok(query.all(db).await?)
}

/// All identities of these customers.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn of_customers<C: ConnectionTrait>(db: &C, customers: &[CustomerId]) -> Result<Vec<Model>, StoreError> {
    Ok(Entity::find().filter(Column::CustomerId.is_in(customers.iter().copied())).all(db).await?)
}

/// Gives an identity to a customer, unless one has it already.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn give<C: ConnectionTrait>(db: &C, scope: Scope, customer: CustomerId, key: &Key, now: DateTime<Utc>) -> Result<(), StoreError> {
    let model = ActiveModel {
        id: Set(IdentityId::new_at(now)),
        merchant_id: Set(scope.merchant()),
        livemode: Set(scope.livemode()),
        kind: Set(key.0),
        value: Set(key.1.clone()),
        customer_id: Set(customer),
        disputed: Set(false),
        created_at: Set(now),
    };
    let query = Entity::insert(model).on_conflict(OnConflict::new().do_nothing().to_owned());
    query.exec_without_returning(db).await?;
    Ok(())
}

/// Hands all identities of one customer to another. An e-mail that both have stays once.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn move_to<C: ConnectionTrait>(db: &C, from: CustomerId, to: CustomerId) -> Result<(), StoreError> {
    let emails = Entity::find()
        .select_only()
        .column(Column::Value)
        .filter(Column::CustomerId.eq(to))
        .filter(Column::Kind.eq(IdentityKind::EmailHash))
        .into_tuple::<String>()
        .all(db)
        .await?;
    if !emails.is_empty() {
        let double = Column::CustomerId.eq(from).and(Column::Kind.eq(IdentityKind::EmailHash)).and(Column::Value.is_in(emails));
        Entity::delete_many().filter(double).exec(db).await?;
    }
    let change = ActiveModel { customer_id: Set(to), ..Default::default() };
    Entity::update_many().set(change).filter(Column::CustomerId.eq(from)).exec(db).await?;
    Ok(())
}

/// Takes e-mails from a customer: deleted at the source, found by them no more (ID-9).
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn forget_emails<C: ConnectionTrait>(db: &C, customer: CustomerId, hashes: &[String]) -> Result<(), StoreError> {
    let these = Column::CustomerId.eq(customer).and(Column::Kind.eq(IdentityKind::EmailHash));
    Entity::delete_many().filter(these.and(Column::Value.is_in(hashes.iter().map(String::as_str)))).exec(db).await?;
    Ok(())
}

/// Gives an e-mail identity another hash of the same address. Where the customer has that one already, the old one goes.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn rehash<C: ConnectionTrait>(db: &C, identity: &Model, hash: &str) -> Result<(), StoreError> {
    let there = Column::CustomerId.eq(identity.customer_id).and(Column::Kind.eq(IdentityKind::EmailHash)).and(Column::Value.eq(hash));
    if Entity::find().filter(there).count(db).await? > 0 {
        Entity::delete_by_id(identity.id).exec(db).await?;
        return Ok(());
    }
    let change = ActiveModel { value: Set(hash.to_owned()), ..Default::default() };
    Entity::update_many().set(change).filter(Column::Id.eq(identity.id)).exec(db).await?;
    Ok(())
}

/// Records that `source` named these external ids for an identity; what it named before is replaced.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn claim<C: ConnectionTrait>(db: &C, scope: Scope, source: &str, key: &Key, external_ids: &[String]) -> Result<(), StoreError> {
    let rows: Vec<(String, usize)> = external_ids.iter().cloned().zip(0..).collect();
    for (external_id, place) in rows {
        let model = claim::ActiveModel {
            id: Set(IdentityClaimId::new()),
            merchant_id: Set(scope.merchant()),
            livemode: Set(scope.livemode()),
            source: Set(format!("{source}#{place}")),
            identity_kind: Set(key.0),
            identity_value: Set(key.1.clone()),
            external_id: Set(external_id),
        };
        let columns = [
            claim::Column::MerchantId,
            claim::Column::Livemode,
            claim::Column::Source,
            claim::Column::IdentityKind,
            claim::Column::IdentityValue,
        ];
        let conflict = OnConflict::columns(columns).update_column(claim::Column::ExternalId).to_owned();
        claim::Entity::insert(model).on_conflict(conflict).exec_without_returning(db).await?;
    }
    Ok(())
}

/// The external ids that all sources together named for an identity. More than one is a contradiction (ID-6).
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn claimed<C: ConnectionTrait>(db: &C, scope: Scope, key: &Key) -> Result<BTreeSet<String>, StoreError> {
    let query = claim::Entity::find()
        .select_only()
        .column(claim::Column::ExternalId)
        .distinct()
        .filter(claim::Column::MerchantId.eq(scope.merchant()))
        .filter(claim::Column::Livemode.eq(scope.livemode()))
        .filter(claim::Column::IdentityKind.eq(key.0))
        .filter(claim::Column::IdentityValue.eq(key.1.as_str()))
        .limit(CLAIMED);
    Ok(query.into_tuple::<String>().all(db).await?.into_iter().collect())
}

/// Marks whether an identity is contradicted (ID-6).
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn set_disputed<C: ConnectionTrait>(db: &C, scope: Scope, key: &Key, disputed: bool) -> Result<(), StoreError> {
    let change = ActiveModel { disputed: Set(disputed), ..Default::default() };
    let query = Entity::update_many()
        .set(change)
        .filter(Column::MerchantId.eq(scope.merchant()))
        .filter(Column::Livemode.eq(scope.livemode()))
        .filter(Column::Kind.eq(key.0))
        .filter(Column::Value.eq(key.1.as_str()))
        .filter(Column::Disputed.ne(disputed));
    query.exec(db).await?;
    Ok(())
}
