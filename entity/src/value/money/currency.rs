//! Currency codes and how many decimals Stripe gives them.

use sea_orm::sea_query::{ArrayType, ColumnType, Nullable, ValueType, ValueTypeErr};
use sea_orm::{ColIdx, DbErr, IntoActiveValue, QueryResult, TryGetError, TryGetable, Value};

use super::MoneyError;

/// Three upper-case letters of ISO 4217. `XXX` stands for a currency that is not known.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// `XXX`: not known (S10).
    pub const UNKNOWN: Self = Self(*b"XXX");

    /// The code that a text names in any case, or [`Self::UNKNOWN`] when ISO 4217 has no such code. For what others tell us, which must
    /// not fail.
    #[must_use]
    pub fn parse_or_unknown(text: &str) -> Self {
        text.parse().unwrap_or(Self::UNKNOWN)
    }

    /// Whether it is a currency and not `XXX`.
    #[must_use]
    pub fn is_known(self) -> bool {
        self != Self::UNKNOWN
    }

    /// The three letters, in upper case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Every way to make one checks for ASCII letters, so the fallback is out of reach.
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }

    /// How many decimals the minor unit has, as Stripe counts (MO-1): ISK and UGX have two there, none in ISO 4217.
    #[must_use]
    pub fn exponent(self) -> u8 {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"JPY" | b"KMF" | b"KRW" | b"MGA" | b"PYG" | b"RWF" | b"VND" | b"VUV" | b"XAF" | b"XOF"
            | b"XPF" => 0,
            b"BHD" | b"JOD" | b"KWD" | b"OMR" | b"TND" => 3,
            _ => 2,
        }
    }

    /// The letters of a code in upper case, whether or not ISO 4217 knows it today.
    fn from_letters(text: &str) -> Option<Self> {
        let letters: [u8; 3] = text.as_bytes().try_into().ok()?;
        letters.iter().all(u8::is_ascii_alphabetic).then(|| Self(letters.map(|letter| letter.to_ascii_uppercase())))
    }
}

/// Reads a code in any case. [`MoneyError::UnknownCurrency`] when ISO 4217 has no such code.
impl std::str::FromStr for Currency {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        Self::from_letters(text)
            .filter(|currency| iso_currency::Currency::from_code(currency.as_str()).is_some())
            .ok_or(MoneyError::UnknownCurrency)
    }
}

impl std::fmt::Display for Currency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::fmt::Debug for Currency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl serde::Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> serde::Deserialize<'de> for Currency {
    /// Takes any three letters, as stored terms and facts must stay readable when a code leaves ISO 4217.
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::from_letters(&text).ok_or_else(|| serde::de::Error::custom(MoneyError::UnknownCurrency))
    }
}

impl From<Currency> for Value {
    fn from(currency: Currency) -> Self {
        currency.as_str().into()
    }
}

impl TryGetable for Currency {
    /// Takes any three letters, as a stored amount must stay readable when its currency leaves ISO 4217.
    fn try_get_by<I: ColIdx>(row: &QueryResult, index: I) -> Result<Self, TryGetError> {
        let text = String::try_get_by(row, index)?;
        Self::from_letters(&text).ok_or_else(|| TryGetError::DbErr(DbErr::Type(MoneyError::UnknownCurrency.to_string())))
    }
}

impl ValueType for Currency {
    fn try_from(value: Value) -> Result<Self, ValueTypeErr> {
        let text = <String as ValueType>::try_from(value)?;
        Self::from_letters(&text).ok_or(ValueTypeErr)
    }

    fn type_name() -> String {
        "Currency".to_owned()
    }

    fn array_type() -> ArrayType {
        ArrayType::String
    }

    fn column_type() -> ColumnType {
        ColumnType::Text
    }
}

impl Nullable for Currency {
    fn null() -> Value {
        Value::String(None)
    }
}

impl IntoActiveValue<Self> for Currency {
    fn into_active_value(self) -> sea_orm::ActiveValue<Self> {
        sea_orm::ActiveValue::Set(self)
    }
}

#[cfg(test)]
mod tests {
    use super::{Currency, MoneyError};

    #[test]
    fn codes_are_read_in_any_case() {
        for text in ["eur", "EUR", "eUr"] {
            assert_eq!(text.parse::<Currency>().unwrap().as_str(), "EUR");
        }
        for text in ["", "eu", "euro", "QQQ", "e1r", "€", "ü"] {
            assert_eq!(text.parse::<Currency>(), Err(MoneyError::UnknownCurrency), "{text}");
            assert_eq!(Currency::parse_or_unknown(text), Currency::UNKNOWN);
        }
        assert!(!Currency::UNKNOWN.is_known() && Currency::parse_or_unknown("jpy").is_known());
        assert_eq!("xxx".parse(), Ok(Currency::UNKNOWN));
    }

    #[test]
    fn decimals_are_those_of_stripe() {
        let by_exponent = [
            (0, "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF"),
            (2, "EUR USD ISK UGX HUF TWD XXX"),
            (3, "BHD JOD KWD OMR TND"),
        ];
        for (exponent, codes) in by_exponent {
            for code in codes.split(' ') {
                assert_eq!(code.parse::<Currency>().unwrap().exponent(), exponent, "{code}");
            }
        }
    }

    #[test]
    fn stored_codes_outlive_the_standard() {
        assert_eq!(serde_json::from_str::<Currency>("\"QQQ\"").unwrap().to_string(), "QQQ");
        assert!(serde_json::from_str::<Currency>("\"Q1\"").is_err());
    }
}
