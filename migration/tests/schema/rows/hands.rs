//! Filled rows of the tables of `m0031_fraud` and `m0032_exchange`.

use entity::value::{ExchangeRateId, FraudCaseId, FraudCaseState, Signal, Signals};
use entity::{commission, exchange_rate, fraud_case, merchant, partner, partner_address, program, purchase, purchase_card, purchase_rate};
use uuid::Uuid;

use super::{at, euro, fact};

/// A row of `fraud_case`.
pub fn fraud_case(
    merchant: &merchant::Model,
    commission: &commission::Model,
    program: &program::Model,
    partner: &partner::Model,
) -> fraud_case::Model {
    fraud_case::Model {
        id: FraudCaseId::new(),
        merchant_id: merchant.id,
        livemode: true,
        commission_id: commission.id,
        program_id: program.id,
        partner_id: partner.id,
        state: FraudCaseState::Open,
        score: i32::MAX,
        evidence: fact(),
        released: Signals(vec![Signal::SameEmail, Signal::Velocity]),
        reason: Some("fraud_case reason".into()),
        decided_at: Some(at(9)),
        created_at: at(66),
        updated_at: at(81),
    }
}

/// A row of `purchase_card`.
pub fn purchase_card(merchant: &merchant::Model, purchase: &purchase::Model) -> purchase_card::Model {
    purchase_card::Model {
        id: Uuid::now_v7(),
        merchant_id: merchant.id,
        livemode: true,
        purchase_id: purchase.id,
        card: "purchase_card card".into(),
    }
}

/// A row of `partner_address`.
pub fn partner_address(merchant: &merchant::Model, partner: &partner::Model) -> partner_address::Model {
    partner_address::Model {
        id: Uuid::now_v7(),
        merchant_id: merchant.id,
        livemode: true,
        partner_id: partner.id,
        ip_hash: vec![0, 1, 255],
        first_seen_at: at(3),
        last_seen_at: at(4),
    }
}

/// A row of `exchange_rate`.
pub fn exchange_rate(merchant: &merchant::Model) -> exchange_rate::Model {
    exchange_rate::Model {
        id: ExchangeRateId::new(),
        merchant_id: Some(merchant.id),
        day: at(0).date_naive(),
        base: euro(),
        quote: "USD".parse().unwrap(),
        num: i64::MAX,
        den: 1,
        source: "exchange_rate source".into(),
        created_at: at(66),
    }
}

/// A row of `purchase_rate`.
pub fn purchase_rate(merchant: &merchant::Model, purchase: &purchase::Model) -> purchase_rate::Model {
    purchase_rate::Model {
        id: Uuid::now_v7(),
        merchant_id: merchant.id,
        livemode: true,
        purchase_id: purchase.id,
        base: euro(),
        quote: "USD".parse().unwrap(),
        num: i64::MAX,
        den: 1,
        day: at(0).date_naive(),
        holds_for: Some(at(0).date_naive()),
        source: "purchase_rate source".into(),
        created_at: at(66),
    }
}
