//! Fetching what others speak of and nobody told: the payment of a refund, the invoice of a charge, and whom they name (IN-8).

use std::collections::BTreeSet;

use entity::purchase;
use entity::value::{ConnectionId, CustomerId, Mode, PurchaseStatus};

use super::facts::{Source, take};
use super::person::GRACE;
use super::settle::{ring, settle};
use super::{ServiceError, Services, reading, retry};
use crate::domain::access::Scope;
use crate::store;

/// How many objects are asked for in a row for one purchase. A refund leads to its charge, that to its invoice, that to its buyer.
const HOPS: usize = 5;

/// Asks Stripe for the parents for which purchases of this customer have waited long enough, and takes in what it says: one object after
/// the other along their references, until the payment and its buyer are known. Where Stripe does not tell this connection, the purchase
/// goes on waiting and is shown as such.
///
/// # Errors
/// [`ServiceError`] when Stripe or the database should be asked again later.
pub async fn fetch(services: &Services, customer: CustomerId) -> Result<(), ServiceError> {
    let now = services.clock.now();
    for row in store::purchase::parentless(services.db.read(), customer, now - GRACE).await? {
        follow(services, row).await?;
    }
    Ok(())
}

async fn follow(services: &Services, start: purchase::Model) -> Result<(), ServiceError> {
    let Some(connection) = start.connection_id else { return Ok(()) };
    let scope = Scope::merchant_wide(start.merchant_id, Mode::from_livemode(start.livemode));
    let mut asked = BTreeSet::new();
    let mut row = start;
    for _ in 0..HOPS {
        let Some(object) = unknown(services, scope, connection, &row).await? else {
            return Ok(());
        };
        if !asked.insert(object.clone()) {
            return Ok(());
        }
        let Some(projection) = reading::object(services, connection, &object).await? else {
            return Ok(());
        };
        let messages = retry::races(|| async {
            let now = services.clock.now();
            let tx = services.db.begin().await?;
            let customers = take(&tx, services, &Source { scope, connection, now }, projection.clone()).await?;
            let messages = settle(&tx, scope, &customers, now).await?;
            tx.commit().await?;
            Ok(messages)
        })
        .await?;
        ring(services, &messages).await;
        // What was told may have shown that the purchase is a part of another one (SL-8).
        let Some(next) = store::purchase::live(services.db.write(), row.id).await? else {
            return Ok(());
        };
        row = next;
    }
    Ok(())
}

/// What to ask for next: the strongest object that the purchase names and nobody told, or its buyer once its payment is known.
async fn unknown(
    services: &Services,
    scope: Scope,
    connection: ConnectionId,
    row: &purchase::Model,
) -> Result<Option<String>, ServiceError> {
    let state = store::purchase::state(row)?;
    let object = if row.status == PurchaseStatus::PendingParent { Some(state.key.object) } else { state.payer.buyer };
    let Some(object) = object else { return Ok(None) };
    let known = store::snapshot::find(services.db.write(), connection, scope, &[&object]).await?;
    Ok(known.is_empty().then_some(object))
}
