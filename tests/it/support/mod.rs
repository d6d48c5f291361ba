//! What tests stand on.

pub mod app;
pub mod books;
pub mod engine;
pub mod graphql;
pub mod merchant;
pub mod postgres;
pub mod stripe;
