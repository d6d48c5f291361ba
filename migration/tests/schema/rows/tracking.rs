//! Filled rows of the tables of `m0003_tracking`.

use entity::value::{ClickId, CustomerId, IdentityClaimId, IdentityId, IdentityKind};
use entity::{click, customer, enrollment, identity, identity_claim, link, merchant, program};
use uuid::Uuid;

use super::at;

/// A row of `click`.
pub fn click(merchant: &merchant::Model, program: &program::Model, link: &link::Model, enrollment: &enrollment::Model) -> click::Model {
    click::Model {
        id: ClickId::new(),
        merchant_id: merchant.id,
        livemode: true,
        program_id: program.id,
        link_id: link.id,
        enrollment_id: enrollment.id,
        visitor: Uuid::now_v7(),
        clicked_at: at(57),
        landing_url: Some("click landing_url".into()),
        referrer: Some("click referrer".into()),
        user_agent: Some("click user_agent".into()),
        ip_hash: Some(vec![0, 1, 255]),
        bot: true,
        rejected_at: Some(at(79)),
    }
}

/// A row of `customer`.
pub fn customer(merchant: &merchant::Model) -> customer::Model {
    customer::Model {
        id: CustomerId::new(),
        merchant_id: merchant.id,
        livemode: true,
        name: Some("customer name".into()),
        email: Some("customer email".into()),
        claimed: true,
        signed_up_at: Some(at(5)),
        due_at: Some(at(44)),
        merged_into: None,
        created_at: at(66),
        version: i64::MIN,
    }
}

/// A row of `identity`.
pub fn identity(merchant: &merchant::Model, customer: &customer::Model) -> identity::Model {
    identity::Model {
        id: IdentityId::new(),
        merchant_id: merchant.id,
        livemode: true,
        kind: IdentityKind::ExternalId,
        value: "identity value".into(),
        customer_id: customer.id,
        disputed: true,
        stated_at: at(70),
        trusted_at: Some(at(71)),
        proven_at: Some(at(75)),
        ended_at: Some(at(73)),
        created_at: at(66),
    }
}

/// A row of `identity_claim`.
pub fn identity_claim(merchant: &merchant::Model, customer: &customer::Model) -> identity_claim::Model {
    identity_claim::Model {
        id: IdentityClaimId::new(),
        merchant_id: merchant.id,
        livemode: true,
        source: "identity_claim source".into(),
        kind: IdentityKind::ExternalId,
        value: "identity_claim value".into(),
        customer_id: customer.id,
        stated_at: at(72),
        ended_at: Some(at(74)),
        trusted: true,
        by_page: true,
        name: Some("identity_claim name".into()),
        email: Some("identity_claim email".into()),
    }
}
