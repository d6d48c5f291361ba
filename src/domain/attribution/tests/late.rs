//! Clicks that somebody names long after the fact (AT-13).

use super::*;

/// Somebody says on a page that the id signed up on day 0; the click of day 1 and the server's word follow.
fn told_before(server: i64) -> Vec<Outcome> {
    let mut scene = Scene::new();
    scene.organic_signup(day(0));
    scene.person.signups[0].told_by_server_at = Some(day(server));
    scene.click(1, partner_a(), day(1));
    scene.touch(TouchKind::Signup, "page", day(2)).click = scene.person.touches[0].click;
    scene.outcomes(&bill(3))
}

#[test]
fn at_2_sn_4_a_page_that_tells_of_the_sign_up_before_the_server_does_is_no_conversion() {
    assert_eq!(told_before(2), [earns(partner_a(), 2_000)]);
    assert_eq!(told_before(7), [earns(partner_a(), 2_000)]);
    assert_eq!(told_before(8)[0].1, NOBODY, "a server that gets to an old customer says nothing of when they signed up");
}

const LATE: Outcome = (DecisionReason::UnknownCustomer, NOBODY, 0);

#[test]
fn at_13_a_click_that_is_named_long_after_the_sign_up_takes_nothing() {
    let outcomes = |named: i64| {
        let mut scene = Scene::new();
        scene.click(1, partner_b(), day(0));
        scene.organic_signup(day(1));
        scene.signup(1, day(named));
        (scene.settle().bindings.len(), scene.outcomes(&bills((3, &[]), (310, &[]))))
    };
    assert_eq!(outcomes(300), (0, vec![LATE; 2]), "neither what was bought before, nor what comes after");
    assert_eq!(outcomes(8), (1, vec![earns(partner_b(), 2_000); 2]), "a page may be a little late");
    assert_eq!(outcomes(9), (0, vec![LATE; 2]));
}

#[test]
fn at_13_a_click_that_a_later_checkout_carries_takes_no_purchase_of_long_before() {
    let mut scene = Scene::new();
    scene.click(1, partner_b(), day(0));
    scene.organic_signup(day(1));
    let mut book = link("clk_1", 20);
    assert_eq!(scene.outcomes(book.tell("in_1", invoice(10_000, day(3)))), [LATE, earns(partner_b(), 2_000)]);
}
