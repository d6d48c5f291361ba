//! Terms of groups, and bindings that move from one version to another.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::table::{NewTable, create_all, drop_all};

/// Terms of groups, and bindings that move from one version to another.
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
    vec![group_terms(), moved()]
}

fn group_terms() -> NewTable {
    NewTable::new("group_terms")
        .merchant_and_mode()
        .reference("program_id", "program")
        .reference("group_id", "partner_group")
        .reference_null("terms_id", "terms")
        .json("terms_history")
        .time("created_at")
        .unique(&["program_id", "group_id"])
}

fn moved() -> NewTable {
    NewTable::new("terms_move")
        .merchant_and_mode()
        .reference("program_id", "program")
        .reference_null("enrollment_id", "enrollment")
        .reference_null("from_terms_id", "terms")
        .reference("terms_id", "terms")
        .time("effective_at")
        .time("created_at")
        .reference_null("created_by", "user")
}
