//! Ends, pauses and terms of an enrollment's own stay known when they are over: purchases are judged by the time at which they were made.

use sea_orm_migration::prelude::{ColumnDef, DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, Table, async_trait};

/// Ends, pauses and terms of an enrollment's own stay known when they are over: purchases are judged by the time at which they were made.
#[derive(DeriveMigrationName)]
pub struct Migration;

/// Table and column.
const COLUMNS: [(&str, &str); 3] = [("enrollment", "terms_history"), ("enrollment", "absences"), ("program", "pauses")];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in COLUMNS {
            let column = ColumnDef::new(column).json_binary().not_null().default("[]").to_owned();
            manager.alter_table(Table::alter().table(table).add_column(column).to_owned()).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in COLUMNS {
            manager.alter_table(Table::alter().table(table).drop_column(column).to_owned()).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
