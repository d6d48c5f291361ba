//! Customers.

use serde_json::{Value, json};

use super::{View, discount};
use crate::model::{Address, BalanceChange, Customer, Shipping};

pub fn customer(of: &Customer, view: View) -> Value {
    if of.deleted {
        return json!({ "id": of.id, "object": "customer", "deleted": true });
    }
    json!({
        "id": of.id, "object": "customer", "created": of.created.timestamp(), "livemode": view.livemode, "email": of.email,
        "name": of.name, "phone": of.phone, "description": of.description, "currency": of.currency, "balance": of.balance,
        "delinquent": false, "address": of.address.as_ref().map(address), "shipping": of.shipping.as_ref().map(recipient),
        "discount": of.discount.as_ref().map(|of| discount(of, view)), "default_source": null, "preferred_locales": [],
        "invoice_settings": { "custom_fields": null, "default_payment_method": null, "footer": null, "rendering_options": null },
        "tax_exempt": "none", "metadata": of.metadata
    })
}

pub fn balance_change(of: &BalanceChange, view: View) -> Value {
    json!({
        "id": of.id, "object": "customer_balance_transaction", "created": of.created.timestamp(), "livemode": view.livemode,
        "amount": of.amount, "currency": of.currency, "customer": of.customer, "ending_balance": of.ending, "type": "adjustment",
        "description": of.description, "credit_note": null, "invoice": null, "metadata": of.metadata
    })
}

pub(super) fn address(of: &Address) -> Value {
    json!({
        "line1": of.line1, "line2": of.line2, "postal_code": of.postal_code, "city": of.city, "state": of.state, "country": of.country
    })
}

/// Where a customer's goods go: without the numbers under which they travel.
fn recipient(of: &Shipping) -> Value {
    json!({ "name": of.name, "phone": of.phone, "address": address(&of.address) })
}

pub(super) fn shipping(of: &Shipping) -> Value {
    json!({
        "name": of.name, "phone": of.phone, "address": address(&of.address), "carrier": of.carrier, "tracking_number": of.tracking_number
    })
}
