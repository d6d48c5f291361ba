//! Tributary: a self-hosted GraphQL API gateway with an affiliate-tracking engine for Stripe.
//!
//! The map, from the ground up. Each module may use those above it in this list, never those below, and never a sibling:
//!
//! - [`entity`]: the shared vocabulary (ids, money, statuses, terms) and one table a file.
//! - [`domain`]: pure decisions about money and attribution. [`clock`], [`config`]: the time and the settings, handed in.
//! - [`auth`], [`store`], [`stripe`], [`queue`], [`pubsub`], [`telemetry`]: one outside thing each.
//! - [`service`]: gather, decide, commit. The only place that opens transactions.
//! - [`graphql`], [`worker`]: the two callers of services.
//! - [`http`]: the front door. [`app`]: puts all of it together; [`demo`] shows it at work.
//! - [`cli`] reads the command line, [`command`] does what it says.

// The query root is merged from one object a noun, and each adds to the depth of the future that resolves a field.
#![recursion_limit = "256"]

pub mod app;
pub mod auth;
pub mod cli;
pub mod clock;
pub mod command;
pub mod config;
pub mod counter;
pub mod demo;
pub mod domain;
pub mod graphql;
pub mod http;
pub mod pubsub;
pub mod queue;
pub mod service;
pub mod store;
pub mod stripe;
pub mod telemetry;
pub mod worker;
