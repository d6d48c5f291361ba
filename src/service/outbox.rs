//! The outbox: what is owed after a commit. The live feed is told, where a lost message is harmless; what is written to Stripe is tried until it
//! stands there; customers who were settled are looked at for what their friends are owed.

use chrono::Duration;
use entity::outbox_message::Model;
use entity::value::{MessageId, Mode, OutboxStatus};

use super::{ServiceError, Services, referral, stripe_write};
use crate::store;

/// How long a message is left alone after an attempt began.
const PAUSE: Duration = Duration::seconds(30);
/// After so many attempts a message is given up.
const ATTEMPTS: i32 = 10;

/// The topic of the live feed for one merchant's mode.
#[must_use]
pub fn topic(merchant: entity::value::MerchantId, mode: Mode) -> String {
    format!("commission:{merchant}:{}", mode.as_str())
}

/// Sends a message that still waits.
///
/// # Errors
/// [`ServiceError`] when the database fails, or the feed does not take it: the sweeper then tries again.
pub async fn send(services: &Services, id: MessageId) -> Result<(), ServiceError> {
    let Some(message) = store::outbox::attempt(services.db.write(), id, services.clock.shared() + PAUSE).await? else {
        return Ok(());
    };
    let again = match message.topic.as_str() {
        stripe_write::TOPIC => stripe_write::carry(services, &message.payload).await?,
        referral::SYNC => referral::advance(services, &message.payload).await?,
        referral::LOOK => {
            referral::look(services, &message.payload).await?;
            None
        }
        _ => return tell(services, &message).await,
    };
    match again {
        Some(again) => store::outbox::put_off(services.db.write(), id, again).await?,
        None => store::outbox::finish(services.db.write(), id, OutboxStatus::Done, services.clock.now()).await?,
    }
    Ok(())
}

/// Tells the live feed.
async fn tell(services: &Services, message: &Model) -> Result<(), ServiceError> {
    let now = services.clock.now();
    let topic = topic(message.merchant_id, Mode::from_livemode(message.livemode));
    match services.feed.publish(&topic, message.payload.to_string()).await {
        Ok(()) => store::outbox::finish(services.db.write(), message.id, OutboxStatus::Done, now).await?,
        Err(error) if message.attempts >= ATTEMPTS => {
            tracing::warn!(message = %message.id, %error, "a message is given up");
            store::outbox::finish(services.db.write(), message.id, OutboxStatus::Failed, now).await?;
        }
        Err(error) => return Err(ServiceError::Unavailable(format!("the live feed does not take a message: {error}"))),
    }
    Ok(())
}
