//! What terms mean: in sentences that a merchant reads, and by made-up purchases that are worked out with the same rules as real ones.
//!
//! Decides nothing and knows nothing of real purchases.

mod condition;
mod rewards;
mod sample;
mod sentences;
#[cfg(test)]
mod tests;

pub use sample::{Sample, Worked, work};
pub use sentences::sentences;
