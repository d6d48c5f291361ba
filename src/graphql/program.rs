//! Programs.

use async_graphql::{Context, Object};
use chrono::{DateTime, Utc};
use entity::program::Model;
use entity::value::{ProgramId, ProgramStatus};

use super::context::Ask;
use super::error::ApiResult;
use super::loader::ById;
use super::page::{Connection, Paging, cost};
use crate::store::page::NameOrder;
use crate::store::program::list;

/// An affiliate or refer-a-friend programme of a merchant.
pub struct Program(pub Model);

impl From<Model> for Program {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

/// An affiliate or refer-a-friend programme of the merchant. Readable by the merchant's members and keys, and by partners who are in it.
#[Object]
impl Program {
    /// Its id.
    pub async fn id(&self) -> ProgramId {
        self.0.id
    }

    /// What it is called.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// When it was created.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

/// Reading programs.
#[derive(Default)]
pub struct ProgramQuery;

/// Reading programs.
#[Object]
impl ProgramQuery {
    /// A program by its id. Null when there is none that the viewer may see.
    async fn program(&self, ctx: &Context<'_>, #[graphql(desc = "The program.")] id: ProgramId) -> ApiResult<Option<Program>> {
        let row = ctx.loader().load_one(ById::<entity::program::Entity>::new(ctx.reads()?, id)).await?;
        Ok(row.map(Program))
    }

    /// The merchant's programs; for a partner those that they are in.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a connection are what Relay asks for")]
    async fn programs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only those in this state.")] status: Option<ProgramStatus>,
        #[graphql(desc = "The order.", default)] order_by: NameOrder,
    ) -> ApiResult<Connection<Program>> {
        let window = Paging::new(first, after, last, before).window()?;
        Ok(Connection::new(list(ctx.services().db.read(), ctx.reads()?, status, order_by, &window).await?))
    }
}

/// Changing programs.
#[derive(Default)]
pub struct ProgramMutation;

/// Changing programs.
#[Object]
impl ProgramMutation {
    /// Does nothing.
    async fn placeholder(&self) -> bool {
        true
    }
}
