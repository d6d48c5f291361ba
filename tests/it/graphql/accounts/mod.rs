//! Accounts, programs and partners, from the first start on.

mod access;
mod codes;
mod connections;
mod instance;
mod programs;
mod sessions;
mod terms;
