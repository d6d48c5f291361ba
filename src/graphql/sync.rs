//! Syncs: how connections are kept up to date, and how far that has come.

use async_graphql::{Context, Object};
use chrono::{DateTime, Utc};
use entity::value::{ConnectionId, SyncDataType, SyncMode, SyncPullId, SyncReason, SyncStatus};
use entity::{sync_dataset, sync_plan, sync_pull};

use super::context::Ask;
use super::error::ApiResult;
use super::page::{Connection, Paging, cost};
use super::row::row;
use super::stripe_connection::StripeConnection;
use crate::domain::access::Scope;
use crate::service::Services;
use crate::store::page::TimeOrder;
use crate::store::sync::pull::{PullFilter, list, open_of};
use crate::store::sync::{dataset, plan};

/// How a connection is kept up to date.
#[derive(Clone, PartialEq)]
pub struct StripeSync {
    plan: sync_plan::Model,
    datasets: Vec<sync_dataset::Model>,
    open: Vec<sync_pull::Model>,
}

impl StripeSync {
    /// The sync of a connection that the scope covers; nothing while it has no plan.
    pub(super) async fn of(services: &Services, scope: Scope, connection: ConnectionId) -> ApiResult<Option<Self>> {
        let db = services.db.read();
        let Some(plan) = plan::of(db, scope, connection).await? else { return Ok(None) };
        let (datasets, open) = (dataset::of(db, scope, connection).await?, open_of(db, scope, connection).await?);
        Ok(Some(Self { plan, datasets, open }))
    }
}

/// How a connection is kept up to date, and how far that has come. Readable by the merchant's members and keys; not for partners.
#[Object]
impl StripeSync {
    /// Once, all the time, or when asked.
    async fn mode(&self) -> SyncMode {
        self.plan.mode
    }

    /// Whether anything is pulled at all. When not, deliveries have no effect either.
    async fn enabled(&self) -> bool {
        self.plan.enabled
    }

    /// The kinds of data, in the order in which they are pulled.
    async fn datasets(&self) -> Vec<StripeSyncDataset> {
        let open = |data: SyncDataType| self.open.iter().find(|pull| pull.data_type == data).cloned();
        self.datasets.iter().map(|row| StripeSyncDataset { open: open(row.data_type), row: row.clone() }).collect()
    }
}

/// One kind of data of a connection.
pub struct StripeSyncDataset {
    row: sync_dataset::Model,
    open: Option<sync_pull::Model>,
}

/// One kind of data of a connection: what is wanted of it, and how far it has come. Readable by the merchant's members and keys.
#[Object]
impl StripeSyncDataset {
    /// Which kind.
    async fn data_type(&self) -> SyncDataType {
        self.row.data_type
    }

    /// Whether it is pulled.
    async fn enabled(&self) -> bool {
        self.row.enabled
    }

    /// Whether it is pulled when the connection is new.
    async fn fetch_on_first_link(&self) -> bool {
        self.row.fetch_on_first_link
    }

    /// How many hours lie between two pulls that nobody asked for. Null when it is never pulled by itself.
    async fn interval_hours(&self) -> Option<i32> {
        self.row.interval_hours
    }

    /// Its place among the kinds: the smaller is pulled first.
    async fn sync_order(&self) -> i32 {
        self.row.sync_order
    }

    /// The oldest that is pulled. Null for all.
    async fn sync_from(&self) -> Option<DateTime<Utc>> {
        self.row.sync_from
    }

    /// How many months back are pulled; the later of both bounds counts. Null for all.
    async fn months_to_sync(&self) -> Option<i32> {
        self.row.months_to_sync
    }

    /// Whether its settings are kept from being changed.
    async fn locked(&self) -> bool {
        self.row.locked
    }

    /// How far it has come. Null while it was never to be pulled.
    async fn status(&self) -> Option<SyncStatus> {
        self.row.status
    }

    /// What is wrong, and what to do about it.
    async fn error(&self) -> Option<&str> {
        self.row.error.as_deref()
    }

    /// When everything was here last.
    async fn last_success_at(&self) -> Option<DateTime<Utc>> {
        self.row.last_success_at
    }

    /// When it is pulled next by itself. Null when it is not.
    async fn next_at(&self) -> Option<DateTime<Utc>> {
        self.row.next_at
    }

    /// The pull that waits or runs. Null when there is none.
    async fn pull(&self) -> Option<StripeSyncPull> {
        self.open.clone().map(StripeSyncPull)
    }
}

/// One pull of one kind of data.
pub struct StripeSyncPull(pub sync_pull::Model);

impl From<sync_pull::Model> for StripeSyncPull {
    fn from(row: sync_pull::Model) -> Self {
        Self(row)
    }
}

/// One pull of one kind of data: waiting, running, or over. Readable by the merchant's members and keys; not for partners.
#[Object]
impl StripeSyncPull {
    /// Its id.
    pub async fn id(&self) -> SyncPullId {
        self.0.id
    }

    /// The connection.
    async fn connection(&self, ctx: &Context<'_>) -> ApiResult<Option<StripeConnection>> {
        row::<entity::stripe_connection::Entity, _>(ctx, self.0.connection_id).await
    }

    /// Which kind of data.
    async fn data_type(&self) -> SyncDataType {
        self.0.data_type
    }

    /// Why it is made.
    async fn reason(&self) -> SyncReason {
        self.0.reason
    }

    /// How far it has come.
    async fn status(&self) -> SyncStatus {
        self.0.status
    }

    /// The oldest that it fetches. Null for everything.
    async fn from(&self) -> Option<DateTime<Utc>> {
        self.0.from_at
    }

    /// How many pages were read. Stripe does not say how many there are.
    async fn pages(&self) -> i64 {
        self.0.pages
    }

    /// How many objects they held.
    async fn objects(&self) -> i64 {
        self.0.objects
    }

    /// Of events: how many no delivery had brought. Zero for other kinds.
    async fn missed(&self) -> i64 {
        self.0.missed
    }

    /// How often it was tried since it last got on.
    async fn attempts(&self) -> i32 {
        self.0.attempts
    }

    /// When it goes on. Null when it is over.
    async fn next_attempt_at(&self) -> Option<DateTime<Utc>> {
        self.0.next_attempt_at
    }

    /// What went wrong last, and what to do about it.
    async fn error(&self) -> Option<&str> {
        self.0.error.as_deref()
    }

    /// When it was asked for.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When the first page was asked for: everything made before is fetched.
    async fn started_at(&self) -> Option<DateTime<Utc>> {
        self.0.started_at
    }

    /// When it last got on.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }

    /// When it was over. Null before.
    async fn finished_at(&self) -> Option<DateTime<Utc>> {
        self.0.finished_at
    }
}

/// Reading pulls.
#[derive(Default)]
pub struct SyncQuery;

/// Reading pulls.
#[Object]
impl SyncQuery {
    /// The history of pulls, those that wait and run included. For the merchant's members and keys.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a connection are what Relay asks for")]
    async fn stripe_sync_pulls(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only those that fit.", default)] filter: PullFilter,
        #[graphql(desc = "The order.", default)] order_by: TimeOrder,
    ) -> ApiResult<Connection<StripeSyncPull>> {
        let (scope, window) = (ctx.merchant_reads()?, Paging::new(first, after, last, before).window()?);
        Ok(Connection::new(list(ctx.services().db.read(), scope, &filter, order_by, &window).await?))
    }
}
