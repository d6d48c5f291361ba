//! Signing in and out, and the first start.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::value::{MembershipId, MerchantId, UserId};
use secrecy::{ExposeSecret, SecretString};

use super::context::Ask;
use super::error::ApiResult;
use super::member::Member;
use super::merchant::Merchant;
use super::payload::payload;
use crate::service::merchant::{SetUp, set_up};
use crate::service::password_reset;
use crate::service::session as service;

/// A person who signs in.
pub struct User(pub entity::user::Model);

/// A person who signs in. Readable by themselves, and by members of the merchants that they belong to.
#[Object]
impl User {
    /// Their id.
    async fn id(&self) -> UserId {
        self.0.id
    }

    /// Their e-mail address.
    async fn email(&self) -> &str {
        &self.0.email
    }

    /// When the account was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

/// What somebody holds after signing in.
pub struct Session(service::Session);

impl From<service::Session> for Session {
    fn from(session: service::Session) -> Self {
        Self(session)
    }
}

/// What somebody holds after signing in. Only they ever get it.
#[Object]
impl Session {
    /// For the header `Authorization: Bearer …` of each request. Lives 15 minutes.
    async fn access_token(&self) -> &str {
        self.0.access.value.expose_secret()
    }

    /// Until when the access token works.
    async fn access_token_expires_at(&self) -> DateTime<Utc> {
        self.0.access.expires_at
    }

    /// For `sessionRefresh`, once. If it is used a second time, the session ends.
    async fn refresh_token(&self) -> &str {
        self.0.refresh.expose_secret()
    }

    /// Until when the refresh token works.
    async fn refresh_token_expires_at(&self) -> DateTime<Utc> {
        self.0.refresh_expires_at
    }

    /// Who signed in.
    async fn user(&self) -> User {
        User(self.0.user.clone())
    }

    /// In which role, with which merchant.
    async fn member(&self) -> Member {
        Member(self.0.membership.clone())
    }

    /// With which merchant.
    async fn merchant(&self, ctx: &Context<'_>) -> ApiResult<Merchant> {
        Merchant::of_member(ctx, self.0.membership.merchant_id).await
    }
}

/// Signing in.
#[derive(InputObject)]
pub struct SignInInput {
    /// The e-mail address of the account.
    email: String,
    /// Its password.
    #[graphql(secret)]
    password: String,
    /// With which merchant, for who belongs to several. The first one when left out.
    #[graphql(default)]
    merchant_id: Option<MerchantId>,
}

/// A fresh instance's first merchant and owner.
#[derive(InputObject)]
pub struct InstanceSetUpInput {
    /// The set-up token that the first start printed.
    #[graphql(secret)]
    token: String,
    /// What the merchant is called.
    merchant_name: String,
    /// The owner's e-mail address.
    email: String,
    /// The owner's password: 10 to 200 characters.
    #[graphql(secret)]
    password: String,
}

/// Exchanging a refresh token.
#[derive(InputObject)]
pub struct SessionRefreshInput {
    /// The refresh token.
    #[graphql(secret)]
    refresh_token: String,
    /// To act in another of the user's memberships from now on.
    #[graphql(default)]
    member_id: Option<MembershipId>,
}

/// Signing out.
#[derive(InputObject)]
pub struct SignOutInput {
    /// The refresh token of the session.
    #[graphql(secret)]
    refresh_token: String,
    /// Whether to end every session of the user, at once.
    #[graphql(default)]
    everywhere: bool,
}

/// A new password.
#[derive(InputObject)]
pub struct PasswordChangeInput {
    /// The password until now.
    #[graphql(secret)]
    current_password: String,
    /// The password from now on: 10 to 200 characters.
    #[graphql(secret)]
    new_password: String,
}

/// A new password in place of a forgotten one.
#[derive(InputObject)]
pub struct PasswordResetInput {
    /// The token that whoever runs the instance made, by `tributary password-reset`.
    #[graphql(secret)]
    token: String,
    /// The password from now on: 10 to 200 characters.
    #[graphql(secret)]
    new_password: String,
}

payload! {
    /// A session, or why there is none.
    SessionPayload {
        /// The new session.
        session: Session
    }
}

/// The answer to signing out.
#[derive(SimpleObject)]
pub struct SignOutPayload {
    /// Whether the session is over; always true.
    signed_out: bool,
}

/// Signing in and out.
#[derive(Default)]
pub struct SessionMutation;

/// Signing in and out.
#[Object]
impl SessionMutation {
    /// Sets up a fresh instance with its first merchant and owner, and signs the owner in. Works once. Open to whoever holds the set-up token.
    async fn instance_set_up(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to set up.")] input: InstanceSetUpInput,
    ) -> ApiResult<SessionPayload> {
        let InstanceSetUpInput { token, merchant_name, email, password } = input;
        let input = SetUp { token, merchant_name, email, password: password.into() };
        SessionPayload::answer(set_up(ctx.services(), input).await)
    }

    /// Signs in. Open to everybody; attempts are limited per account and per address.
    async fn sign_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who, and the password.")] input: SignInInput,
    ) -> ApiResult<SessionPayload> {
        let credentials = (input.email.as_str(), SecretString::from(input.password));
        SessionPayload::answer(service::sign_in(ctx.services(), credentials, input.merchant_id, ctx.address()).await)
    }

    /// Exchanges a refresh token for a new session. Open to whoever holds the token. A token that comes a second time ends its session.
    async fn session_refresh(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The token.")] input: SessionRefreshInput,
    ) -> ApiResult<SessionPayload> {
        SessionPayload::answer(service::refresh(ctx.services(), &input.refresh_token, input.member_id, ctx.address()).await)
    }

    /// Ends a session, or all of its user. Open to whoever holds the token. The access token ends by itself, with `everywhere` at once.
    async fn sign_out(&self, ctx: &Context<'_>, #[graphql(desc = "Which session.")] input: SignOutInput) -> ApiResult<SignOutPayload> {
        service::sign_out(ctx.services(), &input.refresh_token, input.everywhere).await?;
        Ok(SignOutPayload { signed_out: true })
    }

    /// Changes the viewer's own password, ends all of their sessions and opens a new one. For users, not for keys.
    async fn password_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The old and the new one.")] input: PasswordChangeInput,
    ) -> ApiResult<SessionPayload> {
        let passwords = (input.current_password.into(), input.new_password.into());
        SessionPayload::answer(service::change_password(ctx.services(), ctx.viewer(), passwords, ctx.address()).await)
    }

    /// Sets a new password in place of a forgotten one, ends all sessions of its user and opens a new one. Open to whoever holds the token, which works
    /// once and for half an hour.
    async fn password_reset(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The token and the new password.")] input: PasswordResetInput,
    ) -> ApiResult<SessionPayload> {
        let PasswordResetInput { token, new_password } = input;
        SessionPayload::answer(password_reset::redeem(ctx.services(), &token, new_password.into(), ctx.address()).await)
    }
}
