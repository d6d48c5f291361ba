//! Clicks: visits through partners' links, and the links that count them.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::click::{Column, Entity, Model};
use entity::value::{ClickId, EnrollmentId, EnrollmentStatus, LinkId, PartnerId, ProgramId, ProgramStatus};
use entity::{enrollment, link, program};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationTrait,
    Select,
};
use uuid::Uuid;

use super::StoreError;
use crate::domain::access::Scope;

/// A click of the merchant's mode.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find<C: ConnectionTrait>(db: &C, scope: Scope, id: ClickId) -> Result<Option<Model>, StoreError> {
    let query = Entity::find_by_id(id).filter(Column::MerchantId.eq(scope.merchant())).filter(Column::Livemode.eq(scope.livemode()));
    Ok(query.one(db).await?)
}

/// The latest clicks of a visitor up to `at`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn of_visitor<C: ConnectionTrait>(
    db: &C,
    scope: Scope,
    visitor: Uuid,
    at: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<Model>, StoreError> {
    let query = Entity::find()
        .filter(Column::Visitor.eq(visitor))
        .filter(Column::ClickedAt.lte(at))
        .filter(Column::MerchantId.eq(scope.merchant()))
        .filter(Column::Livemode.eq(scope.livemode()))
        .order_by_desc(Column::ClickedAt)
        .limit(limit);
    Ok(query.all(db).await?)
}

/// A link that counts visits, and the program it belongs to.
#[derive(Clone, Debug)]
pub struct Target {
    /// The link.
    pub link: link::Model,
    /// Its program.
    pub program: program::Model,
}

/// Links that count visits: not archived, of an approved enrollment, in an active program.
fn live_links() -> Select<link::Entity> {
    link::Entity::find()
        .join(JoinType::InnerJoin, link::Relation::Program.def())
        .join(JoinType::InnerJoin, link::Relation::Enrollment.def())
        .filter(link::Column::ArchivedAt.is_null())
        .filter(program::Column::Status.eq(ProgramStatus::Active))
        .filter(enrollment::Column::Status.eq(EnrollmentStatus::Approved))
}

fn target(row: (link::Model, Option<program::Model>)) -> Option<Target> {
    Some(Target { link: row.0, program: row.1? })
}

/// The links of a code, which is given in lower case: one a program, the oldest first.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn targets_by_code<C: ConnectionTrait>(
    db: &C,
    scope: Scope,
    program: Option<ProgramId>,
    code_folded: &str,
) -> Result<Vec<Target>, StoreError> {
    let mut query = live_links()
        .filter(link::Column::MerchantId.eq(scope.merchant()))
        .filter(link::Column::Livemode.eq(scope.livemode()))
        .filter(link::Column::CodeFolded.eq(code_folded));
    if let Some(program) = program {
        query = query.filter(link::Column::ProgramId.eq(program));
    }
    let query = query.order_by_asc(link::Column::CreatedAt).order_by_asc(link::Column::Id);
    let rows = query.select_also(program::Entity).all(db).await?;
    Ok(rows.into_iter().filter_map(target).collect())
}

/// The links of short codes. Short codes are unique over all merchants and open to everybody, so there is no scope.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn targets_by_short_codes<C: ConnectionTrait>(db: &C, short_codes: &BTreeSet<&str>) -> Result<Vec<Target>, StoreError> {
    let query = live_links().filter(link::Column::ShortCode.is_in(short_codes.iter().copied()));
    Ok(query.select_also(program::Entity).all(db).await?.into_iter().filter_map(target).collect())
}

/// The newest click of a visitor on a link that is no older than `since`; those of machines do not count.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn recent<C: ConnectionTrait>(db: &C, link: LinkId, visitor: Uuid, since: DateTime<Utc>) -> Result<Option<Model>, StoreError> {
    let query = Entity::find()
        .filter(Column::LinkId.eq(link))
        .filter(Column::Visitor.eq(visitor))
        .filter(Column::ClickedAt.gt(since))
        .filter(Column::Bot.eq(false));
    Ok(query.order_by_desc(Column::ClickedAt).one(db).await?)
}

/// Those whom nobody can tell apart: an enrollment's link, followed from one address (as its hash) with one browser.
pub type Household = (EnrollmentId, LinkId, Vec<u8>, Option<String>);

/// Which of these households followed their link since then; clicks of machines do not count.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn came_since<C: ConnectionTrait>(
    db: &C,
    households: HashSet<Household>,
    since: DateTime<Utc>,
) -> Result<HashSet<Household>, StoreError> {
    if households.is_empty() {
        return Ok(households);
    }
    let addresses: HashSet<(EnrollmentId, Vec<u8>)> = households.iter().map(|(of, _, address, _)| (*of, address.clone())).collect();
    let any = addresses.into_iter().fold(Condition::any(), |any, (of, address)| {
        any.add(Condition::all().add(Column::EnrollmentId.eq(of)).add(Column::IpHash.eq(address)).add(Column::ClickedAt.gt(since)))
    });
    let query = Entity::find()
        .select_only()
        .columns([Column::EnrollmentId, Column::LinkId, Column::IpHash, Column::UserAgent])
        .distinct()
        .filter(any)
        .filter(Column::Bot.eq(false));
    let came: Vec<Household> = query.into_tuple().all(db).await?;
    Ok(came.into_iter().filter(|household| households.contains(household)).collect())
}

/// Stores clicks, in one statement.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn insert_many<C: ConnectionTrait>(db: &C, clicks: Vec<Model>) -> Result<(), StoreError> {
    if !clicks.is_empty() {
        let rows = clicks.into_iter().map(IntoActiveModel::into_active_model);
        Entity::insert_many(rows).exec_without_returning(db).await?;
    }
    Ok(())
}

/// The partners of enrollments.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn partners<C: ConnectionTrait>(db: &C, of: HashSet<EnrollmentId>) -> Result<HashMap<EnrollmentId, PartnerId>, StoreError> {
    if of.is_empty() {
        return Ok(HashMap::new());
    }
    let query = enrollment::Entity::find().select_only().columns([enrollment::Column::Id, enrollment::Column::PartnerId]);
    Ok(query.filter(enrollment::Column::Id.is_in(of)).into_tuple().all(db).await?.into_iter().collect())
}

/// An enrollment's program, if the enrollment is in scope.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn enrollment_in_scope<C: ConnectionTrait>(
    db: &C,
    scope: Scope,
    id: EnrollmentId,
) -> Result<Option<enrollment::Model>, StoreError> {
    let query = enrollment::Entity::find_by_id(id)
        .filter(enrollment::Column::MerchantId.eq(scope.merchant()))
        .filter(enrollment::Column::Livemode.eq(scope.livemode()));
    Ok(query.one(db).await?)
}
