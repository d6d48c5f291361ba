//! What a delivered body leaves open (IN-6).

use serde_json::{Value, json};
use tributary::stripe::event::project_object;
use tributary::stripe::read::{Read, needs};

use super::{at, deliver};

fn open(event_type: &str, object: &Value) -> Vec<Read> {
    needs(&deliver(event_type, object).unwrap())
}

fn payment(intent: &str, charge: Option<&str>) -> Read {
    Read::InvoicePayments { intent: intent.into(), charge: charge.map(Into::into) }
}

#[test]
fn a_payment_that_does_not_say_whether_it_has_an_invoice() {
    let intent = json!({ "id": "pi_1", "object": "payment_intent", "amount": 5, "status": "succeeded", "latest_charge": "ch_1" });
    assert_eq!(open("payment_intent.succeeded", &intent), [payment("pi_1", Some("ch_1"))]);
    let mut old = intent.clone();
    old["invoice"] = json!(null);
    assert_eq!(open("payment_intent.succeeded", &old), []);
    old["invoice"] = json!("in_1");
    assert_eq!(open("payment_intent.succeeded", &old), []);
    let mut unpaid = intent.clone();
    unpaid["status"] = json!("processing");
    assert_eq!(open("payment_intent.succeeded", &unpaid), []);

    let charge =
        json!({ "id": "ch_1", "object": "charge", "amount": 5, "status": "succeeded", "captured": true, "payment_intent": "pi_1" });
    assert_eq!(open("charge.succeeded", &charge), [payment("pi_1", Some("ch_1"))]);
    let mut nested = charge.clone();
    nested["payment_intent"] = intent;
    assert_eq!(open("charge.succeeded", &nested), [payment("pi_1", Some("ch_1"))]);
    let mut alone = charge;
    alone["payment_intent"] = json!(null);
    assert_eq!(open("charge.succeeded", &alone), []);
}

#[test]
fn cs_7_an_invoice_that_leaves_out_payments_codes_or_lines() {
    let invoice = |more: Value| {
        let mut object = json!({
            "id": "in_1", "object": "invoice", "status": "paid", "total": 100, "amount_paid": 100, "currency": "eur", "discounts": [],
            "payment_intent": "pi_1", "lines": { "data": [{ "id": "il_1", "amount": 100 }], "has_more": false }
        });
        object.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        open("invoice.paid", &object)
    };
    let asked = [Read::Invoice("in_1".into())];
    assert_eq!(invoice(json!({})), []);
    assert_eq!(invoice(json!({ "payment_intent": null })), asked);
    assert_eq!(invoice(json!({ "payment_intent": null, "paid_out_of_band": true })), []);
    assert_eq!(invoice(json!({ "payment_intent": null, "amount_paid": 0, "total": 0 })), []);
    assert_eq!(invoice(json!({ "discounts": ["di_1"] })), asked);
    assert_eq!(invoice(json!({ "total_discount_amounts": [{ "amount": 1, "discount": "di_1" }] })), asked);
    assert_eq!(invoice(json!({ "discounts": [{ "id": "di_1", "coupon": { "id": "TEN" } }] })), []);
    assert_eq!(invoice(json!({ "lines": { "data": [{ "id": "il_1", "amount": 100 }], "has_more": true } })), asked);
    assert_eq!(invoice(json!({ "status": "open", "discounts": ["di_1"] })), []);
}

#[test]
fn a_payment_that_the_same_body_pairs_with_its_invoice_is_not_asked_about() {
    let invoice = json!({
        "id": "in_1", "object": "invoice", "status": "paid", "total": 100, "amount_paid": 100, "discounts": [], "lines": { "data": [] },
        "payments": { "data": [{ "id": "inpay_1", "object": "invoice_payment", "status": "paid", "amount_paid": 100, "invoice": "in_1",
            "payment": { "payment_intent": { "id": "pi_1", "object": "payment_intent", "amount": 100, "status": "succeeded", "latest_charge":
                { "id": "ch_1", "object": "charge", "amount": 100, "status": "succeeded", "captured": true, "payment_intent": "pi_1" } } } }] }
    });
    assert_eq!(needs(&project_object(&invoice, at(0))), []);
}

#[test]
fn a_discounted_checkout_that_names_no_code() {
    let session = |more: Value| {
        let mut object = json!({ "id": "cs_1", "object": "checkout.session", "mode": "payment", "status": "complete",
            "payment_status": "paid", "amount_total": 90, "total_details": { "amount_discount": 10 }, "discounts": [] });
        object.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        open("checkout.session.completed", &object)
    };
    let asked = [Read::Checkout("cs_1".into())];
    assert_eq!(session(json!({})), asked);
    assert_eq!(session(json!({ "discounts": null })), asked);
    assert_eq!(session(json!({ "discounts": [{ "coupon": null, "promotion_code": "promo_1" }] })), []);
    assert_eq!(session(json!({ "total_details": { "amount_discount": 0 } })), []);
    assert_eq!(session(json!({ "mode": "setup", "total_details": null })), []);
}

#[test]
fn ids_tell_what_to_read() {
    assert_eq!(Read::object("in_1"), Some(Read::Invoice("in_1".into())));
    assert_eq!(Read::object("py_1"), Some(Read::Charge("py_1".into())));
    assert_eq!(Read::object("cs_test_1"), Some(Read::Checkout("cs_test_1".into())));
    assert_eq!(Read::object("cus_1"), Some(Read::Customer("cus_1".into())));
    assert_eq!(Read::object("re_1"), None);
    assert_eq!(Read::object("nonsense"), None);
}
