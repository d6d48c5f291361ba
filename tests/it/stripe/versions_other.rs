//! One shop, rendered in several versions of the API, gives the same facts: money that goes back, codes and subscriptions.

use serde_json::{Value, json};
use tributary::domain::fact::{Code, DisputeStatus, Fact, RefundStatus, SubscriptionStatus};

use super::{AT, fact, same, with};

#[test]
fn a_credit_note() {
    let core = json!({
        "id": "cn_1", "object": "credit_note", "invoice": "in_1", "status": "issued", "currency": "eur", "created": AT - 1, "amount": 2400,
        "type": "post_payment", "out_of_band_amount": null
    });
    let line = json!({ "id": "cnli_1", "type": "invoice_line_item", "invoice_line_item": "il_1", "amount": 2400, "discount_amount": 300 });
    let custom = json!({ "id": "cnli_2", "type": "custom_line_item", "amount": 0 });
    let lines = |more: &Value| json!({ "object": "list", "data": [with(&line, more), custom] });
    let Fact::CreditNote(told) = same(
        "credit_note.created",
        &[
            (
                "2020-08-27",
                with(
                    &core,
                    &json!({ "refund": "re_1",
                "lines": lines(&json!({ "tax_amounts": [{ "amount": 400, "inclusive": true }] })) }),
                ),
            ),
            ("2023-10-16", with(&core, &json!({ "refund": "re_1", "lines": lines(&json!({ "amount_excluding_tax": 2000 })) }))),
            (
                "basil",
                with(
                    &core,
                    &json!({ "refunds": [{ "refund": "re_1", "amount_refunded": 2400 }], "pre_payment_amount": 0,
                "post_payment_amount": 2400,
                "lines": lines(&json!({ "taxes": [{ "amount": 400, "tax_behavior": "inclusive" }], "pretax_credit_amounts": [{ "amount": 300 }] })) }),
                ),
            ),
            (
                "endive",
                with(
                    &core,
                    &json!({ "refunds": [{ "refund": { "id": "re_1", "amount": 2400 }, "amount_refunded": null }],
                "lines": lines(&json!({ "taxes": [{ "amount": 400, "tax_behavior": "inclusive" }] })) }),
                ),
            ),
        ],
    ) else {
        panic!("not a credit note")
    };
    assert_eq!((told.amount, told.refunded, told.out_of_band, told.before_payment, told.void), (2400, 2400, 0, 0, false));
    assert_eq!((told.lines.len(), told.lines[0].line.as_str(), told.lines[0].net), (1, "il_1", 1700));
}

#[test]
fn discounts_coupons_and_promotion_codes() {
    let coupon = json!({ "id": "TEN", "object": "coupon", "percent_off": 12.5, "amount_off": null, "currency": "usd", "duration": "once" });
    let discount = json!({ "id": "di_1", "object": "discount", "customer": "cus_1", "promotion_code": "promo_1" });
    let Fact::Discount(told) = same(
        "customer.discount.created",
        &[
            ("basil", with(&discount, &json!({ "coupon": coupon }))),
            ("clover", with(&discount, &json!({ "source": { "type": "coupon", "coupon": "TEN" } }))),
            ("clover, coupon expanded", with(&discount, &json!({ "source": { "type": "coupon", "coupon": coupon } }))),
        ],
    ) else {
        panic!("not a discount")
    };
    assert_eq!(told.code, Code { promotion_code: Some("promo_1".into()), coupon: Some("TEN".into()) });

    let promotion = json!({ "id": "promo_1", "object": "promotion_code", "code": "ADA10", "active": true, "created": AT - 3 });
    let Fact::PromotionCode(told) = same(
        "promotion_code.updated",
        &[
            ("2023-10-16", with(&promotion, &json!({ "coupon": coupon }))),
            ("clover", with(&promotion, &json!({ "promotion": { "type": "coupon", "coupon": "TEN" } }))),
        ],
    ) else {
        panic!("not a promotion code")
    };
    assert_eq!((told.code.as_str(), told.active, told.coupon.as_deref()), ("ADA10", true, Some("TEN")));

    let Fact::Coupon(told) = fact("coupon.updated", &coupon) else { panic!("not a coupon") };
    assert_eq!((told.percent_off, told.amount_off, told.currency), (Some(1250), None, None));
}

#[test]
fn a_subscription() {
    let core = json!({
        "id": "sub_1", "object": "subscription", "status": "trialing", "customer": "cus_1", "created": AT - 7,
        "metadata": { "tributary_skip": "true" }
    });
    let Fact::Subscription(told) = same(
        "customer.subscription.created",
        &[
            ("2020-08-27", with(&core, &json!({ "current_period_end": AT + 1, "discount": { "id": "di_1", "coupon": { "id": "TEN" } } }))),
            (
                "acacia",
                with(
                    &core,
                    &json!({ "discount": { "id": "di_1", "coupon": { "id": "TEN" } },
                    "discounts": [{ "id": "di_1", "coupon": { "id": "TEN" } }] }),
                ),
            ),
            (
                "clover",
                with(
                    &core,
                    &json!({ "discounts": [{ "id": "di_1", "source": { "coupon": "TEN" } }], "billing_mode": { "type": "flexible" } }),
                ),
            ),
        ],
    ) else {
        panic!("not a subscription")
    };
    assert_eq!((told.status, told.persona.skip, told.ended_at), (SubscriptionStatus::Trialing, true, None));
    assert_eq!(told.codes, [Code { promotion_code: None, coupon: Some("TEN".into()) }]);
}

#[test]
fn every_state_of_a_refund_and_of_a_dispute() {
    for (word, status) in [
        (json!("pending"), RefundStatus::Pending),
        (json!("requires_action"), RefundStatus::Pending),
        (json!("thought_up_later"), RefundStatus::Pending),
        (json!("succeeded"), RefundStatus::Succeeded),
        (json!(null), RefundStatus::Succeeded),
        (json!("failed"), RefundStatus::Failed),
        (json!("canceled"), RefundStatus::Failed),
    ] {
        let Fact::Refund(told) = fact("refund.updated", &json!({ "id": "re_1", "object": "refund", "amount": 5, "status": word })) else {
            panic!("not a refund")
        };
        assert_eq!(told.status, status, "{word}");
    }
    for (word, status) in [
        ("warning_needs_response", DisputeStatus::Inquiry),
        ("warning_under_review", DisputeStatus::Inquiry),
        ("warning_closed", DisputeStatus::InquiryClosed),
        ("needs_response", DisputeStatus::Open),
        ("under_review", DisputeStatus::Open),
        ("charge_refunded", DisputeStatus::Prevented),
        ("prevented", DisputeStatus::Prevented),
        ("won", DisputeStatus::Won),
        ("lost", DisputeStatus::Lost),
        ("appeal_needs_response", DisputeStatus::Unknown),
    ] {
        let dispute = json!({ "id": "du_1", "object": "dispute", "amount": 5, "status": word });
        let Fact::Dispute(told) = fact("charge.dispute.updated", &dispute) else { panic!("not a dispute") };
        assert_eq!((told.status, told.gone_at.is_some()), (status, word == "lost"), "{word}");
    }
}
