//! Guesses at what only those know who were told: keys and codes. So many a minute each address may make in vain; then nothing is looked up
//! for it until the minute is over. Who never guesses wrong is never counted.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::rate::TooMany;
use crate::auth::household::household;

/// How long guesses are counted together.
const SPELL: Duration = Duration::from_secs(60);

/// The guesses that were wrong, by address.
#[derive(Debug)]
pub struct Strangers {
    allowed: u32,
    wrong: Mutex<HashMap<IpAddr, Spell>>,
}

#[derive(Debug)]
struct Spell {
    since: Instant,
    guesses: u32,
}

impl Strangers {
    /// Allows so many wrong guesses a minute.
    #[must_use]
    pub fn new(allowed: u32) -> Self {
        Self { allowed, wrong: Mutex::default() }
    }

    /// Whether something may be looked up for an address. To be asked before each look-up that a stranger can cause.
    ///
    /// # Errors
    /// [`TooMany`].
    pub fn may_guess(&self, address: Option<IpAddr>) -> Result<(), TooMany> {
        let Some(address) = address.map(household) else { return Ok(()) };
        let left = match self.wrong().get(&address) {
            Some(spell) if spell.guesses >= self.allowed => SPELL.saturating_sub(spell.since.elapsed()),
            _ => Duration::ZERO,
        };
        if left.is_zero() { Ok(()) } else { Err(TooMany { retry_after: left.as_secs() + 1 }) }
    }

    /// Counts a guess that was wrong.
    pub fn guessed_wrong(&self, address: Option<IpAddr>) {
        let Some(address) = address.map(household) else { return };
        let mut wrong = self.wrong();
        let spell = wrong.entry(address).or_insert_with(|| Spell { since: Instant::now(), guesses: 0 });
        if spell.since.elapsed() >= SPELL {
            *spell = Spell { since: Instant::now(), guesses: 0 };
        }
        spell.guesses = spell.guesses.saturating_add(1);
    }

    /// Forgets spells that are over. Call it every few seconds.
    pub fn upkeep(&self) {
        self.wrong().retain(|_, spell| spell.since.elapsed() < SPELL);
    }

    fn wrong(&self) -> MutexGuard<'_, HashMap<IpAddr, Spell>> {
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::Strangers;

    #[test]
    fn only_wrong_guesses_count_and_each_household_alone() {
        let strangers = Strangers::new(2);
        let address = |text: &str| Some(text.parse().unwrap());
        let (one, neighbour, other) = (address("2001:db8::1"), address("2001:db8::2"), address("192.0.2.1"));
        for _ in 0..10 {
            assert!(strangers.may_guess(one).is_ok());
        }
        strangers.guessed_wrong(one);
        assert!(strangers.may_guess(one).is_ok());
        strangers.guessed_wrong(neighbour);
        assert!(strangers.may_guess(one).is_err_and(|too_many| (1..=61).contains(&too_many.retry_after)));
        assert!(strangers.may_guess(other).is_ok() && strangers.may_guess(None).is_ok());
        strangers.upkeep();
        assert!(strangers.may_guess(neighbour).is_err(), "a spell that lasts is remembered");
    }
}
