//! The API: who asks, whether they may, what they get.
//!
//! One request goes through these, in Stripe's order: faults on demand, the key ([`keys`]), the version, the permission ([`route`]), the
//! parameters ([`params`]), the idempotency key ([`replay`]), the handler ([`read`], [`write`]), what is to be expanded ([`expand`]).

mod answer;
mod app;
mod call;
mod expand;
mod fault;
mod keys;
mod oauth;
mod params;
mod read;
mod replay;
mod route;
mod write;

use std::sync::{Arc, Mutex};
use std::time::Instant;

use chrono::{DateTime, Utc};

pub use answer::{Answer, Refusal};
pub use app::App;
pub use fault::{Fault, Faults, Trouble};
pub use keys::Key;
pub use oauth::Platform;

use crate::shop::Shop;
use crate::version::Version;
use call::Call;
use keys::Access;
use params::Params;

/// One request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub query: String,
    pub body: String,
    /// The bearer's key, or the user of basic authentication.
    pub key: Option<String>,
    pub account: Option<String>,
    pub version: Option<String>,
    pub idempotency: Option<String>,
}

/// One request in the log, with how it ended.
#[derive(Clone, Debug)]
pub struct Seen {
    pub asked: Asked,
    pub status: u16,
    pub at: Instant,
}

impl Seen {
    /// Path and query.
    pub fn uri(&self) -> String {
        let Asked { path, query, .. } = &self.asked;
        if query.is_empty() { path.clone() } else { format!("{path}?{query}") }
    }
}

/// Everything that the pretended Stripe is.
#[derive(Default)]
pub struct World {
    pub shops: Vec<Arc<Mutex<Shop>>>,
    pub keys: keys::Keys,
    /// Words of paths for which every key lacks the permission.
    pub forbidden: Vec<String>,
    pub platform: Option<Platform>,
    pub app: Option<App>,
    pub grants: oauth::Grants,
    pub replays: replay::Replays,
    pub limit: fault::Limit,
    /// The time of the OAuth endpoints; the machine's without.
    pub now: Option<DateTime<Utc>>,
}

impl World {
    pub fn now(&self) -> DateTime<Utc> {
        self.now.unwrap_or_else(Utc::now)
    }

    /// The shop of an account in one mode.
    pub fn shop(&self, account: &str, livemode: bool) -> Option<Arc<Mutex<Shop>>> {
        let is = |shop: &&Arc<Mutex<Shop>>| {
            let shop = shop.lock().unwrap();
            shop.account.id == account && shop.livemode == livemode
        };
        self.shops.iter().find(is).cloned()
    }

    /// Answers a request.
    pub fn answer(&mut self, asked: &Asked) -> Answer {
        let done = match asked.path.as_str() {
            "/oauth/authorize" => return self.authorize(asked),
            "/oauth/token" => self.token(asked),
            "/oauth/deauthorize" => self.deauthorize(asked),
            "/v1/oauth/token" => self.app_token(asked),
            path if path.starts_with("/oauth/v2/") => return self.install(asked),
            _ => self.api(asked),
        };
        done.unwrap_or_else(Answer::from)
    }

    fn api(&mut self, asked: &Asked) -> Result<Answer, Refusal> {
        let key = self.key(asked)?;
        if !self.limit.allow(key.account()) {
            return Err(Refusal::busy());
        }
        let version = asked.version.as_deref().map(|name| Version::named(name).ok_or_else(|| Refusal::version(name))).transpose()?;
        let (route, ids) = route::find(&asked.method, &asked.path).ok_or_else(|| Refusal::unknown_path(asked))?;
        let access = self.access(key, asked, route)?;
        if self.forbidden.iter().any(|word| asked.path.contains(word.as_str())) {
            return Err(access.lacks(&route.permission(asked.method != "GET")));
        }
        let params = Params::read(route, asked)?;
        let replay = self.replays.begin(asked)?;
        if let Some(earlier) = replay {
            return Ok(earlier);
        }
        let mut answer = run(&access, route, &ids, params, version);
        if let (Err(refusal), Some(id)) = (&mut answer, ids.first()) {
            let livemode = access.shop.lock().unwrap().livemode;
            let other = self.shop(&access.account, !livemode).is_some_and(|shop| shop.lock().unwrap().has(id));
            refusal.hint(other.then_some(livemode));
        }
        self.replays.end(asked, &answer);
        answer
    }
}

fn run(access: &Access, route: &'static route::Route, ids: &[String], params: Params, version: Option<Version>) -> Result<Answer, Refusal> {
    let shop = Arc::clone(&access.shop);
    let mut shop = shop.lock().unwrap();
    let version = version.unwrap_or(shop.version);
    if route.method == "POST" && version < Version::Endive {
        return Err(Refusal::not_here("it writes only in its newest version"));
    }
    let mut call = Call::new(access, &mut shop, ids, params, version);
    let expand = call.params.take_list("expand");
    let mut body = (route.handler)(&mut call)?;
    if let Some(left) = call.params.left() {
        return Err(Refusal::not_here(&format!("it does not know what to do with `{left}`")));
    }
    expand::expand(&call, &mut body, &expand)?;
    Ok(Answer::ok(body))
}
