//! Offering something for friends, making customers referrers, and deciding about rewards.

use async_graphql::{Context, InputObject, Object, OneofObject};
use entity::value::{ConnectionId, Gift, ProgramId, ReferralRewardId, ReferralTrigger};

use super::context::Ask;
use super::error::ApiResult;
use super::payload::payload;
use super::referral::{ReferralOffer, ReferralReward, ReferralSync};
use super::scalar::MoneyInput;
use crate::service::referral::{Decision, NewOffer, apply, begin, decide, set};
use crate::service::{Refusal, RefusalCode};

/// What somebody is given.
#[derive(OneofObject)]
pub enum ReferralGiftInput {
    /// A promotion code of the coupon with this id at Stripe, for one person and one use. A coupon of the whole price for some months gives free
    /// months.
    CouponStripeId(String),
    /// Credit on their balance at Stripe.
    Credit(MoneyInput),
    /// Something of your own, in your words: your server sees that it is earned, gives it, and says so by `referralRewardApply`.
    Own(String),
}

fn gift(field: &str, input: Option<ReferralGiftInput>) -> Result<Option<Gift>, Refusal> {
    let wrong = |message| Refusal::new(field, RefusalCode::Invalid, message);
    Ok(match input {
        None => None,
        Some(ReferralGiftInput::CouponStripeId(coupon)) => Some(Gift::Code { coupon }),
        Some(ReferralGiftInput::Credit(money)) => Some(Gift::Credit { money: money.read().map_err(wrong)? }),
        Some(ReferralGiftInput::Own(name)) => Some(Gift::Own { name }),
    })
}

/// What a program is to offer for friends.
#[derive(InputObject)]
pub struct ReferralOfferSetInput {
    /// The program, of kind REFER_A_FRIEND.
    program_id: ProgramId,
    /// Where gifts of Stripe's are given, and codes are made; the only connection that is linked when left out.
    #[graphql(default)]
    connection_id: Option<ConnectionId>,
    /// What a friend is given; nothing when left out.
    #[graphql(default)]
    friend: Option<ReferralGiftInput>,
    /// For what the friend is given it.
    #[graphql(default_with = "ReferralTrigger::Purchase")]
    friend_for: ReferralTrigger,
    /// What who brought the friend is given for the friend's first purchase; nothing when left out.
    #[graphql(default)]
    referrer: Option<ReferralGiftInput>,
    /// For how many days that purchase is held back first, 0 to 120.
    #[graphql(default = 30)]
    hold_days: i32,
    /// For how many friends one may be rewarded at most; for all when left out.
    #[graphql(default)]
    cap: Option<i32>,
    /// After how many days without a purchase a reward ends; never when left out.
    #[graphql(default)]
    expires_days: Option<i32>,
    /// Stripe's id of the coupon of which each referrer gets a code for friends; no codes when left out.
    #[graphql(default)]
    code_coupon: Option<String>,
    /// Whether whoever signs up or buys becomes a referrer.
    #[graphql(default)]
    everybody: bool,
    /// Whether new friends are rewarded.
    #[graphql(default = true)]
    enabled: bool,
}

/// Of which program customers become referrers.
#[derive(InputObject)]
pub struct ReferralSyncBeginInput {
    /// The program.
    program_id: ProgramId,
}

/// Which reward was given.
#[derive(InputObject)]
pub struct ReferralRewardApplyInput {
    /// The reward.
    id: ReferralRewardId,
    /// By which you know what you gave, in 1 to 200 characters. The same again says it once.
    reference: String,
}

/// What becomes of a reward.
#[derive(InputObject)]
pub struct ReferralRewardDecideInput {
    /// The reward.
    id: ReferralRewardId,
    /// What becomes of it.
    decision: Decision,
}

payload! {
    /// What a program offers, or why it does not.
    ReferralOfferSetPayload {
        /// The offer.
        referral_offer: ReferralOffer
    }
}

payload! {
    /// A sync that goes on, or why none does.
    ReferralSyncBeginPayload {
        /// The sync. A worker goes on with it: look again at it by `referralSync`.
        referral_sync: ReferralSync
    }
}

payload! {
    /// A reward, or why it was not changed.
    ReferralRewardPayload {
        /// The reward.
        referral_reward: ReferralReward
    }
}

/// Offering something for friends.
#[derive(Default)]
pub struct ReferralMutation;

/// Offering something for friends.
#[Object]
impl ReferralMutation {
    /// Sets what a program offers for friends. Rewards that were noted before stay as they were offered. For owners, administrators and keys with
    /// `WRITE_PROGRAMS`.
    async fn referral_offer_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is offered.")] input: ReferralOfferSetInput,
    ) -> ApiResult<ReferralOfferSetPayload> {
        let asked = async {
            let new = NewOffer {
                program: input.program_id,
                connection: input.connection_id,
                friend: gift("friend", input.friend)?,
                friend_for: input.friend_for,
                referrer: gift("referrer", input.referrer)?,
                hold_days: input.hold_days,
                cap: input.cap,
                expires_days: input.expires_days,
                code_coupon: input.code_coupon,
                everybody: input.everybody,
                enabled: input.enabled,
            };
            set(ctx.services(), ctx.viewer(), new).await
        };
        ReferralOfferSetPayload::answer(asked.await)
    }

    /// Makes all customers who are there at Stripe referrers of a program, each once, with a link and, where a coupon for that is offered, a code.
    /// While one goes on, it is that one. For owners, administrators and keys with `WRITE_PROGRAMS`.
    async fn referral_sync_begin(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of which program.")] input: ReferralSyncBeginInput,
    ) -> ApiResult<ReferralSyncBeginPayload> {
        ReferralSyncBeginPayload::answer(begin(ctx.services(), ctx.viewer(), input.program_id).await)
    }

    /// Says that your server gave a reward of your own. For owners, administrators and keys with `WRITE_MONEY`.
    async fn referral_reward_apply(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, and what you gave.")] input: ReferralRewardApplyInput,
    ) -> ApiResult<ReferralRewardPayload> {
        ReferralRewardPayload::answer(apply(ctx.services(), ctx.viewer(), input.id, &input.reference).await)
    }

    /// Decides about a reward: to keep or reverse what was given for a purchase that was refunded, or to cancel what was not given yet. For owners,
    /// administrators and keys with `WRITE_MONEY`.
    async fn referral_reward_decide(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, and what becomes of it.")] input: ReferralRewardDecideInput,
    ) -> ApiResult<ReferralRewardPayload> {
        ReferralRewardPayload::answer(decide(ctx.services(), ctx.viewer(), input.id, input.decision).await)
    }
}
