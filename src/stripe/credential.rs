//! Stripe's keys and signing secrets by their look (S1): kind and mode are in the prefix.

use entity::value::Mode;
use thiserror::Error;

/// What a pasted key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// Whether it can do everything in the account: a secret key, not a restricted one.
    pub all_powerful: bool,
    /// Test or live.
    pub mode: Mode,
    /// The last four characters, for people to recognise it.
    pub last4: String,
}

/// Why a text cannot be used as a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CredentialError {
    /// A publishable key, which can read nothing.
    #[error("this is a publishable key, which cannot read; make a restricted key in Stripe's dashboard under Developers, API keys")]
    Publishable,
    /// A webhook's signing secret.
    #[error("this is a webhook signing secret; it belongs into the field for it")]
    WebhookSecret,
    /// Nothing of Stripe's, or only a part of it.
    #[error("this is not a key of Stripe's; a restricted key begins with rk_test_ or rk_live_")]
    Unknown,
}

/// Longest key that is taken; Stripe's have some 110 characters.
const MAX_LENGTH: usize = 300;
/// The fewest characters after the prefix.
const MIN_BODY: usize = 8;

/// Reads a pasted key.
///
/// # Errors
/// [`CredentialError`] when it is none that can be used; the texts say what to paste instead.
pub fn read_key(text: &str) -> Result<Credential, CredentialError> {
    if text.starts_with("pk_") {
        return Err(CredentialError::Publishable);
    }
    if text.starts_with("whsec_") {
        return Err(CredentialError::WebhookSecret);
    }
    let known =
        [("rk_test_", false, Mode::Test), ("rk_live_", false, Mode::Live), ("sk_test_", true, Mode::Test), ("sk_live_", true, Mode::Live)];
    let found = known.into_iter().find_map(|(prefix, all_powerful, mode)| Some((text.strip_prefix(prefix)?, all_powerful, mode)));
    match found {
        Some((body, all_powerful, mode)) if is_body(body) => Ok(Credential { all_powerful, mode, last4: last4(text) }),
        _ => Err(CredentialError::Unknown),
    }
}

/// Whether a text looks like a webhook's signing secret.
#[must_use]
pub fn is_webhook_secret(text: &str) -> bool {
    text.strip_prefix("whsec_").is_some_and(|body| {
        (MIN_BODY..=MAX_LENGTH).contains(&body.len()) && body.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=_-".contains(&b))
    })
}

/// Whether a text looks like the id of an account.
#[must_use]
pub fn is_account(text: &str) -> bool {
    text.strip_prefix("acct_").is_some_and(|body| (1..=100).contains(&body.len()) && body.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// The last four characters.
#[must_use]
pub fn last4(text: &str) -> String {
    let skipped = text.chars().count().saturating_sub(4);
    text.chars().skip(skipped).collect()
}

fn is_body(body: &str) -> bool {
    (MIN_BODY..=MAX_LENGTH).contains(&body.len()) && body.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

#[cfg(test)]
mod tests {
    use entity::value::Mode;

    use super::{Credential, CredentialError, is_account, is_webhook_secret, read_key};

    #[test]
    fn kind_and_mode_are_in_the_prefix() {
        let key = |all_powerful, mode| Ok(Credential { all_powerful, mode, last4: "wxyz".to_owned() });
        assert_eq!(read_key("rk_test_51Habcdefwxyz"), key(false, Mode::Test));
        assert_eq!(read_key("rk_live_51Habcdefwxyz"), key(false, Mode::Live));
        assert_eq!(read_key("sk_test_51Habcdefwxyz"), key(true, Mode::Test));
        assert_eq!(read_key("sk_live_51Habcdefwxyz"), key(true, Mode::Live));
    }

    #[test]
    fn everything_else_is_refused_with_its_own_advice() {
        assert_eq!(read_key("pk_live_51Habcdefwxyz"), Err(CredentialError::Publishable));
        assert_eq!(read_key("whsec_abcdefgh"), Err(CredentialError::WebhookSecret));
        for text in ["", "rk_live_", "rk_prod_51Habcdef", "51Habcdefwxyz", "rk_live_51H abcdefg", "rk_live_51Habc\r\nX: y", "sk_live_…"] {
            assert_eq!(read_key(text), Err(CredentialError::Unknown), "{text}");
        }
    }

    #[test]
    fn secrets_and_accounts_are_told_by_their_look() {
        assert!(is_webhook_secret("whsec_abcdefgh12345678") && !is_webhook_secret("whsec_") && !is_webhook_secret("rk_test_abcdefgh"));
        assert!(is_account("acct_1H2abc") && !is_account("acct_") && !is_account("cus_1") && !is_account("acct_1/2"));
    }
}
