//! Indexes for reads that ask for few rows of many: an event by Stripe's id, entries of a kind or an account, and what stands for a partner.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, Index, MigrationTrait, SchemaManager, async_trait};

/// Indexes for reads that ask for few rows of many: an event by Stripe's id, entries of a kind or an account, and what stands for a partner.
#[derive(DeriveMigrationName)]
pub struct Migration;

/// An index: its table, its columns, and its name.
type Named = (&'static str, &'static [&'static str], &'static str);

/// The index of a partner's sums holds all that they are made of, so that the entries themselves are not read.
const MADE: [Named; 5] = [
    ("inbox_event", &["merchant_id", "livemode", "event_id", "received_at"], "ix_inbox_event_event_id"),
    ("ledger_entry", &["merchant_id", "livemode", "kind", "created_at"], "ix_ledger_entry_kind_created_at"),
    ("ledger_entry", &["merchant_id", "livemode", "account", "created_at"], "ix_ledger_entry_account_created_at"),
    ("ledger_entry", &["partner_id", "created_at"], "ix_ledger_entry_partner_id_created_at"),
    ("ledger_entry", &["partner_id", "account", "currency", "merchant_id", "livemode", "amount"], "ix_ledger_entry_partner_sums"),
];

/// Each of these begins another index, which does its work.
const SPARED: [Named; 2] = [
    ("ledger_entry", &["partner_id", "account", "currency"], "ix_ledger_entry_partner_id_account_currency"),
    ("ledger_entry", &["merchant_id", "livemode"], "ix_ledger_entry_mode"),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        make(manager, &MADE).await?;
        drop(manager, &SPARED).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        make(manager, &SPARED).await?;
        drop(manager, &MADE).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

async fn make(manager: &SchemaManager<'_>, indexes: &[Named]) -> Result<(), DbErr> {
    for (table, columns, name) in indexes {
        let mut index = Index::create().name(*name).table(*table).to_owned();
        for column in *columns {
            index.col(*column);
        }
        manager.create_index(index).await?;
    }
    Ok(())
}

async fn drop(manager: &SchemaManager<'_>, indexes: &[Named]) -> Result<(), DbErr> {
    for (table, _, name) in indexes {
        manager.drop_index(Index::drop().name(*name).table(*table).to_owned()).await?;
    }
    Ok(())
}
