//! What is pulled from Stripe: plans, kinds of data, and pulls. Partners see none of them.

pub mod dataset;
pub mod plan;
pub mod pull;

use entity::value::{SyncDatasetId, SyncPlanId, SyncPullId};

use super::scoped::{nothing, scoped};

scoped!(sync_plan, SyncPlanId, |_partner| nothing());
scoped!(sync_dataset, SyncDatasetId, |_partner| nothing());
scoped!(sync_pull, SyncPullId, |_partner| nothing());
