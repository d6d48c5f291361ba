//! The state that goes to Stripe with somebody who links an account, and comes back (S5): 256 random bits, and a MAC over them and all that they
//! are bound to. What is stored is their hash; that a state is used once and ends is the row's to say.
//!
//! The random bits alone cannot be guessed. The MAC binds them to merchant, mode, way and who began: a row that was altered or swapped in the
//! database finds no state that fits it.

use entity::value::{ConnectionMethod, MerchantId};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::keys::{Derived, KeyRing, Purpose, mac};
use super::refresh::TokenHash;
use super::{base32, same};

const PREFIX: &str = "trb_link_";
/// Characters of 256 random bits.
const RANDOM: usize = 52;
/// Characters of 128 bits of MAC.
const MAC: usize = 26;

/// What a state is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// For whom the account is linked.
    pub merchant: MerchantId,
    /// In which mode.
    pub livemode: bool,
    /// By which way.
    pub method: ConnectionMethod,
    /// Who began it: their membership, or the API key.
    pub who: Uuid,
}

/// Makes and verifies states with the keys of this instance.
#[derive(Clone)]
pub struct LinkStates {
    keys: Derived,
}

impl std::fmt::Debug for LinkStates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LinkStates")
    }
}

impl LinkStates {
    /// Signs with the current key of the ring, verifies with all.
    #[must_use]
    pub fn new(keys: &KeyRing) -> Self {
        Self { keys: keys.derive(Purpose::LinkState) }
    }

    /// A new state, and the hash by which it is found.
    #[must_use]
    pub fn mint(&self, bound: Bound) -> (SecretString, TokenHash) {
        let mut bytes = [0_u8; 32];
        rand::fill(&mut bytes);
        let random = base32::encode(&bytes);
        let text = format!("{PREFIX}{random}{}", proof(self.keys.current.1.as_slice(), &random, bound));
        let hash = TokenHash::of(&text);
        (text.into(), hash)
    }

    /// Whether we gave out this state for that; in constant time.
    #[must_use]
    pub fn verify(&self, state: &SecretString, bound: Bound) -> bool {
        let Some(body) = body(state.expose_secret()) else { return false };
        let (random, given) = body.split_at(RANDOM);
        let by = |key: &[u8]| same(proof(key, random, bound).as_bytes(), given.as_bytes());
        self.keys.all().fold(false, |found, (_, key)| by(key.as_slice()) | found)
    }
}

/// The hash by which a state is found; nothing for a text that is none.
#[must_use]
pub fn hash(text: &str) -> Option<TokenHash> {
    body(text).map(|_| TokenHash::of(text))
}

fn body(text: &str) -> Option<&str> {
    text.strip_prefix(PREFIX).filter(|body| body.len() == RANDOM + MAC && base32::is_encoded(body))
}

fn proof(key: &[u8], random: &str, bound: Bound) -> String {
    let Bound { merchant, livemode, method, who } = bound;
    let bytes =
        mac(key, &[random.as_bytes(), merchant.uuid().as_bytes(), &[u8::from(livemode)], who.as_bytes(), method.as_str().as_bytes()]);
    base32::encode(&bytes[..16])
}

#[cfg(test)]
mod tests {
    use entity::value::{ConnectionMethod, MerchantId};
    use secrecy::{ExposeSecret, SecretString};
    use uuid::Uuid;

    use super::{Bound, LinkStates, hash};
    use crate::auth::keys::KeyRing;
    use crate::config::InstanceSecret;

    fn states(current: &str, previous: &[&str]) -> LinkStates {
        LinkStates::new(&KeyRing::new(&InstanceSecret::fixed(current, previous)))
    }

    fn bound() -> Bound {
        Bound { merchant: MerchantId::new(), livemode: true, method: ConnectionMethod::Oauth, who: Uuid::now_v7() }
    }

    #[test]
    fn a_state_is_good_for_what_it_was_made_for_alone() {
        let (one, bound) = (states("one", &[]), bound());
        let (state, stored) = one.mint(bound);
        assert!(one.verify(&state, bound));
        assert!(hash(state.expose_secret()).unwrap().matches(stored.bytes()));
        assert!(!one.mint(bound).1.matches(stored.bytes()), "each is another");
        for other in [
            Bound { merchant: MerchantId::new(), ..bound },
            Bound { livemode: false, ..bound },
            Bound { method: ConnectionMethod::App, ..bound },
            Bound { who: Uuid::now_v7(), ..bound },
        ] {
            assert!(!one.verify(&state, other), "{other:?}");
        }
        assert!(states("two", &["one"]).verify(&state, bound) && !states("two", &[]).verify(&state, bound));
    }

    #[test]
    fn what_was_altered_is_none_of_ours() {
        let (one, bound) = (states("one", &[]), bound());
        let text = one.mint(bound).0.expose_secret().to_owned();
        let last = if text.ends_with('a') { "b" } else { "a" };
        let forged = format!("{}{last}", &text[..text.len() - 1]);
        assert!(hash(&forged).is_some() && !one.verify(&SecretString::from(forged), bound));
        for other in [String::new(), text[..text.len() - 1].to_owned(), format!("{text}a"), text.to_uppercase(), "é".repeat(60)] {
            assert!(hash(&other).is_none() && !one.verify(&SecretString::from(other.clone()), bound), "{other}");
        }
    }
}
