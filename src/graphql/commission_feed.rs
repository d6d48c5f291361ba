//! The live feed of changed commissions. The table is the truth and the feed the hint: what a reader missed is read from the table.

use std::collections::VecDeque;
use std::time::Duration;

use async_graphql::{Context, Object, Subscription};
use entity::commission::{Entity, Model};
use entity::value::{CommissionId, PartnerId};
use futures_util::stream::{BoxStream, StreamExt, unfold};
use serde::Deserialize;
use uuid::Uuid;

use super::commission::Commission;
use super::context::Ask;
use super::error::{ApiError, ApiResult};
use crate::domain::access::Scope;
use crate::pubsub::FeedStream;
use crate::service::Services;
use crate::service::outbox::topic;
use crate::store::page::{Position, SortKey};
use crate::store::read::commission::{changed, place_of_change, resume};
use crate::store::scoped::find;

/// How many commissions are read at a time when catching up.
const PAGE: u64 = 100;
/// How many a reader may have to catch up with before it has to list them instead.
const MOST_MISSED: u64 = 10_000;
/// How long a reader who was cut off waits before it listens again.
const PAUSE: Duration = Duration::from_millis(200);

/// A commission that was earned or changed.
pub struct CommissionChange {
    cursor: String,
    row: Model,
}

/// A commission that was earned or changed. Readable by whoever may read the commission.
#[Object]
impl CommissionChange {
    /// The place of the change, opaque: give it as `after` to go on from here.
    async fn cursor(&self) -> &str {
        &self.cursor
    }

    /// The commission as it is now.
    async fn commission(&self) -> Commission {
        Commission(self.row.clone())
    }
}

/// Following commissions.
#[derive(Default)]
pub struct CommissionSubscription;

/// Following commissions.
#[Subscription]
impl CommissionSubscription {
    /// Commissions of the merchant as they are earned and change; for a partner their own. A change comes at least once, and may come twice
    /// around a break: compare `updatedAt`.
    async fn commissions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "First what changed after this cursor: of an earlier event, or of the query `commissions` ordered by \
            `LATEST_CHANGE`. Without it only what changes from now on.")]
        after: Option<String>,
    ) -> Result<BoxStream<'static, ApiResult<CommissionChange>>, ApiError> {
        let after = after.as_deref().map(Position::from_cursor).transpose().map_err(|error| ApiError::bad_input(error.to_string()))?;
        let scope = ctx.reads()?;
        Ok(follow(ctx.services().clone(), scope, after).await)
    }
}

/// What the feed tells of a change.
#[derive(Deserialize)]
struct Hint {
    commission: CommissionId,
    partner: PartnerId,
}

/// One reader's place.
struct Reader {
    services: Services,
    scope: Scope,
    topic: String,
    live: FeedStream,
    /// Read and not handed out yet.
    ready: VecDeque<Model>,
    /// Where the table is read next, while catching up.
    behind: Option<Position>,
    /// How many were read to catch up.
    missed: u64,
    /// The last change that the reader has.
    last: Position,
    ended: bool,
}

/// Listens first and reads the table then, so that nothing falls between the two.
async fn follow(services: Services, scope: Scope, after: Option<Position>) -> BoxStream<'static, ApiResult<CommissionChange>> {
    let topic = topic(scope.merchant(), scope.mode());
    let live = services.feed.subscribe(&topic).await;
    let now = Position::new(SortKey::Time(services.clock.now()), Uuid::nil());
    let behind = after.as_ref().map(resume);
    let last = after.unwrap_or(now);
    let reader = Reader { services, scope, topic, live, ready: VecDeque::new(), behind, missed: 0, last, ended: false };
    unfold(reader, |mut reader| async move {
        if reader.ended {
            return None;
        }
        let next = reader.next().await;
        // The client resumes by its cursor; going on past an error would leave a gap.
        reader.ended = next.is_err();
        Some((next, reader))
    })
    .boxed()
}

impl Reader {
    async fn next(&mut self) -> ApiResult<CommissionChange> {
        loop {
            if let Some(row) = self.ready.pop_front() {
                self.last = place_of_change(&row);
                return Ok(CommissionChange { cursor: self.last.cursor(), row });
            }
            if let Some(from) = self.behind.take() {
                self.catch_up(from).await?;
            } else if let Some(text) = self.live.next().await {
                self.hear(&text).await?;
            } else {
                tokio::time::sleep(PAUSE).await;
                self.live = self.services.feed.subscribe(&self.topic).await;
                (self.behind, self.missed) = (Some(resume(&self.last)), 0);
            }
        }
    }

    async fn catch_up(&mut self, from: Position) -> ApiResult<()> {
        if self.missed >= MOST_MISSED {
            let text =
                "too much has changed since this cursor; list `commissions` ordered by LATEST_CHANGE and follow from its newest cursor";
            return Err(ApiError::bad_input(text));
        }
        let rows = changed(self.services.db.read(), self.scope, from, PAGE).await?;
        self.missed = self.missed.saturating_add(PAGE);
        if u64::try_from(rows.len()).is_ok_and(|read| read >= PAGE) {
            self.behind = rows.last().map(place_of_change);
        }
        let last = self.last.clone();
        self.ready.extend(rows.into_iter().filter(|row| place_of_change(row) != last));
        Ok(())
    }

    async fn hear(&mut self, text: &str) -> ApiResult<()> {
        let hint: Hint = match serde_json::from_str(text) {
            Ok(hint) => hint,
            Err(error) => {
                tracing::warn!(%error, "the feed of commissions holds something else");
                return Ok(());
            }
        };
        if self.scope.partner().is_some_and(|own| own != hint.partner) {
            return Ok(());
        }
        self.ready.extend(find::<Entity, _>(self.services.db.read(), self.scope, hint.commission).await?);
        Ok(())
    }
}
