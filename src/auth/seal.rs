//! Secrets at rest: Stripe keys and signing secrets are sealed with XChaCha20-Poly1305 before a row holds them.
//!
//! Where a secret stands (table, row, field) enters the seal, so a ciphertext copied to another row does not open there. The
//! key id stands beside it, so that after a rotation of the instance secret the older rows still open.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use entity::value::Sealed;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;
use uuid::Uuid;

use super::keys::{Derived, Key, KeyRing, Purpose};

/// Where a sealed secret stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The table.
    pub table: &'static str,
    /// The row's id.
    pub row: Uuid,
    /// The column.
    pub field: &'static str,
}

/// Why a secret could not be sealed or opened. Says nothing of the secret.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SealError {
    /// Sealed under an instance secret that is no longer in the settings.
    #[error("sealed with the key {0}, which is not in the ring; put that instance secret into TRIBUTARY_SECRET_PREVIOUS")]
    UnknownKey(String),
    /// Altered, or moved here from another row or column.
    #[error("the sealed value was altered or belongs to another row")]
    Altered,
    /// The cipher refused to seal, which it does for texts of more than 256 GiB only.
    #[error("the value could not be sealed")]
    Refused,
}

/// Seals and opens with the keys of this instance.
#[derive(Clone)]
pub struct Sealer {
    keys: Derived,
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer")
    }
}

impl Sealer {
    /// Seals with the current key of the ring, opens with all.
    #[must_use]
    pub fn new(keys: &KeyRing) -> Self {
        Self { keys: keys.derive(Purpose::Seal) }
    }

    /// Seals a secret for the place where it will stand.
    ///
    /// # Errors
    /// `Refused`, which no real secret meets.
    pub fn seal(&self, secret: &SecretString, place: Place) -> Result<Sealed, SealError> {
        let (id, key) = &self.keys.current;
        let mut nonce = [0_u8; 24];
        rand::fill(&mut nonce);
        let context = context(id, place);
        let payload = Payload { msg: secret.expose_secret().as_bytes(), aad: &context };
        let ciphertext = cipher(key).encrypt(&XNonce::from(nonce), payload).map_err(|_| SealError::Refused)?;
        Ok(Sealed { key_id: id.clone(), nonce: BASE64.encode(nonce), ciphertext: BASE64.encode(ciphertext) })
    }

    /// Opens what was sealed for that place.
    ///
    /// # Errors
    /// `UnknownKey` when its instance secret is gone, `Altered` when it is not what we sealed for that place.
    pub fn open(&self, sealed: &Sealed, place: Place) -> Result<SecretString, SealError> {
        let key = self.keys.find(&sealed.key_id).ok_or_else(|| SealError::UnknownKey(sealed.key_id.clone()))?;
        let nonce = BASE64.decode(&sealed.nonce).ok().and_then(|bytes| <[u8; 24]>::try_from(bytes).ok());
        let nonce = nonce.ok_or(SealError::Altered)?;
        let ciphertext = BASE64.decode(&sealed.ciphertext).map_err(|_| SealError::Altered)?;
        let context = context(&sealed.key_id, place);
        let payload = Payload { msg: &ciphertext, aad: &context };
        let opened = cipher(key).decrypt(&XNonce::from(nonce), payload).map_err(|_| SealError::Altered)?;
        // Copied into a box of its own exact size, so that growing or shrinking leaves no piece behind; the original is wiped.
        let opened = Zeroizing::new(opened);
        std::str::from_utf8(&opened).map(SecretString::from).map_err(|_| SealError::Altered)
    }

    /// Whether a sealed value should be sealed again, because the instance secret was rotated since.
    #[must_use]
    pub fn is_outdated(&self, sealed: &Sealed) -> bool {
        sealed.key_id != self.keys.current.0
    }
}

fn cipher(key: &Key) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new((&**key).into())
}

/// The associated data. The words are ours and hold no zero byte, and the row's id has a fixed length, so no two places
/// share their bytes.
fn context(key_id: &str, place: Place) -> Vec<u8> {
    [key_id.as_bytes(), b"\0", place.table.as_bytes(), b"\0", place.row.as_bytes(), place.field.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use rstest::rstest;
    use secrecy::{ExposeSecret, SecretString};
    use uuid::Uuid;

    use super::{BASE64, Place, SealError, Sealer};
    use crate::auth::keys::KeyRing;
    use crate::config::InstanceSecret;

    const PLACE: Place = Place { table: "stripe_connection", row: Uuid::from_u128(7), field: "secret" };

    fn sealer(current: &str, previous: &[&str]) -> Sealer {
        Sealer::new(&KeyRing::new(&InstanceSecret::fixed(current, previous)))
    }

    fn secret() -> SecretString {
        "rk_test_not_a_real_key".into()
    }

    #[test]
    fn what_was_sealed_opens_in_its_place() {
        let sealer = sealer("one", &[]);
        let sealed = sealer.seal(&secret(), PLACE).unwrap();
        assert_eq!(sealer.open(&sealed, PLACE).unwrap().expose_secret(), secret().expose_secret());
        let stored = serde_json::to_string(&sealed).unwrap();
        assert!(!stored.contains("rk_test"));
        let again = sealer.seal(&secret(), PLACE).unwrap();
        assert_ne!((sealed.nonce, sealed.ciphertext), (again.nonce, again.ciphertext), "the nonce is random");
    }

    #[rstest]
    #[case(Place { table: "merchant", ..PLACE })]
    #[case(Place { row: Uuid::from_u128(8), ..PLACE })]
    #[case(Place { field: "webhook_secrets", ..PLACE })]
    fn a_moved_value_does_not_open(#[case] elsewhere: Place) {
        let sealer = sealer("one", &[]);
        let sealed = sealer.seal(&secret(), PLACE).unwrap();
        assert_eq!(sealer.open(&sealed, elsewhere).unwrap_err(), SealError::Altered);
    }

    #[test]
    fn an_altered_value_does_not_open() {
        let sealer = sealer("one", &[]);
        let sealed = sealer.seal(&secret(), PLACE).unwrap();
        let flipped = |text: &str| {
            let mut bytes = BASE64.decode(text).unwrap();
            bytes[0] ^= 1;
            BASE64.encode(bytes)
        };
        let mut altered = vec![sealed.clone(), sealed.clone(), sealed.clone(), sealed.clone(), sealed.clone()];
        altered[0].ciphertext = flipped(&sealed.ciphertext);
        altered[1].nonce = flipped(&sealed.nonce);
        altered[2].nonce = "short".to_owned();
        altered[3].ciphertext = "!".to_owned();
        altered[4].ciphertext = String::new();
        for one in altered {
            assert_eq!(sealer.open(&one, PLACE).unwrap_err(), SealError::Altered);
        }
    }

    #[test]
    fn after_a_rotation_older_values_open_until_their_secret_goes() {
        let sealed = sealer("one", &[]).seal(&secret(), PLACE).unwrap();
        let rotated = sealer("two", &["one"]);
        assert!(rotated.is_outdated(&sealed));
        let opened = rotated.open(&sealed, PLACE).unwrap();
        let resealed = rotated.seal(&opened, PLACE).unwrap();
        assert!(!rotated.is_outdated(&resealed));
        let later = sealer("two", &[]);
        assert!(later.open(&resealed, PLACE).is_ok());
        assert_eq!(later.open(&sealed, PLACE).unwrap_err(), SealError::UnknownKey(sealed.key_id));
    }
}
