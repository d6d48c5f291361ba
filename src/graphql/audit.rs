//! Who did what by hand, when and why.

use async_graphql::{Context, Object};
use chrono::{DateTime, Utc};
use entity::audit::Model;
use entity::value::{ApiKeyId, AuditAction, AuditId};

use super::context::Ask;
use super::error::ApiResult;
use super::loader::UserKey;
use super::page::{Connection, Paging, cost};
use super::session::User;
use crate::store::read::audit::{AuditFilter, list};

/// Something that a person or a key decided by hand.
pub struct AuditEntry(Model);

impl From<Model> for AuditEntry {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

/// Something that a person or a key decided by hand: who, when, what and why. Never changed. Readable by the merchant's members and keys.
#[Object]
impl AuditEntry {
    /// Its id.
    pub async fn id(&self) -> AuditId {
        self.0.id
    }

    /// What was done.
    async fn action(&self) -> AuditAction {
        self.0.action
    }

    /// The id of what it was done to.
    async fn subject(&self) -> &str {
        &self.0.subject
    }

    /// Why, in the words of who did it.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// The person who did it. Null when a key did.
    async fn user(&self, ctx: &Context<'_>) -> ApiResult<Option<User>> {
        match self.0.user_id {
            Some(id) => Ok(ctx.loader().load_one(UserKey(id)).await?.map(User)),
            None => Ok(None),
        }
    }

    /// The key that did it. Null when a person did.
    async fn api_key_id(&self) -> Option<ApiKeyId> {
        self.0.api_key_id
    }

    /// When.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

/// Reading what was done by hand.
#[derive(Default)]
pub struct AuditQuery;

/// Reading what was done by hand.
#[Object]
impl AuditQuery {
    /// What people and keys decided by hand, the newest first. Not for partners.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    async fn audit_entries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only those that fit.", default)] filter: AuditFilter,
    ) -> ApiResult<Connection<AuditEntry>> {
        let window = Paging::new(first, after, last, before).window()?;
        Ok(Connection::new(list(ctx.services().db.read(), ctx.merchant_reads()?, &filter, &window).await?))
    }
}
