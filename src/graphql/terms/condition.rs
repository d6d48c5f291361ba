//! Conditional rewards, as shown.

use async_graphql::{Enum, SimpleObject};
use entity::value::{Condition, ConditionalReward, Currency};

use super::RewardRule;

/// A reward under a condition.
#[derive(SimpleObject)]
#[graphql(name = "ConditionalReward")]
pub struct ConditionalTerms {
    /// Its name within the version.
    id: String,
    /// The greatest goes first.
    priority: i16,
    /// When it holds.
    when: ConditionRule,
    /// What is earned then.
    reward: RewardRule,
}

impl From<&ConditionalReward> for ConditionalTerms {
    fn from(one: &ConditionalReward) -> Self {
        Self { id: one.id.clone(), priority: one.priority, when: (&one.when).into(), reward: one.reward.into() }
    }
}

/// Whether a condition asks anywhere who the partner is.
pub(super) fn asks_who(condition: &Condition) -> bool {
    let asks = matches!(condition, Condition::Partner { .. } | Condition::PartnerGroup { .. } | Condition::PartnerMetadata { .. });
    asks || condition.parts().iter().any(asks_who)
}

/// What must be so. Something that is not known equals nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, serde::Serialize)]
pub enum ConditionKind {
    /// All of `of` hold.
    All,
    /// At least one of `of` holds.
    Any,
    /// None of `of` holds.
    None,
    /// The country of the customer's billing address is one of `values`: codes of ISO 3166-1 with two capital letters.
    CustomerCountry,
    /// Whether the customer had bought nothing before the partner brought them is as `is` says.
    CustomerNew,
    /// The metadata of the customer at Stripe has one of `values` under `key`.
    CustomerMetadata,
    /// The partner is one of `values`: ids of partners.
    Partner,
    /// The partner is in one of the groups `values` at the time of the purchase: ids of groups.
    PartnerGroup,
    /// The metadata of the partner has one of `values` under `key`.
    PartnerMetadata,
    /// The net of all lines, without tax, shipping and refunds, is at least `from` and below `below`, of which one may be left out, in minor
    /// units of `currency`. It never holds in another currency.
    PurchaseAmount,
    /// The currency of the purchase is one of `values`.
    PurchaseCurrency,
    /// Whether the purchase is the first one, as payments are counted for the duration, is as `is` says.
    PurchaseFirst,
    /// Whether the purchase belongs to a subscription is as `is` says.
    PurchaseSubscription,
    /// The metadata of the purchase's own objects has one of `values` under `key`.
    PurchaseMetadata,
    /// The line's price is one of `values`: ids of Stripe's.
    Price,
    /// The lookup key of the line's price is one of `values`.
    LookupKey,
    /// The line's product is one of `values`: ids of Stripe's.
    Product,
    /// The metadata of the line's product has one of `values` under `key`.
    ProductMetadata,
}

/// What must be so.
#[derive(SimpleObject)]
#[graphql(name = "Condition")]
pub struct ConditionRule {
    /// What is asked; the enum says which of the other fields go with it.
    kind: ConditionKind,
    /// What stands inside of a group; groups stand in one another at most five deep.
    of: Option<Vec<ConditionRule>>,
    /// The key of metadata.
    key: Option<String>,
    /// The texts, ids, codes or currencies of which one has to be there.
    values: Option<Vec<String>>,
    /// Whether it has to be so or not so.
    is: Option<bool>,
    /// The currency of the bounds.
    currency: Option<Currency>,
    /// The lower bound, included.
    from: Option<String>,
    /// The upper bound, not included.
    below: Option<String>,
}

impl ConditionRule {
    const fn of_kind(kind: ConditionKind) -> Self {
        Self { kind, of: None, key: None, values: None, is: None, currency: None, from: None, below: None }
    }

    fn group(kind: ConditionKind, of: &[Condition]) -> Self {
        Self { of: Some(of.iter().map(Into::into).collect()), ..Self::of_kind(kind) }
    }

    fn one_of<T: ToString>(kind: ConditionKind, values: &[T]) -> Self {
        Self { values: Some(values.iter().map(ToString::to_string).collect()), ..Self::of_kind(kind) }
    }

    fn metadata(kind: ConditionKind, key: &str, values: &[String]) -> Self {
        Self { key: Some(key.to_owned()), ..Self::one_of(kind, values) }
    }

    fn flag(kind: ConditionKind, is: bool) -> Self {
        Self { is: Some(is), ..Self::of_kind(kind) }
    }
}

impl From<&Condition> for ConditionRule {
    fn from(condition: &Condition) -> Self {
        use ConditionKind as Kind;
        match condition {
            Condition::All { of } => Self::group(Kind::All, of),
            Condition::Any { of } => Self::group(Kind::Any, of),
            Condition::None { of } => Self::group(Kind::None, of),
            Condition::CustomerCountry { values } => Self::one_of(Kind::CustomerCountry, values),
            Condition::CustomerNew { is } => Self::flag(Kind::CustomerNew, *is),
            Condition::CustomerMetadata { key, values } => Self::metadata(Kind::CustomerMetadata, key, values),
            Condition::Partner { values } => Self::one_of(Kind::Partner, values),
            Condition::PartnerGroup { values } => Self::one_of(Kind::PartnerGroup, values),
            Condition::PartnerMetadata { key, values } => Self::metadata(Kind::PartnerMetadata, key, values),
            Condition::PurchaseAmount { currency, from, below } => Self {
                currency: Some(*currency),
                from: from.map(|from| from.to_string()),
                below: below.map(|below| below.to_string()),
                ..Self::of_kind(Kind::PurchaseAmount)
            },
            Condition::PurchaseCurrency { values } => Self::one_of(Kind::PurchaseCurrency, values),
            Condition::PurchaseFirst { is } => Self::flag(Kind::PurchaseFirst, *is),
            Condition::PurchaseSubscription { is } => Self::flag(Kind::PurchaseSubscription, *is),
            Condition::PurchaseMetadata { key, values } => Self::metadata(Kind::PurchaseMetadata, key, values),
            Condition::Price { values } => Self::one_of(Kind::Price, values),
            Condition::LookupKey { values } => Self::one_of(Kind::LookupKey, values),
            Condition::Product { values } => Self::one_of(Kind::Product, values),
            Condition::ProductMetadata { key, values } => Self::metadata(Kind::ProductMetadata, key, values),
        }
    }
}
