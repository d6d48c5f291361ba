//! Pages of the rows that belong to other rows: one query for the pages of all parents, so that a list of lists costs two queries.

use std::collections::HashMap;
use std::hash::Hash;

use sea_orm::sea_query::{Alias, Expr, ExprTrait, Func, IntoColumnRef, Query, SelectStatement, WindowStatement};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select, Value};

use crate::domain::access::Scope;
use crate::store::StoreError;
use crate::store::page::{Ordering, PageError, Slice, Window, direction, fetch, slice, within};
use crate::store::scoped::{Scoped, select};

/// A table whose rows are listed by a row of another table, `P` being the id of that row.
pub trait Listed<P>: Scoped {
    /// The column that names the parent.
    fn parent() -> Self::Column;

    /// The parent of a row.
    fn parent_of(row: &Self::Model) -> Option<P>;

    /// The order of the list.
    fn order() -> Ordering<Self>;
}

/// One page for each parent that has rows within the scope.
///
/// # Errors
/// [`PageError`] for the cursor of another list, or when the database fails.
pub async fn pages<E, P, C>(conn: &C, scope: Scope, parents: &[P], window: &Window) -> Result<HashMap<P, Slice<E::Model>>, PageError>
where
    E: Listed<P>,
    P: Copy + Eq + Hash + Into<Value>,
    C: ConnectionTrait,
{
    pages_of(conn, select::<E>(scope), &E::order(), parents, window).await
}

/// One page for each parent, of those of its rows that `query` selects, in an order of the caller's.
///
/// # Errors
/// [`PageError`] for the cursor of another list, or when the database fails.
pub async fn pages_of<E, P, C>(
    conn: &C,
    query: Select<E>,
    order: &Ordering<E>,
    parents: &[P],
    window: &Window,
) -> Result<HashMap<P, Slice<E::Model>>, PageError>
where
    E: Listed<P>,
    P: Copy + Eq + Hash + Into<Value>,
    C: ConnectionTrait,
{
    let of_parents = query.filter(E::parent().is_in(parents.iter().copied()));
    if let [parent] = parents {
        return Ok(HashMap::from([(*parent, fetch(conn, of_parents, order, window).await?)]));
    }
    let direction = direction(order, window);
    let near = ranked(within(of_parents, order, window)?, (E::default(), E::parent()), order, window);
    let query = E::find().filter(order.id.in_subquery(near)).order_by(order.column, direction.clone()).order_by(order.id, direction);
    let mut rows: HashMap<P, Vec<E::Model>> = HashMap::with_capacity(parents.len());
    for row in query.all(conn).await.map_err(StoreError::from)? {
        if let Some(parent) = E::parent_of(&row) {
            rows.entry(parent).or_default().push(row);
        }
    }
    Ok(rows.into_iter().map(|(parent, rows)| (parent, slice(rows, order, window))).collect())
}

/// The ids of the rows that stand on the page of their parent, and of one more for each.
pub(super) fn ranked<E: EntityTrait>(rows: Select<E>, parent: impl IntoColumnRef, order: &Ordering<E>, window: &Window) -> SelectStatement {
    let direction = direction(order, window);
    let mut places = WindowStatement::partition_by(parent);
    places.order_by((E::default(), order.column), direction.clone()).order_by((E::default(), order.id), direction);
    let (place, id) = (Alias::new("place"), Alias::new("row_id"));
    let mut inner = rows.select_only().column_as(order.id, "row_id").into_query();
    inner.expr_window_as(Func::cust("ROW_NUMBER"), places, place.clone());
    let near = i64::try_from(window.limit.saturating_add(1)).unwrap_or(i64::MAX);
    Query::select().column(id).from_subquery(inner, "ranked").and_where(Expr::col(place).lte(near)).take()
}
