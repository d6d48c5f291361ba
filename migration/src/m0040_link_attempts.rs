//! Attempts to link an account by Stripe's own pages, under way between here and there (S5, S12).

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::table::{NewTable, create_all, drop_all};

/// Attempts to link an account by Stripe's own pages, under way between here and there (S5, S12).
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
    vec![
        NewTable::new("link_attempt")
            .merchant_and_mode()
            .text("method")
            .bytes("state_hash")
            .bytes_null("browser_hash")
            .uuid_null("membership_id")
            .integer_null("session_version")
            .uuid_null("api_key_id")
            .reference_null("connection_id", "stripe_connection")
            .text_null("name")
            .text_null("scope")
            .text("redirect_uri")
            .text_null("return_url")
            .time("created_at")
            .time("expires_at")
            .time_null("used_at")
            .unique(&["state_hash"])
            .index(&["expires_at"]),
    ]
}
