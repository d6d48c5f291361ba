//! Caps on partners, the program's budget, levels of tiers, and what recruiters earn (CO-6, CO-7, CO-11).

use entity::value::{
    BasisPoints, Cap, CapScope, CommissionKind, CommissionState, DecisionReason, LeadEvent, LeadReward, Period, Reward, SecondLevel, Terms,
    TierEffect, TierLevel, TierMetric, Tiers,
};
use rstest::rstest;
use serde_json::json;

use crate::support::stage::{Affiliate, Setup, Stage, day, no_hold};
use crate::support::stripe::{Bill, Line, Version};

fn usd() -> entity::value::Currency {
    "USD".parse().unwrap()
}

fn cap(scope: CapScope, period: Period, amount: i64) -> Cap {
    Cap { scope, period: Some(period), amount, currency: usd() }
}

fn percent(points: u32) -> Reward {
    Reward::Percent { rate: BasisPoints::new(points).unwrap() }
}

fn tiers(metric: TierMetric, effect: TierEffect, levels: &[(i64, u32)]) -> Tiers {
    let currency = matches!(metric, TierMetric::Revenue | TierMetric::Commission).then(usd);
    let levels = levels.iter().map(|(from, points)| TierLevel { from: *from, reward: percent(*points) }).collect();
    Tiers { metric, currency, period: Period::Month, effect, levels }
}

async fn stage(terms: Terms, on_servers: bool) -> Stage {
    Stage::set(Setup { terms, on_servers, ..Setup::default() }).await
}

/// A customer whom a partner brought. Gives the id at Stripe.
async fn customer(stage: &Stage, affiliate: Affiliate, name: &str) -> String {
    let click = stage.click(affiliate, day(0)).await;
    let email = format!("{name}@example.com");
    stage.sign_up(name, &email, Some(&click), day(0)).await;
    let id = stage.shop().customer(day(0), &email, Some(name));
    stage.deliver(Version::Endive).await;
    id
}

/// 100.00 dollars on each of these days by a customer of its own, told in this order. Gives the charges in that order.
async fn buy(stage: &Stage, purchases: &[(Affiliate, i64)]) -> Vec<String> {
    let mut charges = Vec::new();
    for (affiliate, at) in purchases {
        let buyer = customer(stage, *affiliate, &format!("{}-{at}", affiliate.code)).await;
        let invoice = stage.shop().pay(day(*at), Bill::to(&buyer).line(Line::of(10_000)));
        let charge = stage.shop().charge_of(&invoice);
        stage.deliver(Version::Endive).await;
        charges.push(charge);
    }
    let last = purchases.iter().map(|(_, at)| *at).max().unwrap_or_default();
    stage.wait_until(stage.app.clock.now().max(day(last) + chrono::Duration::hours(1))).await;
    charges
}

/// What each purchase earned, in order of time.
async fn earned(stage: &Stage) -> Vec<i64> {
    stage.books().await.decided().into_iter().map(|(_, _, amount)| amount).collect()
}

async fn refund(stage: &Stage, charge: &str, amount: i64) {
    let at = stage.app.clock.now();
    stage.shop().refund(at, charge, amount);
    stage.deliver(Version::Endive).await;
    stage.drain().await;
}

/// 20 % of 100.00 four times in January, of which a partner may earn 50.00: 20.00, 20.00, 10.00, nothing. February begins anew: 20.00. When
/// the first is paid back in full, what it took is free: nothing, 20.00, 20.00, 10.00, 20.00.
#[rstest]
#[tokio::test]
async fn co_6_a_partner_earns_no_more_than_the_cap_in_a_month(
    #[values(false, true)] on_servers: bool,
    #[values([2, 3, 4, 5, 35], [35, 5, 4, 3, 2], [4, 2, 35, 5, 3])] order: [i64; 5],
) {
    let terms = Terms { caps: vec![cap(CapScope::Partner, Period::Month, 5_000)], ..no_hold() };
    let stage = stage(terms, on_servers).await;
    let purchases = order.map(|at| (stage.ada, at));
    let charges = buy(&stage, &purchases).await;
    assert_eq!(earned(&stage).await, [2_000, 2_000, 1_000, 0, 2_000]);
    let books = stage.books().await;
    assert_eq!(books.decided()[3].0, DecisionReason::CapReached);
    assert_eq!(books.owed(stage.ada), 7_000);
    let steps = &books.decisions[&books.purchases[2].id].steps;
    let told = |amount: i64, word: &str| {
        let is = |step: &serde_json::Value| {
            let text = step["text"].as_str().unwrap();
            step["rule"] == "CO-6" && step["amount"] == amount && text == format!("{word} the cap of 50.00 USD for a partner in 2025-01")
        };
        assert!(steps.as_array().unwrap().iter().any(is), "{steps}");
    };
    told(2_000, "before");
    told(1_000, "after");
    let first = order.iter().position(|at| *at == 2).unwrap();
    refund(&stage, &charges[first], 10_000).await;
    assert_eq!(earned(&stage).await, [0, 2_000, 2_000, 1_000, 2_000]);
    stage.finish().await;
}

/// The program pays 60.00 a month at most, whoever earns it: Ada, Bob and Ada have 20.00 each, Bob then nothing. A purchase of Bob's on the
/// day before all of them is told last, and takes its 20.00 from Ada's later one.
#[rstest]
#[tokio::test]
async fn co_6_the_budget_of_a_program_is_used_up_in_the_order_of_purchases(#[values(false, true)] on_servers: bool) {
    let terms = Terms { caps: vec![cap(CapScope::Program, Period::Month, 6_000)], ..no_hold() };
    let stage = stage(terms, on_servers).await;
    let (ada, bob) = (stage.ada, stage.bob);
    buy(&stage, &[(ada, 2), (bob, 3), (ada, 4), (bob, 5)]).await;
    assert_eq!(earned(&stage).await, [2_000, 2_000, 2_000, 0]);
    buy(&stage, &[(bob, 1)]).await;
    assert_eq!(earned(&stage).await, [2_000, 2_000, 2_000, 0, 0]);
    let books = stage.books().await;
    assert_eq!((books.owed(ada), books.owed(bob)), (2_000, 4_000));
    stage.finish().await;
}

/// The partner's cap goes first: of Ada's 20.00 and 20.00 it lets 30.00 through, of which the budget of 45.00 takes 30.00; of Bob's 20.00 it
/// then lets 15.00 through.
#[tokio::test]
async fn co_6_the_caps_of_partners_go_before_the_budget() {
    let caps = vec![cap(CapScope::Program, Period::Lifetime, 4_500), cap(CapScope::Partner, Period::Year, 3_000)];
    let stage = stage(Terms { caps, ..no_hold() }, false).await;
    buy(&stage, &[(stage.bob, 4), (stage.ada, 2), (stage.ada, 3)]).await;
    assert_eq!(earned(&stage).await, [2_000, 1_000, 1_500]);
    stage.finish().await;
}

/// 20 %, from the second purchase of the month on 30 %, from the fourth on 40 %: what was bought before counts. Of 100.00 each that is 20.00,
/// 20.00, 30.00, 30.00, 40.00. When the first is paid back in full it counts no more: nothing, 20.00, 20.00, 30.00, 30.00.
#[rstest]
#[tokio::test]
async fn co_7_a_level_counts_for_what_is_bought_after_it_was_reached(
    #[values(false, true)] on_servers: bool,
    #[values([2, 3, 4, 5, 6], [6, 5, 4, 3, 2], [4, 6, 2, 5, 3])] order: [i64; 5],
) {
    let tiers = tiers(TierMetric::Purchases, TierEffect::Future, &[(2, 3_000), (4, 4_000)]);
    let stage = stage(Terms { tiers: Some(tiers), ..no_hold() }, on_servers).await;
    let charges = buy(&stage, &order.map(|at| (stage.ada, at))).await;
    assert_eq!(earned(&stage).await, [2_000, 2_000, 3_000, 3_000, 4_000]);
    let first = order.iter().position(|at| *at == 2).unwrap();
    refund(&stage, &charges[first], 10_000).await;
    assert_eq!(earned(&stage).await, [0, 2_000, 2_000, 3_000, 3_000]);
    stage.finish().await;
}

/// By what was sold, 30 % from 150.00 on: 20.00, 20.00 (100.00 were sold), 30.00 (200.00 were). Half of the first goes back: 150.00 are left
/// before the third. One cent more of it, and they are not.
#[tokio::test]
async fn co_7_a_refund_lowers_what_was_sold() {
    let tiers = tiers(TierMetric::Revenue, TierEffect::Future, &[(15_000, 3_000)]);
    let stage = stage(Terms { tiers: Some(tiers), ..no_hold() }, false).await;
    let charges = buy(&stage, &[(stage.ada, 2), (stage.ada, 3), (stage.ada, 4)]).await;
    assert_eq!(earned(&stage).await, [2_000, 2_000, 3_000]);
    refund(&stage, &charges[0], 5_000).await;
    assert_eq!(earned(&stage).await, [1_000, 2_000, 3_000]);
    refund(&stage, &charges[0], 1).await;
    // 49.99 x 20 % = 9.998, 10.00.
    assert_eq!(earned(&stage).await, [1_000, 2_000, 2_000]);
    stage.finish().await;
}

/// New customers, and commissions: two more ways of counting. By customers, 30 % from the second on: 20.00, 20.00, 30.00. By commissions, 30 %
/// from 40.00 on: the same.
#[rstest]
#[tokio::test]
async fn co_7_customers_and_commissions_count(
    #[values((TierMetric::Customers, 2), (TierMetric::Commission, 4_000))] by: (TierMetric, i64),
) {
    let tiers = tiers(by.0, TierEffect::Future, &[(by.1, 3_000)]);
    let stage = stage(Terms { tiers: Some(tiers), ..no_hold() }, false).await;
    buy(&stage, &[(stage.ada, 4), (stage.ada, 2), (stage.ada, 3)]).await;
    assert_eq!(earned(&stage).await, [2_000, 2_000, 3_000]);
    stage.finish().await;
}

/// 30 % instead of 20 % for all of January when 250.00 were sold in it. 100.00 three times are 20.00 each, and on the first of February 10.00
/// for each of them on top. 40.00 of one go back in February: 260.00 are left, 12.00 and 6.00 for that one, 26.00 on top in all. Another
/// 20.00: 240.00, too little: nothing on top.
#[rstest]
#[tokio::test]
async fn co_7_a_level_for_all_of_the_period_is_paid_at_its_end(#[values(false, true)] on_servers: bool) {
    let tiers = tiers(TierMetric::Revenue, TierEffect::Retroactive, &[(25_000, 3_000)]);
    let stage = stage(Terms { tiers: Some(tiers), ..no_hold() }, on_servers).await;
    let charges = buy(&stage, &[(stage.ada, 2), (stage.ada, 20), (stage.ada, 10)]).await;
    let on_top = async || stage.books().await.of_kind(stage.ada, CommissionKind::TrueUp);
    stage.wait_until(day(31) - chrono::Duration::seconds(1)).await;
    assert_eq!(on_top().await, []);
    stage.wait_until(day(31)).await;
    assert_eq!(on_top().await, [(CommissionState::Approved, 3_000)]);
    assert_eq!(earned(&stage).await, [2_000, 2_000, 2_000]);
    stage.wait_until(day(40)).await;
    refund(&stage, &charges[0], 4_000).await;
    assert_eq!(on_top().await, [(CommissionState::Approved, 2_600)]);
    assert_eq!(earned(&stage).await, [1_200, 2_000, 2_000]);
    let document =
        "{ commissions(first: 1, filter: { kind: [TRUE_UP] }) { nodes { amount { decimal } steps { rule text } purchase { id } } } }";
    let told = stage.ask(document, json!({})).await["commissions"]["nodes"][0].clone();
    assert_eq!((&told["amount"]["decimal"], &told["purchase"]), (&json!("26.00"), &json!(null)));
    assert_eq!(told["steps"][0], json!({ "rule": "CO-7", "text": "by REVENUE in 2025-01 the partner reached the level from 250.00 USD" }));
    assert!(stage.pay_out(stage.ada).await);
    assert_eq!(on_top().await, [(CommissionState::Paid, 2_600)]);
    refund(&stage, &charges[0], 2_000).await;
    assert_eq!(on_top().await, [(CommissionState::Paid, 0)]);
    // 4.00 of what was bought, by the refund, and the 26.00 on top.
    assert_eq!(stage.books().await.owed(stage.ada), -3_000);
    stage.finish().await;
}

/// Bob recruited Ada and has 10 % of what she earns: of 20.00 2.00; of a lead's 5.00 0.50. When half of the purchase goes back 1.00 are left.
/// What Ada earned before that is hers alone.
#[rstest]
#[tokio::test]
async fn co_11_a_recruiter_follows_each_change_of_what_the_partner_earns(#[values(false, true)] on_servers: bool) {
    let lead = LeadReward { on: LeadEvent::Signup, amount: 500, currency: usd() };
    let share = SecondLevel { share: BasisPoints::new(1_000).unwrap() };
    let stage = stage(Terms { lead: Some(lead), second_level: Some(share), ..no_hold() }, on_servers).await;
    let early = customer(&stage, stage.ada, "early").await;
    stage.app.clock.set(day(1));
    let recruit = "mutation($input: EnrollmentSetRecruiterInput!) { enrollmentSetRecruiter(input: $input) {
        enrollment { recruiter { id } } userErrors { code field } } }";
    let input = json!({ "id": stage.ada.enrollment, "recruiterId": stage.bob.enrollment });
    let done = stage.ask(recruit, json!({ "input": input })).await["enrollmentSetRecruiter"].clone();
    assert_eq!(done, json!({ "enrollment": { "recruiter": { "id": stage.bob.enrollment } }, "userErrors": [] }));
    for (recruited, recruiter) in [(stage.ada, stage.ada), (stage.bob, stage.ada)] {
        let input = json!({ "id": recruited.enrollment, "recruiterId": recruiter.enrollment });
        let refused = stage.ask(recruit, json!({ "input": input })).await["enrollmentSetRecruiter"]["userErrors"].clone();
        assert_eq!(refused, json!([{ "code": "INVALID", "field": ["recruiterId"] }]));
    }
    let click = stage.click(stage.ada, day(2)).await;
    stage.sign_up("ann", "ann@example.com", Some(&click), day(2)).await;
    let ann = stage.shop().customer(day(2), "ann@example.com", Some("ann"));
    let invoice = stage.shop().pay(day(3), Bill::to(&ann).line(Line::of(10_000)));
    stage.shop().pay(day(3), Bill::to(&early).line(Line::of(10_000)));
    stage.deliver(Version::Endive).await;
    let second = async || stage.books().await.of_kind(stage.bob, CommissionKind::SecondLevel);
    let approved = |amount| (CommissionState::Approved, amount);
    assert_eq!(second().await, [approved(50), approved(200), approved(200)]);
    assert_eq!(stage.books().await.owed(stage.bob), 450);
    let charge = stage.shop().charge_of(&invoice);
    refund(&stage, &charge, 5_000).await;
    assert_eq!(second().await.into_iter().map(|(_, amount)| amount).sum::<i64>(), 350);
    let document = "{ commissions(first: 5, filter: { kind: [SECOND_LEVEL] }) { nodes { through { id } steps { rule } } } }";
    let told = stage.ask(document, json!({})).await["commissions"]["nodes"].clone();
    for one in told.as_array().unwrap() {
        assert_eq!(*one, json!({ "through": { "id": stage.ada.enrollment }, "steps": [{ "rule": "CO-11" }] }));
    }
    assert!(stage.pay_out(stage.bob).await);
    refund(&stage, &charge, 5_000).await;
    assert_eq!(stage.books().await.owed(stage.bob), -100, "what was paid out is netted later (RF-7)");
    stage.finish().await;
}

/// A recruiter's part counts for the caps like all else: of a budget of 21.00 Ada's 20.00 leave 1.00 for Bob, where 10 % were 2.00.
#[tokio::test]
async fn co_11_the_second_level_is_capped() {
    let share = SecondLevel { share: BasisPoints::new(1_000).unwrap() };
    let caps = vec![cap(CapScope::Program, Period::Month, 2_100)];
    let stage = stage(Terms { caps, second_level: Some(share), ..no_hold() }, false).await;
    stage.app.clock.set(day(0));
    let recruit = "mutation($input: EnrollmentSetRecruiterInput!) { enrollmentSetRecruiter(input: $input) { userErrors { code } } }";
    stage.ask(recruit, json!({ "input": { "id": stage.ada.enrollment, "recruiterId": stage.bob.enrollment } })).await;
    buy(&stage, &[(stage.ada, 2)]).await;
    assert_eq!(earned(&stage).await, [2_000]);
    assert_eq!(stage.books().await.of_kind(stage.bob, CommissionKind::SecondLevel), [(CommissionState::Approved, 100)]);
    stage.finish().await;
}

/// What would be by other rules is worked out with sums of its own, and what is then posted is that, to the last row: each purchase earns what
/// it would have earned if these rules had held from the beginning. Ada's on days 2, 4 and 6, Bob's on 3 and 5; Bob recruited Ada.
#[rstest]
#[case::budget(json!({ "caps": [{ "scope": "PROGRAM", "period": "MONTH", "amount": "7000", "currency": "USD" }] }), [2_000, 2_000, 2_000, 1_000, 0], &[])]
#[case::partner(json!({ "caps": [{ "scope": "PARTNER", "period": "YEAR", "amount": "3000", "currency": "USD" }] }), [2_000, 2_000, 1_000, 1_000, 0], &[])]
#[case::future(
    json!({ "tiers": { "metric": "COMMISSION", "currency": "USD", "period": "MONTH", "effect": "FUTURE",
        "levels": [{ "from": "4000", "reward": { "kind": "PERCENT", "rate": 5_000 } }] } }),
    [2_000, 2_000, 2_000, 2_000, 5_000], &[]
)]
#[case::retroactive(
    json!({ "tiers": { "metric": "PURCHASES", "period": "MONTH", "effect": "RETROACTIVE",
        "levels": [{ "from": "3", "reward": { "kind": "PERCENT", "rate": 3_000 } }] } }),
    [2_000, 2_000, 2_000, 2_000, 2_000], &[(CommissionKind::TrueUp, 3_000)]
)]
#[case::second_level(json!({ "secondLevel": { "share": 1_000 } }), [2_000, 2_000, 2_000, 2_000, 2_000], &[(CommissionKind::SecondLevel, 600)])]
#[case::all(
    json!({ "secondLevel": { "share": 1_000 }, "caps": [{ "scope": "PROGRAM", "period": "YEAR", "amount": "9300", "currency": "USD" }],
        "tiers": { "metric": "CUSTOMERS", "period": "MONTH", "effect": "RETROACTIVE",
            "levels": [{ "from": "3", "reward": { "kind": "PERCENT", "rate": 3_000 } }] } }),
    // 20.00 + 2.00 + 20.00 + 20.00 + 2.00 + 20.00 leave 9.00 for the last one; nothing is left then for what recruits earn by it.
    [2_000, 2_000, 2_000, 2_000, 900], &[(CommissionKind::SecondLevel, 400)]
)]
#[tokio::test]
async fn co_6_co_7_co_11_a_preview_by_other_rules_is_what_judging_by_them_posts(
    #[values(false, true)] on_servers: bool,
    #[case] terms: serde_json::Value,
    #[case] expected: [i64; 5],
    #[case] beside: &[(CommissionKind, i64)],
) {
    let stage = stage(no_hold(), on_servers).await;
    stage.app.clock.set(day(0));
    let recruit = "mutation($input: EnrollmentSetRecruiterInput!) { enrollmentSetRecruiter(input: $input) { userErrors { code } } }";
    stage.ask(recruit, json!({ "input": { "id": stage.ada.enrollment, "recruiterId": stage.bob.enrollment } })).await;
    buy(&stage, &[(stage.ada, 6), (stage.bob, 3), (stage.ada, 2), (stage.bob, 5), (stage.ada, 4)]).await;
    stage.wait_until(day(40)).await;
    assert_eq!(earned(&stage).await, [2_000; 5]);
    let simulated = stage.recount("termsSimulate", simulation(&terms)).await;
    stage.reattributes(terms).await;
    assert_eq!(earned(&stage).await, expected);
    let books = stage.books().await;
    let mut sums: std::collections::BTreeMap<CommissionKind, i64> = std::collections::BTreeMap::new();
    for row in books.commissions.iter().filter(|row| row.kind != CommissionKind::Sale) {
        *sums.entry(row.kind).or_default() += books.amount(row);
    }
    assert_eq!(sums.into_iter().filter(|(_, sum)| *sum != 0).collect::<Vec<_>>(), beside);
    let all = expected.iter().sum::<i64>() + beside.iter().map(|(_, amount)| amount).sum::<i64>();
    assert_eq!(simulated["totals"][0]["after"]["amount"], json!(all.to_string()), "{simulated:#}");
    stage.finish().await;
}

fn simulation(terms: &serde_json::Value) -> serde_json::Value {
    json!({ "months": 12, "terms": terms })
}
