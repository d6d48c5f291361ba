//! The pretended Stripe (`tests/fake_stripe`), as stories use it.

pub use fake_stripe::{Bill, Cart, Coupon, Discount, Event, FakeStripe, Key, Line, Shop, Version};
