//! The only place that knows Stripe: signatures, projections of events, calls of its API, and what a key may.

pub mod client;
pub mod commerce;
pub mod credential;
pub mod endpoint;
pub mod error;
pub mod event;
pub mod list;
pub mod lookup;
pub mod oauth;
pub mod permission;
pub mod read;
pub mod reference;
pub mod signature;
pub mod tls;
