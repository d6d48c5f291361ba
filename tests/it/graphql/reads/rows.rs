//! Rows as the services would store them.

use std::collections::BTreeSet;

use chrono::Duration;
use entity::value::{
    Absences, CandidateKind, CommissionId, CommissionKind, CommissionState, ConnectionMethod, ConnectionStatus, CustomerId, DecisionId,
    DecisionReason, EnrollmentId, EnrollmentStatus, EntryId, EntryKind, FraudSettings, HoldReasons, LedgerAccount, PartnerId,
    PartnerStatus, Pauses, PostingId, ProgramId, ProgramKind, ProgramStatus, PurchaseId, PurchaseStatus, TermsHistory, TextList,
};
use entity::{commission, decision, enrollment, ledger_entry, partner, program, purchase, stripe_connection};
use serde_json::json;
use tributary::domain::exchange::Rates;
use tributary::domain::purchase::{Flag, Key, KeyKind, Payer, PurchaseState, ReturnKind, Returned};
use tributary::service::stripe_connection::new_row;

use super::world::{Shop, at, usd};

/// A program of a shop.
pub fn program_of(shop: &Shop, id: ProgramId, name: &str) -> program::Model {
    program::Model {
        id,
        merchant_id: shop.id,
        livemode: true,
        name: name.to_owned(),
        kind: ProgramKind::Affiliate,
        status: ProgramStatus::Active,
        query_param: "via".to_owned(),
        landing_url: "https://shop.example".to_owned(),
        allowed_hosts: TextList(vec!["shop.example".to_owned()]),
        auto_approve: true,
        currency: None,
        currency_from: None,
        inactive_from: None,
        pauses: Pauses::default(),
        fraud: FraudSettings::default(),
        created_at: at(-1000),
    }
}

pub fn partner_row(shop: &Shop, id: PartnerId, place: usize) -> partner::Model {
    partner::Model {
        id,
        merchant_id: shop.id,
        livemode: true,
        name: format!("Partner {place}"),
        email: format!("partner{place}@example.org"),
        status: PartnerStatus::Active,
        external_id: None,
        payout_hash: None,
        metadata: json!({}),
        created_at: at(-1000),
    }
}

pub fn enrollment_row(shop: &Shop, partner: PartnerId, id: EnrollmentId) -> enrollment::Model {
    enrollment::Model {
        id,
        merchant_id: shop.id,
        livemode: true,
        program_id: shop.program,
        partner_id: partner,
        status: EnrollmentStatus::Approved,
        terms_id: None,
        terms_history: TermsHistory::default(),
        approved_at: Some(at(-1000)),
        ended_at: None,
        ended_kind: None,
        absences: Absences::default(),
        created_at: at(-1000),
    }
}

pub fn connection_row(shop: &Shop) -> stripe_connection::Model {
    stripe_connection::Model {
        id: shop.connection,
        account: Some(format!("acct_{}", shop.id.uuid().simple())),
        status: ConnectionStatus::Linked,
        endpoint: shop.id.uuid().simple().to_string(),
        ..new_row(shop.id, true, "Stripe".to_owned(), ConnectionMethod::ApiKey, at(-1000))
    }
}

pub fn bought(shop: &Shop, customer: CustomerId, invoice: &str, seconds: i64) -> purchase::Model {
    let state = PurchaseState {
        metadata: std::collections::BTreeMap::new(),
        key: Key { kind: KeyKind::Invoice, object: invoice.to_owned() },
        status: PurchaseStatus::Paid,
        at: Some(at(seconds)),
        known_at: at(seconds),
        currency: usd(),
        total: 12_000,
        collected: 12_000,
        off_platform: 0,
        payment_known: true,
        lines: Vec::new(),
        shipping: 0,
        returned: vec![Returned { source: "re_1".to_owned(), kind: ReturnKind::Refund, amount: 1000, at: at(seconds + 5) }],
        at_risk: Vec::new(),
        credits: Vec::new(),
        credited: 0,
        credited_before: 0,
        flags: BTreeSet::from([Flag::Overpaid]),
        payer: Payer::default(),
        partner_keys: Vec::new(),
        references: Vec::new(),
        codes: Vec::new(),
        discounts: Vec::new(),
        discounted_at: None,
        subscription: None,
        skip: false,
        rates: Rates::none(),
    };
    purchase::Model {
        id: PurchaseId::new(),
        merchant_id: shop.id,
        livemode: true,
        connection_id: Some(shop.connection),
        key: state.key.to_string(),
        customer_id: Some(customer),
        status: PurchaseStatus::Paid,
        purchased_at: Some(at(seconds)),
        currency: Some(usd()),
        total: 12_000,
        collected: 12_000,
        reduction: 1000,
        returned_at: Some(at(seconds + 5)),
        base: 10_000,
        state: serde_json::to_value(&state).unwrap(),
        merged_into: None,
        created_at: at(seconds),
        updated_at: at(seconds),
    }
}

pub fn decided(shop: &Shop, bought: &purchase::Model, enrollment: EnrollmentId, seconds: i64) -> decision::Model {
    let loser = shop.partners.into_iter().map(|(_, id)| id).find(|id| *id != enrollment);
    let candidate = |kind: CandidateKind, enrollment, verdict: &str, reason: Option<DecisionReason>, note: &str| {
        json!({
            "kind": kind, "enrollment": enrollment, "touch": null, "at": at(seconds - 60), "verdict": verdict, "reason": reason, "note": note,
        })
    };
    decision::Model {
        id: DecisionId::new(),
        merchant_id: shop.id,
        livemode: true,
        purchase_id: bought.id,
        current: true,
        reason: DecisionReason::Commissioned,
        enrollment_id: Some(enrollment),
        program_id: Some(shop.program),
        terms_id: Some(shop.terms),
        currency: Some(usd()),
        base: 10_000,
        amount: 2000,
        candidates: json!([
            candidate(CandidateKind::Signup, Some(enrollment), "WON", None, "clicked the link"),
            candidate(CandidateKind::Signup, loser, "INELIGIBLE", Some(DecisionReason::OutsideWindow), "clicked too early"),
        ]),
        steps: json!([
            { "rule": "BA-1", "text": "net of the lines", "amount": 10_000 },
            { "rule": "CO-2", "text": "20 % of it", "amount": 2000 },
        ]),
        digest: vec![1],
        decided_at: at(seconds + 1),
    }
}

pub fn earned(shop: &Shop, bought: &purchase::Model, partner: PartnerId, enrollment: EnrollmentId, seconds: i64) -> commission::Model {
    commission::Model {
        id: CommissionId::new(),
        merchant_id: shop.id,
        livemode: true,
        kind: CommissionKind::Sale,
        subject: bought.id.to_string(),
        purchase_id: Some(bought.id),
        customer_id: None,
        tier_period_id: None,
        through_id: None,
        enrollment_id: enrollment,
        program_id: shop.program,
        partner_id: partner,
        currency: usd(),
        program_currency: None,
        state: CommissionState::Pending,
        holds: HoldReasons::default(),
        release_at: Some(at(seconds) + Duration::days(30)),
        approved_at: None,
        rejected_at: None,
        rejected_reason: None,
        steps: json!([]),
        held: 0,
        program_held: 0,
        purchased_at: at(seconds),
        created_at: at(seconds + 1),
        updated_at: at(seconds + 1),
    }
}

/// An entry about a commission.
pub fn entry(of: &commission::Model, posting: PostingId, account: LedgerAccount, amount: i64, decision: DecisionId) -> ledger_entry::Model {
    ledger_entry::Model {
        id: EntryId::new(),
        merchant_id: of.merchant_id,
        livemode: of.livemode,
        posting_id: posting,
        account,
        kind: EntryKind::Accrual,
        amount,
        currency: of.currency,
        program_amount: None,
        program_currency: None,
        rate_num: None,
        rate_den: None,
        rate_day: None,
        rate_source: None,
        partner_id: Some(of.partner_id),
        enrollment_id: Some(of.enrollment_id),
        purchase_id: of.purchase_id,
        commission_id: Some(of.id),
        decision_id: Some(decision),
        payout_id: None,
        occurred_at: of.purchased_at,
        created_at: of.created_at,
    }
}
