//! API keys.

use entity::api_key::{Column, Entity, Model};
use entity::value::{ApiKeyId, ApiKeyKind, ProgramId};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, QueryFilter, QueryOrder};

use super::StoreError;
use super::page::{PageError, Slice, TimeOrder, Window, by_time, fetch};
use super::scoped::{nothing, scoped, select};
use crate::domain::access::Scope;

scoped!(api_key, ApiKeyId, |_partner| nothing());

/// A page of keys; revoked ones only when asked for.
///
/// # Errors
/// [`PageError`] for a foreign cursor, or when the database fails.
pub async fn list<C: ConnectionTrait>(
    conn: &C,
    scope: Scope,
    revoked: bool,
    order: TimeOrder,
    window: &Window,
) -> Result<Slice<Model>, PageError> {
    let condition = Condition::all().add_option((!revoked).then(|| Column::RevokedAt.is_null()));
    fetch(conn, select::<Entity>(scope).filter(condition), &by_time!(api_key, order), window).await
}

/// The publishable key to show in a program's guide: the newest that is made for the program, else the newest for all programs.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn for_guide<C: ConnectionTrait>(conn: &C, scope: Scope, program: ProgramId) -> Result<Option<Model>, StoreError> {
    let of = |condition: Condition| {
        select::<Entity>(scope)
            .filter(Column::Kind.eq(ApiKeyKind::Publishable))
            .filter(Column::RevokedAt.is_null())
            .filter(condition)
            .order_by_desc(Column::CreatedAt)
            .one(conn)
    };
    match of(Condition::all().add(Column::ProgramId.eq(program))).await? {
        Some(own) => Ok(Some(own)),
        None => Ok(of(Condition::all().add(Column::ProgramId.is_null())).await?),
    }
}
