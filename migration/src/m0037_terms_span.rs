//! Terms by which purchases of a past time are judged, beside moves of bindings.

use sea_orm_migration::prelude::{ColumnDef, DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, Table, async_trait};

/// Terms by which purchases of a past time are judged, beside moves of bindings.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let ends = ColumnDef::new("ends_at").timestamp_with_time_zone().take();
        manager.alter_table(Table::alter().table("terms_move").add_column(ends).take()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table("terms_move").drop_column("ends_at").take()).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
