//! Programs: their terms, who is in them, links and keys.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::table::{NewTable, create_all, drop_all};

/// Programs: their terms, who is in them, links and keys.
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
    vec![program(), terms(), enrollment(), link(), api_key()]
}

fn program() -> NewTable {
    NewTable::new("program")
        .merchant_and_mode()
        .text("name")
        .text("kind")
        .text("status")
        .text_default("query_param", "via")
        .text("landing_url")
        .json("allowed_hosts")
        .boolean("auto_approve")
        .text_null("currency")
        .time_null("inactive_from")
        .time("created_at")
        .index(&["merchant_id", "livemode"])
}

fn terms() -> NewTable {
    NewTable::new("terms")
        .merchant_and_mode()
        .reference("program_id", "program")
        .integer("version")
        .json("body")
        .time("effective_from")
        .time("created_at")
        .reference_null("created_by", "user")
        .unique(&["program_id", "version"])
}

fn enrollment() -> NewTable {
    NewTable::new("enrollment")
        .merchant_and_mode()
        .reference("program_id", "program")
        .reference("partner_id", "partner")
        .text("status")
        .reference_null("terms_id", "terms")
        .time_null("approved_at")
        .time_null("ended_at")
        .text_null("ended_kind")
        .time("created_at")
        .unique(&["program_id", "partner_id"])
}

fn link() -> NewTable {
    NewTable::new("link")
        .merchant_and_mode()
        .reference("program_id", "program")
        .reference("enrollment_id", "enrollment")
        .text("code")
        .text("code_folded")
        .text("short_code")
        .text("destination_url")
        .time("created_at")
        .time_null("archived_at")
        .unique(&["program_id", "code_folded"])
        .unique(&["short_code"])
}

fn api_key() -> NewTable {
    NewTable::new("api_key")
        .merchant_and_mode()
        .text("kind")
        .reference_null("program_id", "program")
        .text("name")
        .bytes("hash")
        .text_null("token")
        .text("last4")
        .json("scopes")
        .json("origins")
        .time("created_at")
        .time_null("last_used_at")
        .time_null("revoked_at")
        .unique(&["hash"])
        .index(&["merchant_id", "livemode"])
}
