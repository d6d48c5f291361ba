//! What people decide by hand about who is who, and who brought whom.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::table::{NewTable, create_all, drop_all};

/// What people decide by hand about who is who, and who brought whom.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_all(manager, vec![intervention()]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, vec![intervention()]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn intervention() -> NewTable {
    NewTable::new("intervention")
        .merchant_and_mode()
        .text("kind")
        .reference_null("customer_id", "customer")
        .reference_null("merged_id", "customer")
        .reference_null("purchase_id", "purchase")
        .reference_null("enrollment_id", "enrollment")
        .text("what")
        .text("reason")
        .reference_null("created_by", "user")
        .reference_null("api_key_id", "api_key")
        .time("created_at")
        .index(&["merchant_id", "livemode", "created_at"])
        .index(&["customer_id", "created_at"])
}
