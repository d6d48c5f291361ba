//! The only place that knows Stripe: signatures, projections of events, and reads of its API.

pub mod signature;
pub mod event;
