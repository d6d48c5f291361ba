//! Leads (CO-10).

use entity::value::{Attribution, ExchangeRate, HoldReason, LeadEvent, LeadReward, Signal, Terms};

use super::*;
use crate::domain::exchange::{Quote, Rates};
use crate::domain::fraud::{Partner, Traits};
use crate::domain::origin::{By, Origin};
use crate::domain::person::{Signup, Trial};

fn reward(on: LeadEvent) -> impl Fn(&mut Terms) {
    move |terms| terms.lead = Some(LeadReward { on, amount: 500, currency: currency("EUR") })
}

/// Bound to A by a sign-up a minute after day 0 that the merchant's server tells of as well.
fn told_by_server(change: impl Fn(&mut Terms)) -> Scene {
    let mut scene = Scene::bound_to_a(change);
    server_tells(&mut scene);
    scene
}

fn server_tells(scene: &mut Scene) {
    scene.person.signups.iter_mut().for_each(|one| one.told_by_server_at = Some(one.at));
}

fn signs_up(scene: &mut Scene, n: u128, at: DateTime<Utc>) {
    scene.person.signups.push(Signup { customer: customer(n), at, told_by_server_at: Some(at) });
}

fn trial(scene: &mut Scene, at: DateTime<Utc>) {
    scene.person.trials.push(Trial { customer: customer(1), at, object: format!("sub {at}") });
}

/// Who earned how much for a lead, when, and in which state.
fn leads(scene: &Scene) -> Vec<(EnrollmentId, i64, DateTime<Utc>, CommissionState)> {
    scene.settle().leads.into_iter().map(|lead| (lead.enrollment, lead.amount, lead.at, lead.state)).collect()
}

const APPROVED: CommissionState = CommissionState::Approved;

#[test]
fn co_10_a_sign_up_earns_its_partner_a_reward_once() {
    let mut scene = told_by_server(reward(LeadEvent::Signup));
    let one = [(partner_a(), 500, minute(0, 1), APPROVED)];
    assert_eq!(leads(&scene), one);
    scene.signup(1, day(2));
    signs_up(&mut scene, 2, day(3));
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
fn co_10_what_only_a_page_told_waits_for_somebody_who_knows() {
    // SN-4: anybody can say on a page that somebody signed up.
    let mut scene = Scene::bound_to_a(reward(LeadEvent::Signup));
    let held = |scene: &Scene| scene.settle().leads[0].holds.contains(&HoldReason::Review);
    assert_eq!(leads(&scene), [(partner_a(), 500, minute(0, 1), CommissionState::Held)]);
    assert!(held(&scene) && scene.settle().leads[0].steps[1].rule == "SN-4");
    let mut by_server = scene.clone();
    server_tells(&mut by_server);
    assert!(!held(&by_server));
    let mut by_payment = scene.clone();
    by_payment.buys(&e1());
    assert!(!held(&by_payment));
    let mut by_trial = scene.clone();
    trial(&mut by_trial, day(3));
    assert!(!held(&by_trial));
    let lead = Origin::first(By::Lead(customer(1)));
    scene.person.standing.insert((partner_a(), lead), Standing { approved: true, ..Standing::default() });
    assert!(!held(&scene), "a person looked at it");
}

#[test]
fn co_10_only_what_the_terms_reward_counts() {
    assert_eq!(leads(&told_by_server(|_| {})), []);
    assert_eq!(leads(&told_by_server(reward(LeadEvent::Trial))), []);
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
    server_tells(&mut scene);
    scene.buys(&e1());
    assert_eq!(leads(&scene), [], "the purchase was at the same time");
    scene.buys(&Book::default());
    assert_eq!(leads(&scene).len(), 1);
}

#[test]
fn co_10_each_enrollment_is_rewarded_once() {
    let mut scene = told_by_server(reward(LeadEvent::Signup));
    scene.by_hand(partner_b(), day(1));
    signs_up(&mut scene, 2, day(2));
    signs_up(&mut scene, 3, day(3));
    assert_eq!(leads(&scene), [(partner_a(), 500, minute(0, 1), APPROVED), (partner_b(), 500, day(2), APPROVED)]);
}

#[test]
fn co_10_customers_whom_only_an_e_mail_ties_are_leads_of_their_own_where_it_does_not_count() {
    let told = |email_match| {
        let mut scene = told_by_server(|terms| {
            reward(LeadEvent::Signup)(terms);
            terms.email_match = email_match;
        });
        let mut touch = scene.person.touches.last().unwrap().clone();
        (touch.customer, touch.at, touch.said_at) = (customer(2), day(2), day(2));
        scene.person.touches.push(touch);
        signs_up(&mut scene, 2, day(2));
        leads(&scene).len()
    };
    assert_eq!((told(true), told(false)), (1, 2));
}

#[test]
fn co_10_a_trial_counts_for_whoever_the_checkout_then_names() {
    let mut scene = Scene::with(reward(LeadEvent::Trial));
    scene.click(1, partner_a(), day(0));
    trial(&mut scene, day(4));
    assert_eq!(leads(&scene), []);
    scene.signup(1, minute(4, 1));
    let one = [(partner_a(), 500, day(4), APPROVED)];
    assert_eq!(leads(&scene), one);
    trial(&mut scene, day(6));
    assert_eq!(leads(&scene), one, "a second trial is no second lead");
    scene.buys(&e1());
    assert_eq!(leads(&scene), one, "the purchase came after it");
}

#[test]
fn co_10_a_binding_that_comes_too_late_has_no_lead() {
    let bound_after = |days: i64| {
        let mut scene = Scene::with(reward(LeadEvent::Trial));
        scene.click(1, partner_a(), day(0));
        trial(&mut scene, day(4));
        scene.signup(1, day(4 + days) - Duration::seconds(1));
        leads(&scene).len()
    };
    assert_eq!((bound_after(7), bound_after(8)), (1, 0));
    let mut scene = Scene::with(reward(LeadEvent::Trial));
    trial(&mut scene, day(4));
    scene.by_hand(partner_a(), day(5));
    assert_eq!(leads(&scene), [], "a hand says itself from when on it counts");
    let mut scene = Scene::with(|terms| {
        reward(LeadEvent::Trial)(terms);
        terms.new_customers_only = false;
    });
    scene.click(1, partner_a(), day(0));
    trial(&mut scene, day(4));
    scene.buys(&e1());
    scene.signup(1, minute(5, 1));
    assert_eq!(leads(&scene), [], "who had bought before is no lead");
}

#[test]
fn co_10_a_partner_who_was_banned_before_earns_nothing() {
    let mut scene = told_by_server(reward(LeadEvent::Trial));
    trial(&mut scene, day(4));
    assert_eq!(leads(&scene).len(), 1);
    scene.end(partner_a(), day(3), EnrollmentEnd::Banned);
    assert_eq!(leads(&scene), []);
}

#[test]
fn co_10_a_hand_decides_of_the_person_whichever_customer_it_stands_under() {
    let mut scene = told_by_server(reward(LeadEvent::Signup));
    let mut decided = |n: u128, standing| {
        scene.person.standing = BTreeMap::from([((partner_a(), Origin::first(By::Lead(customer(n)))), standing)]);
        let lead = scene.settle().leads.remove(0);
        (lead.state, lead.amount)
    };
    let standing = |approved, rejected, paid| Standing { approved, rejected, paid, ..Standing::default() };
    assert_eq!(decided(9, standing(false, true, None)), (CommissionState::Rejected, 0));
    assert_eq!(decided(9, standing(true, false, None)), (APPROVED, 500));
    assert_eq!(decided(1, standing(false, false, Some(500))), (CommissionState::Paid, 500));
    assert_eq!(decided(9, standing(false, false, Some(500))), (APPROVED, 500), "what was paid of another one was not paid of this one");
}

#[test]
fn at_16_partners_who_share_a_customer_share_the_lead() {
    // 5.00 in two equal parts of 2.50.
    let mut scene = Scene::with(|terms| {
        reward(LeadEvent::Signup)(terms);
        terms.attribution = Attribution::Linear;
    });
    scene.click(1, partner_a(), day(-1));
    scene.click(2, partner_b(), day(0));
    scene.signup(2, day(1));
    server_tells(&mut scene);
    assert_eq!(leads(&scene), [(partner_b(), 250, day(1), APPROVED), (partner_a(), 250, day(1), APPROVED)]);
    assert!(scene.settle().leads.iter().all(|lead| lead.steps.iter().filter(|step| step.rule == "AT-16").count() == 1));
}

#[test]
fn mo_4_a_lead_waits_for_the_rate_of_its_day() {
    // 5.00 EUR at 0.8 are 4.00 GBP.
    let mut scene = told_by_server(reward(LeadEvent::Signup));
    scene.enrollment(partner_a()).stated_in = Some((currency("GBP"), None));
    let lead = scene.settle().leads.remove(0);
    assert_eq!((lead.state, lead.amount, lead.holds), (CommissionState::Held, 0, vec![HoldReason::AwaitingRate]));
    let mut rates = Rates::none();
    let quote = Quote { rate: ExchangeRate::from_decimal("0.8").unwrap(), day: day(0).date_naive(), source: "bank".into() };
    rates.add(currency("EUR"), currency("GBP"), quote);
    scene.person.rates.insert(day(0).date_naive(), rates);
    let lead = scene.settle().leads.remove(0);
    let target = lead.stated.as_ref().unwrap().target(&lead.target(), lead.currency).unwrap();
    assert_eq!((lead.state, lead.amount, target.amount), (APPROVED, 500, 400));
}

#[test]
fn fr_1_who_signs_up_as_the_partner_is_held() {
    let mut scene = told_by_server(reward(LeadEvent::Signup));
    let traits = Traits { emails: ["ada@firm.example".to_owned()].into(), ..Traits::default() };
    scene.world.watch.person = traits.clone();
    let partner = scene.enrollment(partner_a()).partner;
    scene.world.watch.partners.insert(partner, Partner { traits, ..Partner::default() });
    let lead = scene.settle().leads.remove(0);
    assert_eq!(
        (lead.state, lead.holds, lead.evidence[0].signal),
        (CommissionState::Held, vec![HoldReason::SelfReferral], Signal::SameEmail)
    );
}
