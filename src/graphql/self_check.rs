//! The self-check of any id of Stripe's (S3, SC-1).

use async_graphql::{Context, Object, SimpleObject};
use entity::value::{SelfCheckCode, SelfCheckOutcome, SelfCheckStepKind};

use super::context::Ask;
use super::error::ApiResult;
use super::purchase::Purchase;
use super::stripe_connection::StripeConnection;
use crate::service::self_check::{SelfCheck as Checked, Step, self_check};
use crate::stripe::lookup;

/// One step of a self-check.
#[derive(SimpleObject)]
pub struct SelfCheckStep {
    /// Which.
    kind: SelfCheckStepKind,
    /// How it went.
    outcome: SelfCheckOutcome,
    /// What was found.
    text: String,
    /// What to do about it.
    advice: Option<String>,
}

impl From<Step> for SelfCheckStep {
    fn from(step: Step) -> Self {
        Self { kind: step.kind, outcome: step.outcome, text: step.text, advice: step.advice.map(str::to_owned) }
    }
}

/// Shipping details as they stand at Stripe.
#[derive(SimpleObject)]
pub struct StripeShipping {
    /// Who carries it.
    carrier: Option<String>,
    /// The numbers to follow it by.
    tracking_numbers: Vec<String>,
}

impl From<lookup::Shipping> for StripeShipping {
    fn from(of: lookup::Shipping) -> Self {
        let numbers = of.tracking_number.iter().flat_map(|text| text.split(',')).map(str::trim).filter(|number| !number.is_empty());
        Self { tracking_numbers: numbers.map(str::to_owned).collect(), carrier: of.carrier }
    }
}

/// The way from an id of Stripe's to what it earned, or the step at which that way ends. Readable by the merchant's members and keys.
#[derive(SimpleObject)]
pub struct SelfCheck {
    /// What it came to.
    code: SelfCheckCode,
    /// The steps that were taken, in order.
    steps: Vec<SelfCheckStep>,
    /// The first step that failed; null when none did.
    failed: Option<SelfCheckStep>,
    /// The connection that has the object.
    stripe_connection: Option<StripeConnection>,
    /// The purchase behind it, with its customer, decision, commissions, refunds and payouts.
    purchase: Option<Purchase>,
    /// Whether Stripe has it. Null when that could not be asked.
    found_in_stripe: Option<bool>,
    /// Shipping details as they stand at Stripe now.
    shipping: Option<StripeShipping>,
    /// The page about it in Stripe's dashboard.
    dashboard_url: Option<String>,
}

impl From<Checked> for SelfCheck {
    fn from(of: Checked) -> Self {
        let failed = of.steps.iter().find(|step| step.outcome == SelfCheckOutcome::Failed).cloned();
        Self {
            code: of.code,
            failed: failed.map(Into::into),
            steps: of.steps.into_iter().map(Into::into).collect(),
            stripe_connection: of.connection.map(Into::into),
            purchase: of.purchase.map(Into::into),
            found_in_stripe: of.found_in_stripe,
            shipping: of.shipping.map(Into::into),
            dashboard_url: of.dashboard_url,
        }
    }
}

/// Checking ids of Stripe's.
#[derive(Default)]
pub struct SelfCheckQuery;

/// Checking ids of Stripe's.
#[Object]
impl SelfCheckQuery {
    /// Follows any id of Stripe's (`pi_`, `ch_`, `py_`, `in_`, `cs_`, `sub_`, `cus_`, `re_`, `dp_`, `du_`, `txn_`) to the purchase behind it, and
    /// says where the way ends when there is none. Asks Stripe, and changes nothing. Not for partners.
    #[graphql(complexity = "200 + child_complexity")]
    async fn self_check(&self, ctx: &Context<'_>, #[graphql(desc = "The id.")] id: String) -> ApiResult<SelfCheck> {
        Ok(self_check(ctx.services(), ctx.viewer(), &id).await?.into())
    }
}
