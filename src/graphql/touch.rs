//! Clicks, touches and bindings: the evidence that a partner brought somebody, and what followed from it.

use async_graphql::{Context, Object};
use chrono::{DateTime, Utc};
use entity::value::{BindingId, BindingStage, ClickId, TouchId, TouchKind};
use entity::{binding, click, customer, enrollment, link, program, purchase, terms, touch};

use super::context::Ask;
use super::customer::Customer;
use super::enrollment::Enrollment;
use super::error::ApiResult;
use super::link::Link;
use super::page::{Connection, Paging, cost};
use super::program::Program;
use super::purchase::Purchase;
use super::row::{must, row};
use super::terms::Terms;
use crate::store::read::click::{ClickFilter, list};

/// One visit through a partner's link.
pub struct Click(pub click::Model);

impl From<click::Model> for Click {
    fn from(row: click::Model) -> Self {
        Self(row)
    }
}

/// One visit through a partner's link. Readable by the merchant's members and keys, and by the partner whose link it is.
#[Object]
impl Click {
    /// Its id.
    pub async fn id(&self) -> ClickId {
        self.0.id
    }

    /// The link.
    async fn link(&self, ctx: &Context<'_>) -> ApiResult<Link> {
        must::<link::Entity, _>(ctx, self.0.link_id).await
    }

    /// Whose link: the partner in the program.
    async fn enrollment(&self, ctx: &Context<'_>) -> ApiResult<Enrollment> {
        must::<enrollment::Entity, _>(ctx, self.0.enrollment_id).await
    }

    /// The program of the link.
    async fn program(&self, ctx: &Context<'_>) -> ApiResult<Program> {
        must::<program::Entity, _>(ctx, self.0.program_id).await
    }

    /// When, by our clock.
    async fn clicked_at(&self) -> DateTime<Utc> {
        self.0.clicked_at
    }

    /// Where the visit landed.
    async fn landing_url(&self) -> Option<&str> {
        self.0.landing_url.as_deref()
    }

    /// Where the visitor came from.
    async fn referrer(&self) -> Option<&str> {
        self.0.referrer.as_deref()
    }

    /// The browser's name for itself. Null for partners.
    async fn user_agent(&self, ctx: &Context<'_>) -> Option<&str> {
        self.0.user_agent.as_deref().filter(|_| !ctx.viewer().sees_masked())
    }

    /// Whether it looked like a machine; such a click never counts (AT-2).
    async fn bot(&self) -> bool {
        self.0.bot
    }

    /// When it was rejected as fraud (FR-5).
    async fn rejected_at(&self) -> Option<DateTime<Utc>> {
        self.0.rejected_at
    }
}

/// One piece of evidence that a partner brought a person.
pub struct Touch(pub touch::Model);

impl From<touch::Model> for Touch {
    fn from(row: touch::Model) -> Self {
        Self(row)
    }
}

/// One piece of evidence that a partner brought a person (AT-1). Readable by the merchant's members and keys, and by the partner it names.
#[Object]
impl Touch {
    /// Its id.
    pub async fn id(&self) -> TouchId {
        self.0.id
    }

    /// What kind of evidence.
    async fn kind(&self) -> TouchKind {
        self.0.kind
    }

    /// When it happened.
    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }

    /// The click, for kinds that name one.
    async fn click(&self, ctx: &Context<'_>) -> ApiResult<Option<Click>> {
        row::<click::Entity, _>(ctx, self.0.click_id).await
    }

    /// The object or call that told of it. Null for partners.
    async fn source(&self, ctx: &Context<'_>) -> Option<&str> {
        Some(self.0.source.as_str()).filter(|_| !ctx.viewer().sees_masked())
    }

    /// Stripe's id of the promotion code that was used. Null for partners.
    async fn promotion_code(&self, ctx: &Context<'_>) -> Option<&str> {
        self.0.promotion_code.as_deref().filter(|_| !ctx.viewer().sees_masked()).map(own_id)
    }

    /// Stripe's id of the coupon that was used. Null for partners.
    async fn coupon(&self, ctx: &Context<'_>) -> Option<&str> {
        self.0.coupon.as_deref().filter(|_| !ctx.viewer().sees_masked()).map(own_id)
    }

    /// What metadata or a call named the partner by.
    async fn partner_key(&self) -> Option<&str> {
        self.0.partner_key.as_deref()
    }

    /// The partner in the program, where the evidence names it outright.
    async fn enrollment(&self, ctx: &Context<'_>) -> ApiResult<Option<Enrollment>> {
        row::<enrollment::Entity, _>(ctx, self.0.enrollment_id).await
    }

    /// The one purchase that it is about, if it is about one.
    async fn purchase(&self, ctx: &Context<'_>) -> ApiResult<Option<Purchase>> {
        row::<purchase::Entity, _>(ctx, self.0.purchase_id).await
    }

    /// Who was brought. Null for a partner who does not see the customer.
    async fn customer(&self, ctx: &Context<'_>) -> ApiResult<Option<Customer>> {
        row::<customer::Entity, _>(ctx, self.0.customer_id).await
    }

    /// When it was rejected as fraud (FR-5).
    async fn rejected_at(&self) -> Option<DateTime<Utc>> {
        self.0.rejected_at
    }
}

/// Stripe's part of `<connection id>/<Stripe id>`.
fn own_id(text: &str) -> &str {
    text.split_once('/').map_or(text, |(_, id)| id)
}

/// A customer bound to a partner in a program.
pub struct Binding(pub binding::Model);

impl From<binding::Model> for Binding {
    fn from(row: binding::Model) -> Self {
        Self(row)
    }
}

/// A customer bound to a partner in a program, with the terms in force (AT-5). Readable by the merchant's members and keys, and by the
/// partner.
#[Object]
impl Binding {
    /// Its id. Settling the customer again may make a new binding of the same content.
    pub async fn id(&self) -> BindingId {
        self.0.id
    }

    /// Who is bound.
    async fn customer(&self, ctx: &Context<'_>) -> ApiResult<Option<Customer>> {
        row::<customer::Entity, _>(ctx, self.0.customer_id).await
    }

    /// To whom: the partner in the program.
    async fn enrollment(&self, ctx: &Context<'_>) -> ApiResult<Enrollment> {
        must::<enrollment::Entity, _>(ctx, self.0.enrollment_id).await
    }

    /// The program.
    async fn program(&self, ctx: &Context<'_>) -> ApiResult<Program> {
        must::<program::Entity, _>(ctx, self.0.program_id).await
    }

    /// The version of the terms in force when it was made (CO-1).
    async fn terms(&self, ctx: &Context<'_>) -> ApiResult<Terms> {
        must::<terms::Entity, _>(ctx, self.0.terms_id).await
    }

    /// How far the customer has come.
    async fn stage(&self) -> BindingStage {
        self.0.stage
    }

    /// What kind of evidence made it.
    async fn source(&self) -> TouchKind {
        self.0.source
    }

    /// The evidence, where it is stored and the viewer may see it.
    async fn touch(&self, ctx: &Context<'_>) -> ApiResult<Option<Touch>> {
        row::<touch::Entity, _>(ctx, self.0.touch_id).await
    }

    /// From when it holds.
    async fn bound_at(&self) -> DateTime<Utc> {
        self.0.bound_at
    }

    /// When another one took its place; null while it holds.
    async fn ended_at(&self) -> Option<DateTime<Utc>> {
        self.0.ended_at
    }
}

/// Reading clicks.
#[derive(Default)]
pub struct ClickQuery;

/// Reading clicks.
#[Object]
impl ClickQuery {
    /// Clicks, the newest first; for a partner those on their own links.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    async fn clicks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only those that fit.", default)] filter: ClickFilter,
    ) -> ApiResult<Connection<Click>> {
        let window = Paging::new(first, after, last, before).window()?;
        Ok(Connection::new(list(ctx.services().db.read(), ctx.reads()?, &filter, &window).await?))
    }
}
