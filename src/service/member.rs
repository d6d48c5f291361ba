//! Members: inviting, joining, removing.

use std::net::IpAddr;

use chrono::{DateTime, Duration, Utc};
use entity::value::{InvitationId, MembershipId, PartnerId, Role, UserId};
use entity::{invitation, membership, partner, user};
use sea_orm::DatabaseTransaction;
use secrecy::SecretString;
use uuid::Uuid;

use super::check::Faults;
use super::session::{Session, new_membership, new_password, open, password_fault, wrong_credentials};
use super::{Refusal, RefusalCode, ServiceError, Services};
use crate::auth::refresh::{OpaqueKind, OpaqueToken, read};
use crate::domain::access::{Action, Denied, Viewer};
use crate::store;
use crate::store::scoped::find;

/// How long an invitation works.
pub const INVITATION_LIFETIME: Duration = Duration::days(7);

/// An invitation just made: the row, and what the invited person presents. Nothing is mailed; the caller hands the token on.
#[derive(Debug)]
pub struct Invited {
    /// The row.
    pub invitation: invitation::Model,
    /// Shown once.
    pub token: SecretString,
}

/// Invites somebody: to work for the merchant, or as a user of a partner's portal, which needs the partner.
///
/// # Errors
/// Refused for a bad address, a partner that is missing or not wanted; denied to all but owners and administrators, and only owners invite
/// owners.
pub async fn invite(
    services: &Services,
    viewer: &Viewer,
    email: &str,
    role: Role,
    partner: Option<PartnerId>,
) -> Result<Invited, ServiceError> {
    let scope = viewer.allow(Action::ManageAccess)?;
    only_owners_touch_owners(viewer, role)?;
    let mut faults = Faults::default();
    let email = faults.email("email", email);
    match (role, partner) {
        (Role::Partner, None) => faults.add("partnerId", RefusalCode::Required, "must say whose portal it is"),
        (Role::Owner | Role::Admin | Role::Analyst, Some(_)) => {
            faults.add("partnerId", RefusalCode::NotAllowed, "is only for the role PARTNER");
        }
        _ => {}
    }
    faults.done()?;
    if let Some(id) = partner {
        let known = find::<partner::Entity, _>(services.db.read(), scope, id).await?;
        known.ok_or_else(|| Refusal::not_found("partnerId", "partner"))?;
    }
    let now = services.clock.now();
    let token = OpaqueToken::generate(OpaqueKind::Invitation);
    let row = invitation::Model {
        id: InvitationId::new_at(now),
        merchant_id: scope.merchant(),
        livemode: partner.map(|_| scope.livemode()),
        email,
        role,
        partner_id: partner,
        hash: token.hash.bytes().to_vec(),
        created_at: now,
        expires_at: now + INVITATION_LIFETIME,
        used_at: None,
    };
    let invitation = store::row::insert(services.db.write(), row).await?;
    Ok(Invited { invitation, token: token.value })
}

/// Accepts an invitation and signs in. Who has an account under the invited address proves it by its password; who has none chooses one.
///
/// # Errors
/// Refused with `WRONG_CREDENTIALS` for a token that does not work or the wrong password, or for a new password that is too weak.
pub async fn accept(services: &Services, token: &str, password: SecretString, address: Option<IpAddr>) -> Result<Session, ServiceError> {
    let hash = read(OpaqueKind::Invitation, token.trim()).map_err(|_| wrong_credentials())?;
    services.attempts.count(token, address).await?;
    let now = services.clock.now();
    let seen = store::token::open_invitation(services.db.read(), hash.bytes(), now).await?.ok_or_else(wrong_credentials)?;
    let known = store::user::by_email(services.db.read(), &seen.email).await?;
    // Hashing takes long, so it is done before the transaction.
    let credential = match known {
        Some(user) => {
            let right = services.passwords.verify(password, Some(user.password_hash.clone())).await.map_err(password_fault)?;
            if !right {
                return Err(wrong_credentials());
            }
            Credential::Known(user)
        }
        None => Credential::New(services.passwords.hash(password).await.map_err(|error| new_password("password", error))?),
    };
    let tx = services.db.begin().await?;
    let invitation = store::token::open_invitation(&tx, hash.bytes(), now).await?.ok_or_else(wrong_credentials)?;
    store::token::use_invitation(&tx, invitation.id, now).await?;
    let (user, membership) = join(&tx, &invitation, credential, now).await?;
    let session = open(services, &tx, user, membership, Uuid::now_v7()).await?;
    tx.commit().await?;
    Ok(session)
}

/// How the invited person proved who they are.
enum Credential {
    Known(user::Model),
    New(String),
}

async fn join(
    tx: &DatabaseTransaction,
    invitation: &invitation::Model,
    credential: Credential,
    now: DateTime<Utc>,
) -> Result<(user::Model, membership::Model), ServiceError> {
    let user = match credential {
        Credential::Known(user) => user,
        Credential::New(password_hash) => {
            let row = user::Model {
                id: UserId::new_at(now),
                email: invitation.email.clone(),
                password_hash,
                session_version: 0,
                created_at: now,
            };
            store::row::insert(tx, row).await?
        }
    };
    let memberships = store::membership::of_user(tx, user.id).await?;
    let held = memberships
        .into_iter()
        .find(|held| (held.merchant_id, held.role, held.partner_id) == (invitation.merchant_id, invitation.role, invitation.partner_id));
    let membership = match held {
        Some(held) => held,
        None => {
            let partner = invitation.partner_id.zip(invitation.livemode);
            store::row::insert(tx, new_membership(user.id, invitation.merchant_id, invitation.role, partner, now)).await?
        }
    };
    Ok((user, membership))
}

/// Removes a member; their sessions with this merchant end at once. The last owner stays.
///
/// # Errors
/// Refused when there is no such member or it is the last owner; denied to all but owners and administrators, and only owners remove owners.
pub async fn remove(services: &Services, viewer: &Viewer, id: MembershipId) -> Result<membership::Model, ServiceError> {
    let scope = viewer.allow(Action::ManageAccess)?;
    let tx = services.db.begin().await?;
    // The merchant's row is the lock under which its owners are counted.
    store::merchant::lock(&tx, scope.merchant()).await?;
    let member = store::membership::lock(&tx, scope.merchant(), id).await?;
    let member = member.ok_or_else(|| Refusal::not_found("id", "member"))?;
    only_owners_touch_owners(viewer, member.role)?;
    if member.role == Role::Owner && store::membership::owners(&tx, scope.merchant()).await? <= 1 {
        return Err(Refusal::new("id", RefusalCode::WrongState, "the last owner cannot be removed; invite another one first").into());
    }
    store::membership::remove(&tx, id).await?;
    tx.commit().await?;
    Ok(member)
}

fn only_owners_touch_owners(viewer: &Viewer, role: Role) -> Result<(), Denied> {
    match viewer {
        Viewer::User { role: Role::Owner, .. } => Ok(()),
        _ if role == Role::Owner => Err(Denied::Forbidden),
        _ => Ok(()),
    }
}
