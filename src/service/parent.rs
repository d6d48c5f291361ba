//! Fetching what others speak of and nobody told: the payment of a refund, the invoice of a charge, and whom they name (IN-8, SL-8).

use std::collections::BTreeSet;

use entity::purchase;
use entity::value::{CustomerId, Mode, PurchaseStatus};

use super::facts::{Source, take};
use super::person::GRACE;
use super::settle::{ring, settle};
use super::{ServiceError, Services, reading, retry};
use crate::domain::access::Scope;
use crate::store;
use crate::stripe::event::Projection;
use crate::stripe::read::need_of_link;

/// How many objects are asked for in a row for one purchase. A refund leads to its charge, that to its invoice, that to its buyer.
const HOPS: usize = 5;

/// Asks Stripe about the purchases of this customer that have waited long enough, and takes in what it says. Where Stripe does not tell this
/// connection, the purchase goes on waiting and is shown as such.
///
/// # Errors
/// [`ServiceError`] when Stripe or the database should be asked again later.
pub async fn fetch(services: &Services, customer: CustomerId) -> Result<(), ServiceError> {
    let now = services.clock.now();
    for row in store::purchase::waiting(services.db.read(), customer, now - GRACE).await? {
        let Some(connection) = row.connection_id else { continue };
        let scope = Scope::merchant_wide(row.merchant_id, Mode::from_livemode(row.livemode));
        let source = Source { scope, connection, now };
        match row.status {
            PurchaseStatus::PendingParent => follow(services, &source, row).await?,
            _ => ask_for_invoice(services, &source, &row).await?,
        }
    }
    Ok(())
}

/// Follows the references of a purchase of which only a part is known, one object after the other, until the payment and its buyer are known
/// (IN-8).
async fn follow(services: &Services, source: &Source, start: purchase::Model) -> Result<(), ServiceError> {
    let mut asked = BTreeSet::new();
    let mut row = start;
    for _ in 0..HOPS {
        let Some(object) = unknown(services, source, &row).await? else {
            return Ok(());
        };
        if !asked.insert(object.clone()) {
            return Ok(());
        }
        let Some(projection) = reading::object(services, source.connection, &object).await? else {
            return Ok(());
        };
        take_in(services, source, &projection).await?;
        // What was told may have shown that the purchase is a part of another one (SL-8).
        let Some(next) = store::purchase::live(services.db.write(), row.id).await? else {
            return Ok(());
        };
        row = next;
    }
    Ok(())
}

/// What to ask for next: the strongest object that the purchase names and nobody told, or its buyer once its payment is known.
async fn unknown(services: &Services, source: &Source, row: &purchase::Model) -> Result<Option<String>, ServiceError> {
    let state = store::purchase::state(row)?;
    let object = if row.status == PurchaseStatus::PendingParent { Some(state.key.object) } else { state.payer.buyer };
    let Some(object) = object else { return Ok(None) };
    let known = store::snapshot::find(services.db.write(), source.connection, source.scope, &[&object]).await?;
    Ok(known.is_empty().then_some(object))
}

/// Asks once more whether an invoice stands behind a payment, where it could not be learned when the payment was told (SL-8).
async fn ask_for_invoice(services: &Services, source: &Source, row: &purchase::Model) -> Result<(), ServiceError> {
    let facts = store::snapshot::of_purchase(services.db.read(), row.id).await?;
    for read in facts.iter().filter_map(|(object, fact)| need_of_link(object, fact)).collect::<BTreeSet<_>>() {
        if let Some(projection) = reading::one(services, source.connection, &read).await? {
            take_in(services, source, &projection).await?;
        }
    }
    Ok(())
}

async fn take_in(services: &Services, source: &Source, projection: &Projection) -> Result<(), ServiceError> {
    let messages = retry::races(|| async {
        let tx = services.db.begin().await?;
        let customers = take(&tx, services, source, projection.clone()).await?;
        let messages = settle(&tx, source.scope, &customers, source.now).await?;
        tx.commit().await?;
        Ok(messages)
    })
    .await?;
    ring(services, &messages).await;
    Ok(())
}
