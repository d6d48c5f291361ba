//! Values that look the same wherever they stand.

use async_graphql::Object;
use entity::value::Currency;

/// An amount of money (GQ-4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Money(pub entity::value::Money);

/// An amount of money.
#[Object]
impl Money {
    /// Whole minor units as a 64-bit integer in a string, such as "1234" for 12.34 EUR or 1234 JPY. Negative is owed the other way.
    async fn amount(&self) -> String {
        self.0.minor.to_string()
    }

    /// What the units are of.
    async fn currency(&self) -> Currency {
        self.0.currency
    }

    /// The same as a decimal number without the currency, such as "12.34".
    async fn decimal(&self) -> String {
        self.0.to_decimal()
    }
}

impl From<entity::value::Money> for Money {
    fn from(money: entity::value::Money) -> Self {
        Self(money)
    }
}

/// An amount of money as it is given: `amount` or `decimal`, one of them.
#[derive(Clone, Debug, async_graphql::InputObject)]
pub struct MoneyInput {
    /// Whole minor units as a 64-bit integer in a string, such as "1234" for 12.34 EUR.
    #[graphql(default)]
    pub amount: Option<String>,
    /// The same as a decimal number, such as "12.34".
    #[graphql(default)]
    pub decimal: Option<String>,
    /// What the units are of.
    pub currency: Currency,
}

impl MoneyInput {
    /// The amount, or what is wrong with it.
    ///
    /// # Errors
    /// A sentence for people.
    pub fn read(&self) -> Result<entity::value::Money, String> {
        match (&self.amount, &self.decimal) {
            (Some(amount), None) => match amount.parse() {
                Ok(minor) => Ok(entity::value::Money::new(minor, self.currency)),
                Err(_) => Err("the amount must be a whole number of minor units in a string, such as \"1234\"".to_owned()),
            },
            (None, Some(decimal)) => entity::value::Money::from_decimal(decimal, self.currency).map_err(|error| error.to_string()),
            _ => Err("give either amount or decimal".to_owned()),
        }
    }
}
