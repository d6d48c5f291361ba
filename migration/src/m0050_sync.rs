//! What is pulled from Stripe, and how far that has come.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, Expr, ExprTrait, MigrationTrait, SchemaManager, async_trait};

use crate::table::{NewTable, create_all, drop_all};

/// What is pulled from Stripe, and how far that has come.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_all(manager, tables()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, tables()).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn tables() -> Vec<NewTable> {
    vec![plan(), dataset(), pull()]
}

fn plan() -> NewTable {
    NewTable::new("sync_plan")
        .merchant_and_mode()
        .reference("connection_id", "stripe_connection")
        .text("mode")
        .boolean("enabled")
        .time("created_at")
        .time("updated_at")
        .unique(&["connection_id"])
}

fn dataset() -> NewTable {
    NewTable::new("sync_dataset")
        .merchant_and_mode()
        .reference("connection_id", "stripe_connection")
        .text("data_type")
        .boolean("enabled")
        .boolean("fetch_on_first_link")
        .integer_null("interval_hours")
        .integer("sync_order")
        .time_null("sync_from")
        .integer_null("months_to_sync")
        .boolean("locked")
        .text_null("status")
        .text_null("error")
        .time_null("last_success_at")
        .time_null("covered_from")
        .time_null("covered_to")
        .time_null("next_at")
        .time("created_at")
        .time("updated_at")
        .unique(&["connection_id", "data_type"])
        .index(&["next_at"])
}

/// Two pulls of one kind at a time would fetch the same; the sweeper looks for those that wait.
fn pull() -> NewTable {
    let open = || Expr::col("status").is_in(["QUEUED", "PROCESSING"]);
    NewTable::new("sync_pull")
        .merchant_and_mode()
        .reference("connection_id", "stripe_connection")
        .text("data_type")
        .integer("sync_order")
        .text("reason")
        .text("status")
        .time_null("from_at")
        .integer("list")
        .text_null("cursor")
        .bigint("pages")
        .bigint("objects")
        .bigint("missed")
        .integer("attempts")
        .time_null("next_attempt_at")
        .time_null("lease_until")
        .text_null("lease_owner")
        .text_null("error")
        .time_null("started_at")
        .time_null("finished_at")
        .time("created_at")
        .time("updated_at")
        .index(&["connection_id", "created_at"])
        .unique_where(&["connection_id", "data_type"], open())
        .index_where(&["next_attempt_at"], open())
}
