//! Events at the platform's address: they go to the connection that proved the account, and to nobody who only names it (IN-4).

use std::sync::{Arc, Mutex};

use entity::value::{ConnectionId, InboxStatus};
use entity::{inbox_event, stripe_connection};
use reqwest::StatusCode;
use rstest::rstest;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel};
use serde_json::{Value, json};
use tributary::store;
use tributary::stripe::signature::sign;

use crate::support::app::TestApp;
use crate::support::merchant::Merchant;
use crate::support::stripe::{FakeStripe, Key, Shop};

const SECRET: &str = "whsec_of_the_platform_in_tests_0123456789";
const ACCOUNT: &str = "acct_shop";
/// May not read its account.
const SILENT: &str = "rk_test_silent_0123456789";
/// Of [`ACCOUNT`], and may say so.
const PROVING: &str = "rk_test_proving_0123456789";
/// Of another account.
const OTHER: &str = "rk_test_of_another_0123456789";

struct Platform {
    app: TestApp,
    /// Kept running.
    _stripe: FakeStripe,
}

impl Platform {
    async fn start(on_servers: bool) -> Self {
        let stripe = FakeStripe::start(Arc::new(Mutex::new(Shop::of(ACCOUNT, false))));
        stripe.add(Shop::of("acct_other", false));
        stripe.only_known_keys();
        stripe.key(SILENT, Key::of(ACCOUNT, false).only(["customer_read"]));
        stripe.key(PROVING, Key::of(ACCOUNT, false));
        stripe.key(OTHER, Key::of("acct_other", false));
        let setup = TestApp::setup().flag(&format!("--stripe-platform-webhook-secrets-test={SECRET}"));
        let setup = setup.flag(&format!("--stripe-api={}", stripe.base()));
        let app = if on_servers { setup.postgres().redis() } else { setup }.start().await;
        Self { app, _stripe: stripe }
    }

    /// Delivers an event of an account as Stripe does.
    async fn deliver(&self, id: &str, account: &str) {
        let object = json!({ "id": "cus_1", "object": "customer", "email": "jo@example.com" });
        let event = json!({ "id": id, "object": "event", "type": "customer.created", "account": account, "livemode": false,
            "created": 1_767_268_800, "api_version": "2025-03-31.basil", "data": { "object": object } });
        let body = event.to_string().into_bytes();
        let header = sign(&body, &[SECRET.into()], self.app.clock.now());
        let request = self.app.post("/webhooks/stripe/platform/test").header("stripe-signature", header).body(body);
        assert_eq!(request.send().await.unwrap().status(), StatusCode::OK);
    }

    async fn ask(&self, merchant: &Merchant, mutation: &str, input: Value) -> Value {
        let (first, rest) = mutation.split_at(1);
        let document = format!(
            "mutation($input: {}{rest}Input!) {{ done: {mutation}(input: $input) {{
                stripeConnection {{ id account accountVerifiedAt status }} userErrors {{ field code message }} }} }}",
            first.to_uppercase()
        );
        let asked = self.app.graphql(&document).bearer(&merchant.secret_key).variables(json!({ "input": input }));
        asked.data().await["done"].clone()
    }

    async fn connect(&self, merchant: &Merchant, key: &str, account: Option<&str>) -> Value {
        self.ask(merchant, "stripeConnectionCreate", json!({ "name": "Stripe", "key": key, "account": account })).await
    }

    /// What a merchant sees of its inbox.
    async fn inbox(&self, merchant: &Merchant) -> Vec<(String, String)> {
        let query = "{ inboxEvents(first: 50) { nodes { eventId status } } }";
        let seen = self.app.graphql(query).bearer(&merchant.secret_key).data().await;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let nodes = seen["inboxEvents"]["nodes"].as_array().unwrap();
        let mut seen: Vec<_> = nodes.iter().map(|node| (text(&node["eventId"]), text(&node["status"]))).collect();
        seen.sort();
        seen
    }
}

fn code(answer: &Value) -> (&Value, &str) {
    (&answer["userErrors"][0]["code"], answer["userErrors"][0]["message"].as_str().unwrap())
}

fn done(id: &str) -> (String, String) {
    (id.to_owned(), "DONE".to_owned())
}

#[rstest]
#[case(false)]
#[case(true)]
#[tokio::test]
async fn an_event_goes_to_whom_proved_the_account_and_not_to_whom_names_it(#[case] on_servers: bool) {
    let platform = Platform::start(on_servers).await;
    let claims = Merchant::first(platform.app.services()).await;
    let proves = claims.another(platform.app.services()).await;
    let named = platform.connect(&claims, SILENT, Some(ACCOUNT)).await["stripeConnection"].clone();
    assert_eq!((&named["account"], &named["accountVerifiedAt"]), (&json!(ACCOUNT), &json!(null)));
    platform.deliver("evt_1", ACCOUNT).await;
    platform.deliver("evt_of_nobody", "acct_nobody").await;
    platform.app.drain().await;
    assert_eq!(platform.inbox(&claims).await, [], "naming an account gives nothing of it");
    let waiting = store::inbox::unrouted(platform.app.services().db.read()).await.unwrap();
    let waiting: Vec<_> = waiting.into_iter().map(|one| (one.account.unwrap(), one.livemode, one.events)).collect();
    assert_eq!(waiting, [("acct_nobody".to_owned(), false, 1), (ACCOUNT.to_owned(), false, 1)]);

    let proved = platform.connect(&proves, PROVING, None).await["stripeConnection"].clone();
    assert_eq!(proved["account"], json!(ACCOUNT));
    assert!(proved["accountVerifiedAt"].is_string());
    assert_eq!(platform.app.services().queue.stats().await.unwrap().ready, 1, "the bell rang for what had waited");
    platform.app.drain().await;
    platform.deliver("evt_2", ACCOUNT).await;
    platform.app.drain().await;
    assert_eq!(platform.inbox(&proves).await, [done("evt_1"), done("evt_2")]);
    assert_eq!(platform.inbox(&claims).await, []);
    assert_eq!(store::inbox::count_unrouted(platform.app.services().db.read()).await.unwrap(), (1, 0));
}

#[rstest]
#[case(false)]
#[case(true)]
#[tokio::test]
async fn a_proved_account_moves_only_when_it_is_unlinked_first(#[case] on_servers: bool) {
    let platform = Platform::start(on_servers).await;
    let first = Merchant::first(platform.app.services()).await;
    let second = first.another(platform.app.services()).await;
    let had = platform.connect(&first, PROVING, None).await["stripeConnection"]["id"].clone();
    let refused = platform.connect(&second, PROVING, None).await;
    assert_eq!(code(&refused).0, "TAKEN");
    assert!(code(&refused).1.contains("stripeConnectionUnlink"), "{refused}");
    let again = platform.connect(&first, PROVING, None).await;
    assert_eq!(code(&again).0, "TAKEN");
    assert!(code(&again).1.contains(had.as_str().unwrap()), "{again}");
    let wants = platform.connect(&second, SILENT, Some(ACCOUNT)).await["stripeConnection"]["id"].clone();
    let key = json!({ "id": wants, "key": PROVING });
    assert_eq!(code(&platform.ask(&second, "stripeConnectionUpdate", key.clone()).await).0, "TAKEN");

    platform.ask(&first, "stripeConnectionUnlink", json!({ "id": had })).await;
    platform.deliver("evt_1", ACCOUNT).await;
    let moved = platform.ask(&second, "stripeConnectionUpdate", key).await["stripeConnection"].clone();
    assert_eq!((&moved["id"], &moved["account"]), (&wants, &json!(ACCOUNT)));
    platform.app.drain().await;
    assert_eq!(platform.inbox(&second).await, [done("evt_1")]);
    let back = platform.ask(&first, "stripeConnectionUpdate", json!({ "id": had, "key": PROVING })).await;
    assert_eq!(code(&back).0, "TAKEN");
}

#[tokio::test]
async fn a_key_speaks_for_its_own_account_only() {
    let platform = Platform::start(false).await;
    let merchant = Merchant::first(platform.app.services()).await;
    assert_eq!(code(&platform.connect(&merchant, "rk_test_unknown_0123456789", None).await).0, "INVALID");
    let mistaken = platform.connect(&merchant, PROVING, Some("acct_other")).await;
    assert_eq!(code(&mistaken).0, "NOT_ALLOWED");
    assert!(code(&mistaken).1.contains(ACCOUNT), "{mistaken}");
    let id = platform.connect(&merchant, SILENT, Some("acct_typedwrong")).await["stripeConnection"]["id"].clone();
    let update = |key: &str| platform.ask(&merchant, "stripeConnectionUpdate", json!({ "id": id, "key": key }));
    assert_eq!(update(PROVING).await["stripeConnection"]["account"], json!(ACCOUNT), "what is proved replaces what was claimed");
    assert_eq!(code(&update(OTHER).await).0, "NOT_ALLOWED", "the history of one account is not mixed with another's");
    let silent = update(SILENT).await["stripeConnection"].clone();
    assert_eq!((&silent["account"], &silent["accountVerifiedAt"]), (&json!(ACCOUNT), &json!(null)), "a new key has to prove it anew");
}

#[tokio::test]
async fn an_event_that_came_while_the_account_was_being_proved_is_found_by_the_sweeper() {
    let platform = Platform::start(false).await;
    let merchant = Merchant::first(platform.app.services()).await;
    let id = platform.connect(&merchant, PROVING, None).await["stripeConnection"]["id"].as_str().unwrap().parse::<ConnectionId>().unwrap();
    let db = platform.app.services().db.write();
    // As if it had not been proved yet when the event was looked at.
    let row = stripe_connection::Entity::find_by_id(id).one(db).await.unwrap().unwrap();
    let mut unproved = row.clone().into_active_model();
    unproved.verified_at = Set(None);
    unproved.update(db).await.unwrap();
    platform.deliver("evt_1", ACCOUNT).await;
    row.into_active_model().reset_all().update(db).await.unwrap();
    let stored = inbox_event::Entity::find().one(db).await.unwrap().unwrap();
    assert_eq!(stored.status, InboxStatus::Unrouted);
    platform.app.drain().await;
    assert_eq!(platform.inbox(&merchant).await, [done("evt_1")]);
}
