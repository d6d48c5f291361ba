//! Keyed hashes of personal data: equal inputs give equal hashes, and without the instance secret nobody can
//! try inputs against them.

use std::net::IpAddr;

use chrono::{DateTime, Utc};

use super::email::Email;
use super::keys::{Derived, KeyRing, Purpose, mac};

/// Makes keyed hashes with the keys of this instance.
#[derive(Clone)]
pub struct KeyedHashes {
    email: Derived,
    ip: Derived,
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
        Self { email: keys.derive(Purpose::EmailHash), ip: keys.derive(Purpose::IpHash) }
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
