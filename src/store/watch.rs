//! What signs of fraud are looked for in around many persons at once (FR-1, FR-3): as many queries as for one.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveTime;
use entity::identity_claim::Column as Said;
use entity::value::{ClickId, CustomerId, IdentityKind, PartnerId};
use entity::{click, identity, identity_claim, purchase, purchase_card};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter, QuerySelect, RelationTrait, Statement,
    Value,
};

use super::StoreError;
use crate::domain::access::Scope;
use crate::domain::fraud::Traits;

/// How many clicks are asked about in one statement.
const CLICKS: usize = 1_000;

#[derive(FromQueryResult)]
struct Rank {
    id: ClickId,
    rank: i64,
}

/// For each of these clicks how many visitors the links of its partner had had from its address on its day (UTC) up to it. An address's hash
/// is of one day; of a click without one nothing is said.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn ranks<C: ConnectionTrait>(db: &C, clicks: &[&click::Model]) -> Result<BTreeMap<ClickId, u64>, StoreError> {
    let with: Vec<&&click::Model> = clicks.iter().filter(|row| row.ip_hash.is_some()).collect();
    let mut ranks = BTreeMap::new();
    for some in with.chunks(CLICKS) {
        let places: Vec<String> = (0..some.len()).map(|place| format!("(${}, ${})", 2 * place + 1, 2 * place + 2)).collect();
        let sql = format!(
            "WITH asked(id, midnight) AS (VALUES {}) \
             SELECT c.id AS id, (SELECT COUNT(DISTINCT e.visitor) FROM click e WHERE e.enrollment_id = c.enrollment_id \
             AND e.clicked_at >= a.midnight AND e.clicked_at <= c.clicked_at AND (e.clicked_at < c.clicked_at OR e.id <= c.id) \
             AND e.ip_hash = c.ip_hash AND e.bot = FALSE) AS rank FROM asked a JOIN click c ON c.id = a.id",
            places.join(", ")
        );
        let values = some.iter().flat_map(|row| -> [Value; 2] {
            let midnight = row.clicked_at.date_naive().and_time(NaiveTime::MIN).and_utc();
            [row.id.into(), midnight.into()]
        });
        let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
        let found = Rank::find_by_statement(statement).all(db).await?;
        ranks.extend(found.into_iter().map(|row| (row.id, u64::try_from(row.rank).unwrap_or(0))));
    }
    Ok(ranks)
}

/// The cards with which each of these partners bought something itself: as a customer with one of its addresses or ids.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn own_cards<C: ConnectionTrait>(
    db: &C,
    scope: Scope,
    partners: &BTreeMap<PartnerId, Traits>,
) -> Result<BTreeMap<PartnerId, BTreeSet<String>>, StoreError> {
    let own = known_as(db, scope, partners).await?;
    let query = purchase_card::Entity::find()
        .select_only()
        .column(purchase::Column::CustomerId)
        .column(purchase_card::Column::Card)
        .distinct()
        .join(JoinType::InnerJoin, purchase_card::Relation::Purchase.def())
        .filter(purchase::Column::CustomerId.is_in(own.keys().copied()));
    let cards: Vec<(CustomerId, String)> = if own.is_empty() { Vec::new() } else { query.into_tuple().all(db).await? };
    let mut found: BTreeMap<PartnerId, BTreeSet<String>> = BTreeMap::new();
    for (customer, card) in cards {
        for partner in own.get(&customer).into_iter().flatten() {
            found.entry(*partner).or_default().insert(card.clone());
        }
    }
    Ok(found)
}

/// The customers who are partners themselves, and which.
async fn known_as<C: ConnectionTrait>(
    db: &C,
    scope: Scope,
    partners: &BTreeMap<PartnerId, Traits>,
) -> Result<BTreeMap<CustomerId, BTreeSet<PartnerId>>, StoreError> {
    let (mut by_email, mut by_id): (BTreeMap<&str, BTreeSet<PartnerId>>, BTreeMap<&str, BTreeSet<PartnerId>>) = Default::default();
    for (partner, traits) in partners {
        for email in &traits.emails {
            by_email.entry(email).or_default().insert(*partner);
        }
        for id in &traits.external_ids {
            by_id.entry(id).or_default().insert(*partner);
        }
    }
    let mut own: BTreeMap<CustomerId, BTreeSet<PartnerId>> = BTreeMap::new();
    // What only a page says of an address makes nobody a partner (FR-1).
    let said = identity_claim::Entity::find()
        .select_only()
        .columns([Said::CustomerId, Said::Email])
        .distinct()
        .filter(Said::MerchantId.eq(scope.merchant()))
        .filter(Said::Livemode.eq(scope.livemode()))
        .filter(Said::Kind.eq(IdentityKind::EmailHash))
        .filter(Said::ByPage.eq(false))
        .filter(Said::Email.is_in(by_email.keys().copied()));
    let customers: Vec<(CustomerId, String)> = if by_email.is_empty() { Vec::new() } else { said.into_tuple().all(db).await? };
    for (customer, email) in customers {
        own.entry(customer).or_default().extend(by_email.get(email.as_str()).into_iter().flatten());
    }
    let of = Condition::all()
        .add(identity::Column::MerchantId.eq(scope.merchant()))
        .add(identity::Column::Livemode.eq(scope.livemode()))
        .add(identity::Column::Kind.eq(IdentityKind::ExternalId));
    let ids = identity::Entity::find()
        .select_only()
        .columns([identity::Column::CustomerId, identity::Column::Value])
        .filter(of)
        .filter(identity::Column::Value.is_in(by_id.keys().copied()));
    let ids: Vec<(CustomerId, String)> = if by_id.is_empty() { Vec::new() } else { ids.into_tuple().all(db).await? };
    for (customer, id) in ids {
        own.entry(customer).or_default().extend(by_id.get(id.as_str()).into_iter().flatten());
    }
    Ok(own)
}
