//! The live feed of commissions.

use std::time::Duration;

use async_graphql::{Request, Variables};
use entity::commission;
use entity::value::{CommissionId, Mode};
use futures_util::{Stream, StreamExt};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use tributary::domain::access::Viewer;
use tributary::service::outbox::topic;

use super::world::{Sale, World, at, on_both};

const FOLLOW: &str = "subscription($after: String) { commissions(after: $after) { cursor commission { id amount { decimal } } } }";

fn follow(world: &World, viewer: &Viewer, after: Option<&str>) -> impl Stream<Item = Value> + Unpin + use<> {
    let request = Request::new(FOLLOW).variables(Variables::from_json(json!({ "after": after }))).data(viewer.clone());
    let responses = world.schema.execute_stream(request).map(|response| {
        assert!(response.errors.is_empty(), "{:?}", response.errors);
        response.data.into_json().unwrap()["commissions"].clone()
    });
    Box::pin(responses)
}

/// The next event, or nothing when none comes.
async fn next(stream: &mut (impl Stream<Item = Value> + Unpin)) -> Option<Value> {
    tokio::time::timeout(Duration::from_millis(300), stream.next()).await.ok().flatten()
}

async fn tell(world: &World, sale: &Sale, which: usize) {
    let payload = json!({ "commission": sale.commission, "purchase": sale.purchase, "partner": world.shop.partners[which].0 });
    world.services.feed.publish(&topic(world.shop.id, Mode::Live), payload.to_string()).await.unwrap();
}

async fn change(world: &World, id: CommissionId, seconds: i64) {
    let update = commission::Entity::update_many().col_expr(commission::Column::UpdatedAt, Expr::value(at(seconds)));
    update.filter(commission::Column::Id.eq(id)).exec(world.services.db.write()).await.unwrap();
}

#[tokio::test]
async fn each_hears_of_their_own() {
    on_both(|world: World| async move {
        let jane = world.customer(&world.shop, "Jane").await;
        let (first, second) = (world.sale(&world.shop, jane, 0, 10).await, world.sale(&world.shop, jane, 1, 20).await);
        let mut merchant = follow(&world, &world.analyst(), None);
        let mut partner = follow(&world, &world.partner(1), None);
        assert_eq!(next(&mut merchant).await, None, "what was before is not told");
        assert_eq!(next(&mut partner).await, None);
        tell(&world, &first, 0).await;
        tell(&world, &second, 1).await;
        let heard = next(&mut merchant).await.unwrap();
        assert_eq!(heard["commission"], json!({ "id": first.commission, "amount": { "decimal": "20.00" } }));
        assert_eq!(next(&mut merchant).await.unwrap()["commission"]["id"], json!(second.commission));
        assert_eq!(next(&mut partner).await.unwrap()["commission"]["id"], json!(second.commission));
        assert_eq!(next(&mut partner).await, None);
        world.services.feed.publish(&topic(world.shop.id, Mode::Live), "nonsense".to_owned()).await.unwrap();
        tell(&world, &first, 0).await;
        assert_eq!(next(&mut merchant).await.unwrap()["commission"]["id"], json!(first.commission), "nonsense is passed over");
    })
    .await;
}

#[tokio::test]
async fn who_comes_back_hears_what_they_missed() {
    on_both(|world: World| async move {
        let jane = world.customer(&world.shop, "Jane").await;
        let old = world.sale(&world.shop, jane, 0, 10).await;
        let seen = world.sale(&world.shop, jane, 0, 500).await;
        let mut stream = follow(&world, &world.analyst(), None);
        assert_eq!(next(&mut stream).await, None);
        tell(&world, &seen, 0).await;
        let cursor = next(&mut stream).await.unwrap()["cursor"].as_str().unwrap().to_owned();
        drop(stream);

        let missed = world.sale(&world.shop, jane, 0, 600).await;
        let foreign = world.sale(&world.shop, jane, 1, 601).await;
        let mut stream = follow(&world, &world.partner(0), Some(&cursor));
        assert_eq!(next(&mut stream).await.unwrap()["commission"]["id"], json!(missed.commission));
        assert_eq!(next(&mut stream).await, None, "neither what was seen nor what is another's: {old:?} {foreign:?}");
        tell(&world, &missed, 0).await;
        assert_eq!(next(&mut stream).await.unwrap()["commission"]["id"], json!(missed.commission), "then it goes on live");

        // A transaction that began before the cursor's can commit after it.
        change(&world, old.commission, 490).await;
        let mut stream = follow(&world, &world.analyst(), Some(&cursor));
        assert_eq!(next(&mut stream).await.unwrap()["commission"]["id"], json!(old.commission));
    })
    .await;
}

#[tokio::test]
async fn the_cursor_of_the_list_is_one_of_the_feed() {
    on_both(|world: World| async move {
        let jane = world.customer(&world.shop, "Jane").await;
        world.sale(&world.shop, jane, 0, 10).await;
        let list = "{ commissions(first: 1, orderBy: LATEST_CHANGE) { edges { cursor } } }";
        let found = world.ask(&world.analyst(), list, Value::Null).await;
        let cursor = found["commissions"]["edges"][0]["cursor"].as_str().unwrap().to_owned();
        let new = world.sale(&world.shop, jane, 0, 50).await;
        let mut stream = follow(&world, &world.analyst(), Some(&cursor));
        assert_eq!(next(&mut stream).await.unwrap()["commission"]["id"], json!(new.commission));
        assert_eq!(next(&mut stream).await, None);
    })
    .await;
}

#[tokio::test]
async fn a_reader_who_falls_behind_takes_up_from_the_table() {
    let world = World::sqlite().await;
    let jane = world.customer(&world.shop, "Jane").await;
    let sale = world.sale(&world.shop, jane, 0, 10).await;
    let mut stream = follow(&world, &world.analyst(), None);
    assert_eq!(next(&mut stream).await, None);
    for _ in 0..300 {
        tell(&world, &sale, 1).await;
    }
    // Cut off; what has changed since is in the table.
    change(&world, sale.commission, 2000).await;
    let heard = tokio::time::timeout(Duration::from_secs(2), stream.next()).await.unwrap().unwrap();
    assert_eq!(heard["commission"]["id"], json!(sale.commission));
}
