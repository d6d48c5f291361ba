//! What people decided by hand. Not for partners.

use chrono::{DateTime, Utc};
use entity::intervention::{Column, Entity, Model};
use entity::value::{CustomerId, InterventionId, InterventionKind};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, QueryFilter};

use crate::domain::access::Scope;
use crate::store::page::{Ordering, PageError, Position, Slice, SortKey, SortKind, Window, fetch};
use crate::store::scoped::{nothing, scoped, select};

scoped!(intervention, InterventionId, |_partner| nothing());

/// Which interventions; every field that is given must fit.
#[derive(Clone, Debug, Default, async_graphql::InputObject)]
pub struct InterventionFilter {
    /// Of this kind.
    pub kind: Option<InterventionKind>,
    /// About what has this id: a commission, a case of fraud, a click, a program.
    pub subject: Option<String>,
    /// About this customer, or about one who was merged into this one.
    pub customer_id: Option<CustomerId>,
    /// Made at or after this time.
    pub from: Option<DateTime<Utc>>,
    /// Made before this time.
    pub to: Option<DateTime<Utc>>,
}

/// A page of interventions, the newest first.
///
/// # Errors
/// [`PageError`] for the cursor of another list, or when the database fails.
pub async fn list<C: ConnectionTrait>(
    conn: &C,
    scope: Scope,
    filter: &InterventionFilter,
    window: &Window,
) -> Result<Slice<Model>, PageError> {
    let condition = Condition::all()
        .add_option(filter.kind.map(|kind| Column::Kind.eq(kind)))
        .add_option(filter.subject.as_ref().map(|subject| Column::Subject.eq(subject.as_str())))
        .add_option(filter.customer_id.map(|customer| Column::CustomerId.eq(customer)))
        .add_option(filter.from.map(|from| Column::CreatedAt.gte(from)))
        .add_option(filter.to.map(|to| Column::CreatedAt.lt(to)));
    let order: Ordering<Entity> = Ordering {
        column: Column::CreatedAt,
        kind: SortKind::Time,
        id: Column::Id,
        descending: true,
        place: |row: &Model| Position::new(SortKey::Time(row.created_at), row.id.uuid()),
    };
    fetch(conn, select::<Entity>(scope).filter(condition), &order, window).await
}
