//! Gather, decide, commit: a noun a file. The only place that opens transactions.
//!
//! Decides nothing about money itself (that is `domain`) and knows no HTTP and no GraphQL document. Who may do a thing is asked here, by
//! [`Viewer::allow`](crate::domain::access::Viewer::allow), so that every caller meets the same answer.

use std::sync::Arc;

use self::attempts::Attempts;
use crate::auth::click_token::ClickTokens;
use crate::auth::jwt::AccessTokens;
use crate::auth::keyed::KeyedHashes;
use crate::auth::keys::KeyRing;
use crate::auth::link_state::LinkStates;
use crate::auth::password::Passwords;
use crate::auth::seal::Sealer;
use crate::clock::Clock;
use crate::config::{InstanceSecret, Settings};
use crate::pubsub::Feed;
use crate::queue::Queue;
use crate::store::Db;
use crate::stripe::client::{ClientError, Transport};

pub mod affected;
pub mod api_key;
pub mod attempts;
pub mod audit;
pub mod catalogue;
pub mod check;
pub mod code;
mod commerce;
pub mod commission;
pub mod coverage;
pub mod dead_job;
pub mod enrollment;
mod error;
pub mod evidence;
pub mod exchange;
pub mod facts;
pub mod fraud;
pub mod fraud_settings;
pub mod guide;
pub mod idempotency;
pub mod identity;
pub mod inbox;
pub mod insight;
pub mod instance;
pub mod intervention;
pub mod kin;
pub mod link;
pub mod member;
pub mod merchant;
pub mod merge;
pub mod outbox;
mod parent;
pub mod partner;
pub mod partner_group;
pub mod payout;
pub mod person;
pub mod program;
pub mod purchase;
pub mod purchase_record;
mod random;
mod reading;
pub mod reassign;
pub mod recount;
pub mod replay;
pub mod reseal;
mod retry;
pub mod self_check;
pub mod session;
pub mod settle;
pub mod signup;
mod stated;
pub mod stripe_connection;
pub mod sweep;
pub mod sync;
pub mod terms;
pub mod terms_assign;
pub mod terms_move;
pub mod terms_preview;
pub mod tracking;
mod watch;

pub use error::{Refusal, RefusalCode, ServiceError};

/// What a service works with: the outside things, each already set up. Clones share them.
#[derive(Clone)]
pub struct Services {
    /// The truth.
    pub db: Db,
    /// The time.
    pub clock: Clock,
    /// The settings of this process.
    pub settings: Arc<Settings>,
    /// The doorbell.
    pub queue: Arc<dyn Queue>,
    /// What just happened, for whoever listens.
    pub feed: Arc<dyn Feed>,
    /// Hashes and verifies passwords.
    pub passwords: Passwords,
    /// The keys of the instance, from which the next ones come.
    pub keys: KeyRing,
    /// Makes and verifies access tokens.
    pub access_tokens: AccessTokens,
    /// Seals Stripe's keys and secrets.
    pub sealer: Sealer,
    /// Hashes personal data.
    pub hashes: KeyedHashes,
    /// Makes and verifies click tokens.
    pub click_tokens: ClickTokens,
    /// Makes and verifies the states that go to Stripe with who links an account.
    pub link_states: LinkStates,
    /// The way to Stripe.
    pub stripe: Transport,
    /// Limits attempts to sign in.
    pub attempts: Attempts,
}

impl Services {
    /// Puts the services together; every key is derived from `secret`.
    ///
    /// # Errors
    /// [`ClientError`] when TLS cannot be set up.
    pub fn new(
        settings: Arc<Settings>,
        secret: &InstanceSecret,
        db: Db,
        clock: Clock,
        queue: Arc<dyn Queue>,
        feed: Arc<dyn Feed>,
    ) -> Result<Self, ClientError> {
        let keys = KeyRing::new(secret);
        Ok(Self {
            access_tokens: AccessTokens::new(&keys, &settings.public_url(), clock.now()),
            sealer: Sealer::new(&keys),
            hashes: KeyedHashes::new(&keys),
            click_tokens: ClickTokens::new(&keys),
            link_states: LinkStates::new(&keys),
            passwords: Passwords::new(),
            attempts: Attempts::new(settings.rate_login),
            keys,
            db,
            clock,
            settings,
            queue,
            feed,
            stripe: Transport::new()?,
        })
    }

    /// An address of this instance as others reach it; `path` begins with a slash.
    #[must_use]
    pub fn public(&self, path: &str) -> String {
        format!("{}{path}", self.settings.public_url())
    }
}
