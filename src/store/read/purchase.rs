//! Purchases and the references that they own. A partner sees the purchases that earned or were to earn them something.

use chrono::{DateTime, Utc};
use entity::purchase::{Column, Entity, Model};
use entity::value::{Currency, CustomerId, DecisionReason, PartnerId, ProgramId, PurchaseId, PurchaseStatus};
use entity::{commission, decision, purchase_reference};
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, QueryFilter};
use uuid::Uuid;

use super::children::Listed;
use super::visible;
use crate::domain::access::Scope;
use crate::store::page::{Ordering, PageError, Position, Slice, SortKey, SortKind, Window, fetch};
use crate::store::scoped::{nothing, scoped, select};

scoped!(purchase, PurchaseId, |partner| Condition::all().add(Column::Id.in_subquery(visible::purchases(partner))));
scoped!(purchase_reference, Uuid, |_partner| nothing());

/// Which purchases; every field that is given must fit.
#[derive(Clone, Debug, Default, async_graphql::InputObject)]
pub struct PurchaseFilter {
    /// In one of these states. Without it all but those that another purchase has taken over.
    pub status: Option<Vec<PurchaseStatus>>,
    /// Whose current decision has one of these reasons.
    pub reason: Option<Vec<DecisionReason>>,
    /// That this program won or earned from.
    pub program_id: Option<ProgramId>,
    /// That this partner won or earned from.
    pub partner_id: Option<PartnerId>,
    /// Of this customer.
    pub customer_id: Option<CustomerId>,
    /// In this currency.
    pub currency: Option<Currency>,
    /// Paid at or after this time.
    pub from: Option<DateTime<Utc>>,
    /// Paid before this time.
    pub to: Option<DateTime<Utc>>,
}

/// What a list of purchases is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, async_graphql::Enum)]
pub enum PurchaseSort {
    /// The last one that was told of first.
    #[default]
    Newest,
    /// The first one that was told of first.
    Oldest,
    /// The last one that was paid first. Leaves out what is not paid.
    LatestPaid,
    /// The first one that was paid first. Leaves out what is not paid.
    EarliestPaid,
}

impl PurchaseFilter {
    fn condition(&self, scope: Scope) -> Condition {
        let status = match &self.status {
            Some(status) => Column::Status.is_in(status.iter().copied()),
            None => Column::Status.ne(PurchaseStatus::Merged),
        };
        Condition::all()
            .add(status)
            .add_option(self.reason.as_ref().map(|reasons| Column::Id.in_subquery(with_reason(scope, reasons))))
            .add_option(self.program_id.map(of_program))
            .add_option(self.partner_id.map(|partner| Column::Id.in_subquery(visible::purchases(partner))))
            .add_option(self.customer_id.map(|customer| Column::CustomerId.eq(customer)))
            .add_option(self.currency.map(|currency| Column::Currency.eq(currency)))
            .add_option(self.from.map(|from| Column::PurchasedAt.gte(from)))
            .add_option(self.to.map(|to| Column::PurchasedAt.lt(to)))
    }
}

/// A partner who filters by reason gets what they would be shown: the reason of decisions for them.
fn with_reason(scope: Scope, reasons: &[DecisionReason]) -> SelectStatement {
    use decision::Column;
    let mut query = Query::select()
        .column((decision::Entity, Column::PurchaseId))
        .from(decision::Entity)
        .and_where(Column::MerchantId.eq(scope.merchant()))
        .and_where(Column::Livemode.eq(scope.livemode()))
        .and_where(Column::Current.eq(true))
        .and_where(Column::Reason.is_in(reasons.iter().copied()))
        .take();
    if let Some(partner) = scope.partner() {
        query.and_where(Column::EnrollmentId.in_subquery(visible::enrollments(partner)));
    }
    query
}

/// Asked row by row, since a program has about as many purchases as its merchant.
fn of_program(program: ProgramId) -> Condition {
    let mut decided = Query::select();
    decided.expr(Expr::value(1)).from(decision::Entity);
    decided.and_where(Expr::col((decision::Entity, decision::Column::PurchaseId)).equals((Entity, Column::Id)));
    decided.and_where(decision::Column::ProgramId.eq(program)).and_where(decision::Column::Current.eq(true));
    let mut earned = Query::select();
    earned.expr(Expr::value(1)).from(commission::Entity);
    earned.and_where(Expr::col((commission::Entity, commission::Column::PurchaseId)).equals((Entity, Column::Id)));
    earned.and_where(commission::Column::ProgramId.eq(program));
    Condition::any().add(Expr::exists(decided)).add(Expr::exists(earned))
}

/// A page of purchases.
///
/// # Errors
/// [`PageError`] for the cursor of another list, or when the database fails.
pub async fn list<C: ConnectionTrait>(
    conn: &C,
    scope: Scope,
    filter: &PurchaseFilter,
    sort: PurchaseSort,
    window: &Window,
) -> Result<Slice<Model>, PageError> {
    let mut query = select::<Entity>(scope).filter(filter.condition(scope));
    let descending = matches!(sort, PurchaseSort::Newest | PurchaseSort::LatestPaid);
    let order = match sort {
        PurchaseSort::Newest | PurchaseSort::Oldest => by_creation(descending),
        PurchaseSort::LatestPaid | PurchaseSort::EarliestPaid => {
            query = query.filter(Column::PurchasedAt.is_not_null());
            Ordering {
                column: Column::PurchasedAt,
                kind: SortKind::Time,
                id: Column::Id,
                descending,
                // Never empty here, by the condition above.
                place: |row: &Model| Position::new(SortKey::Time(row.purchased_at.unwrap_or(row.created_at)), row.id.uuid()),
            }
        }
    };
    fetch(conn, query, &order, window).await
}

fn by_creation(descending: bool) -> Ordering<Entity> {
    Ordering {
        column: Column::CreatedAt,
        kind: SortKind::Time,
        id: Column::Id,
        descending,
        place: |row| Position::new(SortKey::Time(row.created_at), row.id.uuid()),
    }
}

/// The purchases of a customer, the newest first.
impl Listed<CustomerId> for Entity {
    fn parent() -> Column {
        Column::CustomerId
    }

    fn parent_of(row: &Model) -> Option<CustomerId> {
        row.customer_id
    }

    fn order() -> Ordering<Self> {
        by_creation(true)
    }
}

/// The references that a purchase owns, by their text.
impl Listed<PurchaseId> for purchase_reference::Entity {
    fn parent() -> purchase_reference::Column {
        purchase_reference::Column::PurchaseId
    }

    fn parent_of(row: &purchase_reference::Model) -> Option<PurchaseId> {
        Some(row.purchase_id)
    }

    fn order() -> Ordering<Self> {
        Ordering {
            column: purchase_reference::Column::Reference,
            kind: SortKind::Text,
            id: purchase_reference::Column::Id,
            descending: false,
            place: |row| Position::new(SortKey::Text(row.reference.clone()), row.id),
        }
    }
}
