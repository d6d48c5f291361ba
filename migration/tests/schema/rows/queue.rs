//! Filled rows of the tables of `m0006_queue`.

use entity::value::{EventId, IgnoreReason, InboxStatus, MessageId, OutboxStatus};
use entity::{idempotency, inbox_event, instance, merchant, outbox_message, stripe_connection};
use uuid::Uuid;

use super::{at, fact};

/// A row of `inbox_event`.
pub fn inbox_event(stripe_connection: &stripe_connection::Model, merchant: &merchant::Model) -> inbox_event::Model {
    inbox_event::Model {
        id: EventId::new(),
        connection_id: Some(stripe_connection.id),
        merchant_id: Some(merchant.id),
        livemode: true,
        source: "inbox_event source".into(),
        event_id: "inbox_event event_id".into(),
        event_type: "inbox_event event_type".into(),
        account: Some("inbox_event account".into()),
        api_version: Some("inbox_event api_version".into()),
        occurred_at: at(96),
        body: vec![0, 1, 255],
        status: InboxStatus::Ignored,
        reason: Some(IgnoreReason::NoEffect),
        attempts: i32::MAX,
        next_attempt_at: Some(at(65)),
        lease_until: Some(at(9)),
        lease_owner: Some("inbox_event lease_owner".into()),
        error: Some("inbox_event error".into()),
        received_at: at(80),
        finished_at: Some(at(83)),
    }
}

/// A row of `outbox_message`.
pub fn outbox_message(merchant: &merchant::Model) -> outbox_message::Model {
    outbox_message::Model {
        id: MessageId::new(),
        merchant_id: merchant.id,
        livemode: true,
        topic: "outbox_message topic".into(),
        key: "outbox_message key".into(),
        payload: fact(),
        status: OutboxStatus::Failed,
        attempts: i32::MAX,
        next_attempt_at: Some(at(65)),
        created_at: at(66),
        finished_at: Some(at(83)),
    }
}

/// A row of `instance`.
pub fn instance() -> instance::Model {
    instance::Model {
        id: Uuid::nil(),
        key_id: "instance key_id".into(),
        proof: "instance proof".into(),
        created_at: at(66),
        updated_at: at(81),
    }
}

/// A row of `idempotency`.
pub fn idempotency() -> idempotency::Model {
    idempotency::Model {
        id: Uuid::now_v7(),
        scope: "idempotency scope".into(),
        key: "idempotency key".into(),
        request_hash: vec![0, 1, 255],
        response: Some(fact()),
        created_at: at(66),
    }
}
