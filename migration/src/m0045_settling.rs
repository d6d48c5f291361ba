//! What settling asks for: for which day a purchase uses its rates, and the rows around signs of fraud.

use sea_orm_migration::prelude::{ColumnDef, DbErr, DeriveMigrationName, Index, MigrationTrait, SchemaManager, Table, async_trait};

/// For which day a purchase uses its rates, and indexes for the rows around signs of fraud.
#[derive(DeriveMigrationName)]
pub struct Migration;

/// Clicks from one address, commissions after a purchase, and what an enrollment brought: table, columns, name.
const MADE: [(&str, &[&str], &str); 3] = [
    ("click", &["enrollment_id", "ip_hash", "clicked_at"], "ix_click_enrollment_id_ip_hash"),
    ("commission", &["enrollment_id", "purchased_at"], "ix_commission_enrollment_id_purchased_at"),
    ("decision", &["enrollment_id", "current", "purchase_id"], "ix_decision_enrollment_id_current"),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = ColumnDef::new("holds_for").date().take();
        manager.alter_table(Table::alter().table("purchase_rate").add_column(column).take()).await?;
        for (table, columns, name) in MADE {
            let mut index = Index::create().name(name).table(table).to_owned();
            for column in columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, _, name) in MADE {
            manager.drop_index(Index::drop().name(name).table(table).to_owned()).await?;
        }
        manager.alter_table(Table::alter().table("purchase_rate").drop_column("holds_for").take()).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
