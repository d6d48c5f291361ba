//! What tests stand on.

pub mod app;
pub mod books;
pub mod figures;
pub mod graphql;
pub mod merchant;
pub mod postgres;
pub mod recount;
pub mod say;
pub mod socket;
pub mod stage;
pub mod stripe;
pub mod sync;
