//! Filled rows of the tables of `m0004_stripe`.

use entity::value::{
    ConnectionHealth, ConnectionId, ConnectionMethod, ConnectionStatus, CouponId, EndpointHealth, PermissionState, PromotionCodeDraft,
    PromotionCodeId, PurchaseId, PurchaseStatus, SealedList, SnapshotId, Span, StripeChange, StripePermission, StripeWriteId,
    StripeWriteKind, StripeWriteReason, StripeWriteStatus,
};
use entity::{
    api_key, coupon, customer, enrollment, link_attempt, membership, merchant, promotion_code, purchase, purchase_reference, snapshot,
    stripe_connection, stripe_write, user,
};
use uuid::Uuid;

use super::{at, euro, fact, sealed};

fn health() -> ConnectionHealth {
    ConnectionHealth {
        checked_at: at(37),
        error: Some("an error".into()),
        skew_seconds: Some(-3),
        permissions: vec![
            (StripePermission::ChargeRead, PermissionState::Granted),
            (StripePermission::ChargeWrite, PermissionState::Missing),
        ],
        endpoints: Some(vec![EndpointHealth {
            id: "we_1".into(),
            own: true,
            enabled: false,
            api_version: Some("2026-09-30.endive".into()),
            missing: vec!["invoice.paid".into()],
            unused: vec!["payout.paid".into()],
        }]),
        endpoint_error: Some("another error".into()),
    }
}

/// A row of `stripe_connection`.
pub fn stripe_connection(merchant: &merchant::Model) -> stripe_connection::Model {
    stripe_connection::Model {
        id: ConnectionId::new(),
        merchant_id: merchant.id,
        livemode: true,
        name: "stripe_connection name".into(),
        account: Some("stripe_connection account".into()),
        verified_at: Some(at(33)),
        method: ConnectionMethod::ApiKey,
        status: ConnectionStatus::PendingAuth,
        status_reason: Some("stripe_connection status_reason".into()),
        disabled_at: Some(at(40)),
        secret: Some(sealed()),
        key_last4: Some("stripe_connection key_last4".into()),
        granted_scope: Some("stripe_connection granted_scope".into()),
        refresh_secret: Some(sealed()),
        token_expires_at: Some(at(38)),
        refresh_until: Some(at(39)),
        refresh_owner: Some("stripe_connection refresh_owner".into()),
        linked_at: Some(at(34)),
        endpoint: "stripe_connection endpoint".into(),
        webhook_secrets: SealedList(vec![sealed(), sealed()]),
        webhook_endpoint: Some("stripe_connection webhook_endpoint".into()),
        api_version: Some("stripe_connection api_version".into()),
        last_event_at: Some(at(27)),
        refused_count: i64::MAX,
        refused_at: Some(at(44)),
        refused_reason: Some("stripe_connection refused_reason".into()),
        health: Some(health()),
        check_at: Some(at(35)),
        check_until: Some(at(36)),
        check_owner: Some("stripe_connection check_owner".into()),
        created_at: at(66),
        updated_at: at(81),
    }
}

/// A row of `link_attempt`.
pub fn link_attempt(
    merchant: &merchant::Model,
    membership: &membership::Model,
    api_key: &api_key::Model,
    connection: &stripe_connection::Model,
) -> link_attempt::Model {
    link_attempt::Model {
        id: Uuid::now_v7(),
        merchant_id: merchant.id,
        livemode: true,
        method: ConnectionMethod::Oauth,
        state_hash: vec![1; 32],
        browser_hash: Some(vec![2; 32]),
        membership_id: Some(membership.id),
        session_version: Some(i32::MAX),
        api_key_id: Some(api_key.id),
        connection_id: Some(connection.id),
        name: Some("link_attempt name".into()),
        scope: Some("link_attempt scope".into()),
        redirect_uri: "link_attempt redirect_uri".into(),
        return_url: Some("link_attempt return_url".into()),
        created_at: at(41),
        expires_at: at(42),
        used_at: Some(at(43)),
    }
}

/// A row of `coupon`.
pub fn coupon(merchant: &merchant::Model, stripe_connection: &stripe_connection::Model, enrollment: &enrollment::Model) -> coupon::Model {
    coupon::Model {
        id: CouponId::new(),
        merchant_id: merchant.id,
        livemode: true,
        connection_id: stripe_connection.id,
        stripe_id: "coupon stripe_id".into(),
        name: Some("coupon name".into()),
        percent_off_bps: Some(i32::MAX),
        amount_off: Some(i64::MIN),
        currency: Some(euro()),
        duration: Some("coupon duration".into()),
        deleted_at: Some(at(65)),
        enrollment_id: Some(enrollment.id),
        mapped_from: Some(at(95)),
        mapped_to: Some(at(80)),
        source_at: at(92),
        created_at: at(66),
    }
}

/// A row of `promotion_code`.
pub fn promotion_code(
    merchant: &merchant::Model,
    stripe_connection: &stripe_connection::Model,
    enrollment: &enrollment::Model,
) -> promotion_code::Model {
    promotion_code::Model {
        id: PromotionCodeId::new(),
        merchant_id: merchant.id,
        livemode: true,
        connection_id: stripe_connection.id,
        stripe_id: "promotion_code stripe_id".into(),
        code: "promotion_code code".into(),
        code_folded: "promotion_code code_folded".into(),
        coupon: Some("promotion_code coupon".into()),
        active: true,
        inactive: vec![Span { from: at(60), to: Some(at(61)) }, Span { from: at(62), to: None }].into(),
        enrollment_id: Some(enrollment.id),
        mapped_from: Some(at(95)),
        mapped_to: Some(at(80)),
        source_at: at(92),
        created_at: at(66),
    }
}

/// A row of `purchase`.
pub fn purchase(merchant: &merchant::Model, stripe_connection: &stripe_connection::Model, customer: &customer::Model) -> purchase::Model {
    purchase::Model {
        id: PurchaseId::new(),
        merchant_id: merchant.id,
        livemode: true,
        connection_id: Some(stripe_connection.id),
        key: "purchase key".into(),
        customer_id: Some(customer.id),
        status: PurchaseStatus::Paid,
        purchased_at: Some(at(6)),
        currency: Some(euro()),
        total: i64::MIN,
        collected: i64::MIN,
        reduction: i64::MIN,
        returned_at: Some(at(7)),
        base: i64::MIN,
        state: fact(),
        merged_into: None,
        created_at: at(66),
        updated_at: at(81),
    }
}

/// A row of `purchase_reference`.
pub fn purchase_reference(
    merchant: &merchant::Model,
    stripe_connection: &stripe_connection::Model,
    purchase: &purchase::Model,
) -> purchase_reference::Model {
    purchase_reference::Model {
        id: Uuid::now_v7(),
        merchant_id: merchant.id,
        livemode: true,
        connection_id: stripe_connection.id,
        reference: "purchase_reference reference".into(),
        purchase_id: purchase.id,
    }
}

/// A row of `snapshot`.
pub fn snapshot(merchant: &merchant::Model, stripe_connection: &stripe_connection::Model, purchase: &purchase::Model) -> snapshot::Model {
    snapshot::Model {
        id: SnapshotId::new(),
        merchant_id: merchant.id,
        livemode: true,
        connection_id: stripe_connection.id,
        object_id: "snapshot object_id".into(),
        kind: "snapshot kind".into(),
        source_at: at(92),
        body: vec![0, 1, 255],
        fact: fact(),
        purchase_id: Some(purchase.id),
        money_at: Some(at(30)),
        money: Some(i64::MAX),
        money_currency: Some(euro()),
        created_at: at(66),
        updated_at: at(81),
    }
}

/// A row of `stripe_write`.
pub fn stripe_write(
    merchant: &merchant::Model,
    stripe_connection: &stripe_connection::Model,
    enrollment: &enrollment::Model,
    user: &user::Model,
) -> stripe_write::Model {
    stripe_write::Model {
        id: StripeWriteId::new(),
        merchant_id: merchant.id,
        livemode: true,
        connection_id: stripe_connection.id,
        kind: StripeWriteKind::PromotionCode,
        subject: "stripe_write subject".into(),
        change: StripeChange::PromotionCode(PromotionCodeDraft {
            coupon: "a coupon".into(),
            code: "stripe_write code".into(),
            customer: Some("cus_1".into()),
            expires_at: Some(at(1)),
            max_redemptions: Some(u32::MAX),
            first_time: true,
            minimum: Some(entity::value::Money::new(i64::MAX, euro())),
        }),
        enrollment_id: Some(enrollment.id),
        status: StripeWriteStatus::Failed,
        reason: Some(StripeWriteReason::NameTaken),
        object: Some("stripe_write object".into()),
        sent: Some("stripe_write sent".into()),
        turn: i32::MAX,
        attempts: i32::MAX,
        next_at: Some(at(2)),
        created_at: at(3),
        created_by: Some(user.id),
        updated_at: at(4),
        verified_at: Some(at(5)),
    }
}
