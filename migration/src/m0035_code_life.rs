//! When a promotion code could not be used, beside whose it is: a code that is switched on again is its partner's again.

use sea_orm_migration::prelude::{ColumnDef, DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, Table, async_trait};

/// When a promotion code could not be used.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = ColumnDef::new("inactive").json_binary().not_null().default("[]").take();
        manager.alter_table(Table::alter().table("promotion_code").add_column(column).take()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table("promotion_code").drop_column("inactive").take()).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
