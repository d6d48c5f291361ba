//! The pretended Stripe (`tests/fake_stripe`), as stories use it.

pub use fake_stripe::{
    App, Bill, Cart, Coupon, Discount, Endpoint, Event, FakeStripe, Fault, Key, Line, Plan, Platform, Shipping, Shop, Trouble, Version,
};
