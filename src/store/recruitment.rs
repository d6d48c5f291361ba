//! Which partner recruited which, and when that counts (CO-11).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use entity::recruitment::{ActiveModel, Column, Entity, Model};
use entity::value::{EnrollmentId, RecruitmentId};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use super::StoreError;
use crate::domain::access::Scope;

/// Who recruited these enrollments, the earlier time first.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn of<C: ConnectionTrait>(
    db: &C,
    enrollments: &BTreeSet<EnrollmentId>,
) -> Result<BTreeMap<EnrollmentId, Vec<Model>>, StoreError> {
    let mut found: BTreeMap<EnrollmentId, Vec<Model>> = BTreeMap::new();
    if enrollments.is_empty() {
        return Ok(found);
    }
    let query = Entity::find().filter(Column::EnrollmentId.is_in(enrollments.iter().copied())).order_by_asc(Column::FromAt);
    for row in query.order_by_asc(Column::Id).all(db).await? {
        found.entry(row.enrollment_id).or_default().push(row);
    }
    Ok(found)
}

/// Who recruited an enrollment, as it stands now.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn current<C: ConnectionTrait>(db: &C, enrollment: EnrollmentId) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find().filter(Column::EnrollmentId.eq(enrollment)).filter(Column::ToAt.is_null()).one(db).await?)
}

/// The recruiters of these enrollments, as it stands now.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn recruiters<C: ConnectionTrait>(
    db: &C,
    scope: Scope,
    enrollments: &[EnrollmentId],
) -> Result<Vec<(EnrollmentId, EnrollmentId)>, StoreError> {
    let query = Entity::find().filter(Column::EnrollmentId.is_in(enrollments.iter().copied())).filter(Column::ToAt.is_null());
    let query = query.filter(Column::MerchantId.eq(scope.merchant())).filter(Column::Livemode.eq(scope.livemode()));
    Ok(query.all(db).await?.into_iter().map(|row| (row.enrollment_id, row.recruiter_id)).collect())
}

/// When the last of those ended that do not count any more.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn ended<C: ConnectionTrait>(db: &C, enrollment: EnrollmentId) -> Result<Option<DateTime<Utc>>, StoreError> {
    let query = Entity::find().filter(Column::EnrollmentId.eq(enrollment)).filter(Column::ToAt.is_not_null());
    Ok(query.order_by_desc(Column::ToAt).one(db).await?.and_then(|row| row.to_at))
}

/// Ends what counts now, at `at`. What would then never have counted is forgotten.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn end<C: ConnectionTrait>(db: &C, current: &Model, at: DateTime<Utc>) -> Result<(), StoreError> {
    if current.from_at >= at {
        Entity::delete_by_id(current.id).exec(db).await?;
        return Ok(());
    }
    let change = ActiveModel { to_at: Set(Some(at)), ..Default::default() };
    Entity::update_many().set(change).filter(Column::Id.eq(current.id)).exec(db).await?;
    Ok(())
}

/// Lets an enrollment count as recruited by another one from `from` on.
///
/// # Errors
/// [`StoreError`] when the database fails; [`super::Fault::Duplicate`] when somebody else recruited it meanwhile.
pub async fn begin<C: ConnectionTrait>(
    db: &C,
    scope: Scope,
    (enrollment, recruiter): (EnrollmentId, EnrollmentId),
    from: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let model = ActiveModel {
        id: Set(RecruitmentId::new_at(now)),
        merchant_id: Set(scope.merchant()),
        livemode: Set(scope.livemode()),
        enrollment_id: Set(enrollment),
        recruiter_id: Set(recruiter),
        from_at: Set(from),
        to_at: Set(None),
        created_at: Set(now),
    };
    Entity::insert(model).exec_without_returning(db).await?;
    Ok(())
}
