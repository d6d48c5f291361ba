//! Exchange rates as whole numbers: a ratio, so that no float comes near money and a rate can be turned round without a loss (MO-2).

use super::{Currency, Money, MoneyError, mul_div_half_up};

/// How many units of one currency one unit of another is worth: a ratio in its lowest terms, both sides above zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ExchangeRate {
    num: i64,
    den: i64,
}

/// Why a rate could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExchangeRateError {
    /// Not a plain decimal number above zero.
    #[error("expected a decimal number above zero such as 1.0832")]
    Malformed,
    /// More digits than are kept.
    #[error("a rate has at most {} digits, {} of them after the point", ExchangeRate::DIGITS, ExchangeRate::DECIMALS)]
    TooPrecise,
    /// The ratio does not fit.
    #[error("the rate is too large or too small")]
    Overflow,
}

impl ExchangeRate {
    /// One for one.
    pub const ONE: Self = Self { num: 1, den: 1 };
    /// The most digits of a rate as text.
    pub const DIGITS: usize = 18;
    /// The most digits after the point.
    pub const DECIMALS: usize = 12;
    /// How many decimals a rate is shown with where it has no end.
    const SHOWN: u32 = 10;

    /// The rate `num` to `den`.
    ///
    /// # Errors
    /// [`ExchangeRateError::Malformed`] unless both are above zero.
    pub fn new(num: i64, den: i64) -> Result<Self, ExchangeRateError> {
        Self::reduced(num.into(), den.into())
    }

    fn reduced(num: i128, den: i128) -> Result<Self, ExchangeRateError> {
        if num <= 0 || den <= 0 {
            return Err(ExchangeRateError::Malformed);
        }
        let (mut a, mut b) = (num, den);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        let fit = |part: i128| i64::try_from(part / a).map_err(|_| ExchangeRateError::Overflow);
        Ok(Self { num: fit(num)?, den: fit(den)? })
    }

    /// Reads a plain decimal number such as `1.0832`: digits, and at most one point with digits on both sides.
    ///
    /// # Errors
    /// [`ExchangeRateError`] says what is wrong with it.
    pub fn from_decimal(text: &str) -> Result<Self, ExchangeRateError> {
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let plain = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if !plain(whole) || !plain(part) {
            return Err(ExchangeRateError::Malformed);
        }
        let (whole, part) = (whole.trim_start_matches('0'), part.trim_end_matches('0'));
        if part.len() > Self::DECIMALS || whole.len() + part.len() > Self::DIGITS {
            return Err(ExchangeRateError::TooPrecise);
        }
        let digits: i128 = format!("0{whole}{part}").parse().map_err(|_| ExchangeRateError::Malformed)?;
        let scale = u32::try_from(part.len()).map_err(|_| ExchangeRateError::TooPrecise)?;
        Self::reduced(digits, 10_i128.pow(scale))
    }

    /// The upper side of the ratio.
    #[must_use]
    pub const fn num(self) -> i64 {
        self.num
    }

    /// The lower side of the ratio.
    #[must_use]
    pub const fn den(self) -> i64 {
        self.den
    }

    /// The rate the other way round, exactly.
    #[must_use]
    pub const fn inverse(self) -> Self {
        Self { num: self.den, den: self.num }
    }

    /// This rate and then another: what leads from A to B and from B to C leads from A to C.
    ///
    /// # Errors
    /// [`ExchangeRateError::Overflow`] when the ratio does not fit.
    pub fn then(self, next: Self) -> Result<Self, ExchangeRateError> {
        Self::reduced(i128::from(self.num) * i128::from(next.num), i128::from(self.den) * i128::from(next.den))
    }

    /// An amount in another currency, rounded half up once (MO-2). Each currency counts in its own minor units (MO-1).
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] when the result is beyond 64 bits.
    pub fn convert(self, amount: Money, to: Currency) -> Result<Money, MoneyError> {
        let units = |currency: Currency| 10_i128.pow(currency.exponent().into());
        let value = i128::from(amount.minor).checked_mul(self.num.into()).ok_or(MoneyError::Overflow)?;
        let below = i128::from(self.den).checked_mul(units(amount.currency)).ok_or(MoneyError::Overflow)?;
        Ok(Money::new(mul_div_half_up(value, units(to), below)?, to))
    }
}

/// As a decimal number; one without an end is rounded half up at ten decimals. For people: the ratio is what counts.
impl std::fmt::Display for ExchangeRate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ends = |decimals: u32| 10_i128.pow(decimals) % i128::from(self.den) == 0;
        let most = u32::try_from(Self::DECIMALS).unwrap_or(Self::SHOWN);
        let decimals = (0..=most).find(|decimals| ends(*decimals)).unwrap_or(Self::SHOWN);
        let scale = 10_i128.pow(decimals);
        let (num, den) = (i128::from(self.num), i128::from(self.den));
        let scaled = (num * scale * 2 + den) / (den * 2);
        let (whole, part) = (scaled / scale, scaled % scale);
        if decimals == 0 { write!(f, "{whole}") } else { write!(f, "{whole}.{part:0width$}", width = decimals as usize) }
    }
}

#[cfg(test)]
mod tests {
    use super::{ExchangeRate, ExchangeRateError};
    use crate::value::{Money, MoneyError};

    fn rate(text: &str) -> ExchangeRate {
        ExchangeRate::from_decimal(text).unwrap()
    }

    fn money(minor: i64, code: &str) -> Money {
        Money::new(minor, code.parse().unwrap())
    }

    #[test]
    fn decimals_become_ratios_in_lowest_terms() {
        for (text, num, den) in [("1", 1, 1), ("1.10", 11, 10), ("0.5", 1, 2), ("150.0", 150, 1), ("0.000000000001", 1, 1_000_000_000_000)]
        {
            assert_eq!((rate(text).num(), rate(text).den()), (num, den), "{text}");
        }
        assert_eq!(rate("1.1").inverse(), ExchangeRate::new(10, 11).unwrap());
        assert_eq!(ExchangeRate::new(4, 6), ExchangeRate::new(2, 3));
    }

    #[test]
    fn only_plain_numbers_above_zero_are_rates() {
        for text in ["", "0", "0.0", "-1", "+1", "1.", ".5", "1,1", "1e3", " 1", "1.2.3", "٣"] {
            assert_eq!(ExchangeRate::from_decimal(text), Err(ExchangeRateError::Malformed), "{text}");
        }
        for text in ["1.0000000000001", "1234567890123456789", "1234567.890123456789"] {
            assert_eq!(ExchangeRate::from_decimal(text), Err(ExchangeRateError::TooPrecise), "{text}");
        }
        assert_eq!(ExchangeRate::new(0, 1), Err(ExchangeRateError::Malformed));
        assert_eq!(ExchangeRate::new(1, -1), Err(ExchangeRateError::Malformed));
    }

    #[test]
    fn rates_show_as_decimals() {
        for (num, den, text) in [(11, 10, "1.1"), (150, 1, "150"), (10, 11, "0.9090909091"), (1, 8, "0.125"), (2, 3, "0.6666666667")] {
            assert_eq!(ExchangeRate::new(num, den).unwrap().to_string(), text);
        }
    }

    #[test]
    fn mo_2_an_amount_is_converted_by_whole_numbers_and_rounded_half_up_once() {
        for (from, by, to) in [
            (money(2_000, "EUR"), rate("1.1"), money(2_200, "USD")),
            (money(1, "EUR"), rate("1.5"), money(2, "USD")),
            (money(-1, "EUR"), rate("1.5"), money(-2, "USD")),
            (money(1, "EUR"), rate("1.4999"), money(1, "USD")),
            (money(100, "USD"), rate("1.1").inverse(), money(91, "EUR")),
            (money(0, "EUR"), rate("1.1"), money(0, "USD")),
        ] {
            assert_eq!(by.convert(from, to.currency), Ok(to), "{from} by {by}");
        }
    }

    #[test]
    fn mo_1_each_currency_counts_in_its_own_minor_units() {
        for (from, by, to) in [
            (money(1_000, "USD"), rate("150.25"), money(1_503, "JPY")),
            (money(1_503, "JPY"), rate("0.0067"), money(1_007, "USD")),
            (money(1_000, "USD"), rate("0.307"), money(3_070, "KWD")),
            (money(1_000, "JPY"), rate("0.002"), money(2_000, "KWD")),
            (money(1_000, "USD"), rate("137.5"), money(137_500, "ISK")),
        ] {
            assert_eq!(by.convert(from, to.currency), Ok(to), "{from} by {by}");
        }
    }

    #[test]
    fn rates_follow_each_other_and_overflow_is_an_error() {
        let (usd_eur, eur_gbp) = (rate("1.25").inverse(), rate("0.85"));
        assert_eq!(usd_eur.then(eur_gbp), Ok(rate("0.68")));
        let huge = ExchangeRate::new(i64::MAX, 1).unwrap();
        assert_eq!(huge.then(huge), Err(ExchangeRateError::Overflow));
        assert_eq!(huge.then(huge.inverse()), Ok(ExchangeRate::ONE));
        assert_eq!(huge.convert(money(i64::MAX, "EUR"), "USD".parse().unwrap()), Err(MoneyError::Overflow));
        assert_eq!(ExchangeRate::ONE.convert(money(i64::MIN, "EUR"), "USD".parse().unwrap()), Ok(money(i64::MIN, "USD")));
    }
}
