//! What is known of each Stripe object: its last body, and the fact joined from all tellings (IN-6).

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::snapshot::{ActiveModel, Column, Entity, Model};
use entity::value::{ConnectionId, PurchaseId, SnapshotId};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, sea_query::OnConflict};

use super::StoreError;
use crate::domain::access::Scope;
use crate::domain::fact::Fact;

/// A snapshot to be stored.
pub struct Snapshot<'a> {
    /// The object.
    pub object: &'a str,
    /// Everything told of it so far.
    pub fact: &'a Fact,
    /// The body of the newest telling, or nothing to keep the stored one.
    pub body: Option<&'a serde_json::Value>,
    /// The purchase that it belongs to.
    pub purchase: Option<PurchaseId>,
}

/// The stored snapshots of these objects.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find<C: ConnectionTrait>(db: &C, connection: ConnectionId, scope: Scope, objects: &[&str]) -> Result<Vec<Model>, StoreError> {
    if objects.is_empty() {
        return Ok(Vec::new());
    }
    let query = Entity::find()
        .filter(Column::ConnectionId.eq(connection))
        .filter(Column::Livemode.eq(scope.livemode()))
        .filter(Column::MerchantId.eq(scope.merchant()))
        .filter(Column::ObjectId.is_in(objects.iter().copied()));
    Ok(query.all(db).await?)
}

/// What is known of these objects, by id.
///
/// # Errors
/// [`StoreError`] when the database fails or a stored fact cannot be read.
pub async fn facts<C: ConnectionTrait>(
    db: &C,
    connection: ConnectionId,
    scope: Scope,
    objects: &[&str],
) -> Result<BTreeMap<String, Fact>, StoreError> {
    find(db, connection, scope, objects).await?.into_iter().map(read).collect()
}

/// What is known of all objects of a purchase, by id.
///
/// # Errors
/// [`StoreError`] when the database fails or a stored fact cannot be read.
pub async fn of_purchase<C: ConnectionTrait>(db: &C, purchase: PurchaseId) -> Result<BTreeMap<String, Fact>, StoreError> {
    let models = Entity::find().filter(Column::PurchaseId.eq(purchase)).all(db).await?;
    models.into_iter().map(read).collect()
}

/// The fact of a snapshot.
///
/// # Errors
/// [`StoreError::Corrupt`] when it cannot be read.
pub fn fact(model: &Model) -> Result<Fact, StoreError> {
    serde_json::from_value(model.fact.clone()).map_err(|error| StoreError::Corrupt { what: "fact", why: error.to_string() })
}

fn read(model: Model) -> Result<(String, Fact), StoreError> {
    let fact = fact(&model)?;
    Ok((model.object_id, fact))
}

/// Stores a snapshot in place of what was known of the object.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn save<C: ConnectionTrait>(
    db: &C,
    connection: ConnectionId,
    scope: Scope,
    snapshot: &Snapshot<'_>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let json = serde_json::to_value(snapshot.fact).map_err(|error| StoreError::Corrupt { what: "fact", why: error.to_string() })?;
    let body = snapshot.body.map(|body| body.to_string().into_bytes());
    let took = snapshot.fact.took();
    let mut updated = vec![Column::SourceAt, Column::Fact, Column::PurchaseId, Column::UpdatedAt];
    updated.extend([Column::MoneyAt, Column::Money, Column::MoneyCurrency]);
    if body.is_some() {
        updated.push(Column::Body);
    }
    let model = ActiveModel {
        id: Set(SnapshotId::new_at(now)),
        merchant_id: Set(scope.merchant()),
        livemode: Set(scope.livemode()),
        connection_id: Set(connection),
        object_id: Set(snapshot.object.to_owned()),
        kind: Set(snapshot.fact.kind().to_owned()),
        source_at: Set(snapshot.fact.stamp().at),
        body: Set(body.unwrap_or_default()),
        fact: Set(json),
        purchase_id: Set(snapshot.purchase),
        money_at: Set(took.map(|took| took.at)),
        money: Set(took.map(|took| took.amount)),
        money_currency: Set(took.map(|took| took.currency)),
        created_at: Set(now),
        updated_at: Set(now),
    };
    let conflict = OnConflict::columns([Column::ConnectionId, Column::Livemode, Column::ObjectId]).update_columns(updated).to_owned();
    Entity::insert(model).on_conflict(conflict).exec_without_returning(db).await?;
    Ok(())
}

/// Those of these objects of which something was told at or after `since`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn told_since<C: ConnectionTrait>(
    db: &C,
    connection: ConnectionId,
    objects: &[&str],
    since: DateTime<Utc>,
) -> Result<Vec<String>, StoreError> {
    let query = Entity::find()
        .select_only()
        .column(Column::ObjectId)
        .filter(Column::ConnectionId.eq(connection))
        .filter(Column::ObjectId.is_in(objects.iter().copied()))
        .filter(Column::SourceAt.gte(since));
    Ok(query.into_tuple().all(db).await?)
}

/// Hands the objects of one purchase to another.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn move_to<C: ConnectionTrait>(db: &C, from: PurchaseId, to: PurchaseId) -> Result<(), StoreError> {
    let change = ActiveModel { purchase_id: Set(Some(to)), ..Default::default() };
    Entity::update_many().set(change).filter(Column::PurchaseId.eq(from)).exec(db).await?;
    Ok(())
}
