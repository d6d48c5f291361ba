//! What a payment says of its money, as columns: so that a month of payments can be summed without reading every body.

use sea_orm_migration::prelude::{
    ColumnDef, ConditionalStatement, DbErr, DeriveMigrationName, Expr, ExprTrait, Index, MigrationTrait, SchemaManager, Table, async_trait,
};

/// What a payment says of its money, as columns.
#[derive(DeriveMigrationName)]
pub struct Migration;

const INDEX: &str = "ix_snapshot_money_at_part";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut columns = [ColumnDef::new("money_at"), ColumnDef::new("money"), ColumnDef::new("money_currency")];
        columns[0].timestamp_with_time_zone();
        columns[1].big_integer();
        columns[2].text();
        for column in columns {
            manager.alter_table(Table::alter().table("snapshot").add_column(column).to_owned()).await?;
        }
        let mut index = Index::create().name(INDEX).table("snapshot").to_owned();
        index.col("merchant_id").col("livemode").col("money_at").and_where(Expr::col("money_at").is_not_null());
        manager.create_index(index).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name(INDEX).table("snapshot").to_owned()).await?;
        for column in ["money_currency", "money", "money_at"] {
            manager.alter_table(Table::alter().table("snapshot").drop_column(column).to_owned()).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
