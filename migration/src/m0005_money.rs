//! Evidence, decisions and money.

use sea_orm_migration::prelude::{
    ConnectionTrait, DbErr, DeriveMigrationName, Expr, ExprTrait, MigrationTrait, SchemaManager, async_trait,
};
use sea_orm_migration::sea_orm::DbBackend;

use crate::table::{NewTable, create_all, drop_all};

/// Evidence, decisions and money.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_all(manager, tables()).await?;
        refuse_changes(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, tables()).await?;
        forget_refusal(manager).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn tables() -> Vec<NewTable> {
    vec![touch(), binding(), decision(), tier_period(), commission(), payout(), ledger_entry(), payout_line()]
}

fn touch() -> NewTable {
    NewTable::new("touch")
        .merchant_and_mode()
        .reference("customer_id", "customer")
        .text("kind")
        .text("source")
        .time("at")
        .reference_null("click_id", "click")
        .text_null("promotion_code")
        .text_null("coupon")
        .text_null("partner_key")
        .reference_null("enrollment_id", "enrollment")
        .reference_null("purchase_id", "purchase")
        .integer_default("position", 0)
        .time_null("rejected_at")
        .time("created_at")
        .unique(&["merchant_id", "livemode", "kind", "source", "position"])
        .index(&["customer_id"])
        .index(&["merchant_id", "livemode", "promotion_code"])
        .index(&["merchant_id", "livemode", "coupon"])
        .index(&["purchase_id"])
        .index(&["click_id"])
}

fn binding() -> NewTable {
    NewTable::new("binding")
        .merchant_and_mode()
        .reference("customer_id", "customer")
        .reference("enrollment_id", "enrollment")
        .reference("program_id", "program")
        .reference("terms_id", "terms")
        .text("stage")
        .text("source")
        .reference_null("touch_id", "touch")
        .time("bound_at")
        .time_null("ended_at")
        .time("created_at")
        .unique_where(&["customer_id"], Expr::col("ended_at").is_null())
        .index(&["enrollment_id"])
        .index(&["customer_id", "bound_at"])
}

fn decision() -> NewTable {
    NewTable::new("decision")
        .merchant_and_mode()
        .reference("purchase_id", "purchase")
        .boolean("current")
        .text("reason")
        .reference_null("enrollment_id", "enrollment")
        .reference_null("program_id", "program")
        .reference_null("terms_id", "terms")
        .text_null("currency")
        .bigint("base")
        .bigint("amount")
        .json("candidates")
        .json("steps")
        .bytes("digest")
        .time("decided_at")
        .unique_where(&["purchase_id"], Expr::col("current").eq(true))
        .index(&["purchase_id", "decided_at"])
        .index(&["merchant_id", "livemode", "reason", "decided_at"])
}

fn tier_period() -> NewTable {
    NewTable::new("tier_period")
        .merchant_and_mode()
        .reference("enrollment_id", "enrollment")
        .reference("program_id", "program")
        .reference("partner_id", "partner")
        .reference("terms_id", "terms")
        .text("currency")
        .time("from_at")
        .time("to_at")
        .time_null("due_at")
        .time("created_at")
        .unique(&["enrollment_id", "terms_id", "from_at", "currency"])
        .index_where(&["due_at"], Expr::col("due_at").is_not_null())
}

fn commission() -> NewTable {
    NewTable::new("commission")
        .merchant_and_mode()
        .text("kind")
        .text("subject")
        .reference_null("purchase_id", "purchase")
        .reference_null("customer_id", "customer")
        .reference_null("tier_period_id", "tier_period")
        .reference_null("through_id", "enrollment")
        .reference("enrollment_id", "enrollment")
        .reference("program_id", "program")
        .reference("partner_id", "partner")
        .text("currency")
        .text("state")
        .json("holds")
        .time_null("release_at")
        .time_null("approved_at")
        .time_null("rejected_at")
        .text_null("rejected_reason")
        .json("steps")
        .time("purchased_at")
        .time("created_at")
        .time("updated_at")
        .unique(&["enrollment_id", "kind", "subject"])
        .index(&["merchant_id", "livemode", "created_at"])
        .index(&["partner_id", "state"])
        .index(&["enrollment_id", "created_at"])
}

fn payout() -> NewTable {
    NewTable::new("payout")
        .merchant_and_mode()
        .reference("partner_id", "partner")
        .text("currency")
        .bigint("amount")
        .text_null("reference")
        .text("status")
        .reference_null("created_by", "user")
        .time("created_at")
        .index(&["partner_id"])
        .index(&["merchant_id", "livemode", "created_at"])
}

fn ledger_entry() -> NewTable {
    NewTable::new("ledger_entry")
        .merchant_and_mode()
        .uuid("posting_id")
        .text("account")
        .text("kind")
        .bigint("amount")
        .text("currency")
        .reference_null("partner_id", "partner")
        .reference_null("enrollment_id", "enrollment")
        .reference_null("purchase_id", "purchase")
        .reference_null("commission_id", "commission")
        .reference_null("decision_id", "decision")
        .reference_null("payout_id", "payout")
        .time("occurred_at")
        .time("created_at")
        .check(Expr::col("amount").ne(0))
        .index(&["posting_id"])
        .index(&["commission_id"])
        .index(&["purchase_id"])
        .index(&["partner_id", "account", "currency"])
}

fn payout_line() -> NewTable {
    NewTable::new("payout_line").reference("payout_id", "payout").reference("entry_id", "ledger_entry").unique(&["entry_id"])
}

/// Makes the database itself refuse to change a ledger entry, so that no fault of ours can rewrite money (RF-7).
async fn refuse_changes(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let sql = match manager.get_database_backend() {
        DbBackend::Postgres => {
            "CREATE FUNCTION ledger_entry_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
               BEGIN RAISE EXCEPTION 'ledger_entry is append-only'; END $$;
             CREATE TRIGGER ledger_entry_keep BEFORE UPDATE OR DELETE ON ledger_entry
               FOR EACH ROW EXECUTE FUNCTION ledger_entry_refuse();
             CREATE TRIGGER ledger_entry_keep_all BEFORE TRUNCATE ON ledger_entry
               FOR EACH STATEMENT EXECUTE FUNCTION ledger_entry_refuse();"
        }
        _ => {
            "CREATE TRIGGER ledger_entry_keep_update BEFORE UPDATE ON ledger_entry
               BEGIN SELECT RAISE(ABORT, 'ledger_entry is append-only'); END;
             CREATE TRIGGER ledger_entry_keep_delete BEFORE DELETE ON ledger_entry
               BEGIN SELECT RAISE(ABORT, 'ledger_entry is append-only'); END;"
        }
    };
    manager.get_connection().execute_unprepared(sql).await.map(|_| ())
}

/// Removes what stays of the refusal once the table, and its triggers with it, is gone.
async fn forget_refusal(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    if manager.get_database_backend() == DbBackend::Postgres {
        manager.get_connection().execute_unprepared("DROP FUNCTION ledger_entry_refuse()").await?;
    }
    Ok(())
}
