//! Pulling what a connected account holds (S7, S8, CN-4) and looking for what deliveries missed (IN-12).
//!
//! Every linked connection has a *plan*, and for each kind of data a *dataset*: its settings and how far it has come. A *pull* fetches one
//! kind once, page by page from the newest on. Its place is stored in the transaction of the facts up to there, so that a worker that dies
//! in the middle loses nothing and repeats little, and what it repeats changes nothing. One pull of a connection runs at a time, so that
//! the pace of one is the pace of all. What is pulled goes the one road ([`super::facts`]); who bought is settled when the last pull of the
//! connection is done, or after a while.

mod adopt;
mod events;
mod page;
mod plan;
mod progress;
mod pull;
mod request;

pub use adopt::{adopt, due};
pub use plan::{DatasetChange, PlanChange, change_dataset, change_plan};
pub use progress::topic;
pub use pull::process;
pub use request::{Refused, Requested, request};

use entity::value::SyncDataType;

/// What is pulled of a kind of data when nobody says otherwise: how often in hours.
const fn interval(data: SyncDataType) -> i32 {
    match data {
        // What money depends on, and the list of what happened (IN-12).
        SyncDataType::Invoices | SyncDataType::Payments | SyncDataType::Disputes | SyncDataType::Events => 6,
        _ => 24,
    }
}

/// The kinds of data without which another one cannot be understood (S8).
const fn needs(data: SyncDataType) -> &'static [SyncDataType] {
    match data {
        SyncDataType::Transactions | SyncDataType::Disputes => &[SyncDataType::Payments],
        _ => &[],
    }
}

/// Whether a kind is small and changes without a trace in the time of its making, so that it is always pulled as a whole.
const fn always_whole(data: SyncDataType) -> bool {
    matches!(data, SyncDataType::Company | SyncDataType::Products | SyncDataType::Coupons)
}
