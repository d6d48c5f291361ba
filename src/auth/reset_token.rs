//! Tokens by which somebody who forgot a password sets a new one.
//!
//! `trb_rst_`, the user, when it ends, and 128 bits of a MAC over both and the number of the user's sessions. A new password changes that number,
//! so a token works once, and none is kept anywhere.

use chrono::{DateTime, Utc};
use entity::value::UserId;
use secrecy::SecretString;
use uuid::Uuid;

use super::keys::{Derived, KeyRing, Purpose, mac};
use super::same;

const PREFIX: &str = "trb_rst_";
/// Bytes of the MAC.
const MAC: usize = 16;
/// Hexadecimal digits of a whole token: a user, a time and the MAC.
const LENGTH: usize = 2 * (16 + 8 + MAC);

/// What a token claims, with the proof still to be checked.
#[derive(Clone, Debug)]
pub struct ResetToken {
    /// Whose password is to be set.
    pub user: UserId,
    ends: i64,
    proof: Vec<u8>,
}

impl ResetToken {
    /// Reads a token; nothing for a text that is none.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let body = text.trim().strip_prefix(PREFIX).filter(|body| body.len() == LENGTH)?;
        let bytes = hex::decode(body).ok()?;
        let (user, rest) = bytes.split_first_chunk::<16>()?;
        let (ends, proof) = rest.split_first_chunk::<8>()?;
        Some(Self { user: UserId::from_uuid(Uuid::from_bytes(*user)), ends: i64::from_be_bytes(*ends), proof: proof.to_vec() })
    }
}

/// Makes and verifies reset tokens with the keys of this instance.
#[derive(Clone)]
pub struct ResetTokens {
    keys: Derived,
}

impl std::fmt::Debug for ResetTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ResetTokens")
    }
}

impl ResetTokens {
    /// Signs with the current key of the ring, verifies with all.
    #[must_use]
    pub fn new(keys: &KeyRing) -> Self {
        Self { keys: keys.derive(Purpose::PasswordReset) }
    }

    /// A token for a user whose sessions have this number, until `ends`.
    #[must_use]
    pub fn mint(&self, user: UserId, session_version: i32, ends: DateTime<Utc>) -> SecretString {
        let ends = ends.timestamp();
        let proof = proof(self.keys.current.1.as_slice(), user, session_version, ends);
        format!("{PREFIX}{}{}{}", hex::encode(user.uuid().as_bytes()), hex::encode(ends.to_be_bytes()), hex::encode(proof)).into()
    }

    /// Whether we gave out this token for a user whose sessions have this number, and it has not ended; in constant time.
    #[must_use]
    pub fn verify(&self, token: &ResetToken, session_version: i32, now: DateTime<Utc>) -> bool {
        let by = |key: &[u8]| same(&proof(key, token.user, session_version, token.ends), &token.proof);
        self.keys.all().fold(false, |found, (_, key)| by(key.as_slice()) | found) && now.timestamp() < token.ends
    }
}

fn proof(key: &[u8], user: UserId, session_version: i32, ends: i64) -> [u8; MAC] {
    let whole = mac(key, &[user.uuid().as_bytes(), &ends.to_be_bytes(), &session_version.to_be_bytes()]);
    let mut short = [0; MAC];
    short.copy_from_slice(&whole[..MAC]);
    short
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Duration};
    use entity::value::UserId;
    use secrecy::ExposeSecret;

    use super::{ResetToken, ResetTokens};
    use crate::auth::keys::KeyRing;
    use crate::config::InstanceSecret;

    fn tokens(current: &str, previous: &[&str]) -> ResetTokens {
        ResetTokens::new(&KeyRing::new(&InstanceSecret::fixed(current, previous)))
    }

    #[test]
    fn a_token_is_for_one_user_one_password_and_a_while() {
        let (user, now) = (UserId::new(), DateTime::UNIX_EPOCH);
        let text = tokens("one", &[]).mint(user, 3, now + Duration::minutes(30));
        let read = ResetToken::read(text.expose_secret()).unwrap();
        assert_eq!(read.user, user);
        assert!(tokens("one", &[]).verify(&read, 3, now + Duration::minutes(29)));
        assert!(tokens("two", &["one"]).verify(&read, 3, now), "an older key still verifies");
        assert!(!tokens("one", &[]).verify(&read, 4, now), "the password was changed since");
        assert!(!tokens("one", &[]).verify(&read, 3, now + Duration::minutes(30)));
        assert!(!tokens("two", &[]).verify(&read, 3, now));
    }

    #[test]
    fn an_altered_token_does_not_verify() {
        let (signer, now) = (tokens("one", &[]), DateTime::UNIX_EPOCH);
        let text = signer.mint(UserId::new(), 1, now + Duration::minutes(30));
        let text = text.expose_secret();
        for at in 0..text.len() {
            let other = if text.as_bytes()[at] == b'0' { "1" } else { "0" };
            let altered = format!("{}{other}{}", &text[..at], &text[at + 1..]);
            assert!(!ResetToken::read(&altered).is_some_and(|token| signer.verify(&token, 1, now)), "{altered}");
        }
        for odd in ["", "trb_rst_", &text[..text.len() - 2], &format!("{text}00"), &text.replace("trb_rst_", "trb_inv_")] {
            assert!(ResetToken::read(odd).is_none(), "{odd}");
        }
    }
}
