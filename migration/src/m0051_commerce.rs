//! The index of commerce data: what was synced, by kind, time, state and currency. The data itself stays with the objects.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::table::{NewTable, create_all, drop_all};

/// The index of commerce data: what was synced, by kind, time, state and currency. The data itself stays with the objects.
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
    vec![
        NewTable::new("commerce_record")
            .merchant_and_mode()
            .reference("connection_id", "stripe_connection")
            .text("kind")
            .text("source_id")
            .text_null("parent_id")
            .text("status")
            .text("currency")
            .bigint("amount")
            .boolean("derived")
            .bytes_null("body")
            .bigint("digest")
            .time("source_created_at")
            .time("source_modified_at")
            .time("told_at")
            .integer("told_rank")
            .time("created_at")
            .time("updated_at")
            .unique(&["connection_id", "source_id", "kind"])
            .index(&["merchant_id", "livemode", "kind", "source_created_at"])
            .index(&["merchant_id", "livemode", "kind", "status", "source_created_at"])
            .index(&["connection_id", "parent_id"]),
    ]
}
