//! Accounts: merchants, users, partners and what lets them in.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, Expr, ExprTrait, MigrationTrait, SchemaManager, async_trait};

use crate::table::{NewTable, create_all, drop_all};

/// Accounts: merchants, users, partners and what lets them in.
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
    vec![merchant(), user(), partner(), membership(), refresh_token(), setup_token(), invitation()]
}

fn merchant() -> NewTable {
    NewTable::new("merchant").text("name").json("settings").time("created_at")
}

fn user() -> NewTable {
    NewTable::new("user").text("email").text("password_hash").integer_default("session_version", 0).time("created_at").unique(&["email"])
}

fn partner() -> NewTable {
    NewTable::new("partner")
        .merchant_and_mode()
        .text("name")
        .text("email")
        .text("status")
        .text_null("external_id")
        .json("metadata")
        .time("created_at")
        .unique(&["merchant_id", "livemode", "email"])
        .index(&["merchant_id", "livemode", "created_at"])
}

fn membership() -> NewTable {
    NewTable::new("membership")
        .reference("user_id", "user")
        .reference("merchant_id", "merchant")
        .text("role")
        .reference_null("partner_id", "partner")
        .boolean_null("livemode")
        .time("created_at")
        .unique(&["user_id", "merchant_id", "role", "partner_id"])
        .unique_where(&["user_id", "merchant_id", "role"], Expr::col("partner_id").is_null())
}

fn refresh_token() -> NewTable {
    NewTable::new("refresh_token")
        .uuid("family")
        .reference("user_id", "user")
        .reference("membership_id", "membership")
        .bytes("hash")
        .time("created_at")
        .time("expires_at")
        .time_null("used_at")
        .time_null("revoked_at")
        .unique(&["hash"])
        .index(&["family"])
}

fn setup_token() -> NewTable {
    NewTable::new("setup_token").bytes("hash").time("created_at").time("expires_at").time_null("used_at").unique(&["hash"])
}

fn invitation() -> NewTable {
    NewTable::new("invitation")
        .reference("merchant_id", "merchant")
        .boolean_null("livemode")
        .text("email")
        .text("role")
        .reference_null("partner_id", "partner")
        .bytes("hash")
        .time("created_at")
        .time("expires_at")
        .time_null("used_at")
        .unique(&["hash"])
}
