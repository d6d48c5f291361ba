//! Tells the log of trouble without flooding it: an outage makes a failed call for every job and a few lines in all.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::super::QueueError;

/// At most one complaint in this time, however short the spells between.
const SAY_EVERY: Duration = Duration::from_secs(5);

/// What was said and what is still to be said.
#[derive(Debug, Default)]
pub(super) struct Outage(Mutex<Told>);

#[derive(Debug, Default)]
struct Told {
    /// The last complaint.
    said: Option<Instant>,
    /// Failures since, which nobody heard of.
    unsaid: u64,
    /// When the trouble began that was complained of and is not yet over.
    since: Option<Instant>,
}

impl Outage {
    /// A call failed.
    pub(super) fn note(&self, error: &QueueError) {
        if let Some(unsaid) = self.complaint(Instant::now()) {
            tracing::warn!(%error, unsaid, "the queue has trouble; what it misses is rung again by the sweeper");
        }
    }

    /// A call succeeded.
    pub(super) fn over(&self) {
        if let Some(lasted) = self.relief(Instant::now()) {
            tracing::info!(lasted_ms = lasted.as_millis(), "the queue works again");
        }
    }

    /// How many failures went without a word, when it is time for one.
    fn complaint(&self, now: Instant) -> Option<u64> {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if told.said.is_some_and(|said| now.saturating_duration_since(said) < SAY_EVERY) {
            told.unsaid += 1;
            return None;
        }
        told.said = Some(now);
        told.since.get_or_insert(now);
        Some(std::mem::take(&mut told.unsaid))
    }

    fn relief(&self, now: Instant) -> Option<Duration> {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.since.take().map(|since| now.saturating_duration_since(since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_seconds_of_flapping_are_two_complaints_and_two_sighs() {
        let (outage, start) = (Outage::default(), Instant::now());
        let (mut complaints, mut sighs, mut unsaid) = (0, 0, 0);
        for ms in 0..9_999 {
            let now = start + Duration::from_millis(ms);
            if let Some(more) = outage.complaint(now) {
                complaints += 1;
                unsaid += more;
            }
            sighs += u32::from(outage.relief(now).is_some());
        }
        assert_eq!((complaints, sighs), (2, 2));
        assert_eq!(unsaid, 4_999);
    }

    #[test]
    fn relief_says_how_long_it_was() {
        let (outage, start) = (Outage::default(), Instant::now());
        assert_eq!(outage.relief(start), None);
        outage.complaint(start);
        outage.complaint(start + Duration::from_secs(7));
        assert_eq!(outage.relief(start + Duration::from_secs(9)), Some(Duration::from_secs(9)));
        assert_eq!(outage.relief(start + Duration::from_secs(10)), None);
    }
}
