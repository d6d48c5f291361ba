//! Filled rows of the tables of `m0013_partner_groups` and `m0014_group_terms`.

use entity::value::{OwnTerms, PartnerGroupId, TermsMoveId};
use entity::{enrollment, group_terms, merchant, partner, partner_group, partner_trait, program, terms, terms_move, user};
use uuid::Uuid;

use super::{at, fact};

/// A row of `partner_group`.
pub fn partner_group(merchant: &merchant::Model) -> partner_group::Model {
    partner_group::Model {
        id: PartnerGroupId::new(),
        merchant_id: merchant.id,
        livemode: true,
        name: "partner_group name".into(),
        created_at: at(66),
    }
}

/// A row of `partner_trait`.
pub fn partner_trait(merchant: &merchant::Model, partner: &partner::Model, group: &partner_group::Model) -> partner_trait::Model {
    partner_trait::Model {
        id: Uuid::now_v7(),
        merchant_id: merchant.id,
        livemode: true,
        partner_id: partner.id,
        group_id: Some(group.id),
        metadata: fact(),
        holds_from: at(3),
        holds_to: Some(at(4)),
    }
}

/// A row of `group_terms`.
pub fn group_terms(
    merchant: &merchant::Model,
    program: &program::Model,
    group: &partner_group::Model,
    terms: &terms::Model,
) -> group_terms::Model {
    group_terms::Model {
        id: Uuid::now_v7(),
        merchant_id: merchant.id,
        livemode: true,
        program_id: program.id,
        group_id: group.id,
        terms_id: Some(terms.id),
        terms_history: vec![OwnTerms { from: at(3), terms: Some(terms.id) }].into(),
        created_at: at(66),
    }
}

/// A row of `terms_move`.
pub fn terms_move(
    merchant: &merchant::Model,
    program: &program::Model,
    enrollment: &enrollment::Model,
    terms: &terms::Model,
    user: &user::Model,
) -> terms_move::Model {
    terms_move::Model {
        id: TermsMoveId::new(),
        merchant_id: merchant.id,
        livemode: true,
        program_id: program.id,
        enrollment_id: Some(enrollment.id),
        from_terms_id: Some(terms.id),
        terms_id: terms.id,
        effective_at: at(21),
        ends_at: Some(at(22)),
        created_at: at(66),
        created_by: Some(user.id),
    }
}
