//! A limit on guessing: how often a minute one account, or one address, may try a password or token.
//!
//! Each process counts for itself; with Redis all of them count together besides, so that many processes allow no more than one. While Redis is away
//! each holds its own limit.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use sha2::{Digest, Sha256};

use super::{Refusal, RefusalCode, ServiceError};
use crate::auth::household::household;
use crate::counter::Counter;

/// After how many keys those that wait for nothing are forgotten.
const TIDY_AT: usize = 10_000;
/// How long attempts are counted together.
const SPELL: Duration = Duration::from_secs(60);

/// Counts attempts. Clones share the counts.
#[derive(Clone)]
pub struct Attempts {
    a_minute: NonZeroU32,
    own: Arc<DefaultKeyedRateLimiter<[u8; 32]>>,
    together: Option<Arc<Counter>>,
}

impl Attempts {
    /// Lets `a_minute` attempts through for each account and for each address.
    #[must_use]
    pub fn new(a_minute: u32) -> Self {
        let a_minute = NonZeroU32::new(a_minute).unwrap_or(NonZeroU32::MIN);
        Self { a_minute, own: Arc::new(RateLimiter::keyed(Quota::per_minute(a_minute))), together: None }
    }

    /// The same, counted together with other processes.
    #[must_use]
    pub fn together(self, counter: Counter) -> Self {
        Self { together: Some(Arc::new(counter)), ..self }
    }

    /// Counts one attempt, whether it will succeed or not. Counted per attempt and not per request, so that aliases do not help.
    ///
    /// # Errors
    /// Refused with `TOO_MANY_ATTEMPTS`.
    pub async fn count(&self, account: &str, address: Option<IpAddr>) -> Result<(), ServiceError> {
        if self.own.len() > TIDY_AT {
            self.own.retain_recent();
        }
        let address = address.map(|address| format!("address {}", household(address)));
        // The address first: once it is used up it must not use up accounts of others.
        let keys = [address, Some(format!("account {account}"))];
        for key in keys.into_iter().flatten().map(|key| Sha256::digest(key.as_bytes())) {
            if self.own.check_key(&key.into()).is_err() || self.is_used_up(&hex::encode(key)).await {
                return Err(Refusal::new("", RefusalCode::TooManyAttempts, "too many attempts; wait a minute and try again").into());
            }
        }
        Ok(())
    }

    /// Whether all processes together have let enough through.
    async fn is_used_up(&self, key: &str) -> bool {
        let Some(counter) = &self.together else { return false };
        match counter.count(&format!("attempts:{key}"), SPELL).await {
            Ok(count) => count > u64::from(self.a_minute.get()),
            Err(error) => {
                tracing::debug!(%error, "attempts are counted by this process alone");
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Attempts;

    #[tokio::test]
    async fn an_account_and_an_address_have_their_own_counts() {
        let attempts = Attempts::new(3);
        let home = Some("192.0.2.1".parse().unwrap());
        let passed = async |account: &str, address, times: usize| {
            let mut passed = 0;
            for _ in 0..times {
                passed += usize::from(attempts.count(account, address).await.is_ok());
            }
            passed
        };
        assert_eq!(passed("a", None, 5).await, 3);
        for account in ["b", "c", "d"] {
            assert_eq!(passed(account, home, 1).await, 1);
        }
        assert_eq!(passed("e", home, 1).await, 0, "the address is used up");
        assert_eq!(passed("victim", home, 5).await, 0);
        assert_eq!(passed("victim", None, 5).await, 3, "an address that is used up uses up nobody else");
        assert_eq!(passed("e", None, 1).await, 1);
        let mut of_the_house = 0;
        for number in 1..9 {
            let within = Some(format!("2001:db8::{number}").parse().unwrap());
            of_the_house += passed(&number.to_string(), within, 1).await;
        }
        assert_eq!(of_the_house, 3, "a /64 is one address");
    }
}
