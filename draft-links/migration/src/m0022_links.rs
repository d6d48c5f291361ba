//! Three ways to link a Stripe account: what each keeps of its access, what was found at the last look, and attempts that are under way.

use sea_orm_migration::prelude::{
    ColumnDef, ConnectionTrait, DbErr, DeriveMigrationName, Index, MigrationTrait, SchemaManager, Table, async_trait,
};

use crate::table::{NewTable, create_all, drop_all};

/// Three ways to link a Stripe account: what each keeps of its access, what was found at the last look, and attempts that are under way.
#[derive(DeriveMigrationName)]
pub struct Migration;

const DUE: &str = "ix_stripe_connection_check_at";

/// The columns of a connection: times, texts and JSON.
const TIMES: [&str; 7] = ["linked_at", "token_expires_at", "disabled_at", "check_at", "check_until", "refresh_until", "refused_at"];
const TEXTS: [&str; 5] = ["granted_scope", "webhook_endpoint", "check_owner", "refresh_owner", "refused_reason"];
const JSONS: [&str; 2] = ["refresh_secret", "health"];
const COUNT: &str = "refused_count";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in TIMES {
            add(manager, ColumnDef::new(name).timestamp_with_time_zone()).await?;
        }
        for name in TEXTS {
            add(manager, ColumnDef::new(name).text()).await?;
        }
        for name in JSONS {
            add(manager, ColumnDef::new(name).json_binary()).await?;
        }
        add(manager, ColumnDef::new(COUNT).big_integer().not_null().default(0)).await?;
        manager.create_index(Index::create().name(DUE).table("stripe_connection").col("check_at").to_owned()).await?;
        // Connections of before are looked at soon.
        let sql = "UPDATE stripe_connection SET linked_at = created_at, check_at = CASE WHEN status = 'LINKED' THEN created_at END";
        manager.get_connection().execute_unprepared(sql).await?;
        create_all(manager, tables()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, tables()).await?;
        manager.drop_index(Index::drop().name(DUE).table("stripe_connection").to_owned()).await?;
        for name in TIMES.into_iter().chain(TEXTS).chain(JSONS).chain([COUNT]) {
            manager.alter_table(Table::alter().table("stripe_connection").drop_column(name).to_owned()).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

async fn add(manager: &SchemaManager<'_>, column: &mut ColumnDef) -> Result<(), DbErr> {
    manager.alter_table(Table::alter().table("stripe_connection").add_column(column).to_owned()).await
}

fn tables() -> Vec<NewTable> {
    vec![
        NewTable::new("link_attempt")
            .merchant_and_mode()
            .text("method")
            .bytes("state_hash")
            .bytes_null("browser_hash")
            .text("actor")
            .uuid_null("membership_id")
            .integer_null("session_version")
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
