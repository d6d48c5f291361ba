//! What each source says of somebody's name and address, and whether a page says it, which anybody can open.

use sea_orm_migration::prelude::{
    ColumnDef, ConnectionTrait, DbErr, DeriveMigrationName, Index, MigrationTrait, SchemaManager, Table, async_trait,
};

/// What each source says of somebody's name and address, and whether a page says it.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in columns() {
            manager.alter_table(Table::alter().table("identity_claim").add_column(column).take()).await?;
        }
        let proven = ColumnDef::new("proven_at").timestamp_with_time_zone().take();
        manager.alter_table(Table::alter().table("identity").add_column(proven).take()).await?;
        let mut addresses = Index::create().name(ADDRESSES).table("identity_claim").to_owned();
        addresses.col("merchant_id").col("livemode").col("email");
        manager.create_index(addresses).await?;
        for statement in KEPT {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table("identity").drop_column("proven_at").take()).await?;
        manager.drop_index(Index::drop().name(ADDRESSES).table("identity_claim").to_owned()).await?;
        for column in ["by_page", "email", "name"] {
            manager.alter_table(Table::alter().table("identity_claim").drop_column(column).take()).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// Who has an address.
const ADDRESSES: &str = "ix_identity_claim_email";

fn columns() -> [ColumnDef; 3] {
    [
        ColumnDef::new("name").text().take(),
        ColumnDef::new("email").text().take(),
        ColumnDef::new("by_page").boolean().not_null().default(false).take(),
    ]
}

/// What was known before stays known: the names, and the one address of those who have one alone. Who of a page was believed once was not told
/// from a server, so all of them count as pages.
const KEPT: [&str; 7] = [
    "DELETE FROM identity_claim WHERE source LIKE 'signup:known/%' AND EXISTS (SELECT 1 FROM identity_claim other \
     WHERE other.merchant_id = identity_claim.merchant_id AND other.livemode = identity_claim.livemode AND other.kind = identity_claim.kind \
     AND other.value = identity_claim.value AND other.source = replace(identity_claim.source, 'signup:known/', 'signup:click/'))",
    "UPDATE identity_claim SET source = replace(source, 'signup:known/', 'signup:click/') WHERE source LIKE 'signup:known/%'",
    "UPDATE touch SET source = replace(source, 'signup:known/', 'signup:page/') WHERE source LIKE 'signup:known/%' AND NOT EXISTS \
     (SELECT 1 FROM touch other WHERE other.merchant_id = touch.merchant_id AND other.livemode = touch.livemode AND other.kind = touch.kind \
     AND other.position = touch.position AND other.source = replace(touch.source, 'signup:known/', 'signup:page/'))",
    "UPDATE identity_claim SET by_page = TRUE WHERE source LIKE 'signup:click/%' OR source LIKE 'signup:page/%'",
    "UPDATE identity_claim SET name = (SELECT name FROM customer WHERE customer.id = identity_claim.customer_id)",
    "UPDATE identity_claim SET email = (SELECT email FROM customer WHERE customer.id = identity_claim.customer_id) \
     WHERE kind = 'EMAIL_HASH' AND NOT EXISTS (SELECT 1 FROM identity_claim other WHERE other.customer_id = identity_claim.customer_id \
     AND other.kind = 'EMAIL_HASH' AND other.value <> identity_claim.value)",
    "UPDATE identity SET proven_at = (SELECT MIN(stated_at) FROM identity_claim WHERE identity_claim.customer_id = identity.customer_id \
     AND identity_claim.kind = identity.kind AND identity_claim.value = identity.value AND identity_claim.trusted \
     AND NOT identity_claim.by_page) WHERE kind = 'EMAIL_HASH'",
];
