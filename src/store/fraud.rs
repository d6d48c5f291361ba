//! What signs of fraud are looked for in, and the cases that came of them (FR-1 to FR-5).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};
use entity::fraud_case::{Column, Entity, Model};
use entity::value::{ClickId, CommissionId, CustomerId, EnrollmentId, PartnerId, PurchaseId};
use entity::{
    click, commission, customer, decision, enrollment, membership, partner, partner_address, purchase, purchase_card, touch, user,
};
use sea_orm::sea_query::{Expr, OnConflict, Query, SelectStatement};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, JoinType, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    RelationTrait,
};
use uuid::Uuid;

use super::StoreError;
use crate::domain::access::Scope;
use crate::domain::fraud::Record;

/// How long before a purchase the partner's other purchases are asked how many of them were paid back.
const RECORD: Duration = Duration::days(90);

/// Clicks by id.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn clicks<C: ConnectionTrait>(db: &C, scope: Scope, ids: &BTreeSet<ClickId>) -> Result<Vec<click::Model>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let query = click::Entity::find()
        .filter(click::Column::Id.is_in(ids.iter().copied()))
        .filter(click::Column::MerchantId.eq(scope.merchant()))
        .filter(click::Column::Livemode.eq(scope.livemode()));
    Ok(query.all(db).await?)
}

/// Partners by id.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn partners<C: ConnectionTrait>(db: &C, ids: &BTreeSet<PartnerId>) -> Result<Vec<partner::Model>, StoreError> {
    Ok(partner::Entity::find().filter(partner::Column::Id.is_in(ids.iter().copied())).all(db).await?)
}

/// The addresses of those who sign in for these partners.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn addresses_of_users<C: ConnectionTrait>(db: &C, ids: &BTreeSet<PartnerId>) -> Result<Vec<(PartnerId, String)>, StoreError> {
    let query = membership::Entity::find()
        .select_only()
        .column(membership::Column::PartnerId)
        .column(user::Column::Email)
        .join(JoinType::InnerJoin, membership::Relation::User.def())
        .filter(membership::Column::PartnerId.is_in(ids.iter().copied()));
    Ok(query.into_tuple().all(db).await?)
}

/// For each destination of payouts the partner who had it first.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn first_payees<C: ConnectionTrait>(
    db: &C,
    scope: Scope,
    destinations: &BTreeSet<String>,
) -> Result<BTreeMap<String, PartnerId>, StoreError> {
    if destinations.is_empty() {
        return Ok(BTreeMap::new());
    }
    let query = partner::Entity::find()
        .filter(of_merchant(scope))
        .filter(partner::Column::PayoutHash.is_in(destinations.iter().map(String::as_str)))
        .order_by_desc(partner::Column::CreatedAt)
        .order_by_desc(partner::Column::Id);
    Ok(query.all(db).await?.into_iter().filter_map(|row| Some((row.payout_hash?, row.id))).collect())
}

/// The partners who are paid to any of these destinations.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn payees<C: ConnectionTrait>(db: &C, scope: Scope, destinations: &BTreeSet<String>) -> Result<Vec<PartnerId>, StoreError> {
    if destinations.is_empty() {
        return Ok(Vec::new());
    }
    let query = partner::Entity::find()
        .select_only()
        .column(partner::Column::Id)
        .filter(of_merchant(scope))
        .filter(partner::Column::PayoutHash.is_in(destinations.iter().map(String::as_str)));
    Ok(query.into_tuple().all(db).await?)
}

fn of_merchant(scope: Scope) -> Condition {
    Condition::all().add(partner::Column::MerchantId.eq(scope.merchant())).add(partner::Column::Livemode.eq(scope.livemode()))
}

/// Where these partners were seen, among these addresses.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn seen<C: ConnectionTrait>(
    db: &C,
    ids: &BTreeSet<PartnerId>,
    addresses: &BTreeSet<Vec<u8>>,
) -> Result<Vec<partner_address::Model>, StoreError> {
    if addresses.is_empty() {
        return Ok(Vec::new());
    }
    let query = partner_address::Entity::find()
        .filter(partner_address::Column::PartnerId.is_in(ids.iter().copied()))
        .filter(partner_address::Column::IpHash.is_in(addresses.iter().cloned()));
    Ok(query.all(db).await?)
}

/// Notes that a partner was seen at an address, by the hashes that it has on the days around.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn note_seen<C: ConnectionTrait>(
    db: &C,
    scope: Scope,
    partner: PartnerId,
    addresses: &[Vec<u8>],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let rows = addresses.iter().map(|address| partner_address::ActiveModel {
        id: Set(Uuid::now_v7()),
        merchant_id: Set(scope.merchant()),
        livemode: Set(scope.livemode()),
        partner_id: Set(partner),
        ip_hash: Set(address.clone()),
        first_seen_at: Set(now),
        last_seen_at: Set(now),
    });
    let columns = [partner_address::Column::PartnerId, partner_address::Column::IpHash];
    let conflict = OnConflict::columns(columns).update_column(partner_address::Column::LastSeenAt).to_owned();
    partner_address::Entity::insert_many(rows).on_conflict(conflict).exec_without_returning(db).await?;
    Ok(())
}

/// The cards that paid for these purchases.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn cards<C: ConnectionTrait>(db: &C, purchases: &[PurchaseId]) -> Result<Vec<(PurchaseId, String)>, StoreError> {
    if purchases.is_empty() {
        return Ok(Vec::new());
    }
    let query = purchase_card::Entity::find()
        .select_only()
        .columns([purchase_card::Column::PurchaseId, purchase_card::Column::Card])
        .filter(purchase_card::Column::PurchaseId.is_in(purchases.iter().copied()));
    Ok(query.into_tuple().all(db).await?)
}

fn of_cards(scope: Scope, cards: &BTreeSet<String>) -> Condition {
    Condition::all()
        .add(purchase_card::Column::MerchantId.eq(scope.merchant()))
        .add(purchase_card::Column::Livemode.eq(scope.livemode()))
        .add(purchase_card::Column::Card.is_in(cards.iter().map(String::as_str)))
}

/// Notes the cards that paid for a purchase, and makes due whoever else paid with one of them. Says whether any of them is news.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn note_cards<C: ConnectionTrait>(
    db: &C,
    scope: Scope,
    purchase: PurchaseId,
    told: &BTreeSet<String>,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let known: BTreeSet<String> = cards(db, &[purchase]).await?.into_iter().map(|(_, card)| card).collect();
    let fresh: BTreeSet<String> = told.difference(&known).cloned().collect();
    if fresh.is_empty() {
        return Ok(false);
    }
    let rows = fresh.iter().map(|card| purchase_card::ActiveModel {
        id: Set(Uuid::now_v7()),
        merchant_id: Set(scope.merchant()),
        livemode: Set(scope.livemode()),
        purchase_id: Set(purchase),
        card: Set(card.clone()),
    });
    let conflict = OnConflict::columns([purchase_card::Column::PurchaseId, purchase_card::Column::Card]).do_nothing().to_owned();
    purchase_card::Entity::insert_many(rows).on_conflict(conflict).exec_without_returning(db).await?;
    let others = Query::select()
        .column(purchase_card::Column::PurchaseId)
        .from(purchase_card::Entity)
        .cond_where(of_cards(scope, &fresh))
        .and_where(purchase_card::Column::PurchaseId.ne(purchase))
        .take();
    let whose = Query::select()
        .column(purchase::Column::CustomerId)
        .from(purchase::Entity)
        .and_where(purchase::Column::Id.in_subquery(others))
        .take();
    wake(db, scope, whose, now).await?;
    Ok(true)
}

/// Hands the cards of one purchase to another that took it over.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn move_cards<C: ConnectionTrait>(
    db: &C,
    scope: Scope,
    from: PurchaseId,
    to: PurchaseId,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let own: BTreeSet<String> = cards(db, &[from]).await?.into_iter().map(|(_, card)| card).collect();
    if own.is_empty() {
        return Ok(());
    }
    purchase_card::Entity::delete_many().filter(purchase_card::Column::PurchaseId.eq(from)).exec(db).await?;
    note_cards(db, scope, to, &own, now).await?;
    Ok(())
}

/// What an enrollment had brought in the 90 days before a time, by the decisions in force, and of how much of it money had gone back by then.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn record<C: ConnectionTrait>(db: &C, of: EnrollmentId, before: DateTime<Utc>) -> Result<Record, StoreError> {
    let brought = || {
        decision::Entity::find()
            .join(JoinType::InnerJoin, decision::Relation::Purchase.def())
            .filter(decision::Column::EnrollmentId.eq(of))
            .filter(decision::Column::Current.eq(true))
            .filter(purchase::Column::PurchasedAt.gte(before - RECORD))
            .filter(purchase::Column::PurchasedAt.lt(before))
    };
    let purchases = brought().count(db).await?;
    let returned = if purchases == 0 { 0 } else { brought().filter(purchase::Column::ReturnedAt.lte(before)).count(db).await? };
    Ok(Record { purchases, returned })
}

/// Makes due the customers with a commission of these enrollments, not paid yet, for a purchase within the time from then on in which that
/// one is asked about.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn wake_later<C: ConnectionTrait>(
    db: &C,
    scope: Scope,
    enrollments: &BTreeSet<EnrollmentId>,
    from: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    use entity::value::CommissionState::{Approved, Held, Pending};
    let until = from.checked_add_signed(RECORD).unwrap_or(DateTime::<Utc>::MAX_UTC);
    let open = Query::select()
        .column(commission::Column::PurchaseId)
        .from(commission::Entity)
        .and_where(commission::Column::EnrollmentId.is_in(enrollments.iter().copied()))
        .and_where(commission::Column::PurchasedAt.gte(from))
        .and_where(commission::Column::PurchasedAt.lte(until))
        .and_where(commission::Column::State.is_in([Pending, Held, Approved]))
        .take();
    let whose = Query::select()
        .column(purchase::Column::CustomerId)
        .from(purchase::Entity)
        .and_where(purchase::Column::Id.in_subquery(open))
        .take();
    wake(db, scope, whose, now).await
}

/// Makes due the customers who came through a partner's links from one of these addresses around a time.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn wake_near<C: ConnectionTrait>(
    db: &C,
    scope: Scope,
    partner: PartnerId,
    addresses: &[Vec<u8>],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let own =
        Query::select().column(enrollment::Column::Id).from(enrollment::Entity).and_where(enrollment::Column::PartnerId.eq(partner)).take();
    let clicks = Query::select()
        .column(click::Column::Id)
        .from(click::Entity)
        .and_where(click::Column::EnrollmentId.in_subquery(own))
        .and_where(click::Column::ClickedAt.gt(now - Duration::hours(24)))
        .and_where(click::Column::IpHash.is_in(addresses.iter().cloned()))
        .take();
    let whose =
        Query::select().column(touch::Column::CustomerId).from(touch::Entity).and_where(touch::Column::ClickId.in_subquery(clicks)).take();
    wake(db, scope, whose, now).await
}

async fn wake<C: ConnectionTrait>(db: &C, scope: Scope, whose: SelectStatement, now: DateTime<Utc>) -> Result<(), StoreError> {
    let later = Condition::any().add(customer::Column::DueAt.is_null()).add(customer::Column::DueAt.gt(now));
    customer::Entity::update_many()
        .col_expr(customer::Column::DueAt, Expr::value(now))
        .filter(customer::Column::MerchantId.eq(scope.merchant()))
        .filter(customer::Column::Livemode.eq(scope.livemode()))
        .filter(later)
        .filter(customer::Column::Id.in_subquery(whose))
        .exec(db)
        .await?;
    Ok(())
}

/// The customer whose purchase earned a commission.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn customer_of<C: ConnectionTrait>(db: &C, of: &commission::Model) -> Result<Option<CustomerId>, StoreError> {
    let Some(purchase) = of.purchase_id else { return Ok(of.customer_id) };
    Ok(super::purchase::by_id(db, purchase).await?.and_then(|row| row.customer_id))
}

/// The cases of these commissions.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn cases<C: ConnectionTrait>(db: &C, commissions: &[CommissionId]) -> Result<BTreeMap<CommissionId, Model>, StoreError> {
    if commissions.is_empty() {
        return Ok(BTreeMap::new());
    }
    let query = Entity::find().filter(Column::CommissionId.is_in(commissions.iter().copied()));
    Ok(query.all(db).await?.into_iter().map(|row| (row.commission_id, row)).collect())
}
