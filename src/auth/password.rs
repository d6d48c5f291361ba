//! Passwords: argon2id, hashed off the async threads, a bounded number at a time.

use std::sync::Arc;

use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;
use tokio::sync::Semaphore;
use tokio::task::JoinError;
use unicode_normalization::UnicodeNormalization;

/// The fewest characters of a password.
pub const MIN_CHARS: usize = 10;
/// The most characters of a password.
pub const MAX_CHARS: usize = 200;

/// A hash with today's parameters that no password has: checked in place of the hash of an unknown user, so that the answer
/// takes the same time.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGhhcyB0aGlzIQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Why a password cannot be taken, or could not be judged.
#[derive(Debug, Error)]
pub enum PasswordError {
    /// Fewer characters than allowed.
    #[error("the password has {0} characters; use at least {MIN_CHARS}, for example four unrelated words")]
    TooShort(usize),
    /// More characters than allowed.
    #[error("the password is longer than {MAX_CHARS} characters; use a shorter one")]
    TooLong,
    /// The same character over and over.
    #[error("the password repeats one character; use at least {MIN_CHARS} that nobody would guess, for example four unrelated words")]
    OneCharacter,
    /// The stored hash cannot be read, or hashing failed: a fault of ours, nothing a user can mend.
    #[error("the password could not be hashed: {0}")]
    Hashing(argon2::password_hash::Error),
    /// The thread that hashed was lost, as at shutdown.
    #[error("the password was not hashed: the task ended early")]
    Interrupted(#[from] JoinError),
}

/// Hashes and verifies passwords. Clones share the bound on how many run at once: each takes 19 MiB and a processor.
#[derive(Clone, Debug)]
pub struct Passwords {
    permits: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self::new()
    }
}

impl Passwords {
    /// A hasher that runs as many at once as there are processors.
    #[must_use]
    pub fn new() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { permits: Arc::new(Semaphore::new(processors)) }
    }

    /// The hash to store for a new password, as a PHC string.
    ///
    /// # Errors
    /// `TooShort`, `TooLong` or `OneCharacter` by [`check`]; otherwise a fault of ours.
    pub async fn hash(&self, password: SecretString) -> Result<String, PasswordError> {
        check(&password)?;
        self.run(move || {
            let hashed = Argon2::default().hash_password(normalised(&password).expose_secret().as_bytes());
            hashed.map(|phc| phc.to_string()).map_err(PasswordError::Hashing)
        })
        .await
    }

    /// Whether the password is the one of the stored hash. `None` stands for an unknown user: it costs the same and is false.
    ///
    /// # Errors
    /// Only faults of ours; a wrong password is `Ok(false)`.
    pub async fn verify(&self, password: SecretString, stored: Option<String>) -> Result<bool, PasswordError> {
        self.run(move || verify_now(&password, stored.as_deref())).await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> Result<T, PasswordError> + Send + 'static) -> Result<T, PasswordError> {
        // The semaphore is never closed, so waiting for it cannot fail; without a permit the work would still be right, only unbounded.
        let permit = Arc::clone(&self.permits).acquire_owned().await.ok();
        tokio::task::spawn_blocking(move || {
            let done = work();
            drop(permit);
            done
        })
        .await?
    }
}

/// Whether a password may be used, by its length and its variety.
///
/// # Errors
/// `TooShort`, `TooLong` or `OneCharacter`, each saying what to do.
pub fn check(password: &SecretString) -> Result<(), PasswordError> {
    let text = password.expose_secret();
    let count = text.chars().take(MAX_CHARS + 1).count();
    if count > MAX_CHARS {
        return Err(PasswordError::TooLong);
    }
    if count < MIN_CHARS {
        return Err(PasswordError::TooShort(count));
    }
    let mut chars = text.chars();
    let first = chars.next();
    if chars.all(|other| Some(other) == first) {
        return Err(PasswordError::OneCharacter);
    }
    Ok(())
}

fn verify_now(password: &SecretString, stored: Option<&str>) -> Result<bool, PasswordError> {
    // A text longer than any password is never hashed: it costs what a wrong password costs and no more.
    let stored = stored.filter(|_| password.expose_secret().chars().nth(MAX_CHARS).is_none());
    let text = match stored {
        Some(_) => normalised(password),
        None => SecretString::from("nobody"),
    };
    let known = stored.is_some();
    match Argon2::default().verify_password(text.expose_secret().as_bytes(), stored.unwrap_or(NOBODY)) {
        Ok(()) => Ok(known),
        Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
        Err(error) => Err(PasswordError::Hashing(error)),
    }
}

/// The same letters typed on another system may come in other code points; NFC makes them one.
fn normalised(password: &SecretString) -> SecretString {
    password.expose_secret().nfc().collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use argon2::PasswordHash;
    use rstest::rstest;
    use secrecy::SecretString;

    use super::{NOBODY, PasswordError, Passwords, check};

    fn secret(text: &str) -> SecretString {
        SecretString::from(text)
    }

    #[tokio::test]
    async fn a_hash_knows_its_own_password_alone() {
        let passwords = Passwords::new();
        let stored = passwords.hash(secret("correct horse battery")).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(passwords.verify(secret("correct horse battery"), Some(stored.clone())).await.unwrap());
        for wrong in ["correct horse batterz", "Correct horse battery", "", "correct horse battery ", &"x".repeat(100_000)] {
            assert!(!passwords.verify(secret(wrong), Some(stored.clone())).await.unwrap(), "{wrong:.40}");
        }
        let again = passwords.hash(secret("correct horse battery")).await.unwrap();
        assert_ne!(stored, again, "the salt is random");
    }

    #[tokio::test]
    async fn composed_and_decomposed_letters_are_one_password() {
        let passwords = Passwords::new();
        let stored = passwords.hash(secret("caf\u{e9} caf\u{e9} caf\u{e9}")).await.unwrap();
        assert!(passwords.verify(secret("cafe\u{301} cafe\u{301} cafe\u{301}"), Some(stored)).await.unwrap());
    }

    #[tokio::test]
    async fn an_unknown_user_is_wrong_and_costs_the_same() {
        let passwords = Passwords::new();
        let stored = passwords.hash(secret("correct horse battery")).await.unwrap();
        assert!(!passwords.verify(secret("correct horse battery"), None).await.unwrap());
        assert!(!passwords.verify(secret("nobody"), None).await.unwrap());
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for _ in 0..7 {
            let start = Instant::now();
            passwords.verify(secret("wrong password"), Some(stored.clone())).await.unwrap();
            known.push(start.elapsed().as_secs_f64());
            let start = Instant::now();
            passwords.verify(secret("wrong password"), None).await.unwrap();
            unknown.push(start.elapsed().as_secs_f64());
        }
        known.sort_by(f64::total_cmp);
        unknown.sort_by(f64::total_cmp);
        // Wide, because tests share the machine; equal work is what `NOBODY` having today's parameters proves below.
        assert!(unknown[3] > known[3] / 3.0 && unknown[3] < known[3] * 3.0, "{known:?} {unknown:?}");
    }

    #[tokio::test]
    async fn the_hash_of_nobody_has_the_parameters_of_today() {
        let today = Passwords::new().hash(secret("correct horse battery")).await.unwrap();
        let (today, nobody) = (PasswordHash::new(&today).unwrap(), PasswordHash::new(NOBODY).unwrap());
        assert_eq!(today.algorithm, nobody.algorithm);
        assert_eq!(today.version, nobody.version);
        assert_eq!(today.params, nobody.params);
        assert_eq!(today.hash.unwrap().as_bytes().len(), nobody.hash.unwrap().as_bytes().len());
        assert_eq!(today.salt.unwrap().len(), nobody.salt.unwrap().len());
    }

    #[tokio::test]
    async fn a_broken_stored_hash_is_our_fault_and_not_a_wrong_password() {
        let outcome = Passwords::new().verify(secret("correct horse"), Some("plain".to_owned())).await;
        assert!(matches!(outcome, Err(PasswordError::Hashing(_))), "{outcome:?}");
    }

    #[rstest]
    #[case("", Some("has 0 characters"))]
    #[case("nine char", Some("has 9 characters"))]
    #[case("ten chars!", None)]
    #[case("pässwörter", None)]
    #[case("aaaaaaaaaaaa", Some("repeats one character"))]
    fn length_and_variety_are_checked(#[case] password: &str, #[case] problem: Option<&str>) {
        let outcome = check(&secret(password)).map_err(|error| error.to_string());
        match problem {
            None => assert_eq!(outcome, Ok(())),
            Some(text) => assert!(outcome.as_ref().is_err_and(|error| error.contains(text)), "{outcome:?}"),
        }
    }

    #[test]
    fn the_longest_password_is_two_hundred_characters() {
        assert!(check(&secret(&"ab".repeat(100))).is_ok());
        assert!(matches!(check(&secret(&format!("{}c", "ab".repeat(100)))), Err(PasswordError::TooLong)));
    }
}
