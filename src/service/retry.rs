//! Trying a transaction again after it lost a race (RELIABILITY: serialization failure, deadlock, unique race).

use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};

use super::ServiceError;
use crate::store::Fault;

/// How often a lost race is tried again before the caller hears of it.
const TIMES: usize = 5;

/// Runs a transaction, and again with growing pauses and jitter while it only loses races. Two inserts of one new thing are such a race:
/// the second attempt finds it.
///
/// # Errors
/// What the transaction answered last.
pub async fn races<T, F, Fut>(transaction: F) -> Result<T, ServiceError>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, ServiceError>>,
{
    let pauses = ExponentialBuilder::default().with_min_delay(Duration::from_millis(5)).with_jitter().with_max_times(TIMES);
    transaction.retry(pauses).when(lost_a_race).await
}

fn lost_a_race(error: &ServiceError) -> bool {
    matches!(error, ServiceError::Store(error) if matches!(error.fault(), Fault::Race | Fault::Duplicate))
}
