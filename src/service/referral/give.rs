//! Giving a reward that was earned (RA-5): by a code, by credit, or by the merchant's own hand.

use std::collections::BTreeSet;

use entity::referral_offer;
use entity::referral_reward::Model;
use entity::referrer;
use entity::value::{
    BalanceDraft, ConnectionId, CustomerId, Gift, IdentityKind, MessageId, PromotionCodeDraft, ReferralSide, StripeChange, StripeWriteId,
};
use sea_orm::DatabaseTransaction;

use crate::domain::access::Scope;
use crate::service::identity::place;
use crate::service::stripe_write::{NewWrite, made_up, owe};
use crate::service::{ServiceError, Services};
use crate::store;
use crate::store::scoped::find;

/// Has a reward given, where Stripe gives it. What has to wait, because nobody knows the customer at Stripe yet or the merchant gives it, stays
/// as it is.
pub async fn give(
    tx: &DatabaseTransaction,
    services: &Services,
    scope: Scope,
    offer: &referral_offer::Model,
    row: Model,
) -> Result<(Model, Option<MessageId>), ServiceError> {
    let Some(connection) = offer.connection_id else { return Ok((row, None)) };
    let whose = match row.side {
        ReferralSide::Friend => row.friend_id,
        ReferralSide::Referrer => match find::<referrer::Entity, _>(tx, scope, row.referrer_id).await? {
            Some(referrer) => referrer.customer_id,
            None => return Ok((row, None)),
        },
    };
    let customer = at_stripe(tx, connection, whose).await?;
    let change = match (&row.gift, customer) {
        // Without a customer to bind it to, it is good for one use all the same.
        (Gift::Code { coupon }, customer) => StripeChange::PromotionCode(PromotionCodeDraft {
            coupon: coupon.clone(),
            code: made_up(),
            customer,
            expires_at: None,
            max_redemptions: Some(1),
            first_time: false,
            minimum: None,
        }),
        (Gift::Credit { money }, Some(customer)) => {
            let description = match row.side {
                ReferralSide::Friend => "Welcome: you were recommended by a friend",
                ReferralSide::Referrer => "Thank you for recommending us to a friend",
            };
            StripeChange::CustomerBalance(BalanceDraft { customer, credit: *money, description: description.to_owned() })
        }
        (Gift::Credit { .. }, None) | (Gift::Own { .. }, _) => return Ok((row, None)),
    };
    // A reward is nobody's code: who uses it is not brought by anybody.
    let id = StripeWriteId::new_at(services.clock.now());
    let (write, message) = owe(tx, services, scope, NewWrite { id, connection, change, enrollment: None, by: None }).await?;
    Ok((Model { write_id: Some(write.id), ..row }, message))
}

/// Stripe's id of a customer at a connection.
async fn at_stripe(tx: &DatabaseTransaction, connection: ConnectionId, customer: CustomerId) -> Result<Option<String>, ServiceError> {
    let all = store::identity::of_customers(tx, &[customer]).await?;
    let stripe = all.iter().filter(|row| row.kind == IdentityKind::StripeCustomer).filter_map(|row| place(&row.value));
    let ids: BTreeSet<&str> = stripe.filter(|(at, _)| *at == connection).map(|(_, id)| id).collect();
    Ok(ids.first().map(|id| (*id).to_owned()))
}
