//! The time, handed in. Nothing else in the library asks the system for it.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use chrono::{DateTime, Duration, SubsecRound, TimeZone, Utc};

/// Where "now" comes from: the system, or a hand that a test moves. Clones are one clock.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    hand: Option<Arc<AtomicI64>>,
    /// What a clock that all processes ask said last, and when that was by a clock that nobody sets.
    shared: Arc<RwLock<Option<(DateTime<Utc>, Instant)>>>,
}

impl Clock {
    /// The clock of the machine.
    #[must_use]
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that stands at `at` until it is moved. Clones share the hand.
    #[must_use]
    pub fn frozen(at: DateTime<Utc>) -> Self {
        Self { hand: Some(Arc::new(AtomicI64::new(at.timestamp_micros()))), ..Self::default() }
    }

    /// The time now, in whole microseconds: both databases keep no finer time, so what is read back equals what was written.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        match &self.hand {
            None => Utc::now().trunc_subsecs(6),
            Some(hand) => Utc.timestamp_micros(hand.load(Ordering::SeqCst)).single().unwrap_or(DateTime::UNIX_EPOCH),
        }
    }

    /// The time by the clock that all processes share, the database's: for leases and for what is due, as the machines of two processes may disagree. The
    /// clock of the machine until the other one was asked ([`Clock::follow`]).
    #[must_use]
    pub fn shared(&self) -> DateTime<Utc> {
        let said = self.shared.read().unwrap_or_else(PoisonError::into_inner).filter(|_| self.hand.is_none());
        let since = |(said, at): (DateTime<Utc>, Instant)| Duration::from_std(at.elapsed()).ok().map(|since| said + since);
        said.and_then(since).map_or_else(|| self.now(), |time| time.trunc_subsecs(6))
    }

    /// Goes by what the shared clock said to a question that was asked at `asked` and is answered now. A frozen clock listens to its hand alone.
    pub fn follow(&self, said: DateTime<Utc>, asked: Instant) {
        // It looked at its clock somewhere between.
        let at = asked + asked.elapsed() / 2;
        *self.shared.write().unwrap_or_else(PoisonError::into_inner) = Some((said, at));
    }

    /// Moves a frozen clock to `at`. The system's clock does not listen.
    pub fn set(&self, at: DateTime<Utc>) {
        if let Some(hand) = &self.hand {
            hand.store(at.timestamp_micros(), Ordering::SeqCst);
        }
    }

    /// Moves a frozen clock on by `by`. The system's clock does not listen.
    pub fn advance(&self, by: Duration) {
        self.set(self.now() + by);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shared_goes_by_the_other_clock_and_the_rest_by_its_own() {
        let clock = Clock::system();
        let near = |a: DateTime<Utc>, b: DateTime<Utc>| (a - b).abs() < Duration::seconds(30);
        assert!(near(clock.shared(), clock.now()));
        let other = clock.now() - Duration::minutes(10);
        clock.clone().follow(other, Instant::now());
        assert!(near(clock.shared(), other) && clock.shared() >= other);
        assert!(!near(clock.now(), other));
        assert!(clock.shared() <= clock.shared(), "it goes on");
    }

    #[test]
    fn a_frozen_clock_is_one_for_all() {
        let clock = Clock::frozen(DateTime::UNIX_EPOCH);
        clock.follow(DateTime::UNIX_EPOCH + Duration::days(1), Instant::now());
        assert_eq!(clock.shared(), DateTime::UNIX_EPOCH);
    }
}
