//! What settling needs to know of partners, codes and terms: one query a kind, for all that a person's evidence names.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::value::{
    Absence, Absences, ClickId, ConnectionId, Currency, EnrollmentEnd, EnrollmentId, EnrollmentStatus, FraudSettings, ProgramId, Span,
    TermsId,
};
use entity::{click, coupon, enrollment, link, program, promotion_code, terms};
use sea_orm::sea_query::Condition;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use super::StoreError;
use crate::domain::access::Scope;
use crate::domain::fact::Code;
use crate::domain::person::{Click, CodeMapping, Enrollment, TermsVersion};

/// Clicks by id.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn clicks<C: ConnectionTrait>(db: &C, scope: Scope, ids: &BTreeSet<ClickId>) -> Result<BTreeMap<ClickId, Click>, StoreError> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let query = click::Entity::find()
        .filter(click::Column::Id.is_in(ids.iter().copied()))
        .filter(click::Column::MerchantId.eq(scope.merchant()))
        .filter(click::Column::Livemode.eq(scope.livemode()));
    let clicks = query.all(db).await?.into_iter().map(|row| {
        let rejected = row.bot || row.rejected_at.is_some();
        let click =
            Click { id: row.id, visitor: row.visitor, at: row.clicked_at, link: row.link_id, enrollment: row.enrollment_id, rejected };
        (row.id, click)
    });
    Ok(clicks.collect())
}

/// The enrollments with their programs' and their own terms.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn enrollments<C: ConnectionTrait>(
    db: &C,
    scope: Scope,
    ids: &BTreeSet<EnrollmentId>,
) -> Result<BTreeMap<EnrollmentId, Enrollment>, StoreError> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let query = enrollment::Entity::find()
        .filter(enrollment::Column::Id.is_in(ids.iter().copied()))
        .filter(enrollment::Column::MerchantId.eq(scope.merchant()))
        .filter(enrollment::Column::Livemode.eq(scope.livemode()));
    let rows = query.all(db).await?;
    let programs: BTreeSet<ProgramId> = rows.iter().map(|row| row.program_id).collect();
    let own: BTreeSet<TermsId> = rows.iter().flat_map(|row| row.terms_history.iter()).filter_map(|own| own.terms).collect();
    let versions = versions(db, &programs, &own).await?;
    let programs = program::Entity::find().filter(program::Column::Id.is_in(programs)).all(db).await?;
    let programs: BTreeMap<_, _> = programs.into_iter().map(|row| (row.id, of_program(row))).collect();
    let known = rows.into_iter().map(|row| {
        let of_program: Vec<_> =
            versions.iter().filter(|(_, program)| program == &row.program_id).map(|(version, _)| version.clone()).collect();
        let known = |id| versions.iter().find(|(version, _)| version.id == id).map(|(version, _)| version.clone());
        let own: Vec<_> = row.terms_history.iter().map(|own| (own.from, own.terms.and_then(known))).collect();
        let terms = TermsVersion::timeline(&of_program, &own);
        let approved = row.approved_at.filter(|_| row.status != EnrollmentStatus::Applied && row.status != EnrollmentStatus::Rejected);
        let enrollment = Enrollment {
            id: row.id,
            program: row.program_id,
            partner: row.partner_id,
            approved_at: approved,
            pauses: programs.get(&row.program_id).map(|program| program.pauses.clone()).unwrap_or_default(),
            absences: absences(row.absences, row.ended_at.zip(row.ended_kind)),
            stated_in: programs.get(&row.program_id).and_then(|program| program.stated_in),
            fraud: programs.get(&row.program_id).map(|program| Arc::clone(&program.fraud)).unwrap_or_default(),
            terms,
        };
        (row.id, enrollment)
    });
    Ok(known.collect())
}

/// What an enrollment has of its program.
struct OfProgram {
    /// When the program was not active, the present pause included.
    pauses: Vec<Span>,
    stated_in: Option<(Currency, Option<DateTime<Utc>>)>,
    fraud: Arc<FraudSettings>,
}

fn of_program(row: program::Model) -> OfProgram {
    let present = row.inactive_from.map(|from| Span { from, to: None });
    OfProgram {
        pauses: row.pauses.0.into_iter().chain(present).collect(),
        stated_in: row.currency.map(|currency| (currency, row.currency_from)),
        fraud: Arc::new(row.fraud),
    }
}

/// When an enrollment did not take part, the present absence included.
fn absences(over: Absences, present: Option<(DateTime<Utc>, EnrollmentEnd)>) -> Vec<Absence> {
    let present = present.map(|(from, kind)| Absence { span: Span { from, to: None }, kind });
    over.0.into_iter().chain(present).collect()
}

/// All versions of these programs, and these versions, oldest first.
async fn versions<C: ConnectionTrait>(
    db: &C,
    programs: &BTreeSet<ProgramId>,
    own: &BTreeSet<TermsId>,
) -> Result<Vec<(TermsVersion, ProgramId)>, StoreError> {
    let wanted =
        Condition::any().add(terms::Column::ProgramId.is_in(programs.iter().copied())).add(terms::Column::Id.is_in(own.iter().copied()));
    let rows = terms::Entity::find()
        .filter(wanted)
        .order_by_asc(terms::Column::EffectiveFrom)
        .order_by_asc(terms::Column::Version)
        .all(db)
        .await?;
    let version = |row: terms::Model| (TermsVersion { id: row.id, from: row.effective_from, terms: Arc::new(row.body) }, row.program_id);
    Ok(rows.into_iter().map(version).collect())
}

/// The mappings of these codes to enrollments, for one connection.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn code_mappings<C: ConnectionTrait>(
    db: &C,
    connection: ConnectionId,
    scope: Scope,
    codes: &BTreeSet<Code>,
) -> Result<Vec<CodeMapping>, StoreError> {
    let named = |id: fn(&Code) -> Option<&String>| -> Vec<String> {
        codes.iter().filter_map(id).cloned().collect::<BTreeSet<_>>().into_iter().collect()
    };
    let (promotions, mut coupons) = (named(|code| code.promotion_code.as_ref()), named(|code| code.coupon.as_ref()));
    let mut mappings = super::mapping::former(db, connection, &promotions, &coupons).await?;
    let promotions = codes_of(db, connection, scope, &promotions).await?;
    coupons.extend(promotions.values().filter_map(|row| row.coupon.clone()));
    let coupons = coupons_of(db, connection, scope, &coupons).await?;
    mappings.extend(promotions.values().filter_map(|row| {
        let code = Code { promotion_code: Some(row.stripe_id.clone()), coupon: None };
        Some(CodeMapping { code, enrollment: row.enrollment_id?, from: row.mapped_from?, to: row.mapped_to, inactive: Vec::new() })
    }));
    mappings.extend(coupons.values().filter_map(|row| {
        let code = Code { promotion_code: None, coupon: Some(row.stripe_id.clone()) };
        Some(CodeMapping { code, enrollment: row.enrollment_id?, from: row.mapped_from?, to: row.mapped_to, inactive: Vec::new() })
    }));
    for mapping in &mut mappings {
        let promotion = mapping.code.promotion_code.as_ref().and_then(|id| promotions.get(id));
        mapping.inactive.extend(promotion.iter().flat_map(|row| row.inactive.iter().copied()));
        let coupon = mapping.code.coupon.as_ref().or_else(|| promotion?.coupon.as_ref()).and_then(|id| coupons.get(id));
        mapping.inactive.extend(coupon.and_then(|row| row.deleted_at).map(|from| Span { from, to: None }));
    }
    Ok(mappings)
}

/// The promotion codes of one connection, by Stripe's id.
async fn codes_of<C: ConnectionTrait>(
    db: &C,
    connection: ConnectionId,
    scope: Scope,
    ids: &[String],
) -> Result<BTreeMap<String, promotion_code::Model>, StoreError> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    use promotion_code::Column;
    let query = promotion_code::Entity::find()
        .filter(Column::ConnectionId.eq(connection))
        .filter(Column::Livemode.eq(scope.livemode()))
        .filter(Column::StripeId.is_in(ids));
    Ok(query.all(db).await?.into_iter().map(|row| (row.stripe_id.clone(), row)).collect())
}

/// The coupons of one connection, by Stripe's id.
async fn coupons_of<C: ConnectionTrait>(
    db: &C,
    connection: ConnectionId,
    scope: Scope,
    ids: &[String],
) -> Result<BTreeMap<String, coupon::Model>, StoreError> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    use coupon::Column;
    let query = coupon::Entity::find()
        .filter(Column::ConnectionId.eq(connection))
        .filter(Column::Livemode.eq(scope.livemode()))
        .filter(Column::StripeId.is_in(ids));
    Ok(query.all(db).await?.into_iter().map(|row| (row.stripe_id.clone(), row)).collect())
}

/// Partners named by key: the code of a link, or the id of an enrollment. Of several links with one code the oldest counts.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn partner_keys<C: ConnectionTrait>(
    db: &C,
    scope: Scope,
    keys: &BTreeSet<String>,
) -> Result<BTreeMap<String, EnrollmentId>, StoreError> {
    let mut found = BTreeMap::new();
    for key in keys {
        if let Ok(id) = key.parse::<EnrollmentId>() {
            found.insert(key.clone(), id);
        }
    }
    let mut folded: BTreeMap<String, Vec<&String>> = BTreeMap::new();
    for key in keys {
        folded.entry(key.to_lowercase()).or_default().push(key);
    }
    if !folded.is_empty() {
        let query = link::Entity::find()
            .filter(link::Column::MerchantId.eq(scope.merchant()))
            .filter(link::Column::Livemode.eq(scope.livemode()))
            .filter(link::Column::CodeFolded.is_in(folded.keys().map(String::as_str)))
            .order_by_desc(link::Column::Id);
        for row in query.all(db).await? {
            for key in folded.get(&row.code_folded).into_iter().flatten() {
                found.insert((*key).clone(), row.enrollment_id);
            }
        }
    }
    Ok(found)
}
