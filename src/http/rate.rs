//! Rate limits of this process, per minute. Each holds one small state a key, dropped when it is full again.

use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use entity::value::ApiKeyId;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use uuid::Uuid;

use crate::auth::household::household;
use crate::config::Settings;

/// How many addresses' worth of calls one publishable key may take.
const ADDRESSES_PER_KEY: u32 = 100;

/// The limits of the public and the signed-in side.
#[derive(Debug)]
pub struct Limits {
    api: DefaultKeyedRateLimiter<Uuid>,
    public: DefaultKeyedRateLimiter<IpAddr>,
    key: DefaultKeyedRateLimiter<ApiKeyId>,
}

/// Too many calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany {
    /// After how many whole seconds the next one is allowed; at least 1.
    pub retry_after: u64,
}

impl Limits {
    /// As the settings say.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        Self {
            api: per_minute(settings.rate_api),
            public: per_minute(settings.rate_public),
            key: per_minute(settings.rate_public.saturating_mul(ADDRESSES_PER_KEY)),
        }
    }

    /// Counts a GraphQL operation of a user or key.
    ///
    /// # Errors
    /// [`TooMany`].
    pub fn api(&self, who: Uuid) -> Result<(), TooMany> {
        count(&self.api, &who)
    }

    /// Counts a call of somebody unknown.
    ///
    /// # Errors
    /// [`TooMany`].
    pub fn public(&self, address: Option<IpAddr>) -> Result<(), TooMany> {
        address.map_or(Ok(()), |address| count(&self.public, &household(address)))
    }

    /// Counts a call with a publishable key.
    ///
    /// # Errors
    /// [`TooMany`].
    pub fn key(&self, key: ApiKeyId) -> Result<(), TooMany> {
        count(&self.key, &key)
    }

    /// Forgets who has been quiet. Call it every minute or so.
    pub fn upkeep(&self) {
        self.api.retain_recent();
        self.public.retain_recent();
        self.key.retain_recent();
    }
}

fn per_minute<K: Hash + Eq + Clone>(calls: u32) -> DefaultKeyedRateLimiter<K> {
    RateLimiter::keyed(Quota::per_minute(NonZeroU32::new(calls).unwrap_or(NonZeroU32::MIN)))
}

fn count<K: Hash + Eq + Clone>(limiter: &DefaultKeyedRateLimiter<K>, key: &K) -> Result<(), TooMany> {
    limiter.check_key(key).map_err(|refusal| {
        let wait: Duration = refusal.wait_time_from(DefaultClock::default().now());
        TooMany { retry_after: wait.as_secs() + 1 }
    })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::{Limits, TooMany};
    use crate::config::Settings;

    #[test]
    fn each_limit_counts_each_key_alone() {
        let limits = Limits::new(&Settings::from_args(&["--rate-api=2", "--rate-public=1"]).unwrap());
        let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
        assert_eq!([limits.api(one), limits.api(one), limits.api(two)], [Ok(()); 3]);
        assert_eq!(limits.api(one), Err(TooMany { retry_after: 30 }));
        let address = |text: &str| Some(text.parse().unwrap());
        assert_eq!(limits.public(address("2001:db8::1")), Ok(()));
        assert_eq!(limits.public(address("2001:db8::2")), Err(TooMany { retry_after: 60 }));
        assert_eq!(limits.public(address("192.0.2.1")), Ok(()));
        assert_eq!(limits.public(None), Ok(()));
        limits.upkeep();
        assert!(limits.api(one).is_err(), "a key in use is remembered");
    }
}
