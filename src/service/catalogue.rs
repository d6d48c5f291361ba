//! What is sold, where terms ask about lookup keys and metadata of products (BA-6, CO-8): newer invoices name prices and products by their
//! ids alone.

use std::collections::{BTreeMap, BTreeSet};

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

/// The prices on paid invoices of which, or of whose products, nothing is known yet, where any terms of the merchant ask for them.
///
/// # Errors
/// [`ServiceError`] when the database fails.
pub async fn unknown(services: &Services, connection: ConnectionId, projection: &Projection) -> Result<Vec<Read>, ServiceError> {
    let sold: BTreeSet<Sold<'_>> = projection.told.iter().flat_map(|told| sold(&told.observation.fact)).collect();
    if sold.is_empty() {
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
    let ids: Vec<&str> = sold.iter().map(|(price, _)| *price).collect();
    let prices = store::snapshot::facts(conn, connection, scope, &ids).await?;
    let product = |(price, product): &Sold<'_>| match prices.get(*price) {
        Some(Fact::Price(known)) => known.product.clone().or_else(|| product.map(str::to_owned)),
        _ => product.map(str::to_owned),
    };
    let products: BTreeMap<&str, String> = sold.iter().filter_map(|line| Some((line.0, product(line)?))).collect();
    let ids: Vec<&str> = products.values().map(String::as_str).collect();
    let known = store::snapshot::facts(conn, connection, scope, &ids).await?;
    // The answer to a price holds its product.
    let unknown = |price: &str| !prices.contains_key(price) || products.get(price).is_some_and(|product| !known.contains_key(product));
    let asked: BTreeSet<&str> = sold.iter().map(|(price, _)| *price).filter(|price| unknown(price)).collect();
    Ok(asked.into_iter().map(|price| Read::Price(price.to_owned())).collect())
}

/// A price, and the product where the line names it.
type Sold<'a> = (&'a str, Option<&'a str>);

/// What was sold on a paid invoice.
fn sold(fact: &Fact) -> impl Iterator<Item = Sold<'_>> {
    let invoice = match fact {
        Fact::Invoice(invoice) if invoice.status == InvoiceStatus::Paid => Some(invoice),
        _ => None,
    };
    invoice
        .into_iter()
        .flat_map(|invoice| invoice.lines.list.iter().filter_map(|line| Some((line.price.as_deref()?, line.product.as_deref()))))
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
