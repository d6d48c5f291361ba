//! What is sold, where terms ask about lookup keys and metadata of products (BA-6, CO-8): newer invoices name prices and products by their
//! ids alone.

use std::collections::BTreeSet;

use entity::value::ConnectionId;
use sea_orm::DatabaseTransaction;

use super::facts::Source;
use super::{ServiceError, Services};
use crate::domain::access::Scope;
use crate::domain::fact::{Fact, InvoiceStatus, Stamp};
use crate::store;
use crate::store::affected::{Affected, make_due};
use crate::stripe::event::Projection;
use crate::stripe::read::Read;

/// The prices on paid invoices of which nothing is known yet, where any terms of the merchant ask for them.
///
/// # Errors
/// [`ServiceError`] when the database fails.
pub async fn unknown(services: &Services, connection: ConnectionId, projection: &Projection) -> Result<Vec<Read>, ServiceError> {
    let prices: BTreeSet<&str> = projection.told.iter().flat_map(|told| sold(&told.observation.fact)).collect();
    if prices.is_empty() {
        return Ok(Vec::new());
    }
    let conn = services.db.read();
    let Some(row) = store::connection::by_id(conn, connection).await? else {
        return Ok(Vec::new());
    };
    let scope = Scope::merchant_wide(row.merchant_id, entity::value::Mode::from_livemode(row.livemode));
    if !store::terms::ask_catalogue(conn, scope).await? {
        return Ok(Vec::new());
    }
    let ids: Vec<&str> = prices.into_iter().collect();
    let known = store::snapshot::facts(conn, connection, scope, &ids).await?;
    Ok(ids.into_iter().filter(|id| !known.contains_key(*id)).map(|id| Read::Price(id.to_owned())).collect())
}

/// The prices on a paid invoice.
fn sold(fact: &Fact) -> impl Iterator<Item = &str> {
    let invoice = match fact {
        Fact::Invoice(invoice) if invoice.status == InvoiceStatus::Paid => Some(invoice),
        _ => None,
    };
    invoice.into_iter().flat_map(|invoice| invoice.lines.list.iter().filter_map(|line| line.price.as_deref()))
}

/// A price or product was told of: the customers who bought it are settled again, where any terms of the merchant ask for it. What is told
/// later than all before changes only what was bought since.
///
/// # Errors
/// [`ServiceError`] when the database fails.
pub async fn told(
    tx: &DatabaseTransaction,
    source: &Source,
    object: &str,
    (before, stamp): (Option<Stamp>, Stamp),
) -> Result<(), ServiceError> {
    if !store::terms::ask_catalogue(tx, source.scope).await? {
        return Ok(());
    }
    let since = before.filter(|before| *before < stamp).map(|_| stamp.at);
    let item = Affected::Item { connection: source.connection, object: object.to_owned(), since };
    make_due(tx, source.scope, &item, source.now).await?;
    Ok(())
}
