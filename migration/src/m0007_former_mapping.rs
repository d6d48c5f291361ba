//! Former mappings of codes: a code that passes from one partner to another keeps its history.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::table::{NewTable, create_all, drop_all};

/// Former mappings of codes: a code that passes from one partner to another keeps its history.
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
        NewTable::new("former_mapping")
            .merchant_and_mode()
            .reference("connection_id", "stripe_connection")
            .text_null("promotion_code")
            .text_null("coupon")
            .reference("enrollment_id", "enrollment")
            .time("mapped_from")
            .time("mapped_to")
            .index(&["connection_id", "promotion_code"])
            .index(&["connection_id", "coupon"]),
    ]
}
