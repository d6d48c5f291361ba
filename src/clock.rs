//! The time, handed in. Nothing else in the library asks the system for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Duration, SubsecRound, TimeZone, Utc};

/// Where "now" comes from: the system, or a hand that a test moves.
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    /// The clock of the machine.
    #[must_use]
    pub fn system() -> Self {
        Self(None)
    }

    /// A clock that stands at `at` until it is moved. Clones share the hand.
    #[must_use]
    pub fn frozen(at: DateTime<Utc>) -> Self {
        Self(Some(Arc::new(AtomicI64::new(at.timestamp_micros()))))
    }

    /// The time now, in whole microseconds: both databases keep no finer time, so what is read back equals what was written.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        match &self.0 {
            None => Utc::now().trunc_subsecs(6),
            Some(hand) => Utc.timestamp_micros(hand.load(Ordering::SeqCst)).single().unwrap_or(DateTime::UNIX_EPOCH),
        }
    }

    /// Moves a frozen clock to `at`. The system's clock does not listen.
    pub fn set(&self, at: DateTime<Utc>) {
        if let Some(hand) = &self.0 {
            hand.store(at.timestamp_micros(), Ordering::SeqCst);
        }
    }

    /// Moves a frozen clock on by `by`. The system's clock does not listen.
    pub fn advance(&self, by: Duration) {
        self.set(self.now() + by);
    }
}
