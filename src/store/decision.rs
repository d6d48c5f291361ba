//! Decisions: one current for each purchase, earlier ones kept (SL-4).

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::decision::{ActiveModel, Column, Entity, Model};
use entity::value::{Currency, DecisionId, DecisionReason, EnrollmentId, PurchaseId};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QuerySelect};
use sha2::{Digest, Sha256};

use super::StoreError;
use crate::domain::access::Scope;
use crate::domain::settle::Decision;

/// A current decision, as far as it tells whether another one is news.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Current {
    /// Its id.
    pub id: DecisionId,
    /// The purchase.
    pub purchase_id: PurchaseId,
    /// What tells it from others.
    pub digest: Vec<u8>,
    /// Who won.
    pub enrollment_id: Option<EnrollmentId>,
    /// The base in minor units.
    pub base: i64,
}

/// The current decisions of these purchases.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn current<C: ConnectionTrait>(db: &C, purchases: &[PurchaseId]) -> Result<Vec<Current>, StoreError> {
    if purchases.is_empty() {
        return Ok(Vec::new());
    }
    let query = Entity::find()
        .select_only()
        .columns([Column::Id, Column::PurchaseId, Column::Digest, Column::EnrollmentId, Column::Base])
        .filter(Column::PurchaseId.is_in(purchases.iter().copied()))
        .filter(Column::Current.eq(true));
    Ok(query.into_model().all(db).await?)
}

/// Why each of these purchases earns what it does, by its current decision.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn reasons<C: ConnectionTrait>(db: &C, purchases: &[PurchaseId]) -> Result<BTreeMap<PurchaseId, DecisionReason>, StoreError> {
    if purchases.is_empty() {
        return Ok(BTreeMap::new());
    }
    let query = Entity::find()
        .select_only()
        .columns([Column::PurchaseId, Column::Reason])
        .filter(Column::PurchaseId.is_in(purchases.iter().copied()))
        .filter(Column::Current.eq(true));
    Ok(query.into_tuple::<(PurchaseId, DecisionReason)>().all(db).await?.into_iter().collect())
}

/// What tells one decision from another: everything but the state of the commission, which time moves on.
///
/// # Errors
/// [`StoreError::Corrupt`] when it cannot be written as JSON.
pub fn digest(decision: &Decision) -> Result<Vec<u8>, StoreError> {
    let won = decision.winner.map(|w| (w.enrollment, w.terms));
    let earned: Vec<_> = decision.commissions.iter().map(|c| (c.enrollment, c.terms, c.currency, c.earned, c.amount)).collect();
    let content = serde_json::json!([decision.reason, decision.base, won, earned, decision.candidates, decision.steps]);
    let text = serde_json::to_vec(&content).map_err(|error| StoreError::Corrupt { what: "decision", why: error.to_string() })?;
    Ok(Sha256::digest(text).to_vec())
}

/// Makes `decision` the current one of its purchase; the earlier one, if there is one, is kept and superseded.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn supersede<C: ConnectionTrait>(
    db: &C,
    scope: Scope,
    (decision, earlier): (&Decision, Option<DecisionId>),
    currency: Currency,
    digest: Vec<u8>,
    now: DateTime<Utc>,
) -> Result<DecisionId, StoreError> {
    if let Some(earlier) = earlier {
        let change = ActiveModel { current: Set(false), ..Default::default() };
        Entity::update_many().set(change).filter(Column::Id.eq(earlier)).exec(db).await?;
    }
    let won = decision.winner;
    let json = |value: serde_json::Result<serde_json::Value>| {
        value.map_err(|error| StoreError::Corrupt { what: "decision", why: error.to_string() })
    };
    let id = DecisionId::new_at(now);
    let model = ActiveModel {
        id: Set(id),
        merchant_id: Set(scope.merchant()),
        livemode: Set(scope.livemode()),
        purchase_id: Set(decision.purchase),
        current: Set(true),
        reason: Set(decision.reason),
        enrollment_id: Set(won.map(|w| w.enrollment)),
        program_id: Set(won.map(|w| w.program)),
        terms_id: Set(won.map(|w| w.terms)),
        currency: Set(Some(currency)),
        base: Set(decision.base),
        amount: Set(decision.amount()),
        candidates: Set(json(serde_json::to_value(&decision.candidates))?),
        steps: Set(json(serde_json::to_value(&decision.steps))?),
        digest: Set(digest),
        decided_at: Set(now),
    };
    Entity::insert(model).exec_without_returning(db).await?;
    Ok(id)
}

/// The current decision of a purchase.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn of_purchase<C: ConnectionTrait>(db: &C, purchase: PurchaseId) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find().filter(Column::PurchaseId.eq(purchase)).filter(Column::Current.eq(true)).one(db).await?)
}

/// Leaves a purchase without a current decision: it was merged into another one, which has its own.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn retire<C: ConnectionTrait>(db: &C, purchase: PurchaseId) -> Result<(), StoreError> {
    let change = ActiveModel { current: Set(false), ..Default::default() };
    let current = Column::PurchaseId.eq(purchase).and(Column::Current.eq(true));
    Entity::update_many().set(change).filter(current).exec(db).await?;
    Ok(())
}
