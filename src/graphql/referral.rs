//! Refer-a-friend: what programs offer, who refers, and what they and their friends are given.

use async_graphql::{Context, Object, Union};
use chrono::{DateTime, Utc};
use entity::value::{
    Gift, ProgramId, ReferralCause, ReferralOfferId, ReferralRewardId, ReferralSide, ReferralState, ReferralSyncId, ReferralSyncStatus,
    ReferralTrigger, ReferrerId,
};
use entity::{
    customer, enrollment, link, program, purchase, referral_offer, referral_reward, referral_sync, referrer, stripe_connection,
    stripe_write,
};

use super::context::Ask;
use super::customer::Customer;
use super::enrollment::Enrollment;
use super::error::ApiResult;
use super::link::Link;
use super::page::{Connection, Paging, cost};
use super::program::Program;
use super::purchase::Purchase;
use super::row::{must, row};
use super::scalar::Money;
use super::stripe_connection::StripeConnection;
use super::stripe_write::StripeWrite;
use crate::store::page::TimeOrder;
use crate::store::referral::{ReferralRewardFilter, ReferrerFilter, offer_of, referrers, rewards};

/// A code of a coupon, for one person and one use.
#[derive(async_graphql::SimpleObject)]
pub struct CodeGift {
    /// Stripe's id of the coupon. One of the whole price for some months gives free months.
    coupon_stripe_id: String,
}

/// Credit on a balance at Stripe.
#[derive(async_graphql::SimpleObject)]
pub struct CreditGift {
    /// How much.
    credit: Money,
}

/// Something of the merchant's own, which the merchant's server gives.
#[derive(async_graphql::SimpleObject)]
pub struct OwnGift {
    /// What it is, in the merchant's words.
    name: String,
}

/// What somebody is given (RA-5).
#[derive(Union)]
pub enum ReferralGift {
    /// A code.
    Code(CodeGift),
    /// Credit.
    Credit(CreditGift),
    /// Something of the merchant's own.
    Own(OwnGift),
}

impl From<Gift> for ReferralGift {
    fn from(gift: Gift) -> Self {
        match gift {
            Gift::Code { coupon } => Self::Code(CodeGift { coupon_stripe_id: coupon }),
            Gift::Credit { money } => Self::Credit(CreditGift { credit: money.into() }),
            Gift::Own { name } => Self::Own(OwnGift { name }),
        }
    }
}

/// What a program offers for friends.
pub struct ReferralOffer(pub referral_offer::Model);

impl From<referral_offer::Model> for ReferralOffer {
    fn from(row: referral_offer::Model) -> Self {
        Self(row)
    }
}

/// What a program offers for friends. Readable by the merchant's members and keys; not for partners.
#[Object]
impl ReferralOffer {
    /// Its id.
    pub async fn id(&self) -> ReferralOfferId {
        self.0.id
    }

    /// The program.
    async fn program(&self, ctx: &Context<'_>) -> ApiResult<Program> {
        must::<program::Entity, _>(ctx, self.0.program_id).await
    }

    /// Where gifts of Stripe's are given, and codes are made.
    async fn connection(&self, ctx: &Context<'_>) -> ApiResult<Option<StripeConnection>> {
        row::<stripe_connection::Entity, _>(ctx, self.0.connection_id).await
    }

    /// What a friend is given; null for nothing.
    async fn friend(&self) -> Option<ReferralGift> {
        self.0.friend.clone().map(Into::into)
    }

    /// For what the friend is given it.
    async fn friend_for(&self) -> ReferralTrigger {
        self.0.friend_for
    }

    /// What who brought the friend is given for the friend's first purchase; null for nothing.
    async fn referrer(&self) -> Option<ReferralGift> {
        self.0.referrer.clone().map(Into::into)
    }

    /// For how many days that purchase is held back first.
    async fn hold_days(&self) -> i32 {
        self.0.hold_days
    }

    /// For how many friends one may be rewarded at most.
    async fn cap(&self) -> Option<i32> {
        self.0.cap
    }

    /// After how many days without a purchase a reward ends.
    async fn expires_days(&self) -> Option<i32> {
        self.0.expires_days
    }

    /// Stripe's id of the coupon of which each referrer gets a code for friends.
    async fn code_coupon(&self) -> Option<&str> {
        self.0.code_coupon.as_deref()
    }

    /// Whether whoever signs up or buys becomes a referrer.
    async fn everybody(&self) -> bool {
        self.0.everybody
    }

    /// Whether new friends are rewarded.
    async fn enabled(&self) -> bool {
        self.0.enabled
    }

    /// When it was last changed.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}

/// A customer who may bring friends.
pub struct Referrer(pub referrer::Model);

impl From<referrer::Model> for Referrer {
    fn from(row: referrer::Model) -> Self {
        Self(row)
    }
}

/// A customer who may bring friends to a program. Readable by the merchant's members and keys, and by themselves.
#[Object]
impl Referrer {
    /// Its id.
    pub async fn id(&self) -> ReferrerId {
        self.0.id
    }

    /// The program.
    async fn program(&self, ctx: &Context<'_>) -> ApiResult<Option<Program>> {
        row::<program::Entity, _>(ctx, self.0.program_id).await
    }

    /// The customer. Null for partners.
    async fn customer(&self, ctx: &Context<'_>) -> ApiResult<Option<Customer>> {
        match ctx.reads()? {
            scope if scope.partner().is_some() => Ok(None),
            _ => row::<customer::Entity, _>(ctx, self.0.customer_id).await,
        }
    }

    /// Their place in the program: under it stand what their friends earned them, and their codes.
    async fn enrollment(&self, ctx: &Context<'_>) -> ApiResult<Option<Enrollment>> {
        row::<enrollment::Entity, _>(ctx, self.0.enrollment_id).await
    }

    /// Their link.
    async fn link(&self, ctx: &Context<'_>) -> ApiResult<Option<Link>> {
        row::<link::Entity, _>(ctx, self.0.link_id).await
    }

    /// What makes their code at Stripe. Null without a code, and for partners.
    async fn code(&self, ctx: &Context<'_>) -> ApiResult<Option<StripeWrite>> {
        row::<stripe_write::Entity, _>(ctx, self.0.write_id).await
    }

    /// When they became one.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

/// What somebody is given for a friend.
pub struct ReferralReward(pub referral_reward::Model);

impl From<referral_reward::Model> for ReferralReward {
    fn from(row: referral_reward::Model) -> Self {
        Self(row)
    }
}

/// What somebody is given for a friend, and how far it has come. Readable by the merchant's members and keys; not for partners.
#[Object]
impl ReferralReward {
    /// Its id.
    pub async fn id(&self) -> ReferralRewardId {
        self.0.id
    }

    /// Which of the two is given it.
    async fn side(&self) -> ReferralSide {
        self.0.side
    }

    /// What it is.
    async fn gift(&self) -> ReferralGift {
        self.0.gift.clone().into()
    }

    /// For what.
    async fn earned_for(&self) -> ReferralTrigger {
        self.0.earned_for
    }

    /// How far it has come.
    async fn state(&self) -> ReferralState {
        self.0.state
    }

    /// Why it is where it is.
    async fn cause(&self) -> Option<ReferralCause> {
        self.0.cause
    }

    /// Who brought the friend.
    async fn referrer(&self, ctx: &Context<'_>) -> ApiResult<Referrer> {
        must::<referrer::Entity, _>(ctx, self.0.referrer_id).await
    }

    /// Who came.
    async fn friend(&self, ctx: &Context<'_>) -> ApiResult<Option<Customer>> {
        row::<customer::Entity, _>(ctx, self.0.friend_id).await
    }

    /// The purchase that it is for, once there is one.
    async fn purchase(&self, ctx: &Context<'_>) -> ApiResult<Option<Purchase>> {
        row::<purchase::Entity, _>(ctx, self.0.purchase_id).await
    }

    /// What gives it at Stripe.
    async fn write(&self, ctx: &Context<'_>) -> ApiResult<Option<StripeWrite>> {
        row::<stripe_write::Entity, _>(ctx, self.0.write_id).await
    }

    /// By which the merchant knows what it gave.
    async fn reference(&self) -> Option<&str> {
        self.0.reference.as_deref()
    }

    /// Until when there has to be a purchase.
    async fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.0.expires_at
    }

    /// When it was noted.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it was given.
    async fn applied_at(&self) -> Option<DateTime<Utc>> {
        self.0.applied_at
    }
}

/// Making customers referrers.
pub struct ReferralSync(pub referral_sync::Model);

impl From<referral_sync::Model> for ReferralSync {
    fn from(row: referral_sync::Model) -> Self {
        Self(row)
    }
}

/// Making the customers who are there referrers of a program (S20), and how far that has come. Readable by the merchant's members and keys.
#[Object]
impl ReferralSync {
    /// Its id.
    pub async fn id(&self) -> ReferralSyncId {
        self.0.id
    }

    /// The program.
    async fn program(&self, ctx: &Context<'_>) -> ApiResult<Program> {
        must::<program::Entity, _>(ctx, self.0.program_id).await
    }

    /// How far it has come.
    async fn status(&self) -> ReferralSyncStatus {
        self.0.status
    }

    /// How many customers were looked at.
    async fn seen(&self) -> i64 {
        self.0.seen
    }

    /// How many of them became referrers; the others are already, or were shut out.
    async fn made(&self) -> i64 {
        self.0.made
    }

    /// When it was asked for.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it ended.
    async fn finished_at(&self) -> Option<DateTime<Utc>> {
        self.0.finished_at
    }
}

/// Reading what friends and referrers are given.
#[derive(Default)]
pub struct ReferralQuery;

/// Reading what friends and referrers are given.
#[Object]
impl ReferralQuery {
    /// What a program offers for friends; null for nothing. For the merchant's members and keys.
    async fn referral_offer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The program.")] program_id: ProgramId,
    ) -> ApiResult<Option<ReferralOffer>> {
        Ok(offer_of(ctx.services().db.read(), ctx.merchant_reads()?, program_id).await?.map(ReferralOffer))
    }

    /// How far it has come to make customers referrers. For the merchant's members and keys.
    async fn referral_sync(&self, ctx: &Context<'_>, #[graphql(desc = "Which.")] id: ReferralSyncId) -> ApiResult<Option<ReferralSync>> {
        row::<referral_sync::Entity, _>(ctx, id).await
    }

    /// Who refers; for a partner themselves.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a connection are what Relay asks for")]
    async fn referrers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Which.", default)] filter: ReferrerFilter,
        #[graphql(desc = "The order.", default)] order_by: TimeOrder,
    ) -> ApiResult<Connection<Referrer>> {
        let window = Paging::new(first, after, last, before).window()?;
        Ok(Connection::new(referrers(ctx.services().db.read(), ctx.reads()?, filter, order_by, &window).await?))
    }

    /// What is given for friends. For the merchant's members and keys.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a connection are what Relay asks for")]
    async fn referral_rewards(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Which.", default)] filter: ReferralRewardFilter,
        #[graphql(desc = "The order.", default)] order_by: TimeOrder,
    ) -> ApiResult<Connection<ReferralReward>> {
        let window = Paging::new(first, after, last, before).window()?;
        let scope = ctx.merchant_reads()?;
        Ok(Connection::new(rewards(ctx.services().db.read(), scope, filter, order_by, &window).await?))
    }
}
