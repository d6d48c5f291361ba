//! Linking a Stripe account, seeing what the link may, and leaving: over GraphQL and HTTP, against a pretended Stripe.

mod keys;

use std::sync::{Arc, Mutex};

use chrono::Duration;
use secrecy::SecretString;
use serde_json::{Value, json};
use tributary::service::stripe_connection::check;

use crate::support::app::{Setup, TestApp};
use crate::support::merchant::Merchant;
use crate::support::stripe::{FakeStripe, Shop};

/// The account of the merchant.
const ACCOUNT: &str = "acct_1Merchant";

/// An instance with one merchant, who has an account at a pretended Stripe where only known keys work.
struct Ground {
    app: TestApp,
    stripe: FakeStripe,
    /// The account in test mode.
    shop: Arc<Mutex<Shop>>,
    merchant: Merchant,
}

impl Ground {
    async fn new() -> Self {
        Self::set(TestApp::setup()).await
    }

    /// The same on servers, and with settings of its own.
    async fn set(setup: Setup) -> Self {
        let shop = Arc::new(Mutex::new(Shop::of(ACCOUNT, false)));
        let stripe = FakeStripe::start(Arc::clone(&shop));
        stripe.only_known_keys();
        let app = setup.flag(&format!("--stripe-api={}", stripe.base())).start().await;
        stripe.set_now(app.clock.now());
        let merchant = Merchant::first(app.services()).await;
        Self { app, stripe, shop, merchant }
    }

    /// What the owner gets, in test mode.
    async fn ask(&self, document: &str, variables: Value) -> Value {
        self.app.graphql(document).bearer(&self.merchant.token).mode("test").variables(variables).data().await
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
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

/// A header as Stripe signs.
fn signed(app: &TestApp, body: &[u8], secret: &str) -> String {
    tributary::stripe::signature::sign(body, &[SecretString::from(secret)], app.clock.now())
}
