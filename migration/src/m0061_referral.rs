//! Customers who refer friends, and what they and their friends are given (RA).

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::table::{NewTable, create_all, drop_all};

/// Customers who refer friends, and what they and their friends are given (RA).
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
    vec![referral_offer(), referrer(), referral_sync(), referral_reward()]
}

fn referral_offer() -> NewTable {
    NewTable::new("referral_offer")
        .merchant_and_mode()
        .reference("program_id", "program")
        .reference_null("connection_id", "stripe_connection")
        .json_null("friend")
        .text("friend_for")
        .json_null("referrer")
        .integer("hold_days")
        .integer_null("cap")
        .integer_null("expires_days")
        .text_null("code_coupon")
        .boolean("everybody")
        .boolean("enabled")
        .time("created_at")
        .time("updated_at")
        .unique(&["program_id"])
}

fn referrer() -> NewTable {
    NewTable::new("referrer")
        .merchant_and_mode()
        .reference("program_id", "program")
        .reference("customer_id", "customer")
        .reference("enrollment_id", "enrollment")
        .reference("link_id", "link")
        .reference_null("write_id", "stripe_write")
        .time("created_at")
        .unique(&["program_id", "customer_id"])
        .unique(&["enrollment_id"])
        .index(&["merchant_id", "livemode", "created_at"])
}

fn referral_sync() -> NewTable {
    NewTable::new("referral_sync")
        .merchant_and_mode()
        .reference("program_id", "program")
        .text("status")
        .uuid("place")
        .bigint("seen")
        .bigint("made")
        .time("created_at")
        .reference_null("created_by", "user")
        .time("updated_at")
        .time_null("finished_at")
}

fn referral_reward() -> NewTable {
    NewTable::new("referral_reward")
        .merchant_and_mode()
        .reference("program_id", "program")
        .reference("referrer_id", "referrer")
        .reference("friend_id", "customer")
        .text("side")
        .json("gift")
        .text("earned_for")
        .integer("hold_days")
        .text("state")
        .text_null("cause")
        .reference_null("purchase_id", "purchase")
        .reference_null("write_id", "stripe_write")
        .text_null("reference")
        .time("bound_at")
        .time_null("expires_at")
        .time("created_at")
        .time("updated_at")
        .time_null("applied_at")
        .unique(&["program_id", "friend_id", "side"])
        .index(&["referrer_id", "side", "state"])
        .index(&["merchant_id", "livemode", "created_at"])
}
