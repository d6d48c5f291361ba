//! Which partner recruited which.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, Expr, ExprTrait, MigrationTrait, SchemaManager, async_trait};

use crate::table::{NewTable, create_all, drop_all};

/// Which partner recruited which.
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
        NewTable::new("recruitment")
            .merchant_and_mode()
            .reference("enrollment_id", "enrollment")
            .reference("recruiter_id", "enrollment")
            .time("from_at")
            .time_null("to_at")
            .time("created_at")
            .index(&["enrollment_id"])
            .unique_where(&["enrollment_id"], Expr::col("to_at").is_null()),
    ]
}
