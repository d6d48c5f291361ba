//! The figures of dashboards and portals. They point to nothing by foreign keys: they can be made anew from what they count, and a key
//! would make every transaction touch the row of its program.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, Expr, ExprTrait, MigrationTrait, SchemaManager, async_trait};

use crate::table::{NewTable, create_all, drop_all};

/// The figures of dashboards and portals.
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

/// In the order in which the program names them.
const FIGURES: [&str; 19] = [
    "clicks",
    "sign_ups",
    "customers",
    "purchases",
    "gross",
    "refunded",
    "net",
    "pending_count",
    "pending",
    "held_count",
    "held",
    "approved_count",
    "approved",
    "reserved_count",
    "reserved",
    "paid_count",
    "paid",
    "reversed_count",
    "rejected_count",
];

fn tables() -> Vec<NewTable> {
    let delta = figures(NewTable::new("insight_delta").uuid("merchant_id").boolean("livemode"));
    let insight = figures(NewTable::new("insight").uuid("merchant_id").boolean("livemode").text("cut").text("grain"));
    vec![
        delta.index(&["merchant_id", "livemode", "bucket"]),
        insight
            .index(&["merchant_id", "livemode", "cut", "grain", "bucket"])
            .index_where(&["partner_id", "grain", "bucket"], Expr::col("partner_id").is_not_null()),
        NewTable::new("insight_counted").uuid("merchant_id").boolean("livemode").json("counted").time("counted_at"),
    ]
}

/// Where figures count, and the figures.
fn figures(table: NewTable) -> NewTable {
    let keyed = table
        .bigint("bucket")
        .text_null("currency")
        .uuid_null("program_id")
        .uuid_null("enrollment_id")
        .uuid_null("partner_id")
        .uuid_null("link_id")
        .text_null("code");
    FIGURES.into_iter().fold(keyed, |table, figure| table.bigint_default(figure, 0))
}
