//! The GraphQL schema, executed in process.

mod accounts;
mod reads;
