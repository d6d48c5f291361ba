//! Decisions. A partner sees those on the purchases that they see; what of them is shown is decided where they are shown.

use std::collections::HashMap;

use entity::decision::{Column, Entity, Model};
use entity::enrollment;
use entity::value::{DecisionId, EnrollmentId, PartnerId, PurchaseId};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};

use super::children::Listed;
use super::visible;
use crate::domain::access::Scope;
use crate::domain::attribution::Candidate;
use crate::domain::step::Step;
use crate::store::StoreError;
use crate::store::page::{Ordering, Position, SortKey, SortKind};
use crate::store::scoped::{scoped, select};

scoped!(decision, DecisionId, |partner| Condition::all().add(Column::PurchaseId.in_subquery(visible::purchases(partner))));

/// The current decisions of these purchases, as far as the scope covers them.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn current<C: ConnectionTrait>(conn: &C, scope: Scope, of: &[PurchaseId]) -> Result<HashMap<PurchaseId, Model>, StoreError> {
    let query = select::<Entity>(scope).filter(Column::PurchaseId.is_in(of.iter().copied())).filter(Column::Current.eq(true));
    Ok(query.all(conn).await?.into_iter().map(|row| (row.purchase_id, row)).collect())
}

/// All enrollments of a partner: what a decision holds of others is not for them.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn enrollments<C: ConnectionTrait>(conn: &C, partner: PartnerId) -> Result<Vec<EnrollmentId>, StoreError> {
    let query = enrollment::Entity::find().select_only().column(enrollment::Column::Id);
    Ok(query.filter(enrollment::Column::PartnerId.eq(partner)).into_tuple().all(conn).await?)
}

/// Who was considered (AT-7).
///
/// # Errors
/// [`StoreError::Corrupt`] when it cannot be read.
pub fn candidates(model: &Model) -> Result<Vec<Candidate>, StoreError> {
    read(&model.candidates, "list of candidates")
}

/// How the amount came about.
///
/// # Errors
/// [`StoreError::Corrupt`] when it cannot be read.
pub fn steps(model: &Model) -> Result<Vec<Step>, StoreError> {
    read(&model.steps, "list of steps")
}

fn read<T: serde::de::DeserializeOwned>(json: &serde_json::Value, what: &'static str) -> Result<T, StoreError> {
    T::deserialize(json).map_err(|error| StoreError::Corrupt { what, why: error.to_string() })
}

/// The decisions on a purchase, the newest first.
impl Listed<PurchaseId> for Entity {
    fn parent() -> Column {
        Column::PurchaseId
    }

    fn parent_of(row: &Model) -> Option<PurchaseId> {
        Some(row.purchase_id)
    }

    fn order() -> Ordering<Self> {
        Ordering {
            column: Column::DecidedAt,
            kind: SortKind::Time,
            id: Column::Id,
            descending: true,
            place: |row| Position::new(SortKey::Time(row.decided_at), row.id.uuid()),
        }
    }
}
