//! What is written to Stripe: coupons and codes that are made, shipping details, metadata, credit.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::table::{NewTable, create_all, drop_all};

/// What is written to Stripe: coupons and codes that are made, shipping details, metadata, credit.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_all(manager, vec![stripe_write()]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, vec![stripe_write()]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn stripe_write() -> NewTable {
    NewTable::new("stripe_write")
        .merchant_and_mode()
        .reference("connection_id", "stripe_connection")
        .text("kind")
        .text("subject")
        .json("change")
        .reference_null("enrollment_id", "enrollment")
        .text("status")
        .text_null("reason")
        .text_null("object")
        .text_null("sent")
        .integer_default("turn", 0)
        .integer_default("attempts", 0)
        .time_null("next_at")
        .time("created_at")
        .reference_null("created_by", "user")
        .time("updated_at")
        .time_null("verified_at")
        .index(&["merchant_id", "livemode", "created_at"])
        .index(&["subject", "kind"])
        .index(&["connection_id", "object"])
}
