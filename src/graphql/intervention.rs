//! What people decided by hand: about who is who, who brought whom, and what is paid.

use async_graphql::{Context, Object};
use chrono::{DateTime, Utc};
use entity::value::{ApiKeyId, InterventionId, InterventionKind, UserId};
use entity::{customer, enrollment, intervention, purchase};

use super::context::Ask;
use super::customer::Customer;
use super::enrollment::Enrollment;
use super::error::ApiResult;
use super::page::{Connection, Paging, cost};
use super::purchase::Purchase;
use super::row::row;
use crate::store::read::intervention::{InterventionFilter, list};

/// Something that somebody decided by hand.
pub struct Intervention(pub intervention::Model);

impl From<intervention::Model> for Intervention {
    fn from(row: intervention::Model) -> Self {
        Self(row)
    }
}

/// Something that somebody decided by hand: about who is who, who brought whom, or what is paid. It is never changed. Readable by the
/// merchant's members and keys, not by partners.
#[Object]
impl Intervention {
    /// Its id.
    pub async fn id(&self) -> InterventionId {
        self.0.id
    }

    /// What was decided.
    async fn kind(&self) -> InterventionKind {
        self.0.kind
    }

    /// About whom: for a merge the customer who stays.
    async fn customer(&self, ctx: &Context<'_>) -> ApiResult<Option<Customer>> {
        row::<customer::Entity, _>(ctx, self.0.customer_id).await
    }

    /// For a merge, the customer who became that one.
    async fn merged(&self, ctx: &Context<'_>) -> ApiResult<Option<Customer>> {
        row::<customer::Entity, _>(ctx, self.0.merged_id).await
    }

    /// The payment of which something was said.
    async fn purchase(&self, ctx: &Context<'_>) -> ApiResult<Option<Purchase>> {
        row::<purchase::Entity, _>(ctx, self.0.purchase_id).await
    }

    /// For a re-assignment, the partner in a program to whom the person was given; for a word on a commission, the one who earns it.
    async fn enrollment(&self, ctx: &Context<'_>) -> ApiResult<Option<Enrollment>> {
        row::<enrollment::Entity, _>(ctx, self.0.enrollment_id).await
    }

    /// The id of what else was decided on: a commission, a case of fraud, a click, a program.
    async fn subject(&self) -> Option<&str> {
        self.0.subject.as_deref()
    }

    /// What was done, in a sentence.
    async fn what(&self) -> &str {
        &self.0.what
    }

    /// Why, as given; empty when nothing was.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// The member who decided it; null when an API key told of it.
    async fn user_id(&self) -> Option<UserId> {
        self.0.created_by
    }

    /// The API key that told of it; null when a member decided it.
    async fn api_key_id(&self) -> Option<ApiKeyId> {
        self.0.api_key_id
    }

    /// When.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

/// Reading what was decided by hand.
#[derive(Default)]
pub struct InterventionQuery;

/// Reading what was decided by hand.
#[Object]
impl InterventionQuery {
    /// What was decided by hand about who is who, who brought whom, and what is paid, the newest first. Not for partners.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    async fn interventions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only those that fit.", default)] filter: InterventionFilter,
    ) -> ApiResult<Connection<Intervention>> {
        let window = Paging::new(first, after, last, before).window()?;
        Ok(Connection::new(list(ctx.services().db.read(), ctx.merchant_reads()?, &filter, &window).await?))
    }
}
