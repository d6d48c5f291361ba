//! What a connection is good for: which feature needs which rights at Stripe, and which of them are there (CN-2).

use entity::stripe_connection::Model;
use entity::value::{Capability as C, ConnectionMethod, ConnectionStatus, PermissionState, StripePermission as P};

use crate::service::{Refusal, RefusalCode, ServiceError};
use crate::stripe::permission::{self, PERMISSIONS};

/// The scope of a key that can do everything.
pub const FULL: &str = "full";
/// The scope of Connect that may only read.
pub const READ_ONLY: &str = "read_only";
/// The scope of Connect that may everything.
pub const READ_WRITE: &str = "read_write";

/// Which rights each feature needs.
const NEEDS: &[(C, &[P])] = &[
    (C::ProveAccount, &[P::AccountRead]),
    (C::CompleteEvents, &[P::InvoiceRead, P::PaymentIntentRead, P::ChargeRead, P::CheckoutSessionRead, P::PromotionCodeRead]),
    (
        C::ReadHistory,
        &[
            P::ChargeRead,
            P::PaymentIntentRead,
            P::InvoiceRead,
            P::CheckoutSessionRead,
            P::CustomerRead,
            P::SubscriptionRead,
            P::DisputeRead,
            P::CreditNoteRead,
        ],
    ),
    (C::Reconcile, &[P::EventRead, P::ChargeRead, P::PaymentIntentRead, P::DisputeRead]),
    (C::ImportCodes, &[P::CouponRead, P::PromotionCodeRead]),
    (C::CreateCodes, &[P::CouponRead, P::CouponWrite, P::PromotionCodeWrite]),
    (C::ImportCustomers, &[P::CustomerRead]),
    (C::CommerceData, &[P::CustomerRead, P::ChargeRead, P::DisputeRead, P::ProductRead, P::PriceRead, P::BalanceRead, P::PaymentLinkRead]),
    (C::CompanyInfo, &[P::AccountRead, P::BalanceRead]),
    (C::RewardBalance, &[P::CustomerWrite]),
    (C::WriteShipping, &[P::ChargeWrite, P::PaymentIntentWrite]),
    (C::WriteAttribution, &[P::CustomerWrite, P::PaymentIntentWrite]),
    (C::ManageWebhooks, &[P::WebhookRead, P::WebhookWrite]),
];

/// The rights that a feature needs.
#[must_use]
pub fn needs(capability: C) -> &'static [P] {
    NEEDS.iter().find(|(known, _)| *known == capability).map_or(&[], |(_, needs)| needs)
}

/// The features that need a right.
pub fn needed_for(right: P) -> impl Iterator<Item = C> {
    NEEDS.iter().filter(move |(_, needs)| needs.contains(&right)).map(|(capability, _)| *capability)
}

/// A feature, and whether a connection can do it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Which.
    pub capability: C,
    /// Granted when every right is there, missing when one is not, unknown otherwise.
    pub state: PermissionState,
    /// The rights that are not there.
    pub missing: Vec<P>,
}

/// Every right, and whether a connection has it.
#[must_use]
pub fn permissions(row: &Model) -> Vec<(P, PermissionState)> {
    PERMISSIONS
        .iter()
        .map(|permission| {
            (permission.right, if permission.is_needed() { state(row, permission.right) } else { PermissionState::NotNeeded })
        })
        .collect()
}

/// Every feature, and whether a connection can do it.
#[must_use]
pub fn capabilities(row: &Model) -> Vec<Held> {
    NEEDS.iter().map(|(capability, _)| held(row, *capability)).collect()
}

/// Whether a connection can do a feature.
#[must_use]
pub fn held(row: &Model, capability: C) -> Held {
    let states: Vec<(P, PermissionState)> = needs(capability).iter().map(|right| (*right, state(row, *right))).collect();
    let missing: Vec<P> = states.iter().filter(|(_, state)| *state == PermissionState::Missing).map(|(right, _)| *right).collect();
    let state = match states.iter().any(|(_, state)| *state == PermissionState::Unknown) {
        _ if !missing.is_empty() => PermissionState::Missing,
        true => PermissionState::Unknown,
        false => PermissionState::Granted,
    };
    Held { capability, state, missing }
}

/// Whether the scope of a connection says already what it may.
pub(super) fn told_by_scope(row: &Model) -> bool {
    matches!((row.method, row.granted_scope.as_deref()), (_, Some(FULL)) | (ConnectionMethod::Oauth, Some(READ_ONLY | READ_WRITE)))
}

/// The scope decides where there is one; a restricted key and an app are what was found when they were asked.
pub(super) fn state(row: &Model, right: P) -> PermissionState {
    if row.status != ConnectionStatus::Linked {
        return PermissionState::Unknown;
    }
    let writes = permission::of(right).is_some_and(permission::Permission::writes);
    match (row.method, row.granted_scope.as_deref()) {
        (_, Some(FULL)) | (ConnectionMethod::Oauth, Some(READ_WRITE)) => PermissionState::Granted,
        (ConnectionMethod::Oauth, Some(READ_ONLY)) if writes => PermissionState::Missing,
        (ConnectionMethod::Oauth, Some(READ_ONLY)) => PermissionState::Granted,
        _ => row.health.as_ref().map_or(PermissionState::Unknown, |health| health.state_of(right)),
    }
}

/// How to get the rights that are missing.
#[must_use]
pub fn advice(row: &Model, missing: &[P]) -> Option<String> {
    if missing.is_empty() {
        return None;
    }
    let labels = |of: fn(&permission::Permission) -> &'static str| {
        let found = missing.iter().filter_map(|right| permission::of(*right)).map(of);
        found.collect::<Vec<_>>().join(", ")
    };
    Some(match row.method {
        ConnectionMethod::ApiKey => format!(
            "in Stripe's dashboard under Developers, API keys, edit the key that ends in {} and grant: {}; then run stripeConnectionCheck",
            row.key_last4.as_deref().unwrap_or("…"),
            labels(|permission| permission.label)
        ),
        ConnectionMethod::Oauth => {
            "the account is linked to be read only; link it again with the scope read_write (scope: READ_WRITE), or by a \
             restricted key or the app"
                .to_owned()
        }
        ConnectionMethod::App => format!(
            "add to the app's manifest: {}; upload the new version, let the merchant accept it, then run stripeConnectionCheck",
            labels(|permission| permission.name)
        ),
    })
}

/// Sees to it that a connection can do what is about to be done. What is not known is tried: Stripe then says.
///
/// # Errors
/// Refused with `CAPABILITY_MISSING` when a right is known to be missing; it names them, and what to do.
pub fn require(row: &Model, capability: C, field: &str) -> Result<(), ServiceError> {
    let held = held(row, capability);
    let Some(advice) = advice(row, &held.missing) else { return Ok(()) };
    let names = held.missing.iter().map(|right| right.as_str()).collect::<Vec<_>>().join(", ");
    let message = format!("the connection cannot do {capability}, as it lacks {names}: {advice}");
    Err(Refusal::new(field, RefusalCode::CapabilityMissing, message).into())
}

#[cfg(test)]
mod tests {
    use super::{C, NEEDS, P, needed_for, needs};
    use crate::stripe::permission::PERMISSIONS;

    #[test]
    fn every_feature_says_what_it_needs_and_every_right_is_needed_by_one() {
        for capability in C::ALL {
            assert!(!needs(*capability).is_empty(), "{capability}");
        }
        assert_eq!(NEEDS.len(), C::ALL.len());
        for permission in PERMISSIONS {
            assert_eq!(needed_for(permission.right).count() > 0, permission.is_needed(), "{}", permission.name);
        }
        assert_eq!(needed_for(P::AccountRead).collect::<Vec<_>>(), [C::ProveAccount, C::CompanyInfo]);
    }
}
