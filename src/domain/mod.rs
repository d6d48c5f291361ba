//! Pure decisions: values in, values out. Decides what a purchase is, who brought it, what it earns, and which ledger entries follow.
//! Never async, never a database, a clock, randomness or a word of Stripe: everything it needs is an argument.

pub mod access;
pub mod attribution;
pub mod base;
pub mod commission;
pub mod enrollment;
pub mod exchange;
pub mod fact;
pub mod fraud;
pub mod insight;
pub mod kin;
pub mod ledger;
pub mod lifecycle;
pub mod mask;
pub mod origin;
pub mod payout;
pub mod person;
pub mod preview;
pub mod purchase;
pub mod referral;
pub mod settle;
pub mod step;
pub mod tally;
pub mod terms_span;
#[cfg(test)]
mod testing;
