//! Gather, decide, commit: a noun a file. The only place that opens transactions.
//!
//! A service reads first (and asks Stripe outside any transaction), decides in `domain`, and then writes everything in one transaction.

mod error;
pub mod evidence;
pub mod facts;
pub mod identity;
pub mod person;

use std::sync::Arc;

use crate::auth::click_token::ClickTokens;
use crate::auth::jwt::AccessTokens;
use crate::auth::keyed::KeyedHashes;
use crate::auth::password::Passwords;
use crate::auth::seal::Sealer;
use crate::clock::Clock;
use crate::config::Settings;
use crate::pubsub::Feed;
use crate::queue::Queue;
use crate::store::Db;

pub use error::ServiceError;

/// Everything that a service works with. Cheap to clone behind its `Arc`.
pub struct Services {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Clock,
    /// The doorbell.
    pub queue: Arc<dyn Queue>,
    /// The live feed.
    pub feed: Arc<dyn Feed>,
    /// Seals secrets at rest.
    pub sealer: Sealer,
    /// Keyed hashes of e-mails and addresses.
    pub hashes: KeyedHashes,
    /// Click tokens.
    pub click_tokens: ClickTokens,
    /// Access tokens of people who signed in.
    pub access_tokens: AccessTokens,
    /// Password hashing.
    pub passwords: Passwords,
    /// The settings of this process.
    pub settings: Arc<Settings>,
}
