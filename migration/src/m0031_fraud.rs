//! Signs of fraud, what people decided about them, and the subjects of what is decided by hand.

use sea_orm_migration::prelude::{ColumnDef, DbErr, DeriveMigrationName, Index, MigrationTrait, SchemaManager, Table, async_trait};

use crate::table::{NewTable, create_all, drop_all};

/// Signs of fraud, what people decided about them, and the subjects of what is decided by hand.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let add = |table: &'static str, column: &mut ColumnDef| Table::alter().table(table).add_column(column).take();
        manager.alter_table(add("program", ColumnDef::new("fraud").json_binary().not_null().default("{}"))).await?;
        manager.alter_table(add("partner", ColumnDef::new("payout_hash").text())).await?;
        manager.alter_table(add("purchase", ColumnDef::new("returned_at").timestamp_with_time_zone())).await?;
        let mut twins = Index::create().name("ix_partner_payout_hash").table("partner").to_owned();
        twins.col("merchant_id").col("livemode").col("payout_hash");
        manager.create_index(twins).await?;
        manager.alter_table(add("intervention", ColumnDef::new("subject").text())).await?;
        let mut subjects = Index::create().name("ix_intervention_subject_created_at").table("intervention").to_owned();
        subjects.col("merchant_id").col("livemode").col("subject").col("created_at");
        manager.create_index(subjects).await?;
        create_all(manager, tables()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, tables()).await?;
        manager.drop_index(Index::drop().name("ix_intervention_subject_created_at").table("intervention").to_owned()).await?;
        manager.drop_index(Index::drop().name("ix_partner_payout_hash").table("partner").to_owned()).await?;
        for (table, column) in [("intervention", "subject"), ("purchase", "returned_at"), ("partner", "payout_hash"), ("program", "fraud")]
        {
            manager.alter_table(Table::alter().table(table).drop_column(column).take()).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn tables() -> Vec<NewTable> {
    vec![fraud_case(), purchase_card(), partner_address()]
}

fn fraud_case() -> NewTable {
    NewTable::new("fraud_case")
        .merchant_and_mode()
        .reference("commission_id", "commission")
        .reference("program_id", "program")
        .reference("partner_id", "partner")
        .text("state")
        .integer("score")
        .json("evidence")
        .json("released")
        .text_null("reason")
        .time_null("decided_at")
        .time("created_at")
        .time("updated_at")
        .unique(&["commission_id"])
        .index(&["merchant_id", "livemode", "state", "created_at"])
        .index(&["partner_id", "created_at"])
}

fn purchase_card() -> NewTable {
    NewTable::new("purchase_card")
        .merchant_and_mode()
        .reference("purchase_id", "purchase")
        .text("card")
        .unique(&["purchase_id", "card"])
        .index(&["merchant_id", "livemode", "card"])
}

fn partner_address() -> NewTable {
    NewTable::new("partner_address")
        .merchant_and_mode()
        .reference("partner_id", "partner")
        .bytes("ip_hash")
        .time("first_seen_at")
        .time("last_seen_at")
        .unique(&["partner_id", "ip_hash"])
}
