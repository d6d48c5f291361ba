//! Filled rows of the tables of `m0001_accounts`.

use entity::value::{
    InvitationId, MembershipId, MerchantId, MerchantSettings, PartnerId, PartnerStatus, RefreshTokenId, Role, SetupTokenId, UserId,
};
use entity::{invitation, membership, merchant, partner, refresh_token, setup_token, user};
use uuid::Uuid;

use super::{at, fact};

/// A row of `merchant`.
pub fn merchant() -> merchant::Model {
    merchant::Model { id: MerchantId::new(), name: "merchant name".into(), settings: MerchantSettings::default(), created_at: at(66) }
}

/// A row of `user`.
pub fn user() -> user::Model {
    user::Model {
        id: UserId::new(),
        email: "user email".into(),
        password_hash: "user password_hash".into(),
        session_version: i32::MAX,
        created_at: at(66),
    }
}

/// A row of `partner`.
pub fn partner(merchant: &merchant::Model) -> partner::Model {
    partner::Model {
        id: PartnerId::new(),
        merchant_id: merchant.id,
        livemode: true,
        name: "partner name".into(),
        email: "partner email".into(),
        status: PartnerStatus::Active,
        external_id: Some("partner external_id".into()),
        payout_hash: Some("partner payout_hash".into()),
        metadata: fact(),
        created_at: at(66),
    }
}

/// A row of `membership`.
pub fn membership(user: &user::Model, merchant: &merchant::Model, partner: &partner::Model) -> membership::Model {
    membership::Model {
        id: MembershipId::new(),
        user_id: user.id,
        merchant_id: merchant.id,
        role: Role::Partner,
        partner_id: Some(partner.id),
        livemode: Some(true),
        created_at: at(66),
    }
}

/// A row of `refresh_token`.
pub fn refresh_token(user: &user::Model, membership: &membership::Model) -> refresh_token::Model {
    refresh_token::Model {
        id: RefreshTokenId::new(),
        family: Uuid::now_v7(),
        user_id: user.id,
        membership_id: membership.id,
        hash: vec![0, 1, 255],
        created_at: at(66),
        expires_at: at(9),
        used_at: Some(at(62)),
        revoked_at: Some(at(90)),
    }
}

/// A row of `setup_token`.
pub fn setup_token() -> setup_token::Model {
    setup_token::Model { id: SetupTokenId::new(), hash: vec![0, 1, 255], created_at: at(66), expires_at: at(9), used_at: Some(at(62)) }
}

/// A row of `invitation`.
pub fn invitation(merchant: &merchant::Model, partner: &partner::Model) -> invitation::Model {
    invitation::Model {
        id: InvitationId::new(),
        merchant_id: merchant.id,
        livemode: Some(true),
        email: "invitation email".into(),
        role: Role::Partner,
        partner_id: Some(partner.id),
        hash: vec![0, 1, 255],
        created_at: at(66),
        expires_at: at(9),
        used_at: Some(at(62)),
    }
}
