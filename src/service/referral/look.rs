//! Looking at a customer who was settled: are they a friend whom somebody brought, and has anybody deserved anything (RA-2 to RA-4).

use chrono::{DateTime, Duration, Utc};
use entity::referral_reward::Model;
use entity::value::{CustomerId, MessageId, ReferralCause, ReferralRewardId, ReferralSide, ReferralState, ReferralTrigger};
use entity::{binding, program, referral_offer, referrer};
use sea_orm::DatabaseTransaction;
use serde_json::Value;

use super::enroll::enroll;
use super::give::give;
use crate::domain::access::Scope;
use crate::domain::referral::{Bought, Reward, Rule, step};
use crate::service::settle::ring;
use crate::service::{ServiceError, Services, kin, retry};
use crate::store;
use crate::store::referral::scope_of;
use crate::store::scoped::find;

/// Looks at the customer whom a message names.
///
/// # Errors
/// [`ServiceError`] when the database fails: the message then comes again.
pub async fn look(services: &Services, payload: &Value) -> Result<(), ServiceError> {
    let named = payload.get("customer").and_then(Value::as_str).and_then(|text| text.parse::<CustomerId>().ok());
    let id = named.ok_or_else(|| ServiceError::Internal("a message names no customer".to_owned()))?;
    let messages = retry::races(|| at(services, id)).await?;
    ring(services, &messages).await;
    Ok(())
}

/// One transaction: both rewards of a friend are noted together (RA-3), and all of theirs moved.
async fn at(services: &Services, id: CustomerId) -> Result<Vec<MessageId>, ServiceError> {
    let tx = services.db.begin().await?;
    let Some(row) = store::customer::by_id(&tx, id).await? else { return Ok(Vec::new()) };
    let scope = scope_of(row.merchant_id, row.livemode);
    let Some(group) = kin::lock_group(&tx, scope, id).await? else { return Ok(Vec::new()) };
    let person: Vec<CustomerId> = group.members.iter().copied().collect();
    let mut messages = Vec::new();
    let mut due: Option<DateTime<Utc>> = None;
    for offer in store::referral::offers(&tx, scope).await? {
        let look = Look { tx: &tx, services, scope, offer: &offer, person: &person };
        messages.extend(look.become_referrer(&row).await?);
        let (more, next) = look.rewards().await?;
        messages.extend(more);
        due = [due, next].into_iter().flatten().min();
    }
    if let Some(due) = due {
        store::referral::look_again(&tx, group.root, due).await?;
    }
    tx.commit().await?;
    Ok(messages)
}

/// A person, and what one program offers.
struct Look<'a> {
    tx: &'a DatabaseTransaction,
    services: &'a Services,
    scope: Scope,
    offer: &'a referral_offer::Model,
    person: &'a [CustomerId],
}

impl Look<'_> {
    /// RA-1: whoever signs up or buys becomes a referrer, where that is wished.
    async fn become_referrer(&self, row: &entity::customer::Model) -> Result<Option<MessageId>, ServiceError> {
        if !self.offer.everybody || !self.offer.enabled || row.merged_into.is_some() {
            return Ok(None);
        }
        if !store::referral::referrers_among(self.tx, self.offer.program_id, self.person).await?.is_empty() {
            return Ok(None);
        }
        let came = row.signed_up_at.is_some() || !store::referral::bought(self.tx, self.person, DateTime::UNIX_EPOCH).await?.is_empty();
        let Some(program) = find::<program::Entity, _>(self.tx, self.scope, self.offer.program_id).await?.filter(|_| came) else {
            return Ok(None);
        };
        let made = enroll(self.tx, self.services, self.scope, (self.offer, &program), row).await?;
        Ok(made.and_then(|(_, message)| message))
    }

    /// Notes what is to be given for the friend, and moves what was noted.
    async fn rewards(&self) -> Result<(Vec<MessageId>, Option<DateTime<Utc>>), ServiceError> {
        let nothing = (Vec::new(), None);
        let bindings = store::referral::bindings(self.tx, self.offer.program_id, self.person).await?;
        let referrer = match bindings.first() {
            Some(bound) => store::referral::lock_referrer(self.tx, bound.enrollment_id).await?,
            None => None,
        };
        let mut noted = store::referral::lock_rewards(self.tx, self.offer.program_id, self.person).await?;
        if let (Some(bound), Some(referrer), true) = (bindings.first(), &referrer, noted.is_empty() && self.offer.enabled) {
            // Nobody is their own friend.
            if !self.person.contains(&referrer.customer_id) {
                noted = self.note(bound, referrer).await?;
            }
        }
        let Some(since) = noted.iter().map(|reward| reward.bound_at).min() else { return Ok(nothing) };
        let bought = store::referral::bought(self.tx, self.person, since).await?;
        let (mut messages, mut due) = nothing;
        for reward in noted {
            let (message, next) = self.advance(reward, &bought).await?;
            messages.extend(message);
            due = [due, next].into_iter().flatten().min();
        }
        Ok((messages, due))
    }

    /// RA-3: both at once, and under the lock of the referrer, so that no cap is passed.
    async fn note(&self, bound: &binding::Model, referrer: &referrer::Model) -> Result<Vec<Model>, ServiceError> {
        let now = self.services.clock.now();
        let full = match self.offer.cap.and_then(|cap| u64::try_from(cap).ok()) {
            Some(cap) => store::referral::counted(self.tx, referrer.id).await? >= cap,
            None => false,
        };
        let sides = [
            (ReferralSide::Friend, &self.offer.friend, self.offer.friend_for, 0, false),
            (ReferralSide::Referrer, &self.offer.referrer, ReferralTrigger::Purchase, self.offer.hold_days, full),
        ];
        let mut noted = Vec::new();
        for (side, gift, earned_for, hold_days, full) in sides {
            let Some(gift) = gift.clone() else { continue };
            let row = Model {
                id: ReferralRewardId::new_at(now),
                merchant_id: self.scope.merchant(),
                livemode: self.scope.livemode(),
                program_id: self.offer.program_id,
                referrer_id: referrer.id,
                friend_id: bound.customer_id,
                side,
                gift,
                earned_for,
                hold_days,
                state: if full { ReferralState::Cancelled } else { ReferralState::Pending },
                cause: full.then_some(ReferralCause::CapReached),
                purchase_id: None,
                write_id: None,
                reference: None,
                bound_at: bound.bound_at,
                expires_at: self.offer.expires_days.map(|days| bound.bound_at + Duration::days(i64::from(days))),
                created_at: now,
                updated_at: now,
                applied_at: None,
            };
            noted.push(store::row::insert(self.tx, row).await?);
        }
        Ok(noted)
    }

    /// Moves one reward, and has it given when it is deserved.
    async fn advance(&self, reward: Model, bought: &[Bought]) -> Result<(Option<MessageId>, Option<DateTime<Utc>>), ServiceError> {
        let now = self.services.clock.now();
        let rule = Rule {
            earned_for: reward.earned_for,
            hold: Duration::days(i64::from(reward.hold_days)),
            expires_at: reward.expires_at.filter(|_| reward.earned_for == ReferralTrigger::Purchase),
        };
        let before = Reward { state: reward.state, cause: reward.cause, purchase: reward.purchase_id };
        let next = step(before, &rule, bought, reward.write_id.is_some(), now);
        let Reward { state, cause, purchase } = next.reward;
        let mut row = Model { state, cause, purchase_id: purchase, ..reward };
        let mut message = None;
        if row.state == ReferralState::Earned && row.write_id.is_none() {
            (row, message) = give(self.tx, self.services, self.scope, self.offer, row).await?;
        }
        if next.reward != before || message.is_some() {
            store::row::save(self.tx, Model { updated_at: now, ..row }).await?;
        }
        Ok((message, next.due))
    }
}
