//! Touches. A partner sees those that name one of their enrollments, outright or by a click.

use entity::touch::{Column, Model};
use entity::value::{CustomerId, TouchId};
use sea_orm::{ColumnTrait, Condition};

use super::children::Listed;
use super::visible;
use crate::store::page::{Ordering, Position, SortKey, SortKind};
use crate::store::scoped::scoped;

scoped!(touch, TouchId, |partner| Condition::any()
    .add(Column::EnrollmentId.in_subquery(visible::enrollments(partner)))
    .add(Column::ClickId.in_subquery(visible::clicks(partner))));

/// The touches of a customer, the newest first.
impl Listed<CustomerId> for entity::touch::Entity {
    fn parent() -> Column {
        Column::CustomerId
    }

    fn parent_of(row: &Model) -> Option<CustomerId> {
        Some(row.customer_id)
    }

    fn order() -> Ordering<Self> {
        Ordering {
            column: Column::At,
            kind: SortKind::Time,
            id: Column::Id,
            descending: true,
            place: |row| Position::new(SortKey::Time(row.at), row.id.uuid()),
        }
    }
}
