//! Recounting what a program's purchases earn: how far it has come, and what would differ or did.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, Index, MigrationTrait, SchemaManager, async_trait};

use crate::table::{NewTable, create_all, drop_all};

/// Customers one after the other, and those with an address: their tables' indexes, with their columns.
const INDEXES: [(&str, &str); 2] = [("id", "ix_customer_id_by_merchant"), ("email", "ix_customer_email")];

/// Recounting what a program's purchases earn: how far it has come, and what would differ or did.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (column, name) in INDEXES {
            let mut index = Index::create().name(name).table("customer").to_owned();
            manager.create_index(index.col("merchant_id").col("livemode").col(column).take()).await?;
        }
        create_all(manager, tables()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, tables()).await?;
        for (_, name) in INDEXES {
            manager.drop_index(Index::drop().name(name).table("customer").to_owned()).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn tables() -> Vec<NewTable> {
    vec![recount(), row(), sum(), cap()]
}

fn recount() -> NewTable {
    NewTable::new("recount")
        .merchant_and_mode()
        .text("kind")
        .reference("program_id", "program")
        .reference_null("terms_id", "terms")
        .json_null("proposed")
        .time("from_at")
        .time("to_at")
        .reference_null("preview_id", "recount")
        .text("status")
        .uuid("place")
        .bigint("persons")
        .bigint("purchases")
        .bigint_null("total")
        .bigint("changed")
        .integer("attempts")
        .text_null("error")
        .time_null("next_at")
        .time("created_at")
        .reference_null("created_by", "user")
        .time("updated_at")
        .time_null("finished_at")
        .index(&["program_id", "created_at"])
        .index(&["merchant_id", "livemode", "created_at"])
        .index(&["status", "next_at"])
}

fn row() -> NewTable {
    NewTable::new("recount_row")
        .merchant_and_mode()
        .reference("recount_id", "recount")
        .reference("program_id", "program")
        .reference("enrollment_id", "enrollment")
        .reference("partner_id", "partner")
        .text("kind")
        .text("subject")
        .reference_null("purchase_id", "purchase")
        .reference_null("customer_id", "customer")
        .time("earned_at")
        .boolean("within")
        .text("currency")
        .bigint("before")
        .bigint("after")
        .bigint("pending_before")
        .bigint("pending_after")
        .bigint("paid")
        .text_null("reason_before")
        .text_null("reason_after")
        .time("created_at")
        .unique(&["recount_id", "enrollment_id", "kind", "subject", "currency"])
        .index(&["recount_id", "created_at", "id"])
}

fn sum() -> NewTable {
    NewTable::new("recount_sum")
        .merchant_and_mode()
        .reference("recount_id", "recount")
        .reference("program_id", "program")
        .reference("enrollment_id", "enrollment")
        .reference("partner_id", "partner")
        .text("currency")
        .bigint("commissions_before")
        .bigint("commissions_after")
        .bigint("before")
        .bigint("after")
        .bigint("beyond")
        .bigint("delta")
        .unique(&["recount_id", "enrollment_id", "currency"])
        .index(&["recount_id", "delta", "id"])
}

fn cap() -> NewTable {
    NewTable::new("recount_cap")
        .merchant_and_mode()
        .reference("recount_id", "recount")
        .text("cap")
        .text("currency")
        .bigint("purchases")
        .bigint("cut")
        .unique(&["recount_id", "cap", "currency"])
}
