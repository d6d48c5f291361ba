//! Indexes for the lists that people page through.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, Index, MigrationTrait, SchemaManager, async_trait};

/// Indexes for the lists that people page through.
#[derive(DeriveMigrationName)]
pub struct Migration;

/// Table, columns, and the name: lists of one merchant in one mode, in the order in which they are shown, and the lists of what waits for
/// a person by state, which are short while the table is long.
const INDEXES: [(&str, &[&str], &str); 7] = [
    ("purchase", &["merchant_id", "livemode", "created_at"], "ix_purchase_created_at"),
    ("purchase", &["merchant_id", "livemode", "status", "created_at"], "ix_purchase_status_created_at"),
    ("commission", &["merchant_id", "livemode", "updated_at"], "ix_commission_updated_at"),
    ("commission", &["merchant_id", "livemode", "state", "created_at"], "ix_commission_state_created_at"),
    ("commission", &["partner_id", "created_at"], "ix_commission_partner_id_created_at"),
    ("ledger_entry", &["merchant_id", "livemode", "created_at"], "ix_ledger_entry_created_at"),
    ("inbox_event", &["merchant_id", "livemode", "status", "received_at"], "ix_inbox_event_status_received_at"),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, columns, name) in INDEXES {
            let mut index = Index::create().name(name).table(table).to_owned();
            for column in columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, _, name) in INDEXES.iter().rev() {
            manager.drop_index(Index::drop().name(*name).table(*table).to_owned()).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
