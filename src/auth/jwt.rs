//! Access tokens: short-lived JWTs that name a user, the merchant and the role they act in.
//!
//! The algorithm is chosen here and never by the token; its `kid` only picks a key of our own ring. A token says who someone
//! was when it was made: the session version and the membership are checked again on each request, elsewhere.

use chrono::{DateTime, Duration, Utc};
use entity::value::{MembershipId, MerchantId, Mode, PartnerId, Role, UserId};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::base32;
use super::keys::{KeyRing, Purpose};

/// How long an access token lives.
pub const LIFETIME: Duration = Duration::minutes(15);
/// How long after a process began it takes tokens signed with a secret that was replaced: a rolling restart and [`LIFETIME`] of the tokens before it. Not longer, as a
/// secret is also replaced because somebody got hold of it.
pub const BRIDGE: Duration = Duration::hours(1);
/// How far the clocks of two of our machines may differ.
pub const LEEWAY: Duration = Duration::seconds(30);
/// The only audience: this API.
const AUDIENCE: &str = "tributary";
const ALGORITHM: Algorithm = Algorithm::HS256;
/// Longer texts are not looked at. Ours have some 600 characters.
const MAX_LENGTH: usize = 4096;

/// Whom a token is for, and in which role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bearer {
    /// The user.
    pub user: UserId,
    /// The merchant for which they act.
    pub merchant: MerchantId,
    /// The membership that gives the role.
    pub membership: MembershipId,
    /// The role.
    pub role: Role,
    /// For the role partner: which.
    pub partner: Option<PartnerId>,
    /// For the role partner: the mode in which that partner exists.
    pub mode: Option<Mode>,
    /// The user's session version: raising it ends all their tokens.
    pub session_version: i32,
}

/// A token just made.
#[derive(Debug)]
pub struct AccessToken {
    /// What the bearer presents.
    pub value: SecretString,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
}

/// What a genuine token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Whom it is for.
    pub bearer: Bearer,
    /// The token's own id.
    pub id: String,
    /// When it was made.
    pub issued_at: DateTime<Utc>,
    /// When it ends; open sockets close then.
    pub expires_at: DateTime<Utc>,
}

/// Why a token was not accepted.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AccessTokenError {
    /// Not a JWT as we make them: shape, length, encoding, header or algorithm.
    #[error("this is not an access token of this server")]
    Malformed,
    /// Names a key that is not, or no longer, in our ring.
    #[error("the access token was signed with a key this server does not know; sign in again")]
    UnknownKey,
    /// Altered, or signed by somebody else.
    #[error("the signature of the access token is wrong")]
    Signature,
    /// A claim is missing, mistyped or contradicts another.
    #[error("the access token lacks a claim or holds one of the wrong type")]
    Claims,
    /// For another API or from another issuer.
    #[error("the access token is meant for another server")]
    Foreign,
    /// Its time is over.
    #[error("the access token has expired; use the refresh token to get a new one")]
    Expired,
    /// Made in the future, beyond what clocks may differ.
    #[error("the access token is not valid yet; check the clocks of the servers")]
    NotYet,
    /// Signing failed: a fault of ours.
    #[error("the access token could not be made")]
    Signing,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    sub: UserId,
    aud: String,
    exp: i64,
    iat: i64,
    jti: String,
    mid: MerchantId,
    role: Role,
    mbr: MembershipId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pid: Option<PartnerId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    live: Option<bool>,
    sv: i32,
}

/// Makes and verifies access tokens with the keys of this instance.
#[derive(Clone)]
pub struct AccessTokens {
    issuer: String,
    signing: (String, EncodingKey),
    verifying: Vec<(String, DecodingKey)>,
    /// Until when a secret that was replaced still verifies.
    previous_until: DateTime<Utc>,
    validation: Validation,
}

impl std::fmt::Debug for AccessTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccessTokens").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

impl AccessTokens {
    /// Signs with the current key of the ring. Verifies with it too, and for [`BRIDGE`] from `started_at`, the start of this process, with those before it. The
    /// issuer is the public address of this instance.
    #[must_use]
    pub fn new(keys: &KeyRing, issuer: &str, started_at: DateTime<Utc>) -> Self {
        let keys = keys.derive(Purpose::AccessToken);
        let mut validation = Validation::new(ALGORITHM);
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "sub", "aud", "iss"]);
        // The library would ask the system for the time; ours is handed in, so the times are judged below.
        validation.validate_exp = false;
        validation.leeway = 0;
        Self {
            issuer: issuer.to_owned(),
            signing: (keys.current.0.clone(), EncodingKey::from_secret(keys.current.1.as_slice())),
            verifying: keys.all().map(|(id, key)| (id.clone(), DecodingKey::from_secret(key.as_slice()))).collect(),
            previous_until: started_at + BRIDGE,
            validation,
        }
    }

    /// A token that lives from `now` for [`LIFETIME`].
    ///
    /// # Errors
    /// `Signing`, a fault of ours.
    pub fn issue(&self, bearer: &Bearer, now: DateTime<Utc>) -> Result<AccessToken, AccessTokenError> {
        let mut id = [0_u8; 16];
        rand::fill(&mut id);
        let expires_at = now + LIFETIME;
        let claims = Claims {
            iss: self.issuer.clone(),
            sub: bearer.user,
            aud: AUDIENCE.to_owned(),
            exp: expires_at.timestamp(),
            iat: now.timestamp(),
            jti: base32::encode(&id),
            mid: bearer.merchant,
            role: bearer.role,
            mbr: bearer.membership,
            pid: bearer.partner,
            live: bearer.mode.map(Mode::livemode),
            sv: bearer.session_version,
        };
        let (kid, key) = &self.signing;
        let value = jsonwebtoken::encode(&header(kid), &claims, key).map_err(|_| AccessTokenError::Signing)?;
        Ok(AccessToken { value: value.into(), expires_at })
    }

    /// What a presented token says, if it is genuine and its time is `now`.
    ///
    /// # Errors
    /// [`AccessTokenError`]; to a client they all mean "sign in again".
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Verified, AccessTokenError> {
        if token.len() > MAX_LENGTH {
            return Err(AccessTokenError::Malformed);
        }
        let given = jsonwebtoken::decode_header(token).map_err(|_| AccessTokenError::Malformed)?;
        let kid = given.kid.clone().ok_or(AccessTokenError::Malformed)?;
        // Ours have these three fields and no other: no jku, jwk, x5c or crit to be talked into something by.
        if given != header(&kid) {
            return Err(AccessTokenError::Malformed);
        }
        let usable = if now < self.previous_until { self.verifying.as_slice() } else { &self.verifying[..1] };
        let key = usable.iter().find(|(known, _)| *known == kid).map(|(_, key)| key);
        let key = key.ok_or(AccessTokenError::UnknownKey)?;
        let decoded = jsonwebtoken::decode::<Claims>(token, key, &self.validation).map_err(|error| refusal(error.kind()))?;
        judge(decoded.claims, now)
    }
}

fn header(kid: &str) -> Header {
    Header { kid: Some(kid.to_owned()), ..Header::new(ALGORITHM) }
}

fn refusal(kind: &ErrorKind) -> AccessTokenError {
    match kind {
        ErrorKind::InvalidSignature => AccessTokenError::Signature,
        ErrorKind::InvalidIssuer | ErrorKind::InvalidAudience => AccessTokenError::Foreign,
        ErrorKind::MissingRequiredClaim(_) | ErrorKind::InvalidClaimFormat(_) | ErrorKind::Json(_) | ErrorKind::Utf8(_) => {
            AccessTokenError::Claims
        }
        _ => AccessTokenError::Malformed,
    }
}

/// The times, and the claims that depend on each other.
fn judge(claims: Claims, now: DateTime<Utc>) -> Result<Verified, AccessTokenError> {
    let time = |seconds| DateTime::from_timestamp(seconds, 0).ok_or(AccessTokenError::Claims);
    let (issued_at, expires_at) = (time(claims.iat)?, time(claims.exp)?);
    if expires_at <= issued_at || expires_at - issued_at > LIFETIME {
        return Err(AccessTokenError::Claims);
    }
    let names_partner = claims.pid.is_some() && claims.live.is_some();
    let names_none = claims.pid.is_none() && claims.live.is_none();
    if !(if claims.role == Role::Partner { names_partner } else { names_none }) {
        return Err(AccessTokenError::Claims);
    }
    if now >= expires_at + LEEWAY {
        return Err(AccessTokenError::Expired);
    }
    if issued_at > now + LEEWAY {
        return Err(AccessTokenError::NotYet);
    }
    Ok(Verified {
        bearer: Bearer {
            user: claims.sub,
            merchant: claims.mid,
            membership: claims.mbr,
            role: claims.role,
            partner: claims.pid,
            mode: claims.live.map(Mode::from_livemode),
            session_version: claims.sv,
        },
        id: claims.jti,
        issued_at,
        expires_at,
    })
}

#[cfg(test)]
mod tests;
