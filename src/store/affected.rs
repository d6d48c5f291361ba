//! Which customers a change of partners, programs or codes concerns.

use chrono::{DateTime, Utc};
use entity::value::{ClickId, ConnectionId, EnrollmentId, PartnerId, ProgramId};
use entity::{binding, click, customer, enrollment, promotion_code, purchase, touch};
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};

use super::StoreError;
use super::partner::holds;
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
    /// Whose a promotion code is, and when it can be used.
    PromotionCode {
        /// Where it is.
        connection: ConnectionId,
        /// Stripe's id of it.
        stripe_id: String,
    },
    /// What is known of a price or product.
    Item {
        /// Where it is.
        connection: ConnectionId,
        /// Stripe's id of it.
        object: String,
        /// Only purchases from then on.
        since: Option<DateTime<Utc>>,
    },
    /// Whose a coupon is, and whether it and its promotion codes can be used.
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
        Affected::Click(id) => of_touches(scope, Condition::all().add(touch::Column::ClickId.eq(*id))),
        Affected::Item { connection, object, since } => of_item(scope, *connection, object, *since),
        Affected::PromotionCode { connection, stripe_id } => {
            of_touches(scope, Condition::all().add(touch::Column::PromotionCode.eq(format!("{connection}/{stripe_id}"))))
        }
        Affected::Coupon { connection, stripe_id } => {
            let codes = promotion_codes_of(conn, *connection, scope, stripe_id).await?;
            let named = codes.into_iter().map(|code| format!("{connection}/{code}"));
            let coupon = touch::Column::Coupon.eq(format!("{connection}/{stripe_id}"));
            of_touches(scope, Condition::any().add(coupon).add(touch::Column::PromotionCode.is_in(named)))
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

/// Who bought something, by the lines of their purchases. It looks through all of a connection's purchases since that time, so it is asked
/// only where terms ask about what is sold.
fn of_item(scope: Scope, connection: ConnectionId, object: &str, since: Option<DateTime<Utc>>) -> Condition {
    let mut customers = Query::select();
    customers
        .column(purchase::Column::CustomerId)
        .from(purchase::Entity)
        .and_where(purchase::Column::MerchantId.eq(scope.merchant()))
        .and_where(purchase::Column::Livemode.eq(scope.livemode()))
        .and_where(purchase::Column::ConnectionId.eq(connection))
        .and_where(purchase::Column::CustomerId.is_not_null())
        .and_where(holds(Expr::col(purchase::Column::State).cast_as("text"), &format!("\"{object}\"")));
    if let Some(since) = since {
        customers.and_where(purchase::Column::PurchasedAt.gte(since));
    }
    Condition::all().add(customer::Column::Id.in_subquery(customers))
}

async fn promotion_codes_of<C: ConnectionTrait>(
    conn: &C,
    connection: ConnectionId,
    scope: Scope,
    coupon: &str,
) -> Result<Vec<String>, StoreError> {
    use promotion_code::Column;
    let query = promotion_code::Entity::find()
        .select_only()
        .column(Column::StripeId)
        .filter(Column::ConnectionId.eq(connection))
        .filter(Column::Livemode.eq(scope.livemode()))
        .filter(Column::Coupon.eq(coupon));
    Ok(query.into_tuple().all(conn).await?)
}

fn of_touches(scope: Scope, condition: Condition) -> Condition {
    let mut customers = Query::select();
    customers.column(touch::Column::CustomerId).from(touch::Entity);
    customers.and_where(touch::Column::MerchantId.eq(scope.merchant())).and_where(touch::Column::Livemode.eq(scope.livemode()));
    customers.cond_where(condition);
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
