//! Refresh tokens by their end, to forget those that ended long ago.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, Index, MigrationTrait, SchemaManager, async_trait};

/// Refresh tokens by their end, to forget those that ended long ago.
#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLE: &str = "refresh_token";
const NAME: &str = "ix_refresh_token_expires_at";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_index(Index::create().name(NAME).table(TABLE).col("expires_at").to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name(NAME).table(TABLE).to_owned()).await
    }
}
