//! One shop, rendered in several versions of the API, gives the same facts: money that comes in.

use serde_json::{Value, json};
use tributary::domain::fact::{ChargeStatus, CheckoutMode, CheckoutPayment, Code, Fact, IntentStatus, InvoiceStatus};

use super::{AT, at, fact, same, with};

/// A renewal: 100.00 with 10.00 off by a promotion code and 15.00 inclusive tax, an upgrade's credit of 20.00, 5.00 shipping with 1.00 tax.
fn invoice_core() -> Value {
    json!({
        "id": "in_1", "object": "invoice", "currency": "eur", "created": AT - 60, "customer": "cus_1", "customer_email": "ann@example.com",
        "customer_name": "Ann", "status": "paid", "total": 7600, "amount_paid": 7600, "amount_due": 7600,
        "status_transitions": { "paid_at": AT - 5 }, "metadata": { "tributary_partner": "ada" },
        "shipping_cost": { "amount_subtotal": 500, "amount_tax": 100, "amount_total": 600 },
        "total_discount_amounts": [{ "amount": 1000, "discount": "di_1" }]
    })
}

fn old_lines() -> Value {
    json!({ "object": "list", "has_more": false, "data": [
        {
            "id": "il_1", "object": "line_item", "amount": 10000, "type": "subscription", "subscription": "sub_1", "proration": false,
            "quantity": 2, "price": { "id": "price_1", "object": "price", "product": "prod_1" },
            "discount_amounts": [{ "amount": 1000, "discount": "di_1" }],
            "tax_amounts": [{ "amount": 1500, "inclusive": true }, { "amount": 99, "inclusive": false }],
            "metadata": { "tributary_customer_id": "user-7" }
        },
        {
            "id": "il_2", "object": "line_item", "amount": -2000, "type": "invoiceitem", "subscription": "sub_1", "proration": true,
            "quantity": 1, "plan": { "id": "price_0", "object": "plan", "product": "prod_1" }, "discount_amounts": [], "tax_amounts": []
        }
    ] })
}

fn new_lines() -> Value {
    json!({ "object": "list", "has_more": false, "data": [
        {
            "id": "il_1", "object": "line_item", "amount": 10000, "quantity": 2,
            "parent": { "type": "subscription_item_details", "invoice_item_details": null,
                "subscription_item_details": { "subscription": "sub_1", "subscription_item": "si_1", "proration": false } },
            "pricing": { "type": "price_details", "price_details": { "price": "price_1", "product": "prod_1" } },
            "discount_amounts": [{ "amount": 1000, "discount": "di_1" }],
            "taxes": [{ "amount": 1500, "tax_behavior": "inclusive" }, { "amount": 99, "tax_behavior": "exclusive" }],
            "metadata": {}
        },
        {
            "id": "il_2", "object": "line_item", "amount": -2000, "quantity": 1,
            "parent": { "type": "invoice_item_details", "subscription_item_details": null,
                "invoice_item_details": { "invoice_item": "ii_1", "proration": true, "subscription": "sub_1" } },
            "pricing": { "type": "price_details", "price_details": { "price": "price_0", "product": "prod_1" } },
            "discount_amounts": [], "taxes": []
        }
    ] })
}

fn renderings_of_an_invoice() -> Vec<(&'static str, Value)> {
    let parent = json!({ "type": "subscription_details", "quote_details": null,
        "subscription_details": { "subscription": "sub_1", "metadata": { "tributary_customer_id": "user-7" } } });
    let payments = json!({ "object": "list", "data": [
        { "id": "inpay_1", "object": "invoice_payment", "invoice": "in_1", "status": "paid", "amount_paid": 7600,
          "payment": { "type": "payment_intent", "payment_intent": "pi_1" } },
        { "id": "inpay_2", "object": "invoice_payment", "invoice": "in_1", "status": "open", "amount_paid": null,
          "payment": { "type": "charge", "charge": "ch_1" } }
    ] });
    let old_discount = json!({ "id": "di_1", "object": "discount", "customer": "cus_1", "promotion_code": "promo_1",
        "coupon": { "id": "TEN", "object": "coupon", "amount_off": 1000, "currency": "eur" } });
    let new_discount = json!({ "id": "di_1", "object": "discount", "customer": "cus_1", "promotion_code": "promo_1",
        "source": { "type": "coupon", "coupon": "TEN" } });
    let old = json!({
        "subscription": "sub_1", "payment_intent": "pi_1", "charge": { "id": "ch_1" }, "paid": true, "paid_out_of_band": false,
        "tax": 1600, "total_tax_amounts": [{ "amount": 1500 }, { "amount": 100 }], "discount": old_discount, "discounts": ["di_1"],
        "lines": old_lines()
    });
    let acacia = json!({ "subscription_details": { "metadata": { "tributary_customer_id": "user-7" } }, "total_excluding_tax": 6000 });
    let new = json!({
        "subscription": null, "parent": parent, "total_taxes": [{ "amount": 1500 }, { "amount": 100 }], "total_excluding_tax": 6000,
        "amount_overpaid": 0, "lines": new_lines(), "payments": payments
    });
    let core = invoice_core();
    let basil = with(&with(&core, &new), &json!({ "discounts": [old_discount] }));
    let clover = with(&with(&core, &new), &json!({ "discounts": [new_discount] }));
    vec![
        ("2020-08-27", with(&core, &old)),
        ("acacia", with(&with(&core, &old), &acacia)),
        ("acacia recorded after basil", with(&with(&with(&core, &old), &acacia), &json!({ "parent": parent, "payments": payments }))),
        ("basil", basil),
        ("clover", clover.clone()),
        ("endive", with(&clover, &json!({ "amount_paid_off_stripe": 0, "customer_account": null }))),
    ]
}

#[test]
fn an_invoice() {
    let Fact::Invoice(invoice) = same("invoice.paid", &renderings_of_an_invoice()) else { panic!("not an invoice") };
    assert_eq!(invoice.status, InvoiceStatus::Paid);
    assert_eq!((invoice.total, invoice.total_excluding_tax, invoice.shipping, invoice.paid), (7600, 6000, 500, 7600));
    assert_eq!((invoice.discount_total, invoice.off_platform, invoice.overpaid, invoice.out_of_band), (0, 0, 0, false));
    assert_eq!(invoice.paid_at, Some(at(AT - 5)));
    assert_eq!(invoice.subscription.as_deref(), Some("sub_1"));
    assert_eq!(invoice.payments.iter().map(String::as_str).collect::<Vec<_>>(), ["ch_1", "pi_1"]);
    assert_eq!(invoice.persona.partner_key.as_deref(), Some("ada"));
    assert_eq!(invoice.subscription_persona.external_id.as_deref(), Some("user-7"));
    assert!(invoice.codes.whole && invoice.lines.whole);
    assert_eq!(invoice.codes.list, [Code { promotion_code: Some("promo_1".into()), coupon: Some("TEN".into()) }]);
    assert_eq!(invoice.discounts.list, Vec::<String>::new());
    let nets: Vec<i64> = invoice.lines.list.iter().map(tributary::domain::fact::Line::net).collect();
    assert_eq!(nets, [7500, -2000]);
    // BA-2: nets and shipping make the total without tax.
    assert_eq!(nets.iter().sum::<i64>() + invoice.shipping, invoice.total_excluding_tax);
    let line = &invoice.lines.list[1];
    assert_eq!((line.price.as_deref(), line.product.as_deref(), line.proration), (Some("price_0"), Some("prod_1"), true));
    assert_eq!(invoice.lines.list[0].quantity, 2);
}

#[test]
fn a_charge_and_its_intent() {
    let charge = json!({
        "id": "ch_1", "object": "charge", "amount": 5000, "amount_captured": 5000, "amount_refunded": 1200, "captured": true, "paid": true,
        "status": "succeeded", "currency": "usd", "created": AT - 9, "customer": "cus_1", "payment_intent": "pi_1",
        "billing_details": { "email": "ann@example.com", "name": "Ann" }, "payment_method_details": { "type": "card" },
        "metadata": { "tributary_token": "tok_1" }, "invoice": "in_1"
    });
    let refunds = json!({ "refunds": { "object": "list", "data": [
        { "id": "re_1", "object": "refund", "amount": 1200, "status": "succeeded", "currency": "usd", "charge": "ch_1", "created": AT }
    ] } });
    let Fact::Charge(told) = same("charge.refunded", &[("2020-08-27", with(&charge, &refunds)), ("2022-11-15", charge.clone())]) else {
        panic!("not a charge")
    };
    assert_eq!((told.status, told.captured, told.refunded.latest(), told.waited), (ChargeStatus::Succeeded, 5000, 1200, false));
    assert_eq!((told.captured_at, told.money_at()), (Some(at(AT)), Some(at(AT - 9))));
    assert_eq!(told.invoice.reference(), Some("in_1"));
    assert_eq!(told.persona.client_reference.as_deref(), Some("tok_1"));

    let intent = json!({
        "id": "pi_1", "object": "payment_intent", "amount": 5000, "amount_received": 5000, "status": "succeeded", "currency": "usd",
        "created": AT - 10, "customer": "cus_1", "receipt_email": "ann@example.com", "metadata": {}, "invoice": "in_1"
    });
    let Fact::Intent(told) = same(
        "payment_intent.succeeded",
        &[
            ("2022-08-01", with(&intent, &json!({ "charges": { "object": "list", "data": [charge] } }))),
            ("2022-11-15", with(&intent, &json!({ "latest_charge": "ch_1" }))),
            ("acacia", with(&intent, &json!({ "latest_charge": charge, "invoice": { "id": "in_1", "object": "invoice" } }))),
        ],
    ) else {
        panic!("not an intent")
    };
    assert_eq!((told.status, told.received, told.succeeded_at), (IntentStatus::Succeeded, 5000, Some(at(AT))));
    assert!(told.charges.contains("ch_1"));
}

#[test]
fn the_way_from_a_payment_to_its_invoice_is_told_not_told_or_told_as_none() {
    let charge = json!({ "id": "ch_1", "object": "charge", "amount": 1, "status": "succeeded", "currency": "usd" });
    for (more, known, none_stated) in
        [(json!({ "invoice": "in_1" }), Some("in_1"), false), (json!({ "invoice": null }), None, true), (json!({}), None, false)]
    {
        let Fact::Charge(told) = fact("charge.succeeded", &with(&charge, &more)) else { panic!("not a charge") };
        assert_eq!((told.invoice.reference(), told.invoice.none_stated), (known, none_stated), "{more}");
    }
}

#[test]
fn a_checkout() {
    let core = json!({
        "id": "cs_1", "object": "checkout.session", "mode": "payment", "status": "complete", "payment_status": "paid",
        "amount_total": 11000, "currency": "usd", "created": AT - 90, "customer": null, "customer_details": { "email": "ann@example.com" },
        "client_reference_id": "shop_tok", "payment_intent": "pi_1", "invoice": null, "subscription": null, "metadata": {}
    });
    let totals = json!({ "amount_discount": 1000, "amount_shipping": 500, "amount_tax": 1500 });
    let discount = json!({ "id": "di_1", "object": "discount", "promotion_code": "promo_1",
        "coupon": { "id": "TEN", "object": "coupon", "amount_off": 1000, "currency": "usd" } });
    let mut broken_down = totals.clone();
    broken_down["breakdown"] = json!({ "discounts": [{ "amount": 1000, "discount": discount }] });
    let cost = json!({ "amount_subtotal": 500, "amount_tax": 100, "amount_total": 600 });
    let Fact::Checkout(told) = same(
        "checkout.session.completed",
        &[
            ("2020-08-27", with(&core, &json!({ "total_details": broken_down, "shipping": { "name": "Ann" } }))),
            ("2022-08-01", with(&core, &json!({ "total_details": broken_down, "shipping_cost": cost }))),
            (
                "clover",
                with(
                    &core,
                    &json!({ "total_details": totals, "shipping_cost": cost, "currency_conversion": null,
                        "discounts": [{ "coupon": "TEN", "promotion_code": "promo_1" }] }),
                ),
            ),
            (
                "endive in another currency",
                with(
                    &core,
                    &json!({ "total_details": totals, "shipping_cost": cost, "customer_account": null,
                        "presentment_details": { "presentment_amount": 9999, "presentment_currency": "eur" },
                        "discounts": [{ "coupon": { "id": "TEN" }, "promotion_code": { "id": "promo_1" } }] }),
                ),
            ),
        ],
    ) else {
        panic!("not a checkout")
    };
    assert_eq!((told.mode, told.payment, told.completed), (CheckoutMode::Payment, CheckoutPayment::Paid, true));
    assert_eq!((told.total, told.tax, told.shipping), (11000, 1500, 500));
    assert_eq!((told.completed_at, told.paid_at), (Some(at(AT)), Some(at(AT))));
    assert_eq!(told.persona.client_reference.as_deref(), Some("shop_tok"));
    assert!(told.codes.whole);
    assert_eq!(told.codes.list, [Code { promotion_code: Some("promo_1".into()), coupon: Some("TEN".into()) }]);
}

#[test]
fn a_checkout_in_the_buyers_currency_counts_in_the_merchants() {
    let session = json!({
        "id": "cs_1", "object": "checkout.session", "mode": "payment", "status": "complete", "payment_status": "paid",
        "amount_total": 12000, "currency": "eur", "total_details": { "amount_discount": 0, "amount_shipping": 600, "amount_tax": 2000 },
        "currency_conversion": { "amount_subtotal": 9000, "amount_total": 10800, "fx_rate": "1.1111", "source_currency": "usd" }
    });
    let Fact::Checkout(told) = fact("checkout.session.completed", &session) else { panic!("not a checkout") };
    assert_eq!((told.total, told.tax, told.shipping, told.currency.as_str()), (10800, 1800, 540, "USD"));
}
