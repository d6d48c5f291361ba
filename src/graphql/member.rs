//! Members: who works for the merchant or sees a partner's portal.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::value::{InvitationId, MembershipId, PartnerId, Role};
use secrecy::ExposeSecret;

use super::context::{Ask, dangling};
use super::error::ApiResult;
use super::loader::{ById, UserKey};
use super::merchant::Merchant;
use super::page::{Connection, Paging, cost};
use super::partner::Partner;
use super::payload::payload;
use super::session::{SessionPayload, User};
use crate::domain::access::Scope;
use crate::service::member as service;
use crate::store::page::TimeOrder;

/// What a user may do with a merchant.
pub struct Member(pub entity::membership::Model);

impl From<entity::membership::Model> for Member {
    fn from(row: entity::membership::Model) -> Self {
        Self(row)
    }
}

/// What a user may do with a merchant. Readable by the user, and by the merchant's members and keys, but not by its partners.
#[Object]
impl Member {
    /// Its id.
    async fn id(&self) -> MembershipId {
        self.0.id
    }

    /// The role.
    async fn role(&self) -> Role {
        self.0.role
    }

    /// Who.
    async fn user(&self, ctx: &Context<'_>) -> ApiResult<User> {
        let row = ctx.loader().load_one(UserKey(self.0.user_id)).await?;
        row.map(User).ok_or_else(|| dangling("user"))
    }

    /// With which merchant.
    async fn merchant(&self, ctx: &Context<'_>) -> ApiResult<Merchant> {
        Merchant::of_member(ctx, self.0.merchant_id).await
    }

    /// Whose portal it is, for the role PARTNER.
    async fn partner(&self, ctx: &Context<'_>) -> ApiResult<Option<Partner>> {
        let (Some(id), Some(livemode)) = (self.0.partner_id, self.0.livemode) else {
            return Ok(None);
        };
        // The membership was seen, so its own partner may be; the mode is the partner's, whatever the viewer looks at.
        let scope = Scope::of_partner(self.0.merchant_id, entity::value::Mode::from_livemode(livemode), id);
        let row = ctx.loader().load_one(ById::<entity::partner::Entity>::new(scope, id)).await?;
        Ok(row.map(Partner))
    }

    /// Since when.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

/// An invitation just made.
#[derive(SimpleObject)]
pub struct Invitation {
    /// Its id.
    id: InvitationId,
    /// Whom it is for.
    email: String,
    /// The role that it gives.
    role: Role,
    /// What the invited person gives to `invitationAccept`. Shown once; hand it to them, as nothing is mailed.
    token: String,
    /// Until when it works.
    expires_at: DateTime<Utc>,
}

impl From<service::Invited> for Invitation {
    fn from(made: service::Invited) -> Self {
        let row = made.invitation;
        Self { id: row.id, email: row.email, role: row.role, token: made.token.expose_secret().to_owned(), expires_at: row.expires_at }
    }
}

/// Whom to invite.
#[derive(InputObject)]
pub struct MemberInviteInput {
    /// Their e-mail address.
    email: String,
    /// Their role. Only owners invite owners.
    role: Role,
    /// Whose portal they will see, for the role PARTNER.
    #[graphql(default)]
    partner_id: Option<PartnerId>,
}

/// Accepting an invitation.
#[derive(InputObject)]
pub struct InvitationAcceptInput {
    /// The token of the invitation.
    #[graphql(secret)]
    token: String,
    /// The password of the account with the invited address; a new one of 10 to 200 characters where there is no account yet.
    #[graphql(secret)]
    password: String,
}

/// Whom to remove.
#[derive(InputObject)]
pub struct MemberRemoveInput {
    /// The membership.
    id: MembershipId,
}

payload! {
    /// An invitation, or why it was not made.
    MemberInvitePayload {
        /// The invitation.
        invitation: Invitation
    }
}

payload! {
    /// The removed membership, or why it was not removed.
    MemberRemovePayload {
        /// The membership as it was.
        member: Member
    }
}

/// Reading members.
#[derive(Default)]
pub struct MemberQuery;

/// Reading members.
#[Object]
impl MemberQuery {
    /// The merchant's members and its partners' portal users. Not for partners.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a connection are what Relay asks for")]
    async fn members(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only those with this role.")] role: Option<Role>,
        #[graphql(desc = "The order.", default)] order_by: TimeOrder,
    ) -> ApiResult<Connection<Member>> {
        let scope = ctx.merchant_reads()?;
        let window = Paging::new(first, after, last, before).window()?;
        let slice = crate::store::membership::list(ctx.services().db.read(), scope.merchant(), role, order_by, &window).await?;
        Ok(Connection::new(slice))
    }
}

/// Changing members.
#[derive(Default)]
pub struct MemberMutation;

/// Changing members.
#[Object]
impl MemberMutation {
    /// Invites somebody to work for the merchant, or to see a partner's portal. For owners and administrators.
    async fn member_invite(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom.")] input: MemberInviteInput,
    ) -> ApiResult<MemberInvitePayload> {
        let made = service::invite(ctx.services(), ctx.viewer(), &input.email, input.role, input.partner_id).await;
        MemberInvitePayload::answer(made)
    }

    /// Accepts an invitation and signs in. Open to whoever holds its token; attempts are limited.
    async fn invitation_accept(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The token, and a password.")] input: InvitationAcceptInput,
    ) -> ApiResult<SessionPayload> {
        SessionPayload::answer(service::accept(ctx.services(), &input.token, input.password.into(), ctx.address()).await)
    }

    /// Removes a member; their sessions with this merchant end. For owners and administrators; only owners remove owners, and the last stays.
    async fn member_remove(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom.")] input: MemberRemoveInput,
    ) -> ApiResult<MemberRemovePayload> {
        MemberRemovePayload::answer(service::remove(ctx.services(), ctx.viewer(), input.id).await)
    }
}
