//! After a change of partners, programs, terms or codes: the customers that it concerns are settled again.
//!
//! They are made due; the sweeper settles who is due. So the change itself is short, however many customers there are.

use sea_orm::DatabaseTransaction;

pub use crate::store::affected::Affected;

use super::{ServiceError, Services};
use crate::domain::access::Scope;
use crate::store;

/// Makes the customers that a change concerns due now, in the transaction of the change. Says how many.
///
/// # Errors
/// [`ServiceError::Store`].
pub async fn customers_of(tx: &DatabaseTransaction, services: &Services, scope: Scope, what: &Affected) -> Result<u64, ServiceError> {
    Ok(store::affected::make_due(tx, scope, what, services.clock.now()).await?)
}
