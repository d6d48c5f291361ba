//! Changing how connections are kept up to date, asking for pulls, and following them.

use async_graphql::{Context, InputObject, MaybeUndefined, Object, SimpleObject, Subscription};
use chrono::{DateTime, Utc};
use entity::value::{ConnectionId, SyncDataType, SyncMode};
use futures_util::stream::{BoxStream, StreamExt, unfold};

use super::context::Ask;
use super::error::{ApiError, ApiResult};
use super::hint::Hints;
use super::payload::{UserError, payload};
use super::sync::{StripeSync, StripeSyncPull};
use crate::domain::access::Scope;
use crate::service::sync::{DatasetChange, PlanChange, change_dataset, change_plan, request, topic};
use crate::service::{ServiceError, Services};

/// What to change of how a connection is kept up to date; what is left out stays.
#[derive(InputObject)]
pub struct StripeSyncUpdateInput {
    /// The connection.
    connection_id: ConnectionId,
    /// Once, all the time, or when asked.
    #[graphql(default)]
    mode: Option<SyncMode>,
    /// Whether anything is pulled at all. When not, deliveries have no effect either.
    #[graphql(default)]
    enabled: Option<bool>,
}

/// What to change of a kind of data; what is left out stays, and null empties.
#[derive(InputObject)]
pub struct StripeSyncDatasetUpdateInput {
    /// The connection.
    connection_id: ConnectionId,
    /// Which kind.
    data_type: SyncDataType,
    /// Whether it is pulled.
    #[graphql(default)]
    enabled: Option<bool>,
    /// Whether it is pulled when the connection is new.
    #[graphql(default)]
    fetch_on_first_link: Option<bool>,
    /// How many hours lie between two pulls, 1 to 720; null for never by itself.
    #[graphql(default)]
    interval_hours: MaybeUndefined<i32>,
    /// Its place among the kinds, 0 to 999.
    #[graphql(default)]
    sync_order: Option<i32>,
    /// The oldest that is pulled; null for all.
    #[graphql(default)]
    sync_from: MaybeUndefined<DateTime<Utc>>,
    /// How many months back are pulled, 1 to 120; null for all.
    #[graphql(default)]
    months_to_sync: MaybeUndefined<i32>,
    /// Whether the settings are kept from being changed. While they are, only this can be changed.
    #[graphql(default)]
    locked: Option<bool>,
}

/// What to pull.
#[derive(InputObject)]
pub struct StripeSyncPullInput {
    /// The connection.
    connection_id: ConnectionId,
    /// Which kinds of data; all but the events when left out.
    #[graphql(default)]
    data_types: Option<Vec<SyncDataType>>,
}

payload! {
    /// How a connection is kept up to date now, or why nothing was changed.
    StripeSyncPayload {
        /// How it is kept up to date.
        sync: StripeSync
    }
}

/// What became of asking for pulls.
#[derive(SimpleObject)]
pub struct StripeSyncPullPayload {
    /// The pulls that were put in line; those that waited already are not among them.
    pulls: Vec<StripeSyncPull>,
    /// Why kinds of data are not pulled; `TYPE_DISABLED` names the kind that is switched off, and the others are pulled all the same.
    user_errors: Vec<UserError>,
}

/// Changing syncs.
#[derive(Default)]
pub struct SyncMutation;

/// Changing syncs.
#[Object]
impl SyncMutation {
    /// Changes how a connection is kept up to date. For owners, administrators and keys with `WRITE_CONNECTIONS`.
    async fn stripe_sync_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: StripeSyncUpdateInput,
    ) -> ApiResult<StripeSyncPayload> {
        let change = PlanChange { mode: input.mode, enabled: input.enabled };
        let done = change_plan(ctx.services(), ctx.viewer(), input.connection_id, change).await.map(|_| ());
        shown(ctx, input.connection_id, done).await
    }

    /// Changes what is wanted of a kind of data. For owners, administrators and keys with `WRITE_CONNECTIONS`.
    async fn stripe_sync_dataset_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: StripeSyncDatasetUpdateInput,
    ) -> ApiResult<StripeSyncPayload> {
        let change = DatasetChange {
            enabled: input.enabled,
            fetch_on_first_link: input.fetch_on_first_link,
            interval_hours: given(input.interval_hours),
            sync_order: input.sync_order,
            sync_from: given(input.sync_from),
            months_to_sync: given(input.months_to_sync),
            locked: input.locked,
        };
        let of = (input.connection_id, input.data_type);
        let done = change_dataset(ctx.services(), ctx.viewer(), of, change).await.map(|_| ());
        shown(ctx, input.connection_id, done).await
    }

    /// Pulls kinds of data of a connection from the beginning, as far back as their settings say; what is known already stays as it is. A kind that
    /// is pulled already is left to that pull. For owners, administrators and keys with `WRITE_CONNECTIONS`.
    async fn stripe_sync_pull(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to pull.")] input: StripeSyncPullInput,
    ) -> ApiResult<StripeSyncPullPayload> {
        let StripeSyncPullInput { connection_id, data_types } = input;
        match request(ctx.services(), ctx.viewer(), connection_id, data_types).await {
            Ok(done) => Ok(StripeSyncPullPayload {
                pulls: done.pulls.into_iter().map(StripeSyncPull).collect(),
                user_errors: done.refused.into_iter().map(Into::into).collect(),
            }),
            Err(ServiceError::Refused(refusals)) => {
                Ok(StripeSyncPullPayload { pulls: Vec::new(), user_errors: refusals.into_iter().map(Into::into).collect() })
            }
            Err(other) => Err(other.into()),
        }
    }
}

/// What a field of an input says: nothing, empty, or a value.
fn given<T>(field: MaybeUndefined<T>) -> Option<Option<T>> {
    match field {
        MaybeUndefined::Undefined => None,
        MaybeUndefined::Null => Some(None),
        MaybeUndefined::Value(value) => Some(Some(value)),
    }
}

/// The sync as it is after a change.
async fn shown(ctx: &Context<'_>, connection: ConnectionId, done: Result<(), ServiceError>) -> ApiResult<StripeSyncPayload> {
    let found = match done {
        Ok(()) => StripeSync::of(ctx.services(), ctx.merchant_reads()?, connection).await?,
        Err(error) => return StripeSyncPayload::answer::<StripeSync>(Err(error)),
    };
    StripeSyncPayload::answer(found.ok_or_else(|| ServiceError::Internal("a plan that was just changed is not there".to_owned())))
}

/// Following syncs.
#[derive(Default)]
pub struct SyncSubscription;

/// Following syncs.
#[Subscription]
impl SyncSubscription {
    /// The sync of a connection as it is, and then each time that it has gone on. Who comes back is shown it as it is by then. Never ends by
    /// itself. For the merchant's members and keys.
    async fn stripe_sync(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The connection.")] connection_id: ConnectionId,
    ) -> Result<BoxStream<'static, ApiResult<StripeSync>>, ApiError> {
        let scope = ctx.merchant_reads()?;
        let services = ctx.services().clone();
        let hints = Hints::of(&services, topic(scope), connection_id.to_string()).await;
        let reader = Reader { services, scope, connection: connection_id, hints, last: None };
        let steps = unfold(reader, |mut reader| async move { Some((reader.next().await, reader)) });
        Ok(steps.boxed())
    }
}

/// One reader of one sync. The rows are the truth and the feed the hint.
struct Reader {
    services: Services,
    scope: Scope,
    connection: ConnectionId,
    hints: Hints,
    last: Option<StripeSync>,
}

impl Reader {
    /// The sync when it is another one than the last time.
    async fn next(&mut self) -> ApiResult<StripeSync> {
        loop {
            let now = StripeSync::of(&self.services, self.scope, self.connection).await?;
            if let Some(now) = now.filter(|now| Some(now) != self.last.as_ref()) {
                self.last = Some(now.clone());
                return Ok(now);
            }
            self.hints.wait().await;
        }
    }
}
