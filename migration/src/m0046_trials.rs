//! Trials.

use sea_orm_migration::prelude::{
    ConditionalStatement, DbErr, DeriveMigrationName, Expr, ExprTrait, Index, MigrationTrait, SchemaManager, async_trait,
};

use crate::table::{NewTable, create_all, drop_all};

/// The index by which leads are found that wait for an exchange rate.
const HELD_LEADS: &str = "ix_commission_leads_state";

/// Trials.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_all(manager, tables()).await?;
        let held = Index::create().name(HELD_LEADS).table("commission").col("state").cond_where(Expr::col("kind").eq("LEAD")).take();
        manager.create_index(held).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name(HELD_LEADS).table("commission").to_owned()).await?;
        drop_all(manager, tables()).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn tables() -> Vec<NewTable> {
    vec![
        NewTable::new("trial")
            .merchant_and_mode()
            .reference("connection_id", "stripe_connection")
            .text("object_id")
            .reference("customer_id", "customer")
            .time("began_at")
            .time("created_at")
            .unique(&["connection_id", "livemode", "object_id"]),
    ]
}
