//! Partners.

use entity::partner::{Column, Entity, Model};
use entity::value::{PartnerId, PartnerStatus};
use sea_orm::sea_query::{Expr, Func};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, QueryFilter};

use super::StoreError;
use super::page::{NameOrder, PageError, Slice, Window, by_name, fetch};
use super::scoped::{scoped, select};
use crate::domain::access::Scope;

scoped!(partner, PartnerId, |partner| Condition::all().add(Column::Id.eq(partner)));

/// Which partners; an empty filter is all.
#[derive(Clone, Debug, Default)]
pub struct PartnerFilter {
    /// In this state.
    pub status: Option<PartnerStatus>,
    /// With this text in the name or the e-mail address, in any case.
    pub search: Option<String>,
    /// With this id of the merchant's own.
    pub external_id: Option<String>,
}

/// A page of partners.
///
/// # Errors
/// [`PageError`] for a foreign cursor, or when the database fails.
pub async fn list<C: ConnectionTrait>(
    conn: &C,
    scope: Scope,
    filter: PartnerFilter,
    order: NameOrder,
    window: &Window,
) -> Result<Slice<Model>, PageError> {
    let condition = Condition::all()
        .add_option(filter.status.map(|status| Column::Status.eq(status)))
        .add_option(filter.external_id.map(|id| Column::ExternalId.eq(id)))
        .add_option(filter.search.map(|text| contains(&[Column::Name, Column::Email], &text)));
    fetch(conn, select::<Entity>(scope).filter(condition), &by_name!(partner, order), window).await
}

/// Whether one of the columns holds a text, in any case. The text is taken as it stands, not as a pattern.
pub(super) fn contains<C: ColumnTrait>(columns: &[C], text: &str) -> Condition {
    let text = text.to_lowercase();
    columns.iter().fold(Condition::any(), |any, column| any.add(holds(Func::lower(Expr::col(*column)), &text)))
}

/// Whether what an expression gives holds a text, which is taken as it stands and not as a pattern.
pub(super) fn holds(expression: impl sea_orm::sea_query::ExprTrait, text: &str) -> Expr {
    let mut pattern = String::from("%");
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    expression.like(sea_orm::sea_query::LikeExpr::new(pattern).escape('\\'))
}

/// The partner with this address.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn by_email<C: ConnectionTrait>(conn: &C, scope: Scope, email: &str) -> Result<Option<Model>, StoreError> {
    Ok(select::<Entity>(scope).filter(Column::Email.eq(email)).one(conn).await?)
}
