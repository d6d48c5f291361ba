//! What coupons and promotion codes have in common: where they are, whose they are, what made them, and whether they still are what they should be.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use async_graphql::{Context, Object};
use chrono::{DateTime, Utc};
use entity::value::{CodeDrift, ConnectionId, EnrollmentId, StripeChange};
use entity::{coupon, enrollment, promotion_code, stripe_connection, stripe_write};

use super::context::Ask;
use super::enrollment::Enrollment;
use super::error::ApiResult;
use super::loader::{Batch, by_scope};
use super::row::{must, row};
use super::stripe_connection::StripeConnection;
use super::stripe_write::StripeWrite;
use crate::domain::access::Scope;
use crate::store::{self, StoreError};

/// Something of a connection, by Stripe's id of it.
type Place = (ConnectionId, String);

/// What made a code here.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MakerOf(pub Scope, pub Place);

impl Loader<MakerOf> for Batch {
    type Value = stripe_write::Model;
    type Error = Arc<StoreError>;

    async fn load(&self, keys: &[MakerOf]) -> Result<HashMap<MakerOf, stripe_write::Model>, Arc<StoreError>> {
        let mut found = HashMap::with_capacity(keys.len());
        for (scope, places) in by_scope(keys.iter().map(|key| (key.0, key.1.clone()))) {
            let rows = store::stripe_write::makers(self.db.read(), scope, &places).await.map_err(Arc::new)?;
            let place = |row: &stripe_write::Model| Some((row.connection_id, row.object.clone()?));
            found.extend(rows.into_iter().filter_map(|row| Some((MakerOf(scope, place(&row)?), row))));
        }
        Ok(found)
    }
}

/// A coupon by where it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CouponAt(pub Scope, pub Place);

impl Loader<CouponAt> for Batch {
    type Value = coupon::Model;
    type Error = Arc<StoreError>;

    async fn load(&self, keys: &[CouponAt]) -> Result<HashMap<CouponAt, coupon::Model>, Arc<StoreError>> {
        let mut found = HashMap::with_capacity(keys.len());
        for (scope, places) in by_scope(keys.iter().map(|key| (key.0, key.1.clone()))) {
            let rows = store::coupon::at(self.db.read(), scope, &places).await.map_err(Arc::new)?;
            found.extend(rows.into_iter().map(|row| (CouponAt(scope, (row.connection_id, row.stripe_id.clone())), row)));
        }
        Ok(found)
    }
}

/// What is the same of a coupon and of a promotion code.
pub struct Held {
    place: Place,
    enrollment: Option<EnrollmentId>,
    from: Option<DateTime<Utc>>,
    to: Option<DateTime<Utc>>,
    /// The name of a coupon.
    name: Option<String>,
    /// Stripe's id of the coupon itself, or of a code's.
    coupon: Option<String>,
    /// Whether it can be used, as far as its own row says.
    active: bool,
}

impl From<&coupon::Model> for Held {
    fn from(row: &coupon::Model) -> Self {
        Self {
            place: (row.connection_id, row.stripe_id.clone()),
            enrollment: row.enrollment_id,
            from: row.mapped_from,
            to: row.mapped_to,
            name: row.name.clone(),
            coupon: Some(row.stripe_id.clone()),
            active: true,
        }
    }
}

impl From<&promotion_code::Model> for Held {
    fn from(row: &promotion_code::Model) -> Self {
        Self {
            place: (row.connection_id, row.stripe_id.clone()),
            enrollment: row.enrollment_id,
            from: row.mapped_from,
            to: row.mapped_to,
            name: None,
            coupon: row.coupon.clone(),
            active: row.active,
        }
    }
}

impl Held {
    async fn maker(&self, ctx: &Context<'_>, scope: Scope) -> ApiResult<Option<stripe_write::Model>> {
        Ok(ctx.loader().load_one(MakerOf(scope, self.place.clone())).await?)
    }
}

/// What is the same of a coupon and of a promotion code.
#[Object(name = "CodeHeld")]
impl Held {
    /// Stripe's id.
    async fn stripe_id(&self) -> &str {
        &self.place.1
    }

    /// Where it was told of. Null for partners.
    async fn connection(&self, ctx: &Context<'_>) -> ApiResult<Option<StripeConnection>> {
        match ctx.reads()? {
            scope if scope.partner().is_some() => Ok(None),
            _ => Ok(Some(must::<stripe_connection::Entity, _>(ctx, self.place.0).await?)),
        }
    }

    /// Whose it is, or last was.
    async fn enrollment(&self, ctx: &Context<'_>) -> ApiResult<Option<Enrollment>> {
        row::<enrollment::Entity, _>(ctx, self.enrollment).await
    }

    /// Since when it is theirs.
    async fn assigned_from(&self) -> Option<DateTime<Utc>> {
        self.from
    }

    /// Until when it was theirs; null while it is.
    async fn assigned_to(&self) -> Option<DateTime<Utc>> {
        self.to
    }

    /// What made it at Stripe, when it was made from here. Null for partners.
    async fn made_by(&self, ctx: &Context<'_>) -> ApiResult<Option<StripeWrite>> {
        match ctx.reads()? {
            scope if scope.partner().is_some() => Ok(None),
            scope => Ok(self.maker(ctx, scope).await?.map(StripeWrite)),
        }
    }

    /// In what it is not any more what it should be, since somebody changed it at Stripe: while it is a partner's, and in the name that it was
    /// made with. Empty when all is well, and for partners.
    async fn drift(&self, ctx: &Context<'_>) -> ApiResult<Vec<CodeDrift>> {
        let scope = ctx.reads()?;
        if scope.partner().is_some() {
            return Ok(Vec::new());
        }
        let held = self.enrollment.is_some() && self.to.is_none();
        let coupon = match &self.coupon {
            Some(id) if held => ctx.loader().load_one(CouponAt(scope, (self.place.0, id.clone()))).await?,
            _ => None,
        };
        let made = match self.maker(ctx, scope).await?.map(|row| row.change) {
            Some(StripeChange::Coupon(draft)) => Some(draft),
            _ => None,
        };
        let found = [
            (CodeDrift::Inactive, held && !self.active),
            (CodeDrift::CouponDeleted, coupon.is_some_and(|row| row.deleted_at.is_some())),
            (CodeDrift::Renamed, made.is_some_and(|draft| draft.name != self.name)),
        ];
        Ok(found.into_iter().filter(|(_, is)| *is).map(|(drift, _)| drift).collect())
    }
}
