//! A stage for stories: a served instance with one merchant, a program and two partners, a shop at a pretended Stripe, and a clock that
//! stands still. Everything that a story does goes through the front doors over HTTP; what follows is read in the books.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use chrono::{DateTime, Duration, TimeZone, Utc};
use entity::merchant;
use entity::value::{EnrollmentId, Mode, PartnerId, Terms};
use sea_orm::EntityTrait;
use secrecy::SecretString;
use serde_json::{Value, json};
use tributary::domain::access::Scope;
use tributary::service::merchant::ensure_setup_token;
use tributary::service::{audit, coverage};
use tributary::stripe::signature;

use super::app::TestApp;
use super::books::Books;
use super::figures;
use super::say::amounts_as_text;
use super::stripe::{Discount, Event, FakeStripe, Key, Shop, Version};

const SITE: &str = "https://shop.example";
const SECRET: &str = "whsec_of_the_stories_0123456789";

/// 2025-01-01 and a number of days.
pub fn day(number: i64) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2025, 1, 1, 0, 0, 0).unwrap() + Duration::days(number)
}

/// How the stage is set.
#[derive(Clone, Debug)]
pub struct Setup {
    pub terms: Terms,
    /// Whether the connection's key may read at Stripe.
    pub read_access: bool,
    pub mode: Mode,
    /// PostgreSQL and Redis in place of SQLite and memory.
    pub on_servers: bool,
    /// The program's currency.
    pub currency: Option<&'static str>,
}

impl Default for Setup {
    fn default() -> Self {
        Self { terms: no_hold(), read_access: true, mode: Mode::Live, on_servers: false, currency: None }
    }
}

/// The default terms, payable at once.
pub fn no_hold() -> Terms {
    Terms { hold_days: 0, ..Terms::default() }
}

/// A partner in the program, with a link.
#[derive(Clone, Copy, Debug)]
pub struct Affiliate {
    pub partner: PartnerId,
    pub enrollment: EnrollmentId,
    pub code: &'static str,
}

/// What the visitor of a link carries.
#[derive(Clone, Debug)]
pub struct Click {
    pub token: String,
    pub visitor: String,
}

pub struct Stage {
    pub app: TestApp,
    pub mode: Mode,
    pub program: String,
    pub ada: Affiliate,
    pub bob: Affiliate,
    pub stripe: FakeStripe,
    /// The path of the connection's webhook address.
    endpoint: String,
    pub connection: String,
    secret_key: String,
    publishable_key: String,
    shop: Arc<Mutex<Shop>>,
}

impl Stage {
    /// The usual stage: 20 %, no hold, read access, live mode, on SQLite and in memory.
    pub async fn new() -> Self {
        Self::set(Setup::default()).await
    }

    pub async fn set(setup: Setup) -> Self {
        let shop = Arc::new(Mutex::new(Shop::new(setup.mode.livemode())));
        let stripe = FakeStripe::start(Arc::clone(&shop));
        if !setup.read_access {
            stripe.forbid("/v1/");
        }
        let app = TestApp::setup().flag(&format!("--stripe-api={}", stripe.base())).flag("--trusted-proxies=127.0.0.0/8");
        let app = if setup.on_servers { app.postgres().redis() } else { app }.start().await;
        app.clock.set(day(-30));
        let owner = Owner::of(&app, setup.mode).await;
        let program = owner.program(&setup.terms, setup.currency).await;
        let (connection, endpoint) = owner.connection().await;
        let ada = owner.affiliate(&program, "ada").await;
        let bob = owner.affiliate(&program, "bob").await;
        let secret_key =
            owner.key(json!({ "kind": "SECRET", "scopes": ["READ", "TRACK", "WRITE_PROGRAMS", "WRITE_MONEY", "WRITE_CONNECTIONS"] })).await;
        let publishable_key = owner.key(json!({ "kind": "PUBLISHABLE", "origins": [SITE] })).await;
        Self { app, mode: setup.mode, program, ada, bob, stripe, endpoint, connection, secret_key, publishable_key, shop }
    }

    pub fn shop(&self) -> MutexGuard<'_, Shop> {
        self.shop.lock().unwrap()
    }

    /// An operation of the merchant's server, with its secret key.
    pub async fn ask(&self, document: &str, variables: Value) -> Value {
        self.app.graphql(document).bearer(&self.secret_key).variables(variables).data().await
    }

    async fn track(&self, path: &str, mut body: Value) -> Value {
        body["key"] = json!(self.publishable_key);
        let request = self.app.post(path).header("origin", SITE).header("user-agent", "Mozilla/5.0 (X11; Linux x86_64)");
        let response = request.json(&body).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path} {body}");
        response.json().await.unwrap()
    }

    /// The same with this landing page's query, referrer and address, where one is given.
    pub async fn click_from(&self, affiliate: Affiliate, at: DateTime<Utc>, (query, referrer, address): (&str, &str, &str)) -> Click {
        self.app.clock.set(at);
        let url = format!("{SITE}/?via={}&{query}", affiliate.code);
        let body = json!({ "key": self.publishable_key, "code": affiliate.code, "url": url, "referrer": referrer });
        let request = self.app.post("/track/click").header("origin", SITE).header("user-agent", "Mozilla/5.0 (X11; Linux x86_64)");
        let seen: Value = request.header("x-forwarded-for", address).json(&body).send().await.unwrap().json().await.unwrap();
        Click { token: text(&seen, "token"), visitor: text(&seen, "visitor") }
    }

    /// A visit through a partner's link at this time, by a visitor who was never there.
    pub async fn click(&self, affiliate: Affiliate, at: DateTime<Utc>) -> Click {
        self.click_by(None, affiliate, at).await
    }

    /// Another visit by the visitor of an earlier one.
    pub async fn click_again(&self, earlier: &Click, affiliate: Affiliate, at: DateTime<Utc>) -> Click {
        self.click_by(Some(&earlier.visitor), affiliate, at).await
    }

    async fn click_by(&self, visitor: Option<&str>, affiliate: Affiliate, at: DateTime<Utc>) -> Click {
        self.app.clock.set(at);
        let url = format!("{SITE}/?via={}", affiliate.code);
        let seen = self.track("/track/click", json!({ "code": affiliate.code, "url": url, "visitor": visitor })).await;
        Click { token: text(&seen, "token"), visitor: text(&seen, "visitor") }
    }

    /// A sign-up on the shop's page, with the merchant's own id, at this time.
    pub async fn sign_up(&self, external_id: &str, email: &str, click: Option<&Click>, at: DateTime<Utc>) {
        self.app.clock.set(at);
        let token = click.map(|click| &click.token);
        self.track("/track/signup", json!({ "externalId": external_id, "email": email, "token": token })).await;
    }

    /// A sign-up on the shop's page with these fields, at this time.
    pub async fn page_tells(&self, fields: Value, at: DateTime<Utc>) {
        self.app.clock.set(at);
        self.track("/track/signup", fields).await;
    }

    /// What the shop's server says of a customer, at this time.
    pub async fn server_tells(&self, input: Value, at: DateTime<Utc>) {
        self.app.clock.set(at);
        let create = "mutation($input: CustomerCreateInput!) { customerCreate(input: $input) { customerId userErrors { message } } }";
        let done = self.ask(create, json!({ "input": input })).await;
        assert_eq!(done["customerCreate"]["userErrors"], json!([]));
    }

    /// Someone whom Ada brought: a click, a sign-up a day later, and a customer at Stripe that carries the merchant's id.
    pub async fn customer_of_ada(&self, external_id: &str, email: &str) -> String {
        let click = self.click(self.ada, day(0)).await;
        self.sign_up(external_id, email, Some(&click), day(1)).await;
        self.shop().customer(day(1), email, Some(external_id))
    }

    /// Makes a promotion code at Stripe that is this partner's from then on.
    pub async fn code_of(&self, affiliate: Affiliate, text: &str, at: DateTime<Utc>) -> Discount {
        let (code, discount) = {
            let mut shop = self.shop();
            let code = shop.promotion_code(at, text);
            let discount = shop.discount(&code);
            (code, discount)
        };
        self.deliver(Version::Endive).await;
        let assign = "mutation($input: PromotionCodeAssignInput!) { promotionCodeAssign(input: $input) { userErrors { message } } }";
        let input = json!({
            "connectionId": self.connection, "enrollmentId": affiliate.enrollment, "from": at, "promotionCode": { "stripeId": code.id }
        });
        let done = self.ask(assign, json!({ "input": input })).await;
        assert_eq!(done["promotionCodeAssign"]["userErrors"], json!([]));
        discount
    }

    /// Another connection, whose address knows these signing secrets. Gives the path of the address.
    pub async fn another_endpoint(&self, secrets: &[String]) -> String {
        let create = "mutation($input: StripeConnectionCreateInput!) { stripeConnectionCreate(input: $input) { stripeConnection { id webhookUrl } } }";
        static OTHERS: AtomicU32 = AtomicU32::new(0);
        let number = OTHERS.fetch_add(1, Ordering::Relaxed);
        let key = format!("rk_{}_of_another_0123456789_{number}", self.mode.as_str().to_lowercase());
        let account = format!("acct_another{number}");
        let livemode = self.mode.livemode();
        self.stripe.add(Shop::of(&account, livemode));
        self.stripe.key(&key, Key::of(&account, livemode));
        let made = self.ask(create, json!({ "input": { "name": "Another", "key": key } })).await;
        let made = &made["stripeConnectionCreate"]["stripeConnection"];
        let add = "mutation($input: StripeConnectionAddWebhookSecretInput!) { stripeConnectionAddWebhookSecret(input: $input) { userErrors { message } } }";
        for secret in secrets {
            let done = self.ask(add, json!({ "input": { "id": made["id"], "secret": secret } })).await;
            assert_eq!(done["stripeConnectionAddWebhookSecret"]["userErrors"], json!([]));
        }
        text(made, "webhookUrl").parse::<url::Url>().unwrap().path().to_owned()
    }

    /// What Stripe was asked about purchases: not whose the key is and what it may, which is asked when it is given.
    pub fn asked(&self) -> Vec<String> {
        let of_key =
            |path: &str| ["/v1/account", "/v1/webhook_endpoints"].iter().any(|of| path.starts_with(of)) || path.ends_with("?limit=1");
        self.stripe.log().into_iter().filter(|path| !of_key(path) && !path.contains("tributary_probe")).collect()
    }

    /// Records that everything payable to a partner in dollars was paid. False when nothing is.
    pub async fn pay_out(&self, affiliate: Affiliate) -> bool {
        let record = "mutation($input: PayoutRecordInput!) { payoutRecord(input: $input) { payout { id } userErrors { code } } }";
        let done = self.ask(record, json!({ "input": { "partnerId": affiliate.partner, "currency": "USD" } })).await;
        done["payoutRecord"]["payout"].is_object()
    }

    /// The header that Stripe would send for a body now.
    pub fn signed(&self, body: &[u8]) -> String {
        signature::sign(body, &[SecretString::from(SECRET)], self.app.clock.now())
    }

    /// Posts a delivery to the connection's address as it is. Gives the status.
    pub async fn post(&self, header: &str, body: Vec<u8>) -> u16 {
        self.post_to(&self.endpoint, header, body).await
    }

    /// The same to another address.
    pub async fn post_to(&self, endpoint: &str, header: &str, body: Vec<u8>) -> u16 {
        let request = self.app.post(endpoint).header("stripe-signature", header).header("content-type", "application/json");
        request.body(body).send().await.unwrap().status().as_u16()
    }

    /// Delivers one event as Stripe does: signed, to the connection's address. The time is not before the event's.
    pub async fn send(&self, event: &Event, version: Version) -> u16 {
        self.app.clock.set(self.app.clock.now().max(event.at));
        let body = event.body(version);
        self.post(&self.signed(&body), body).await
    }

    /// Delivers what happened in the shop since the last time, in Stripe's order, and works it off. Nothing that the version lacks.
    pub async fn deliver(&self, version: Version) {
        let news = self.shop().news();
        for event in news.iter().filter(|event| event.exists_in(version)) {
            assert_eq!(self.send(event, version).await, 200, "{}", event.kind);
        }
        self.drain().await;
    }

    /// Works off everything that is to be done now.
    pub async fn drain(&self) {
        self.app.drain().await;
    }

    /// Moves the clock and does what time brings.
    pub async fn wait_until(&self, at: DateTime<Utc>) {
        self.app.clock.set(at);
        self.drain().await;
    }

    /// Everything that the story led to.
    pub async fn books(&self) -> Books {
        Books::read(self.app.services()).await
    }

    /// The end of every story: nothing waits, nothing failed, the books are in order, and counting anew changes nothing.
    pub async fn finish(self) {
        self.drain().await;
        let books = self.books().await;
        books.check();
        self.audit().await;
        self.covers(&books).await;
        figures::check(self.app.services(), &books).await;
        self.replays().await;
    }

    /// The program's own audit finds nothing (MO-6).
    pub async fn audit(&self) {
        let report = audit::whole(self.app.services(), self.scope().await, 10).await.unwrap();
        let broken: Vec<_> = report.rules.iter().filter(|(_, broken)| broken.count > 0).collect();
        assert!(broken.is_empty(), "{broken:?}");
    }

    /// What differs between what is counted and what Stripe's charges took is named to the last cent.
    async fn covers(&self, books: &Books) {
        let scope = self.scope().await;
        let mut received = 0;
        let months: BTreeSet<String> = books.purchases.iter().filter_map(|p| Some(p.purchased_at?.format("%Y-%m").to_string())).collect();
        for month in months {
            let within = coverage::month(&month).unwrap();
            let coverage = coverage::coverage(self.app.services(), scope, within, u64::MAX >> 1).await.unwrap();
            for (currency, of) in &coverage.currencies {
                let differing = coverage.differing.iter().filter(|one| one.currency == *currency);
                assert_eq!(of.told - of.counted(), differing.map(|one| one.told - one.counted).sum::<i64>(), "{month} {currency}");
                received += of.classified.iter().map(|one| one.received).sum::<i64>();
            }
        }
        let counted = books.purchases.iter().filter(|purchase| purchase.purchased_at.is_some());
        assert_eq!(received, counted.map(|purchase| purchase.collected).sum::<i64>(), "every payment has a reason");
    }

    /// The merchant's key for its server.
    pub fn secret_key(&self) -> &str {
        &self.secret_key
    }

    /// All of the merchant in the stage's mode.
    pub async fn scope(&self) -> Scope {
        let merchant = merchant::Entity::find().one(self.app.services().db.read()).await.unwrap().unwrap();
        Scope::merchant_wide(merchant.id, self.mode)
    }
}

/// The owner of a fresh instance, who sets it up over GraphQL.
struct Owner<'a> {
    app: &'a TestApp,
    token: String,
    mode: &'static str,
}

impl<'a> Owner<'a> {
    async fn of(app: &'a TestApp, mode: Mode) -> Self {
        let services = app.services();
        let token = ensure_setup_token(&services.db, &services.clock).await.unwrap().expect("a fresh instance");
        let set_up =
            "mutation($input: InstanceSetUpInput!) { instanceSetUp(input: $input) { session { accessToken } userErrors { message } } }";
        let input = json!({ "token": token, "merchantName": "Shop", "email": "owner@shop.example", "password": "correct horse battery" });
        let done = app.graphql(set_up).variables(json!({ "input": input })).data().await;
        let token = done["instanceSetUp"]["session"]["accessToken"].as_str().unwrap_or_else(|| panic!("{done}")).to_owned();
        Self { app, token, mode: if mode.livemode() { "live" } else { "test" } }
    }

    /// Calls a mutation, and gives the object of its payload.
    async fn make(&self, mutation: &str, object: &str, fields: &str, input: Value) -> Value {
        let (first, rest) = mutation.split_at(1);
        let kind = format!("{}{rest}Input", first.to_uppercase());
        let document =
            format!("mutation($input: {kind}!) {{ {mutation}(input: $input) {{ {object} {fields} userErrors {{ field message }} }} }}");
        let asked = self.app.graphql(&document).bearer(&self.token).mode(self.mode).variables(json!({ "input": input }));
        let done = asked.data().await;
        assert_eq!(done[mutation]["userErrors"], json!([]), "{mutation}");
        done[mutation][object].clone()
    }

    async fn program(&self, terms: &Terms, currency: Option<&str>) -> String {
        let mut terms = serde_json::to_value(terms).unwrap();
        amounts_as_text(&mut terms);
        let input = json!({
            "name": "Affiliates", "landingUrl": SITE, "allowedHosts": ["shop.example"], "autoApprove": true, "currency": currency, "terms": terms
        });
        text(&self.make("programCreate", "program", "{ id }", input).await, "id")
    }

    async fn connection(&self) -> (String, String) {
        let key = format!("rk_{}_of_the_stories_0123456789", self.mode);
        let input = json!({ "name": "Stripe", "key": key, "webhookSecret": SECRET });
        let made = self.make("stripeConnectionCreate", "stripeConnection", "{ id webhookUrl }", input).await;
        let url: url::Url = text(&made, "webhookUrl").parse().unwrap();
        (text(&made, "id"), url.path().to_owned())
    }

    async fn affiliate(&self, program: &str, code: &'static str) -> Affiliate {
        let partner =
            self.make("partnerCreate", "partner", "{ id }", json!({ "name": code, "email": format!("{code}@partner.example") })).await;
        let input = json!({ "partnerId": partner["id"], "programId": program });
        let enrollment = self.make("enrollmentCreate", "enrollment", "{ id }", input).await;
        self.make("linkCreate", "link", "{ id }", json!({ "enrollmentId": enrollment["id"], "code": code })).await;
        Affiliate { partner: text(&partner, "id").parse().unwrap(), enrollment: text(&enrollment, "id").parse().unwrap(), code }
    }

    async fn key(&self, mut input: Value) -> String {
        input["name"] = json!("of the stories");
        let document = "mutation($input: ApiKeyCreateInput!) { apiKeyCreate(input: $input) { secret userErrors { field message } } }";
        let asked = self.app.graphql(document).bearer(&self.token).mode(self.mode).variables(json!({ "input": input }));
        text(&asked.data().await["apiKeyCreate"], "secret")
    }
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_else(|| panic!("no {field} in {value}")).to_owned()
}
