//! The lines of an invoice (BA-1).

use serde_json::Value;

use super::{metadata, path};
use crate::domain::fact::{Line, Metadata, Stamp, Told};

/// The lines as far as the body tells them: a body holds only the first ten or so and says when there are more.
pub(super) fn lines(invoice: &Value, stamp: Stamp) -> Told<Line> {
    let Some(told) = path::list(invoice, &["lines"]) else {
        return Told::default();
    };
    let lines: Vec<Line> = told.iter().filter_map(line).collect();
    if is_whole(invoice, told.len()) && lines.len() == told.len() { Told::whole(stamp, lines) } else { Told::part(stamp, lines) }
}

fn is_whole(invoice: &Value, told: usize) -> bool {
    let more = path::flag(invoice, &["lines.has_more"]).unwrap_or(false);
    let count = path::int(invoice, &["lines.total_count"]).and_then(|count| usize::try_from(count).ok());
    !more && count.is_none_or(|count| count <= told)
}

fn line(line: &Value) -> Option<Line> {
    Some(Line {
        id: path::id(line, &["id"])?,
        amount: path::int(line, &["amount"])?,
        discounts: path::sum(path::filled(line, &["discount_amounts"]), &["amount"]),
        pretax_credits: path::sum(path::filled(line, &["pretax_credit_amounts"]), &["amount"]),
        inclusive_tax: inclusive_tax(line),
        price: path::id(line, &["pricing.price_details.price", "price", "plan"]),
        product: path::id(line, &["pricing.price_details.product", "price.product", "plan.product"]),
        lookup_key: path::text(line, &["pricing.price_details.price.lookup_key", "price.lookup_key"], LOOKUP_KEY_LENGTH),
        metadata: noted(line),
        quantity: path::int(line, &["quantity"]).unwrap_or(1),
        proration: path::flag(line, &PRORATION).unwrap_or(false),
    })
}

/// Stripe keeps at most this many characters of a lookup key.
pub(super) const LOOKUP_KEY_LENGTH: usize = 200;

/// What the merchant noted on the product and the price, where the body has them whole: the product's own note of a key goes first.
fn noted(line: &Value) -> Metadata {
    const PLACES: [&str; 6] = [
        "pricing.price_details.product.metadata",
        "price.product.metadata",
        "plan.product.metadata",
        "pricing.price_details.price.metadata",
        "price.metadata",
        "plan.metadata",
    ];
    let mut all = Metadata::new();
    for (key, value) in PLACES.iter().filter_map(|place| path::at(line, place)).flat_map(metadata::noted) {
        all.entry(key).or_insert(value);
    }
    all
}

/// Where a line says whether it settles a change within a period: new bodies by what it came from, old ones by a field of its own.
const PRORATION: [&str; 3] = ["parent.subscription_item_details.proration", "parent.invoice_item_details.proration", "proration"];

/// The tax that is part of a line's amount. Exclusive tax comes on top of it and is none of the line's.
pub(super) fn inclusive_tax(line: &Value) -> i64 {
    let taxes = path::filled(line, &["taxes", "tax_amounts"]);
    let inclusive = taxes.iter().filter(|tax| {
        path::word(tax, &["tax_behavior"]).map_or_else(|| path::flag(tax, &["inclusive"]) == Some(true), |word| word == "inclusive")
    });
    inclusive.filter_map(|tax| path::int(tax, &["amount"])).fold(0, i64::saturating_add)
}
