//! Genuine tokens, and a table of forged ones of which none may pass.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use chrono::{DateTime, Duration, Utc};
use entity::value::{MembershipId, MerchantId, Mode, PartnerId, Role, UserId};
use hmac::{Hmac, KeyInit, Mac};
use rstest::rstest;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use sha2::{Sha256, Sha384};

use super::{AccessTokenError, AccessTokens, BRIDGE, Bearer, LEEWAY, LIFETIME};
use crate::auth::keys::{KeyRing, Purpose};
use crate::config::InstanceSecret;

const ISSUER: &str = "https://tributary.example";

fn ring(current: &str, previous: &[&str]) -> KeyRing {
    KeyRing::new(&InstanceSecret::fixed(current, previous))
}

fn tokens() -> AccessTokens {
    AccessTokens::new(&ring("one", &["zero"]), ISSUER, now())
}

fn now() -> DateTime<Utc> {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

fn owner() -> Bearer {
    Bearer {
        user: UserId::new(),
        merchant: MerchantId::new(),
        membership: MembershipId::new(),
        role: Role::Owner,
        partner: None,
        mode: None,
        session_version: 3,
    }
}

fn partner() -> Bearer {
    Bearer { role: Role::Partner, partner: Some(PartnerId::new()), mode: Some(Mode::Test), ..owner() }
}

/// A token taken apart, to be put together wrongly.
struct Forge {
    header: Value,
    claims: Value,
    key: Vec<u8>,
}

impl Forge {
    fn new() -> Self {
        let keys = ring("one", &["zero"]).derive(Purpose::AccessToken);
        let bearer = owner();
        Self {
            header: json!({ "typ": "JWT", "alg": "HS256", "kid": keys.current.0 }),
            claims: json!({
                "iss": ISSUER, "sub": bearer.user, "aud": "tributary", "exp": now().timestamp() + 900, "iat": now().timestamp(),
                "jti": "j", "mid": bearer.merchant, "role": "OWNER", "mbr": bearer.membership, "sv": 0,
            }),
            key: keys.current.1.to_vec(),
        }
    }

    fn header(mut self, name: &str, value: Value) -> Self {
        self.header[name] = value;
        self
    }

    fn claim(mut self, name: &str, value: Value) -> Self {
        self.claims[name] = value;
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.claims.as_object_mut().unwrap().remove(name);
        self
    }

    fn key(mut self, key: &[u8]) -> Self {
        self.key = key.to_vec();
        self
    }

    fn message(&self) -> String {
        format!("{}.{}", B64.encode(self.header.to_string()), B64.encode(self.claims.to_string()))
    }

    fn sign(&self) -> String {
        signed(&self.message(), &self.key)
    }
}

fn signed(message: &str, key: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(message.as_bytes());
    format!("{message}.{}", B64.encode(mac.finalize().into_bytes()))
}

fn verdict(token: &str) -> Result<(), AccessTokenError> {
    tokens().verify(token, now()).map(|_| ())
}

#[test]
fn a_token_says_what_was_put_in() {
    for bearer in [owner(), partner()] {
        let token = tokens().issue(&bearer, now()).unwrap();
        let verified = tokens().verify(token.value.expose_secret(), now()).unwrap();
        assert_eq!(verified.bearer, bearer);
        assert_eq!((verified.issued_at, verified.expires_at), (now(), now() + LIFETIME));
        assert_eq!(verified.expires_at, token.expires_at);
        assert_eq!(verified.id.len(), 26);
        assert!(token.value.expose_secret().len() < 1000);
    }
    let two = [tokens().issue(&owner(), now()), tokens().issue(&owner(), now())].map(|t| t.unwrap());
    let [one, other] = two.map(|t| tokens().verify(t.value.expose_secret(), now()).unwrap().id);
    assert_ne!(one, other);
}

#[test]
fn the_forge_makes_genuine_tokens_unless_told_otherwise() {
    assert_eq!(verdict(&Forge::new().sign()), Ok(()));
}

#[rstest]
#[case::fresh(Duration::zero(), Ok(()))]
#[case::last_moment(LIFETIME + LEEWAY - Duration::seconds(1), Ok(()))]
#[case::over(LIFETIME + LEEWAY, Err(AccessTokenError::Expired))]
#[case::long_over(Duration::days(400), Err(AccessTokenError::Expired))]
#[case::clock_behind(-LEEWAY, Ok(()))]
#[case::from_the_future(-LEEWAY - Duration::seconds(1), Err(AccessTokenError::NotYet))]
fn times_are_judged_by_the_clock_handed_in(#[case] after: Duration, #[case] expected: Result<(), AccessTokenError>) {
    let token = tokens().issue(&owner(), now()).unwrap();
    assert_eq!(tokens().verify(token.value.expose_secret(), now() + after).map(|_| ()), expected);
}

#[test]
fn a_replaced_key_verifies_for_a_while_after_the_start() {
    let before = AccessTokens::new(&ring("one", &[]), ISSUER, now()).issue(&owner(), now()).unwrap();
    let text = before.value.expose_secret();
    assert!(AccessTokens::new(&ring("two", &["one"]), ISSUER, now()).verify(text, now()).is_ok());
    let gone = AccessTokens::new(&ring("two", &[]), ISSUER, now()).verify(text, now());
    assert_eq!(gone.unwrap_err(), AccessTokenError::UnknownKey);
    // Whoever got hold of the old secret signs with it at any time.
    let later = now() + BRIDGE;
    let process = AccessTokens::new(&ring("two", &["one"]), ISSUER, now());
    let forged = AccessTokens::new(&ring("one", &[]), ISSUER, now()).issue(&owner(), later).unwrap();
    let found = process.verify(forged.value.expose_secret(), later);
    assert_eq!(found.unwrap_err(), AccessTokenError::UnknownKey);
    let own = process.issue(&owner(), later).unwrap();
    assert!(process.verify(own.value.expose_secret(), later).is_ok());
}

#[rstest]
#[case::none("none")]
#[case::none_capital("None")]
#[case::none_upper("NONE")]
#[case::none_mixed("nOnE")]
#[case::empty("")]
#[case::hs384("HS384")]
#[case::hs512("HS512")]
#[case::rs256("RS256")]
#[case::rs512("RS512")]
#[case::es256("ES256")]
#[case::es384("ES384")]
#[case::ps256("PS256")]
#[case::eddsa("EdDSA")]
#[case::lower("hs256")]
#[case::unknown("HS1")]
fn an_algorithm_named_by_the_token_is_never_used(#[case] alg: &str) {
    let forge = Forge::new().header("alg", json!(alg));
    for token in [forge.sign(), format!("{}.", forge.message()), forge.message()] {
        assert_eq!(verdict(&token), Err(AccessTokenError::Malformed), "{alg}");
    }
}

#[test]
fn another_hash_under_our_key_does_not_pass_as_ours() {
    let forge = Forge::new();
    let message = forge.message();
    let mut mac = Hmac::<Sha384>::new_from_slice(&forge.key).unwrap();
    mac.update(message.as_bytes());
    let token = format!("{message}.{}", B64.encode(mac.finalize().into_bytes()));
    assert_eq!(verdict(&token), Err(AccessTokenError::Signature));
}

#[rstest]
#[case::jku("jku", json!("https://evil.example/keys"))]
#[case::jwk("jwk", json!({ "kty": "oct", "k": "AAAA" }))]
#[case::x5u("x5u", json!("https://evil.example/cert"))]
#[case::x5c("x5c", json!(["AAAA"]))]
#[case::x5t("x5t", json!("AAAA"))]
#[case::crit("crit", json!(["exp"]))]
#[case::zip("zip", json!("DEF"))]
#[case::enc("enc", json!("A128GCM"))]
#[case::cty("cty", json!("JWT"))]
#[case::b64("b64", json!(false))]
#[case::extra("anything", json!(1))]
#[case::typ("typ", json!("at+jwt"))]
#[case::typ_number("typ", json!(1))]
#[case::kid_null("kid", Value::Null)]
#[case::kid_number("kid", json!(1))]
#[case::kid_list("kid", json!(["a"]))]
fn a_header_with_more_or_less_than_ours_is_refused(#[case] name: &str, #[case] value: Value) {
    assert_eq!(verdict(&Forge::new().header(name, value).sign()), Err(AccessTokenError::Malformed));
}

#[rstest]
#[case("nothing")]
#[case("")]
#[case("../../dev/null")]
#[case("' OR 1=1 --")]
#[case("0")]
fn an_unknown_key_id_is_refused(#[case] kid: &str) {
    let forge = Forge::new().header("kid", json!(kid)).key(b"");
    assert_eq!(verdict(&forge.sign()), Err(AccessTokenError::UnknownKey));
}

#[test]
fn a_signature_by_any_other_key_is_refused() {
    let kid_of_previous = ring("zero", &[]).derive(Purpose::AccessToken).current.0;
    let other_purpose = ring("one", &[]).derive(Purpose::ClickToken).current.1.to_vec();
    let other_instance = ring("two", &[]).derive(Purpose::AccessToken).current.1.to_vec();
    for key in [b"".as_slice(), b"one", b"secret", &other_purpose, &other_instance, &[0; 32]] {
        assert_eq!(verdict(&Forge::new().key(key).sign()), Err(AccessTokenError::Signature));
    }
    let swapped = Forge::new().header("kid", json!(kid_of_previous)).sign();
    assert_eq!(verdict(&swapped), Err(AccessTokenError::Signature), "the key of one id under another id");
}

#[test]
fn a_stripped_or_damaged_signature_is_refused() {
    let genuine = Forge::new().sign();
    let (message, signature) = genuine.rsplit_once('.').unwrap();
    let cut = &signature[..signature.len() - 3];
    for (token, expected) in [
        (format!("{message}."), AccessTokenError::Signature),
        (message.to_owned(), AccessTokenError::Malformed),
        (format!("{message}.{cut}"), AccessTokenError::Signature),
        (format!("{message}.{signature}AAAA"), AccessTokenError::Signature),
        (format!("{message}.!!!!"), AccessTokenError::Malformed),
        (format!("{message}.{signature}."), AccessTokenError::Malformed),
        (format!(".{signature}"), AccessTokenError::Malformed),
    ] {
        assert_eq!(verdict(&token), Err(expected), "{token}");
    }
}

#[test]
fn altered_claims_are_refused() {
    let genuine = Forge::new().sign();
    let signature = genuine.rsplit_once('.').unwrap().1;
    let raised = Forge::new().claim("role", json!("OWNER")).claim("sv", json!(99)).message();
    assert_eq!(verdict(&format!("{raised}.{signature}")), Err(AccessTokenError::Signature));
}

#[rstest]
#[case::text("exp", json!("4102444800"))]
#[case::fraction("exp", json!(4_102_444_800.5))]
#[case::boolean("exp", json!(true))]
#[case::null("exp", Value::Null)]
#[case::list("exp", json!([4_102_444_800_i64]))]
#[case::object("exp", json!({}))]
#[case::negative("exp", json!(-1))]
#[case::zero("exp", json!(0))]
#[case::huge("exp", json!(u64::MAX))]
#[case::huge_signed("exp", json!(i64::MAX))]
#[case::far("exp", json!(4_102_444_800_i64))]
#[case::iat_text("iat", json!("0"))]
#[case::iat_null("iat", Value::Null)]
#[case::iat_after_exp("iat", json!(now().timestamp() + 901))]
#[case::iat_long_ago("iat", json!(now().timestamp() - 1))]
#[case::sub_number("sub", json!(1))]
#[case::sub_free("sub", json!("ann"))]
#[case::sub_other_type("sub", json!(MerchantId::new()))]
#[case::mid_null("mid", Value::Null)]
#[case::mid_other_type("mid", json!(UserId::new()))]
#[case::mbr_free("mbr", json!("x"))]
#[case::role_unknown("role", json!("ROOT"))]
#[case::role_lower("role", json!("owner"))]
#[case::role_list("role", json!(["OWNER"]))]
#[case::partner_without_id("role", json!("PARTNER"))]
#[case::id_without_partner("pid", json!(PartnerId::new()))]
#[case::mode_without_partner("live", json!(true))]
#[case::live_text("live", json!("true"))]
#[case::sv_text("sv", json!("0"))]
#[case::sv_huge("sv", json!(i64::MAX))]
#[case::jti_number("jti", json!(1))]
#[case::aud_list("aud", json!(["tributary"]))]
#[case::iss_list("iss", json!([ISSUER]))]
fn a_mistyped_or_contradicting_claim_is_refused(#[case] name: &str, #[case] value: Value) {
    let token = Forge::new().claim(name, value).sign();
    assert_eq!(verdict(&token), Err(AccessTokenError::Claims));
}

#[rstest]
fn a_missing_claim_is_refused(#[values("iss", "sub", "aud", "exp", "iat", "jti", "mid", "role", "mbr", "sv")] name: &str) {
    assert_eq!(verdict(&Forge::new().without(name).sign()), Err(AccessTokenError::Claims));
}

#[rstest]
#[case("iss", "https://evil.example")]
#[case("iss", "https://tributary.example/")]
#[case("iss", "")]
#[case("aud", "other")]
#[case("aud", "")]
fn a_token_for_or_from_another_is_refused(#[case] name: &str, #[case] value: &str) {
    assert_eq!(verdict(&Forge::new().claim(name, json!(value)).sign()), Err(AccessTokenError::Foreign));
}

#[test]
fn an_expired_token_with_a_genuine_signature_is_refused() {
    let at = now().timestamp() - 2000;
    let token = Forge::new().claim("iat", json!(at)).claim("exp", json!(at + 900)).sign();
    assert_eq!(verdict(&token), Err(AccessTokenError::Expired));
}

#[test]
fn texts_that_are_no_tokens_are_refused() {
    let forge = Forge::new();
    let header = B64.encode(forge.header.to_string());
    let doubled = r#"{"iss":"https://tributary.example","iss":"https://tributary.example"}"#;
    let two_algorithms = forge.header.to_string().replace("\"alg\"", "\"alg\":\"none\",\"alg\"");
    for (token, expected) in [
        (String::new(), AccessTokenError::Malformed),
        ("..".to_owned(), AccessTokenError::Malformed),
        ("a.b.c".to_owned(), AccessTokenError::Malformed),
        ("trb_sk_live_0000".to_owned(), AccessTokenError::Malformed),
        ("é.é.é".to_owned(), AccessTokenError::Malformed),
        ("x".repeat(1_000_000), AccessTokenError::Malformed),
        (format!("{}.{}", forge.sign(), header), AccessTokenError::Malformed),
        (format!(" {}", forge.sign()), AccessTokenError::Malformed),
        (format!("Bearer {}", forge.sign()), AccessTokenError::Malformed),
        (signed(&format!("{header}.{}", B64.encode("[]")), &forge.key), AccessTokenError::Claims),
        (signed(&format!("{header}.{}", B64.encode("null")), &forge.key), AccessTokenError::Claims),
        (signed(&format!("{header}.{}", B64.encode("{}")), &forge.key), AccessTokenError::Claims),
        (signed(&format!("{header}.{}", B64.encode(doubled)), &forge.key), AccessTokenError::Claims),
        (signed(&format!("{header}.{}", B64.encode([0xff, 0xfe])), &forge.key), AccessTokenError::Claims),
        (
            signed(&format!("{}.{}", B64.encode(two_algorithms), B64.encode(forge.claims.to_string())), &forge.key),
            AccessTokenError::Malformed,
        ),
    ] {
        assert_eq!(verdict(&token), Err(expected), "{token:.100}");
    }
}
