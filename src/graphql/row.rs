//! The things that other things point to: many look-ups become one query.

use async_graphql::Context;
use sea_orm::EntityTrait;

use super::context::{Ask, dangling};
use super::error::ApiResult;
use super::loader::ById;
use crate::store::scoped::Scoped;

/// The row of table `E` with this id, if there is an id and the viewer may see the row.
///
/// # Errors
/// When the viewer may not read, or the database fails.
pub async fn row<E, N>(ctx: &Context<'_>, id: impl Into<Option<E::Id>>) -> ApiResult<Option<N>>
where
    E: Scoped,
    <E as EntityTrait>::Model: Clone + Send + Sync + 'static,
    N: From<E::Model>,
{
    let Some(id) = id.into() else { return Ok(None) };
    Ok(ctx.loader().load_one(ById::<E>::new(ctx.reads()?, id)).await?.map(N::from))
}

/// The row of table `E` with this id, which is there for everybody who saw what points to it.
///
/// # Errors
/// When the viewer may not read, the database fails, or the row is not there after all.
pub async fn must<E, N>(ctx: &Context<'_>, id: E::Id) -> ApiResult<N>
where
    E: Scoped,
    <E as EntityTrait>::Model: Clone + Send + Sync + 'static,
    N: From<E::Model>,
{
    row::<E, N>(ctx, id).await?.ok_or_else(|| dangling(E::default().table_name()))
}
