//! What a merchant can set for itself.

use sea_orm::FromJsonQueryResult;
use serde::{Deserialize, Serialize};

/// Settings of a merchant. Empty so far; every later field needs a default, as rows written before it lack it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(default, rename_all = "camelCase")]
pub struct MerchantSettings {}
