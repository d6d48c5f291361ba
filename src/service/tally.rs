//! After a change of a sum: those whose outcome it does not fit any more are settled again (CO-6, CO-7).

use entity::value::TallyId;

use super::{ServiceError, Services, retry};
use crate::store;

/// For how many of each bound one look makes somebody due.
const BATCH: u64 = 500;

/// Looks for those whose outcome the sums of a tally do not fit, and makes them due: what a job of the queue asks for. It may be done as often
/// as anybody likes.
///
/// # Errors
/// [`ServiceError`] when the database fails.
pub async fn calm(services: &Services, id: TallyId) -> Result<(), ServiceError> {
    let Some(row) = store::tally::by_id(services.db.write(), id).await?.filter(|row| row.due_at.is_some()) else {
        return Ok(());
    };
    let found = store::tally::disturbed(services.db.write(), id, BATCH).await?;
    retry::races(|| async {
        let now = services.clock.now();
        let tx = services.db.begin().await?;
        let mut customers = found.customers.clone();
        customers.extend(store::purchase::customers(&tx, &found.purchases).await?);
        store::customer::make_due(&tx, &customers, now).await?;
        store::tier_period::make_due(&tx, &found.periods, now).await?;
        if !found.more {
            store::tally::calm(&tx, id, row.version).await?;
        }
        Ok(tx.commit().await?)
    })
    .await
}
