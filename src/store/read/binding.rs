//! Bindings. A partner sees those to their enrollments.

use entity::binding::{Column, Model};
use entity::value::{BindingId, CustomerId};
use sea_orm::{ColumnTrait, Condition};

use super::children::Listed;
use super::visible;
use crate::store::page::{Ordering, Position, SortKey, SortKind};
use crate::store::scoped::scoped;

scoped!(binding, BindingId, |partner| Condition::all().add(Column::EnrollmentId.in_subquery(visible::enrollments(partner))));

/// The bindings of a customer, the newest first.
impl Listed<CustomerId> for entity::binding::Entity {
    fn parent() -> Column {
        Column::CustomerId
    }

    fn parent_of(row: &Model) -> Option<CustomerId> {
        Some(row.customer_id)
    }

    fn order() -> Ordering<Self> {
        Ordering {
            column: Column::BoundAt,
            kind: SortKind::Time,
            id: Column::Id,
            descending: true,
            place: |row| Position::new(SortKey::Time(row.bound_at), row.id.uuid()),
        }
    }
}
