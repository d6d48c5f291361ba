//! What of the merchant's data concerns a partner, as sub-queries for conditions.

use entity::value::{CommissionKind, PartnerId};
use entity::{click, commission, decision, enrollment, purchase};
use sea_orm::ColumnTrait;
use sea_orm::sea_query::{Query, SelectStatement, UnionType};

/// The partner's enrollments.
pub(super) fn enrollments(partner: PartnerId) -> SelectStatement {
    Query::select()
        .column((enrollment::Entity, enrollment::Column::Id))
        .from(enrollment::Entity)
        .and_where(enrollment::Column::PartnerId.eq(partner))
        .take()
}

/// The purchases that earned the partner a commission, or that the current decision gives to them. One set, so that the database starts
/// from the partner and not from all purchases.
pub(super) fn purchases(partner: PartnerId) -> SelectStatement {
    let decided = Query::select()
        .column((decision::Entity, decision::Column::PurchaseId))
        .from(decision::Entity)
        .and_where(decision::Column::Current.eq(true))
        .and_where(decision::Column::EnrollmentId.in_subquery(enrollments(partner)))
        .take();
    earning(partner).union(UnionType::Distinct, decided).take()
}

/// The purchases that earned the partner a commission, be it reversed since. What a recruited partner sold is that partner's to see.
fn earning(partner: PartnerId) -> SelectStatement {
    Query::select()
        .column((commission::Entity, commission::Column::PurchaseId))
        .from(commission::Entity)
        .and_where(commission::Column::PartnerId.eq(partner))
        .and_where(commission::Column::Kind.eq(CommissionKind::Sale))
        .take()
}

/// The customers who bought what [`purchases`] names, or are or were bound to the partner.
pub(super) fn customers(partner: PartnerId) -> SelectStatement {
    use entity::binding;
    let bound = Query::select()
        .column((binding::Entity, binding::Column::CustomerId))
        .from(binding::Entity)
        .and_where(binding::Column::EnrollmentId.in_subquery(enrollments(partner)))
        .take();
    Query::select()
        .column((purchase::Entity, purchase::Column::CustomerId))
        .from(purchase::Entity)
        .and_where(purchase::Column::Id.in_subquery(purchases(partner)))
        .union(UnionType::Distinct, bound)
        .take()
}

/// The clicks on the partner's links.
pub(super) fn clicks(partner: PartnerId) -> SelectStatement {
    Query::select()
        .column((click::Entity, click::Column::Id))
        .from(click::Entity)
        .and_where(click::Column::EnrollmentId.in_subquery(enrollments(partner)))
        .take()
}
