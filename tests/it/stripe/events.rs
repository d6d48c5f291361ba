//! What only the type of an event tells, which events are used, and what stands inside an object.

use serde_json::{Value, json};
use tributary::domain::fact::{CheckoutPayment, CollectionStatus, DisputeStatus, Fact, InvoiceStatus};
use tributary::stripe::event::{EVENTS, Envelope, Ignore, Notice, Unreadable, project, project_object, registered};

use super::{AT, at, deliver, fact, told, with};

fn dispute(event_type: &str, more: &Value) -> tributary::domain::fact::Dispute {
    let mut object =
        json!({ "id": "du_1", "object": "dispute", "amount": 1000, "currency": "usd", "status": "needs_response", "charge": "ch_1" });
    object.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    match fact(event_type, &object) {
        Fact::Dispute(dispute) => dispute,
        other => panic!("{}", other.kind()),
    }
}

#[test]
fn a_dispute_that_is_merely_open_took_nothing() {
    let taken = json!({ "balance_transactions": [{ "amount": -1000, "currency": "usd" }] });
    let opened = dispute("charge.dispute.created", &taken);
    assert_eq!((opened.status, opened.withdrawn, opened.gone_at), (DisputeStatus::Open, false, None));
    let withdrawn = dispute("charge.dispute.funds_withdrawn", &taken);
    assert_eq!((withdrawn.withdrawn, withdrawn.gone_at), (true, Some(at(AT))));
}

#[test]
fn dp_5_the_fee_of_a_dispute_is_no_part_of_what_is_lost() {
    let fee = json!({ "balance_transactions": [{ "amount": -1000, "fee": 1500, "net": -2500, "currency": "usd" }] });
    let lost = dispute("charge.dispute.funds_withdrawn", &fee);
    assert_eq!((lost.amount, lost.withdrawn), (1_000, true));
    let back = json!({ "balance_transactions": [{ "amount": 1000, "fee": -1500, "net": 2500, "currency": "usd" }] });
    assert_eq!(dispute("charge.dispute.funds_reinstated", &back).reinstated, 1_000);
}

#[test]
fn what_was_reinstated_is_what_came_back() {
    let came_back = |lines: Value| dispute("charge.dispute.funds_reinstated", &json!({ "balance_transactions": lines })).reinstated;
    assert_eq!(came_back(json!([{ "amount": -1000, "currency": "usd" }, { "amount": 400, "currency": "usd" }])), 400);
    assert_eq!(came_back(json!([{ "amount": 4000, "currency": "usd" }])), 1000);
    assert_eq!(came_back(json!([{ "amount": 900, "currency": "eur" }])), 1000);
    assert_eq!(came_back(json!([])), 1000);
    assert_eq!(dispute("charge.dispute.closed", &json!({ "status": "won" })).reinstated, 0);
}

#[test]
fn a_slow_payment_fails_or_succeeds_by_its_event() {
    let session = |status: &str| json!({ "id": "cs_1", "object": "checkout.session", "mode": "payment", "payment_status": status, "amount_total": 100, "currency": "eur" });
    let payment = |event_type: &str, status: &str| match fact(event_type, &session(status)) {
        Fact::Checkout(told) => (told.payment, told.completed, told.paid_at),
        other => panic!("{}", other.kind()),
    };
    assert_eq!(payment("checkout.session.completed", "unpaid"), (CheckoutPayment::Unpaid, true, None));
    assert_eq!(payment("checkout.session.async_payment_failed", "unpaid"), (CheckoutPayment::Failed, true, None));
    assert_eq!(payment("checkout.session.async_payment_succeeded", "paid"), (CheckoutPayment::Paid, true, Some(at(AT))));
    assert_eq!(payment("checkout.session.expired", "unpaid"), (CheckoutPayment::Unpaid, false, None));
    assert_eq!(payment("checkout.session.completed", "no_payment_required"), (CheckoutPayment::NothingDue, true, None));
}

#[test]
fn money_that_came_later_waited() {
    let charge = |more: Value| {
        let mut object = json!({ "id": "ch_1", "object": "charge", "amount": 100, "currency": "eur", "created": AT - 100 });
        object.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        match fact("charge.succeeded", &object) {
            Fact::Charge(told) => (told.captured, told.waited, told.money_at()),
            other => panic!("{}", other.kind()),
        }
    };
    let captured = json!({ "status": "succeeded", "captured": true, "amount_captured": 60, "amount_refunded": 40 });
    assert_eq!(charge(captured), (60, false, Some(at(AT - 100))));
    assert_eq!(charge(json!({ "status": "succeeded", "captured": false, "amount_captured": 0 })), (0, true, None));
    assert_eq!(charge(json!({ "status": "pending", "captured": true, "amount_captured": 100 })), (0, true, None));
    let debit = json!({ "status": "succeeded", "captured": true, "payment_method_details": { "type": "sepa_debit" } });
    assert_eq!(charge(debit), (100, true, Some(at(AT))));
    assert_eq!(charge(json!({ "status": "failed", "captured": false })), (0, false, None));
}

#[test]
fn deletion_is_told_by_event_or_by_stub() {
    for (event_type, object) in [
        ("customer.deleted", json!({ "id": "cus_1", "object": "customer", "email": "ann@example.com" })),
        ("customer.updated", json!({ "id": "cus_1", "object": "customer", "deleted": true })),
    ] {
        assert!(
            matches!(fact(event_type, &object), Fact::Buyer(buyer) if buyer.deleted && buyer.persona.buyer.as_deref() == Some("cus_1"))
        );
    }
    assert!(matches!(fact("coupon.deleted", &json!({ "id": "TEN", "object": "coupon" })), Fact::Coupon(coupon) if coupon.deleted));
    assert!(
        matches!(fact("credit_note.voided", &json!({ "id": "cn_1", "object": "credit_note", "amount": 1 })), Fact::CreditNote(note) if note.void)
    );
}

#[test]
fn money_that_did_not_come_through_stripe_is_marked() {
    let invoice = |more: Value| {
        let mut object =
            json!({ "id": "in_1", "object": "invoice", "status": "paid", "total": 100, "amount_paid": 100, "currency": "eur" });
        object.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        match fact("invoice.paid", &object) {
            Fact::Invoice(told) => (told.out_of_band, told.off_platform, told.status),
            other => panic!("{}", other.kind()),
        }
    };
    assert_eq!(invoice(json!({ "paid_out_of_band": true })), (true, 100, InvoiceStatus::Paid));
    assert_eq!(invoice(json!({ "amount_paid_off_stripe": 100 })), (true, 100, InvoiceStatus::Paid));
    assert_eq!(invoice(json!({ "amount_paid_off_stripe": 30 })), (false, 30, InvoiceStatus::Paid));
    assert_eq!(invoice(json!({})), (false, 0, InvoiceStatus::Paid));
    assert_eq!(invoice(json!({ "status": null, "paid": true })), (false, 0, InvoiceStatus::Paid));
    assert_eq!(invoice(json!({ "status": "dreamt" })).2, InvoiceStatus::Draft);
}

#[test]
fn a_discount_of_a_time_before_discount_amounts_is_kept_whole() {
    let object = json!({
        "id": "in_1", "object": "invoice", "paid": true, "subtotal": 1000, "tax": 90, "total": 990, "amount_paid": 990, "currency": "usd",
        "discount": { "object": "discount", "coupon": { "id": "TEN", "object": "coupon", "amount_off": 100, "currency": "usd" } },
        "lines": { "data": [{ "id": "sub_1", "amount": 1000, "type": "subscription", "plan": { "id": "gold" } }] }
    });
    let projection = deliver("invoice.paid", &object).unwrap();
    let Fact::Invoice(told_invoice) = told(&projection, "in_1") else { panic!("not an invoice") };
    assert_eq!((told_invoice.discount_total, told_invoice.total_excluding_tax), (100, 900));
    assert_eq!(told_invoice.codes.list[0].coupon.as_deref(), Some("TEN"));
    assert!(matches!(told(&projection, "TEN"), Fact::Coupon(coupon) if coupon.amount_off == Some(100)));
}

#[test]
fn a_coupon_on_one_line_leaves_the_invoices_own_list_empty() {
    let object = json!({
        "id": "in_1", "object": "invoice", "status": "paid", "total": 900, "amount_paid": 900, "currency": "usd", "discounts": [],
        "total_discount_amounts": [{ "amount": 100, "discount": "di_9" }],
        "lines": { "has_more": true, "data": [{ "id": "il_1", "amount": 1000, "discounts": ["di_9"],
            "discount_amounts": [{ "amount": 100, "discount": "di_9" }] }] }
    });
    let Fact::Invoice(told) = fact("invoice.paid", &object) else { panic!("not an invoice") };
    assert_eq!((told.discounts.whole, told.discounts.list), (true, vec!["di_9".to_owned()]));
    assert_eq!((told.codes.whole, told.codes.list.len()), (false, 0));
    assert!(!told.lines.whole);
}

#[test]
fn objects_inside_an_object_are_told_too() {
    let object = json!({
        "id": "in_1", "object": "invoice", "status": "paid", "total": 500, "amount_paid": 500, "currency": "usd",
        "customer": { "id": "cus_1", "object": "customer", "email": "ann@example.com" },
        "payment_intent": { "id": "pi_1", "object": "payment_intent", "amount": 500, "status": "succeeded", "latest_charge":
            { "id": "ch_1", "object": "charge", "amount": 500, "status": "succeeded", "captured": true, "refunds":
                { "object": "list", "data": [{ "id": "re_1", "object": "refund", "amount": 5 }, { "id": "re_2", "object": "refund" }] } } },
        "payments": { "object": "list", "data": [{ "id": "inpay_1", "object": "invoice_payment", "invoice": "in_1", "status": "paid",
            "amount_paid": 500, "payment": { "payment_intent": "pi_1" } }] },
        "discounts": [{ "id": "di_1", "object": "discount", "coupon": { "id": "TEN", "object": "coupon", "percent_off": 10 },
            "promotion_code": { "id": "promo_1", "object": "promotion_code", "code": "ADA" } }]
    });
    let projection = deliver("invoice.paid", &object).unwrap();
    let mut objects: Vec<&str> = projection.told.iter().map(|told| told.observation.object.as_str()).collect();
    assert_eq!(objects.remove(0), "in_1");
    objects.sort_unstable();
    assert_eq!(objects, ["TEN", "ch_1", "cus_1", "di_1", "inpay_1", "pi_1", "promo_1", "re_1"]);
    assert_eq!(projection.unreadable, [Unreadable { object: "refund", field: "amount" }]);
    assert!(matches!(told(&projection, "inpay_1"), Fact::Collection(c) if c.status == CollectionStatus::Paid && c.amount == 500));
    assert!(projection.told.iter().all(|told| told.body["id"] == told.observation.object && told.observation.fact.stamp().at == at(AT)));
    assert!(!format!("{projection:?}").contains("ann@example.com"));
    // The same object read from the API tells the same.
    assert_eq!(project_object(&object, at(AT)).told.len(), projection.told.len());
}

#[test]
fn an_object_stands_once_however_often_it_is_shown() {
    let refund = json!({ "id": "re_1", "object": "refund", "amount": 5, "status": "pending", "charge":
        { "id": "ch_1", "object": "charge", "amount": 50, "status": "succeeded", "refunds": { "data": [
            { "id": "re_1", "object": "refund", "amount": 5, "status": "succeeded", "charge": "ch_1" }] } } });
    let projection = deliver("refund.updated", &refund).unwrap();
    assert_eq!(projection.told.len(), 2);
    assert!(matches!(told(&projection, "re_1"), Fact::Refund(r) if r.charge.as_deref() == Some("ch_1")));
}

#[test]
fn lists_read_from_the_api_are_read_whole() {
    let list = json!({ "object": "list", "has_more": false, "data": [
        { "id": "re_1", "object": "refund", "amount": 5 }, { "id": "re_2", "object": "refund", "amount": 6 }, { "id": "x", "object": "payout" }
    ] });
    assert_eq!(project_object(&list, at(AT)).told.len(), 2);
    assert!(project_object(&json!("broken"), at(AT)).told.is_empty());
}

#[test]
fn a_discount_of_a_time_before_discounts_had_ids_tells_its_coupon() {
    let object = json!({ "object": "discount", "customer": "cus_1", "coupon": { "id": "TEN", "object": "coupon", "percent_off": 10 } });
    let projection = deliver("customer.discount.created", &object).unwrap();
    assert_eq!(projection.told.len(), 1);
    assert!(matches!(told(&projection, "TEN"), Fact::Coupon(coupon) if coupon.percent_off == Some(1000)));
}

#[test]
fn events_without_effect_say_why() {
    assert_eq!(deliver("topup.created", &json!({ "id": "tu_1" })), Err(Ignore::Unsupported));
    let thin =
        json!({ "id": "evt_1", "object": "v2.core.event", "type": "v1.invoice.paid", "created": "2026-10-01T10:00:00Z", "livemode": true });
    assert_eq!(project(&Envelope::parse(thin.to_string().as_bytes()).unwrap()), Err(Ignore::Thin));
    for (event_type, object, missing) in [
        ("refund.created", json!({ "id": "re_1", "object": "refund", "amount": 5.0 }), Unreadable { object: "refund", field: "amount" }),
        ("refund.created", json!({ "object": "refund", "amount": 5 }), Unreadable { object: "refund", field: "id" }),
        ("refund.created", json!({ "id": "ch_1", "object": "charge", "amount": 5 }), Unreadable { object: "refund", field: "object" }),
        (
            "checkout.session.completed",
            json!({ "id": "cs_1", "payment_status": "paid" }),
            Unreadable { object: "checkout.session", field: "amount_total" },
        ),
    ] {
        assert_eq!(deliver(event_type, &object), Err(Ignore::Unreadable(missing)));
    }
}

#[test]
fn a_merchant_who_leaves_is_noticed() {
    let projection = deliver("account.application.deauthorized", &json!({ "id": "ca_1", "object": "application" })).unwrap();
    assert_eq!((projection.notices, projection.told.len()), (vec![Notice::Deauthorized], 0));
}

#[test]
fn the_table_names_each_event_once_and_in_order() {
    let names: Vec<&str> = EVENTS.iter().map(|event| event.name).collect();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(names, sorted);
    assert!(registered().all(|name| names.contains(&name)));
    assert!(registered().any(|name| name == "invoice.paid") && !registered().any(|name| name == "invoice.payment_succeeded"));
}

#[test]
fn ba_6_prices_and_products_are_told_by_their_own_events_and_when_asked() {
    let product = json!({ "id": "prod_1", "object": "product", "metadata": { "line": "pro" } });
    let price = json!({ "id": "price_1", "object": "price", "lookup_key": "pro_monthly", "product": "prod_1", "metadata": { "a": "b" } });
    for event_type in ["price.created", "price.updated"] {
        let Fact::Price(told) = fact(event_type, &price) else { panic!("{event_type}") };
        let traits = told.traits.at(at(AT)).unwrap();
        assert_eq!((traits.lookup_key.as_deref(), traits.metadata["a"].as_str()), (Some("pro_monthly"), "b"));
        assert_eq!(told.product.as_deref(), Some("prod_1"));
    }
    let Fact::Product(told) = fact("product.updated", &product) else { panic!("a product") };
    assert_eq!(told.metadata.at(at(AT)).unwrap()["line"], "pro");
    let answer = project_object(&with(&price, &json!({ "product": product })), at(AT));
    let objects: Vec<&str> = answer.told.iter().map(|told| told.observation.object.as_str()).collect();
    assert_eq!(objects, ["price_1", "prod_1"]);
}

#[test]
fn ba_6_a_whole_price_in_a_line_is_a_part_of_the_line() {
    let price = json!({ "id": "price_1", "object": "price", "lookup_key": "pro", "product": "prod_1", "metadata": { "line": "pro" } });
    let line = json!({ "id": "il_1", "object": "line_item", "amount": 100, "price": price });
    let invoice = json!({
        "id": "in_1", "object": "invoice", "status": "paid", "currency": "eur", "total": 100, "amount_paid": 100,
        "lines": { "object": "list", "data": [line], "has_more": false }
    });
    let projection = deliver("invoice.paid", &invoice).unwrap();
    assert_eq!(projection.told.len(), 1, "sales of one price must not wait for each other");
    let Fact::Invoice(told) = &projection.told[0].observation.fact else { panic!("an invoice") };
    assert_eq!((told.lines.list[0].lookup_key.as_deref(), told.lines.list[0].metadata["line"].as_str()), (Some("pro"), "pro"));
}
