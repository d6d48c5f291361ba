//! Customers and their identities. A partner sees the customers whom they brought, and no identity.

use chrono::{DateTime, Utc};
use entity::customer::{Column, Entity, Model};
use entity::identity;
use entity::value::{CustomerId, IdentityId, IdentityKind, PartnerId};
use sea_orm::sea_query::{Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, QueryFilter};

use super::children::Listed;
use super::visible;
use crate::domain::access::Scope;
use crate::store::page::{Ordering, PageError, Position, Slice, SortKey, SortKind, Window, fetch};
use crate::store::scoped::{nothing, scoped, select};

scoped!(customer, CustomerId, |partner| Condition::all().add(Column::Id.in_subquery(visible::customers(partner))));
scoped!(identity, IdentityId, |_partner| nothing());

/// Which customers; every field that is given must fit.
#[derive(Clone, Debug, Default)]
pub struct CustomerFilter {
    /// With any of these values of an identity of this kind.
    pub identity: Vec<(IdentityKind, Vec<String>)>,
    /// Brought by this partner.
    pub partner: Option<PartnerId>,
    /// Whether the merchant named the person itself.
    pub claimed: Option<bool>,
    /// First seen at or after this time.
    pub from: Option<DateTime<Utc>>,
    /// First seen before this time.
    pub to: Option<DateTime<Utc>>,
}

/// What a list of customers is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, async_graphql::Enum)]
pub enum CustomerSort {
    /// The last one that was seen for the first time first.
    #[default]
    Newest,
    /// The first one that was seen first.
    Oldest,
}

impl CustomerFilter {
    fn condition(&self, scope: Scope) -> Condition {
        let mut all = Condition::all()
            .add(Column::MergedInto.is_null())
            .add_option(self.partner.map(|partner| Column::Id.in_subquery(visible::customers(partner))))
            .add_option(self.claimed.map(named))
            .add_option(self.from.map(|from| Column::CreatedAt.gte(from)))
            .add_option(self.to.map(|to| Column::CreatedAt.lt(to)));
        for (kind, values) in &self.identity {
            all = all.add(Column::Id.in_subquery(with_identity(scope, *kind, values)));
        }
        all
    }
}

/// Whom the merchant named itself, by an id of its own or by a sign-up; or the others.
fn named(named: bool) -> Condition {
    let either = Condition::any().add(Column::Claimed.eq(true)).add(Column::SignedUpAt.is_not_null());
    if named { either } else { either.not() }
}

fn with_identity(scope: Scope, kind: IdentityKind, values: &[String]) -> SelectStatement {
    use identity::Column;
    Query::select()
        .column((identity::Entity, Column::CustomerId))
        .from(identity::Entity)
        .and_where(Column::MerchantId.eq(scope.merchant()))
        .and_where(Column::Livemode.eq(scope.livemode()))
        .and_where(Column::Kind.eq(kind))
        .and_where(Column::Value.is_in(values.iter().map(String::as_str)))
        .take()
}

/// A page of customers, without those who turned out to be another one.
///
/// # Errors
/// [`PageError`] for the cursor of another list, or when the database fails.
pub async fn list<C: ConnectionTrait>(
    conn: &C,
    scope: Scope,
    filter: &CustomerFilter,
    sort: CustomerSort,
    window: &Window,
) -> Result<Slice<Model>, PageError> {
    let order: Ordering<Entity> = Ordering {
        column: Column::CreatedAt,
        kind: SortKind::Time,
        id: Column::Id,
        descending: sort == CustomerSort::Newest,
        place: |row: &Model| Position::new(SortKey::Time(row.created_at), row.id.uuid()),
    };
    fetch(conn, select::<Entity>(scope).filter(filter.condition(scope)), &order, window).await
}

/// The identities of a customer, in the order in which they were told.
impl Listed<CustomerId> for identity::Entity {
    fn parent() -> identity::Column {
        identity::Column::CustomerId
    }

    fn parent_of(row: &identity::Model) -> Option<CustomerId> {
        Some(row.customer_id)
    }

    fn order() -> Ordering<Self> {
        Ordering {
            column: identity::Column::CreatedAt,
            kind: SortKind::Time,
            id: identity::Column::Id,
            descending: false,
            place: |row| Position::new(SortKey::Time(row.created_at), row.id.uuid()),
        }
    }
}
