//! Purchases and the references that they own (SL-1, SL-8).

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entity::purchase::{ActiveModel, Column, Entity, Model};
use entity::purchase_reference as reference;
use entity::value::{ConnectionId, CustomerId, PayoutId, PurchaseId, PurchaseStatus};
use entity::{ledger_entry, payout_line};
use sea_orm::sea_query::{LockType, OnConflict, Query};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::StoreError;
use crate::domain::access::Scope;
use crate::domain::purchase::PurchaseState;

/// The purchases that own any of these references, each once.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn owners<C: ConnectionTrait>(
    db: &C,
    connection: ConnectionId,
    scope: Scope,
    references: &BTreeSet<String>,
) -> Result<BTreeSet<PurchaseId>, StoreError> {
    let query = reference::Entity::find()
        .filter(reference::Column::ConnectionId.eq(connection))
        .filter(reference::Column::Livemode.eq(scope.livemode()))
        .filter(reference::Column::Reference.is_in(references));
    Ok(query.all(db).await?.into_iter().map(|row| row.purchase_id).collect())
}

/// Everything that a purchase owns.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn references<C: ConnectionTrait>(db: &C, purchase: PurchaseId) -> Result<BTreeSet<String>, StoreError> {
    let rows = reference::Entity::find().filter(reference::Column::PurchaseId.eq(purchase)).all(db).await?;
    Ok(rows.into_iter().map(|row| row.reference).collect())
}

/// Those of these references whose purchase is an invoice's.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn billed<C: ConnectionTrait>(
    db: &C,
    connection: ConnectionId,
    references: &BTreeSet<String>,
) -> Result<BTreeSet<String>, StoreError> {
    let mut invoices = Query::select();
    invoices.column(Column::Id).from(Entity).and_where(Column::ConnectionId.eq(connection)).and_where(Column::Key.starts_with("invoice:"));
    let query = reference::Entity::find()
        .select_only()
        .column(reference::Column::Reference)
        .filter(reference::Column::ConnectionId.eq(connection))
        .filter(reference::Column::Reference.is_in(references))
        .filter(reference::Column::PurchaseId.in_subquery(invoices));
    Ok(query.into_tuple().all(db).await?.into_iter().collect())
}

/// Gives references to a purchase; those that it owns already stay.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn own<C: ConnectionTrait>(
    db: &C,
    connection: ConnectionId,
    scope: Scope,
    purchase: PurchaseId,
    references: &BTreeSet<String>,
) -> Result<(), StoreError> {
    if references.is_empty() {
        return Ok(());
    }
    let rows = references.iter().map(|text| reference::ActiveModel {
        id: Set(Uuid::now_v7()),
        merchant_id: Set(scope.merchant()),
        livemode: Set(scope.livemode()),
        connection_id: Set(connection),
        reference: Set(text.clone()),
        purchase_id: Set(purchase),
    });
    let columns = [reference::Column::ConnectionId, reference::Column::Livemode, reference::Column::Reference];
    let conflict = OnConflict::columns(columns).update_column(reference::Column::PurchaseId).to_owned();
    reference::Entity::insert_many(rows).on_conflict(conflict).exec_without_returning(db).await?;
    Ok(())
}

/// A purchase by id.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn by_id<C: ConnectionTrait>(db: &C, id: PurchaseId) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(id).one(db).await?)
}

/// The purchase that this one became: itself, or the one that took it over (SL-8).
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn live<C: ConnectionTrait>(db: &C, id: PurchaseId) -> Result<Option<Model>, StoreError> {
    let mut next = Some(id);
    while let Some(id) = next {
        match by_id(db, id).await? {
            Some(row) if row.merged_into.is_some() => next = row.merged_into,
            found => return Ok(found),
        }
    }
    Ok(None)
}

/// The purchases of these customers, those merged into others included, oldest first.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn of_customers<C: ConnectionTrait>(db: &C, customers: &[CustomerId]) -> Result<Vec<Model>, StoreError> {
    let query = Entity::find()
        .filter(Column::CustomerId.is_in(customers.iter().copied()))
        .order_by_asc(Column::PurchasedAt)
        .order_by_asc(Column::Id);
    Ok(query.all(db).await?)
}

/// The state of a stored purchase.
///
/// # Errors
/// [`StoreError::Corrupt`] when it cannot be read.
pub fn state(model: &Model) -> Result<PurchaseState, StoreError> {
    serde_json::from_value(model.state.clone()).map_err(|error| StoreError::Corrupt { what: "purchase state", why: error.to_string() })
}

/// What a new purchase, or a new state of one, is stored as.
pub struct Draft<'a> {
    /// Its id.
    pub id: PurchaseId,
    /// Where it was told.
    pub connection: ConnectionId,
    /// Whose it is.
    pub customer: CustomerId,
    /// Its state.
    pub state: &'a PurchaseState,
}

/// Stores a purchase, new or changed.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn save<C: ConnectionTrait>(db: &C, scope: Scope, draft: &Draft<'_>, now: DateTime<Utc>) -> Result<(), StoreError> {
    let state = draft.state;
    let json = serde_json::to_value(state).map_err(|error| StoreError::Corrupt { what: "purchase state", why: error.to_string() })?;
    let returned = state.returned.iter().fold(0_i64, |sum, one| sum.saturating_add(one.amount));
    let model = ActiveModel {
        id: Set(draft.id),
        merchant_id: Set(scope.merchant()),
        livemode: Set(scope.livemode()),
        connection_id: Set(Some(draft.connection)),
        key: Set(state.key.to_string()),
        customer_id: Set(Some(draft.customer)),
        status: Set(state.status),
        purchased_at: Set(state.at),
        currency: Set(Some(state.currency)),
        total: Set(state.total),
        collected: Set(state.collected.saturating_add(state.off_platform)),
        reduction: Set(returned.min(state.collected.saturating_add(state.off_platform))),
        returned_at: Set(state.returned.iter().map(|one| one.at).min()),
        base: Set(0),
        state: Set(json),
        merged_into: Set(None),
        created_at: Set(now),
        updated_at: Set(now),
    };
    let changed = [
        Column::Key,
        Column::CustomerId,
        Column::Status,
        Column::PurchasedAt,
        Column::Currency,
        Column::Total,
        Column::Collected,
        Column::Reduction,
        Column::ReturnedAt,
        Column::State,
        Column::UpdatedAt,
    ];
    let conflict = OnConflict::column(Column::Id).update_columns(changed).to_owned();
    Entity::insert(model).on_conflict(conflict).exec_without_returning(db).await?;
    Ok(())
}

/// Marks a purchase as taken over by another (SL-8), and hands over its references. Its key makes room for the stronger one.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn merge_into<C: ConnectionTrait>(db: &C, weak: PurchaseId, strong: PurchaseId, now: DateTime<Utc>) -> Result<(), StoreError> {
    let change = reference::ActiveModel { purchase_id: Set(strong), ..Default::default() };
    reference::Entity::update_many().set(change).filter(reference::Column::PurchaseId.eq(weak)).exec(db).await?;
    let change = ActiveModel {
        status: Set(PurchaseStatus::Merged),
        key: Set(format!("merged:{weak}")),
        merged_into: Set(Some(strong)),
        updated_at: Set(now),
        ..Default::default()
    };
    Entity::update_many().set(change).filter(Column::Id.eq(weak)).exec(db).await?;
    Ok(())
}

/// Hands the purchases of one customer to another.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn move_to<C: ConnectionTrait>(db: &C, from: CustomerId, to: CustomerId) -> Result<(), StoreError> {
    let change = ActiveModel { customer_id: Set(Some(to)), ..Default::default() };
    Entity::update_many().set(change).filter(Column::CustomerId.eq(from)).exec(db).await?;
    Ok(())
}

/// Writes the base that the current decision found.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn set_base<C: ConnectionTrait>(db: &C, id: PurchaseId, base: i64) -> Result<(), StoreError> {
    let change = ActiveModel { base: Set(base), ..Default::default() };
    Entity::update_many().set(change).filter(Column::Id.eq(id)).filter(Column::Base.ne(base)).exec(db).await?;
    Ok(())
}

/// Opens a purchase that nothing is known of yet, so that references and objects can belong to it.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn open<C: ConnectionTrait>(
    db: &C,
    connection: ConnectionId,
    scope: Scope,
    now: DateTime<Utc>,
) -> Result<PurchaseId, StoreError> {
    let id = PurchaseId::new_at(now);
    let model = ActiveModel {
        id: Set(id),
        merchant_id: Set(scope.merchant()),
        livemode: Set(scope.livemode()),
        connection_id: Set(Some(connection)),
        key: Set(format!("new:{id}")),
        customer_id: Set(None),
        status: Set(PurchaseStatus::PendingParent),
        purchased_at: Set(None),
        currency: Set(None),
        total: Set(0),
        collected: Set(0),
        reduction: Set(0),
        returned_at: Set(None),
        base: Set(0),
        state: Set(serde_json::Value::Null),
        merged_into: Set(None),
        created_at: Set(now),
        updated_at: Set(now),
    };
    Entity::insert(model).exec_without_returning(db).await?;
    Ok(id)
}

/// Purchases by id, smallest id first, locked until the end of the transaction.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn lock<C: ConnectionTrait>(db: &C, ids: &BTreeSet<PurchaseId>) -> Result<Vec<Model>, StoreError> {
    let query = Entity::find().filter(Column::Id.is_in(ids.iter().copied())).order_by_asc(Column::Id);
    Ok(query.lock(LockType::Update).all(db).await?)
}

/// Gives purchases that were merged into this one to its customer, so that settling the customer reverses what they had earned.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn adopt_merged<C: ConnectionTrait>(db: &C, strong: PurchaseId, customer: CustomerId) -> Result<(), StoreError> {
    let change = ActiveModel { customer_id: Set(Some(customer)), ..Default::default() };
    Entity::update_many().set(change).filter(Column::MergedInto.eq(strong)).exec(db).await?;
    Ok(())
}

/// The customers of whose purchases a payout claimed entries.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn customers_of_payout<C: ConnectionTrait>(db: &C, payout: PayoutId) -> Result<BTreeSet<CustomerId>, StoreError> {
    let lines = Query::select()
        .column(payout_line::Column::EntryId)
        .from(payout_line::Entity)
        .and_where(payout_line::Column::PayoutId.eq(payout))
        .to_owned();
    let purchases = Query::select()
        .column(ledger_entry::Column::PurchaseId)
        .from(ledger_entry::Entity)
        .and_where(ledger_entry::Column::Id.in_subquery(lines))
        .to_owned();
    let query = Entity::find().select_only().column(Column::CustomerId).distinct().filter(Column::Id.in_subquery(purchases));
    Ok(query.into_tuple::<Option<CustomerId>>().all(db).await?.into_iter().flatten().collect())
}

/// The purchases of a customer that have waited since before `seen` for their payment or invoice (IN-8), or to learn whether they are part
/// of an invoice (SL-8).
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn waiting<C: ConnectionTrait>(db: &C, customer: CustomerId, seen: DateTime<Utc>) -> Result<Vec<Model>, StoreError> {
    let query = Entity::find()
        .filter(Column::CustomerId.eq(customer))
        .filter(Column::Status.is_in([PurchaseStatus::PendingParent, PurchaseStatus::Provisional]))
        .filter(Column::CreatedAt.lte(seen));
    Ok(query.all(db).await?)
}
