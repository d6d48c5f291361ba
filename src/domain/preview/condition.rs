//! Conditions in words.

use entity::value::{Condition, Currency};

use super::rewards::{list, sum};

/// What must be so, after "if". Groups inside of others stand in brackets.
pub(super) fn words(condition: &Condition) -> String {
    match condition {
        Condition::All { of } => joined(of, " and "),
        Condition::Any { of } => joined(of, " or "),
        Condition::None { of } => format!("none of this holds: {}", joined(of, "; ")),
        Condition::CustomerCountry { values } => format!("the customer's country is {}", list(values, "or")),
        Condition::CustomerNew { is: true } => "the customer had bought nothing before the partner brought them".to_owned(),
        Condition::CustomerNew { is: false } => "the customer had bought before the partner brought them".to_owned(),
        Condition::CustomerMetadata { key, values } => metadata("customer", key, values),
        Condition::Partner { values } => format!("the partner is {}", list(values, "or")),
        Condition::PartnerGroup { values } => format!("the partner is in the group {}", list(values, "or")),
        Condition::PartnerMetadata { key, values } => metadata("partner", key, values),
        Condition::PurchaseAmount { currency, from, below } => amount(*currency, *from, *below),
        Condition::PurchaseCurrency { values } => format!("the purchase is in {}", list(values, "or")),
        Condition::PurchaseFirst { is: true } => "it is the customer's first payment".to_owned(),
        Condition::PurchaseFirst { is: false } => "it is not the customer's first payment".to_owned(),
        Condition::PurchaseSubscription { is: true } => "the purchase belongs to a subscription".to_owned(),
        Condition::PurchaseSubscription { is: false } => "the purchase belongs to no subscription".to_owned(),
        Condition::PurchaseMetadata { key, values } => metadata("purchase", key, values),
        Condition::Price { values } => format!("the line's price is {}", list(values, "or")),
        Condition::LookupKey { values } => format!("the lookup key of the line's price is {}", list(values, "or")),
        Condition::Product { values } => format!("the line's product is {}", list(values, "or")),
        Condition::ProductMetadata { key, values } => metadata("line's product", key, values),
    }
}

fn joined(of: &[Condition], by: &str) -> String {
    let part = |part: &Condition| if part.parts().len() > 1 { format!("({})", words(part)) } else { words(part) };
    of.iter().map(part).collect::<Vec<_>>().join(by)
}

fn metadata(whose: &str, key: &str, values: &[String]) -> String {
    format!("the {whose} has {} as {key} in its metadata", list(values, "or"))
}

fn amount(currency: Currency, from: Option<i64>, below: Option<i64>) -> String {
    let from = from.map(|from| format!("at least {}", sum(from, currency)));
    let below = below.map(|below| format!("less than {}", sum(below, currency)));
    let bounds: Vec<String> = from.into_iter().chain(below).collect();
    format!("the purchase is worth {} without tax", list(&bounds, "and"))
}
