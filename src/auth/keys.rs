//! The keys of this instance: every key that signs, seals or hashes is derived from the instance secret, one for each
//! [`Purpose`], so that none of them can stand in for another.
//!
//! A ring holds the current secret first and those that it replaced after it. New things are made with the current one; old
//! things stay valid for as long as their secret stays in `TRIBUTARY_SECRET_PREVIOUS`.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::ExposeSecret;
use secrecy::zeroize::{Zeroize, Zeroizing};
use sha2::{Digest, Sha256};

use crate::config::InstanceSecret;

/// The block of SHA-256 in bytes, to which HMAC fits its key.
const BLOCK: usize = 64;
/// The salt of the extraction: names what is derived, so that the same text used as another program's secret gives other keys.
const SALT: &[u8] = b"tributary instance secret";

/// A derived key of 256 bits, wiped when dropped.
pub type Key = Zeroizing<[u8; 32]>;

/// What a derived key is for. The word enters the derivation.
#[derive(Clone, Copy, Debug)]
pub enum Purpose {
    /// The public name of a secret in the ring.
    KeyId,
    /// Signing access tokens.
    AccessToken,
    /// Sealing secrets at rest.
    Seal,
    /// Hashing e-mail addresses.
    EmailHash,
    /// Hashing addresses of visitors.
    IpHash,
    /// Hashing fingerprints of cards.
    CardHash,
    /// Hashing where partners are paid to.
    PayoutHash,
    /// Signing click tokens.
    ClickToken,
    /// Signing the state that goes to Stripe with who links an account.
    LinkState,
    /// Signing tokens by which a forgotten password is replaced.
    PasswordReset,
    /// Proving to a database that it is this instance's.
    Instance,
}

impl Purpose {
    const fn word(self) -> &'static [u8] {
        match self {
            Self::KeyId => b"key id",
            Self::AccessToken => b"access token",
            Self::Seal => b"seal",
            Self::EmailHash => b"e-mail hash",
            Self::IpHash => b"ip hash",
            Self::CardHash => b"card hash",
            Self::PayoutHash => b"payout hash",
            Self::ClickToken => b"click token",
            Self::LinkState => b"link state",
            Self::PasswordReset => b"password reset",
            Self::Instance => b"instance",
        }
    }
}

/// The instance's secrets, current first.
#[derive(Clone)]
pub struct KeyRing {
    roots: Vec<Root>,
}

/// One secret, ready to derive from. HKDF of RFC 5869 with SHA-256: extracted once, expanded to one block a purpose.
#[derive(Clone)]
struct Root {
    extracted: Key,
    id: String,
}

impl KeyRing {
    /// Derives from the secrets of the settings.
    #[must_use]
    pub fn new(secret: &InstanceSecret) -> Self {
        let roots = std::iter::once(&secret.current).chain(&secret.previous).map(|text| {
            let extracted = mac(SALT, &[text.expose_secret().as_bytes()]);
            let id = hex::encode(&expand(&extracted, Purpose::KeyId)[..4]);
            Root { extracted, id }
        });
        Self { roots: roots.collect() }
    }

    /// The public name of the current secret, and what only its holder can compute: for the database to keep.
    #[must_use]
    pub fn proof(&self) -> (String, String) {
        let (id, key) = self.derive(Purpose::Instance).current;
        (id, hex::encode(key.as_slice()))
    }

    /// The same of every secret, current first.
    #[must_use]
    pub fn proofs(&self) -> Vec<(String, String)> {
        self.derive(Purpose::Instance).all().map(|(id, key)| (id.clone(), hex::encode(key.as_slice()))).collect()
    }

    /// The keys for a purpose with their ids, current first. There is always one at least.
    pub(super) fn derive(&self, purpose: Purpose) -> Derived {
        let mut keys = self.roots.iter().map(|root| (root.id.clone(), expand(&root.extracted, purpose)));
        Derived {
            // `InstanceSecret` always holds a current secret; a ring without one could only be built here.
            current: keys.next().unwrap_or_default(),
            previous: keys.collect(),
        }
    }
}

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.roots.iter().map(|root| &root.id)).finish()
    }
}

/// The keys of one purpose, each with the id of its secret.
#[derive(Clone)]
pub(super) struct Derived {
    pub current: (String, Key),
    pub previous: Vec<(String, Key)>,
}

impl Derived {
    /// Every key, current first.
    pub fn all(&self) -> impl Iterator<Item = &(String, Key)> {
        std::iter::once(&self.current).chain(&self.previous)
    }

    /// The key of that id.
    pub fn find(&self, id: &str) -> Option<&Key> {
        self.all().find(|(known, _)| known == id).map(|(_, key)| key)
    }
}

/// HMAC-SHA256 over the parts, one after the other: who calls sees to it that no two meanings share their bytes.
pub(super) fn mac(key: &[u8], parts: &[&[u8]]) -> Key {
    let mut block = [0_u8; BLOCK];
    if let Some(room) = block.get_mut(..key.len()) {
        room.copy_from_slice(key);
    } else {
        block[..32].copy_from_slice(&Sha256::digest(key));
    }
    let mut mac = Hmac::<Sha256>::new(&block.into());
    block.zeroize();
    for part in parts {
        mac.update(part);
    }
    Zeroizing::new(mac.finalize().into_bytes().into())
}

fn expand(extracted: &Key, purpose: Purpose) -> Key {
    mac(extracted.as_slice(), &[purpose.word(), &[1]])
}

#[cfg(test)]
mod tests {
    use super::{KeyRing, Purpose, mac};
    use crate::config::InstanceSecret;

    #[test]
    fn hmac_matches_rfc_4231() {
        // Cases 1, 2 and 6: a short key, a text key, and a key longer than the block.
        for (key, data, expected) in [
            (vec![0x0b; 20], &b"Hi There"[..], "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
            (b"Jefe".to_vec(), b"what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
            (
                vec![0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
        ] {
            assert_eq!(hex::encode(mac(&key, &[data])), expected);
        }
    }

    #[test]
    fn purposes_and_secrets_never_share_a_key() {
        let ring = KeyRing::new(&InstanceSecret::fixed("one", &["two"]));
        let mut seen = std::collections::HashSet::new();
        let purposes = [
            Purpose::KeyId,
            Purpose::AccessToken,
            Purpose::Seal,
            Purpose::EmailHash,
            Purpose::IpHash,
            Purpose::ClickToken,
            Purpose::Instance,
            Purpose::CardHash,
            Purpose::PayoutHash,
        ];
        for purpose in purposes {
            for (_, key) in ring.derive(purpose).all() {
                assert!(seen.insert(hex::encode(key)), "{purpose:?}");
            }
        }
        assert_eq!(seen.len(), 18);
    }

    #[test]
    fn ids_follow_the_secret_and_not_its_place() {
        let before = KeyRing::new(&InstanceSecret::fixed("one", &[])).derive(Purpose::Seal);
        let after = KeyRing::new(&InstanceSecret::fixed("two", &["one"])).derive(Purpose::Seal);
        assert_eq!(before.current.0, after.previous[0].0);
        assert_eq!(before.current.1.as_slice(), after.previous[0].1.as_slice());
        assert!(after.find(&before.current.0).is_some());
        assert!(after.find("nothing").is_none());
        assert_ne!(before.current.0, after.current.0);
    }

    #[test]
    fn a_proof_names_its_secret_and_is_no_other_s() {
        let (before, after) = (KeyRing::new(&InstanceSecret::fixed("one", &[])), KeyRing::new(&InstanceSecret::fixed("two", &["one"])));
        assert_eq!(after.proofs(), [after.proof(), before.proof()]);
        assert_ne!(before.proof(), after.proof());
        assert_eq!(before.proof().0, before.derive(Purpose::Seal).current.0, "sealed values name the same secret");
    }

    #[test]
    fn debug_prints_ids_alone() {
        let ring = KeyRing::new(&InstanceSecret::fixed("one", &[]));
        let shown = format!("{ring:?}");
        assert_eq!(shown, format!("[{:?}]", ring.roots[0].id));
    }
}
