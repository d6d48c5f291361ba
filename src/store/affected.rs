//! Which customers a change of partners, programs or codes concerns.

use chrono::{DateTime, Utc};
use entity::value::{ClickId, ConnectionId, EnrollmentId, PartnerId, ProgramId};
use entity::{binding, click, customer, enrollment, touch};
use sea_orm::sea_query::{Expr, Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter};

use super::StoreError;
use crate::domain::access::Scope;

/// What changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Affected {
    /// A partner's place in a program: approved, banned, other terms.
    Enrollment(EnrollmentId),
    /// A program: paused, or new terms.
    Program(ProgramId),
    /// Who a partner is: other e-mail, other payout destination.
    Partner(PartnerId),
    /// Whether a click counts.
    Click(ClickId),
    /// Whose a promotion code is.
    PromotionCode {
        /// Where it is.
        connection: ConnectionId,
        /// Stripe's id of it.
        stripe_id: String,
    },
    /// Whose a coupon is.
    Coupon {
        /// Where it is.
        connection: ConnectionId,
        /// Stripe's id of it.
        stripe_id: String,
    },
}

/// Makes the customers that a change concerns due at `now`, in one statement: those bound to the enrollment, and those with a touch of it,
/// by a click or by a code. Says how many.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn make_due<C: ConnectionTrait>(conn: &C, scope: Scope, what: &Affected, now: DateTime<Utc>) -> Result<u64, StoreError> {
    use customer::Column;
    let concerned = match what {
        Affected::Enrollment(id) => of_enrollments(Condition::all().add(enrollment::Column::Id.eq(*id))),
        Affected::Program(id) => of_enrollments(Condition::all().add(enrollment::Column::ProgramId.eq(*id))),
        Affected::Partner(id) => of_enrollments(Condition::all().add(enrollment::Column::PartnerId.eq(*id))),
        Affected::Click(id) => of_touches(Condition::all().add(touch::Column::ClickId.eq(*id))),
        Affected::PromotionCode { connection, stripe_id } => {
            of_touches(Condition::all().add(touch::Column::PromotionCode.eq(format!("{connection}/{stripe_id}"))))
        }
        Affected::Coupon { connection, stripe_id } => {
            of_touches(Condition::all().add(touch::Column::Coupon.eq(format!("{connection}/{stripe_id}"))))
        }
    };
    let earlier = Condition::any().add(Column::DueAt.is_null()).add(Column::DueAt.gt(now));
    let done = customer::Entity::update_many()
        .col_expr(Column::DueAt, Expr::value(now))
        .filter(Column::MerchantId.eq(scope.merchant()))
        .filter(Column::Livemode.eq(scope.livemode()))
        .filter(earlier)
        .filter(concerned)
        .exec(conn)
        .await?;
    Ok(done.rows_affected)
}

fn of_touches(condition: Condition) -> Condition {
    let mut customers = Query::select();
    customers.column(touch::Column::CustomerId).from(touch::Entity).cond_where(condition);
    Condition::all().add(customer::Column::Id.in_subquery(customers))
}

fn of_enrollments(condition: Condition) -> Condition {
    let enrollments = || -> SelectStatement {
        let mut ids = Query::select();
        ids.column(enrollment::Column::Id).from(enrollment::Entity).cond_where(condition.clone());
        ids
    };
    let mut bound = Query::select();
    bound.column(binding::Column::CustomerId).from(binding::Entity);
    bound.and_where(binding::Column::EnrollmentId.in_subquery(enrollments()));
    let mut clicks = Query::select();
    clicks.column(click::Column::Id).from(click::Entity).and_where(click::Column::EnrollmentId.in_subquery(enrollments()));
    let mut touched = Query::select();
    touched.column(touch::Column::CustomerId).from(touch::Entity);
    touched.and_where(touch::Column::EnrollmentId.in_subquery(enrollments()));
    let mut clicked = Query::select();
    clicked.column(touch::Column::CustomerId).from(touch::Entity).and_where(touch::Column::ClickId.in_subquery(clicks));
    Condition::any()
        .add(customer::Column::Id.in_subquery(bound))
        .add(customer::Column::Id.in_subquery(touched))
        .add(customer::Column::Id.in_subquery(clicked))
}
