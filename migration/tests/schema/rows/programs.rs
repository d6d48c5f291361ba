//! Filled rows of the tables of `m0002_programs`.

use entity::value::{
    Absence, ApiKeyId, ApiKeyKind, ApiScope, ApiScopes, EnrollmentEnd, EnrollmentId, EnrollmentStatus, FraudSettings, LinkId, OwnTerms,
    ProgramId, ProgramKind, ProgramStatus, Span, Terms, TermsId, TextList,
};
use entity::{api_key, enrollment, link, merchant, partner, program, terms, user};

use super::{at, euro};

/// A row of `program`.
pub fn program(merchant: &merchant::Model) -> program::Model {
    program::Model {
        id: ProgramId::new(),
        merchant_id: merchant.id,
        livemode: true,
        name: "program name".into(),
        kind: ProgramKind::ReferAFriend,
        status: ProgramStatus::Active,
        query_param: "program query_param".into(),
        landing_url: "program landing_url".into(),
        allowed_hosts: TextList(vec!["a.example".into(), "b.example".into()]),
        auto_approve: true,
        currency: Some(euro()),
        pauses: vec![Span { from: at(1), to: Some(at(2)) }].into(),
        currency_from: Some(at(23)),
        inactive_from: Some(at(24)),
        fraud: FraudSettings { hold_score: 7, ..FraudSettings::default() },
        created_at: at(66),
    }
}

/// A row of `terms`.
pub fn terms(merchant: &merchant::Model, program: &program::Model, user: &user::Model) -> terms::Model {
    terms::Model {
        id: TermsId::new(),
        merchant_id: merchant.id,
        livemode: true,
        program_id: program.id,
        version: i32::MAX,
        body: Terms::default(),
        assigned: true,
        asks_catalogue: true,
        effective_from: at(21),
        created_at: at(66),
        created_by: Some(user.id),
    }
}

/// A row of `enrollment`.
pub fn enrollment(
    merchant: &merchant::Model,
    program: &program::Model,
    partner: &partner::Model,
    terms: &terms::Model,
) -> enrollment::Model {
    enrollment::Model {
        id: EnrollmentId::new(),
        merchant_id: merchant.id,
        livemode: true,
        program_id: program.id,
        partner_id: partner.id,
        status: EnrollmentStatus::Approved,
        terms_id: Some(terms.id),
        terms_history: vec![OwnTerms { from: at(3), terms: Some(terms.id) }].into(),
        approved_at: Some(at(9)),
        ended_at: Some(at(44)),
        absences: vec![Absence { span: Span { from: at(1), to: Some(at(2)) }, kind: EnrollmentEnd::Archived }].into(),
        ended_kind: Some(EnrollmentEnd::Archived),
        created_at: at(66),
    }
}

/// A row of `link`.
pub fn link(merchant: &merchant::Model, program: &program::Model, enrollment: &enrollment::Model) -> link::Model {
    link::Model {
        id: LinkId::new(),
        merchant_id: merchant.id,
        livemode: true,
        program_id: program.id,
        enrollment_id: enrollment.id,
        code: "link code".into(),
        code_folded: "link code_folded".into(),
        short_code: "link short_code".into(),
        destination_url: "link destination_url".into(),
        created_at: at(66),
        archived_at: Some(at(79)),
    }
}

/// A row of `api_key`.
pub fn api_key(merchant: &merchant::Model, program: &program::Model) -> api_key::Model {
    api_key::Model {
        id: ApiKeyId::new(),
        merchant_id: merchant.id,
        livemode: true,
        kind: ApiKeyKind::Publishable,
        program_id: Some(program.id),
        name: "api_key name".into(),
        hash: vec![0, 1, 255],
        token: Some("api_key token".into()),
        last4: "api_key last4".into(),
        scopes: ApiScopes(vec![ApiScope::Read, ApiScope::WriteMoney]),
        origins: TextList(vec!["a.example".into(), "b.example".into()]),
        created_at: at(66),
        last_used_at: Some(at(11)),
        revoked_at: Some(at(90)),
    }
}
