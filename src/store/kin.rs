//! What is known of customers as far as it matters who else they are ([`crate::domain::kin`]).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use entity::value::{ClickId, CustomerId, IdentityKind, TouchKind};
use entity::{customer, identity, touch};
use sea_orm::sea_query::{Asterisk, Query, SelectStatement, UnionType};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QueryResult, QuerySelect, QueryTrait, Statement,
    Value,
};

use super::StoreError;
use crate::domain::access::Scope;
use crate::domain::kin::{Circle, Known, Since};

/// These customers, without those that became others.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn known<C: ConnectionTrait>(db: &C, ids: &[CustomerId]) -> Result<Circle, StoreError> {
    use customer::Column;
    let query = customer::Entity::find().filter(Column::Id.is_in(ids.iter().copied())).filter(Column::MergedInto.is_null());
    let fresh = |row: customer::Model| {
        let account = row.claimed || row.signed_up_at.is_some();
        (row.id, Known { claimed: row.claimed, account, emails: BTreeMap::new(), clicks: BTreeSet::new(), crowded: false })
    };
    let mut circle: Circle = query.all(db).await?.into_iter().map(fresh).collect();
    for row in super::identity::of_customers(db, ids).await? {
        let Some(known) = circle.get_mut(&row.customer_id) else { continue };
        match row.kind {
            IdentityKind::EmailHash => {
                // SN-4: what only a page said ties nobody to anybody.
                if let Some(at) = row.trusted_at {
                    known.emails.insert(row.value, Since { at, proven_at: row.proven_at, ended_at: row.ended_at });
                }
            }
            IdentityKind::StripeCustomer => known.account = true,
            IdentityKind::ExternalId | IdentityKind::Guest => {}
        }
    }
    for (customer, click) in clicks(db, ids).await? {
        if let Some(known) = circle.get_mut(&customer) {
            known.clicks.insert(click);
        }
    }
    Ok(circle)
}

/// The clicks that these customers signed up or bought with.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn clicks<C: ConnectionTrait>(db: &C, ids: &[CustomerId]) -> Result<Vec<(CustomerId, ClickId)>, StoreError> {
    let query = carriers().filter(touch::Column::CustomerId.is_in(ids.iter().copied())).filter(touch::Column::ClickId.is_not_null());
    Ok(query.into_tuple::<(CustomerId, ClickId)>().all(db).await?)
}

/// Customers with the clicks that they signed up or bought with.
fn carriers() -> sea_orm::Select<touch::Entity> {
    use touch::Column;
    let kinds = [TouchKind::Signup, TouchKind::ClientReference];
    touch::Entity::find().select_only().column(Column::CustomerId).column(Column::ClickId).distinct().filter(Column::Kind.is_in(kinds))
}

/// Who has an e-mail, by the word of somebody who is believed, and since when: the first ones first.
pub type Having = Vec<(CustomerId, DateTime<Utc>)>;

/// Who has each of these e-mails, the first `limit` of each, the first ones first.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn having_emails<C: ConnectionTrait>(
    db: &C,
    scope: Scope,
    emails: &BTreeSet<String>,
    limit: usize,
) -> Result<BTreeMap<String, Having>, StoreError> {
    use identity::Column;
    let having = |email: &String| {
        identity::Entity::find()
            .select_only()
            .columns([Column::Value, Column::CustomerId, Column::TrustedAt])
            .filter(Column::MerchantId.eq(scope.merchant()))
            .filter(Column::Livemode.eq(scope.livemode()))
            .filter(Column::Kind.eq(IdentityKind::EmailHash))
            .filter(Column::Value.eq(email.as_str()))
            .filter(Column::TrustedAt.is_not_null())
            .order_by_asc(Column::TrustedAt)
            .order_by_asc(Column::CustomerId)
            .limit(limit as u64)
            .into_query()
    };
    let mut found: BTreeMap<String, Having> = emails.iter().map(|email| (email.clone(), Having::new())).collect();
    for row in together(db, emails.iter().map(having).collect()).await? {
        let (email, one) = (row.try_get::<String>("", "value")?, (row.try_get("", "customer_id")?, row.try_get("", "trusted_at")?));
        found.entry(email).or_default().push(one);
    }
    found.values_mut().for_each(|having| having.sort_by_key(|(customer, at)| (*at, *customer)));
    Ok(found)
}

/// How many questions stand in one statement: SQLite takes 500 parts of one, and each has some parameters.
const AT_ONCE: usize = 100;

/// Asks several questions, each of which is bounded by itself, in few statements. The answers come in no order.
async fn together<C: ConnectionTrait>(db: &C, questions: Vec<SelectStatement>) -> Result<Vec<QueryResult>, StoreError> {
    let mut rows = Vec::new();
    for some in questions.chunks(AT_ONCE) {
        let mut parts = some.iter().map(|one| Query::select().column(Asterisk).from_subquery(one.clone(), "one").take());
        if let Some(mut first) = parts.next() {
            first.unions(parts.map(|part| (UnionType::All, part)));
            rows.extend(db.query_all(&first).await?);
        }
    }
    Ok(rows)
}

/// Who signed up or bought with each of these clicks, at most `limit` for each.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn having_clicks<C: ConnectionTrait>(
    db: &C,
    clicks: &BTreeSet<ClickId>,
    limit: usize,
) -> Result<BTreeMap<ClickId, BTreeSet<CustomerId>>, StoreError> {
    let having = |click: &ClickId| {
        let query = carriers().filter(touch::Column::ClickId.eq(*click)).order_by_asc(touch::Column::CustomerId);
        query.limit(limit as u64).into_query()
    };
    let mut found: BTreeMap<ClickId, BTreeSet<CustomerId>> = clicks.iter().map(|click| (*click, BTreeSet::new())).collect();
    for row in together(db, clicks.iter().map(having).collect()).await? {
        found.entry(row.try_get("", "click_id")?).or_default().insert(row.try_get("", "customer_id")?);
    }
    Ok(found)
}

#[derive(FromQueryResult)]
struct Tied {
    id: CustomerId,
}

/// Those of these customers who share an e-mail, by the word of somebody who is believed, or a click that they signed up or bought with, with
/// anybody else. Who shares none is a person alone.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn tied<C: ConnectionTrait>(db: &C, customers: &[CustomerId]) -> Result<BTreeSet<CustomerId>, StoreError> {
    if customers.is_empty() {
        return Ok(BTreeSet::new());
    }
    let of: Vec<String> = (4..customers.len() + 4).map(|place| format!("${place}")).collect();
    let of = of.join(", ");
    let sql = format!(
        "SELECT a.customer_id AS id FROM identity a WHERE a.customer_id IN ({of}) AND a.kind = $1 AND a.trusted_at IS NOT NULL \
         AND EXISTS (SELECT 1 FROM identity b WHERE b.merchant_id = a.merchant_id AND b.livemode = a.livemode AND b.kind = a.kind \
         AND b.value = a.value AND b.trusted_at IS NOT NULL AND b.customer_id <> a.customer_id) \
         UNION SELECT a.customer_id AS id FROM touch a WHERE a.customer_id IN ({of}) AND a.kind IN ($2, $3) AND a.click_id IS NOT NULL \
         AND EXISTS (SELECT 1 FROM touch b WHERE b.click_id = a.click_id AND b.kind IN ($2, $3) AND b.customer_id <> a.customer_id)"
    );
    let kinds = [IdentityKind::EmailHash.as_str(), TouchKind::Signup.as_str(), TouchKind::ClientReference.as_str()];
    let values: Vec<Value> = kinds.into_iter().map(Value::from).chain(customers.iter().map(|id| Value::from(*id))).collect();
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(Tied::find_by_statement(statement).all(db).await?.into_iter().map(|row| row.id).collect())
}
