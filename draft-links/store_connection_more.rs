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

/// Asks for a look at a linked connection at `at`, unless one is due earlier.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn look_at<C: ConnectionTrait>(db: &C, id: ConnectionId, at: DateTime<Utc>) -> Result<(), StoreError> {
    let change = ActiveModel { check_at: Set(Some(at)), ..Default::default() };
    let later = Condition::any().add(Column::CheckAt.is_null()).add(Column::CheckAt.gt(at));
    let linked = Column::Status.eq(ConnectionStatus::Linked);
    Entity::update_many().set(change).filter(Column::Id.eq(id)).filter(linked).filter(later).exec(db).await?;
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

