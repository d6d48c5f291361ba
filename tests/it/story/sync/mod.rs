//! Pulling what an account holds (S7, S8), finding what deliveries missed (IN-12), and reading a shop's business (S10).

mod commerce;
mod disturbed;
mod month;
mod settings;
mod ways;

use chrono::Duration;

use crate::support::stage::{Stage, day};
use crate::support::stripe::Plan;

/// A history of before anybody listened: of every four customers one brings a payment that names Ada.
fn history(stage: &Stage, customers: usize, payments: usize) {
    let plan = Plan {
        customers,
        payments,
        seed: 7,
        start: day(1),
        span: Duration::days(20),
        partner: Some(("tributary_partner".to_owned(), vec![stage.ada.code.to_owned(), stage.bob.code.to_owned()])),
        customer_key: None,
    };
    let made = stage.shop().seed(&plan);
    assert_eq!(made.customers, customers);
}
