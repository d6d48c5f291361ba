//! The audit that never ends: how far it has come, and what it found.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, Expr, ExprTrait, Index, MigrationTrait, SchemaManager, async_trait};

use crate::table::{NewTable, create_all, drop_all};

/// The audit that never ends: how far it has come, and what it found.
#[derive(DeriveMigrationName)]
pub struct Migration;

/// Sums of a partner's entries up to a time, read from the index alone.
const BALANCE: (&str, [&str; 5]) = ("ix_ledger_entry_balance", ["partner_id", "currency", "created_at", "account", "amount"]);

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_all(manager, tables()).await?;
        let mut index = Index::create().name(BALANCE.0).table("ledger_entry").to_owned();
        for column in BALANCE.1 {
            index.col(column);
        }
        manager.create_index(index).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name(BALANCE.0).table("ledger_entry").to_owned()).await?;
        drop_all(manager, tables()).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn tables() -> Vec<NewTable> {
    let lane = NewTable::new("audit_lane")
        .text("lane")
        .uuid("place")
        .bigint_default("laps", 0)
        .bigint_default("checked", 0)
        .bigint_default("checked_last_lap", 0)
        .time("began_at")
        .time_null("lap_ended_at")
        .time("next_at")
        .unique(&["lane"]);
    let finding = NewTable::new("audit_finding")
        .merchant_and_mode()
        .text("rule")
        .uuid("place")
        .uuid("subject_id")
        .text_null("currency")
        .bigint("expected")
        .bigint("found")
        .time("first_seen_at")
        .time("last_seen_at")
        .time_null("cleared_at")
        .unique_where(&["rule", "subject_id"], Expr::col("cleared_at").is_null())
        .index_where(&["rule", "place"], Expr::col("cleared_at").is_null())
        .index(&["merchant_id", "livemode", "first_seen_at"]);
    vec![lane, finding]
}
