//! What people and keys decided by hand. No partner sees any of it.

use chrono::{DateTime, Utc};
use entity::audit::{Column, Entity, Model};
use entity::value::{AuditAction, AuditId, UserId};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, QueryFilter};

use crate::domain::access::Scope;
use crate::store::page::{PageError, Slice, TimeOrder, Window, by_time, fetch};
use crate::store::scoped::{nothing, scoped, select};

scoped!(audit, AuditId, |_partner| nothing());

/// Which entries; every field that is given must fit.
#[derive(Clone, Debug, Default, async_graphql::InputObject)]
pub struct AuditFilter {
    /// Of these kinds.
    pub action: Option<Vec<AuditAction>>,
    /// About the thing with this id.
    pub subject: Option<String>,
    /// By this user.
    pub user_id: Option<UserId>,
    /// At or after this time.
    pub from: Option<DateTime<Utc>>,
    /// Before this time.
    pub to: Option<DateTime<Utc>>,
}

/// A page of entries, the newest first.
///
/// # Errors
/// [`PageError`] for the cursor of another list, or when the database fails.
pub async fn list<C: ConnectionTrait>(conn: &C, scope: Scope, filter: &AuditFilter, window: &Window) -> Result<Slice<Model>, PageError> {
    let condition = Condition::all()
        .add_option(filter.action.as_ref().map(|actions| Column::Action.is_in(actions.iter().copied())))
        .add_option(filter.subject.as_ref().map(|subject| Column::Subject.eq(subject.as_str())))
        .add_option(filter.user_id.map(|user| Column::UserId.eq(user)))
        .add_option(filter.from.map(|from| Column::CreatedAt.gte(from)))
        .add_option(filter.to.map(|to| Column::CreatedAt.lt(to)));
    fetch(conn, select::<Entity>(scope).filter(condition), &by_time!(audit, TimeOrder::Newest), window).await
}
