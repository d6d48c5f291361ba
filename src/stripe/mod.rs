//! The only place that knows Stripe: signatures, projections of events, and reads of its API.

pub mod client;
pub mod commerce;
pub mod credential;
pub mod error;
pub mod event;
pub mod list;
pub mod read;
pub mod reference;
pub mod signature;
pub mod tls;
