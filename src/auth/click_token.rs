//! Click tokens: what the snippet keeps of a click, and what reaches us again in Stripe's `client_reference_id` (AT-12).
//!
//! `tb_`, the 26 characters of the click id, and 8 characters of a MAC over the click and its program: 37 in all, of the
//! alphabet `[a-z0-9_]` that Stripe lets through. Reading a token gives the click to look up; only then can [`ClickTokens::verify`]
//! say whether we issued it for that program. 40 bits of MAC are enough because each guess is a request to us, and a token can
//! at most claim a click that really was.

use entity::value::{ClickId, ProgramId};

use super::keys::{Derived, KeyRing, Purpose, mac};
use super::{base32, same};

const PREFIX: &str = "tb_";
/// Characters of a click id without its prefix.
const ID: usize = 26;
/// Characters of the MAC: 40 bits.
const MAC: usize = 8;
/// Characters of a whole token.
pub const LENGTH: usize = PREFIX.len() + ID + MAC;

/// A token found in a text: which click it claims, with the proof still to be checked.
#[derive(Clone, Debug)]
pub struct ClickToken {
    /// The click it claims.
    pub click: ClickId,
    proof: String,
}

impl ClickToken {
    /// Finds a token in a client reference or a cookie: alone, or set apart from the merchant's own value by a hyphen or an
    /// underscore. Of several the last one, since the snippet appends.
    #[must_use]
    pub fn find_in(text: &str) -> Option<Self> {
        let starts = text.rmatch_indices(PREFIX).map(|(start, _)| start);
        starts.filter(|start| !ends_in_word(&text[..*start])).find_map(|start| Self::at_start_of(&text[start..]))
    }

    fn at_start_of(text: &str) -> Option<Self> {
        let body = text.get(PREFIX.len()..LENGTH)?;
        let after = text[LENGTH..].bytes().next();
        if after.is_some_and(|byte| byte.is_ascii_alphanumeric()) || !base32::is_encoded(body) {
            return None;
        }
        let (id, proof) = body.split_at(ID);
        Some(Self { click: format!("{}_{id}", ClickId::PREFIX).parse().ok()?, proof: proof.to_owned() })
    }
}

fn ends_in_word(text: &str) -> bool {
    text.bytes().next_back().is_some_and(|byte| byte.is_ascii_alphanumeric())
}

/// Makes and verifies click tokens with the keys of this instance.
#[derive(Clone)]
pub struct ClickTokens {
    keys: Derived,
}

impl std::fmt::Debug for ClickTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ClickTokens")
    }
}

impl ClickTokens {
    /// Signs with the current key of the ring, verifies with all.
    #[must_use]
    pub fn new(keys: &KeyRing) -> Self {
        Self { keys: keys.derive(Purpose::ClickToken) }
    }

    /// The token of a click on a link of a program.
    #[must_use]
    pub fn mint(&self, click: ClickId, program: ProgramId) -> String {
        let shown = click.to_string();
        let id = shown.rsplit('_').next().unwrap_or_default();
        format!("{PREFIX}{id}{}", proof(self.keys.current.1.as_slice(), click, program))
    }

    /// Whether we issued this token, for that click of that program; in constant time.
    #[must_use]
    pub fn verify(&self, token: &ClickToken, program: ProgramId) -> bool {
        let by = |key: &[u8]| same(proof(key, token.click, program).as_bytes(), token.proof.as_bytes());
        self.keys.all().fold(false, |found, (_, key)| by(key.as_slice()) | found)
    }
}

fn proof(key: &[u8], click: ClickId, program: ProgramId) -> String {
    base32::encode(&mac(key, &[click.uuid().as_bytes(), program.uuid().as_bytes()])[..5])
}

#[cfg(test)]
mod tests {
    use entity::value::{ClickId, ProgramId};
    use rstest::rstest;

    use super::{ClickToken, ClickTokens, LENGTH};
    use crate::auth::keys::KeyRing;
    use crate::config::InstanceSecret;

    fn tokens(current: &str, previous: &[&str]) -> ClickTokens {
        ClickTokens::new(&KeyRing::new(&InstanceSecret::fixed(current, previous)))
    }

    #[test]
    fn a_minted_token_is_found_and_verified() {
        let (click, program) = (ClickId::new(), ProgramId::new());
        let text = tokens("one", &[]).mint(click, program);
        assert_eq!(text.len(), LENGTH);
        assert_eq!(text.len(), 37);
        assert!(text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'));
        let found = ClickToken::find_in(&text).unwrap();
        assert_eq!(found.click, click);
        assert!(tokens("one", &[]).verify(&found, program));
        assert!(tokens("two", &["one"]).verify(&found, program), "an older key still verifies");
        assert!(!tokens("two", &[]).verify(&found, program));
        assert!(!tokens("one", &[]).verify(&found, ProgramId::new()), "another program's");
    }

    #[test]
    fn an_altered_token_does_not_verify() {
        let (click, program) = (ClickId::new(), ProgramId::new());
        let signer = tokens("one", &[]);
        let text = signer.mint(click, program);
        for at in 4..text.len() {
            let other = if text.as_bytes()[at] == b'0' { "1" } else { "0" };
            let altered = format!("{}{other}{}", &text[..at], &text[at + 1..]);
            let verdict = ClickToken::find_in(&altered).is_some_and(|token| signer.verify(&token, program));
            assert!(!verdict, "{altered}");
        }
    }

    #[rstest]
    #[case("{}")]
    #[case("order-17-{}")]
    #[case("order_17_{}")]
    #[case("-{}-")]
    #[case("{}-order-17")]
    #[case("tb_-{}")]
    #[case("tb_0000-{}")]
    #[case("tb_{}")]
    fn combined_forms_are_found(#[case] form: &str) {
        let click = ClickId::new();
        let text = form.replace("{}", &tokens("one", &[]).mint(click, ProgramId::new()));
        assert_eq!(ClickToken::find_in(&text).unwrap().click, click, "{text}");
    }

    #[test]
    fn of_several_the_last_counts() {
        let (first, last, program) = (ClickId::new(), ClickId::new(), ProgramId::new());
        let signer = tokens("one", &[]);
        let text = format!("{}-{}", signer.mint(first, program), signer.mint(last, program));
        assert_eq!(ClickToken::find_in(&text).unwrap().click, last);
    }

    #[test]
    fn other_texts_hold_no_token() {
        let token = tokens("one", &[]).mint(ClickId::new(), ProgramId::new());
        for text in [
            String::new(),
            "tb_".to_owned(),
            "order-17".to_owned(),
            token[..LENGTH - 1].to_owned(),
            format!("{token}0"),
            format!("x{token}"),
            token.to_uppercase(),
            token.replace("tb_", "tb-"),
            format!("tb_{}", "z".repeat(34)),
            format!("tb_{}", "é".repeat(17)),
            "tb_".repeat(100_000),
        ] {
            assert!(ClickToken::find_in(&text).is_none(), "{text:.80}");
        }
    }
}
