//! Who brought the customer: windows, sign-ups that come late, codes against bindings, and the mode of an endpoint.

use chrono::{DateTime, Duration, TimeZone, Utc};
use entity::value::{Attribution, CouponOverride, DecisionReason, Duration as Lasting, IgnoreReason, InboxStatus, Mode, Terms};
use rstest::rstest;
use serde_json::json;

use crate::support::stage::{Affiliate, Setup, Stage, day, no_hold};
use crate::support::stripe::{Bill, Line, Version};

const EARNED: DecisionReason = DecisionReason::Commissioned;

#[rstest]
#[case(CouponOverride::WhileLead, false)]
#[case(CouponOverride::Never, true)]
#[tokio::test]
async fn e22_a_code_on_the_first_purchase_beats_the_sign_up_unless_the_terms_forbid_it(
    #[case] rule: CouponOverride,
    #[case] ada_earns: bool,
) {
    for version in Version::ALL {
        let terms = Terms { coupon_override: rule, ..no_hold() };
        let stage = Stage::set(Setup { terms, ..Setup::default() }).await;
        let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
        let code = stage.code_of(stage.bob, "BOB25", day(1)).await;
        stage.shop().pay(day(2), Bill::to(&ann).subscription("sub_1").line(Line::of(10_000).off(2_500)).discount(&code));
        stage.deliver(version).await;
        let books = stage.books().await;
        let (winner, loser) = if ada_earns { (stage.ada, stage.bob) } else { (stage.bob, stage.ada) };
        assert_eq!(books.decided(), [(EARNED, 7_500, 1_500)]);
        assert_eq!((books.owed(winner), books.owed(loser)), (1_500, 0), "{version:?}");
        let candidates = books.decision().candidates.as_array().unwrap().clone();
        let verdict = |of: entity::value::EnrollmentId| {
            let found = candidates.iter().find(|c| c["enrollment"] == of.to_string());
            found.unwrap_or_else(|| panic!("{of} is not listed: {candidates:?}"))["verdict"].clone()
        };
        assert_eq!(verdict(winner.enrollment), "WON");
        assert_eq!(verdict(loser.enrollment), if ada_earns { "INELIGIBLE" } else { "LOST" });
        stage.finish().await;
    }
}

#[tokio::test]
async fn e23_a_month_ends_on_the_last_day_of_a_shorter_one_to_the_second() {
    let terms = Terms { duration: Lasting::Months { n: 1 }, ..no_hold() };
    let stage = Stage::set(Setup { terms, ..Setup::default() }).await;
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    let at = |month, day, hour, minute, second| Utc.with_ymd_and_hms(2025, month, day, hour, minute, second).unwrap();
    for time in [at(1, 31, 10, 0, 0), at(2, 28, 9, 59, 59), at(2, 28, 10, 0, 0)] {
        stage.shop().pay(time, Bill::to(&ann).subscription("sub_1").line(Line::of(10_000)));
    }
    stage.deliver(Version::Endive).await;
    let books = stage.books().await;
    assert_eq!(books.decided(), [(EARNED, 10_000, 2_000), (EARNED, 10_000, 2_000), (DecisionReason::DurationEnded, 10_000, 0)]);
    assert_eq!(books.owed(stage.ada), 4_000);
    stage.finish().await;
}

#[rstest]
#[case(Utc.with_ymd_and_hms(2025, 1, 31, 0, 0, 0).unwrap() - Duration::milliseconds(1), EARNED)]
#[case(Utc.with_ymd_and_hms(2025, 1, 31, 0, 0, 0).unwrap(), DecisionReason::OutsideWindow)]
#[tokio::test]
async fn e24_the_window_excludes_its_end(#[case] signed_up: DateTime<Utc>, #[case] reason: DecisionReason) {
    let stage = Stage::set(Setup { terms: Terms { window_days: 30, ..no_hold() }, ..Setup::default() }).await;
    let click = stage.click(stage.ada, day(0)).await;
    stage.sign_up("user-1", "ann@example.com", Some(&click), signed_up).await;
    assert_eq!(stage.books().await.bindings.len(), usize::from(reason == EARNED));
    {
        let mut shop = stage.shop();
        let ann = shop.customer(day(40), "ann@example.com", Some("user-1"));
        shop.pay(day(40), Bill::to(&ann).subscription("sub_1").line(Line::of(10_000)));
    }
    stage.deliver(Version::Endive).await;
    let books = stage.books().await;
    assert_eq!(books.decision().reason, reason);
    assert_eq!(books.owed(stage.ada), if reason == EARNED { 2_000 } else { 0 });
    stage.finish().await;
}

#[rstest]
#[tokio::test]
async fn e34_a_sign_up_that_comes_after_the_purchase_still_counts(#[values(true, false)] by_id: bool) {
    let stage = Stage::new().await;
    let click = stage.click(stage.ada, day(0)).await;
    {
        let mut shop = stage.shop();
        let ann = shop.customer(day(2), "ann@example.com", by_id.then_some("user-1"));
        shop.pay(day(2), Bill::to(&ann).subscription("sub_1").line(Line::of(10_000)));
    }
    stage.deliver(Version::Endive).await;
    let before = stage.books().await;
    let unknown = if by_id { DecisionReason::NoTouch } else { DecisionReason::UnknownCustomer };
    assert_eq!(before.decision().reason, unknown);
    assert!(before.entries.is_empty());
    stage.sign_up("user-1", "ann@example.com", Some(&click), day(2) + Duration::minutes(5)).await;
    stage.drain().await;
    let books = stage.books().await;
    assert_eq!(books.decided(), [(EARNED, 10_000, 2_000)]);
    assert_eq!(books.owed(stage.ada), 2_000);
    stage.finish().await;
}

#[rstest]
#[tokio::test]
async fn e35_an_event_of_the_other_mode_has_no_effect(#[values(Mode::Live, Mode::Test)] mode: Mode) {
    let stage = Stage::set(Setup { mode, ..Setup::default() }).await;
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    stage.deliver(Version::Endive).await;
    let events = {
        let mut shop = stage.shop();
        shop.livemode = !mode.livemode();
        shop.pay(day(2), Bill::to(&ann).subscription("sub_1").line(Line::of(10_000)));
        shop.news()
    };
    for event in &events {
        assert_eq!(stage.send(event, Version::Endive).await, 200);
    }
    stage.drain().await;
    let books = stage.books().await;
    assert!(books.purchases.is_empty() && books.entries.is_empty());
    let last = books.inbox.last().unwrap();
    assert_eq!((last.status, last.reason), (InboxStatus::Ignored, Some(IgnoreReason::ModeMismatch)));
    stage.finish().await;
}

#[tokio::test]
async fn co_1_terms_of_ones_own_count_for_who_is_bound_from_then_on() {
    let stage = Stage::new().await;
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    stage.shop().pay(day(2), Bill::to(&ann).subscription("sub_1").line(Line::of(10_000)));
    stage.deliver(Version::Endive).await;
    stage.app.clock.set(day(3));
    let program = stage.ask("{ programs(first: 1) { nodes { id } } }", json!(null)).await["programs"]["nodes"][0]["id"].clone();
    // In force for the program only much later: until then it is Ada's alone.
    let create = "mutation($input: TermsCreateInput!) { termsCreate(input: $input) { terms { id } userErrors { message } } }";
    let input = json!({ "programId": program, "effectiveFrom": day(400), "terms": { "reward": { "kind": "PERCENT", "rate": 500 } } });
    let made = stage.ask(create, json!({ "input": input })).await["termsCreate"].clone();
    assert_eq!(made["userErrors"], json!([]));
    let set = "mutation($input: EnrollmentSetTermsInput!) { enrollmentSetTerms(input: $input) { userErrors { message } } }";
    let give = async |terms: serde_json::Value| {
        let input = json!({ "id": stage.ada.enrollment, "termsId": terms });
        assert_eq!(stage.ask(set, json!({ "input": input })).await["enrollmentSetTerms"]["userErrors"], json!([]));
        stage.drain().await;
    };
    give(made["terms"]["id"].clone()).await;
    assert_eq!(stage.books().await.decided(), [(EARNED, 10_000, 2_000)], "what was earned before stays");

    let click = stage.click(stage.ada, day(4)).await;
    stage.sign_up("user-2", "ben@example.com", Some(&click), day(5)).await;
    let ben = stage.shop().customer(day(5), "ben@example.com", Some("user-2"));
    stage.shop().pay(day(6), Bill::to(&ben).subscription("sub_2").line(Line::of(10_000)));
    stage.shop().pay(day(6), Bill::to(&ann).subscription("sub_1").line(Line::of(10_000)));
    stage.deliver(Version::Endive).await;
    assert_eq!(stage.books().await.owed(stage.ada), 2_000 + 500 + 2_000, "Ann's binding keeps its terms");

    stage.app.clock.set(day(7));
    give(json!(null)).await;
    assert_eq!(stage.books().await.owed(stage.ada), 4_500);
    stage.finish().await;
}

/// AT-3: Ada knows the visitor's id, as she handed it out in a link of hers, and visits her own link by it after he came by Bob's. What he carries is
/// Bob's click, so what he buys is Bob's.
#[tokio::test]
async fn a_click_that_the_customer_does_not_carry_wins_nothing_from_the_one_that_he_does() {
    let stage = Stage::new().await;
    let planted = stage.click(stage.ada, day(0)).await;
    let carried = stage.click_again(&planted, stage.bob, day(1)).await;
    stage.click_again(&planted, stage.ada, day(2)).await;
    stage.sign_up("user-1", "ann@example.com", Some(&carried), day(3)).await;
    let ann = stage.shop().customer(day(3), "ann@example.com", Some("user-1"));
    stage.shop().pay(day(4), Bill::to(&ann).line(Line::of(10_000)));
    stage.deliver(Version::Endive).await;
    let books = stage.books().await;
    assert_eq!((books.owed(stage.ada), books.owed(stage.bob)), (0, 2_000));
    stage.finish().await;
}

/// AT-16: Ada's and Bob's clicks share what the customer brings, also of the renewal, and a refund takes from both.
#[tokio::test]
async fn two_partners_share_what_their_clicks_brought() {
    let terms = Terms { attribution: Attribution::Linear, ..no_hold() };
    let stage = Stage::set(Setup { terms, ..Setup::default() }).await;
    let first = stage.click(stage.ada, day(0)).await;
    let second = stage.click_again(&first, stage.bob, day(1)).await;
    stage.sign_up("user-1", "ann@example.com", Some(&second), day(2)).await;
    let ann = stage.shop().customer(day(2), "ann@example.com", Some("user-1"));
    let invoice = stage.shop().pay(day(3), Bill::to(&ann).subscription("sub_1").line(Line::of(10_005)));
    stage.shop().pay(day(33), Bill::to(&ann).subscription("sub_1").line(Line::of(20_000)));
    stage.deliver(Version::Endive).await;
    let books = stage.books().await;
    assert_eq!(books.decided(), [(EARNED, 10_005, 2_001), (EARNED, 20_000, 4_000)]);
    let earned = |of| books.commissions_of(of).into_iter().map(|(_, amount)| amount).collect::<Vec<_>>();
    assert_eq!(
        (earned(stage.ada), earned(stage.bob)),
        (vec![1_000, 2_000], vec![1_001, 2_000]),
        "the last click has the cent that is left"
    );
    let shown = "{ purchases(first: 5, orderBy: OLDEST) { nodes { decision { enrollment { id } amount { decimal } explanation
        candidates { verdict weight weightTotal enrollment { id } } } } } }";
    let shown = stage.ask(shown, json!({})).await;
    let decision = &shown["purchases"]["nodes"][0]["decision"];
    let candidate =
        |verdict: &str, of: Affiliate| json!({ "verdict": verdict, "weight": 1, "weightTotal": 2, "enrollment": { "id": of.enrollment } });
    let candidates = decision["candidates"].as_array().unwrap();
    assert!(candidates.contains(&candidate("WON", stage.bob)) && candidates.contains(&candidate("SHARED", stage.ada)), "{candidates:?}");
    assert!(decision["explanation"].as_str().unwrap().contains("shares (1 of 2)"), "{decision}");
    let charge = stage.shop().charge_of(&invoice);
    stage.shop().refund(day(40), &charge, 10_005);
    stage.deliver(Version::Endive).await;
    let books = stage.books().await;
    assert_eq!((books.owed(stage.ada), books.owed(stage.bob)), (2_000, 2_000));
    stage.finish().await;
}
