//! Payouts that are planned, sent and confirmed, or cancelled; and paid in another currency than was earned (RF-8, MO-5).

use sea_orm_migration::prelude::{
    ColumnDef, ConditionalStatement, ConnectionTrait, DbErr, DeriveMigrationName, Expr, ExprTrait, Index, IndexCreateStatement,
    MigrationTrait, SchemaManager, Table, async_trait,
};

/// Payouts that are planned, sent and confirmed, or cancelled; and paid in another currency than was earned.
#[derive(DeriveMigrationName)]
pub struct Migration;

/// No two payouts claimed one entry, whatever became of them.
const ONCE: &str = "uq_payout_line_entry_id";
/// No two payouts claim one entry at a time (PO-2).
const ONCE_AT_A_TIME: &str = "uq_payout_line_entry_id_part";
/// For the foreign key.
const ENTRIES: &str = "ix_payout_line_entry_id";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, mut column) in columns() {
            manager.alter_table(Table::alter().table(table).add_column(&mut column).take()).await?;
        }
        // What was recorded was paid in the same step.
        let paid = "UPDATE payout SET sent_at = created_at, paid_at = created_at WHERE status = 'PAID'";
        manager.get_connection().execute_unprepared(paid).await?;
        manager.drop_index(Index::drop().name(ONCE).table("payout_line").to_owned()).await?;
        manager.create_index(at_a_time()).await?;
        manager.create_index(Index::create().name(ENTRIES).table("payout_line").col("entry_id").to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in [ENTRIES, ONCE_AT_A_TIME] {
            manager.drop_index(Index::drop().name(name).table("payout_line").to_owned()).await?;
        }
        manager.create_index(Index::create().name(ONCE).table("payout_line").col("entry_id").unique().to_owned()).await?;
        for (table, column) in columns().into_iter().rev() {
            manager.alter_table(Table::alter().table(table).drop_column(column.get_column_name().to_owned()).take()).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn at_a_time() -> IndexCreateStatement {
    let mut index = Index::create().name(ONCE_AT_A_TIME).table("payout_line").col("entry_id").unique().to_owned();
    index.and_where(Expr::col("released_at").is_null());
    index
}

/// The columns that tables of earlier changes get.
fn columns() -> Vec<(&'static str, ColumnDef)> {
    let time = |name: &'static str| ColumnDef::new(name).timestamp_with_time_zone().to_owned();
    vec![
        ("payout", time("sent_at")),
        ("payout", time("paid_at")),
        ("payout", time("cancelled_at")),
        ("payout", ColumnDef::new("cancelled_reason").text().to_owned()),
        ("payout", ColumnDef::new("replaced_by_id").uuid().to_owned()),
        ("payout", ColumnDef::new("paid_currency").text().to_owned()),
        ("payout", ColumnDef::new("paid_amount").big_integer().to_owned()),
        ("payout", ColumnDef::new("rate_num").big_integer().to_owned()),
        ("payout", ColumnDef::new("rate_den").big_integer().to_owned()),
        ("payout", ColumnDef::new("rate_day").date().to_owned()),
        ("payout", ColumnDef::new("rate_source").text().to_owned()),
        ("payout_line", time("released_at")),
    ]
}
