//! The terms that a group of partners has of its own in a program.

use sea_orm::entity::prelude::*;

use crate::value::{MerchantId, PartnerGroupId, ProgramId, TermsHistory, TermsId};

/// The terms that a group of partners has of its own in a program.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "group_terms")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// In which program.
    pub program_id: ProgramId,
    /// Which group.
    pub group_id: PartnerGroupId,
    /// What its history ends in; empty for the terms of the program.
    pub terms_id: Option<TermsId>,
    /// Which terms it has from when on, oldest first; before the first entry those of the program.
    #[sea_orm(column_type = "JsonBinary")]
    pub terms_history: TermsHistory,
    /// When it was first given any.
    pub created_at: DateTimeUtc,
}

/// The rows that a row of this table points to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The tenant.
    #[sea_orm(belongs_to = "super::merchant::Entity", from = "Column::MerchantId", to = "super::merchant::Column::Id")]
    Merchant,
    /// In which program.
    #[sea_orm(belongs_to = "super::program::Entity", from = "Column::ProgramId", to = "super::program::Column::Id")]
    Program,
    /// Which group.
    #[sea_orm(belongs_to = "super::partner_group::Entity", from = "Column::GroupId", to = "super::partner_group::Column::Id")]
    Group,
    /// What its history ends in.
    #[sea_orm(belongs_to = "super::terms::Entity", from = "Column::TermsId", to = "super::terms::Column::Id")]
    Terms,
}

impl ActiveModelBehavior for ActiveModel {}
