//! Integration tests, one binary.
// The futures of a merged schema nest deeper than the default limit.
#![recursion_limit = "256"]
// All of this crate is tests: what is expected and does not come must panic.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::print_stdout)]

mod contract;
mod demo;
mod docs;
mod graphql;
mod http;
mod property;
mod schema;
mod story;
mod stripe;
mod support;
mod tidy;
