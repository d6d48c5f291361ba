//! A customer who may bring friends to a program (RA-1).

use sea_orm::entity::prelude::*;

use crate::value::{CustomerId, EnrollmentId, LinkId, MerchantId, ProgramId, ReferrerId, StripeWriteId};

/// A customer who may bring friends to a program (RA-1).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "referrer")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ReferrerId,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// The program.
    pub program_id: ProgramId,
    /// The customer.
    pub customer_id: CustomerId,
    /// Their place in the program.
    pub enrollment_id: EnrollmentId,
    /// Their link.
    pub link_id: LinkId,
    /// What makes their code at Stripe.
    pub write_id: Option<StripeWriteId>,
    /// When they became one.
    pub created_at: DateTimeUtc,
}

/// The rows that a row of this table points to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The tenant.
    #[sea_orm(belongs_to = "super::merchant::Entity", from = "Column::MerchantId", to = "super::merchant::Column::Id")]
    Merchant,
    /// The program.
    #[sea_orm(belongs_to = "super::program::Entity", from = "Column::ProgramId", to = "super::program::Column::Id")]
    Program,
    /// The customer.
    #[sea_orm(belongs_to = "super::customer::Entity", from = "Column::CustomerId", to = "super::customer::Column::Id")]
    Customer,
    /// Their place in the program.
    #[sea_orm(belongs_to = "super::enrollment::Entity", from = "Column::EnrollmentId", to = "super::enrollment::Column::Id")]
    Enrollment,
    /// Their link.
    #[sea_orm(belongs_to = "super::link::Entity", from = "Column::LinkId", to = "super::link::Column::Id")]
    Link,
    /// What makes their code.
    #[sea_orm(belongs_to = "super::stripe_write::Entity", from = "Column::WriteId", to = "super::stripe_write::Column::Id")]
    Write,
}

impl ActiveModelBehavior for ActiveModel {}
