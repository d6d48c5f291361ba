//! Fetching what others speak of and nobody told: the payment of a refund, the invoice of a charge (IN-8).

use entity::value::{CustomerId, Mode};

use super::facts::{Source, take};
use super::person::GRACE;
use super::settle::{ring, settle};
use super::{ServiceError, Services, reading, retry};
use crate::domain::access::Scope;
use crate::store;

/// Asks Stripe for the parents for which purchases of this customer have waited long enough, and takes in what it says. Where Stripe does
/// not tell this connection, the purchase goes on waiting and is shown as such.
///
/// # Errors
/// [`ServiceError`] when Stripe or the database should be asked again later.
pub async fn fetch(services: &Services, customer: CustomerId) -> Result<(), ServiceError> {
    let now = services.clock.now();
    for row in store::purchase::parentless(services.db.read(), customer, now - GRACE).await? {
        let Some(connection) = row.connection_id else { continue };
        let state = store::purchase::state(&row)?;
        let Some(projection) = reading::object(services, connection, &state.key.object).await? else {
            continue;
        };
        let scope = Scope::merchant_wide(row.merchant_id, Mode::from_livemode(row.livemode));
        let messages = retry::races(|| async {
            let tx = services.db.begin().await?;
            let customers = take(&tx, services, &Source { scope, connection, now }, projection.clone()).await?;
            let messages = settle(&tx, scope, &customers, now).await?;
            tx.commit().await?;
            Ok(messages)
        })
        .await?;
        ring(services, &messages).await;
    }
    Ok(())
}
