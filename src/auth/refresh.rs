//! Opaque tokens: refresh, invitation and set-up tokens. 256 random bits, shown once, kept as a SHA-256 hash alone.
//!
//! A plain hash is enough here, unlike for passwords: nobody can guess 256 bits. Whether a token is used, expired or revoked
//! is the row's to say.

use secrecy::SecretString;
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::{base32, same};

/// Characters of 256 bits in base 32.
const LENGTH: usize = 52;

/// What an opaque token is for. Its prefix lets people, and scanners for leaked secrets, see what they found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpaqueKind {
    /// Exchanged for a new pair of access and refresh tokens.
    Refresh,
    /// Accepts an invitation to a merchant.
    Invitation,
    /// Claims a fresh instance.
    Setup,
    /// Held by the browser that went to Stripe to link an account.
    Link,
}

impl OpaqueKind {
    /// The text every token of this kind begins with.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Refresh => "trb_rt_",
            Self::Invitation => "trb_inv_",
            Self::Setup => "trb_setup_",
            Self::Link => "trb_lnk_",
        }
    }
}

/// A token just made: the value to hand out once, and the hash to store.
#[derive(Debug)]
pub struct OpaqueToken {
    /// What its bearer presents. Never stored.
    pub value: SecretString,
    /// What the row keeps.
    pub hash: TokenHash,
}

impl OpaqueToken {
    /// A new random token of a kind.
    #[must_use]
    pub fn generate(kind: OpaqueKind) -> Self {
        let mut bytes = [0_u8; 32];
        rand::fill(&mut bytes);
        let text = format!("{}{}", kind.prefix(), base32::encode(&bytes));
        Self { hash: TokenHash::of(&text), value: text.into() }
    }
}

/// Reads a presented token of an expected kind, and gives the hash to look it up by.
///
/// # Errors
/// [`OpaqueTokenError`] when it is not a token of that kind at all.
pub fn read(kind: OpaqueKind, text: &str) -> Result<TokenHash, OpaqueTokenError> {
    let body = text.strip_prefix(kind.prefix()).ok_or(OpaqueTokenError)?;
    if body.len() != LENGTH || !base32::is_encoded(body) {
        return Err(OpaqueTokenError);
    }
    Ok(TokenHash::of(text))
}

/// The presented text is not a token of the expected kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("this is not a token of the expected kind; copy the whole token, from its prefix to its last character")]
pub struct OpaqueTokenError;

/// The SHA-256 hash under which a secret token or key is stored and found.
#[derive(Clone, Debug)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// The hash of a whole token, prefix included.
    #[must_use]
    pub(super) fn of(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    /// The bytes to store, or to look up by.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether a stored hash is this one, in constant time.
    #[must_use]
    pub fn matches(&self, stored: &[u8]) -> bool {
        same(&self.0, stored)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use secrecy::ExposeSecret;

    use super::{OpaqueKind, OpaqueToken, OpaqueTokenError, read};

    #[rstest]
    #[case(OpaqueKind::Refresh, "trb_rt_")]
    #[case(OpaqueKind::Invitation, "trb_inv_")]
    #[case(OpaqueKind::Setup, "trb_setup_")]
    #[case(OpaqueKind::Link, "trb_lnk_")]
    fn a_token_is_found_by_its_hash(#[case] kind: OpaqueKind, #[case] prefix: &str) {
        let token = OpaqueToken::generate(kind);
        let text = token.value.expose_secret();
        assert!(text.starts_with(prefix));
        assert_eq!(text.len(), prefix.len() + 52);
        let found = read(kind, text).unwrap();
        assert!(found.matches(token.hash.bytes()));
        assert!(!found.matches(OpaqueToken::generate(kind).hash.bytes()));
        assert!(!found.matches(b""));
    }

    #[test]
    fn other_kinds_and_damaged_tokens_are_refused() {
        let token = OpaqueToken::generate(OpaqueKind::Refresh);
        let text = token.value.expose_secret();
        assert_eq!(read(OpaqueKind::Invitation, text).unwrap_err(), OpaqueTokenError);
        for damaged in [
            String::new(),
            "trb_rt_".to_owned(),
            text[..text.len() - 1].to_owned(),
            format!("{text}0"),
            format!(" {text}"),
            text.to_uppercase(),
            "x".repeat(100_000),
            format!("trb_rt_{}", "é".repeat(26)),
        ] {
            assert!(read(OpaqueKind::Refresh, &damaged).is_err(), "{damaged:.80}");
        }
    }

    #[test]
    fn the_debug_form_hides_the_value() {
        let token = OpaqueToken::generate(OpaqueKind::Refresh);
        assert!(!format!("{token:?}").contains(token.value.expose_secret()));
    }
}
