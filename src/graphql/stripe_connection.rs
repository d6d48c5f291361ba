//! Stripe connections.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::stripe_connection::Model;
use entity::value::{ConnectionId, ConnectionMethod, ConnectionStatus, Mode, SyncMode};
use secrecy::SecretString;

use super::context::{Ask, dangling};
use super::error::ApiResult;
use super::loader::ById;
use super::page::{Connection, Paging, cost};
use super::payload::payload;
use super::stripe_access::{self, StripeConnectionCapability, StripeConnectionFinding, StripeConnectionPermission};
use super::sync::StripeSync;
use crate::domain::access::{Action, Scope};
use crate::service::stripe_connection::{self as service, Change, NewConnection, doctor, endpoint};
use crate::store::page::NameOrder;
use crate::stripe::event::registered;

/// One Stripe account in one mode. Boxed, as its row is much larger than those of other nodes.
pub struct StripeConnection(Box<Model>);

impl From<Model> for StripeConnection {
    fn from(row: Model) -> Self {
        Self(Box::new(row))
    }
}

impl StripeConnection {
    /// The connection that another row points to. Also for a viewer who sees the row but no connections: fields that tell more ask again.
    pub(super) async fn of_row(ctx: &Context<'_>, scope: Scope, id: ConnectionId) -> ApiResult<Self> {
        let row = ctx.loader().load_one(ById::<entity::stripe_connection::Entity>::new(scope, id)).await?;
        row.map(Self::from).ok_or_else(|| dangling("connection"))
    }
}

/// One Stripe account in one mode, with the access to it. Readable by the merchant's members and keys, but not by its partners.
#[Object]
impl StripeConnection {
    /// Its id, kept when it is linked again.
    pub async fn id(&self) -> ConnectionId {
        self.0.id
    }

    /// What the merchant calls it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Whether it is the account's test or live mode.
    async fn mode(&self) -> Mode {
        Mode::from_livemode(self.0.livemode)
    }

    /// The account, `acct_…`, once it is known.
    async fn account(&self) -> Option<&str> {
        self.0.account.as_deref()
    }

    /// When Stripe said, asked with the connection's own key, that the account is this one. Null while the account is only claimed: then events
    /// that come to the platform's endpoint are not for it. The key needs the right to read the account.
    async fn account_verified_at(&self) -> Option<DateTime<Utc>> {
        self.0.verified_at
    }

    /// How access was given.
    async fn method(&self) -> ConnectionMethod {
        self.0.method
    }

    /// Its state.
    async fn status(&self) -> ConnectionStatus {
        self.0.status
    }

    /// Why it is in that state.
    async fn status_reason(&self) -> Option<&str> {
        self.0.status_reason.as_deref()
    }

    /// The last four characters of the key.
    async fn key_last_four(&self) -> Option<&str> {
        self.0.key_last4.as_deref()
    }

    /// Every right at Stripe that something here uses, and whether the connection has it; those that guides of others ask for are `NOT_NEEDED`.
    async fn permissions(&self) -> Vec<StripeConnectionPermission> {
        stripe_access::permissions(&self.0)
    }

    /// What the connection is good for, and what is missing for the rest.
    async fn capabilities(&self) -> Vec<StripeConnectionCapability> {
        stripe_access::capabilities(&self.0)
    }

    /// What is wrong with the connection, or could be better, the gravest first; each with the exact thing to do about it. Judges what is known
    /// from the last look at Stripe and from what arrived; `stripeConnectionCheck` looks anew.
    #[graphql(complexity = "50 + child_complexity")]
    async fn doctor(&self, ctx: &Context<'_>) -> ApiResult<Vec<StripeConnectionFinding>> {
        Ok(doctor::examine(ctx.services(), &self.0).await?.into_iter().map(Into::into).collect())
    }

    /// When Stripe was last asked what the connection may. Null while it was not yet.
    async fn checked_at(&self) -> Option<DateTime<Utc>> {
        self.0.health.as_ref().map(|health| health.checked_at)
    }

    /// Where Stripe has to deliver its events: the address for a webhook endpoint.
    async fn webhook_url(&self, ctx: &Context<'_>) -> String {
        service::webhook_url(ctx.services(), &self.0)
    }

    /// The events for which the endpoint has to be registered.
    async fn webhook_events(&self) -> Vec<&'static str> {
        registered().collect()
    }

    /// The endpoint that this instance registered at Stripe, `we_…`; null when there is none of ours.
    async fn webhook_endpoint(&self) -> Option<&str> {
        self.0.webhook_endpoint.as_deref()
    }

    /// What to do in Stripe's dashboard so that events come here, step by step. Empty where this instance registered the endpoint itself.
    async fn webhook_guide(&self, ctx: &Context<'_>) -> Vec<String> {
        endpoint::guide(ctx.services(), &self.0)
    }

    /// The signing secrets that are accepted, by their last characters. For owners, administrators and keys with `WRITE_CONNECTIONS`.
    async fn webhook_secrets(&self, ctx: &Context<'_>) -> ApiResult<Vec<WebhookSecret>> {
        ctx.scope(Action::Connect)?;
        let secrets = service::shown_secrets(ctx.services(), &self.0)?.into_iter();
        Ok(secrets.map(|(fingerprint, last_four)| WebhookSecret { fingerprint, last_four }).collect())
    }

    /// The API version in which its events come.
    async fn api_version(&self) -> Option<&str> {
        self.0.api_version.as_deref()
    }

    /// When the last event came.
    async fn last_event_at(&self) -> Option<DateTime<Utc>> {
        self.0.last_event_at
    }

    /// How its data is kept up to date, and how far that has come. Null until the instance first looked at the connection, seconds after it was
    /// linked.
    #[graphql(complexity = "20 + child_complexity")]
    async fn sync(&self, ctx: &Context<'_>) -> ApiResult<Option<StripeSync>> {
        StripeSync::of(ctx.services(), ctx.merchant_reads()?, self.0.id).await
    }

    /// When it was begun.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it last changed.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}

/// A webhook signing secret, as far as it is shown.
#[derive(SimpleObject)]
pub struct WebhookSecret {
    /// By which it is named to remove it. Says nothing of the secret.
    fingerprint: String,
    /// Its last four characters.
    last_four: String,
}

/// A connection to be, by a pasted key.
#[derive(InputObject)]
pub struct StripeConnectionCreateInput {
    /// What the merchant calls it.
    name: String,
    /// A restricted key (`rk_test_…` or `rk_live_…`) of the mode that the viewer looks at. Kept encrypted, never shown again.
    #[graphql(secret)]
    key: String,
    /// Whether a secret key (`sk_…`), which can do everything in the account, is wanted on purpose.
    #[graphql(default)]
    allow_secret_key: bool,
    /// The account, `acct_…`, if it is known: then it cannot be connected twice. A key that may read its account proves it.
    #[graphql(default)]
    account: Option<String>,
    /// The signing secret (`whsec_…`) of the webhook endpoint, if it is there already.
    #[graphql(default, secret)]
    webhook_secret: Option<String>,
    /// How its data is kept up to date; as the instance does when left out.
    #[graphql(default)]
    sync_mode: Option<SyncMode>,
    /// The same key again brings back what was made the first time.
    #[graphql(default)]
    idempotency_key: Option<String>,
}

/// What to change of a connection; what is left out stays.
#[derive(InputObject)]
pub struct StripeConnectionUpdateInput {
    /// The connection.
    id: ConnectionId,
    /// What the merchant calls it.
    #[graphql(default)]
    name: Option<String>,
    /// A new key in place of the old one. Links again what was unlinked.
    #[graphql(default, secret)]
    key: Option<String>,
    /// Whether a secret key, which can do everything in the account, is wanted on purpose.
    #[graphql(default)]
    allow_secret_key: bool,
    /// The account, `acct_…`, once it is known.
    #[graphql(default)]
    account: Option<String>,
}

/// Which connection.
#[derive(InputObject)]
pub struct StripeConnectionUnlinkInput {
    /// The connection.
    id: ConnectionId,
}

/// A signing secret to add.
#[derive(InputObject)]
pub struct StripeConnectionAddWebhookSecretInput {
    /// The connection.
    id: ConnectionId,
    /// The signing secret, `whsec_…`. Kept encrypted, never shown again.
    #[graphql(secret)]
    secret: String,
}

/// A signing secret to remove.
#[derive(InputObject)]
pub struct StripeConnectionRemoveWebhookSecretInput {
    /// The connection.
    id: ConnectionId,
    /// Which, as in `webhookSecrets`.
    fingerprint: String,
}

payload! {
    /// A connection, or why it was not made or changed.
    StripeConnectionPayload {
        /// The connection.
        stripe_connection: StripeConnection
    }
}

/// Reading Stripe connections.
#[derive(Default)]
pub struct StripeConnectionQuery;

/// Reading Stripe connections.
#[Object]
impl StripeConnectionQuery {
    /// A Stripe connection by its id. Null when there is none that the viewer may see. Not for partners.
    async fn stripe_connection(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The connection.")] id: ConnectionId,
    ) -> ApiResult<Option<StripeConnection>> {
        let key = ById::<entity::stripe_connection::Entity>::new(ctx.reads()?, id);
        Ok(ctx.loader().load_one(key).await?.map(StripeConnection::from))
    }

    /// The merchant's Stripe connections. Not for partners.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a connection are what Relay asks for")]
    async fn stripe_connections(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only those in this state.")] status: Option<ConnectionStatus>,
        #[graphql(desc = "The order.", default)] order_by: NameOrder,
    ) -> ApiResult<Connection<StripeConnection>> {
        let window = Paging::new(first, after, last, before).window()?;
        let slice = crate::store::connection::list(ctx.services().db.read(), ctx.merchant_reads()?, status, order_by, &window).await?;
        Ok(Connection::new(slice))
    }
}

/// Changing Stripe connections.
#[derive(Default)]
pub struct StripeConnectionMutation;

/// Changing Stripe connections.
#[Object]
impl StripeConnectionMutation {
    /// Connects a Stripe account by a pasted key. For owners, administrators and keys with `WRITE_CONNECTIONS`.
    async fn stripe_connection_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The connection.")] input: StripeConnectionCreateInput,
    ) -> ApiResult<StripeConnectionPayload> {
        let connection = NewConnection {
            name: input.name,
            key: input.key.into(),
            allow_secret_key: input.allow_secret_key,
            account: input.account,
            webhook_secret: input.webhook_secret.map(Into::into),
            sync: input.sync_mode,
        };
        let made = service::create(ctx.services(), ctx.viewer(), connection, input.idempotency_key.as_deref()).await;
        StripeConnectionPayload::answer(made)
    }

    /// Changes a connection, or links it again with a new key. For owners, administrators and keys with `WRITE_CONNECTIONS`.
    async fn stripe_connection_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: StripeConnectionUpdateInput,
    ) -> ApiResult<StripeConnectionPayload> {
        let StripeConnectionUpdateInput { id, name, key, allow_secret_key, account } = input;
        let change = Change { name, key: key.map(SecretString::from), allow_secret_key, account };
        StripeConnectionPayload::answer(service::update(ctx.services(), ctx.viewer(), id, change).await)
    }

    /// Switches a connection off: its key is forgotten, its events have no effect. History stays. For owners, administrators and keys with
    /// `WRITE_CONNECTIONS`.
    async fn stripe_connection_unlink(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: StripeConnectionUnlinkInput,
    ) -> ApiResult<StripeConnectionPayload> {
        StripeConnectionPayload::answer(service::unlink(ctx.services(), ctx.viewer(), input.id).await)
    }

    /// Adds a signing secret beside those in use, so that a roll loses no delivery. For owners, administrators and keys with
    /// `WRITE_CONNECTIONS`.
    async fn stripe_connection_add_webhook_secret(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The secret.")] input: StripeConnectionAddWebhookSecretInput,
    ) -> ApiResult<StripeConnectionPayload> {
        let added = service::add_webhook_secret(ctx.services(), ctx.viewer(), input.id, &input.secret.into()).await;
        StripeConnectionPayload::answer(added)
    }

    /// Removes a signing secret; deliveries signed by it alone are refused from then on. For owners, administrators and keys with
    /// `WRITE_CONNECTIONS`.
    async fn stripe_connection_remove_webhook_secret(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: StripeConnectionRemoveWebhookSecretInput,
    ) -> ApiResult<StripeConnectionPayload> {
        StripeConnectionPayload::answer(service::remove_webhook_secret(ctx.services(), ctx.viewer(), input.id, &input.fingerprint).await)
    }
}
