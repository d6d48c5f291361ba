//! The business behind a connected account, and where it is (S10).

use async_graphql::SimpleObject;
use entity::value::Currency;
use serde_json::Value;

use super::commerce::{CommerceSource, Told};
use super::scalar::Money;
use crate::stripe::commerce::{self, balances};

/// A postal address.
#[derive(SimpleObject)]
pub struct CommerceAddress {
    /// `BILLING`, `DELIVERY`, or `BUSINESS`.
    kind: &'static str,
    /// Street and number.
    line1: Option<String>,
    /// Flat, floor.
    line2: Option<String>,
    /// Town.
    city: Option<String>,
    /// State or county.
    region: Option<String>,
    /// Country, two letters.
    country: Option<String>,
    /// Postal code.
    postal_code: Option<String>,
}

impl From<commerce::Address> for CommerceAddress {
    fn from(of: commerce::Address) -> Self {
        let commerce::Address { kind, line1, line2, city, region, country, postal_code } = of;
        Self { kind, line1, line2, city, region, country, postal_code }
    }
}

/// What stands on a company's balance in one currency.
#[derive(SimpleObject)]
pub struct CommerceBalance {
    /// What can be paid out.
    available: Money,
    /// What will come.
    pending: Money,
    /// What is kept back.
    reserved: Money,
}

impl From<commerce::Balance> for CommerceBalance {
    fn from(of: commerce::Balance) -> Self {
        let money = |minor| entity::value::Money::new(minor, of.currency).into();
        Self { available: money(of.available), pending: money(of.pending), reserved: money(of.reserved) }
    }
}

/// The business behind a connected account, and its balance. For the merchant's members and keys.
#[derive(SimpleObject)]
pub struct CommerceCompany {
    #[graphql(flatten)]
    source: CommerceSource,
    /// The name that customers know.
    name: Option<String>,
    /// The name in the register.
    legal_name: Option<String>,
    /// The number in the register, where the source shows it.
    registration_number: Option<String>,
    /// Where it is.
    addresses: Vec<CommerceAddress>,
    /// Its telephones.
    phones: Vec<String>,
    /// Its pages.
    web_links: Vec<String>,
    /// The currency of its account.
    base_currency: Currency,
    /// What stands on its balance, by currency.
    balances: Vec<CommerceBalance>,
}

impl CommerceCompany {
    /// The company with its balance, if that is known.
    pub(super) fn new(told: Told, balance: Option<&Value>) -> Self {
        let of = commerce::Company::read(&told.1);
        Self {
            source: told.into(),
            name: of.name,
            legal_name: of.legal_name,
            registration_number: of.registration_number,
            addresses: of.addresses.into_iter().map(Into::into).collect(),
            phones: of.phones,
            web_links: of.links,
            base_currency: of.currency,
            balances: balance.map(balances).unwrap_or_default().into_iter().map(Into::into).collect(),
        }
    }
}
