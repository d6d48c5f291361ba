//! Which discounts an invoice shows, in the source's order (AT-9, CS-7).

use serde_json::Value;

use super::{discount, path};
use crate::domain::fact::{Code, Stamp, Told};

/// The discounts of an invoice. `None` when the body has no place for them.
pub(super) struct Discounts(Option<Vec<Applied>>);

struct Applied {
    id: Option<String>,
    code: Option<Code>,
}

/// Gathers the discounts from every place where some version puts them: the whole invoice first, then the lines. A coupon on one line
/// leaves the invoice's own list empty, so the amounts are read too.
pub(super) fn of(invoice: &Value) -> Discounts {
    let told = ["discounts", "discount", "total_discount_amounts"].iter().any(|key| invoice.get(key).is_some());
    if !told {
        return Discounts(None);
    }
    let mut found: Vec<Applied> = Vec::new();
    let amounts = |object, key| path::filled(object, &[key]).iter().filter_map(|amount| path::at(amount, "discount"));
    path::filled(invoice, &["discounts"]).iter().for_each(|value| add(&mut found, value));
    path::at(invoice, "discount").into_iter().for_each(|value| add(&mut found, value));
    amounts(invoice, "total_discount_amounts").for_each(|value| add(&mut found, value));
    for line in path::filled(invoice, &["lines"]) {
        path::filled(line, &["discounts"]).iter().for_each(|value| add(&mut found, value));
        amounts(line, "discount_amounts").for_each(|value| add(&mut found, value));
    }
    Discounts(Some(found))
}

/// One discount stands in several places, whole in some and by id in others.
fn add(found: &mut Vec<Applied>, value: &Value) {
    let (id, code) = (path::id_of(value), discount::code(value));
    let known = found.iter_mut().find(|known| if id.is_some() { known.id == id } else { known.code == code });
    match known {
        Some(known) => known.code = known.code.take().or(code),
        None if id.is_some() || code.is_some() => found.push(Applied { id, code }),
        None => {}
    }
}

impl Discounts {
    /// Those that say what they apply. The list is whole when all do.
    pub(super) fn codes(&self, stamp: Stamp) -> Told<Code> {
        let Some(found) = &self.0 else {
            return Told::default();
        };
        let codes: Vec<Code> = found.iter().filter_map(|applied| applied.code.clone()).collect();
        if codes.len() == found.len() { Told::whole(stamp, codes) } else { Told::part(stamp, codes) }
    }

    /// Those told by their id alone.
    pub(super) fn only_ids(&self, stamp: Stamp) -> Told<String> {
        let Some(found) = &self.0 else {
            return Told::default();
        };
        let ids = found.iter().filter(|applied| applied.code.is_none()).filter_map(|applied| applied.id.clone());
        Told::whole(stamp, ids.collect())
    }
}

/// Discounts that the body does not spread over its lines. Bodies since 2020 do, also for discounts on the whole invoice, and this is
/// zero: a line then has a list of discount amounts, if an empty one.
pub(super) fn not_on_lines(invoice: &Value) -> i64 {
    let lines = path::list(invoice, &["lines"]).unwrap_or_default();
    let spread = |line: &Value| ["discount_amounts", "pretax_credit_amounts"].iter().any(|key| path::at(line, key).is_some());
    if lines.is_empty() || lines.iter().any(spread) {
        return 0;
    }
    if let Some(amounts) = path::list(invoice, &["total_discount_amounts"]) {
        return path::sum(amounts, &["amount"]);
    }
    // Before there were discount amounts there was one discount and only exclusive tax.
    let (Some(subtotal), Some(total), Some(_)) =
        (path::int(invoice, &["subtotal"]), path::int(invoice, &["total"]), path::at(invoice, "discount"))
    else {
        return 0;
    };
    let tax = path::int(invoice, &["tax"]).unwrap_or(0);
    subtotal.saturating_sub(total.saturating_sub(tax)).max(0)
}
