//! Keyed hashes of personal data: equal inputs give equal hashes, and without the instance secret nobody can
//! try inputs against them.

use std::borrow::Cow;
use std::net::IpAddr;

use chrono::{DateTime, Utc};

use super::email::Email;
use super::keys::{Derived, KeyRing, Purpose, mac};

/// What the keyed hash of a card begins with.
pub const CARD: &str = "kh_";

/// Makes keyed hashes with the keys of this instance.
#[derive(Clone)]
pub struct KeyedHashes {
    email: Derived,
    ip: Derived,
    card: Derived,
    payout: Derived,
}

impl std::fmt::Debug for KeyedHashes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyedHashes")
    }
}

impl KeyedHashes {
    /// Hashes with the keys of the ring.
    #[must_use]
    pub fn new(keys: &KeyRing) -> Self {
        Self {
            email: keys.derive(Purpose::EmailHash),
            ip: keys.derive(Purpose::IpHash),
            card: keys.derive(Purpose::CardHash),
            payout: keys.derive(Purpose::PayoutHash),
        }
    }

    /// The value of an `EMAIL_HASH` identity (ID-1): 64 hex digits, by the current key. Store this one.
    #[must_use]
    pub fn email_hash(&self, email: &Email) -> String {
        hex::encode(mac(self.email.current.1.as_slice(), &[email.as_str().as_bytes()]))
    }

    /// The hash by every key of the ring, current first. Look up by all of them: a row stored before the secret was rotated
    /// has an older one.
    #[must_use]
    pub fn email_hashes(&self, email: &Email) -> Vec<String> {
        let hashes = self.email.all().map(|(_, key)| hex::encode(mac(key.as_slice(), &[email.as_str().as_bytes()])));
        hashes.collect()
    }

    /// The fingerprint of a card as it is kept (S14): a keyed hash that begins with [`CARD`]. What is one already stays as it is.
    #[must_use]
    pub fn card_hash(&self, fingerprint: &str) -> String {
        if fingerprint.starts_with(CARD) {
            return fingerprint.to_owned();
        }
        format!("{CARD}{}", hex::encode(mac(self.card.current.1.as_slice(), &[fingerprint.as_bytes()])))
    }

    /// A body with every fingerprint in it hashed, so that none is ever stored (S14). Anything else stays byte by byte.
    #[must_use]
    pub fn without_fingerprints<'a>(&self, body: &'a [u8]) -> Cow<'a, [u8]> {
        let mut kept = Vec::new();
        let mut rest = 0;
        for (start, end) in fingerprints(body) {
            let Some(value) = body.get(start..end).and_then(|value| std::str::from_utf8(value).ok()) else { continue };
            kept.extend_from_slice(&body[rest..start]);
            kept.extend_from_slice(self.card_hash(value).as_bytes());
            rest = end;
        }
        if rest == 0 {
            return Cow::Borrowed(body);
        }
        kept.extend_from_slice(&body[rest..]);
        Cow::Owned(kept)
    }

    /// Where a partner is paid to, as it is kept to find a second account of one payee (FR-3): white space and case do not count.
    #[must_use]
    pub fn payout_hash(&self, destination: &str) -> String {
        let plain: String = destination.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect();
        hex::encode(mac(self.payout.current.1.as_slice(), &[plain.as_bytes()]))
    }

    /// A visitor's address as stored with a click. The key changes with every UTC day (PV-1), so to compare within 24 hours
    /// (FR-1) hash at `at` and at a day before it. Of an IPv6 address only the /64 counts, which is one household.
    #[must_use]
    pub fn ip_hash(&self, ip: IpAddr, at: DateTime<Utc>) -> [u8; 32] {
        let day = at.date_naive().to_string();
        let day_key = mac(self.ip.current.1.as_slice(), &[day.as_bytes()]);
        *match ip.to_canonical() {
            IpAddr::V4(v4) => mac(day_key.as_slice(), &[b"4", &v4.octets()]),
            IpAddr::V6(v6) => mac(day_key.as_slice(), &[b"6", &v6.octets()[..8]]),
        }
    }
}

/// Where the values of the fields named `fingerprint` stand in a JSON text. A word in quotes that stands behind a backslash is part of a
/// longer text and no field.
fn fingerprints(body: &[u8]) -> Vec<(usize, usize)> {
    const NAME: &[u8] = b"\"fingerprint\"";
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = body.get(at..).and_then(|rest| rest.windows(NAME.len()).position(|window| window == NAME)) {
        let name = at + next;
        at = name + NAME.len();
        if name > 0 && body[name - 1] == b'\\' {
            continue;
        }
        let blank = |from: usize| body.iter().skip(from).position(|byte| !byte.is_ascii_whitespace()).map(|more| from + more);
        let Some(colon) = blank(at).filter(|colon| body[*colon] == b':') else { continue };
        let Some(start) = blank(colon + 1).filter(|quote| body[*quote] == b'"').map(|quote| quote + 1) else { continue };
        if let Some(length) = body[start..].iter().position(|byte| *byte == b'"' || *byte == b'\\')
            && body[start + length] == b'"'
            && length > 0
        {
            found.push((start, start + length));
            at = start + length;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use chrono::{DateTime, Duration, Utc};

    use super::KeyedHashes;
    use crate::auth::email::Email;
    use crate::auth::keys::KeyRing;
    use crate::config::InstanceSecret;

    fn hashes(current: &str, previous: &[&str]) -> KeyedHashes {
        KeyedHashes::new(&KeyRing::new(&InstanceSecret::fixed(current, previous)))
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn e_mail_hashes_depend_on_the_address_and_the_secret() {
        let ann = Email::normalise("ann@example.com").unwrap();
        let bob = Email::normalise("bob@example.com").unwrap();
        let one = hashes("one", &[]);
        assert_eq!(one.email_hash(&ann), hashes("one", &[]).email_hash(&ann));
        assert_eq!(one.email_hash(&ann).len(), 64);
        assert_ne!(one.email_hash(&ann), one.email_hash(&bob));
        assert_ne!(one.email_hash(&ann), hashes("two", &[]).email_hash(&ann));
    }

    #[test]
    fn rows_of_before_a_rotation_are_still_found() {
        let ann = Email::normalise("ann@example.com").unwrap();
        let before = hashes("one", &[]).email_hash(&ann);
        let after = hashes("two", &["one"]);
        assert_eq!(after.email_hashes(&ann), [after.email_hash(&ann), before]);
    }

    #[test]
    fn s14_fingerprints_are_hashed_wherever_they_stand_and_nothing_else_changes() {
        let keyed = hashes("one", &[]);
        let body = br#"{"card": {"fingerprint" : "Xt5EWLLDS7FJjR1c", "brand": "visa"}, "note": "say \"fingerprint\": \"abc\"", "fingerprint":null}"#;
        let kept = String::from_utf8(keyed.without_fingerprints(body).into_owned()).unwrap();
        let hash = keyed.card_hash("Xt5EWLLDS7FJjR1c");
        assert!(hash.starts_with("kh_") && hash.len() == 67);
        assert_eq!(kept, String::from_utf8_lossy(body).replace("Xt5EWLLDS7FJjR1c", &hash));
        assert_eq!(keyed.without_fingerprints(kept.as_bytes()).as_ref(), kept.as_bytes(), "doing it twice changes nothing");
        assert_ne!(hash, hashes("two", &[]).card_hash("Xt5EWLLDS7FJjR1c"));
        for whole in [&b"{}"[..], b"", br#""fingerprint""#, br#"{"fingerprint":"#, br#"{"fingerprint":"x"#, br#"{"fingerprint":""}"#] {
            assert_eq!(keyed.without_fingerprints(whole).as_ref(), whole);
        }
    }

    #[test]
    fn fr_3_a_payout_destination_is_known_whatever_its_spelling() {
        let keyed = hashes("one", &[]);
        assert_eq!(keyed.payout_hash("DE02 1203 0000 0000 2020 51"), keyed.payout_hash("de02120300000000202051"));
        assert_ne!(keyed.payout_hash("a@example.com"), keyed.payout_hash("b@example.com"));
    }

    #[test]
    fn addresses_are_comparable_within_a_day_alone() {
        let keyed = hashes("one", &[]);
        let ip: IpAddr = "203.0.113.9".parse().unwrap();
        let morning = at("2026-01-02T00:00:00Z");
        assert_eq!(keyed.ip_hash(ip, morning), keyed.ip_hash(ip, at("2026-01-02T23:59:59Z")));
        assert_ne!(keyed.ip_hash(ip, morning), keyed.ip_hash(ip, morning - Duration::days(1)));
        assert_ne!(keyed.ip_hash(ip, morning), hashes("two", &[]).ip_hash(ip, morning));
    }

    #[test]
    fn one_household_is_one_address() {
        let keyed = hashes("one", &[]);
        let hash = |text: &str| keyed.ip_hash(text.parse().unwrap(), at("2026-01-02T00:00:00Z"));
        assert_eq!(hash("2001:db8:1:2::1"), hash("2001:db8:1:2:ffff::9"));
        assert_ne!(hash("2001:db8:1:2::1"), hash("2001:db8:1:3::1"));
        assert_eq!(hash("203.0.113.9"), hash("::ffff:203.0.113.9"));
        assert_ne!(hash("203.0.113.9"), hash("203.0.113.10"));
    }
}
