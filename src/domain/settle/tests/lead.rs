//! Leads (CO-10).

use entity::value::{LeadEvent, LeadReward, Terms};

use super::*;
use crate::domain::origin::{By, Origin};
use crate::domain::person::{Signup, Trial};

fn reward(on: LeadEvent) -> impl Fn(&mut Terms) {
    move |terms| terms.lead = Some(LeadReward { on, amount: 500, currency: currency("EUR") })
}

/// Who earned how much for a lead, when, and in which state.
fn leads(scene: &Scene) -> Vec<(EnrollmentId, i64, DateTime<Utc>, CommissionState)> {
    scene.settle().leads.into_iter().map(|lead| (lead.enrollment, lead.amount, lead.at, lead.state)).collect()
}

const APPROVED: CommissionState = CommissionState::Approved;

#[test]
fn co_10_a_sign_up_earns_its_partner_a_reward_once() {
    let mut scene = Scene::bound_to_a(reward(LeadEvent::Signup));
    let one = [(partner_a(), 500, minute(0, 1), APPROVED)];
    assert_eq!(leads(&scene), one);
    scene.signup(1, day(2));
    scene.person.signups.push(Signup { customer: customer(2), at: day(3) });
    assert_eq!(leads(&scene), one, "whatever the number of sign-ups");
    scene.buys(&e1());
    assert_eq!(leads(&scene), one, "buying later changes nothing");
    scene.now = day(10);
    let settlement = scene.settle();
    assert_eq!((settlement.leads[0].state, settlement.due), (CommissionState::Pending, Some(minute(30, 1))));
    assert_eq!(settlement.leads[0].currency, currency("EUR"));
    assert_eq!(settlement.leads[0].steps[0].rule, "CO-10");
    assert_eq!(settlement.commissions().count(), 2);
}

#[test]
fn co_10_only_what_the_terms_reward_counts() {
    assert_eq!(leads(&Scene::bound_to_a(|_| {})), []);
    assert_eq!(leads(&Scene::bound_to_a(reward(LeadEvent::Trial))), []);
    let mut organic = Scene::with(reward(LeadEvent::Signup));
    organic.organic_signup(day(1));
    assert_eq!(leads(&organic), [], "nobody brought the customer");
}

#[test]
fn co_10_who_has_bought_is_no_lead() {
    let mut scene = Scene::with(|terms| {
        reward(LeadEvent::Signup)(terms);
        terms.new_customers_only = false;
    });
    scene.click(1, partner_a(), day(0));
    scene.signup(1, day(5));
    scene.buys(&e1());
    assert_eq!(leads(&scene), [], "the purchase was at the same time");
    scene.buys(&Book::default());
    assert_eq!(leads(&scene).len(), 1);
}

#[test]
fn co_10_each_enrollment_is_rewarded_once() {
    let mut scene = Scene::bound_to_a(reward(LeadEvent::Signup));
    scene.by_hand(partner_b(), day(1));
    scene.person.signups.push(Signup { customer: customer(2), at: day(2) });
    scene.person.signups.push(Signup { customer: customer(3), at: day(3) });
    assert_eq!(leads(&scene), [(partner_a(), 500, minute(0, 1), APPROVED), (partner_b(), 500, day(2), APPROVED)]);
}

#[test]
fn co_10_a_trial_counts_for_whoever_the_checkout_then_names() {
    let mut scene = Scene::with(reward(LeadEvent::Trial));
    scene.click(1, partner_a(), day(0));
    scene.person.trials.push(Trial { customer: customer(1), at: day(4) });
    assert_eq!(leads(&scene), []);
    scene.signup(1, minute(4, 1));
    let one = [(partner_a(), 500, day(4), APPROVED)];
    assert_eq!(leads(&scene), one);
    scene.person.trials.push(Trial { customer: customer(1), at: day(6) });
    assert_eq!(leads(&scene), one, "a second trial is no second lead");
    scene.buys(&e1());
    assert_eq!(leads(&scene), one, "the purchase came after it");
}

#[test]
fn co_10_a_binding_that_comes_too_late_has_no_trial() {
    let bound_after = |days: i64| {
        let mut scene = Scene::with(reward(LeadEvent::Trial));
        scene.click(1, partner_a(), day(0));
        scene.person.trials.push(Trial { customer: customer(1), at: day(4) });
        scene.signup(1, day(4 + days) - Duration::seconds(1));
        leads(&scene).len()
    };
    assert_eq!((bound_after(7), bound_after(8)), (1, 0));
    let mut scene = Scene::with(|terms| {
        reward(LeadEvent::Trial)(terms);
        terms.new_customers_only = false;
    });
    scene.click(1, partner_a(), day(0));
    scene.person.trials.push(Trial { customer: customer(1), at: day(4) });
    scene.buys(&e1());
    scene.signup(1, minute(5, 1));
    assert_eq!(leads(&scene), [], "who had bought before is no lead");
}

#[test]
fn co_10_a_partner_who_was_banned_before_earns_nothing() {
    let mut scene = Scene::bound_to_a(reward(LeadEvent::Trial));
    scene.person.trials.push(Trial { customer: customer(1), at: day(4) });
    assert_eq!(leads(&scene).len(), 1);
    scene.end(partner_a(), day(3), EnrollmentEnd::Banned);
    assert_eq!(leads(&scene), []);
}

#[test]
fn co_10_a_hand_decides_of_the_person_whichever_customer_it_stands_under() {
    let mut scene = Scene::bound_to_a(reward(LeadEvent::Signup));
    let mut decided = |standing| {
        scene.person.standing = BTreeMap::from([((partner_a(), Origin::first(By::Lead(customer(9)))), standing)]);
        let lead = scene.settle().leads.remove(0);
        (lead.state, lead.amount)
    };
    let standing = |approved, rejected, paid| Standing { approved, rejected, paid };
    assert_eq!(decided(standing(false, true, false)), (CommissionState::Rejected, 0));
    assert_eq!(decided(standing(true, false, false)), (CommissionState::Approved, 500));
    assert_eq!(decided(standing(false, false, true)), (CommissionState::Paid, 500));
}
