//! The only place that knows Stripe: signatures, projections of events, and reads of its API.

pub mod event;
pub mod reference;
pub mod signature;
