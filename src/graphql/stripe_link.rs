//! Linking an account by Stripe's own pages.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::value::{ConnectionId, ConnectionMethod, LinkFault};

use super::context::Ask;
use super::error::ApiResult;
use super::payload::{UserError, payload};
use super::stripe_connection::StripeConnection;
use crate::domain::access::Action;
use crate::service::stripe_connection::authorise::{Begun, NewAttempt, begin};
use crate::service::stripe_connection::capability::{READ_ONLY, READ_WRITE};
use crate::service::stripe_connection::complete::{Back, Proof, complete};
use crate::service::stripe_connection::fault::advice;
use crate::service::{Refusal, RefusalCode};

/// How an account is linked by Stripe's own pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, async_graphql::Enum)]
pub enum StripeLinkMethod {
    /// Connect OAuth, where the operator of this instance has a Connect platform.
    Oauth,
    /// Installing the Stripe App of the operator of this instance.
    App,
}

impl From<StripeLinkMethod> for ConnectionMethod {
    fn from(method: StripeLinkMethod) -> Self {
        match method {
            StripeLinkMethod::Oauth => Self::Oauth,
            StripeLinkMethod::App => Self::App,
        }
    }
}

/// What Connect OAuth asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, async_graphql::Enum)]
pub enum StripeOauthScope {
    /// To read alone.
    ReadOnly,
    /// To read and to change.
    ReadWrite,
}

/// How to link an account by Stripe's own pages.
#[derive(InputObject)]
pub struct StripeConnectionAuthorizeInput {
    /// By which way.
    method: StripeLinkMethod,
    /// What a new connection is to be called. Its account's id when left out.
    #[graphql(default)]
    name: Option<String>,
    /// A connection to link again by this way; it keeps its id and history. When left out, the account decides: one that the merchant linked
    /// before is linked again, any other becomes a new connection.
    #[graphql(default)]
    connection_id: Option<ConnectionId>,
    /// What Connect OAuth asks for. The instance's setting when left out.
    #[graphql(default)]
    scope: Option<StripeOauthScope>,
    /// A page of your own that Stripe sends the browser to; it then calls `stripeConnectionComplete`. One of `TRIBUTARY_STRIPE_REDIRECT_URIS`.
    #[graphql(default)]
    redirect_uri: Option<String>,
    /// Where this instance sends the browser in the end, with `stripe_connection` or `stripe_error` in the query. On this instance or a portal.
    #[graphql(default)]
    return_url: Option<String>,
}

/// The way to Stripe's page.
#[derive(SimpleObject)]
pub struct StripeAuthorization {
    /// Where to send the browser of the person who links the account. The same browser has to come back.
    url: String,
    /// Until when it can be completed: ten minutes. It works once.
    expires_at: DateTime<Utc>,
}

impl From<Begun> for StripeAuthorization {
    fn from(begun: Begun) -> Self {
        Self { url: begun.url, expires_at: begun.expires_at }
    }
}

payload! {
    /// The way to Stripe's page, or why there is none.
    StripeConnectionAuthorizePayload {
        /// The way.
        authorization: StripeAuthorization
    }
}

/// What came back to a page of your own.
#[derive(InputObject)]
pub struct StripeConnectionCompleteInput {
    /// `state` as it came.
    #[graphql(secret)]
    state: String,
    /// `code` as it came, when the merchant agreed.
    #[graphql(default, secret)]
    code: Option<String>,
    /// `error` as it came, when not.
    #[graphql(default)]
    error: Option<String>,
    /// `error_description` as it came.
    #[graphql(default)]
    error_description: Option<String>,
}

/// The connection, or why it was not linked.
#[derive(SimpleObject)]
pub struct StripeConnectionCompletePayload {
    /// The connection.
    stripe_connection: Option<StripeConnection>,
    /// Why it was not linked.
    fault: Option<LinkFault>,
    /// Why it was not linked, with what to do; empty when it was.
    user_errors: Vec<UserError>,
}

/// Linking accounts by Stripe's own pages.
#[derive(Default)]
pub struct StripeLinkMutation;

/// Linking accounts by Stripe's own pages.
#[Object]
impl StripeLinkMutation {
    /// Begins to link a Stripe account by Stripe's own pages. For owners, administrators and keys with `WRITE_CONNECTIONS`.
    async fn stripe_connection_authorize(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How.")] input: StripeConnectionAuthorizeInput,
    ) -> ApiResult<StripeConnectionAuthorizePayload> {
        let scope = input.scope.map(|scope| match scope {
            StripeOauthScope::ReadOnly => READ_ONLY.to_owned(),
            StripeOauthScope::ReadWrite => READ_WRITE.to_owned(),
        });
        let attempt = NewAttempt {
            method: input.method.into(),
            name: input.name,
            connection: input.connection_id,
            scope,
            redirect_uri: input.redirect_uri,
            return_url: input.return_url,
        };
        StripeConnectionAuthorizePayload::answer(begin(ctx.services(), ctx.viewer(), attempt).await)
    }

    /// Completes what `stripeConnectionAuthorize` began with a `redirectUri` of your own. By the same user or key, in the same mode.
    #[graphql(complexity = "200 + child_complexity")]
    async fn stripe_connection_complete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What came back.")] input: StripeConnectionCompleteInput,
    ) -> ApiResult<StripeConnectionCompletePayload> {
        ctx.scope(Action::Connect)?;
        let StripeConnectionCompleteInput { state, code, error, error_description } = input;
        let back = Back { state: Some(state), code: code.map(Into::into), error, description: error_description };
        let done = complete(ctx.services(), back, Proof::Viewer(ctx.viewer())).await?;
        Ok(match done.outcome {
            Ok(row) => StripeConnectionCompletePayload { stripe_connection: Some(row.into()), fault: None, user_errors: Vec::new() },
            Err(fault) => {
                let refusal = Refusal::new("", RefusalCode::NotAllowed, advice(fault));
                StripeConnectionCompletePayload { stripe_connection: None, fault: Some(fault), user_errors: vec![refusal.into()] }
            }
        })
    }
}
