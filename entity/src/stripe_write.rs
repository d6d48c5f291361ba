//! Something that is written to Stripe, and how far it has come (S2).

use sea_orm::entity::prelude::*;

use crate::value::{
    ConnectionId, EnrollmentId, MerchantId, StripeChange, StripeWriteId, StripeWriteKind, StripeWriteReason, StripeWriteStatus, UserId,
};

/// Something that is written to Stripe, and how far it has come (S2).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stripe_write")]
pub struct Model {
    /// Its id; what is made at Stripe bears it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StripeWriteId,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// Where it is written.
    pub connection_id: ConnectionId,
    /// What is written.
    pub kind: StripeWriteKind,
    /// What it is about, in Stripe's words.
    #[sea_orm(column_type = "Text")]
    pub subject: String,
    /// What is to stand there.
    #[sea_orm(column_type = "JsonBinary")]
    pub change: StripeChange,
    /// Whose the code becomes.
    pub enrollment_id: Option<EnrollmentId>,
    /// How far it has come.
    pub status: StripeWriteStatus,
    /// Why it is not written, or not yet.
    pub reason: Option<StripeWriteReason>,
    /// Stripe's id of what was made or changed.
    #[sea_orm(column_type = "Text", nullable)]
    pub object: Option<String>,
    /// The code that was asked for last, noted before Stripe heard of it.
    #[sea_orm(column_type = "Text", nullable)]
    pub sent: Option<String>,
    /// How often Stripe failed for certain with the idempotency key before, so that the next one has to be another.
    pub turn: i32,
    /// How often it was tried.
    pub attempts: i32,
    /// Before when nobody else may try; empty when there is nothing more to do.
    pub next_at: Option<DateTimeUtc>,
    /// When it was asked for.
    pub created_at: DateTimeUtc,
    /// Who asked; empty when an API key or a rule did.
    pub created_by: Option<UserId>,
    /// When something last happened.
    pub updated_at: DateTimeUtc,
    /// When it was read back and found right.
    pub verified_at: Option<DateTimeUtc>,
}

/// The rows that a row of this table points to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The tenant.
    #[sea_orm(belongs_to = "super::merchant::Entity", from = "Column::MerchantId", to = "super::merchant::Column::Id")]
    Merchant,
    /// Where it is written.
    #[sea_orm(belongs_to = "super::stripe_connection::Entity", from = "Column::ConnectionId", to = "super::stripe_connection::Column::Id")]
    Connection,
    /// Whose the code becomes.
    #[sea_orm(belongs_to = "super::enrollment::Entity", from = "Column::EnrollmentId", to = "super::enrollment::Column::Id")]
    Enrollment,
    /// Who asked.
    #[sea_orm(belongs_to = "super::user::Entity", from = "Column::CreatedBy", to = "super::user::Column::Id")]
    User,
}

impl ActiveModelBehavior for ActiveModel {}
