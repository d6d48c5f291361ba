//! What tests stand on.

pub mod app;
pub mod graphql;
pub mod merchant;
pub mod postgres;
