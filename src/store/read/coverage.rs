//! The coverage of a month: every payment under the reason of its decision, beside the money that Stripe says it took.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use entity::value::{Currency, DecisionReason, PurchaseId};
use entity::{purchase, snapshot};
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, FromQueryResult, QueryFilter, QuerySelect, Statement, Value};

use crate::domain::access::Scope;
use crate::store::StoreError;
use crate::store::scoped::select;

/// A stretch of time, the end not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Its first moment.
    pub from: DateTime<Utc>,
    /// Its end.
    pub to: DateTime<Utc>,
}

impl Stretch {
    fn values(self, scope: Scope) -> [Value; 4] {
        [scope.merchant().into(), scope.livemode().into(), self.from.into(), self.to.into()]
    }
}

/// The payments of one currency and reason. All sums are minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Classified {
    /// Their currency; nothing where it is not known.
    pub currency: Option<Currency>,
    /// The reason of their current decision; nothing where there is none, which the audit tells.
    pub reason: Option<DecisionReason>,
    /// How many purchases.
    pub purchases: i64,
    /// What was received for them, by whatever way.
    pub received: i64,
    /// The part of it that did not come through Stripe.
    pub outside: i64,
    /// What went back of it so far.
    pub returned: i64,
    /// What was found commissionable.
    pub base: i64,
    /// What they earn partners.
    pub commission: i64,
}

/// How much of a purchase's money did not come through Stripe.
const fn outside(backend: DbBackend) -> &'static str {
    match backend {
        DbBackend::Postgres => "COALESCE(CAST(p.state->>'off_platform' AS BIGINT), 0)",
        _ => "COALESCE(json_extract(p.state, '$.off_platform'), 0)",
    }
}

const PAID: &str = "p.merchant_id = $1 AND p.livemode = $2 AND p.purchased_at >= $3 AND p.purchased_at < $4
    AND p.status <> 'MERGED' AND p.collected > 0";
const TOOK: &str = "s.merchant_id = $1 AND s.livemode = $2 AND s.money_at >= $3 AND s.money_at < $4";

/// The payments that succeeded within a stretch, by currency and reason. For the whole merchant.
///
/// # Errors
/// [`StoreError`] when the database fails, also where a sum is beyond 64 bits.
pub async fn classified<C: ConnectionTrait>(conn: &C, scope: Scope, within: Stretch) -> Result<Vec<Classified>, StoreError> {
    let backend = conn.get_database_backend();
    let sql = format!(
        "SELECT p.currency, d.reason, COUNT(*) AS purchases, CAST(SUM(p.collected) AS BIGINT) AS received,
           CAST(SUM({}) AS BIGINT) AS outside, CAST(SUM(p.reduction) AS BIGINT) AS returned,
           CAST(SUM(COALESCE(d.base, 0)) AS BIGINT) AS base, CAST(SUM(COALESCE(d.amount, 0)) AS BIGINT) AS commission
         FROM purchase p LEFT JOIN decision d ON d.purchase_id = p.id AND d.\"current\" = TRUE
         WHERE {PAID} GROUP BY p.currency, d.reason ORDER BY p.currency, d.reason",
        outside(backend)
    );
    let statement = Statement::from_sql_and_values(backend, sql, within.values(scope));
    Ok(Classified::find_by_statement(statement).all(conn).await?)
}

/// What Stripe's charges of one currency took.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Told {
    /// Their currency.
    pub currency: Currency,
    /// How many.
    pub payments: i64,
    /// How much, in minor units, not counting what went back.
    pub amount: i64,
}

/// The charges that are known of a stretch, by currency. For the whole merchant.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn told<C: ConnectionTrait>(conn: &C, scope: Scope, within: Stretch) -> Result<Vec<Told>, StoreError> {
    let sql = format!(
        "SELECT s.money_currency AS currency, COUNT(*) AS payments, CAST(SUM(s.money) AS BIGINT) AS amount
         FROM snapshot s WHERE {TOOK} GROUP BY s.money_currency ORDER BY s.money_currency"
    );
    let statement = Statement::from_sql_and_values(conn.get_database_backend(), sql, within.values(scope));
    Ok(Told::find_by_statement(statement).all(conn).await?)
}

/// A purchase of which Stripe's charges of the same stretch and currency say another sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Difference {
    /// The purchase; nothing for a charge that belongs to none.
    pub purchase_id: Option<PurchaseId>,
    /// The currency of both sums.
    pub currency: Option<Currency>,
    /// What is counted for the purchase in the stretch, in minor units.
    pub counted: i64,
    /// What its charges of the stretch took.
    pub told: i64,
    /// How many purchases differ in all.
    pub total: i64,
}

/// What differs, the most first: at most `limit`. Over all that differ, `told - counted` is the difference of the two sums exactly.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn differences<C: ConnectionTrait>(conn: &C, scope: Scope, within: Stretch, limit: u64) -> Result<Vec<Difference>, StoreError> {
    let backend = conn.get_database_backend();
    let sql = format!(
        "SELECT x.purchase_id, x.currency, CAST(SUM(x.counted) AS BIGINT) AS counted, CAST(SUM(x.told) AS BIGINT) AS told,
           COUNT(*) OVER () AS total
         FROM (SELECT p.id AS purchase_id, p.currency, p.collected - {} AS counted, CAST(0 AS BIGINT) AS told FROM purchase p WHERE {PAID}
               UNION ALL
               SELECT s.purchase_id, s.money_currency, 0, s.money FROM snapshot s WHERE {TOOK}) x
         GROUP BY x.purchase_id, x.currency HAVING SUM(x.counted) <> SUM(x.told)
         ORDER BY ABS(SUM(x.told) - SUM(x.counted)) DESC, x.purchase_id LIMIT {limit}",
        outside(backend)
    );
    let statement = Statement::from_sql_and_values(backend, sql, within.values(scope));
    Ok(Difference::find_by_statement(statement).all(conn).await?)
}

/// Everything that is known of the money of one purchase.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Money {
    /// The currency that the purchase counts in.
    pub currency: Option<Currency>,
    /// All that was counted for it, whenever.
    pub received: i64,
    /// All that its charges took, whenever, by currency.
    pub told: BTreeMap<Option<Currency>, i64>,
}

/// What is known of the money of these purchases, whenever it came.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn money<C: ConnectionTrait>(
    conn: &C,
    scope: Scope,
    purchases: &BTreeSet<PurchaseId>,
) -> Result<BTreeMap<PurchaseId, Money>, StoreError> {
    let mut found: BTreeMap<PurchaseId, Money> = BTreeMap::new();
    let rows = select::<purchase::Entity>(scope).filter(purchase::Column::Id.is_in(purchases.iter().copied()));
    let rows = rows.select_only().columns([purchase::Column::Id, purchase::Column::Currency, purchase::Column::Collected]);
    for (id, currency, received) in rows.into_tuple::<(PurchaseId, Option<Currency>, i64)>().all(conn).await? {
        found.insert(id, Money { currency, received, told: BTreeMap::new() });
    }
    let charges = snapshot::Entity::find()
        .select_only()
        .columns([snapshot::Column::PurchaseId, snapshot::Column::MoneyCurrency, snapshot::Column::Money])
        .filter(snapshot::Column::PurchaseId.is_in(found.keys().copied()))
        .filter(snapshot::Column::Money.is_not_null());
    for (id, currency, money) in charges.into_tuple::<(PurchaseId, Option<Currency>, i64)>().all(conn).await? {
        if let Some(known) = found.get_mut(&id) {
            let sum = known.told.entry(currency).or_default();
            *sum = sum.saturating_add(money);
        }
    }
    Ok(found)
}
