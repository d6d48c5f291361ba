//! What can be written.

mod catalog;
mod endpoint;
mod payment;
mod people;

pub use catalog::{coupon, new_coupon, new_price, new_product, new_promotion_code, no_coupon, promotion_code};
pub use endpoint::{endpoint, new_endpoint, no_endpoint};
pub use payment::{charge, intent, invoice, new_refund, subscription};
pub use people::{customer, new_balance_change, new_customer, no_customer};

use super::Refusal;
use super::params::Params;
use crate::model::{Address, Metadata, Shipping};

/// Stripe keeps so many keys of metadata, so long ones, and so long values.
const KEYS: usize = 50;
const KEY_LENGTH: usize = 40;
const VALUE_LENGTH: usize = 500;

/// Puts changes into metadata: an empty value takes its key away, and empty metadata all of them.
fn merge(metadata: &mut Metadata, params: &mut Params) -> Result<(), Refusal> {
    let clear = params.take("metadata").is_some_and(|text| text.is_empty());
    let Some(changes) = params.take_map("metadata") else { return Ok(()) };
    if clear {
        metadata.clear();
    }
    for (key, value) in changes {
        if key.chars().count() > KEY_LENGTH || value.chars().count() > VALUE_LENGTH {
            let message = format!("Metadata keys may have {KEY_LENGTH} characters, and values {VALUE_LENGTH}.");
            return Err(Refusal::wrong(None, &message).about(&format!("metadata[{key}]")));
        }
        if value.is_empty() {
            metadata.remove(&key);
        } else {
            metadata.insert(key, value);
        }
    }
    if metadata.len() > KEYS {
        return Err(Refusal::wrong(None, &format!("Metadata may have {KEYS} keys.")).about("metadata"));
    }
    Ok(())
}

/// A text that may be changed: what is not given stays, and an empty one takes it away.
fn text(field: &mut Option<String>, params: &mut Params, path: &str) {
    if let Some(given) = params.take(path) {
        *field = (!given.is_empty()).then_some(given);
    }
}

fn address(of: &mut Address, params: &mut Params, under: &str) {
    text(&mut of.line1, params, &format!("{under}.line1"));
    text(&mut of.line2, params, &format!("{under}.line2"));
    text(&mut of.postal_code, params, &format!("{under}.postal_code"));
    text(&mut of.city, params, &format!("{under}.city"));
    text(&mut of.state, params, &format!("{under}.state"));
    text(&mut of.country, params, &format!("{under}.country"));
}

/// Where goods go, when it is given. It cannot be taken away again.
fn shipping(of: &mut Option<Shipping>, params: &mut Params) {
    if !params.has("shipping") {
        return;
    }
    let of = of.get_or_insert_default();
    text(&mut of.name, params, "shipping.name");
    text(&mut of.phone, params, "shipping.phone");
    text(&mut of.carrier, params, "shipping.carrier");
    text(&mut of.tracking_number, params, "shipping.tracking_number");
    address(&mut of.address, params, "shipping.address");
}
