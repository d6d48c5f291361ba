//! `token`: a key or an access token, made by whoever holds the shell.

use entity::value::{ApiKeyKind, ApiScope, Mode, Role};
use secrecy::ExposeSecret;

use super::{CommandError, told};
use crate::auth::email::Email;
use crate::auth::jwt::Bearer;
use crate::cli::Token;
use crate::domain::access::{Scope, Viewer};
use crate::service::api_key::NewKey;
use crate::service::{Services, api_key};
use crate::store;

/// Everything that a secret key can be allowed.
const ALL: [ApiScope; 5] = [ApiScope::Read, ApiScope::Track, ApiScope::WritePrograms, ApiScope::WriteMoney, ApiScope::WriteConnections];

/// Makes what was asked for, and answers its text.
pub(super) async fn make(services: &Services, token: &Token) -> Result<String, CommandError> {
    match token.kind.api_key() {
        Some(kind) => key(services, token, kind).await,
        None => access(services, token).await,
    }
}

/// A key, made in the name of the merchant's first owner.
async fn key(services: &Services, token: &Token, kind: ApiKeyKind) -> Result<String, CommandError> {
    let owner = store::credential::first_owner(services.db.read(), token.merchant).await?;
    let owner = owner.ok_or_else(|| told(format!("there is no merchant {} with an owner here", token.merchant)))?;
    let scope = Scope::merchant_wide(token.merchant, Mode::from(token.mode));
    let viewer = Viewer::User { user: owner.user_id, membership: owner.id, role: Role::Owner, scope };
    let input = NewKey {
        kind,
        name: token.name.clone(),
        scopes: if kind == ApiKeyKind::Secret { ALL.to_vec() } else { Vec::new() },
        origins: token.origins.clone(),
        program: token.program,
    };
    let made = api_key::create(services, &viewer, input, None).await?;
    let secret = made.secret.ok_or_else(|| told("the key was made before and is not shown again"))?;
    Ok(secret.expose_secret().to_owned())
}

/// An access token of a member of the merchant.
async fn access(services: &Services, token: &Token) -> Result<String, CommandError> {
    let unknown = || told("no member of this merchant has this e-mail address");
    let email = Email::normalise(token.user.as_deref().unwrap_or_default()).map_err(|error| told(error.to_string()))?;
    let user = store::user::by_email(services.db.read(), email.as_str()).await?.ok_or_else(unknown)?;
    let memberships = store::membership::of_user(services.db.read(), user.id).await?;
    let own = memberships.into_iter().find(|membership| membership.merchant_id == token.merchant).ok_or_else(unknown)?;
    let bearer = Bearer {
        user: user.id,
        merchant: own.merchant_id,
        membership: own.id,
        role: own.role,
        partner: own.partner_id,
        mode: own.livemode.map(Mode::from_livemode),
        session_version: user.session_version,
    };
    let issued = services.access_tokens.issue(&bearer, services.clock.now());
    let issued = issued.map_err(|error| told(error.to_string()))?;
    Ok(issued.value.expose_secret().to_owned())
}
