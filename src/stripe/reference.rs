//! What an id names, by its form at Stripe.

use crate::domain::purchase::{Key, KeyKind};

/// The reference with its kind. `py_` is the older form of a charge for bank payments.
#[must_use]
pub fn key_of(object: &str) -> Key {
    let kind = match object.split('_').next() {
        Some("in") => KeyKind::Invoice,
        Some("pi") => KeyKind::Intent,
        Some("ch" | "py") => KeyKind::Charge,
        Some("cs") => KeyKind::Checkout,
        _ => KeyKind::Other,
    };
    Key { kind, object: object.to_owned() }
}
