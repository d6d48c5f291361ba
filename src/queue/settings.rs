//! How patient the queue is.

use std::time::Duration;

/// The same for every implementation; all processes on one Redis must agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueSettings {
    /// How long a lease lasts without a heart-beat. 45 s.
    pub visibility: Duration,
    /// After this many attempts a job becomes a dead letter. 12, which with the pauses below is about half an hour.
    pub max_attempts: u32,
    /// The pause after the first failure; it doubles with each further one. 1 s.
    pub backoff_base: Duration,
    /// The longest pause. 10 min.
    pub backoff_max: Duration,
    /// How many dead letters are kept; the oldest goes first. 10 000.
    pub dead_kept: usize,
    /// What all keys in Redis start with, so that two installations can share a server. `tributary`.
    pub prefix: String,
}

impl Default for QueueSettings {
    fn default() -> Self {
        Self {
            visibility: Duration::from_secs(45),
            max_attempts: 12,
            backoff_base: Duration::from_secs(1),
            backoff_max: Duration::from_secs(600),
            dead_kept: 10_000,
            prefix: "tributary".to_owned(),
        }
    }
}

impl QueueSettings {
    /// The pause after attempt number `attempt` failed: half of it fixed, half of it chance, so that jobs that failed
    /// together do not come back together.
    #[must_use]
    pub fn pause(&self, attempt: u32) -> Duration {
        let longest = self.longest_pause(attempt);
        let half = longest / 2;
        let spread = u64::try_from(half.as_micros()).unwrap_or(u64::MAX);
        longest - half + Duration::from_micros(rand::random_range(0..=spread))
    }

    fn longest_pause(&self, attempt: u32) -> Duration {
        let doublings = attempt.saturating_sub(1).min(31);
        self.backoff_base.saturating_mul(1 << doublings).min(self.backoff_max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let settings = QueueSettings::default();
        let seconds: Vec<u64> = [1, 2, 3, 10, 11, 12, u32::MAX].map(|attempt| settings.longest_pause(attempt).as_secs()).into();
        assert_eq!(seconds, [1, 2, 4, 512, 600, 600, 600]);
    }

    #[test]
    fn at_least_half_of_a_pause_is_kept_and_the_rest_is_chance() {
        let settings = QueueSettings::default();
        let pauses: Vec<Duration> = (0..200).map(|_| settings.pause(4)).collect();
        assert!(pauses.iter().all(|p| (Duration::from_secs(4)..=Duration::from_secs(8)).contains(p)));
        assert!(pauses.iter().max() > pauses.iter().min());
    }
}
