//! Looking at connections: what the credential may, what was found at the last look, and when to look next.

use sea_orm_migration::prelude::{
    ColumnDef, ConnectionTrait, DbErr, DeriveMigrationName, Index, MigrationTrait, SchemaManager, Table, async_trait,
};

/// Looking at connections: what the credential may, what was found at the last look, and when to look next.
#[derive(DeriveMigrationName)]
pub struct Migration;

const DUE: &str = "ix_stripe_connection_check_at";
const TIMES: [&str; 3] = ["linked_at", "check_at", "check_until"];
const TEXTS: [&str; 2] = ["granted_scope", "check_owner"];
const JSON: &str = "health";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in TIMES {
            add(manager, ColumnDef::new(name).timestamp_with_time_zone()).await?;
        }
        for name in TEXTS {
            add(manager, ColumnDef::new(name).text()).await?;
        }
        add(manager, ColumnDef::new(JSON).json_binary()).await?;
        manager.create_index(Index::create().name(DUE).table("stripe_connection").col("check_at").to_owned()).await?;
        // Connections of before are looked at soon.
        let sql = "UPDATE stripe_connection SET linked_at = created_at, check_at = CASE WHEN status = 'LINKED' THEN created_at END";
        manager.get_connection().execute_unprepared(sql).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name(DUE).table("stripe_connection").to_owned()).await?;
        for name in TIMES.into_iter().chain(TEXTS).chain([JSON]) {
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
