//! What the shop sells, as invoices.

use chrono::{DateTime, Utc};

use crate::demo::stripe::{Bill, Buyer, Discount, Line, Subscription, Tax};

/// The price of the weekly plan.
pub const WEEKLY: &str = "price_1DemoWeekly";
/// The price of the larger weekly plan.
pub const WEEKLY_LARGE: &str = "price_1DemoWeeklyLarge";
/// The price of a full package.
pub const PACKAGE: &str = "price_1DemoPackage";
/// The price of a template.
pub const TEMPLATE: &str = "price_1DemoTemplate";
/// The price of the workshop, for which the program has a rate of its own.
pub const WORKSHOP: &str = "price_1DemoWorkshop";

/// An invoice of a package at 100 without tax.
pub fn package(name: &str, buyer: &Buyer, at: DateTime<Utc>) -> Bill {
    Bill {
        name: name.to_owned(),
        buyer: buyer.clone(),
        reason: "manual",
        currency: "usd",
        lines: vec![Line::new("Full package", PACKAGE, 100_00)],
        subscription: None,
        discount: None,
        at,
    }
}

/// An invoice of a package at 100 with 20 tax on top: E1.
pub fn taxed_package(name: &str, buyer: &Buyer, at: DateTime<Utc>) -> Bill {
    let line = Line { tax: Tax::OnTop(20_00), ..Line::new("Full package", PACKAGE, 100_00) };
    Bill { lines: vec![line], ..package(name, buyer, at) }
}

/// An invoice of a subscription for one period.
pub fn period(name: &str, of: &Subscription, reason: &'static str, amount: i64, at: DateTime<Utc>) -> Bill {
    Bill { reason, lines: vec![Line::new("Lumen, weekly", of.price, amount)], subscription: Some(of.id()), ..package(name, &of.buyer, at) }
}

/// The same invoice with a code that takes `off` from its only line and leaves `tax` on top.
pub fn discounted(mut bill: Bill, discount: Discount, off: i64, tax: i64) -> Bill {
    if let Some(line) = bill.lines.first_mut() {
        line.off = off;
        line.tax = if tax == 0 { Tax::None } else { Tax::OnTop(tax) };
    }
    Bill { discount: Some(discount), ..bill }
}
