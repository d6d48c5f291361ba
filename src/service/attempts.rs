//! A limit on guessing: how often a minute one account, or one address, may try a password or token.
//!
//! Kept in the memory of this process: with several, each lets so many through.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use sha2::{Digest, Sha256};

use super::{Refusal, RefusalCode, ServiceError};
use crate::auth::household::household;

/// After how many keys those that wait for nothing are forgotten.
const TIDY_AT: usize = 10_000;

/// Counts attempts. Clones share the counts.
#[derive(Clone)]
pub struct Attempts(Arc<DefaultKeyedRateLimiter<[u8; 32]>>);

impl Attempts {
    /// Lets `a_minute` attempts through for each account and for each address.
    #[must_use]
    pub fn new(a_minute: u32) -> Self {
        Self(Arc::new(RateLimiter::keyed(Quota::per_minute(NonZeroU32::new(a_minute).unwrap_or(NonZeroU32::MIN)))))
    }

    /// Counts one attempt, whether it will succeed or not. Counted per attempt and not per request, so that aliases do not help.
    ///
    /// # Errors
    /// Refused with `TOO_MANY_ATTEMPTS`.
    pub fn count(&self, account: &str, address: Option<IpAddr>) -> Result<(), ServiceError> {
        if self.0.len() > TIDY_AT {
            self.0.retain_recent();
        }
        let address = address.map(|address| format!("address {}", household(address)));
        // The address first: once it is used up it must not use up accounts of others.
        let keys = [address, Some(format!("account {account}"))];
        let full = keys.into_iter().flatten().any(|key| self.0.check_key(&Sha256::digest(key.as_bytes()).into()).is_err());
        if full {
            return Err(Refusal::new("", RefusalCode::TooManyAttempts, "too many attempts; wait a minute and try again").into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Attempts;

    #[test]
    fn an_account_and_an_address_have_their_own_counts() {
        let attempts = Attempts::new(3);
        let home = Some("192.0.2.1".parse().unwrap());
        assert_eq!((0..5).filter(|_| attempts.count("a", None).is_ok()).count(), 3);
        assert!(attempts.count("b", home).is_ok());
        assert!(attempts.count("c", home).is_ok());
        assert!(attempts.count("d", home).is_ok());
        assert!(attempts.count("e", home).is_err(), "the address is used up");
        assert_eq!((0..5).filter(|_| attempts.count("victim", home).is_ok()).count(), 0);
        assert_eq!((0..5).filter(|_| attempts.count("victim", None).is_ok()).count(), 3, "an address that is used up uses up nobody else");
        assert!(attempts.count("e", None).is_ok());
        let within = |n: u32| Some(format!("2001:db8::{n}").parse().unwrap());
        assert_eq!((1..9).filter(|n| attempts.count(&n.to_string(), within(*n)).is_ok()).count(), 3, "a /64 is one address");
    }
}
