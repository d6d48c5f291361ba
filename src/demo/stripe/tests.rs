//! The pretended Stripe tells the same in every shape, and what it tells can be read.

use chrono::DateTime;
use rstest::rstest;

use super::{Account, Bill, Buyer, Discount, DisputeStage, Event, Line, Shape, Tax};
use crate::demo::books::Books;
use crate::demo::play::BEN25;
use crate::domain::fact::Fact;
use crate::stripe::event::{Envelope, project};

fn bill() -> Bill {
    let at = DateTime::UNIX_EPOCH;
    let discount = Discount { code: BEN25, by: "Ada", at };
    let line = Line { off: 25_00, tax: Tax::OnTop(15_00), ..Line::new("Package", "price_1", 100_00) };
    Bill {
        name: "Ada1".to_owned(),
        buyer: Buyer::with_account("Ada"),
        reason: "subscription_create",
        currency: "usd",
        lines: vec![line],
        subscription: Some("sub_1".to_owned()),
        discount: Some(discount),
        at,
    }
}

/// The fact of each event's own object.
fn facts(events: &[Event]) -> Vec<Fact> {
    let read = |event: &Event| {
        let envelope = Envelope::parse(event.body.as_bytes()).unwrap();
        let projection = project(&envelope).unwrap_or_else(|error| panic!("{}: {error}", event.kind));
        assert_eq!(projection.unreadable, [], "{}", event.kind);
        projection.told.into_iter().next().unwrap().observation.fact
    };
    events.iter().map(read).collect()
}

#[rstest]
fn an_invoice_is_worth_the_same_in_every_shape(#[values(Shape::Old, Shape::Acacia, Shape::Basil, Shape::Endive)] shape: Shape) {
    let told = facts(&Account::new(Books::default()).invoice_paid(shape, &bill()));
    let Some(Fact::Invoice(invoice)) = told.first() else { panic!("{told:?}") };
    assert_eq!((invoice.total, invoice.total_excluding_tax, invoice.paid), (90_00, 75_00, 90_00));
    assert_eq!(invoice.lines.list.iter().map(|line| line.net()).sum::<i64>(), 75_00);
    assert_eq!(invoice.subscription.as_deref(), Some("sub_1"));
    assert_eq!(invoice.subscription_persona.external_id.as_deref(), Some("user-ada"));
    assert_eq!(invoice.payments.is_empty(), !shape.links_payments());
    assert_eq!(told.iter().any(|fact| matches!(fact, Fact::Collection(_))), !shape.links_payments());
}

#[rstest]
fn money_that_goes_back_is_told_in_every_shape(#[values(Shape::Old, Shape::Acacia, Shape::Basil, Shape::Endive)] shape: Shape) {
    let mut account = Account::new(Books::default());
    account.invoice_paid(shape, &bill());
    let told = facts(&account.refunded("Ada1", 30_00, DateTime::UNIX_EPOCH).unwrap());
    assert!(matches!(told.last(), Some(Fact::Charge(charge)) if charge.refunded.latest() == 30_00), "{told:?}");
    for stage in [DisputeStage::Opened, DisputeStage::Withdrawn, DisputeStage::Won, DisputeStage::Lost] {
        let told = facts(&account.disputed("Ada1", stage, DateTime::UNIX_EPOCH).unwrap());
        assert!(told.iter().all(|fact| matches!(fact, Fact::Dispute(dispute) if dispute.amount == 90_00)), "{told:?}");
    }
    assert!(account.refunded("Nobody", 1, DateTime::UNIX_EPOCH).is_err());
}
