//! Whether a version of the terms asks what is known of prices and products, so that nobody else's are looked up.

use sea_orm_migration::prelude::{ColumnDef, DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, Table, async_trait};

/// Whether a version of the terms asks what is known of prices and products, so that nobody else's are looked up.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut asks = ColumnDef::new("asks_catalogue");
        asks.boolean().not_null().default(false);
        manager.alter_table(Table::alter().table("terms").add_column(asks).to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table("terms").drop_column("asks_catalogue").to_owned()).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
