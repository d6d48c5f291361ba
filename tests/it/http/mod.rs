//! The front door, over real HTTP.

mod health;
mod negotiation;
