//! The front door, over real HTTP.

mod health;
mod negotiation;
mod short_link;
mod tracking;
