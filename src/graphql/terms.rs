//! Terms: the versions of a program's rules.

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::terms::Model;
use entity::value::{
    AccrueOn, BasisPoints, CandidateKind, CouponOverride, Duration, FlatRefund, OutOfBand, ProductEffect, ProductMatch, ProductRule,
    ProgramId, Reward, TermsId, TouchModel, TwoCodes,
};

use super::context::Ask;
use super::error::ApiResult;
use super::payload::payload;
use super::scalar::Money;
use super::terms_input::TermsInput;
use crate::service::ServiceError;
use crate::service::terms as service;

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

    /// When it was written.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// What a purchase earns where no product rule says otherwise.
    async fn reward(&self) -> RewardRule {
        self.0.body.reward.into()
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

    /// Own rates and exclusions; the first match of a line decides.
    async fn products(&self) -> Vec<ProductTerms> {
        self.0.body.products.iter().map(Into::into).collect()
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

/// A share.
#[derive(SimpleObject)]
pub struct Rate {
    /// In hundredths of a percent: 1250 is 12.5 %.
    basis_points: u32,
    /// For people: "12.5 %".
    percent: String,
}

impl From<BasisPoints> for Rate {
    fn from(rate: BasisPoints) -> Self {
        Self { basis_points: rate.get(), percent: rate.to_string() }
    }
}

/// How a reward is reckoned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, serde::Serialize)]
pub enum RewardKind {
    /// A share of the base.
    Percent,
    /// A fixed sum.
    Flat,
}

/// What a purchase earns.
#[derive(SimpleObject)]
#[graphql(name = "Reward")]
pub struct RewardRule {
    /// How it is reckoned.
    kind: RewardKind,
    /// The share, for PERCENT.
    rate: Option<Rate>,
    /// The sum, for FLAT.
    amount: Option<Money>,
    /// Whether the sum is for each unit bought instead of once per purchase, for FLAT.
    per_unit: Option<bool>,
}

impl From<Reward> for RewardRule {
    fn from(reward: Reward) -> Self {
        match reward {
            Reward::Percent { rate } => Self { kind: RewardKind::Percent, rate: Some(rate.into()), amount: None, per_unit: None },
            Reward::Flat { amount, currency, per_unit } => Self {
                kind: RewardKind::Flat,
                rate: None,
                amount: Some(entity::value::Money::new(amount, currency).into()),
                per_unit: Some(per_unit),
            },
        }
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

/// What a product rule does to a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, serde::Serialize)]
pub enum ProductEffectKind {
    /// The line earns a share of its own.
    Rate,
    /// The line earns nothing.
    Exclude,
}

/// A rule for some of the products.
#[derive(SimpleObject)]
#[graphql(name = "ProductRule")]
pub struct ProductTerms {
    /// What the id is of.
    matches: ProductMatch,
    /// Stripe's id of the price or product.
    id: String,
    /// What the rule does to a line that it matches.
    effect: ProductEffectKind,
    /// The share, for RATE.
    rate: Option<Rate>,
}

impl From<&ProductRule> for ProductTerms {
    fn from(rule: &ProductRule) -> Self {
        let (effect, rate) = match rule.effect {
            ProductEffect::Rate { rate } => (ProductEffectKind::Rate, Some(rate.into())),
            ProductEffect::Exclude => (ProductEffectKind::Exclude, None),
        };
        Self { matches: rule.matches, id: rule.id.clone(), effect, rate }
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

/// A new version of a program's rules.
#[derive(InputObject)]
pub struct TermsCreateInput {
    /// Whose rules.
    program_id: ProgramId,
    /// What to change against the newest version; what is left out stays as it is there.
    terms: TermsInput,
    /// From when new bindings take it, not in the past. Now when left out, or when the version before it begins.
    #[graphql(default)]
    effective_from: Option<DateTime<Utc>>,
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
        let TermsCreateInput { program_id, terms, effective_from, idempotency_key } = input;
        let request = serde_json::to_value(&terms).map_err(|error| ServiceError::Internal(error.to_string()))?;
        let change = ((request, effective_from), |newest| terms.onto(newest));
        let made = service::create(ctx.services(), ctx.viewer(), (program_id, effective_from), change, idempotency_key.as_deref()).await;
        TermsCreatePayload::answer(made)
    }
}
