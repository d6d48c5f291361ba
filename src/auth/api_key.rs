//! API keys: `trb_sk_live_…` (secret, for a merchant's server) and `trb_pk_test_…` (publishable, for the snippet).
//!
//! A key is its prefix, random bits in base 32 (256 for a secret key, 128 for a publishable one) and four characters of
//! checksum, by which a mistyped key is refused without asking the database. Secret keys are stored as a hash alone.

use entity::value::{ApiKeyKind, Mode};
use secrecy::SecretString;
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::base32;
use super::refresh::TokenHash;

/// Characters of the checksum: 20 bits.
const CHECKSUM: usize = 4;

/// A key just made: shown once, except that a publishable one may be shown again.
#[derive(Debug)]
pub struct NewApiKey {
    /// The whole key.
    pub value: SecretString,
    /// What the row keeps and what it is found by.
    pub hash: TokenHash,
    /// The last four characters, for people to tell keys apart.
    pub last4: String,
}

impl NewApiKey {
    /// A new random key.
    #[must_use]
    pub fn generate(kind: ApiKeyKind, mode: Mode) -> Self {
        let mut bytes = [0_u8; 32];
        rand::fill(&mut bytes);
        let mut text = format!("{}{}", prefix(kind, mode), base32::encode(&bytes[..random_bytes(kind)]));
        text.push_str(&checksum(&text));
        Self { hash: TokenHash::of(&text), last4: text[text.len() - 4..].to_owned(), value: text.into() }
    }
}

/// A key as presented: well formed, not yet known to be one of ours.
#[derive(Clone, Debug)]
pub struct PresentedKey {
    /// Secret or publishable, by the prefix.
    pub kind: ApiKeyKind,
    /// Test or live, by the prefix.
    pub mode: Mode,
    /// What to look it up by. Whether the row found agrees on kind and mode must be checked.
    pub hash: TokenHash,
}

/// Why a text is not an API key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ApiKeyError {
    /// Begins like none of our keys; it may be another kind of token.
    #[error("this is not an API key; ours begin with trb_sk_live_, trb_sk_test_, trb_pk_live_ or trb_pk_test_")]
    Prefix,
    /// Too short, too long, with foreign characters, or mistyped.
    #[error("the API key is incomplete or mistyped; copy the whole key")]
    Damaged,
}

/// Reads a presented key.
///
/// # Errors
/// [`ApiKeyError`] when the text cannot be a key of ours.
pub fn parse(text: &str) -> Result<PresentedKey, ApiKeyError> {
    let known = ALL.into_iter().find_map(|(kind, mode)| Some((kind, mode, text.strip_prefix(prefix(kind, mode))?)));
    let (kind, mode, body) = known.ok_or(ApiKeyError::Prefix)?;
    let expected = (random_bytes(kind) * 8).div_ceil(5) + CHECKSUM;
    // The alphabet is ASCII, so the cut below is between characters.
    if body.len() != expected || !base32::is_encoded(body) {
        return Err(ApiKeyError::Damaged);
    }
    let (signed, given) = text.split_at(text.len() - CHECKSUM);
    if checksum(signed) != given {
        return Err(ApiKeyError::Damaged);
    }
    Ok(PresentedKey { kind, mode, hash: TokenHash::of(text) })
}

const ALL: [(ApiKeyKind, Mode); 4] = [
    (ApiKeyKind::Secret, Mode::Live),
    (ApiKeyKind::Secret, Mode::Test),
    (ApiKeyKind::Publishable, Mode::Live),
    (ApiKeyKind::Publishable, Mode::Test),
];

const fn prefix(kind: ApiKeyKind, mode: Mode) -> &'static str {
    match (kind, mode) {
        (ApiKeyKind::Secret, Mode::Live) => "trb_sk_live_",
        (ApiKeyKind::Secret, Mode::Test) => "trb_sk_test_",
        (ApiKeyKind::Publishable, Mode::Live) => "trb_pk_live_",
        (ApiKeyKind::Publishable, Mode::Test) => "trb_pk_test_",
    }
}

const fn random_bytes(kind: ApiKeyKind) -> usize {
    match kind {
        ApiKeyKind::Secret => 32,
        ApiKeyKind::Publishable => 16,
    }
}

/// Tells typing errors apart and authenticates nothing, so a plain hash and `==` are right for it.
fn checksum(text: &str) -> String {
    let mut sum = base32::encode(&Sha256::digest(text.as_bytes())[..3]);
    sum.truncate(CHECKSUM);
    sum
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use secrecy::ExposeSecret;

    use super::{ALL, ApiKeyError, NewApiKey, parse, prefix};
    use entity::value::{ApiKeyKind, Mode};

    #[test]
    fn every_kind_and_mode_is_read_back() {
        for (kind, mode) in ALL {
            let key = NewApiKey::generate(kind, mode);
            let text = key.value.expose_secret();
            assert!(text.starts_with(prefix(kind, mode)));
            assert!(text.ends_with(&key.last4) && key.last4.len() == 4);
            let presented = parse(text).unwrap();
            assert_eq!((presented.kind, presented.mode), (kind, mode));
            assert!(presented.hash.matches(key.hash.bytes()));
            assert!(!format!("{key:?}").contains(text), "the debug form hides the value");
        }
    }

    #[test]
    fn sizes_are_as_promised() {
        let secret = NewApiKey::generate(ApiKeyKind::Secret, Mode::Live);
        let publishable = NewApiKey::generate(ApiKeyKind::Publishable, Mode::Test);
        assert_eq!(secret.value.expose_secret().len(), 12 + 52 + 4);
        assert_eq!(publishable.value.expose_secret().len(), 12 + 26 + 4);
    }

    #[rstest]
    #[case("")]
    #[case("sk_live_0000000000000000")]
    #[case("rk_live_0000000000000000")]
    #[case("trb_sk_")]
    #[case("trb_sk_prod_0000")]
    #[case("TRB_SK_LIVE_0000")]
    #[case(" trb_sk_live_0000")]
    fn foreign_texts_are_not_keys(#[case] text: &str) {
        assert_eq!(parse(text).unwrap_err(), ApiKeyError::Prefix);
    }

    #[test]
    fn a_damaged_key_is_refused_before_any_look_up() {
        let key = NewApiKey::generate(ApiKeyKind::Secret, Mode::Live);
        let text = key.value.expose_secret();
        let swapped = if text.as_bytes()[20] == b'0' { "1" } else { "0" };
        let mistyped = format!("{}{swapped}{}", &text[..20], &text[21..]);
        let other_mode = text.replace("_live_", "_test_");
        let other_kind = text.replace("_sk_", "_pk_");
        for damaged in [&text[..text.len() - 1], &format!("{text}0"), &mistyped, &other_mode, &other_kind, "trb_sk_live_é"] {
            assert_eq!(parse(damaged).unwrap_err(), ApiKeyError::Damaged, "{damaged}");
        }
        assert_eq!(parse(&format!("trb_pk_test_{}", "0".repeat(1_000_000))).unwrap_err(), ApiKeyError::Damaged);
    }
}
