//! S12, S13: an app that is installed by a link. Its tokens end and are replaced by one caller at a time; the order of redirect and event does
//! not matter.

use chrono::Duration;
use rstest::rstest;
use serde_json::{Value, json};
use tributary::service::stripe_connection::access;
use tributary::store;

use super::pages::{Browser, CALLBACK};
use super::{ACCOUNT, Ground, text};
use crate::support::stripe::{App, Fault, Trouble};

fn install() -> Value {
    json!({ "method": "APP", "name": "Shop" })
}

async fn ground() -> Ground {
    let ground = Ground::platform().await;
    ground.stripe.app(App::new(CALLBACK, ACCOUNT, false));
    ground
}

/// How often tokens were asked for.
fn pairs(ground: &Ground) -> usize {
    ground.asked(0).iter().filter(|asked| *asked == "/v1/oauth/token").count()
}

/// Asks Stripe something with the connection's token. Gives whether that worked.
async fn works(ground: &Ground, id: &str) -> bool {
    let services = ground.app.services();
    match access::of(services, id.parse().unwrap()).await.unwrap() {
        Some(access) => access.note(services, access.client.account().await).await.is_ok(),
        None => false,
    }
}

#[tokio::test]
async fn s_12_an_app_is_installed_by_its_link_and_says_what_it_may() {
    let ground = Ground::platform().await;
    let mut app = App::new(CALLBACK, ACCOUNT, false);
    app.permissions = ["customer_read", "charge_read", "accounts_kyc_basic_read"].map(str::to_owned).to_vec();
    ground.stripe.app(app);
    let mut browser = Browser::default();
    let url = ground.authorize(install()).await;
    let page = browser.open(&ground, &url).await;
    assert!(page.body.contains("test version") && page.body.contains("that is expected"), "the notice is announced: {}", page.body);
    let id = ground.come_back(install()).await;
    let seen = ground.see(&id, "status method account permissions { name state } capabilities { capability advice }").await;
    assert_eq!((&seen["status"], &seen["method"], &seen["account"]), (&json!("LINKED"), &json!("APP"), &json!(ACCOUNT)));
    let state = |name: &str| seen["permissions"].as_array().unwrap().iter().find(|row| row["name"] == name).unwrap()["state"].clone();
    assert_eq!((state("charge_read"), state("charge_write")), (json!("GRANTED"), json!("MISSING")));
    let shipping = seen["capabilities"].as_array().unwrap().iter().find(|row| row["capability"] == "WRITE_SHIPPING").unwrap();
    assert!(text(&shipping["advice"]).contains("manifest: charge_write"), "{shipping}");
}

/// S12: somebody who installs the app from Stripe's side comes without a state. Nothing is linked to anybody, and the way on is told.
#[tokio::test]
async fn s_12_a_callback_without_a_state_links_nobody_and_tells_the_way() {
    let ground = ground().await;
    let link = ground.stripe.base().join("/oauth/v2/chnlink_1/authorize?client_id=ca_app_tributary").unwrap();
    let back = ground.at_stripe(link.as_str()).await;
    assert!(!back.contains("state="));
    let page = Browser::default().open(&ground, &back).await;
    assert_eq!((page.status.as_u16(), page.fault()), (400, "STATE_MISSING"));
    assert!(page.body.contains("it is installed, and nothing is lost"), "{}", page.body);
    assert_eq!((ground.connections("id").await.len(), pairs(&ground)), (0, 0));
    let id = ground.come_back(install()).await;
    assert_eq!(ground.see(&id, "status").await["status"], "LINKED");
}

#[rstest]
#[case(false)]
#[case(true)]
#[tokio::test]
async fn s_12_a_token_that_ends_is_replaced_once_for_all_who_wait(#[case] on_servers: bool) {
    let ground = if on_servers { Ground::platform_on_servers().await } else { Ground::platform().await };
    ground.stripe.app(App::new(CALLBACK, ACCOUNT, false));
    let id = ground.come_back(install()).await;
    assert_eq!(pairs(&ground), 1);
    assert!(works(&ground, &id).await);
    assert_eq!(pairs(&ground), 1, "a token that is good is used");
    for hour in 1..=3 {
        ground.app.clock.advance(Duration::minutes(57));
        ground.stripe.set_now(ground.app.clock.now());
        let all = futures_util::future::join_all((0..8).map(|_| works(&ground, &id))).await;
        assert_eq!(all, [true; 8], "hour {hour}");
        assert_eq!(pairs(&ground), 1 + hour, "eight callers, one pair");
    }
    let row = store::connection::by_id(ground.app.services().db.read(), id.parse().unwrap()).await.unwrap().unwrap();
    let shown = format!("{row:?}");
    assert!(!shown.contains("app_token") && !shown.contains("rt_app"), "both halves are sealed");
}

/// One refresher: while another process has the lease nobody else asks; when that process died, the lease runs out.
#[tokio::test]
async fn s_12_who_died_with_the_lease_costs_a_minute() {
    let ground = ground().await;
    let id = ground.come_back(install()).await;
    ground.app.clock.advance(Duration::minutes(56));
    ground.stripe.set_now(ground.app.clock.now());
    let (db, now) = (ground.app.services().db.write(), ground.app.clock.now());
    let leased = store::connection::lease_refresh(db, id.parse().unwrap(), "gone", now + Duration::seconds(60), now).await.unwrap();
    assert!(leased.is_some());
    assert!(works(&ground, &id).await, "the old token works for some minutes more");
    assert_eq!(pairs(&ground), 1);
    ground.app.clock.advance(Duration::seconds(61));
    ground.stripe.set_now(ground.app.clock.now());
    assert!(works(&ground, &id).await);
    assert_eq!(pairs(&ground), 2);
}

/// Stripe is away when the token is to be replaced: the old one goes on while it can, nothing is lost, and the next call tries again.
#[tokio::test]
async fn s_12_a_replacement_that_fails_is_tried_again() {
    let ground = ground().await;
    let id = ground.come_back(install()).await;
    ground.app.clock.advance(Duration::minutes(56));
    ground.stripe.set_now(ground.app.clock.now());
    ground.stripe.fault(Fault::once(Trouble::Status { status: 503, should_retry: None, retry_after: None }).on("/v1/oauth/token"));
    assert!(works(&ground, &id).await);
    assert_eq!(ground.see(&id, "status").await["status"], "LINKED");
    assert!(works(&ground, &id).await);
    assert_eq!((pairs(&ground), ground.see(&id, "status").await), (3, json!({ "status": "LINKED" })));
}

/// S14: the app was uninstalled, and no event told of it.
#[tokio::test]
async fn s_14_a_refresh_token_that_is_refused_ends_the_connection() {
    let ground = ground().await;
    let id = ground.come_back(install()).await;
    ground.stripe.disconnect(ACCOUNT, false);
    ground.app.clock.advance(Duration::minutes(58));
    ground.stripe.set_now(ground.app.clock.now());
    assert!(!works(&ground, &id).await);
    let seen = ground.see(&id, "status statusReason").await;
    assert!(seen["status"] == "DEAUTHORIZED" && text(&seen["statusReason"]).contains("install it again"), "{seen}");
    let before = ground.stripe.log().len();
    assert!(!works(&ground, &id).await);
    assert_eq!(ground.asked(before), Vec::<String>::new());
    ground.stripe.app(App::new(CALLBACK, ACCOUNT, false));
    assert_eq!(ground.come_back(install()).await, id, "the same connection goes on");
    assert!(works(&ground, &id).await);
}

/// S13: the redirect and the events of the account come in either order, and twice.
#[rstest]
#[case::redirect_first(true)]
#[case::event_first(false)]
#[tokio::test]
async fn s_13_both_orders_give_one_connection(#[case] redirect_first: bool) {
    let ground = ground().await;
    ground.platform_endpoint();
    let mut browser = Browser::default();
    let back = ground.walk(&mut browser, install()).await;
    ground.shop.lock().unwrap().customer(ground.app.clock.now(), "ann@example.com", Some("user-1"));
    if redirect_first {
        assert_eq!(browser.open(&ground, &back).await.status, 200);
        ground.deliver().await;
    } else {
        ground.deliver().await;
        assert!(ground.connections("id").await.is_empty(), "an event alone proves no merchant");
        assert_eq!(browser.open(&ground, &back).await.status, 200);
    }
    ground.app.drain().await;
    let rows = ground.connections("id status account").await;
    assert_eq!((rows.len(), &rows[0]["status"], &rows[0]["account"]), (1, &json!("LINKED"), &json!(ACCOUNT)));
    let events = ground.inbox().await;
    assert_eq!(events, [("account.application.authorized".into(), "IGNORED".into()), ("customer.created".into(), "DONE".into())]);
    assert_eq!(ground.come_back(install()).await, text(&rows[0]["id"]), "installing again is the same");
}
