//! Test or live: part of every key, so that test data never meets live money.

use serde::{Deserialize, Serialize};

/// Stripe's two worlds. Everything under a merchant lives in exactly one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, async_graphql::Enum)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Mode {
    /// Data of Stripe's test mode; no real money.
    Test,
    /// Real money.
    Live,
}

impl Mode {
    /// Whether this is live, as Stripe's `livemode` and our columns say it.
    #[must_use]
    pub const fn livemode(self) -> bool {
        matches!(self, Self::Live)
    }

    /// The mode that a `livemode` means.
    #[must_use]
    pub const fn from_livemode(livemode: bool) -> Self {
        if livemode { Self::Live } else { Self::Test }
    }

    /// The word as it stands in JSON and in GraphQL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Test => "TEST",
            Self::Live => "LIVE",
        }
    }
}

impl std::fmt::Display for Mode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// So that a filter can compare a `livemode` column with a mode.
impl From<Mode> for sea_orm::Value {
    fn from(mode: Mode) -> Self {
        mode.livemode().into()
    }
}

#[cfg(test)]
mod tests {
    use super::Mode;

    #[test]
    fn mode_and_livemode_say_the_same() {
        for mode in [Mode::Test, Mode::Live] {
            assert_eq!(Mode::from_livemode(mode.livemode()), mode);
            assert_eq!(serde_json::to_value(mode).unwrap(), mode.as_str());
            assert_eq!(sea_orm::Value::from(mode), sea_orm::Value::Bool(Some(mode.livemode())));
        }
        assert!(Mode::Live.livemode());
    }
}
