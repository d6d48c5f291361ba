//! Who is in groups of partners.

use std::collections::HashMap;

use entity::value::PartnerGroupId;
use entity::{partner, partner_trait};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationTrait};

use super::children::ranked;
use crate::domain::access::Scope;
use crate::store::StoreError;
use crate::store::page::{NameOrder, PageError, Slice, Window, by_name, direction, slice, within};
use crate::store::scoped::select;

/// A page of the partners who are in each of these groups now.
///
/// # Errors
/// [`PageError`] for a foreign cursor, or when the database fails.
pub async fn partners<C: ConnectionTrait>(
    conn: &C,
    scope: Scope,
    groups: &[PartnerGroupId],
    order: NameOrder,
    window: &Window,
) -> Result<HashMap<PartnerGroupId, Slice<partner::Model>>, PageError> {
    use partner_trait::Column;
    let order = by_name!(partner, order);
    let direction = direction(&order, window);
    let held = || partner_trait::Relation::Partner.def();
    let now = || Condition::all().add(Column::GroupId.is_in(groups.iter().copied())).add(Column::HoldsTo.is_null());
    let members = select::<partner::Entity>(scope).join_rev(JoinType::InnerJoin, held()).filter(now());
    let near = ranked(within(members, &order, window)?, (partner_trait::Entity, Column::GroupId), &order, window);
    let query = partner::Entity::find()
        .join_rev(JoinType::InnerJoin, held())
        .select_also(partner_trait::Entity)
        .filter(now())
        .filter(order.id.in_subquery(near))
        .order_by(order.column, direction.clone())
        .order_by(order.id, direction);
    let mut rows: HashMap<PartnerGroupId, Vec<partner::Model>> = HashMap::with_capacity(groups.len());
    for (partner, held) in query.all(conn).await.map_err(StoreError::from)? {
        if let Some(group) = held.and_then(|held| held.group_id) {
            rows.entry(group).or_default().push(partner);
        }
    }
    Ok(rows.into_iter().map(|(group, rows)| (group, slice(rows, &order, window))).collect())
}
