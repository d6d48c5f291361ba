//! Whole journeys, from a partner's link to an explained commission, named after the worked examples.

mod attribution;
mod codes;
mod coverage;
mod currency;
mod examples;
mod exchange;
mod failures;
mod fraud;
mod guide;
mod hands;
mod identity;
mod leads;
mod money;
mod order;
mod payments;
mod payouts;
mod people;
mod reads;
mod recorded;
mod reversals;
mod rules;
mod signature;
mod strangers;
mod terms;
mod wide;
