//! Groups of partners, and what was known of a partner at which time.

use sea_orm_migration::prelude::{
    ColumnDef, ConnectionTrait, DbErr, DeriveMigrationName, Expr, ExprTrait, MigrationTrait, SchemaManager, Table, async_trait,
};

use crate::table::{NewTable, create_all, drop_all};

/// Groups of partners, and what was known of a partner at which time.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_all(manager, tables()).await?;
        // Partners who are there already were as they are since they were added.
        let fill = "INSERT INTO partner_trait (id, merchant_id, livemode, partner_id, metadata, holds_from) \
                    SELECT id, merchant_id, livemode, id, metadata, created_at FROM partner";
        manager.get_connection().execute_unprepared(fill).await?;
        let mut assigned = ColumnDef::new("assigned");
        assigned.boolean().not_null().default(false);
        manager.alter_table(Table::alter().table("terms").add_column(assigned).to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table("terms").drop_column("assigned").to_owned()).await?;
        drop_all(manager, tables()).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn tables() -> Vec<NewTable> {
    vec![group(), partner_trait()]
}

fn group() -> NewTable {
    NewTable::new("partner_group").merchant_and_mode().text("name").time("created_at").unique(&["merchant_id", "livemode", "name"])
}

fn partner_trait() -> NewTable {
    NewTable::new("partner_trait")
        .merchant_and_mode()
        .reference("partner_id", "partner")
        .reference_null("group_id", "partner_group")
        .json("metadata")
        .time("holds_from")
        .time_null("holds_to")
        .index(&["partner_id", "holds_from"])
        .unique_where(&["partner_id"], Expr::col("holds_to").is_null())
}
