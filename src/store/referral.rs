//! Customers who refer friends, and what they and their friends are given.

use chrono::{DateTime, Utc};
use entity::value::{
    CustomerId, EnrollmentId, Mode, ProgramId, PurchaseStatus, ReferralOfferId, ReferralRewardId, ReferralSide, ReferralState,
    ReferralSyncId, ReferrerId, StripeWriteId,
};
use entity::{binding, customer, identity, purchase, referral_offer, referral_reward, referral_sync, referrer};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::StoreError;
use super::enrollment::held_by;
use super::page::{PageError, Slice, TimeOrder, Window, by_time, fetch};
use super::scoped::{nothing, scoped, select};
use crate::domain::access::Scope;
use crate::domain::referral::Bought;

scoped!(referral_offer, ReferralOfferId, |_partner| nothing());
scoped!(referrer, ReferrerId, |partner| held_by(referrer::Column::EnrollmentId, partner));
scoped!(referral_sync, ReferralSyncId, |_partner| nothing());
scoped!(referral_reward, ReferralRewardId, |_partner| nothing());

/// Whether a merchant offers anything for friends in this mode: asked for whoever is settled, so it is one look into an index.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn offers_any<C: ConnectionTrait>(db: &C, scope: Scope) -> Result<bool, StoreError> {
    let query = select::<referral_offer::Entity>(scope).select_only().column(referral_offer::Column::Id).limit(1);
    Ok(query.into_tuple::<ReferralOfferId>().one(db).await?.is_some())
}

/// All offers of a merchant in a mode: one for each program that has one.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn offers<C: ConnectionTrait>(db: &C, scope: Scope) -> Result<Vec<referral_offer::Model>, StoreError> {
    Ok(select::<referral_offer::Entity>(scope).order_by_asc(referral_offer::Column::Id).all(db).await?)
}

/// What a program offers.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn offer_of<C: ConnectionTrait>(db: &C, scope: Scope, program: ProgramId) -> Result<Option<referral_offer::Model>, StoreError> {
    Ok(select::<referral_offer::Entity>(scope).filter(referral_offer::Column::ProgramId.eq(program)).one(db).await?)
}

/// Those of these customers who are referrers of a program.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn referrers_among<C: ConnectionTrait>(
    db: &C,
    program: ProgramId,
    customers: &[CustomerId],
) -> Result<Vec<referrer::Model>, StoreError> {
    use referrer::Column;
    let query = referrer::Entity::find().filter(Column::ProgramId.eq(program)).filter(Column::CustomerId.is_in(customers.iter().copied()));
    Ok(query.all(db).await?)
}

/// The referrer behind an enrollment, whom nobody else rewards before the transaction ends: caps are counted under this lock (RA-3).
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn lock_referrer(tx: &DatabaseTransaction, enrollment: EnrollmentId) -> Result<Option<referrer::Model>, StoreError> {
    let query = referrer::Entity::find().filter(referrer::Column::EnrollmentId.eq(enrollment)).lock_exclusive();
    Ok(query.one(tx).await?)
}

/// Which referrers; every field that is given must fit.
#[derive(Clone, Debug, Default, async_graphql::InputObject)]
pub struct ReferrerFilter {
    /// Of this program.
    pub program_id: Option<ProgramId>,
    /// This customer.
    pub customer_id: Option<CustomerId>,
}

/// A page of referrers.
///
/// # Errors
/// [`PageError`] for the cursor of another list, or when the database fails.
pub async fn referrers<C: ConnectionTrait>(
    conn: &C,
    scope: Scope,
    filter: ReferrerFilter,
    order: TimeOrder,
    window: &Window,
) -> Result<Slice<referrer::Model>, PageError> {
    let condition = Condition::all()
        .add_option(filter.program_id.map(|id| referrer::Column::ProgramId.eq(id)))
        .add_option(filter.customer_id.map(|id| referrer::Column::CustomerId.eq(id)));
    fetch(conn, select::<referrer::Entity>(scope).filter(condition), &by_time!(referrer, order), window).await
}

/// Which rewards; every field that is given must fit.
#[derive(Clone, Debug, Default, async_graphql::InputObject)]
pub struct ReferralRewardFilter {
    /// Of this program.
    pub program_id: Option<ProgramId>,
    /// For friends whom this referrer brought.
    pub referrer_id: Option<ReferrerId>,
    /// For this friend.
    pub friend_id: Option<CustomerId>,
    /// Of this side.
    pub side: Option<ReferralSide>,
    /// In this state.
    pub state: Option<ReferralState>,
}

/// A page of rewards.
///
/// # Errors
/// [`PageError`] for the cursor of another list, or when the database fails.
pub async fn rewards<C: ConnectionTrait>(
    conn: &C,
    scope: Scope,
    filter: ReferralRewardFilter,
    order: TimeOrder,
    window: &Window,
) -> Result<Slice<referral_reward::Model>, PageError> {
    use referral_reward::Column;
    let condition = Condition::all()
        .add_option(filter.program_id.map(|id| Column::ProgramId.eq(id)))
        .add_option(filter.referrer_id.map(|id| Column::ReferrerId.eq(id)))
        .add_option(filter.friend_id.map(|id| Column::FriendId.eq(id)))
        .add_option(filter.side.map(|side| Column::Side.eq(side)))
        .add_option(filter.state.map(|state| Column::State.eq(state)));
    fetch(conn, select::<referral_reward::Entity>(scope).filter(condition), &by_time!(referral_reward, order), window).await
}

/// The rewards for a friend in a program, which nobody else moves before the transaction ends.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn lock_rewards(
    tx: &DatabaseTransaction,
    program: ProgramId,
    friends: &[CustomerId],
) -> Result<Vec<referral_reward::Model>, StoreError> {
    use referral_reward::Column;
    let query = referral_reward::Entity::find()
        .filter(Column::ProgramId.eq(program))
        .filter(Column::FriendId.is_in(friends.iter().copied()))
        .order_by_asc(Column::Id)
        .lock_exclusive();
    Ok(query.all(tx).await?)
}

/// How many friends somebody is rewarded for, or will be.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn counted<C: ConnectionTrait>(db: &C, referrer: ReferrerId) -> Result<u64, StoreError> {
    use referral_reward::Column;
    let query = referral_reward::Entity::find()
        .filter(Column::ReferrerId.eq(referrer))
        .filter(Column::Side.eq(ReferralSide::Referrer))
        .filter(Column::State.is_not_in([ReferralState::Cancelled, ReferralState::Expired]));
    Ok(query.count(db).await?)
}

/// Notes that what a write was for has been given.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn applied<C: ConnectionTrait>(db: &C, write: StripeWriteId, now: DateTime<Utc>) -> Result<(), StoreError> {
    use referral_reward::Column;
    let change = referral_reward::ActiveModel {
        state: Set(ReferralState::Applied),
        applied_at: Set(Some(now)),
        updated_at: Set(now),
        ..Default::default()
    };
    let query = referral_reward::Entity::update_many().set(change);
    query.filter(Column::WriteId.eq(write)).filter(Column::State.eq(ReferralState::Earned)).exec(db).await?;
    Ok(())
}

/// The friends for whom a write gives something: whoever bought may have got the money back meanwhile.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn friends_of_write<C: ConnectionTrait>(db: &C, write: StripeWriteId) -> Result<Vec<CustomerId>, StoreError> {
    let query = referral_reward::Entity::find().select_only().column(referral_reward::Column::FriendId);
    Ok(query.filter(referral_reward::Column::WriteId.eq(write)).into_tuple().all(db).await?)
}

/// The bindings of these customers that are in force, to enrollments of a program.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn bindings<C: ConnectionTrait>(db: &C, program: ProgramId, customers: &[CustomerId]) -> Result<Vec<binding::Model>, StoreError> {
    use binding::Column;
    let query = binding::Entity::find()
        .filter(Column::CustomerId.is_in(customers.iter().copied()))
        .filter(Column::ProgramId.eq(program))
        .filter(Column::EndedAt.is_null())
        .order_by_asc(Column::BoundAt);
    Ok(query.all(db).await?)
}

/// What these customers have paid for since a time.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn bought<C: ConnectionTrait>(db: &C, customers: &[CustomerId], since: DateTime<Utc>) -> Result<Vec<Bought>, StoreError> {
    use purchase::Column;
    let query = purchase::Entity::find()
        .select_only()
        .columns([Column::Id, Column::PurchasedAt, Column::Collected, Column::Reduction])
        .filter(Column::CustomerId.is_in(customers.iter().copied()))
        .filter(Column::Status.eq(PurchaseStatus::Paid))
        .filter(Column::MergedInto.is_null())
        .filter(Column::PurchasedAt.gte(since));
    let rows: Vec<(_, Option<DateTime<Utc>>, i64, i64)> = query.into_tuple().all(db).await?;
    let bought = |(id, at, collected, reduction): (_, Option<DateTime<Utc>>, _, _)| Some(Bought { id, at: at?, collected, reduction });
    Ok(rows.into_iter().filter_map(bought).collect())
}

/// Sees to it that a customer is settled at a time, or before.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn look_again<C: ConnectionTrait>(db: &C, customer: CustomerId, at: DateTime<Utc>) -> Result<(), StoreError> {
    use customer::Column;
    let later = Condition::any().add(Column::DueAt.is_null()).add(Column::DueAt.gt(at));
    let query = customer::Entity::update_many().col_expr(Column::DueAt, Expr::value(at)).filter(Column::Id.eq(customer)).filter(later);
    query.exec(db).await?;
    Ok(())
}

/// Customers after a place who are, or were, there at Stripe, smallest id first, without those who were merged (S20).
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn customers_after<C: ConnectionTrait>(
    db: &C,
    scope: Scope,
    after: CustomerId,
    limit: u64,
) -> Result<Vec<customer::Model>, StoreError> {
    let mut there = Query::select();
    there
        .column(identity::Column::CustomerId)
        .from(identity::Entity)
        .and_where(identity::Column::MerchantId.eq(scope.merchant()))
        .and_where(identity::Column::Livemode.eq(scope.livemode()))
        .and_where(identity::Column::Kind.eq(entity::value::IdentityKind::StripeCustomer));
    let query = select::<customer::Entity>(scope)
        .filter(customer::Column::Id.gt(after))
        .filter(customer::Column::MergedInto.is_null())
        .filter(customer::Column::Id.in_subquery(there))
        .order_by_asc(customer::Column::Id)
        .limit(limit);
    Ok(query.all(db).await?)
}

/// A sync that still goes on, by its id, whoever's.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn lock_sync(tx: &DatabaseTransaction, id: ReferralSyncId) -> Result<Option<referral_sync::Model>, StoreError> {
    let query = referral_sync::Entity::find_by_id(id);
    Ok(query.filter(referral_sync::Column::FinishedAt.is_null()).lock_exclusive().one(tx).await?)
}

/// The sync of a program that still goes on.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn running<C: ConnectionTrait>(db: &C, scope: Scope, program: ProgramId) -> Result<Option<referral_sync::Model>, StoreError> {
    use referral_sync::Column;
    let query = select::<referral_sync::Entity>(scope).filter(Column::ProgramId.eq(program)).filter(Column::FinishedAt.is_null());
    Ok(query.one(db).await?)
}

/// The scope of a row of a merchant's.
#[must_use]
pub const fn scope_of(merchant: entity::value::MerchantId, livemode: bool) -> Scope {
    Scope::merchant_wide(merchant, Mode::from_livemode(livemode))
}
