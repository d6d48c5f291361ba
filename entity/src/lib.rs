//! Tables of Tributary and the vocabulary they share with the rest.
//!
//! [`value`] holds the words (ids, mode, money, statuses, terms, sealed secrets). It decides nothing and knows no table.

pub mod value;
