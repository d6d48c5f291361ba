//! Rates as whole basis points, so that no float comes near money (CO-2).

use serde::{Deserialize, Serialize};

/// A rate in hundredths of a percent: 1250 is 12.5 %. Never above 1000 %.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct BasisPoints(u32);

/// A number above [`BasisPoints::MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a rate is at most 100000 basis points")]
pub struct RateError;

impl BasisPoints {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The whole: 100 %.
    pub const ONE: Self = Self(10_000);
    /// The greatest rate: 1000 %.
    pub const MAX: Self = Self(100_000);

    /// A rate of `points` hundredths of a percent.
    ///
    /// # Errors
    /// [`RateError`] above [`Self::MAX`].
    pub const fn new(points: u32) -> Result<Self, RateError> {
        if points > Self::MAX.0 { Err(RateError) } else { Ok(Self(points)) }
    }

    /// The number of basis points.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl TryFrom<u32> for BasisPoints {
    type Error = RateError;

    fn try_from(points: u32) -> Result<Self, RateError> {
        Self::new(points)
    }
}

impl From<BasisPoints> for u32 {
    fn from(rate: BasisPoints) -> Self {
        rate.0
    }
}

/// As a percentage without needless zeros: `12.5 %`.
impl std::fmt::Display for BasisPoints {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (whole, part) = (self.0 / 100, self.0 % 100);
        match (part, part % 10) {
            (0, _) => write!(f, "{whole} %"),
            (_, 0) => write!(f, "{whole}.{} %", part / 10),
            _ => write!(f, "{whole}.{part:02} %"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{BasisPoints, RateError};

    #[test]
    fn shows_as_percent() {
        for (points, text) in [(0, "0 %"), (1, "0.01 %"), (10, "0.1 %"), (105, "1.05 %"), (1250, "12.5 %"), (100_000, "1000 %")] {
            assert_eq!(BasisPoints::new(points).unwrap().to_string(), text);
        }
    }

    #[test]
    fn bounds_hold_in_code_and_json() {
        assert_eq!(BasisPoints::new(100_001), Err(RateError));
        assert!(serde_json::from_str::<BasisPoints>("100001").is_err());
        assert_eq!(serde_json::from_str::<BasisPoints>("2000").unwrap().get(), 2000);
    }
}
