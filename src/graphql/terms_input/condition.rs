//! Conditional rewards, as given.

use async_graphql::InputObject;
use entity::value::{Condition, ConditionalReward, Currency};
use serde::Serialize;

use super::reader::Reader;
use super::reward::RewardInput;
use crate::graphql::terms::ConditionKind;
use crate::service::RefusalCode;

/// A reward under a condition.
#[derive(Clone, Debug, InputObject, Serialize)]
pub struct ConditionalRewardInput {
    /// Its name within the version: 1 to 64 letters, digits, hyphens and underscores.
    pub(super) id: String,
    /// The greatest goes first, -1000 to 1000.
    #[graphql(default)]
    pub(super) priority: i32,
    /// When it holds.
    pub(super) when: ConditionInput,
    /// What is earned then.
    pub(super) reward: RewardInput,
}

/// What must be so: a kind, and the fields that go with it.
#[derive(Clone, Debug, InputObject, Serialize)]
pub struct ConditionInput {
    /// What is asked; the enum says which of the other fields go with it.
    pub(super) kind: ConditionKind,
    /// For ALL, ANY and NONE: what stands inside. Groups stand in one another at most five deep.
    #[graphql(default)]
    pub(super) of: Option<Vec<ConditionInput>>,
    /// For metadata: the key.
    #[graphql(default)]
    pub(super) key: Option<String>,
    /// The texts, ids, codes or currencies of which one has to be there, at most 200.
    #[graphql(default)]
    pub(super) values: Option<Vec<String>>,
    /// Whether it has to be so or not so.
    #[graphql(default)]
    pub(super) is: Option<bool>,
    /// For `PURCHASE_AMOUNT`: the currency of the bounds.
    #[graphql(default)]
    pub(super) currency: Option<Currency>,
    /// For `PURCHASE_AMOUNT`: the lower bound, included; whole minor units as a 64-bit integer in a string.
    #[graphql(default)]
    pub(super) from: Option<String>,
    /// For `PURCHASE_AMOUNT`: the upper bound, not included; whole minor units as a 64-bit integer in a string.
    #[graphql(default)]
    pub(super) below: Option<String>,
}

/// Which fields go with a kind of condition.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Group,
    Values,
    Metadata,
    Flag,
    Amount,
}

const fn shape(kind: ConditionKind) -> Shape {
    use ConditionKind as Kind;
    match kind {
        Kind::All | Kind::Any | Kind::None => Shape::Group,
        Kind::CustomerMetadata | Kind::PartnerMetadata | Kind::PurchaseMetadata | Kind::ProductMetadata => Shape::Metadata,
        Kind::CustomerNew | Kind::PurchaseFirst | Kind::PurchaseSubscription => Shape::Flag,
        Kind::PurchaseAmount => Shape::Amount,
        Kind::CustomerCountry
        | Kind::Partner
        | Kind::PartnerGroup
        | Kind::PurchaseCurrency
        | Kind::Price
        | Kind::LookupKey
        | Kind::Product => Shape::Values,
    }
}

impl Reader {
    pub(super) fn conditional(&mut self, path: &str, one: ConditionalRewardInput) -> Option<ConditionalReward> {
        let priority = self.priority(path, one.priority);
        let when = self.condition(&format!("{path}.when"), one.when);
        let reward = self.reward(&format!("{path}.reward"), &one.reward);
        Some(ConditionalReward { id: one.id, priority: priority?, when: when?, reward: reward? })
    }

    fn condition(&mut self, path: &str, given: ConditionInput) -> Option<Condition> {
        use ConditionKind as Kind;
        self.fields(path, &given);
        let at = |field: &str| format!("{path}.{field}");
        Some(match given.kind {
            Kind::All => Condition::All { of: self.group(path, given.of)? },
            Kind::Any => Condition::Any { of: self.group(path, given.of)? },
            Kind::None => Condition::None { of: self.group(path, given.of)? },
            Kind::CustomerNew => Condition::CustomerNew { is: self.required(&at("is"), given.is)? },
            Kind::PurchaseFirst => Condition::PurchaseFirst { is: self.required(&at("is"), given.is)? },
            Kind::PurchaseSubscription => Condition::PurchaseSubscription { is: self.required(&at("is"), given.is)? },
            Kind::PurchaseAmount => {
                let from = given.from.map(|from| self.whole(&at("from"), &from));
                let below = given.below.map(|below| self.whole(&at("below"), &below));
                let currency = self.required(&at("currency"), given.currency)?;
                if from == Some(None) || below == Some(None) {
                    return None;
                }
                Condition::PurchaseAmount { currency, from: from.flatten(), below: below.flatten() }
            }
            Kind::CustomerMetadata | Kind::PartnerMetadata | Kind::PurchaseMetadata | Kind::ProductMetadata => {
                let (key, values) = (self.required(&at("key"), given.key), self.required(&at("values"), given.values));
                metadata(given.kind, key?, values?)
            }
            Kind::CustomerCountry | Kind::Price | Kind::LookupKey | Kind::Product => {
                texts(given.kind, self.required(&at("values"), given.values)?)
            }
            Kind::Partner => Condition::Partner { values: self.parsed(path, given.values, "an id of a partner")? },
            Kind::PartnerGroup => Condition::PartnerGroup { values: self.parsed(path, given.values, "an id of a group of partners")? },
            Kind::PurchaseCurrency => Condition::PurchaseCurrency { values: self.parsed(path, given.values, "a currency")? },
        })
    }

    /// Fields that do not go with the kind are a mistake that would change what is paid.
    fn fields(&mut self, path: &str, given: &ConditionInput) {
        let shape = shape(given.kind);
        let amount = shape == Shape::Amount;
        let fits = [
            ("of", given.of.is_some(), shape == Shape::Group),
            ("key", given.key.is_some(), shape == Shape::Metadata),
            ("values", given.values.is_some(), matches!(shape, Shape::Values | Shape::Metadata)),
            ("is", given.is.is_some(), shape == Shape::Flag),
            ("currency", given.currency.is_some(), amount),
            ("from", given.from.is_some(), amount),
            ("below", given.below.is_some(), amount),
        ];
        for (field, is_given, goes) in fits {
            if is_given && !goes {
                self.fault::<()>(&format!("{path}.{field}"), RefusalCode::Invalid, "does not go with this kind");
            }
        }
    }

    fn group(&mut self, path: &str, of: Option<Vec<ConditionInput>>) -> Option<Vec<Condition>> {
        let path = format!("{path}.of");
        let of = self.required(&path, of)?;
        Some(self.all(&path, of, Self::condition))
    }

    fn parsed<T: std::str::FromStr>(&mut self, path: &str, values: Option<Vec<String>>, what: &str) -> Option<Vec<T>> {
        let path = format!("{path}.values");
        let values = self.required(&path, values)?;
        Some(self.all(&path, values, |reader, path, text| match text.parse() {
            Ok(value) => Some(value),
            Err(_) => reader.fault(path, RefusalCode::Invalid, &format!("must be {what}")),
        }))
    }
}

const fn metadata(kind: ConditionKind, key: String, values: Vec<String>) -> Condition {
    match kind {
        ConditionKind::CustomerMetadata => Condition::CustomerMetadata { key, values },
        ConditionKind::PartnerMetadata => Condition::PartnerMetadata { key, values },
        ConditionKind::PurchaseMetadata => Condition::PurchaseMetadata { key, values },
        _ => Condition::ProductMetadata { key, values },
    }
}

const fn texts(kind: ConditionKind, values: Vec<String>) -> Condition {
    match kind {
        ConditionKind::CustomerCountry => Condition::CustomerCountry { values },
        ConditionKind::Price => Condition::Price { values },
        ConditionKind::LookupKey => Condition::LookupKey { values },
        _ => Condition::Product { values },
    }
}

#[cfg(test)]
impl ConditionInput {
    pub(super) const fn of_kind(kind: ConditionKind) -> Self {
        Self { kind, of: None, key: None, values: None, is: None, currency: None, from: None, below: None }
    }
}
