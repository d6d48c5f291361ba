//! API keys.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::api_key::Model;
use entity::value::{ApiKeyId, ApiKeyKind, ApiScope, Mode, ProgramId};
use secrecy::ExposeSecret;

use super::context::Ask;
use super::error::ApiResult;
use super::page::{Connection, Paging, cost};
use super::payload::{UserError, payload};
use super::program::Program;
use crate::service::ServiceError;
use crate::service::api_key::{self as service, NewKey};
use crate::store::page::TimeOrder;

/// A key for a merchant's server or pages.
pub struct ApiKey(pub Model);

impl From<Model> for ApiKey {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

/// A key for the merchant's server or pages. Readable by the merchant's members and keys, but not by its partners.
#[Object]
impl ApiKey {
    /// Its id.
    pub async fn id(&self) -> ApiKeyId {
        self.0.id
    }

    /// Secret or publishable.
    async fn kind(&self) -> ApiKeyKind {
        self.0.kind
    }

    /// The mode in which it works.
    async fn mode(&self) -> Mode {
        Mode::from_livemode(self.0.livemode)
    }

    /// By which people know it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Its last four characters.
    async fn last_four(&self) -> &str {
        &self.0.last4
    }

    /// The whole key, for a publishable one. A secret key is shown once, when it is made.
    async fn publishable_key(&self) -> Option<&str> {
        self.0.token.as_deref()
    }

    /// What a secret key may do.
    async fn scopes(&self) -> &[ApiScope] {
        &self.0.scopes
    }

    /// The sites on which a publishable key works.
    async fn origins(&self) -> &[String] {
        &self.0.origins
    }

    /// The only program that a publishable key is for; null for all of them.
    async fn program(&self, ctx: &Context<'_>) -> ApiResult<Option<Program>> {
        match self.0.program_id {
            Some(id) => Ok(Some(Program::of_row(ctx, ctx.reads()?, id).await?)),
            None => Ok(None),
        }
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it was last used, to some minutes.
    async fn last_used_at(&self) -> Option<DateTime<Utc>> {
        self.0.last_used_at
    }

    /// When it was revoked.
    async fn revoked_at(&self) -> Option<DateTime<Utc>> {
        self.0.revoked_at
    }
}

/// A key to be. It works in the mode in which it is made.
#[derive(InputObject)]
pub struct ApiKeyCreateInput {
    /// Secret for a server, publishable for pages.
    kind: ApiKeyKind,
    /// By which people will know it.
    name: String,
    /// For a secret key: what it may do.
    #[graphql(default)]
    scopes: Vec<ApiScope>,
    /// For a publishable key: the sites on which it works, such as `https://shop.example` or `https://*.shop.example`.
    #[graphql(default)]
    origins: Vec<String>,
    /// For a publishable key: the only program that it is for.
    #[graphql(default)]
    program_id: Option<ProgramId>,
    /// The same key again brings back what was made the first time, without the secret.
    #[graphql(default)]
    idempotency_key: Option<String>,
}

/// Which key.
#[derive(InputObject)]
pub struct ApiKeyRevokeInput {
    /// The key.
    id: ApiKeyId,
}

/// A key just made, or why not.
#[derive(SimpleObject)]
pub struct ApiKeyCreatePayload {
    /// The key.
    api_key: Option<ApiKey>,
    /// The whole key. Shown here and never again; null when the request was a repetition.
    secret: Option<String>,
    /// Why it was not done; empty when it was.
    user_errors: Vec<UserError>,
}

payload! {
    /// The revoked key, or why it was not revoked.
    ApiKeyRevokePayload {
        /// The key.
        api_key: ApiKey
    }
}

/// Reading API keys.
#[derive(Default)]
pub struct ApiKeyQuery;

/// Reading API keys.
#[Object]
impl ApiKeyQuery {
    /// The merchant's API keys. Not for partners.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a connection are what Relay asks for")]
    async fn api_keys(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Whether to show revoked ones too.", default)] revoked: bool,
        #[graphql(desc = "The order.", default)] order_by: TimeOrder,
    ) -> ApiResult<Connection<ApiKey>> {
        let window = Paging::new(first, after, last, before).window()?;
        let slice = crate::store::api_key::list(ctx.services().db.read(), ctx.merchant_reads()?, revoked, order_by, &window).await?;
        Ok(Connection::new(slice))
    }
}

/// Changing API keys.
#[derive(Default)]
pub struct ApiKeyMutation;

/// Changing API keys.
#[Object]
impl ApiKeyMutation {
    /// Makes an API key for the mode that the viewer looks at. For owners and administrators.
    async fn api_key_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key.")] input: ApiKeyCreateInput,
    ) -> ApiResult<ApiKeyCreatePayload> {
        let ApiKeyCreateInput { kind, name, scopes, origins, program_id: program, idempotency_key } = input;
        let key = NewKey { kind, name, scopes, origins, program };
        match service::create(ctx.services(), ctx.viewer(), key, idempotency_key.as_deref()).await {
            Ok(made) => Ok(ApiKeyCreatePayload {
                api_key: Some(ApiKey(made.key)),
                secret: made.secret.map(|secret| secret.expose_secret().to_owned()),
                user_errors: Vec::new(),
            }),
            Err(ServiceError::Refused(refusals)) => {
                let user_errors = refusals.into_iter().map(Into::into).collect();
                Ok(ApiKeyCreatePayload { api_key: None, secret: None, user_errors })
            }
            Err(other) => Err(other.into()),
        }
    }

    /// Ends an API key. For owners and administrators.
    async fn api_key_revoke(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: ApiKeyRevokeInput,
    ) -> ApiResult<ApiKeyRevokePayload> {
        ApiKeyRevokePayload::answer(service::revoke(ctx.services(), ctx.viewer(), input.id).await)
    }
}
