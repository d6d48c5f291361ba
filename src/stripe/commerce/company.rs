//! The business behind the account, and what stands on its balance.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::value::{CommerceKind, CommerceStatus, Currency};
use serde_json::Value;

use super::customer::{Address, address};
use super::{Entry, entry, path, text};

/// The business.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Company {
    /// The name that customers know.
    pub name: Option<String>,
    /// The name in the register.
    pub legal_name: Option<String>,
    /// The number in the register, where Stripe shows it.
    pub registration_number: Option<String>,
    /// Where it is.
    pub addresses: Vec<Address>,
    /// Its telephones.
    pub phones: Vec<String>,
    /// Its pages.
    pub links: Vec<String>,
    /// The currency of its account.
    pub currency: Currency,
}

/// What stands on the balance in one currency, in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balance {
    /// Which currency.
    pub currency: Currency,
    /// What can be paid out.
    pub available: i64,
    /// What will come.
    pub pending: i64,
    /// What is kept back.
    pub reserved: i64,
}

pub(super) fn account(account: &Value, at: DateTime<Utc>) -> Option<Entry> {
    let own = entry(CommerceKind::Company, account, CommerceStatus::Active.as_str(), at)?;
    Some(Entry { currency: path::currency(account, &["default_currency"]), keep: true, ..own })
}

/// A balance has no id: there is one in an account and mode.
pub(super) fn balance(balance: &Value, at: DateTime<Utc>) -> Option<Entry> {
    path::list(balance, &["available"])?;
    Some(Entry {
        kind: CommerceKind::Balance,
        source_id: "balance".to_owned(),
        parent_id: None,
        status: CommerceStatus::Active.as_str(),
        currency: Currency::UNKNOWN,
        amount: 0,
        created_at: at,
        updated_at: None,
        derived: false,
        keep: true,
    })
}

impl Company {
    /// Reads an account.
    #[must_use]
    pub fn read(account: &Value) -> Self {
        let told = [address(account, "BUSINESS", "company.address"), address(account, "BUSINESS", "business_profile.support_address")];
        let mut addresses: Vec<Address> = told.into_iter().flatten().collect();
        addresses.dedup();
        let several = |paths: &[&str]| {
            let mut found: Vec<String> = paths.iter().filter_map(|path| text(account, &[path])).collect();
            found.dedup();
            found
        };
        Self {
            name: text(account, &["business_profile.name", "settings.dashboard.display_name", "business_name", "display_name"]),
            legal_name: text(account, &["company.name", "business_profile.name"]),
            registration_number: text(account, &["company.registration_number"]),
            addresses,
            phones: several(&["company.phone", "business_profile.support_phone"]),
            links: several(&["business_profile.url", "business_profile.support_url"]),
            currency: path::currency(account, &["default_currency"]),
        }
    }
}

/// What stands on a balance, in each currency.
#[must_use]
pub fn balances(balance: &Value) -> Vec<Balance> {
    let mut sums: BTreeMap<Currency, [i64; 3]> = BTreeMap::new();
    for (place, key) in ["available", "pending", "connect_reserved"].into_iter().enumerate() {
        for part in path::list(balance, &[key]).unwrap_or_default() {
            let sum = &mut sums.entry(path::currency(part, &["currency"])).or_default()[place];
            *sum = sum.saturating_add(path::int(part, &["amount"]).unwrap_or(0));
        }
    }
    sums.into_iter().map(|(currency, [available, pending, reserved])| Balance { currency, available, pending, reserved }).collect()
}
