/// Puts events back in line that had no effect because their connection was disabled since `since`: access was taken back without anybody's
/// wish that sales be missed. Returns how many.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn revive<C: ConnectionTrait>(
    db: &C,
    connection: ConnectionId,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let change = ActiveModel {
        status: Set(InboxStatus::Received),
        reason: Set(None),
        next_attempt_at: Set(Some(now)),
        finished_at: Set(None),
        ..Default::default()
    };
    let query = Entity::update_many()
        .set(change)
        .filter(Column::ConnectionId.eq(connection))
        .filter(Column::Status.eq(InboxStatus::Ignored))
        .filter(Column::Reason.eq(IgnoreReason::ConnectionDisabled))
        .filter(Column::ReceivedAt.gte(since));
    Ok(query.exec(db).await?.rows_affected)
}

/// How the inbox of a connection stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Events that wait longer than they should.
    pub waiting: u64,
    /// Since when the oldest of them waits.
    pub oldest: Option<DateTime<Utc>>,
    /// Events that failed for good.
    pub failed: u64,
    /// Recent events of the other mode.
    pub mismatched: u64,
}

/// How the inbox of a connection stands: what came before `prompt` and still waits, what failed, and what came in the wrong mode since `recent`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn standing<C: ConnectionTrait>(
    db: &C,
    of: &stripe_connection::Model,
    prompt: DateTime<Utc>,
    recent: DateTime<Utc>,
) -> Result<Standing, StoreError> {
    let own = |status: InboxStatus| {
        Entity::find()
            .filter(Column::MerchantId.eq(of.merchant_id))
            .filter(Column::Livemode.eq(of.livemode))
            .filter(Column::Status.eq(status))
            .filter(Column::ConnectionId.eq(of.id))
    };
    let waiting = || own(InboxStatus::Received).filter(Column::ReceivedAt.lt(prompt));
    let oldest = waiting().select_only().column(Column::ReceivedAt).order_by_asc(Column::ReceivedAt).limit(1);
    let mismatched = own(InboxStatus::Ignored).filter(Column::ReceivedAt.gte(recent)).filter(Column::Reason.eq(IgnoreReason::ModeMismatch));
    Ok(Standing {
        waiting: waiting().count(db).await?,
        oldest: oldest.into_tuple().one(db).await?,
        failed: own(InboxStatus::Failed).count(db).await?,
        mismatched: mismatched.count(db).await?,
    })
}

