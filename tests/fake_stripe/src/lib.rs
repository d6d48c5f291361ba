//! A pretended Stripe that keeps state: accounts with shops in them, over real HTTP.
//!
//! It moves money as Stripe does, tells of it in Stripe's words and in the shape of the version that is asked for, pages its lists, and
//! refuses what Stripe refuses: parameters that the API does not take (see `parameters.txt`), keys without the permission, a key for
//! another mode, an idempotency key that comes with another request. On demand it is slow, busy, broken or gone. What Stripe would take and
//! it does not know how to do, it refuses too, with status 501: it never pretends to have understood.
//!
//! It knows nothing of Tributary, so it cannot agree with it by accident. It runs inside a test ([`FakeStripe::start`]) and as a process of
//! its own (the program `fake_stripe`).

mod api;
mod control;
mod delivery;
mod model;
mod render;
mod server;
mod shop;
mod table;
mod version;

pub use api::{App, Asked, Fault, Key, Platform, Seen, Trouble};
pub use delivery::{Delivered, sign};
pub use model::{
    Account, Address, BalanceChange, Bill, Charge, Coupon, CreditNote, Customer, Discount, Dispute, Endpoint, Event, Intent, Invoice,
    InvoicePayment, Item, Line, Metadata, Movement, Object, PaymentLink, Price, Product, PromotionCode, Refund, Session, Shipping,
    Subscription,
};
pub use render::View;
pub use server::FakeStripe;
pub use shop::{Cart, Plan, Seeded, Shop};
pub use table::Table;
pub use version::Version;
