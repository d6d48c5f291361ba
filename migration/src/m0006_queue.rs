//! Queue tables: what is still to be done, kept in the database (QU-1).

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::table::{NewTable, create_all, drop_all};

/// Queue tables: what is still to be done, kept in the database (QU-1).
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_all(manager, tables()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, tables()).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn tables() -> Vec<NewTable> {
    vec![inbox_event(), outbox_message(), idempotency()]
}

fn inbox_event() -> NewTable {
    NewTable::new("inbox_event")
        .reference_null("connection_id", "stripe_connection")
        .reference_null("merchant_id", "merchant")
        .boolean("livemode")
        .text("source")
        .text("event_id")
        .text("event_type")
        .text_null("account")
        .text_null("api_version")
        .time("occurred_at")
        .bytes("body")
        .text("status")
        .text_null("reason")
        .integer_default("attempts", 0)
        .time_null("next_attempt_at")
        .time_null("lease_until")
        .text_null("lease_owner")
        .text_null("error")
        .time("received_at")
        .time_null("finished_at")
        .unique(&["source", "livemode", "event_id"])
        .index(&["status", "next_attempt_at"])
        .index(&["merchant_id", "livemode", "received_at"])
}

fn outbox_message() -> NewTable {
    NewTable::new("outbox_message")
        .merchant_and_mode()
        .text("topic")
        .text("key")
        .json("payload")
        .text("status")
        .integer_default("attempts", 0)
        .time_null("next_attempt_at")
        .time("created_at")
        .time_null("finished_at")
        .index(&["status", "next_attempt_at"])
}

fn idempotency() -> NewTable {
    NewTable::new("idempotency")
        .text("scope")
        .text("key")
        .bytes("request_hash")
        .json_null("response")
        .time("created_at")
        .unique(&["scope", "key"])
}
