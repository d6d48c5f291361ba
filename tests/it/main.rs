//! Integration tests, one binary.

mod contract;
