//! The nets of an invoice's lines (BA-1, BA-2).

use std::collections::BTreeSet;

use entity::value::allocate;

use super::{Flag, NetLine};
use crate::domain::fact::{Invoice, Line};

/// Nets that sum to the invoice's total without tax and shipping, and what stood out on the way.
pub(super) fn nets(invoice: &Invoice, flags: &mut BTreeSet<Flag>) -> Vec<NetLine> {
    let expected = invoice.total_excluding_tax.saturating_sub(invoice.shipping);
    if !invoice.lines.whole || invoice.lines.list.is_empty() {
        if expected != 0 {
            flags.insert(Flag::LinesUnknown);
        }
        return vec![whole(expected)];
    }
    let mut lines: Vec<NetLine> = invoice.lines.list.iter().map(net_line).collect();
    if invoice.discount_total > 0 && invoice.lines.list.iter().all(|l| l.discounts == 0 && l.pretax_credits == 0) {
        // Older bodies keep a discount on the whole invoice off the lines.
        spread(&mut lines, invoice.discount_total.saturating_neg(), |net| net.max(0));
    }
    let rest = expected.saturating_sub(sum(&lines));
    if rest == 0 {
        return lines;
    }
    let tolerated = u64::try_from(lines.len()).unwrap_or(u64::MAX);
    if rest.unsigned_abs() <= tolerated && spread(&mut lines, rest, i64::saturating_abs) {
        return lines;
    }
    flags.insert(Flag::NetMismatch);
    vec![whole(expected)]
}

/// A purchase without lines: one line that is everything.
pub(super) fn whole(net: i64) -> NetLine {
    NetLine::plain(net, 1)
}

fn net_line(line: &Line) -> NetLine {
    NetLine {
        id: line.id.clone(),
        price: line.price.clone(),
        product: line.product.clone(),
        lookup_key: line.lookup_key.clone(),
        metadata: line.metadata.clone(),
        quantity: line.quantity,
        proration: line.proration,
        net: line.net(),
    }
}

fn sum(lines: &[NetLine]) -> i64 {
    lines.iter().fold(0, |sum, line| sum.saturating_add(line.net))
}

/// Adds `amount` over the lines by largest remainder; false when no line has a weight.
fn spread(lines: &mut [NetLine], amount: i64, weight: impl Fn(i64) -> i64) -> bool {
    let weights: Vec<i64> = lines.iter().map(|line| weight(line.net)).collect();
    let Ok(parts) = allocate(amount, &weights) else { return false };
    for (line, part) in lines.iter_mut().zip(parts) {
        line.net = line.net.saturating_add(part);
    }
    true
}
