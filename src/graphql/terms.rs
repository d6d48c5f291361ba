//! Terms: the versions of a program's rules.

mod condition;
mod limit;
mod product;
mod reward;

pub use condition::{ConditionKind, ConditionalTerms};
pub use limit::{CapTerms, LeadTerms, SecondLevelTerms, TierTerms};
pub use product::{ProductEffectKind, ProductTerms};
pub use reward::{Rate, RewardKind, RewardRule, RewardStepRule};

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::terms::Model;
use entity::value::{
    AccrueOn, Attribution, CandidateKind, CouponOverride, Duration, FlatRefund, OutOfBand, ProgramId, TermsId, TouchModel, TwoCodes,
};

use super::context::Ask;
use super::error::ApiResult;
use super::payload::payload;
use super::terms_input::TermsInput;
use crate::domain::preview::sentences;
use crate::service::ServiceError;
use crate::service::terms::{self as service, NewTerms};

/// One version of a program's rules.
pub struct Terms(pub Model);

impl From<Model> for Terms {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

/// One version of a program's rules; never changed once written. Readable by the merchant's members and keys, and by the program's partners.
#[Object]
impl Terms {
    /// Its id.
    pub async fn id(&self) -> TermsId {
        self.0.id
    }

    /// 1 for the first, then one more each time.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// From when new bindings take it.
    async fn effective_from(&self) -> DateTime<Utc> {
        self.0.effective_from
    }

    /// Whether everybody in the program takes it, or only those to whom it is assigned.
    async fn audience(&self) -> TermsAudience {
        if self.0.assigned { TermsAudience::Assigned } else { TermsAudience::Program }
    }

    /// What it means, in sentences for people, the most important things first.
    async fn sentences(&self) -> Vec<String> {
        sentences(&self.0.body)
    }

    /// When it was written.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// What a purchase earns where no other rule says otherwise.
    async fn reward(&self) -> RewardRule {
        self.0.body.reward.into()
    }

    /// What the first payment earns instead; null for the same.
    async fn first(&self) -> Option<RewardRule> {
        self.0.body.first.map(Into::into)
    }

    /// What payments from the second on earn instead; null for the same.
    async fn renewal(&self) -> Option<RewardRule> {
        self.0.body.renewal.map(Into::into)
    }

    /// What payments from a certain number on earn instead, in the order of that number.
    async fn steps(&self) -> Vec<RewardStepRule> {
        self.0.body.steps.iter().map(|step| (*step).into()).collect()
    }

    /// Which purchases of a bound customer earn.
    async fn duration(&self) -> DurationRule {
        self.0.body.duration.into()
    }

    /// How long a touch counts before the conversion, in days of 24 hours.
    async fn window_days(&self) -> u16 {
        self.0.body.window_days
    }

    /// Which eligible click wins.
    async fn touch_model(&self) -> TouchModel {
        self.0.body.touch_model
    }

    /// Whether the winner of the clicks earns alone or shares with the other eligible ones (AT-16).
    async fn attribution(&self) -> Attribution {
        self.0.body.attribution
    }

    /// When a partner's code wins over an existing binding.
    async fn coupon_override(&self) -> CouponOverride {
        self.0.body.coupon_override
    }

    /// Who is asked first about a purchase; a kind that is left out is not asked.
    async fn candidate_order(&self) -> &[CandidateKind] {
        &self.0.body.candidate_order
    }

    /// Days from purchase to release.
    async fn hold_days(&self) -> u16 {
        self.0.body.hold_days
    }

    /// Whether a person who had bought before the touch is left unbound.
    async fn new_customers_only(&self) -> bool {
        self.0.body.new_customers_only
    }

    /// Whether the same e-mail may tie a purchase to a customer.
    async fn email_match(&self) -> bool {
        self.0.body.email_match
    }

    /// Whether shipping is part of the base.
    async fn include_shipping(&self) -> bool {
        self.0.body.include_shipping
    }

    /// Own rewards and exclusions of products. Of all that match a line the one with the greatest priority decides; among equals a price
    /// goes before a product, a product before a lookup key, a lookup key before metadata; then the one that stands first.
    async fn products(&self) -> Vec<ProductTerms> {
        self.0.body.products.iter().map(Into::into).collect()
    }

    /// Own rewards under conditions. Of all that hold the one with the greatest priority decides; among equals the most specific one; then the
    /// one with the smaller id. A product rule that matches decides before it unless the priority here is the greater one.
    async fn conditional(&self) -> Vec<ConditionalTerms> {
        self.0.body.conditional.iter().map(Into::into).collect()
    }

    /// The most that may be earned: for a purchase, then a customer, then a partner, then the program.
    async fn caps(&self) -> Vec<CapTerms> {
        self.0.body.caps.iter().map(|cap| (*cap).into()).collect()
    }

    /// Other rewards for partners who brought much; null for none.
    async fn tiers(&self) -> Option<TierTerms> {
        self.0.body.tiers.as_ref().map(Into::into)
    }

    /// What a lead earns; null for nothing.
    async fn lead(&self) -> Option<LeadTerms> {
        self.0.body.lead.map(Into::into)
    }

    /// What the partner earns who recruited the partner that earned; null for nothing.
    async fn second_level(&self) -> Option<SecondLevelTerms> {
        self.0.body.second_level.map(Into::into)
    }

    /// Whether an invoice earns once when paid or with each payment towards it.
    async fn accrue_on(&self) -> AccrueOn {
        self.0.body.accrue_on
    }

    /// What money paid outside of Stripe earns.
    async fn out_of_band(&self) -> OutOfBand {
        self.0.body.out_of_band
    }

    /// When a refund takes a flat reward back.
    async fn flat_refund(&self) -> FlatRefundRule {
        self.0.body.flat_refund.into()
    }

    /// Whether a flat reward never exceeds the base.
    async fn cap_at_base(&self) -> bool {
        self.0.body.cap_at_base
    }

    /// What happens when codes of two partners meet on one purchase.
    async fn two_codes(&self) -> TwoCodes {
        self.0.body.two_codes
    }

    /// Whether an inquiry, a dispute's mild form, holds as well.
    async fn hold_inquiries(&self) -> bool {
        self.0.body.hold_inquiries
    }

    /// How many days a purchase waits for its sign-up.
    async fn late_binding_days(&self) -> u16 {
        self.0.body.late_binding_days
    }

    /// How old in days a purchase may be to be reversed; null is no limit.
    async fn clawback_days(&self) -> Option<u16> {
        self.0.body.clawback_days
    }

    /// Whether what an archived enrollment brought earns to the end of the duration.
    async fn pays_after_archive(&self) -> bool {
        self.0.body.pays_after_archive
    }
}

/// Which purchases of a bound customer earn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, serde::Serialize)]
pub enum DurationKind {
    /// The first purchase with a base above zero.
    FirstOnly,
    /// The first `n` such purchases.
    Payments,
    /// Those before the first one plus `n` calendar months.
    Months,
    /// All of them.
    Lifetime,
}

/// Which purchases of a bound customer earn.
#[derive(SimpleObject)]
#[graphql(name = "Duration")]
pub struct DurationRule {
    /// How it is counted.
    kind: DurationKind,
    /// How many, for PAYMENTS and MONTHS.
    n: Option<u16>,
}

impl From<Duration> for DurationRule {
    fn from(duration: Duration) -> Self {
        let (kind, n) = match duration {
            Duration::FirstOnly => (DurationKind::FirstOnly, None),
            Duration::Payments { n } => (DurationKind::Payments, Some(n)),
            Duration::Months { n } => (DurationKind::Months, Some(n)),
            Duration::Lifetime => (DurationKind::Lifetime, None),
        };
        Self { kind, n }
    }
}

/// When a refund takes a flat reward back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, serde::Serialize)]
pub enum FlatRefundKind {
    /// When all was refunded.
    OnFull,
    /// When more than a share was refunded.
    AboveShare,
}

/// When a refund takes a flat reward back.
#[derive(SimpleObject)]
#[graphql(name = "FlatRefund")]
pub struct FlatRefundRule {
    /// When.
    kind: FlatRefundKind,
    /// The share of what was collected, for `ABOVE_SHARE`.
    share: Option<Rate>,
}

impl From<FlatRefund> for FlatRefundRule {
    fn from(rule: FlatRefund) -> Self {
        match rule {
            FlatRefund::OnFull => Self { kind: FlatRefundKind::OnFull, share: None },
            FlatRefund::AboveShare { share } => Self { kind: FlatRefundKind::AboveShare, share: Some(share.into()) },
        }
    }
}

/// Who takes a version of the rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum)]
pub enum TermsAudience {
    /// Everybody in the program, from a time on.
    #[default]
    Program,
    /// Only those to whom it is assigned.
    Assigned,
}

/// A new version of a program's rules.
#[derive(InputObject)]
pub struct TermsCreateInput {
    /// Whose rules.
    program_id: ProgramId,
    /// What to change against the version that it is based on; what is left out stays as it is there.
    terms: TermsInput,
    /// From when new bindings take it, not in the past. Now when left out, or when the version before it begins. Only for PROGRAM.
    #[graphql(default)]
    effective_from: Option<DateTime<Utc>>,
    /// Who takes it.
    #[graphql(default)]
    audience: TermsAudience,
    /// The version of the program's rules that it is based on; the newest one that everybody takes when left out.
    #[graphql(default)]
    based_on: Option<TermsId>,
    /// The same key again brings back what was made the first time.
    #[graphql(default)]
    idempotency_key: Option<String>,
}

payload! {
    /// A version of the rules, or why it was not written.
    TermsCreatePayload {
        /// The new version.
        terms: Terms
    }
}

/// Writing terms.
#[derive(Default)]
pub struct TermsMutation;

/// Writing terms.
#[Object]
impl TermsMutation {
    /// Writes the next version of a program's rules. Customers who are bound keep the version under which they were bound. For owners,
    /// administrators and keys with `WRITE_PROGRAMS`.
    async fn terms_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The version.")] input: TermsCreateInput,
    ) -> ApiResult<TermsCreatePayload> {
        let TermsCreateInput { program_id: program, terms, effective_from, audience, based_on, idempotency_key } = input;
        let request = serde_json::to_value(&terms).map_err(|error| ServiceError::Internal(error.to_string()))?;
        let new = NewTerms { program, effective_from, assigned: audience == TermsAudience::Assigned, based_on };
        let made = service::create(ctx.services(), ctx.viewer(), new, (request, |base| terms.onto(base)), idempotency_key.as_deref()).await;
        TermsCreatePayload::answer(made)
    }
}
