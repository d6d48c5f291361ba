//! The tokens of an app: what the next pair is had for, when the present one ends, and who fetches the next (S12). Since when access is gone (S14).

use sea_orm_migration::prelude::{ColumnDef, DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, Table, async_trait};

/// The tokens of an app, and since when access is gone.
#[derive(DeriveMigrationName)]
pub struct Migration;

const TIMES: [&str; 3] = ["token_expires_at", "refresh_until", "disabled_at"];
const TEXT: &str = "refresh_owner";
const JSON: &str = "refresh_secret";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in TIMES {
            add(manager, ColumnDef::new(name).timestamp_with_time_zone()).await?;
        }
        add(manager, ColumnDef::new(TEXT).text()).await?;
        add(manager, ColumnDef::new(JSON).json_binary()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in TIMES.into_iter().chain([TEXT, JSON]) {
            manager.alter_table(Table::alter().table("stripe_connection").drop_column(name).to_owned()).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

async fn add(manager: &SchemaManager<'_>, column: &mut ColumnDef) -> Result<(), DbErr> {
    manager.alter_table(Table::alter().table("stripe_connection").add_column(column).to_owned()).await
}
