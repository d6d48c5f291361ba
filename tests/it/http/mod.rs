//! The front door, over real HTTP.

mod health;
mod identity;
mod limits;
mod negotiation;
mod routing;
mod secret;
mod short_link;
mod socket;
mod sse;
mod tracking;
mod webhook;
