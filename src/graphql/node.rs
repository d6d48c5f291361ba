//! Relay's global look-up: anything by its id alone. The prefix says the kind; what the viewer may not see is not there.

use async_graphql::{Context, ID, Interface, Object};
use sea_orm::EntityTrait;

use super::api_key::ApiKey;
use super::context::Ask;
use super::coupon::Coupon;
use super::enrollment::Enrollment;
use super::error::{ApiError, ApiResult};
use super::link::Link;
use super::loader::ById;
use super::partner::Partner;
use super::program::Program;
use super::promotion_code::PromotionCode;
use super::stripe_connection::StripeConnection;
use super::terms::Terms;
use crate::store::scoped::Scoped;

/// Anything with an id of its own.
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Its id, unique over all kinds."))]
pub enum Node {
    /// An API key.
    ApiKey(ApiKey),
    /// A coupon.
    Coupon(Coupon),
    /// An enrollment.
    Enrollment(Enrollment),
    /// A link.
    Link(Link),
    /// A partner.
    Partner(Partner),
    /// A program.
    Program(Program),
    /// A promotion code.
    PromotionCode(PromotionCode),
    /// A Stripe connection.
    StripeConnection(StripeConnection),
    /// A version of a program's rules.
    Terms(Terms),
}

/// The most ids of one `nodes` query.
const MAX_IDS: usize = 100;

/// Look-up by id.
#[derive(Default)]
pub struct NodeQuery;

/// Look-up by id.
#[Object]
impl NodeQuery {
    /// The thing with this id. Null when there is none, or none that the viewer may see. Readable by whoever may read the thing.
    async fn node(&self, ctx: &Context<'_>, #[graphql(desc = "The id of a thing of any kind.")] id: ID) -> ApiResult<Option<Node>> {
        look_up(ctx, &id).await
    }

    /// The things with these ids, in their order, null where there is none that the viewer may see. At most 100.
    #[graphql(complexity = "ids.len() * child_complexity + 1")]
    async fn nodes(&self, ctx: &Context<'_>, #[graphql(desc = "Ids of things of any kind.")] ids: Vec<ID>) -> ApiResult<Vec<Option<Node>>> {
        if ids.len() > MAX_IDS {
            return Err(ApiError::bad_input("at most 100 ids at a time"));
        }
        futures_util::future::try_join_all(ids.iter().map(|id| look_up(ctx, id))).await
    }
}

/// One line for each kind.
async fn look_up(ctx: &Context<'_>, id: &str) -> ApiResult<Option<Node>> {
    Ok(match id.split('_').next().unwrap_or_default() {
        "con" => load::<entity::stripe_connection::Entity>(ctx, id).await?.map(|row| Node::StripeConnection(row.into())),
        "cpn" => load::<entity::coupon::Entity>(ctx, id).await?.map(|row| Node::Coupon(row.into())),
        "enr" => load::<entity::enrollment::Entity>(ctx, id).await?.map(|row| Node::Enrollment(row.into())),
        "key" => load::<entity::api_key::Entity>(ctx, id).await?.map(|row| Node::ApiKey(row.into())),
        "lnk" => load::<entity::link::Entity>(ctx, id).await?.map(|row| Node::Link(row.into())),
        "pcd" => load::<entity::promotion_code::Entity>(ctx, id).await?.map(|row| Node::PromotionCode(row.into())),
        "prg" => load::<entity::program::Entity>(ctx, id).await?.map(|row| Node::Program(row.into())),
        "prt" => load::<entity::partner::Entity>(ctx, id).await?.map(|row| Node::Partner(row.into())),
        "trm" => load::<entity::terms::Entity>(ctx, id).await?.map(|row| Node::Terms(row.into())),
        _ => None,
    })
}

/// The row with this id, if the viewer may see it. A text that is no id finds nothing.
async fn load<E>(ctx: &Context<'_>, id: &str) -> ApiResult<Option<E::Model>>
where
    E: Scoped,
    E::Id: std::str::FromStr,
    <E as EntityTrait>::Model: Clone + Send + Sync + 'static,
{
    let scope = ctx.reads()?;
    match id.parse::<E::Id>() {
        Ok(id) => Ok(ctx.loader().load_one(ById::<E>::new(scope, id)).await?),
        Err(_) => Ok(None),
    }
}
