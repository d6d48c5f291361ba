//! Who is asking, and what only we can have written: passwords, access tokens, opaque tokens, API keys, sealed secrets,
//! keyed hashes and click tokens.
//!
//! Decides whether a thing presented is genuine. Never decides what its bearer may see or do, never reads the database and
//! never asks for the time: rows and "now" are handed in.
//!
//! Secrets are compared with [`same`] only, and none of the secret types here has `==`.

pub mod api_key;
mod base32;
pub mod click_token;
pub mod email;
pub mod household;
pub mod jwt;
pub mod keyed;
pub mod keys;
pub mod link_state;
pub mod origin;
pub mod password;
pub mod refresh;
pub mod reset_token;
pub mod seal;

use subtle::ConstantTimeEq;

/// Whether two byte strings are equal, in a time that depends on their lengths alone.
#[must_use]
pub fn same(left: &[u8], right: &[u8]) -> bool {
    left.ct_eq(right).into()
}

#[cfg(test)]
mod tests {
    use super::same;

    #[test]
    fn equal_bytes_are_the_same_and_others_are_not() {
        assert!(same(b"", b""));
        assert!(same(b"abc", b"abc"));
        assert!(!same(b"abc", b"abd"));
        assert!(!same(b"abc", b"abcd"));
    }
}
