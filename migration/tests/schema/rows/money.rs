//! Filled rows of the tables of `m0005_money`.

use entity::value::{
    BindingId, BindingStage, CommissionId, CommissionKind, CommissionState, DecisionId, DecisionReason, EntryId, EntryKind, HoldReason,
    HoldReasons, InterventionId, InterventionKind, LedgerAccount, PayoutId, PayoutStatus, PostingId, TierPeriodId, TouchId, TouchKind,
    TrialId,
};
use entity::{
    api_key, binding, click, commission, customer, decision, enrollment, intervention, ledger_entry, merchant, partner, payout,
    payout_line, program, purchase, stripe_connection, terms, tier_period, touch, trial, user,
};
use uuid::Uuid;

use super::{at, euro, fact};

/// A row of `touch`.
pub fn touch(
    merchant: &merchant::Model,
    customer: &customer::Model,
    click: &click::Model,
    enrollment: &enrollment::Model,
    purchase: &purchase::Model,
) -> touch::Model {
    touch::Model {
        id: TouchId::new(),
        merchant_id: merchant.id,
        livemode: true,
        customer_id: customer.id,
        kind: TouchKind::ClientReference,
        source: "touch source".into(),
        at: at(19),
        click_id: Some(click.id),
        promotion_code: Some("touch promotion_code".into()),
        coupon: Some("touch coupon".into()),
        partner_key: Some("touch partner_key".into()),
        enrollment_id: Some(enrollment.id),
        purchase_id: Some(purchase.id),
        position: i32::MAX,
        rejected_at: Some(at(79)),
        created_at: at(66),
    }
}

/// A row of `binding`.
pub fn binding(
    merchant: &merchant::Model,
    customer: &customer::Model,
    enrollment: &enrollment::Model,
    program: &program::Model,
    terms: &terms::Model,
    touch: &touch::Model,
) -> binding::Model {
    binding::Model {
        id: BindingId::new(),
        merchant_id: merchant.id,
        livemode: true,
        customer_id: customer.id,
        enrollment_id: enrollment.id,
        program_id: program.id,
        terms_id: terms.id,
        stage: BindingStage::Lead,
        source: TouchKind::ClientReference,
        touch_id: Some(touch.id),
        bound_at: at(68),
        ended_at: Some(at(44)),
        created_at: at(66),
    }
}

/// A row of `decision`.
pub fn decision(
    merchant: &merchant::Model,
    purchase: &purchase::Model,
    enrollment: &enrollment::Model,
    program: &program::Model,
    terms: &terms::Model,
) -> decision::Model {
    decision::Model {
        id: DecisionId::new(),
        merchant_id: merchant.id,
        livemode: true,
        purchase_id: purchase.id,
        current: true,
        reason: DecisionReason::Commissioned,
        enrollment_id: Some(enrollment.id),
        program_id: Some(program.id),
        terms_id: Some(terms.id),
        currency: Some(euro()),
        base: i64::MIN,
        amount: i64::MIN,
        candidates: fact(),
        steps: fact(),
        digest: vec![0, 1, 255],
        decided_at: at(44),
    }
}

/// A row of `tier_period`.
pub fn tier_period(merchant: &merchant::Model, enrollment: &enrollment::Model, terms: &terms::Model) -> tier_period::Model {
    tier_period::Model {
        id: TierPeriodId::new(),
        merchant_id: merchant.id,
        livemode: true,
        enrollment_id: enrollment.id,
        program_id: enrollment.program_id,
        partner_id: enrollment.partner_id,
        terms_id: terms.id,
        currency: euro(),
        from_at: at(17),
        to_at: at(18),
        due_at: Some(at(19)),
        created_at: at(66),
    }
}

/// A row of `commission`.
pub fn commission(
    merchant: &merchant::Model,
    purchase: &purchase::Model,
    enrollment: &enrollment::Model,
    tier_period: &tier_period::Model,
) -> commission::Model {
    commission::Model {
        id: CommissionId::new(),
        merchant_id: merchant.id,
        livemode: true,
        kind: CommissionKind::SecondLevel,
        subject: "commission subject".into(),
        purchase_id: Some(purchase.id),
        customer_id: purchase.customer_id,
        tier_period_id: Some(tier_period.id),
        through_id: Some(enrollment.id),
        enrollment_id: enrollment.id,
        program_id: enrollment.program_id,
        partner_id: enrollment.partner_id,
        currency: euro(),
        program_currency: Some(euro()),
        state: CommissionState::Held,
        holds: HoldReasons(vec![HoldReason::Dispute, HoldReason::Review]),
        release_at: Some(at(75)),
        approved_at: Some(at(9)),
        rejected_at: Some(at(79)),
        rejected_reason: Some("commission rejected_reason".into()),
        steps: fact(),
        held: i64::MIN,
        program_held: i64::MAX,
        purchased_at: at(6),
        created_at: at(66),
        updated_at: at(81),
    }
}

/// A row of `payout`.
pub fn payout(merchant: &merchant::Model, partner: &partner::Model, user: &user::Model) -> payout::Model {
    payout::Model {
        id: PayoutId::new(),
        merchant_id: merchant.id,
        livemode: true,
        partner_id: partner.id,
        currency: euro(),
        amount: i64::MIN,
        reference: Some("payout reference".into()),
        status: PayoutStatus::Paid,
        sent_at: Some(at(67)),
        paid_at: Some(at(68)),
        cancelled_at: Some(at(69)),
        cancelled_reason: Some("payout cancelled_reason".into()),
        replaced_by_id: Some(PayoutId::new()),
        paid_currency: Some(euro()),
        paid_amount: Some(i64::MIN),
        rate_num: Some(i64::MAX),
        rate_den: Some(1),
        rate_day: Some(at(0).date_naive()),
        rate_source: Some("payout rate_source".into()),
        created_by: Some(user.id),
        created_at: at(66),
    }
}

/// A row of `ledger_entry`.
pub fn ledger_entry(
    merchant: &merchant::Model,
    partner: &partner::Model,
    enrollment: &enrollment::Model,
    purchase: &purchase::Model,
    commission: &commission::Model,
    decision: &decision::Model,
    payout: &payout::Model,
) -> ledger_entry::Model {
    ledger_entry::Model {
        id: EntryId::new(),
        merchant_id: merchant.id,
        livemode: true,
        posting_id: PostingId::new(),
        account: LedgerAccount::PartnerPending,
        kind: EntryKind::Accrual,
        amount: i64::MIN,
        currency: euro(),
        program_amount: Some(i64::MIN),
        program_currency: Some(euro()),
        rate_num: Some(i64::MAX),
        rate_den: Some(1),
        rate_day: Some(at(0).date_naive()),
        rate_source: Some("ledger_entry rate_source".into()),
        partner_id: Some(partner.id),
        enrollment_id: Some(enrollment.id),
        purchase_id: Some(purchase.id),
        commission_id: Some(commission.id),
        decision_id: Some(decision.id),
        payout_id: Some(payout.id),
        occurred_at: at(96),
        created_at: at(66),
    }
}

/// A row of `payout_line`.
pub fn payout_line(payout: &payout::Model, ledger_entry: &ledger_entry::Model) -> payout_line::Model {
    payout_line::Model { id: Uuid::now_v7(), payout_id: payout.id, entry_id: ledger_entry.id, released_at: None }
}

/// A row of `intervention`.
pub fn intervention(
    merchant: &merchant::Model,
    customer: &customer::Model,
    purchase: &purchase::Model,
    enrollment: &enrollment::Model,
    user: &user::Model,
    api_key: &api_key::Model,
) -> intervention::Model {
    intervention::Model {
        id: InterventionId::new(),
        merchant_id: merchant.id,
        livemode: true,
        kind: InterventionKind::Reassignment,
        customer_id: Some(customer.id),
        merged_id: Some(customer.id),
        purchase_id: Some(purchase.id),
        enrollment_id: Some(enrollment.id),
        subject: Some("intervention subject".into()),
        what: "intervention what".into(),
        reason: "intervention reason".into(),
        created_by: Some(user.id),
        api_key_id: Some(api_key.id),
        created_at: at(66),
    }
}

/// A row of `trial`.
pub fn trial(merchant: &merchant::Model, connection: &stripe_connection::Model, customer: &customer::Model) -> trial::Model {
    trial::Model {
        id: TrialId::new(),
        merchant_id: merchant.id,
        livemode: true,
        connection_id: connection.id,
        object_id: "trial object_id".into(),
        customer_id: customer.id,
        began_at: at(20),
        created_at: at(66),
    }
}
