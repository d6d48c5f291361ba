//! Groups of partners, and who was in which when.

use chrono::{DateTime, Utc};
use entity::partner_group::{Entity, Model};
use entity::value::{PartnerGroupId, PartnerId};
use entity::{partner, partner_trait};
use sea_orm::sea_query::{Query, SelectStatement};
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::StoreError;
use super::page::{NameOrder, PageError, Slice, Window, by_name, fetch};
use super::scoped::{nothing, scoped, select};
use crate::domain::access::Scope;

scoped!(partner_group, PartnerGroupId, |_partner| nothing());

/// A page of groups.
///
/// # Errors
/// [`PageError`] for a foreign cursor, or when the database fails.
pub async fn list<C: ConnectionTrait>(conn: &C, scope: Scope, order: NameOrder, window: &Window) -> Result<Slice<Model>, PageError> {
    fetch(conn, select::<Entity>(scope), &by_name!(partner_group, order), window).await
}

/// The groups that a partner is or was in.
pub(super) fn groups_of(partner: PartnerId) -> SelectStatement {
    let mut groups = Query::select();
    groups
        .column(partner_trait::Column::GroupId)
        .from(partner_trait::Entity)
        .and_where(partner_trait::Column::PartnerId.eq(partner))
        .and_where(partner_trait::Column::GroupId.is_not_null());
    groups
}

/// The groups in which these partners are now; those in none are left out.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn current<C: ConnectionTrait>(
    conn: &C,
    scope: Scope,
    partners: &[PartnerId],
) -> Result<Vec<(PartnerId, PartnerGroupId)>, StoreError> {
    let rows = partner_trait::Entity::find()
        .filter(partner_trait::Column::MerchantId.eq(scope.merchant()))
        .filter(partner_trait::Column::Livemode.eq(scope.livemode()))
        .filter(partner_trait::Column::PartnerId.is_in(partners.iter().copied()))
        .filter(partner_trait::Column::HoldsTo.is_null())
        .all(conn)
        .await?;
    Ok(rows.into_iter().filter_map(|row| Some((row.partner_id, row.group_id?))).collect())
}

/// What to write down of a partner from now on; what is `None` stays.
#[derive(Clone, Copy, Debug, Default)]
pub struct TraitChange {
    /// The group; the inner `None` is none.
    pub group: Option<Option<PartnerGroupId>>,
    /// Whether the partner's row has new notes.
    pub noted: bool,
}

/// Writes down what holds of a partner from `now` on, whose row is locked and already changed. `before` is the row as it was: of a partner of
/// whom nothing was written down yet it held from the beginning. Says whether anything changed.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn note(
    tx: &DatabaseTransaction,
    (before, row): (&partner::Model, &partner::Model),
    change: TraitChange,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let found = partner_trait::Entity::find()
        .filter(partner_trait::Column::PartnerId.eq(row.id))
        .filter(partner_trait::Column::HoldsTo.is_null())
        .lock_exclusive()
        .one(tx)
        .await?;
    let current = match found {
        Some(current) => current,
        None => super::row::insert(tx, held(before, before.created_at)).await?,
    };
    let group_id = change.group.unwrap_or(current.group_id);
    let metadata = if change.noted { row.metadata.clone() } else { current.metadata.clone() };
    if group_id == current.group_id && metadata == current.metadata {
        return Ok(false);
    }
    let next = partner_trait::Model { group_id, metadata, ..held(row, now) };
    if current.holds_from >= now {
        // Two changes at one instant are one.
        super::row::save(tx, partner_trait::Model { id: current.id, ..next }).await?;
    } else {
        super::row::save(tx, partner_trait::Model { holds_to: Some(now), ..current }).await?;
        super::row::insert(tx, next).await?;
    }
    Ok(true)
}

/// Writes down what holds of a new partner.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn begin<C: ConnectionTrait>(conn: &C, row: &partner::Model) -> Result<(), StoreError> {
    super::row::insert(conn, held(row, row.created_at)).await?;
    Ok(())
}

fn held(row: &partner::Model, from: DateTime<Utc>) -> partner_trait::Model {
    partner_trait::Model {
        id: Uuid::now_v7(),
        merchant_id: row.merchant_id,
        livemode: row.livemode,
        partner_id: row.id,
        group_id: None,
        metadata: row.metadata.clone(),
        holds_from: from,
        holds_to: None,
    }
}
