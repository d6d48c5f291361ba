//! One month by deliveries alone, by a pull alone, and by both: the same ledger.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use entity::value::{CommissionState, Currency, DecisionReason, LedgerAccount};
use rstest::rstest;
use serde_json::json;

use crate::support::stage::{Affiliate, Setup, Stage, day};
use crate::support::stripe::{Bill, Cart, Discount, Line, Version};

/// How the month is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    /// Each event when it happens.
    Deliveries,
    /// Nothing but a pull in the end.
    Pull,
    /// Each event when it happens, and pulls in the middle and in the end.
    Both,
    /// A pull, and every event only after it.
    Late,
}

impl By {
    /// Tells of what happened since the last time, as far as it is told now.
    async fn tell(self, stage: &Stage) {
        if matches!(self, Self::Deliveries | Self::Both) {
            stage.deliver(Version::Endive).await;
        }
    }
}

/// Everybody pays, in every way that there is; some of it goes back.
async fn play(stage: &Stage, by: By) {
    let discount = code_of(stage, by).await;
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    by.tell(stage).await;
    let bill = |number: i64| Bill::to(&ann).subscription("sub_ann").line(Line::of(10_000 + number).tax(2_000));
    let first = stage.shop().pay(day(2), bill(0));
    by.tell(stage).await;
    let click = stage.click(stage.bob, day(3) - Duration::hours(1)).await;
    let (_, bought) = stage.shop().checkout(day(3), Cart::of(8_000).email("cat@example.com").token(&click.token));
    by.tell(stage).await;
    let (_, coupon) = stage.shop().checkout(day(4), Cart::of(6_000).email("dan@example.com").discount(&discount, 1_500));
    by.tell(stage).await;
    {
        let mut shop = stage.shop();
        let charge = shop.charge_of(&first);
        shop.refund(day(5), &charge, 3_000);
    }
    by.tell(stage).await;
    let click = stage.click(stage.ada, day(6) - Duration::hours(1)).await;
    let (slow, _) = stage.shop().checkout_by_debit(day(6), Cart::of(9_000).email("fay@example.com").token(&click.token));
    by.tell(stage).await;
    returned(stage, by, &bought, &coupon, &slow).await;
    let named = [("tributary_partner".to_owned(), "bob".to_owned())].into();
    stage.shop().take(day(21), 4_000, Some(&ann), &named);
    by.tell(stage).await;
    if by == By::Both {
        stage.pull_all().await;
    }
    let second = stage.shop().pay(day(32), bill(500));
    by.tell(stage).await;
    stage.shop().credit(day(33), &second, 1_000, None);
    by.tell(stage).await;
    // Nobody brought these.
    let gil = stage.shop().customer(day(34), "gil@example.com", None);
    stage.shop().pay(day(34), Bill::to(&gil).line(Line::of(7_000)));
    stage.shop().decline(day(34), 1_000, Some(&gil));
    by.tell(stage).await;
}

/// A debit succeeds; one dispute is won and one is lost.
async fn returned(stage: &Stage, by: By, bought: &str, coupon: &str, slow: &str) {
    let open = |charge: &str, at: DateTime<Utc>| {
        let mut shop = stage.shop();
        let dispute = shop.dispute(at, charge);
        shop.dispute_withdrawn(at, &dispute);
        dispute
    };
    let won = open(bought, day(8));
    by.tell(stage).await;
    stage.shop().debit_succeeds(day(9), slow);
    by.tell(stage).await;
    let lost = open(coupon, day(10));
    by.tell(stage).await;
    stage.shop().dispute_closed(day(18), &lost, "lost");
    by.tell(stage).await;
    {
        let mut shop = stage.shop();
        shop.dispute_reinstated(day(20), &won);
        shop.dispute_closed(day(20), &won, "won");
    }
    by.tell(stage).await;
}

/// A promotion code that is Ada's.
async fn code_of(stage: &Stage, by: By) -> Discount {
    let (code, discount) = {
        let mut shop = stage.shop();
        let code = shop.promotion_code(day(-1), "ADA25");
        let discount = shop.discount(&code);
        (code, discount)
    };
    stage.app.clock.set(day(-1));
    if matches!(by, By::Deliveries | By::Both) {
        stage.deliver(Version::Endive).await;
    } else {
        stage.pull(Some(&["COUPONS"])).await;
        stage.drain().await;
    }
    let assign = "mutation($input: PromotionCodeAssignInput!) { promotionCodeAssign(input: $input) { userErrors { message } } }";
    let input = json!({ "connectionId": stage.connection, "enrollmentId": stage.ada.enrollment, "from": day(-1),
        "promotionCode": { "stripeId": code.id } });
    let done = stage.ask(assign, json!({ "input": input })).await;
    assert_eq!(done["promotionCodeAssign"]["userErrors"], json!([]));
    discount
}

/// What a purchase came to.
type Sale = (Option<DateTime<Utc>>, i64, DecisionReason, Option<&'static str>, i64, i64);

/// What can be said of the books without ids of this instance.
#[derive(Debug, PartialEq)]
struct Told {
    sales: BTreeMap<String, Sale>,
    commissions: BTreeMap<&'static str, Vec<(CommissionState, i64)>>,
    accounts: BTreeMap<(&'static str, LedgerAccount, Currency), i64>,
}

async fn told(stage: &Stage) -> Told {
    let books = stage.books().await;
    let all = [stage.ada, stage.bob];
    let code = |of: &dyn Fn(&Affiliate) -> bool| all.iter().find(|affiliate| of(affiliate)).map(|affiliate| affiliate.code);
    let sale = |row: &entity::purchase::Model| {
        let decision = &books.decisions[&row.id];
        let winner = code(&|affiliate| Some(affiliate.enrollment) == decision.enrollment_id);
        (row.purchased_at, row.collected, decision.reason, winner, decision.base, decision.amount)
    };
    let mut accounts: BTreeMap<(&'static str, LedgerAccount, Currency), i64> = BTreeMap::new();
    for entry in &books.entries {
        let partner = code(&|affiliate| Some(affiliate.partner) == entry.partner_id).unwrap_or("-");
        *accounts.entry((partner, entry.account, entry.currency)).or_default() += entry.amount;
    }
    accounts.retain(|_, sum| *sum != 0);
    let earned = |affiliate: &Affiliate| {
        let mut earned: Vec<_> = books.commissions_of(*affiliate).into_iter().filter(|(_, amount)| *amount != 0).collect();
        earned.sort_by_key(|(_, amount)| *amount);
        (affiliate.code, earned)
    };
    Told {
        sales: books.purchases.iter().filter(|row| row.purchased_at.is_some()).map(|row| (row.key.clone(), sale(row))).collect(),
        commissions: all.iter().map(earned).collect(),
        accounts,
    }
}

async fn month(by: By, on_servers: bool) -> Told {
    let stage = Stage::set(Setup { on_servers, ..Setup::default() }).await;
    play(&stage, by).await;
    stage.wait_until(day(40)).await;
    if by != By::Deliveries {
        stage.pull_all().await;
    }
    if by == By::Late {
        stage.deliver(Version::Endive).await;
    }
    stage.wait_until(day(41)).await;
    let told = told(&stage).await;
    stage.finish().await;
    told
}

#[rstest]
#[tokio::test]
async fn s8_a_month_by_deliveries_by_a_pull_and_by_both_is_the_same_ledger(#[values(false, true)] on_servers: bool) {
    let delivered = month(By::Deliveries, on_servers).await;
    assert_eq!(delivered.sales.len(), 7, "{delivered:#?}");
    let reasons = |wanted| delivered.sales.values().filter(|sale| sale.2 == wanted).count();
    assert!(reasons(DecisionReason::Commissioned) >= 4, "{delivered:#?}");
    for by in [By::Pull, By::Both, By::Late] {
        assert_eq!(month(by, on_servers).await, delivered, "{by:?}");
    }
}
