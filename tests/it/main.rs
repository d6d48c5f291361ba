//! Integration tests, one binary.
// All of this crate is tests: what is expected and does not come must panic.
#![allow(clippy::expect_used, clippy::unwrap_used)]

mod contract;
mod docs;
mod http;
mod property;
mod story;
mod stripe;
mod support;
mod tidy;
