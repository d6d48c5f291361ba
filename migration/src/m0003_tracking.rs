//! Tracking: clicks, customers and the keys that find them.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, Expr, ExprTrait, MigrationTrait, SchemaManager, async_trait};

use crate::table::{NewTable, create_all, drop_all};

/// Tracking: clicks, customers and the keys that find them.
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
    vec![click(), customer(), identity(), identity_claim()]
}

fn click() -> NewTable {
    NewTable::new("click")
        .merchant_and_mode()
        .reference("program_id", "program")
        .reference("link_id", "link")
        .reference("enrollment_id", "enrollment")
        .uuid("visitor")
        .time("clicked_at")
        .text_null("landing_url")
        .text_null("referrer")
        .text_null("user_agent")
        .bytes_null("ip_hash")
        .boolean("bot")
        .time_null("rejected_at")
        .index(&["visitor", "clicked_at"])
        .index(&["link_id", "visitor", "clicked_at"])
        .index(&["merchant_id", "livemode", "clicked_at"])
        .index(&["enrollment_id", "clicked_at"])
}

fn customer() -> NewTable {
    NewTable::new("customer")
        .merchant_and_mode()
        .text_null("name")
        .text_null("email")
        .boolean("claimed")
        .time_null("signed_up_at")
        .time_null("due_at")
        .reference_null("merged_into", "customer")
        .time("created_at")
        .bigint_default("version", 0)
        .index_where(&["due_at"], Expr::col("due_at").is_not_null())
        .index(&["merchant_id", "livemode", "created_at"])
}

fn identity() -> NewTable {
    NewTable::new("identity")
        .merchant_and_mode()
        .text("kind")
        .text("value")
        .reference("customer_id", "customer")
        .boolean_default("disputed", false)
        .time("created_at")
        .unique_where(&["merchant_id", "livemode", "kind", "value"], Expr::col("kind").ne("EMAIL_HASH"))
        .unique(&["merchant_id", "livemode", "kind", "value", "customer_id"])
        .index(&["customer_id"])
}

fn identity_claim() -> NewTable {
    NewTable::new("identity_claim")
        .merchant_and_mode()
        .text("source")
        .text("identity_kind")
        .text("identity_value")
        .text("external_id")
        .unique(&["merchant_id", "livemode", "source", "identity_kind", "identity_value"])
        .index(&["merchant_id", "livemode", "identity_kind", "identity_value"])
}
