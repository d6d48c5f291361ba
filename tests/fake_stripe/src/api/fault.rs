//! Trouble on demand.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// What goes wrong.
#[derive(Clone, Debug)]
pub enum Trouble {
    /// An error with this status, and what Stripe says of trying again.
    Status { status: u16, should_retry: Option<bool>, retry_after: Option<u64> },
    /// The answer comes so much later.
    Slow(Duration),
    /// No answer ever comes: the connection stays open.
    Silence,
    /// The connection breaks in the middle of the answer. What was asked is done.
    Cut,
    /// Something in between answers with a page of its own. What was asked is done.
    Garbage,
}

/// Trouble for requests to come.
#[derive(Clone, Debug)]
pub struct Fault {
    pub trouble: Trouble,
    /// Only for paths that hold this word.
    pub path: String,
    /// Lets so many requests pass between two that are hit.
    pub every: u32,
    /// How many are hit.
    pub times: u32,
    passed: u32,
}

impl Fault {
    /// Hits the next request.
    pub fn once(trouble: Trouble) -> Self {
        Self { trouble, path: String::new(), every: 1, times: 1, passed: 0 }
    }

    pub fn on(mut self, path: &str) -> Self {
        path.clone_into(&mut self.path);
        self
    }

    pub const fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// Hits only each so-manieth request.
    pub const fn every(mut self, every: u32) -> Self {
        self.every = every;
        self
    }

    /// Whether this request is hit, by its path.
    fn hits(&mut self, path: &str) -> bool {
        if self.times == 0 || !path.contains(&self.path) {
            return false;
        }
        self.passed += 1;
        if self.passed < self.every {
            return false;
        }
        self.passed = 0;
        self.times -= 1;
        true
    }
}

/// All trouble that is still to come.
#[derive(Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    pub fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    /// The trouble of this request, if there is any.
    pub fn next(&mut self, path: &str) -> Option<Trouble> {
        let hit = self.0.iter_mut().find_map(|fault| fault.hits(path).then(|| fault.trouble.clone()));
        self.0.retain(|fault| fault.times > 0);
        hit
    }
}

/// How many requests an account may make in a second.
#[derive(Default)]
pub struct Limit {
    pub per_second: Option<u32>,
    seen: HashMap<String, (Instant, u32)>,
}

impl Limit {
    /// Counts a request, and says whether it may pass.
    pub fn allow(&mut self, account: &str) -> bool {
        let Some(limit) = self.per_second else { return true };
        let now = Instant::now();
        let (began, count) = self.seen.entry(account.to_owned()).or_insert((now, 0));
        if now.duration_since(*began) >= Duration::from_secs(1) {
            (*began, *count) = (now, 0);
        }
        *count += 1;
        *count <= limit
    }
}
