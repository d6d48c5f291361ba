//! The `Stripe-Signature` header: proves that a delivery comes from Stripe, is whole and is fresh (IN-1).
//!
//! The header is `t=<unix seconds>,v1=<hex>[,v1=<hex>][,v0=<hex>]`; a `v1` is HMAC-SHA256 over `t`, a dot and the raw body, with
//! the whole `whsec_...` text as key. While a secret is rolled Stripe sends one `v1` for each, so every `v1` is compared with
//! every secret. `v0` is a test scheme and counts for nothing.

use chrono::{DateTime, Duration, Utc};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};
use thiserror::Error;

/// How far a delivery's time may be from ours, in both directions. Exactly this far passes, as with Stripe's own SDKs.
pub const TOLERANCE: Duration = Duration::seconds(300);
/// Longer headers are not looked at. One with two `v1` and a `v0` has some 230 characters.
const MAX_HEADER: usize = 4096;
/// The hex digits of a signature.
const HEX_LENGTH: usize = 64;

/// Why a delivery was not accepted. Each counts as its own reason in the metrics; to the sender all are 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SignatureError {
    /// No header at all: not from Stripe, or a proxy drops it.
    #[error("the request has no Stripe-Signature header")]
    MissingHeader,
    /// Too long, or without exactly one readable time.
    #[error("the Stripe-Signature header cannot be read")]
    Malformed,
    /// No signature of the scheme that counts.
    #[error("the Stripe-Signature header holds no v1 signature")]
    NoV1,
    /// Genuine, but too old: replayed, or our clock is wrong.
    #[error("the delivery is {} seconds old, which is over the tolerance; is the clock of this machine right?", age.num_seconds())]
    Expired {
        /// How old.
        age: Duration,
    },
    /// Genuine, but from the future: our clock is wrong.
    #[error("the delivery is from {} seconds in the future; is the clock of this machine right?", ahead.num_seconds())]
    FromFuture {
        /// How far ahead.
        ahead: Duration,
    },
    /// No `v1` is by a secret of this endpoint, or the body was altered.
    #[error("no signature matches; is the signing secret the one of this endpoint, and does the body arrive unaltered?")]
    NoMatch,
}

impl SignatureError {
    /// The word for this in metrics.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::MissingHeader => "missing_header",
            Self::Malformed => "malformed",
            Self::NoV1 => "no_v1",
            Self::Expired { .. } => "expired",
            Self::FromFuture { .. } => "from_future",
            Self::NoMatch => "no_match",
        }
    }
}

/// Verifies a delivery over the bytes as they came, before anything parses them (IN-1).
///
/// # Errors
/// The first of: header, `NoV1`, `NoMatch`, time. An expired delivery is told as such only when its signature is genuine.
pub fn verify(
    header: Option<&str>,
    body: &[u8],
    secrets: &[SecretString],
    now: DateTime<Utc>,
    tolerance: Duration,
) -> Result<(), SignatureError> {
    let header = Header::read(header.ok_or(SignatureError::MissingHeader)?)?;
    if header.v1.is_empty() {
        return Err(SignatureError::NoV1);
    }
    // Every pair is compared, whatever the earlier ones gave, so the time tells nothing of which secret matched.
    let mut matched = Choice::from(0);
    for secret in secrets {
        let Some(expected) = digest(secret, header.time, body) else {
            continue;
        };
        for given in &header.v1 {
            matched |= expected.as_bytes().ct_eq(given.as_bytes());
        }
    }
    if !bool::from(matched) {
        return Err(SignatureError::NoMatch);
    }
    let age = Duration::try_seconds(now.timestamp().saturating_sub(header.seconds)).ok_or(SignatureError::Malformed)?;
    if age > tolerance {
        return Err(SignatureError::Expired { age });
    }
    if -age > tolerance {
        return Err(SignatureError::FromFuture { ahead: -age });
    }
    Ok(())
}

/// The header Stripe would send for a body: one `v1` a secret. For the pretended Stripe of the demo and the tests.
#[must_use]
pub fn sign(body: &[u8], secrets: &[SecretString], at: DateTime<Utc>) -> String {
    let time = at.timestamp().to_string();
    let signatures = secrets.iter().filter_map(|secret| digest(secret, &time, body));
    signatures.fold(format!("t={time}"), |header, signature| format!("{header},v1={signature}"))
}

/// The signature in hex. `None` for an empty secret: anybody could sign with that.
fn digest(secret: &SecretString, time: &str, body: &[u8]) -> Option<String> {
    let key = secret.expose_secret().as_bytes();
    if key.is_empty() {
        return None;
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(time.as_bytes());
    mac.update(b".");
    mac.update(body);
    Some(hex::encode(mac.finalize().into_bytes()))
}

struct Header<'a> {
    /// The time as written, which is what was signed.
    time: &'a str,
    seconds: i64,
    v1: Vec<&'a str>,
}

impl<'a> Header<'a> {
    /// Unknown schemes are passed over, so that a new one of Stripe's does no harm.
    fn read(text: &'a str) -> Result<Self, SignatureError> {
        if text.len() > MAX_HEADER {
            return Err(SignatureError::Malformed);
        }
        let (mut time, mut v1) = (None, Vec::new());
        for item in text.split(',') {
            match item.trim().split_once('=') {
                Some(("t", value)) if time.replace(value).is_some() => return Err(SignatureError::Malformed),
                Some(("v1", value)) if value.len() == HEX_LENGTH => v1.push(value),
                _ => {}
            }
        }
        let time = time.ok_or(SignatureError::Malformed)?;
        // Digits alone: `parse` would also take a plus sign, and a minus sign is no time of Stripe's.
        let digits = !time.is_empty() && time.bytes().all(|byte| byte.is_ascii_digit());
        let seconds = time.parse().ok().filter(|_| digits).ok_or(SignatureError::Malformed)?;
        Ok(Self { time, seconds, v1 })
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Duration, Utc};
    use rstest::rstest;
    use secrecy::SecretString;

    use super::{SignatureError, TOLERANCE, digest, sign, verify};

    const BODY: &[u8] = br#"{"id":"evt_1","object":"event"}"#;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn secrets(texts: &[&str]) -> Vec<SecretString> {
        texts.iter().map(|text| SecretString::from(*text)).collect()
    }

    fn check(header: &str, body: &[u8], known: &[&str]) -> Result<(), SignatureError> {
        verify(Some(header), body, &secrets(known), now(), TOLERANCE)
    }

    fn signed(by: &[&str]) -> String {
        sign(BODY, &secrets(by), now())
    }

    #[test]
    fn the_signature_is_the_documented_one() {
        // By Stripe's SDK for Node: generateTestHeaderString({ payload: BODY, secret: 'whsec_a', timestamp: 1800000000 }).
        let expected = "t=1800000000,v1=1fd9b23c07b772cb2fe707e74bc76fd96d84dc6eac71205ac165f2e597e89b00";
        assert_eq!(signed(&["whsec_a"]), expected);
    }

    #[rstest]
    #[case::one(&["whsec_a"], &["whsec_a"], Ok(()))]
    #[case::known_among_others(&["whsec_a"], &["whsec_b", "whsec_a", "whsec_c"], Ok(()))]
    #[case::rolled_first(&["whsec_a", "whsec_b"], &["whsec_a"], Ok(()))]
    #[case::rolled_last(&["whsec_a", "whsec_b"], &["whsec_b"], Ok(()))]
    #[case::other(&["whsec_a"], &["whsec_b"], Err(SignatureError::NoMatch))]
    #[case::no_secret_known(&["whsec_a"], &[], Err(SignatureError::NoMatch))]
    #[case::case_matters(&["whsec_a"], &["whsec_A"], Err(SignatureError::NoMatch))]
    #[case::only_the_end(&["whsec_a"], &["a"], Err(SignatureError::NoMatch))]
    #[case::none(&[], &["whsec_a"], Err(SignatureError::NoV1))]
    fn any_signature_by_any_secret(#[case] by: &[&str], #[case] known: &[&str], #[case] expected: Result<(), SignatureError>) {
        assert_eq!(check(&signed(by), BODY, known), expected);
    }

    #[test]
    fn an_empty_secret_authorises_nobody() {
        use hmac::{Hmac, KeyInit, Mac};
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(b"").unwrap();
        mac.update(b"1800000000.");
        mac.update(BODY);
        let forged = format!("t=1800000000,v1={}", hex::encode(mac.finalize().into_bytes()));
        assert_eq!(check(&forged, BODY, &[""]), Err(SignatureError::NoMatch));
    }

    #[rstest]
    #[case(0, Ok(()))]
    #[case(300, Ok(()))]
    #[case(301, Err(SignatureError::Expired { age: Duration::seconds(301) }))]
    #[case(86_400, Err(SignatureError::Expired { age: Duration::seconds(86_400) }))]
    #[case(-300, Ok(()))]
    #[case(-301, Err(SignatureError::FromFuture { ahead: Duration::seconds(301) }))]
    fn both_sides_of_the_tolerance(#[case] age: i64, #[case] expected: Result<(), SignatureError>) {
        let header = sign(BODY, &secrets(&["whsec_a"]), now() - Duration::seconds(age));
        assert_eq!(check(&header, BODY, &["whsec_a"]), expected);
    }

    #[test]
    fn age_counts_in_whole_seconds() {
        let header = signed(&["whsec_a"]);
        let almost = now() + TOLERANCE + Duration::milliseconds(999);
        assert_eq!(verify(Some(&header), BODY, &secrets(&["whsec_a"]), almost, TOLERANCE), Ok(()));
    }

    #[test]
    fn an_expired_forgery_is_a_forgery() {
        let header = sign(BODY, &secrets(&["whsec_b"]), now() - Duration::days(1));
        assert_eq!(check(&header, BODY, &["whsec_a"]), Err(SignatureError::NoMatch));
    }

    #[test]
    fn every_byte_of_the_body_and_the_time_count() {
        let header = signed(&["whsec_a"]);
        for at in 0..BODY.len() {
            let mut altered = BODY.to_vec();
            altered[at] ^= 1;
            assert_eq!(check(&header, &altered, &["whsec_a"]), Err(SignatureError::NoMatch));
        }
        assert_eq!(check(&header, b"", &["whsec_a"]), Err(SignatureError::NoMatch));
        assert_eq!(check(&header.replace("t=1800000000", "t=1800000001"), BODY, &["whsec_a"]), Err(SignatureError::NoMatch));
        assert_eq!(check(&header.replace("t=1800000000", "t=01800000000"), BODY, &["whsec_a"]), Err(SignatureError::NoMatch));
    }

    #[rstest]
    #[case::empty("", SignatureError::Malformed)]
    #[case::words("hello", SignatureError::Malformed)]
    #[case::no_time("v1={v1}", SignatureError::Malformed)]
    #[case::empty_time("t=,v1={v1}", SignatureError::Malformed)]
    #[case::time_in_words("t=now,v1={v1}", SignatureError::Malformed)]
    #[case::plus("t=+1800000000,v1={v1}", SignatureError::Malformed)]
    #[case::minus("t=-1800000000,v1={v1}", SignatureError::Malformed)]
    #[case::fraction("t=1800000000.5,v1={v1}", SignatureError::Malformed)]
    #[case::huge("t=99999999999999999999,v1={v1}", SignatureError::Malformed)]
    #[case::two_times("t=1800000000,t=1800000000,v1={v1}", SignatureError::Malformed)]
    #[case::no_signature("t=1800000000", SignatureError::NoV1)]
    #[case::v0_alone("t=1800000000,v0={v1}", SignatureError::NoV1)]
    #[case::v2_alone("t=1800000000,v2={v1}", SignatureError::NoV1)]
    #[case::empty_signature("t=1800000000,v1=", SignatureError::NoV1)]
    #[case::cut("t=1800000000,v1=abcd", SignatureError::NoV1)]
    #[case::another("t=1800000000,v1={zeros}", SignatureError::NoMatch)]
    #[case::upper("t=1800000000,v1={upper}", SignatureError::NoMatch)]
    #[case::semicolons("t=1800000000;v1={v1}", SignatureError::Malformed)]
    fn other_headers_are_refused(#[case] form: &str, #[case] expected: SignatureError) {
        let v1 = digest(&"whsec_a".into(), "1800000000", BODY).unwrap();
        let header = form.replace("{v1}", &v1).replace("{upper}", &v1.to_uppercase()).replace("{zeros}", &"0".repeat(64));
        assert_eq!(check(&header, BODY, &["whsec_a"]), Err(expected), "{header}");
    }

    #[rstest]
    #[case("t=1800000000, v1={v1}")]
    #[case("v1={v1},t=1800000000")]
    #[case("t=1800000000,v0=x,v1={v1},v9=y,w")]
    #[case("t=1800000000,v1={zeros},v1={v1}")]
    #[case("t=1800000000,v1={v1},v1={zeros}")]
    #[case("t=1800000000,v1=,v1={v1},")]
    fn order_spaces_and_unknown_schemes_do_no_harm(#[case] form: &str) {
        let v1 = digest(&"whsec_a".into(), "1800000000", BODY).unwrap();
        let header = form.replace("{v1}", &v1).replace("{zeros}", &"0".repeat(64));
        assert_eq!(check(&header, BODY, &["whsec_a"]), Ok(()), "{header}");
    }

    #[test]
    fn the_header_must_be_there_and_bounded() {
        assert_eq!(verify(None, BODY, &secrets(&["whsec_a"]), now(), TOLERANCE), Err(SignatureError::MissingHeader));
        let long = format!("{},{}", signed(&["whsec_a"]), "v9=x,".repeat(1000));
        assert_eq!(check(&long, BODY, &["whsec_a"]), Err(SignatureError::Malformed));
    }

    #[rstest]
    #[case::empty(b"")]
    #[case::not_utf8(&[0xff, 0x00, 0xfe])]
    #[case::unicode("{\"name\":\"Ænne 🦀\"}".as_bytes())]
    #[case::line_ends(b"{\r\n}\n")]
    fn the_body_is_bytes(#[case] body: &[u8]) {
        let header = sign(body, &secrets(&["whsec_a"]), now());
        assert_eq!(check(&header, body, &["whsec_a"]), Ok(()));
    }
}
