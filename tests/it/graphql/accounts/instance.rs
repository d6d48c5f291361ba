//! A fresh instance, and people who use it over GraphQL.

use std::sync::Arc;

use async_graphql::{Request, Variables};
use chrono::{DateTime, Duration, TimeZone, Utc};
use entity::value::Mode;
use sea_orm::{ConnectionTrait, Database};
use serde_json::{Value, json};
use tributary::clock::Clock;
use tributary::config::Settings;
use tributary::domain::access::{Scope, Viewer};
use tributary::graphql::{Schema, schema};
use tributary::pubsub::MemoryFeed;
use tributary::queue::{MemoryQueue, QueueSettings};
use tributary::service::Services;
use tributary::service::merchant::ensure_setup_token;
use tributary::store::Db;
use uuid::Uuid;

/// A PostgreSQL server on which databases may be made, unless the environment names another.
const ADMIN_URL: &str = "postgres://root@127.0.0.1:5432/postgres";

pub const PASSWORD: &str = "four unrelated words";

pub fn start() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap()
}

/// Runs a story on SQLite and on PostgreSQL, each on a database of its own.
pub async fn on_both<F: Future<Output = ()> + Send + 'static>(story: impl Fn(Instance) -> F) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}?mode=rwc", folder.path().join("t.sqlite3").display());
    story(Instance::fresh(Db::connect(&url, 4).await.unwrap()).await).await;
    let admin_url = std::env::var("TRIBUTARY_TEST_POSTGRES").unwrap_or_else(|_| ADMIN_URL.to_owned());
    let (server, _) = admin_url.rsplit_once('/').unwrap();
    let name = format!("tributary_accounts_{}", Uuid::now_v7().simple());
    let admin = Database::connect(&admin_url).await.unwrap();
    admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
    let db = Db::connect(&format!("{server}/{name}"), 4).await.unwrap();
    let outcome = tokio::spawn(story(Instance::fresh(db).await)).await;
    admin.execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)")).await.unwrap();
    outcome.unwrap();
}

/// An instance without anybody in it.
#[derive(Clone)]
pub struct Instance {
    pub services: Services,
    pub schema: Schema,
}

/// Who asks: the viewer behind an access token.
#[derive(Clone, Debug)]
pub struct Caller(pub Viewer);

impl Instance {
    async fn fresh(db: Db) -> Self {
        db.migrate().await.unwrap();
        let flags = [
            "--secret",
            "a secret of thirty-two characters",
            "--public-url=https://track.example",
            "--rate-login=1000",
            // Nobody listens there: no test asks the real one.
            "--stripe-api=http://127.0.0.1:9",
        ];
        let settings = Settings::from_args(&flags).unwrap();
        let secret = settings.instance_secret().unwrap();
        let queue = Arc::new(MemoryQueue::new(QueueSettings::default()));
        let clock = Clock::frozen(start());
        let services = Services::new(Arc::new(settings), &secret, db, clock, queue, Arc::new(MemoryFeed::new())).unwrap();
        Self { schema: schema(services.clone()), services }
    }

    /// The set-up token that a start would print.
    pub async fn setup_token(&self) -> Option<String> {
        ensure_setup_token(&self.services.db, &self.services.clock).await.unwrap()
    }

    /// The first merchant's owner, in test mode.
    pub async fn owner(&self) -> Caller {
        let token = self.setup_token().await.unwrap();
        let set_up = "mutation($input: InstanceSetUpInput!) { done: instanceSetUp(input: $input) { session { accessToken } userErrors { message } } }";
        let input = json!({ "input": { "token": token, "merchantName": "Shop", "email": "Owner@Shop.example", "password": PASSWORD } });
        let done = self.ask(&Caller(Viewer::Public), set_up, input).await;
        self.caller(done["done"]["session"]["accessToken"].as_str().unwrap(), Mode::Test)
    }

    /// The viewer behind an access token, who looks at `mode`.
    pub fn caller(&self, token: &str, mode: Mode) -> Caller {
        let bearer = self.services.access_tokens.verify(token, self.services.clock.now()).unwrap().bearer;
        let scope = match bearer.partner.zip(bearer.mode) {
            Some((partner, mode)) => Scope::of_partner(bearer.merchant, mode, partner),
            None => Scope::merchant_wide(bearer.merchant, mode),
        };
        Caller(Viewer::User { user: bearer.user, membership: bearer.membership, role: bearer.role, scope })
    }

    /// A second merchant of the same owner, seen by that merchant's eyes.
    pub async fn another_merchant(&self, owner: &Caller) -> Caller {
        let id = self.made(owner, "merchantCreate", "MerchantCreateInput", "merchant", json!({ "name": "Other" })).await;
        let sign_in = "mutation($input: SignInInput!) { done: signIn(input: $input) { session { accessToken } } }";
        let input = json!({ "input": { "email": "owner@shop.example", "password": PASSWORD, "merchantId": id } });
        let done = self.ask(&Caller(Viewer::Public), sign_in, input).await;
        self.caller(done["done"]["session"]["accessToken"].as_str().unwrap(), Mode::Test)
    }

    /// The data that a caller gets; errors fail the test.
    pub async fn ask(&self, caller: &Caller, query: &str, variables: Value) -> Value {
        let response = self.execute(caller, query, variables).await;
        assert!(response.errors.is_empty(), "{query}: {:?}", response.errors);
        response.data.into_json().unwrap()
    }

    /// The code of the one error that a caller gets.
    pub async fn denied(&self, caller: &Caller, query: &str, variables: Value) -> String {
        let response = self.execute(caller, query, variables).await;
        let [error] = &response.errors[..] else { panic!("{query}: {:?} {:?}", response.data, response.errors) };
        let code = error.extensions.as_ref().and_then(|extensions| extensions.get("code")).cloned();
        code.unwrap().into_json().unwrap().as_str().unwrap().to_owned()
    }

    async fn execute(&self, caller: &Caller, query: &str, variables: Value) -> async_graphql::Response {
        let request = Request::new(query).variables(Variables::from_json(variables)).data(caller.0.clone());
        self.schema.execute(request).await
    }

    /// Runs a mutation and gives the id of what it made.
    pub async fn made(&self, caller: &Caller, mutation: &str, input_type: &str, field: &str, input: Value) -> String {
        let query = format!(
            "mutation($input: {input_type}!) {{ done: {mutation}(input: $input) {{ {field} {{ id }} userErrors {{ field code message }} }} }}"
        );
        let done = self.ask(caller, &query, json!({ "input": input })).await;
        assert_eq!(done["done"]["userErrors"], json!([]), "{mutation}");
        done["done"][field]["id"].as_str().unwrap().to_owned()
    }

    /// Runs a mutation that is refused, and gives the fields and codes.
    pub async fn refused(&self, caller: &Caller, mutation: &str, input_type: &str, input: Value) -> Vec<(String, String)> {
        let query =
            format!("mutation($input: {input_type}!) {{ done: {mutation}(input: $input) {{ userErrors {{ field code message }} }} }}");
        let done = self.ask(caller, &query, json!({ "input": input })).await;
        let errors = done["done"]["userErrors"].as_array().unwrap().clone();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let path = |error: &Value| error["field"].as_array().unwrap().iter().map(text).collect::<Vec<_>>().join(".");
        errors.iter().map(|error| (path(error), text(&error["code"]))).collect()
    }

    /// A program, a partner and their enrollment.
    pub async fn program_with_partner(&self, caller: &Caller, name: &str) -> [String; 3] {
        let program = json!({ "name": name, "landingUrl": "https://shop.example/welcome" });
        let program = self.made(caller, "programCreate", "ProgramCreateInput", "program", program).await;
        let partner = json!({ "name": "Ada", "email": format!("{name}@partners.example") });
        let partner = self.made(caller, "partnerCreate", "PartnerCreateInput", "partner", partner).await;
        let enrollment = json!({ "programId": program, "partnerId": partner });
        let enrollment = self.made(caller, "enrollmentCreate", "EnrollmentCreateInput", "enrollment", enrollment).await;
        [program, partner, enrollment]
    }

    /// Somebody invited by `caller` and joined.
    pub async fn joined(&self, caller: &Caller, email: &str, role: &str, partner: Option<&str>) -> Caller {
        let invite =
            "mutation($input: MemberInviteInput!) { done: memberInvite(input: $input) { invitation { token } userErrors { message } } }";
        let input = json!({ "input": { "email": email, "role": role, "partnerId": partner } });
        let token = self.ask(caller, invite, input).await["done"]["invitation"]["token"].clone();
        let accept = "mutation($input: InvitationAcceptInput!) { done: invitationAccept(input: $input) { session { accessToken } userErrors { message } } }";
        let input = json!({ "input": { "token": token, "password": PASSWORD } });
        let done = self.ask(&Caller(Viewer::Public), accept, input).await;
        self.caller(done["done"]["session"]["accessToken"].as_str().unwrap(), Mode::Test)
    }

    /// Lets time pass.
    pub fn wait(&self, time: Duration) {
        self.services.clock.advance(time);
    }
}

/// A list of refusals as the tests write it.
pub fn told(refusals: &[(&str, &str)]) -> Vec<(String, String)> {
    refusals.iter().map(|(field, code)| ((*field).to_owned(), (*code).to_owned())).collect()
}
