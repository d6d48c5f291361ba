//! Linking a Stripe account, seeing what the link may, and leaving: over GraphQL and HTTP, against a pretended Stripe.

mod app;
mod doctor;
mod endpoints;
mod keys;
mod oauth;
mod pages;
mod self_check;
mod states;
mod written;

use std::sync::{Arc, Mutex};

use chrono::Duration;
use entity::{inbox_event, purchase};
use sea_orm::{EntityTrait, PaginatorTrait};
use secrecy::SecretString;
use serde_json::{Value, json};
use tributary::service::stripe_connection::check;

use crate::support::app::{PUBLIC_URL, Setup, TestApp};
use crate::support::merchant::Merchant;
use crate::support::stripe::{Endpoint, FakeStripe, Shop, Version};

/// The account of the merchant.
const ACCOUNT: &str = "acct_1Merchant";
/// What signs events at the platform's address.
const PLATFORM_SECRET: &str = "whsec_of_the_platform_in_tests_0123456789";

/// An instance with one merchant, who has an account at a pretended Stripe where only known keys work.
struct Ground {
    app: TestApp,
    stripe: FakeStripe,
    /// The account in test mode.
    shop: Arc<Mutex<Shop>>,
    /// The platform's own account in test mode.
    own: Arc<Mutex<Shop>>,
    merchant: Merchant,
}

impl Ground {
    /// An instance where keys alone can be pasted.
    async fn new() -> Self {
        Self::set(|setup, _| setup).await
    }

    /// An instance that is a Connect platform and has an app, in both modes.
    async fn platform() -> Self {
        Self::with(|setup| setup).await
    }

    /// The same on PostgreSQL and Redis.
    async fn platform_on_servers() -> Self {
        Self::with(|setup| setup.postgres().redis()).await
    }

    /// The same with settings of its own.
    async fn with(more: impl FnOnce(Setup) -> Setup) -> Self {
        Self::set(|setup, base| {
            let flags = [
                format!("--stripe-connect={base}"),
                "--stripe-client-id-test=ca_test_platform".to_owned(),
                "--stripe-client-id-live=ca_live_platform".to_owned(),
                "--stripe-platform-key-test=sk_test_platform_0123456789".to_owned(),
                "--stripe-platform-key-live=sk_live_platform_0123456789".to_owned(),
                format!("--stripe-app-install-url-test={base}oauth/v2/chnlink_1/authorize?client_id=ca_app_tributary"),
                format!("--stripe-app-install-url-live={base}oauth/v2/authorize?client_id=ca_app_tributary"),
                "--stripe-app-key-test=sk_test_developer_0123456789".to_owned(),
                "--stripe-app-key-live=sk_live_developer_0123456789".to_owned(),
                format!("--stripe-platform-webhook-secrets-test={PLATFORM_SECRET}"),
            ];
            more(flags.iter().fold(setup, |setup, flag| setup.flag(flag)))
        })
        .await
    }

    async fn set(flags: impl FnOnce(Setup, &str) -> Setup) -> Self {
        let shop = Arc::new(Mutex::new(Shop::of(ACCOUNT, false)));
        let stripe = FakeStripe::start(Arc::clone(&shop));
        let own = stripe.add(Shop::of("acct_1Platform", false));
        stripe.only_known_keys();
        let setup = TestApp::setup().flag(&format!("--stripe-api={}", stripe.base()));
        let app = flags(setup, stripe.base().as_str()).start().await;
        stripe.set_now(app.clock.now());
        stripe.road(PUBLIC_URL, app.url("").trim_end_matches('/'));
        let merchant = Merchant::first(app.services()).await;
        Self { app, stripe, shop, own, merchant }
    }

    /// What the merchant's server gets, in test mode.
    async fn ask(&self, document: &str, variables: Value) -> Value {
        self.ask_as(&self.merchant.secret_key, document, variables).await
    }

    /// The same with another bearer. The owner's token is good for a quarter of an hour.
    async fn ask_as(&self, bearer: &str, document: &str, variables: Value) -> Value {
        self.app.graphql(document).bearer(bearer).mode("test").variables(variables).data().await
    }

    /// Runs a mutation about a connection and gives these fields of it.
    async fn change(&self, mutation: &str, input: Value, fields: &str) -> Value {
        let done = self.run(mutation, input, fields).await;
        assert_eq!(done["userErrors"], json!([]), "{mutation}");
        done["stripeConnection"].clone()
    }

    /// Runs a mutation about a connection that is refused. Gives code and message.
    async fn refused(&self, mutation: &str, input: Value) -> (String, String) {
        let done = self.run(mutation, input, "id").await;
        let told = |field: &str| done["userErrors"][0][field].as_str().unwrap_or_else(|| panic!("{mutation}: {done}")).to_owned();
        (told("code"), told("message"))
    }

    async fn run(&self, mutation: &str, input: Value, fields: &str) -> Value {
        let (first, rest) = mutation.split_at(1);
        let kind = format!("{}{rest}Input", first.to_uppercase());
        let document = format!(
            "mutation($input: {kind}!) {{ {mutation}(input: $input) {{ stripeConnection {{ {fields} }} userErrors {{ field code message }} }} }}"
        );
        self.ask(&document, json!({ "input": input })).await[mutation].clone()
    }

    /// Links by a key. Gives the id.
    async fn link(&self, key: &str) -> String {
        text(&self.change("stripeConnectionCreate", json!({ "name": "Stripe", "key": key }), "id").await["id"])
    }

    /// These fields of a connection.
    async fn see(&self, id: &str, fields: &str) -> Value {
        let document = format!("query($id: ID!) {{ stripeConnection(id: $id) {{ {fields} }} }}");
        self.ask(&document, json!({ "id": id })).await["stripeConnection"].clone()
    }

    /// Lets time pass, and does what is due at Stripe then.
    async fn wait(&self, time: Duration) {
        self.app.clock.advance(time);
        self.stripe.set_now(self.app.clock.now());
        self.app.drain().await;
        check::due(self.app.services()).await.unwrap();
    }

    /// What Stripe was asked since the last time.
    fn asked(&self, since: usize) -> Vec<String> {
        self.stripe.log().split_off(since)
    }

    /// The platform registers an endpoint for the events of connected accounts.
    fn platform_endpoint(&self) {
        self.own.lock().unwrap().endpoints.insert(Endpoint {
            id: "we_platform".into(),
            created: self.app.clock.now(),
            url: format!("{PUBLIC_URL}/webhooks/stripe/platform/test"),
            events: vec!["*".into()],
            version: None,
            version_name: None,
            connect: true,
            description: None,
            enabled: true,
            secrets: vec![PLATFORM_SECRET.to_owned()],
            metadata: Default::default(),
        });
    }

    /// Stripe delivers what happened to every endpoint, and it is worked off.
    async fn deliver(&self) {
        let delivered = self.stripe.deliver(self.app.clock.now()).await;
        assert!(delivered.iter().all(fake_stripe::Delivered::is_ok), "{delivered:?}");
        self.app.drain().await;
    }

    /// The path of a connection's own address, and a secret that signs there.
    async fn own_endpoint(&self, id: &str, livemode: bool) -> (String, String) {
        let secret = "whsec_of_this_connection_0123456789".to_owned();
        let document = "mutation($input: StripeConnectionAddWebhookSecretInput!) { stripeConnectionAddWebhookSecret(input: $input) {
            stripeConnection { webhookUrl } userErrors { message } } }";
        let (bearer, mode) = if livemode { (&self.merchant.token, "live") } else { (&self.merchant.secret_key, "test") };
        let done =
            self.app.graphql(document).bearer(bearer).mode(mode).variables(json!({ "input": { "id": id, "secret": secret } })).data().await;
        let url = text(&done["stripeConnectionAddWebhookSecret"]["stripeConnection"]["webhookUrl"]);
        (url.strip_prefix(PUBLIC_URL).unwrap().to_owned(), secret)
    }

    /// Stripe delivers what happened to the connection's own address, and it is worked off.
    async fn deliver_to(&self, id: &str) {
        let (path, secret) = self.own_endpoint(id, false).await;
        let news = self.shop.lock().unwrap().news();
        for event in news.iter().filter(|event| event.exists_in(Version::Endive)) {
            let body = event.body(Version::Endive);
            let header = signed(&self.app, &body, &secret);
            assert_eq!(self.app.post(&path).header("stripe-signature", header).body(body).send().await.unwrap().status(), 200);
        }
        self.app.drain().await;
    }

    /// An event of the account comes to the platform's address.
    async fn post_event(&self, id: &str) {
        let object = json!({ "id": "cus_late", "object": "customer", "email": "jo@example.com" });
        let event = json!({ "id": id, "object": "event", "type": "customer.created", "account": ACCOUNT, "livemode": false,
            "created": self.app.clock.now().timestamp(), "data": { "object": object } });
        let body = event.to_string().into_bytes();
        let request = self.app.post("/webhooks/stripe/platform/test").header("stripe-signature", signed(&self.app, &body, PLATFORM_SECRET));
        assert_eq!(request.body(body).send().await.unwrap().status(), 200);
    }

    /// Every event that came: type and state, by type.
    async fn inbox(&self) -> Vec<(String, String)> {
        let rows = inbox_event::Entity::find().all(self.app.services().db.read()).await.unwrap();
        let mut seen: Vec<_> = rows.into_iter().map(|row| (row.event_type, row.status.to_string())).collect();
        seen.sort();
        seen
    }

    /// The state of one event.
    async fn event(&self, id: &str) -> String {
        let rows = inbox_event::Entity::find().all(self.app.services().db.read()).await.unwrap();
        rows.into_iter().find(|row| row.event_id == id).unwrap().status.to_string()
    }

    async fn purchases(&self) -> u64 {
        purchase::Entity::find().count(self.app.services().db.read()).await.unwrap()
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

/// A header as Stripe signs.
fn signed(app: &TestApp, body: &[u8], secret: &str) -> String {
    tributary::stripe::signature::sign(body, &[SecretString::from(secret)], app.clock.now())
}
