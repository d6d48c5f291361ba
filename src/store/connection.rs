//! Stripe connections: as viewers list them, within a scope; and as deliveries and workers look them up, by what a delivery names.

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, Utc};
use entity::inbox_event;
use entity::stripe_connection::{ActiveModel, Column, Entity, Model};
use entity::value::{ConnectionId, ConnectionMethod, ConnectionStatus, Sealed, SealedList};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::StoreError;
use super::inbox::is_unrouted;
use super::page::{NameOrder, PageError, Slice, Window, by_name, fetch};
use super::scoped::{nothing, scoped, select};
use crate::domain::access::Scope;

scoped!(stripe_connection, ConnectionId, |_partner| nothing());

/// A page of connections, of one state if that is given.
///
/// # Errors
/// [`PageError`] for a foreign cursor, or when the database fails.
pub async fn list<C: ConnectionTrait>(
    conn: &C,
    scope: Scope,
    status: Option<ConnectionStatus>,
    order: NameOrder,
    window: &Window,
) -> Result<Slice<Model>, PageError> {
    let status = status.map(|status| Column::Status.eq(status));
    let query = select::<Entity>(scope).filter(Condition::all().add_option(status));
    fetch(conn, query, &by_name!(stripe_connection, order), window).await
}

/// The connections whose webhook addresses end in these words. Deliveries name no tenant, and prove themselves by their signature.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn by_endpoints<C: ConnectionTrait>(db: &C, endpoints: &BTreeSet<&str>) -> Result<Vec<Model>, StoreError> {
    Ok(Entity::find().filter(Column::Endpoint.is_in(endpoints.iter().copied())).all(db).await?)
}

/// The connection that proved to be of an account in one mode, and was not unlinked: it alone gets the events of a platform's endpoint, and
/// no other can prove the same account (IN-4).
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn by_account<C: ConnectionTrait>(db: &C, account: &str, livemode: bool) -> Result<Option<Model>, StoreError> {
    let query = Entity::find()
        .filter(Column::Account.eq(account))
        .filter(Column::Livemode.eq(livemode))
        .filter(Column::VerifiedAt.is_not_null())
        .filter(Column::Status.ne(ConnectionStatus::Unlinked));
    Ok(query.one(db).await?)
}

/// Linked connections of proved accounts for which events still wait without a connection: those that came while the account was being
/// proved.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn awaited<C: ConnectionTrait>(db: &C, limit: u64) -> Result<Vec<Model>, StoreError> {
    let mut waiting = Query::select();
    waiting
        .column(inbox_event::Column::Id)
        .from(inbox_event::Entity)
        .and_where(Expr::col((inbox_event::Entity, inbox_event::Column::Account)).equals((Entity, Column::Account)))
        .and_where(Expr::col((inbox_event::Entity, inbox_event::Column::Livemode)).equals((Entity, Column::Livemode)))
        .and_where(is_unrouted());
    let query = Entity::find()
        .filter(Column::VerifiedAt.is_not_null())
        .filter(Column::Status.eq(ConnectionStatus::Linked))
        .filter(Expr::exists(waiting))
        .limit(limit);
    Ok(query.all(db).await?)
}

/// The names of the keys under which anything of any connection is sealed.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn sealed_by<C: ConnectionTrait>(db: &C) -> Result<BTreeSet<String>, StoreError> {
    let query = Entity::find().select_only().columns([Column::Secret, Column::RefreshSecret, Column::WebhookSecrets]);
    let rows: Vec<(Option<Sealed>, Option<Sealed>, SealedList)> = query.into_tuple().all(db).await?;
    let sealed = rows.into_iter().flat_map(|(secret, refresh, webhooks)| secret.into_iter().chain(refresh).chain(webhooks.0));
    Ok(sealed.map(|sealed| sealed.key_id).collect())
}

/// The ids of connections after this one, smallest first.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn ids_after<C: ConnectionTrait>(db: &C, after: Option<ConnectionId>, limit: u64) -> Result<Vec<ConnectionId>, StoreError> {
    let after = Condition::all().add_option(after.map(|id| Column::Id.gt(id)));
    Ok(Entity::find().select_only().column(Column::Id).filter(after).order_by_asc(Column::Id).limit(limit).into_tuple().all(db).await?)
}

/// A connection by id, which nobody else changes before the transaction ends.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn lock_by_id(tx: &DatabaseTransaction, id: ConnectionId) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(id).lock_exclusive().one(tx).await?)
}

/// Writes what is sealed, and nothing else.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn save_sealed(tx: &DatabaseTransaction, row: &Model) -> Result<(), StoreError> {
    let change = ActiveModel {
        secret: Set(row.secret.clone()),
        refresh_secret: Set(row.refresh_secret.clone()),
        webhook_secrets: Set(row.webhook_secrets.clone()),
        ..Default::default()
    };
    Entity::update_many().set(change).filter(Column::Id.eq(row.id)).exec(tx).await?;
    Ok(())
}

/// A connection by id, for work on its own events.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn by_id<C: ConnectionTrait>(db: &C, id: ConnectionId) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(id).one(db).await?)
}

/// Records that the merchant took the access back (S14): no calls are made from now on, and the history stays.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn deauthorize<C: ConnectionTrait>(db: &C, id: ConnectionId, why: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
    let change = ActiveModel {
        status: Set(ConnectionStatus::Deauthorized),
        status_reason: Set(Some(why.to_owned())),
        secret: Set(None),
        refresh_secret: Set(None),
        token_expires_at: Set(None),
        disabled_at: Set(Some(now)),
        check_at: Set(None),
        updated_at: Set(now),
        ..Default::default()
    };
    Entity::update_many().set(change).filter(Column::Id.eq(id)).exec(db).await?;
    Ok(())
}

/// How exactly the time of the last event is kept. A row that each event changed would let one event wait for the commit of the other.
const HEARD: Duration = Duration::seconds(10);

/// Records that something arrived, unless that was recorded within the last [`HEARD`] and nothing was refused since.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn heard<C: ConnectionTrait>(db: &C, id: ConnectionId, at: DateTime<Utc>) -> Result<(), StoreError> {
    let change = ActiveModel { last_event_at: Set(Some(at)), ..Default::default() };
    let refused = Expr::col(Column::RefusedAt).gt(Expr::col(Column::LastEventAt));
    let stale = Condition::any().add(Column::LastEventAt.is_null()).add(Column::LastEventAt.lt(at - HEARD)).add(refused);
    Entity::update_many().set(change).filter(Column::Id.eq(id)).filter(stale).exec(db).await?;
    Ok(())
}

/// The connection of an account in a scope, unlinked or not, which nobody else changes before the transaction ends.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn of_account(tx: &DatabaseTransaction, scope: Scope, account: &str) -> Result<Option<Model>, StoreError> {
    Ok(select::<Entity>(scope).filter(Column::Account.eq(account)).lock_exclusive().one(tx).await?)
}

/// Whether any connection of an account works by the platform's access to it.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn lives<C: ConnectionTrait>(db: &C, account: &str, livemode: bool) -> Result<bool, StoreError> {
    let query = Entity::find()
        .filter(Column::Account.eq(account))
        .filter(Column::Livemode.eq(livemode))
        .filter(Column::Method.eq(ConnectionMethod::Oauth))
        .filter(Column::Status.eq(ConnectionStatus::Linked));
    Ok(query.count(db).await? > 0)
}

/// Takes the lease to replace a connection's token, if it is free. Gives the row as it is then.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn lease_refresh<C: ConnectionTrait>(
    db: &C,
    id: ConnectionId,
    owner: &str,
    until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Option<Model>, StoreError> {
    let change = ActiveModel { refresh_until: Set(Some(until)), refresh_owner: Set(Some(owner.to_owned())), ..Default::default() };
    let free = Condition::any().add(Column::RefreshUntil.is_null()).add(Column::RefreshUntil.lte(now));
    let taken = Entity::update_many().set(change).filter(Column::Id.eq(id)).filter(free).exec(db).await?;
    if taken.rows_affected == 0 { Ok(None) } else { by_id(db, id).await }
}

/// Gives the lease back without a new token.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn release_refresh<C: ConnectionTrait>(db: &C, id: ConnectionId, owner: &str) -> Result<(), StoreError> {
    let change = ActiveModel { refresh_until: Set(None), refresh_owner: Set(None), ..Default::default() };
    Entity::update_many().set(change).filter(Column::Id.eq(id)).filter(Column::RefreshOwner.eq(owner)).exec(db).await?;
    Ok(())
}

/// A new pair of tokens, sealed.
#[derive(Clone, Debug)]
pub struct Renewed {
    /// What calls are made with.
    pub secret: Sealed,
    /// What the next pair is had for.
    pub refresh: Option<Sealed>,
    /// When the first one ends.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Stores a new pair in place of the old one, both halves in one statement, and gives the lease back. False when `owner` does not hold it any
/// more, or the connection is not linked any more: then nothing changed.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn renew<C: ConnectionTrait>(
    db: &C,
    id: ConnectionId,
    owner: &str,
    pair: Renewed,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let mut change = ActiveModel {
        secret: Set(Some(pair.secret)),
        token_expires_at: Set(pair.expires_at),
        refresh_until: Set(None),
        refresh_owner: Set(None),
        updated_at: Set(now),
        ..Default::default()
    };
    // Without a new refresh token the old one goes on.
    if pair.refresh.is_some() {
        change.refresh_secret = Set(pair.refresh);
    }
    let held = Entity::update_many().set(change).filter(Column::Id.eq(id)).filter(Column::RefreshOwner.eq(owner));
    Ok(held.filter(Column::Status.eq(ConnectionStatus::Linked)).exec(db).await?.rows_affected > 0)
}

/// Takes the lease to look at a connection at Stripe, if it is free.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn lease_check<C: ConnectionTrait>(
    db: &C,
    id: ConnectionId,
    owner: &str,
    until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let change = ActiveModel { check_until: Set(Some(until)), check_owner: Set(Some(owner.to_owned())), ..Default::default() };
    let free = Condition::any().add(Column::CheckUntil.is_null()).add(Column::CheckUntil.lte(now));
    Ok(Entity::update_many().set(change).filter(Column::Id.eq(id)).filter(free).exec(db).await?.rows_affected > 0)
}

/// Gives that lease back, and says when to look again.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn release_check<C: ConnectionTrait>(
    db: &C,
    id: ConnectionId,
    owner: &str,
    next: Option<DateTime<Utc>>,
) -> Result<(), StoreError> {
    let change = ActiveModel { check_until: Set(None), check_owner: Set(None), check_at: Set(next), ..Default::default() };
    Entity::update_many().set(change).filter(Column::Id.eq(id)).filter(Column::CheckOwner.eq(owner)).exec(db).await?;
    Ok(())
}

/// Linked connections that are to be looked at by now and that nobody looks at.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn due<C: ConnectionTrait>(db: &C, now: DateTime<Utc>, limit: u64) -> Result<Vec<ConnectionId>, StoreError> {
    let free = Condition::any().add(Column::CheckUntil.is_null()).add(Column::CheckUntil.lte(now));
    let query = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::CheckAt.lte(now))
        .filter(Column::Status.eq(ConnectionStatus::Linked))
        .filter(free)
        .order_by_asc(Column::CheckAt)
        .limit(limit);
    Ok(query.into_tuple().all(db).await?)
}

/// Counts a delivery that was refused for its signature (IN-1), at most one a second: who knows the address can send any number.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn refused<C: ConnectionTrait>(db: &C, id: ConnectionId, why: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
    let change = ActiveModel { refused_at: Set(Some(now)), refused_reason: Set(Some(why.to_owned())), ..Default::default() };
    let rested = Condition::any().add(Column::RefusedAt.is_null()).add(Column::RefusedAt.lt(now - Duration::seconds(1)));
    let query = Entity::update_many().set(change).col_expr(Column::RefusedCount, Expr::col(Column::RefusedCount).add(1));
    query.filter(Column::Id.eq(id)).filter(rested).exec(db).await?;
    Ok(())
}

/// Some connections of a scope, oldest first.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn some<C: ConnectionTrait>(db: &C, scope: Scope, limit: u64) -> Result<Vec<Model>, StoreError> {
    Ok(select::<Entity>(scope).order_by_asc(Column::CreatedAt).order_by_asc(Column::Id).limit(limit).all(db).await?)
}
