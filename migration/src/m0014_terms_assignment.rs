//! Terms of enrollments and groups, and bindings that move from one version to another.

use sea_orm_migration::prelude::{
    ConnectionTrait, DbErr, DeriveMigrationName, Expr, ExprTrait, MigrationTrait, SchemaManager, async_trait,
};

use crate::table::{NewTable, create_all, drop_all};

/// Terms of enrollments and groups, and bindings that move from one version to another.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_all(manager, tables()).await?;
        // Enrollments with a version of their own kept it from their beginning; `enrollment.terms_id` is read no more.
        let fill = "INSERT INTO terms_assignment (id, merchant_id, livemode, program_id, enrollment_id, terms_id, effective_from, created_at) \
                    SELECT id, merchant_id, livemode, program_id, id, terms_id, created_at, created_at FROM enrollment \
                    WHERE terms_id IS NOT NULL";
        manager.get_connection().execute_unprepared(fill).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, tables()).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn tables() -> Vec<NewTable> {
    vec![assignment(), moved()]
}

fn assignment() -> NewTable {
    NewTable::new("terms_assignment")
        .merchant_and_mode()
        .reference("program_id", "program")
        .reference_null("group_id", "partner_group")
        .reference_null("enrollment_id", "enrollment")
        .reference_null("terms_id", "terms")
        .time("effective_from")
        .time("created_at")
        .reference_null("created_by", "user")
        .check(Expr::col("group_id").is_null().or(Expr::col("enrollment_id").is_null()))
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
