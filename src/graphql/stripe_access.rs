//! What a Stripe connection may and can do.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use entity::stripe_connection::Model;
use entity::value::{Capability, ConnectionId, FindingCode, PermissionState, Severity, StripePermission};

use super::context::Ask;
use super::error::ApiResult;
use super::stripe_connection::StripeConnectionPayload;
use crate::service::stripe_connection::doctor::Finding;
use crate::service::stripe_connection::{capability, check};
use crate::stripe::permission;

/// A right at Stripe, and whether a connection has it.
#[derive(SimpleObject)]
pub struct StripeConnectionPermission {
    /// Which right.
    permission: StripePermission,
    /// Whether it is there.
    state: PermissionState,
    /// Where Stripe's page of a restricted key lists it.
    label: &'static str,
    /// Its name in the manifest of an app and in Stripe's errors.
    name: &'static str,
    /// What needs it.
    needed_for: Vec<Capability>,
}

/// Something that a connection can be good for, and whether it is.
#[derive(SimpleObject)]
pub struct StripeConnectionCapability {
    /// What.
    capability: Capability,
    /// `GRANTED` when every right that it needs is there, `MISSING` when one is not.
    state: PermissionState,
    /// The rights that it needs.
    needs: Vec<StripePermission>,
    /// Those of them that are missing.
    missing: Vec<StripePermission>,
    /// What to do to get them.
    advice: Option<String>,
}

/// Something that the doctor found.
#[derive(SimpleObject)]
pub struct StripeConnectionFinding {
    /// What.
    code: FindingCode,
    /// How grave it is.
    severity: Severity,
    /// What was found.
    message: String,
    /// What to do about it, exactly.
    fix: String,
}

impl From<Finding> for StripeConnectionFinding {
    fn from(found: Finding) -> Self {
        Self { code: found.code, severity: found.severity, message: found.message, fix: found.fix }
    }
}

/// Every right, and whether a connection has it.
pub(super) fn permissions(row: &Model) -> Vec<StripeConnectionPermission> {
    let shown = |(right, state): (StripePermission, PermissionState)| {
        let known = permission::of(right)?;
        Some(StripeConnectionPermission {
            permission: right,
            state,
            label: known.label,
            name: known.name,
            needed_for: capability::needed_for(right).collect(),
        })
    };
    capability::permissions(row).into_iter().filter_map(shown).collect()
}

/// Everything that a connection can be good for, and whether it is.
pub(super) fn capabilities(row: &Model) -> Vec<StripeConnectionCapability> {
    let shown = |held: capability::Held| StripeConnectionCapability {
        capability: held.capability,
        state: held.state,
        needs: capability::needs(held.capability).to_vec(),
        advice: capability::advice(row, &held.missing),
        missing: held.missing,
    };
    capability::capabilities(row).into_iter().map(shown).collect()
}

/// Which connection to look at.
#[derive(InputObject)]
pub struct StripeConnectionCheckInput {
    /// The connection.
    id: ConnectionId,
}

/// Which connection to register the endpoint of.
#[derive(InputObject)]
pub struct StripeConnectionRegisterWebhookInput {
    /// The connection.
    id: ConnectionId,
}

/// Access to Stripe accounts.
#[derive(Default)]
pub struct StripeAccessMutation;

/// Access to Stripe accounts.
#[Object]
impl StripeAccessMutation {
    /// Looks at a connection at Stripe now: its rights, its account, the clocks; repairs the endpoint that was made for it. Done once a day anyway. For owners, administrators and keys with
    /// `WRITE_CONNECTIONS`.
    #[graphql(complexity = "200 + child_complexity")]
    async fn stripe_connection_check(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: StripeConnectionCheckInput,
    ) -> ApiResult<StripeConnectionPayload> {
        StripeConnectionPayload::answer(check::now(ctx.services(), ctx.viewer(), input.id).await)
    }

    /// Registers the webhook endpoint of a connection at Stripe, for exactly the events that are used and with a pinned version, and keeps its
    /// signing secret. Needs the capability `MANAGE_WEBHOOKS`; without it, `webhookGuide` says what to do by hand. For owners, administrators and
    /// keys with `WRITE_CONNECTIONS`.
    #[graphql(complexity = "200 + child_complexity")]
    async fn stripe_connection_register_webhook(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: StripeConnectionRegisterWebhookInput,
    ) -> ApiResult<StripeConnectionPayload> {
        StripeConnectionPayload::answer(check::register(ctx.services(), ctx.viewer(), input.id).await)
    }
}
