//! Customers and their balances.

use serde_json::json;

use super::super::Refusal;
use super::super::call::{Call, Done};
use super::{address, merge, shipping, text};
use crate::model::{BalanceChange, Customer};
use crate::render;

pub fn new_customer(call: &mut Call<'_>) -> Done {
    let id = call.shop.id("cus");
    let mut customer = Customer::new(id.clone(), call.shop.now());
    fill(&mut customer, call)?;
    call.shop.add_customer(customer);
    call.object(&id).ok_or_else(|| Refusal::missing("customer", &id))
}

pub fn customer(call: &mut Call<'_>) -> Done {
    let id = call.ids[0].clone();
    let mut customer = call.shop.customers.get(&id).filter(|of| !of.deleted).cloned().ok_or_else(|| Refusal::missing("customer", &id))?;
    fill(&mut customer, call)?;
    let now = call.shop.now();
    call.shop.change_customer(now, &id, |of| *of = customer);
    call.object(&id).ok_or_else(|| Refusal::missing("customer", &id))
}

fn fill(customer: &mut Customer, call: &mut Call<'_>) -> Result<(), Refusal> {
    let params = &mut call.params;
    text(&mut customer.email, params, "email");
    text(&mut customer.name, params, "name");
    text(&mut customer.phone, params, "phone");
    text(&mut customer.description, params, "description");
    if params.has("address") {
        address(customer.address.get_or_insert_default(), params, "address");
    }
    shipping(&mut customer.shipping, params);
    if let Some(balance) = params.take_int("balance") {
        customer.balance = balance;
    }
    merge(&mut customer.metadata, params)
}

pub fn no_customer(call: &mut Call<'_>) -> Done {
    let id = call.ids[0].clone();
    call.shop.customers.get(&id).filter(|of| !of.deleted).ok_or_else(|| Refusal::missing("customer", &id))?;
    let now = call.shop.now();
    call.shop.delete_customer(now, &id);
    Ok(json!({ "id": id, "object": "customer", "deleted": true }))
}

pub fn new_balance_change(call: &mut Call<'_>) -> Done {
    let customer = call.ids[0].clone();
    let of = call.shop.customers.get(&customer).filter(|of| !of.deleted).ok_or_else(|| Refusal::missing("customer", &customer))?;
    let currency = call.params.take("currency").unwrap_or_default().to_lowercase();
    if of.currency.as_ref().is_some_and(|own| *own != currency) {
        let message =
            format!("You cannot combine currencies on a single customer: this one has had {}.", of.currency.as_deref().unwrap_or_default());
        return Err(Refusal::wrong(None, &message));
    }
    let mut change = BalanceChange {
        id: call.shop.id("cbtxn"),
        created: call.shop.now(),
        customer,
        amount: call.params.take_int("amount").unwrap_or(0),
        ending: 0,
        currency,
        description: call.params.take("description"),
        metadata: std::collections::BTreeMap::new(),
    };
    merge(&mut change.metadata, &mut call.params)?;
    let id = call.shop.change_balance(change);
    Ok(render::balance_change(&call.shop.balance_changes[&id], call.view))
}
