//! Sums over many persons: what comes to caps, and what partners brought (CO-6, CO-7).

use sea_orm_migration::prelude::{
    ColumnDef, DbErr, DeriveMigrationName, Expr, ExprTrait, MigrationTrait, SchemaManager, Table, async_trait,
};

use crate::table::{NewTable, create_all, drop_all};

/// Sums over many persons: what comes to caps, and what partners brought (CO-6, CO-7).
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let phase = ColumnDef::new("phase").text().not_null().default("PERSONS").take();
        manager.alter_table(Table::alter().table("recount").add_column(phase).take()).await?;
        let round = ColumnDef::new("round").integer().not_null().default(0).take();
        manager.alter_table(Table::alter().table("recount").add_column(round).take()).await?;
        create_all(manager, tables()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, tables()).await?;
        for column in ["round", "phase"] {
            manager.alter_table(Table::alter().table("recount").drop_column(column).take()).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn tables() -> Vec<NewTable> {
    vec![tally(), tally_entry(), tally_sum()]
}

fn tally() -> NewTable {
    NewTable::new("tally")
        .merchant_and_mode()
        .text("name")
        .reference_null("enrollment_id", "enrollment")
        .reference_null("program_id", "program")
        .reference_null("recount_id", "recount")
        .time_null("due_at")
        .bigint("version")
        .time("created_at")
        .unique(&["name"])
        .index(&["recount_id", "id"])
        .index_where(&["due_at"], Expr::col("due_at").is_not_null())
}

/// The indexes by bounds are those by which entries are found whose outcome the sums do not fit any more.
fn tally_entry() -> NewTable {
    NewTable::new("tally_entry")
        .reference("tally_id", "tally")
        .bytes("place")
        .bigint("amount")
        .bigint_null("low")
        .bigint_null("high")
        .bigint_null("most")
        .reference_null("purchase_id", "purchase")
        .reference_null("customer_id", "customer")
        .uuid_null("tier_period_id")
        .index(&["tier_period_id"])
        .unique(&["tally_id", "place"])
        .index_where(&["tally_id", "low", "place"], Expr::col("low").is_not_null())
        .index_where(&["tally_id", "high", "place"], Expr::col("high").is_not_null())
        .index_where(&["tally_id", "most", "place"], Expr::col("most").is_not_null())
}

fn tally_sum() -> NewTable {
    NewTable::new("tally_sum")
        .reference("tally_id", "tally")
        .integer("level")
        .bigint("bucket")
        .bigint("amount")
        .unique(&["tally_id", "level", "bucket"])
}
