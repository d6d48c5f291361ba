//! Which connections have proved their account: only these get the events of the platform's endpoint (IN-4).

use sea_orm_migration::prelude::{
    ColumnDef, Condition, ConditionalStatement, DbErr, DeriveMigrationName, Expr, ExprTrait, Index, IndexCreateStatement, MigrationTrait,
    SchemaManager, Table, async_trait,
};

/// Which connections have proved their account: only these get the events of the platform's endpoint (IN-4).
#[derive(DeriveMigrationName)]
pub struct Migration;

const PROVED: &str = "uq_stripe_connection_proved_account";
const UNROUTED: &str = "ix_inbox_event_unrouted";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut column = ColumnDef::new("verified_at");
        column.timestamp_with_time_zone();
        manager.alter_table(Table::alter().table("stripe_connection").add_column(column).take()).await?;
        manager.create_index(proved()).await?;
        manager.create_index(unrouted()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name(UNROUTED).table("inbox_event").to_owned()).await?;
        manager.drop_index(Index::drop().name(PROVED).table("stripe_connection").to_owned()).await?;
        manager.alter_table(Table::alter().table("stripe_connection").drop_column("verified_at").take()).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// An account has one connection in a mode, whoever's it is.
fn proved() -> IndexCreateStatement {
    let proved = Condition::all().add(Expr::col("verified_at").is_not_null()).add(Expr::col("status").ne("UNLINKED"));
    Index::create().name(PROVED).table("stripe_connection").col("account").col("livemode").unique().cond_where(proved).take()
}

/// The events that wait for a connection are few among all that came.
fn unrouted() -> IndexCreateStatement {
    let waits = Expr::col("status").eq("UNROUTED");
    Index::create().name(UNROUTED).table("inbox_event").col("account").col("livemode").col("received_at").and_where(waits).take()
}
