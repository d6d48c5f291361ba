//! Endpoints that are registered at Stripe for connections, and deliveries that were refused for their signature (CN-3).

use sea_orm_migration::prelude::{ColumnDef, DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, Table, async_trait};

/// Endpoints that are registered at Stripe for connections, and deliveries that were refused for their signature (CN-3).
#[derive(DeriveMigrationName)]
pub struct Migration;

const TEXTS: [&str; 2] = ["webhook_endpoint", "refused_reason"];
const TIME: &str = "refused_at";
const COUNT: &str = "refused_count";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in TEXTS {
            add(manager, ColumnDef::new(name).text()).await?;
        }
        add(manager, ColumnDef::new(TIME).timestamp_with_time_zone()).await?;
        add(manager, ColumnDef::new(COUNT).big_integer().not_null().default(0)).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in TEXTS.into_iter().chain([TIME, COUNT]) {
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
