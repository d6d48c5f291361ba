//! Money as whole minor units (MO-1). No floats; every operation that can fail says so.

mod currency;
mod share;

pub use currency::Currency;
pub use share::{allocate, mul_div_half_up};

/// Why a sum of money could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Two amounts of different currencies were to be put together.
    #[error("cannot put {left} and {right} together")]
    CurrencyMismatch {
        /// The currency of the first amount.
        left: Currency,
        /// The currency of the second amount.
        right: Currency,
    },
    /// The result does not fit into 64 bits.
    #[error("the amount is too large")]
    Overflow,
    /// A text is not a plain decimal number.
    #[error("expected a decimal number such as -12.34")]
    Malformed,
    /// A text has more decimals than the currency.
    #[error("this currency has {exponent} decimals")]
    TooPrecise {
        /// How many decimals the currency has.
        exponent: u8,
    },
    /// A text is not the code of a currency that ISO 4217 knows.
    #[error("expected a currency code of ISO 4217")]
    UnknownCurrency,
    /// Something was to be shared out by weights that are negative or all zero.
    #[error("weights must not be negative, and not all zero")]
    Weights,
    /// A ratio has zero below the line.
    #[error("division by zero")]
    DivisionByZero,
}

/// An amount in the minor units of its currency: 1234 in EUR is 12.34 euros, in JPY 1234 yen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Money {
    /// Whole minor units; negative is owed the other way.
    pub minor: i64,
    /// What the units are of.
    pub currency: Currency,
}

impl Money {
    /// `minor` units of `currency`.
    #[must_use]
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Nothing, in `currency`.
    #[must_use]
    pub const fn zero(currency: Currency) -> Self {
        Self::new(0, currency)
    }

    /// Whether it is nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// The sum.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`], [`MoneyError::Overflow`].
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Self::new(minor, self.currency))
    }

    /// The difference.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`], [`MoneyError::Overflow`].
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        let minor = self.minor.checked_sub(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Self::new(minor, self.currency))
    }

    /// The same amount owed the other way.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] for the smallest amount there is.
    pub fn checked_neg(self) -> Result<Self, MoneyError> {
        let minor = self.minor.checked_neg().ok_or(MoneyError::Overflow)?;
        Ok(Self::new(minor, self.currency))
    }

    /// The amount as a decimal number without the currency: `-12.34`, or `-12` where the currency has no decimals.
    #[must_use]
    pub fn to_decimal(self) -> String {
        let exponent = usize::from(self.currency.exponent());
        let sign = if self.minor < 0 { "-" } else { "" };
        let digits = format!("{:0>width$}", self.minor.unsigned_abs(), width = exponent + 1);
        let (whole, part) = digits.split_at(digits.len() - exponent);
        let point = if exponent == 0 { "" } else { "." };
        format!("{sign}{whole}{point}{part}")
    }

    /// Reads a decimal number: an optional `-`, digits, and at most as many decimals as the currency has.
    ///
    /// # Errors
    /// [`MoneyError::Malformed`], [`MoneyError::TooPrecise`], [`MoneyError::Overflow`].
    pub fn from_decimal(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let exponent = currency.exponent();
        let (negative, number) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (whole, part) = match number.split_once('.') {
            Some((_, "")) => return Err(MoneyError::Malformed),
            Some(pair) => pair,
            None => (number, ""),
        };
        if whole.is_empty() || !whole.bytes().chain(part.bytes()).all(|b| b.is_ascii_digit()) {
            return Err(MoneyError::Malformed);
        }
        if part.len() > usize::from(exponent) {
            return Err(MoneyError::TooPrecise { exponent });
        }
        let padding = std::iter::repeat_n(b'0', usize::from(exponent) - part.len());
        let minor = whole.bytes().chain(part.bytes()).chain(padding).try_fold(0i64, |sum, digit| {
            // Built up on the side of the sign, as the smallest i64 has no positive twin.
            let digit = i64::from(digit - b'0');
            sum.checked_mul(10)?.checked_add(if negative { -digit } else { digit })
        });
        minor.map(|minor| Self::new(minor, currency)).ok_or(MoneyError::Overflow)
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::CurrencyMismatch { left: self.currency, right: other.currency })
        }
    }
}

/// As people read it: `-12.34 EUR`.
impl std::fmt::Display for Money {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.to_decimal(), self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::{Currency, Money, MoneyError};

    fn money(minor: i64, code: &str) -> Money {
        Money::new(minor, code.parse().unwrap())
    }

    #[test]
    fn decimals_follow_the_currency() {
        for (minor, code, text) in [
            (0, "EUR", "0.00"),
            (5, "EUR", "0.05"),
            (-5, "EUR", "-0.05"),
            (1234, "EUR", "12.34"),
            (-12345, "KWD", "-12.345"),
            (7, "KWD", "0.007"),
            (-12, "JPY", "-12"),
            (500, "ISK", "5.00"),
            (i64::MAX, "USD", "92233720368547758.07"),
            (i64::MIN, "USD", "-92233720368547758.08"),
            (i64::MIN, "JPY", "-9223372036854775808"),
        ] {
            let amount = money(minor, code);
            assert_eq!(amount.to_decimal(), text);
            assert_eq!(Money::from_decimal(text, amount.currency), Ok(amount), "{text}");
            assert_eq!(amount.to_string(), format!("{text} {code}"));
        }
        assert_eq!(Money::from_decimal("12.3", money(0, "EUR").currency), Ok(money(1230, "EUR")));
        assert_eq!(Money::from_decimal("007", money(0, "EUR").currency), Ok(money(700, "EUR")));
    }

    #[test]
    fn only_plain_decimals_are_read() {
        let (eur, jpy): (Currency, Currency) = ("EUR".parse().unwrap(), "JPY".parse().unwrap());
        for text in ["", "-", ".", "1.", ".5", "+1", " 1", "1e3", "1,5", "1_000", "--1", "1.2.3", "٣", "-.5"] {
            assert_eq!(Money::from_decimal(text, eur), Err(MoneyError::Malformed), "{text}");
        }
        assert_eq!(Money::from_decimal("1.234", eur), Err(MoneyError::TooPrecise { exponent: 2 }));
        assert_eq!(Money::from_decimal("1.0", jpy), Err(MoneyError::TooPrecise { exponent: 0 }));
        assert_eq!(Money::from_decimal("92233720368547758.08", eur), Err(MoneyError::Overflow));
        assert_eq!(Money::from_decimal("999999999999999999999999", jpy), Err(MoneyError::Overflow));
    }

    #[test]
    fn sums_are_checked() {
        assert_eq!(money(2, "EUR").checked_add(money(3, "EUR")), Ok(money(5, "EUR")));
        assert_eq!(money(2, "EUR").checked_sub(money(3, "EUR")), Ok(money(-1, "EUR")));
        assert_eq!(money(2, "EUR").checked_neg(), Ok(money(-2, "EUR")));
        assert!(money(0, "EUR").is_zero() && Money::zero(Currency::UNKNOWN).is_zero());
        let (left, right) = (money(1, "EUR"), money(1, "USD"));
        let mismatch = MoneyError::CurrencyMismatch { left: left.currency, right: right.currency };
        assert_eq!(left.checked_add(right), Err(mismatch));
        assert_eq!(left.checked_sub(right), Err(mismatch));
        assert_eq!(money(i64::MAX, "EUR").checked_add(money(1, "EUR")), Err(MoneyError::Overflow));
        assert_eq!(money(i64::MIN, "EUR").checked_sub(money(1, "EUR")), Err(MoneyError::Overflow));
        assert_eq!(money(i64::MIN, "EUR").checked_neg(), Err(MoneyError::Overflow));
    }
}
