//! Whole journeys, from a partner's link to an explained commission, named after the worked examples.

mod attribution;
mod codes;
mod connect;
mod coverage;
mod currency;
mod examples;
mod exchange;
mod failures;
mod fraud;
mod guide;
mod hands;
mod identity;
mod money;
mod order;
mod payments;
mod payouts;
mod people;
mod posted;
mod reads;
mod recorded;
mod recount;
mod reversals;
mod rules;
mod signature;
mod strangers;
mod terms;
