//! Unique indexes: what they refuse and what they let through.

use entity::value::{
    ApiKeyId, AuditFindingId, AuditLaneId, BindingId, CommissionId, CommissionKind, ConnectionId, ConnectionStatus, CouponId, CustomerId,
    DecisionId, EnrollmentId, EventId, ExchangeRateId, FraudCaseId, IdentityClaimId, IdentityId, IdentityKind, InvitationId, LinkId,
    MembershipId, MerchantId, PartnerGroupId, PartnerId, PromotionCodeId, PurchaseId, RefreshTokenId, Role, SetupTokenId, SnapshotId,
    TallyEntryId, TallyId, TermsId, TierPeriodId, TouchId, TrialId, UserId,
};
use entity::{
    api_key, audit_finding, audit_lane, binding, commission, coupon, customer, decision, enrollment, exchange_rate, fraud_case,
    group_terms, idempotency, identity, identity_claim, inbox_event, invitation, link, membership, merchant, partner, partner_address,
    partner_group, partner_trait, payout_line, promotion_code, purchase, purchase_card, purchase_rate, purchase_reference, refresh_token,
    setup_token, snapshot, stripe_connection, tally, tally_entry, tally_sum, terms, tier_period, touch, trial, user,
};
use sea_orm::{DatabaseConnection, EntityTrait};
use uuid::Uuid;

use crate::rows::{Rows, at};
use crate::store::{refused, taken};

/// The same key twice is refused, and free in the other mode (S9).
pub async fn bites_within_a_mode(db: &DatabaseConnection, rows: &Rows) {
    refused(db, &user::Model { id: UserId::new(), ..rows.user.clone() }).await;
    refused(db, &setup_token::Model { id: SetupTokenId::new(), ..rows.setup_token.clone() }).await;
    refused(db, &invitation::Model { id: InvitationId::new(), ..rows.invitation.clone() }).await;
    refused(db, &refresh_token::Model { id: RefreshTokenId::new(), ..rows.refresh_token.clone() }).await;
    refused(db, &terms::Model { id: TermsId::new(), ..rows.terms.clone() }).await;
    refused(db, &enrollment::Model { id: EnrollmentId::new(), ..rows.enrollment.clone() }).await;
    refused(db, &link::Model { id: LinkId::new(), ..rows.link.clone() }).await;
    refused(db, &api_key::Model { id: ApiKeyId::new(), ..rows.api_key.clone() }).await;
    refused(db, &identity_claim::Model { id: IdentityClaimId::new(), ..rows.identity_claim.clone() }).await;
    refused(db, &coupon::Model { id: CouponId::new(), ..rows.coupon.clone() }).await;
    refused(db, &promotion_code::Model { id: PromotionCodeId::new(), ..rows.promotion_code.clone() }).await;
    refused(db, &purchase::Model { id: PurchaseId::new(), ..rows.purchase.clone() }).await;
    refused(db, &snapshot::Model { id: SnapshotId::new(), ..rows.snapshot.clone() }).await;
    refused(db, &touch::Model { id: TouchId::new(), ..rows.touch.clone() }).await;
    refused(db, &tally::Model { id: TallyId::new(), ..rows.tally.clone() }).await;
    refused(db, &tally_entry::Model { id: TallyEntryId::new(), ..rows.tally_entry.clone() }).await;
    refused(db, &tally_sum::Model { id: Uuid::now_v7(), ..rows.tally_sum.clone() }).await;
    refused(db, &trial::Model { id: TrialId::new(), ..rows.trial.clone() }).await;
    refused(db, &tier_period::Model { id: TierPeriodId::new(), ..rows.tier_period.clone() }).await;
    let commission = commission::Model { id: CommissionId::new(), ..rows.commission.clone() };
    refused(db, &commission).await;
    taken(db, &commission::Model { kind: CommissionKind::Sale, ..commission }).await;
    refused(db, &purchase_reference::Model { id: Uuid::now_v7(), ..rows.purchase_reference.clone() }).await;
    refused(db, &payout_line::Model { id: Uuid::now_v7(), ..rows.payout_line.clone() }).await;
    refused(db, &idempotency::Model { id: Uuid::now_v7(), ..rows.idempotency.clone() }).await;
    refused(db, &audit_lane::Model { id: AuditLaneId::new(), ..rows.insight.audit_lane.clone() }).await;
    refused(db, &group_terms::Model { id: Uuid::now_v7(), ..rows.group_terms.clone() }).await;
    refused(db, &partner_group::Model { id: PartnerGroupId::new(), ..rows.partner_group.clone() }).await;
    taken(db, &partner_group::Model { id: PartnerGroupId::new(), livemode: false, ..rows.partner_group.clone() }).await;
    let second = partner::Model { id: PartnerId::new(), ..rows.partner.clone() };
    refused(db, &second).await;
    taken(db, &partner::Model { livemode: false, ..second }).await;
    let event = inbox_event::Model { id: EventId::new(), ..rows.inbox_event.clone() };
    refused(db, &event).await;
    taken(db, &inbox_event::Model { livemode: false, ..event }).await;
    let connection = stripe_connection::Model { id: ConnectionId::new(), endpoint: "other".into(), ..rows.stripe_connection.clone() };
    refused(db, &connection).await;
    taken(db, &stripe_connection::Model { livemode: false, ..connection }).await;
}

/// One open binding a person, one decision in force a purchase, one customer an identity, unless it is an e-mail.
pub async fn one_is_in_force(db: &DatabaseConnection, rows: &Rows) {
    let open = binding::Model { id: BindingId::new(), ended_at: None, ..rows.binding.clone() };
    taken(db, &open).await;
    refused(db, &binding::Model { id: BindingId::new(), ..open.clone() }).await;
    taken(db, &binding::Model { id: BindingId::new(), ended_at: Some(at(5)), ..open }).await;

    let finding = audit_finding::Model { id: AuditFindingId::new(), cleared_at: None, ..rows.insight.audit_finding.clone() };
    taken(db, &finding).await;
    refused(db, &audit_finding::Model { id: AuditFindingId::new(), ..finding }).await;

    let held = partner_trait::Model { id: Uuid::now_v7(), holds_to: None, ..rows.partner_trait.clone() };
    taken(db, &held).await;
    refused(db, &partner_trait::Model { id: Uuid::now_v7(), ..held }).await;

    let decision = decision::Model { id: DecisionId::new(), ..rows.decision.clone() };
    refused(db, &decision).await;
    taken(db, &decision::Model { current: false, ..decision }).await;

    let other = customer::Model { id: CustomerId::new(), ..rows.customer.clone() };
    taken(db, &other).await;
    let key = identity::Model { id: IdentityId::new(), customer_id: other.id, ..rows.identity.clone() };
    refused(db, &key).await;
    let mail = identity::Model { kind: IdentityKind::EmailHash, ..key };
    taken(db, &mail).await;
    refused(db, &identity::Model { id: IdentityId::new(), ..mail.clone() }).await;
    taken(db, &identity::Model { id: IdentityId::new(), customer_id: rows.customer.id, ..mail }).await;
}

/// In a unique index an empty column equals nothing, so those that can be empty have a second index.
pub async fn empty_is_no_loophole(db: &DatabaseConnection, rows: &Rows) {
    let member = membership::Model { id: MembershipId::new(), role: Role::Owner, partner_id: None, ..rows.membership.clone() };
    taken(db, &member).await;
    refused(db, &membership::Model { id: MembershipId::new(), ..member }).await;

    let told = purchase::Model { id: PurchaseId::new(), connection_id: None, ..rows.purchase.clone() };
    taken(db, &told).await;
    refused(db, &purchase::Model { id: PurchaseId::new(), ..told }).await;

    let begun = |endpoint: &str| stripe_connection::Model {
        id: ConnectionId::new(),
        account: None,
        endpoint: endpoint.into(),
        ..rows.stripe_connection.clone()
    };
    taken(db, &begun("first")).await;
    taken(db, &begun("second")).await;
}

/// An account that was proved has one connection in a mode, among all merchants; who only claims it, or is unlinked, is in nobody's way.
pub async fn a_proved_account_is_one_connection_s(db: &DatabaseConnection, rows: &Rows) {
    let other = merchant::Model { id: MerchantId::new(), ..rows.merchant.clone() };
    taken(db, &other).await;
    let mut number = 0;
    let mut second = |status, verified_at| {
        number += 1;
        let endpoint = format!("second {number}");
        let (id, merchant_id) = (ConnectionId::new(), other.id);
        stripe_connection::Model { id, merchant_id, endpoint, status, verified_at, ..rows.stripe_connection.clone() }
    };
    refused(db, &second(ConnectionStatus::Linked, Some(at(5)))).await;
    refused(db, &second(ConnectionStatus::Deauthorized, Some(at(5)))).await;
    let unlinked = second(ConnectionStatus::Unlinked, Some(at(5)));
    taken(db, &unlinked).await;
    stripe_connection::Entity::delete_by_id(unlinked.id).exec(db).await.unwrap();
    taken(db, &second(ConnectionStatus::Linked, None)).await;
}

/// A day has one rate of two currencies for a merchant, and one for the instance.
pub async fn a_day_has_one_rate(db: &DatabaseConnection, rows: &Rows) {
    let again = exchange_rate::Model { id: ExchangeRateId::new(), ..rows.exchange_rate.clone() };
    refused(db, &again).await;
    taken(db, &exchange_rate::Model { day: at(86_400).date_naive(), ..again.clone() }).await;
    let shared = exchange_rate::Model { id: ExchangeRateId::new(), merchant_id: None, ..again };
    taken(db, &shared).await;
    refused(db, &exchange_rate::Model { id: ExchangeRateId::new(), ..shared }).await;
    refused(db, &purchase_rate::Model { id: Uuid::now_v7(), ..rows.purchase_rate.clone() }).await;
    refused(db, &purchase_card::Model { id: Uuid::now_v7(), ..rows.purchase_card.clone() }).await;
    refused(db, &partner_address::Model { id: Uuid::now_v7(), ..rows.partner_address.clone() }).await;
    refused(db, &fraud_case::Model { id: FraudCaseId::new(), ..rows.fraud_case.clone() }).await;
}
