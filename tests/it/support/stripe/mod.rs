//! A pretended Stripe: one shop, kept in words of no version, whose events and answers are rendered as each API version shows them.
//!
//! It moves money as Stripe does and tells of it in Stripe's words. It knows nothing of Tributary, so it cannot agree with it by accident.

mod account;
mod checkout;
mod model;
mod render;
mod server;
mod shop;

pub use checkout::Cart;
pub use model::{Bill, Discount, Event, Line, Version};
pub use server::FakeStripe;
pub use shop::Shop;
