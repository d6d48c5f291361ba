//! The server: requests in, answers out, with the trouble that was asked for in between.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use actix_web::body::{BodyStream, BoxBody};
use actix_web::dev::ServerHandle;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{App as Web, HttpRequest, HttpResponse, HttpResponseBuilder, HttpServer, web};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use chrono::{DateTime, Utc};
use url::Url;

use crate::api::{Answer, App, Asked, Fault, Faults, Key, Platform, Refusal, Seen, Trouble, World};
use crate::control::steer;
use crate::delivery::Due;
use crate::shop::Shop;

/// What the server answers from.
#[derive(Default)]
pub(crate) struct State {
    pub world: Mutex<World>,
    pub refused: Mutex<Vec<Due>>,
    faults: Mutex<Faults>,
    log: Mutex<Vec<Seen>>,
    /// Where public addresses really are.
    roads: Mutex<Vec<(String, String)>>,
}

impl State {
    pub fn reached(&self, url: &str) -> String {
        let roads = self.roads.lock().unwrap();
        let found = roads.iter().find_map(|(public, real)| Some(format!("{real}{}", url.strip_prefix(public.as_str())?)));
        found.unwrap_or_else(|| url.to_owned())
    }

    pub fn fault(&self, fault: Fault) {
        self.faults.lock().unwrap().add(fault);
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.log.lock().unwrap().clone()
    }
}

/// A server on a port of its own, stopped when it is dropped.
pub struct FakeStripe {
    state: Arc<State>,
    base: Url,
    handle: ServerHandle,
    client: reqwest::Client,
}

impl FakeStripe {
    /// Serves one shop, on any free port.
    pub fn start(shop: Arc<Mutex<Shop>>) -> Self {
        Self::listen(shop, 0)
    }

    /// Serves one shop on this port.
    pub fn listen(shop: Arc<Mutex<Shop>>, port: u16) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let state = Arc::new(State::default());
        state.world.lock().unwrap().shops.push(shop);
        let data = web::Data::from(Arc::clone(&state));
        let server = HttpServer::new(move || Web::new().app_data(data.clone()).default_service(web::to(answer)))
            .workers(1)
            .disable_signals()
            .bind(("127.0.0.1", port))
            .expect("a free port");
        let base = format!("http://{}", server.addrs()[0]).parse().unwrap();
        let server = server.run();
        let handle = server.handle();
        tokio::spawn(server);
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().expect("a client");
        Self { state, base, handle, client }
    }

    pub(crate) fn state(&self) -> &Arc<State> {
        &self.state
    }

    pub(crate) fn client(&self) -> &reqwest::Client {
        &self.client
    }

    fn world<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        change(&mut self.state.world.lock().unwrap())
    }

    /// Where the API lives. The pages of OAuth and of the marketplace are there, too.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// Another account, or the same in the other mode.
    pub fn add(&self, shop: Shop) -> Arc<Mutex<Shop>> {
        let shop = Arc::new(Mutex::new(shop));
        self.world(|world| world.shops.push(Arc::clone(&shop)));
        shop
    }

    /// Makes a key. Keys that were not made may everything in the first shop of their mode, until [`FakeStripe::only_known_keys`].
    pub fn key(&self, name: &str, key: Key) {
        self.world(|world| world.keys.add(name, key));
    }

    pub fn only_known_keys(&self) {
        self.world(|world| world.keys.strict = true);
    }

    /// Ends a key that was made.
    pub fn revoke(&self, name: &str) {
        self.world(|world| world.keys.revoke(name));
    }

    /// From now on every key lacks the permission for paths with this word.
    pub fn forbid(&self, word: &str) {
        self.world(|world| world.forbidden.push(word.to_owned()));
    }

    /// Takes [`FakeStripe::forbid`] back.
    pub fn allow(&self, word: &str) {
        self.world(|world| world.forbidden.retain(|forbidden| forbidden != word));
    }

    /// Makes the account of the instance's operator a Connect platform.
    pub fn platform(&self, platform: Platform) {
        self.world(|world| {
            // Its keys are of its own account, and reach others by what merchants gave.
            world.keys.add(&platform.secret_live, Key::of(&platform.account, true));
            world.keys.add(&platform.secret_test, Key::of(&platform.account, false));
            world.platform = Some(platform);
        });
    }

    /// Puts an app on the marketplace.
    pub fn app(&self, app: App) {
        self.world(|world| world.app = Some(app));
    }

    /// The merchant takes the access back on Stripe's own page. The event waits for [`FakeStripe::deliver`].
    pub fn disconnect(&self, account: &str, livemode: bool) {
        self.world(|world| world.disconnect(account, livemode));
    }

    /// The time by which codes and tokens end.
    pub fn set_now(&self, now: DateTime<Utc>) {
        self.world(|world| world.now = Some(now));
    }

    /// At most so many requests in a second for each account; more are refused with 429.
    pub fn limit(&self, per_second: Option<u32>) {
        self.world(|world| world.limit.per_second = per_second);
    }

    /// Trouble to come.
    pub fn fault(&self, fault: Fault) {
        self.state.fault(fault);
    }

    /// No more trouble of any kind.
    pub fn calm(&self) {
        *self.state.faults.lock().unwrap() = Faults::default();
    }

    /// The next requests are answered with these statuses.
    pub fn fail_next(&self, statuses: &[u16]) {
        for status in statuses {
            self.fault(Fault::once(Trouble::Status { status: *status, should_retry: None, retry_after: None }));
        }
    }

    /// Requests for a public address go to where it really is.
    pub fn road(&self, public: &str, real: &str) {
        self.state.roads.lock().unwrap().push((public.to_owned(), real.to_owned()));
    }

    /// Every request so far: path and query.
    pub fn log(&self) -> Vec<String> {
        self.state.log.lock().unwrap().iter().map(Seen::uri).collect()
    }

    /// Every request so far, with how it ended.
    pub fn seen(&self) -> Vec<Seen> {
        self.state.seen()
    }
}

impl Drop for FakeStripe {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

async fn answer(state: web::Data<State>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    if request.path().starts_with("/_fake/") {
        let wanted = serde_json::from_slice(&body).unwrap_or_default();
        return HttpResponse::Ok().json(steer(&state, request.path(), &wanted));
    }
    let asked = read(&request, &body);
    let trouble = state.faults.lock().unwrap().next(&asked.path);
    let answer = match &trouble {
        Some(Trouble::Status { status, should_retry, retry_after }) => refused(*status, *should_retry, *retry_after),
        Some(Trouble::Silence) => std::future::pending().await,
        _ => state.world.lock().unwrap().answer(&asked),
    };
    let asked_version = asked.version.clone();
    state.log.lock().unwrap().push(Seen { asked, status: answer.status, at: Instant::now() });
    match trouble {
        Some(Trouble::Slow(pause)) => tokio::time::sleep(pause).await,
        Some(Trouble::Cut) => return cut(&answer),
        Some(Trouble::Garbage) => return HttpResponse::BadGateway().content_type("text/html").body("<html>502 Bad Gateway</html>"),
        _ => {}
    }
    let mut response = HttpResponseBuilder::new(StatusCode::from_u16(answer.status).expect("a status"));
    for (name, value) in &answer.headers {
        response.insert_header((HeaderName::from_static(name), HeaderValue::from_str(value).expect("a header")));
    }
    response.insert_header(("request-id", "req_fake"));
    if let Some(version) = asked_version {
        response.insert_header(("stripe-version", version));
    }
    if answer.body.is_null() { response.finish() } else { response.json(answer.body) }
}

fn read(request: &HttpRequest, body: &web::Bytes) -> Asked {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let basic = |value: &str| {
        let bytes = BASE64_STANDARD.decode(value.strip_prefix("Basic ")?).ok()?;
        Some(String::from_utf8_lossy(&bytes).split(':').next()?.to_owned())
    };
    let key = header("authorization").and_then(|value| value.strip_prefix("Bearer ").map(str::to_owned).or_else(|| basic(&value)));
    Asked {
        method: request.method().to_string(),
        path: request.path().to_owned(),
        query: request.query_string().to_owned(),
        body: String::from_utf8_lossy(body).into_owned(),
        key,
        account: header("stripe-account"),
        version: header("stripe-version"),
        idempotency: header("idempotency-key"),
    }
}

fn refused(status: u16, should_retry: Option<bool>, retry_after: Option<u64>) -> Answer {
    let mut refusal = match status {
        429 => Refusal::busy(),
        status => Refusal::new(status, "api_error", None, "as asked for by the test"),
    };
    refusal.headers.extend(should_retry.map(|retry| ("stripe-should-retry", retry.to_string())));
    refusal.headers.extend(retry_after.map(|seconds| ("retry-after", seconds.to_string())));
    refusal.into()
}

/// Half of an answer, and then the connection breaks.
fn cut(answer: &Answer) -> HttpResponse {
    let whole = serde_json::to_vec(&answer.body).expect("an answer is JSON");
    let half = web::Bytes::from(whole[..whole.len() / 2].to_vec());
    let broken = std::io::Error::other("as asked for by the test");
    let stream = futures_util::stream::iter([Ok::<_, std::io::Error>(half), Err(broken)]);
    HttpResponse::Ok().content_type("application/json").body(BoxBody::new(BodyStream::new(stream)))
}
