//! An encrypted secret as it is stored. Data only: `auth` seals and opens it.

use sea_orm::FromJsonQueryResult;
use serde::{Deserialize, Serialize};

/// A secret under a key of ours. `Debug` prints none of it, so it cannot reach a log line by way of a struct that holds it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(rename_all = "camelCase")]
pub struct Sealed {
    /// Which of our keys opens it.
    pub key_id: String,
    /// The nonce, base64.
    pub nonce: String,
    /// The encrypted secret with its tag, base64.
    pub ciphertext: String,
}

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealed(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::Sealed;

    #[test]
    fn debug_shows_nothing() {
        let sealed = Sealed { key_id: "k1".into(), nonce: "bm9uY2U=".into(), ciphertext: "c2VjcmV0".into() };
        assert_eq!(format!("{:?}", Some(&sealed)), "Some(Sealed(..))");
    }
}
