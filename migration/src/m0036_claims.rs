//! What each source says of who somebody is, so that it can be taken back when the source says something else.

use sea_orm_migration::prelude::{
    ColumnDef, ConnectionTrait, DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, Table, async_trait,
};
use sea_orm_migration::sea_orm::DbBackend;

use crate::table::{NewTable, create_all, drop_all};

/// What each source says of who somebody is.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, vec![NewTable::new("identity_claim")]).await?;
        create_all(manager, vec![claims()]).await?;
        let stated_at = ColumnDef::new("stated_at").timestamp_with_time_zone().not_null().default("1970-01-01T00:00:00+00:00").take();
        let [trusted_at, ended_at] = ["trusted_at", "ended_at"].map(|name| ColumnDef::new(name).timestamp_with_time_zone().take());
        for column in [stated_at, trusted_at, ended_at] {
            manager.alter_table(Table::alter().table("identity").add_column(column).take()).await?;
        }
        let db = manager.get_connection();
        for statement in [
            "UPDATE identity SET stated_at = created_at, trusted_at = created_at".to_owned(),
            // Who signed up by e-mail alone had an external id made up of it.
            "UPDATE identity SET kind = 'GUEST' WHERE kind = 'EXTERNAL_ID' AND value LIKE 'email:%' AND length(value) = 70".to_owned(),
            "UPDATE customer SET claimed = FALSE WHERE claimed AND id NOT IN \
             (SELECT customer_id FROM identity WHERE kind = 'EXTERNAL_ID')"
                .to_owned(),
            known_before(manager.get_database_backend()),
        ] {
            db.execute_unprepared(&statement).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, vec![claims()]).await?;
        for column in ["stated_at", "trusted_at", "ended_at"] {
            manager.alter_table(Table::alter().table("identity").drop_column(column).take()).await?;
        }
        create_all(manager, vec![former_claims()]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn claims() -> NewTable {
    NewTable::new("identity_claim")
        .merchant_and_mode()
        .text("source")
        .text("kind")
        .text("value")
        .reference("customer_id", "customer")
        .time("stated_at")
        .time_null("ended_at")
        .boolean("trusted")
        .unique(&["merchant_id", "livemode", "source", "kind", "value"])
        .index(&["merchant_id", "livemode", "kind", "value"])
        .index(&["customer_id", "kind"])
}

/// As it was before.
fn former_claims() -> NewTable {
    NewTable::new("identity_claim")
        .merchant_and_mode()
        .text("source")
        .text("identity_kind")
        .text("identity_value")
        .text("external_id")
        .unique(&["merchant_id", "livemode", "source", "identity_kind", "identity_value"])
        .index(&["merchant_id", "livemode", "identity_kind", "identity_value"])
}

/// What was known before is kept as if one source for each customer had said it.
fn known_before(backend: DbBackend) -> String {
    let customer = if backend == DbBackend::Postgres { "customer_id::text" } else { "hex(customer_id)" };
    format!(
        "INSERT INTO identity_claim (id, merchant_id, livemode, source, kind, value, customer_id, stated_at, trusted) \
         SELECT id, merchant_id, livemode, 'before:' || {customer}, kind, value, customer_id, created_at, TRUE FROM identity"
    )
}
