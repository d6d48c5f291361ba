//! Refresh tokens by user, by membership and by end: to end all of somebody's, and to forget those that ended long ago.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, Index, MigrationTrait, SchemaManager, async_trait};

/// Refresh tokens by user, by membership and by end: to end all of somebody's, and to forget those that ended long ago.
#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLE: &str = "refresh_token";
/// Column and name of each index.
const MADE: [(&str, &str); 3] = [
    ("user_id", "ix_refresh_token_user_id"),
    ("membership_id", "ix_refresh_token_membership_id"),
    ("expires_at", "ix_refresh_token_expires_at"),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (column, name) in MADE {
            manager.create_index(Index::create().name(name).table(TABLE).col(column).to_owned()).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (_, name) in MADE {
            manager.drop_index(Index::drop().name(name).table(TABLE).to_owned()).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
