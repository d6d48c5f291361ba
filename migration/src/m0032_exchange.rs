//! Exchange rates, and amounts in a program's currency beside the original ones (MO-2).

use sea_orm_migration::prelude::{
    ColumnDef, DbErr, DeriveMigrationName, Expr, ExprTrait, MigrationTrait, SchemaManager, Table, async_trait,
};

use crate::table::{NewTable, create_all, drop_all};

/// Exchange rates, and amounts in a program's currency beside the original ones (MO-2).
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, mut column) in columns() {
            manager.alter_table(Table::alter().table(table).add_column(&mut column).take()).await?;
        }
        create_all(manager, tables()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, tables()).await?;
        for (table, column) in columns().into_iter().rev() {
            manager.alter_table(Table::alter().table(table).drop_column(column.get_column_name().to_owned()).take()).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// The columns that tables of earlier changes get.
fn columns() -> Vec<(&'static str, ColumnDef)> {
    vec![
        ("program", ColumnDef::new("currency_from").timestamp_with_time_zone().to_owned()),
        ("commission", ColumnDef::new("program_currency").text().to_owned()),
        ("commission", ColumnDef::new("program_held").big_integer().not_null().default(0).to_owned()),
        ("ledger_entry", ColumnDef::new("program_amount").big_integer().to_owned()),
        ("ledger_entry", ColumnDef::new("program_currency").text().to_owned()),
        ("ledger_entry", ColumnDef::new("rate_num").big_integer().to_owned()),
        ("ledger_entry", ColumnDef::new("rate_den").big_integer().to_owned()),
        ("ledger_entry", ColumnDef::new("rate_day").date().to_owned()),
        ("ledger_entry", ColumnDef::new("rate_source").text().to_owned()),
    ]
}

fn tables() -> Vec<NewTable> {
    vec![exchange_rate(), purchase_rate()]
}

/// Rates of a merchant, and without one those of the whole instance. A day, a base and a quote have one rate of each.
fn exchange_rate() -> NewTable {
    NewTable::new("exchange_rate")
        .reference_null("merchant_id", "merchant")
        .date("day")
        .text("base")
        .text("quote")
        .bigint("num")
        .bigint("den")
        .text("source")
        .time("created_at")
        .unique(&["merchant_id", "day", "base", "quote"])
        .unique_where(&["quote", "day", "base"], Expr::col("merchant_id").is_null())
        .index(&["quote", "day"])
        .check(Expr::col("num").gt(0))
        .check(Expr::col("den").gt(0))
}

/// The rates that a purchase uses, once it has used them: they stay (MO-3).
fn purchase_rate() -> NewTable {
    NewTable::new("purchase_rate")
        .merchant_and_mode()
        .reference("purchase_id", "purchase")
        .text("base")
        .text("quote")
        .bigint("num")
        .bigint("den")
        .date("day")
        .text("source")
        .time("created_at")
        .unique(&["purchase_id", "base", "quote"])
}
