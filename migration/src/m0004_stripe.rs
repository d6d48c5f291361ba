//! What Stripe tells: connections, discounts, objects and the purchases they make up.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, Expr, ExprTrait, MigrationTrait, SchemaManager, async_trait};

use crate::table::{NewTable, create_all, drop_all};

/// What Stripe tells: connections, discounts, objects and the purchases they make up.
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
    vec![stripe_connection(), coupon(), promotion_code(), purchase(), purchase_reference(), snapshot()]
}

fn stripe_connection() -> NewTable {
    NewTable::new("stripe_connection")
        .merchant_and_mode()
        .text("name")
        .text_null("account")
        .text("method")
        .text("status")
        .text_null("status_reason")
        .json_null("secret")
        .text_null("key_last4")
        .text("endpoint")
        .json("webhook_secrets")
        .text_null("api_version")
        .time_null("last_event_at")
        .time("created_at")
        .time("updated_at")
        .unique(&["endpoint"])
        .unique_where(&["merchant_id", "livemode", "account"], Expr::col("account").is_not_null())
        .index(&["account", "livemode"])
}

fn coupon() -> NewTable {
    NewTable::new("coupon")
        .merchant_and_mode()
        .reference("connection_id", "stripe_connection")
        .text("stripe_id")
        .text_null("name")
        .integer_null("percent_off_bps")
        .bigint_null("amount_off")
        .text_null("currency")
        .text_null("duration")
        .time_null("deleted_at")
        .reference_null("enrollment_id", "enrollment")
        .time_null("mapped_from")
        .time_null("mapped_to")
        .time("source_at")
        .time("created_at")
        .unique(&["connection_id", "livemode", "stripe_id"])
}

fn promotion_code() -> NewTable {
    NewTable::new("promotion_code")
        .merchant_and_mode()
        .reference("connection_id", "stripe_connection")
        .text("stripe_id")
        .text("code")
        .text("code_folded")
        .text_null("coupon")
        .boolean("active")
        .reference_null("enrollment_id", "enrollment")
        .time_null("mapped_from")
        .time_null("mapped_to")
        .time("source_at")
        .time("created_at")
        .unique(&["connection_id", "livemode", "stripe_id"])
        .index(&["merchant_id", "livemode", "code_folded"])
        .index(&["enrollment_id"])
}

fn purchase() -> NewTable {
    NewTable::new("purchase")
        .merchant_and_mode()
        .reference_null("connection_id", "stripe_connection")
        .text("key")
        .reference_null("customer_id", "customer")
        .text("status")
        .time_null("purchased_at")
        .text_null("currency")
        .bigint("total")
        .bigint("collected")
        .bigint("reduction")
        .bigint("base")
        .json("state")
        .reference_null("merged_into", "purchase")
        .time("created_at")
        .time("updated_at")
        .unique(&["merchant_id", "livemode", "connection_id", "key"])
        .unique_where(&["merchant_id", "livemode", "key"], Expr::col("connection_id").is_null())
        .index(&["customer_id", "purchased_at"])
        .index(&["merchant_id", "livemode", "purchased_at"])
}

fn purchase_reference() -> NewTable {
    NewTable::new("purchase_reference")
        .merchant_and_mode()
        .reference("connection_id", "stripe_connection")
        .text("reference")
        .reference("purchase_id", "purchase")
        .unique(&["connection_id", "livemode", "reference"])
        .index(&["purchase_id"])
}

fn snapshot() -> NewTable {
    NewTable::new("snapshot")
        .merchant_and_mode()
        .reference("connection_id", "stripe_connection")
        .text("object_id")
        .text("kind")
        .time("source_at")
        .bytes("body")
        .json("fact")
        .reference_null("purchase_id", "purchase")
        .time("created_at")
        .time("updated_at")
        .unique(&["connection_id", "livemode", "object_id"])
        .index(&["purchase_id"])
}
