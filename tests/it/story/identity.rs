//! Who stays whom: words by hand that last, and those whom a change leaves behind (ID-6, ID-7, IN-6).

use entity::value::{CustomerId, DecisionReason, Duration as Lasting, Terms};
use rstest::rstest;
use serde_json::json;

use crate::support::stage::{Setup, Stage, day, no_hold};
use crate::support::stripe::{Bill, Line, Version};

type Decided = (DecisionReason, i64, i64);
const EARNED: Decided = (DecisionReason::Commissioned, 10_000, 2_000);
const CONFLICT: Decided = (DecisionReason::IdentityConflict, 0, 0);
const NO_TOUCH: Decided = (DecisionReason::NoTouch, 0, 0);
const ANN: &str = "ann@example.com";
const WORK: &str = "ann@work.example";

fn bill(customer: &str) -> Bill {
    Bill::to(customer).line(Line::of(10_000))
}

async fn merge(stage: &Stage, id: CustomerId, into: CustomerId) {
    let merge = "mutation($input: CustomerMergeInput!) { customerMerge(input: $input) { customer { id } userErrors { code } } }";
    let done = stage.ask(merge, json!({ "input": { "id": id, "intoId": into, "reason": "the same person" } })).await;
    assert_eq!(done["customerMerge"], json!({ "customer": { "id": into }, "userErrors": [] }));
    stage.drain().await;
}

/// Whether all customers became one.
async fn alone(stage: &Stage) -> bool {
    stage.books().await.customers.iter().filter(|customer| customer.merged_into.is_none()).count() == 1
}

#[tokio::test]
async fn id_7_a_merge_by_hand_outlives_the_next_event_of_the_payment_provider() {
    let stage = Stage::new().await;
    let click = stage.click(stage.ada, day(0)).await;
    stage.page_tells(json!({ "externalId": "user-1", "email": ANN, "token": click.token }), day(1)).await;
    let user = stage.books().await.customers[0].id;
    let at_work = stage.shop().customer(day(2), WORK, None);
    stage.shop().pay(day(2), bill(&at_work));
    stage.deliver(Version::Endive).await;
    let buyer = stage.books().await.purchases[0].customer_id.unwrap();
    assert_ne!(buyer, user);
    merge(&stage, buyer, user).await;
    assert_eq!(stage.books().await.decided(), [EARNED]);
    stage.shop().pay(day(5), bill(&at_work));
    stage.deliver(Version::Endive).await;
    let books = stage.books().await;
    assert_eq!((books.decided(), books.entries_of(stage.ada)), (vec![EARNED; 2], vec![2_000, 2_000]));
    assert!(alone(&stage).await);
    stage.finish().await;
}

#[tokio::test]
async fn id_7_two_buyers_whom_a_hand_made_one_stay_one_when_the_merchants_id_of_one_of_them_is_told() {
    let stage = Stage::new().await;
    let [first, second] = [ANN, WORK].map(|email| stage.shop().customer(day(1), email, None));
    stage.shop().pay(day(2), bill(&first));
    stage.shop().pay(day(3), bill(&second));
    stage.deliver(Version::Endive).await;
    let owners: Vec<CustomerId> = stage.books().await.purchases.iter().map(|p| p.customer_id.unwrap()).collect();
    merge(&stage, owners[0], owners[1]).await;
    stage.shop().rename(day(4), &first, "user-1");
    stage.shop().pay(day(5), bill(&second));
    stage.deliver(Version::Endive).await;
    assert!(stage.books().await.purchases.iter().all(|p| p.customer_id == Some(owners[1])));
    assert!(alone(&stage).await);
    stage.finish().await;
}

#[tokio::test]
async fn id_7_a_sign_up_by_email_alone_that_was_merged_may_be_told_again() {
    let stage = Stage::new().await;
    stage.server_tells(json!({ "externalId": "user-1", "email": ANN }), day(1)).await;
    let user = stage.books().await.customers[0].id;
    stage.server_tells(json!({ "email": WORK }), day(2)).await;
    let other = stage.books().await.customers.iter().find(|c| c.id != user).unwrap().id;
    merge(&stage, other, user).await;
    stage.server_tells(json!({ "email": WORK, "name": "Ann" }), day(3)).await;
    assert!(alone(&stage).await);
    stage.finish().await;
}

#[rstest]
#[tokio::test]
async fn in_6_whoever_is_left_behind_is_settled_as_if_it_had_never_been_otherwise(#[values(false, true)] renamed_first: bool) {
    let terms = Terms { duration: Lasting::FirstOnly, ..no_hold() };
    let stage = Stage::set(Setup { terms, ..Setup::default() }).await;
    let click = stage.click(stage.ada, day(0)).await;
    stage.page_tells(json!({ "externalId": "user-1", "email": ANN, "token": click.token }), day(1)).await;
    let parts = {
        let mut shop = stage.shop();
        let other = shop.customer(day(1), ANN, None);
        shop.pay(day(2), bill(&other));
        let own = shop.customer(day(3), ANN, Some("user-1"));
        shop.pay(day(3), bill(&own));
        let bought = shop.news();
        shop.rename(day(4), &other, "user-7");
        [bought, shop.news()]
    };
    let order = if renamed_first { [1, 0] } else { [0, 1] };
    for event in order.iter().flat_map(|part| &parts[*part]).filter(|event| event.exists_in(Version::Endive)) {
        assert_eq!(stage.send(event, Version::Endive).await, 200);
        stage.drain().await;
    }
    let books = stage.books().await;
    assert_eq!(books.decided(), [NO_TOUCH, EARNED]);
    assert_eq!(books.owed(stage.ada), 2_000);
    stage.finish().await;
}

#[tokio::test]
async fn id_6_a_contradicted_buyer_is_in_conflict_on_each_side() {
    let stage = Stage::new().await;
    for (n, email) in [(1, ANN), (2, WORK)] {
        let click = stage.click(stage.ada, day(0)).await;
        stage.page_tells(json!({ "externalId": format!("user-{n}"), "email": email, "token": click.token }), day(1)).await;
    }
    let buyer = stage.shop().customer(day(2), "both@example.com", None);
    for n in [1, 2] {
        let mut named = bill(&buyer);
        named.metadata.insert("tributary_customer_id".into(), format!("user-{n}"));
        stage.shop().pay(day(2 + n), named);
    }
    stage.deliver(Version::Endive).await;
    let books = stage.books().await;
    assert_eq!(books.decided(), [CONFLICT; 2]);
    assert_ne!(books.purchases[0].customer_id, books.purchases[1].customer_id);
    stage.finish().await;
}

#[tokio::test]
async fn id_2_in_6_a_purchase_goes_with_the_id_that_is_named_behind_it_whoever_else_names_both() {
    let stage = Stage::new().await;
    for n in [1, 2] {
        stage.server_tells(json!({ "externalId": format!("user-{n}") }), day(1)).await;
    }
    let buyer = stage.shop().customer(day(2), ANN, Some("user-2"));
    stage.shop().pay(day(2), bill(&buyer));
    for n in [1, 2] {
        let mut named = bill(&buyer);
        named.metadata.insert("tributary_customer_id".into(), format!("user-{n}"));
        stage.shop().pay(day(2 + n), named);
    }
    stage.deliver(Version::Endive).await;
    stage.shop().rename(day(6), &buyer, "user-1");
    stage.deliver(Version::Endive).await;
    let books = stage.books().await;
    assert_eq!(books.decided(), [CONFLICT; 3]);
    assert_eq!(books.purchases[0].customer_id, books.purchases[1].customer_id, "the one that names user-1 itself");
    assert_ne!(books.purchases[0].customer_id, books.purchases[2].customer_id);
    stage.finish().await;
}

/// On PostgreSQL, where two transactions really run at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn id_7_two_merges_at_once_make_one_customer_and_no_circle() {
    let stage = Stage::set(Setup { on_servers: true, ..Setup::default() }).await;
    for n in 0..8 {
        let known: Vec<CustomerId> = stage.books().await.customers.iter().map(|customer| customer.id).collect();
        for side in ["a", "b"] {
            stage.server_tells(json!({ "externalId": format!("user-{n}-{side}") }), day(1)).await;
        }
        let new: Vec<CustomerId> = stage.books().await.customers.iter().map(|c| c.id).filter(|id| !known.contains(id)).collect();
        let merge = "mutation($input: CustomerMergeInput!) { customerMerge(input: $input) { customer { id } userErrors { code } } }";
        let ask = |id: CustomerId, into: CustomerId| {
            stage.ask(merge, json!({ "input": { "id": id, "intoId": into, "reason": "the same person" } }))
        };
        let (one, other) = tokio::join!(ask(new[0], new[1]), ask(new[1], new[0]));
        let done = [&one, &other].iter().filter(|said| said["customerMerge"]["customer"].is_object()).count();
        assert_eq!(done, 1, "{one} {other}");
    }
    let live = stage.books().await.customers.iter().filter(|customer| customer.merged_into.is_none()).count();
    assert_eq!(live, 8);
    stage.finish().await;
}
