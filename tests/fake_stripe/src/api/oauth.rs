//! Connect's OAuth of Standard accounts: the page on which a merchant agrees, tokens, and taking access back.

use std::collections::HashMap;

use chrono::{DateTime, Duration, Utc};
use serde_json::json;

use super::answer::Answer;
use super::keys::Key;
use super::{Asked, Refusal, World};
use crate::model::Object;

/// A code is good for so long.
const CODE_LIFE: Duration = Duration::minutes(5);

/// A Connect platform: who it is in each mode, and how its page behaves.
#[derive(Clone, Debug)]
pub struct Platform {
    /// The platform's own account.
    pub account: String,
    pub client_id_test: String,
    pub client_id_live: String,
    pub secret_test: String,
    pub secret_live: String,
    pub redirect_uris: Vec<String>,
    /// The account of the merchant who stands before the page and agrees.
    pub merchant: String,
    /// What the merchant's answer is, when it is no consent: `access_denied`, or what else comes back as `error`, with its description.
    pub refusal: Option<(String, String)>,
}

impl Platform {
    pub fn new(redirect_uri: &str, merchant: &str) -> Self {
        Self {
            account: "acct_1Platform".into(),
            client_id_test: "ca_test_platform".into(),
            client_id_live: "ca_live_platform".into(),
            secret_test: "sk_test_platform_0123456789".into(),
            secret_live: "sk_live_platform_0123456789".into(),
            redirect_uris: vec![redirect_uri.to_owned()],
            merchant: merchant.to_owned(),
            refusal: None,
        }
    }

    fn mode_of_client(&self, client: &str) -> Option<bool> {
        [(&self.client_id_test, false), (&self.client_id_live, true)].into_iter().find(|(id, _)| *id == client).map(|(_, mode)| mode)
    }

    fn mode_of_secret(&self, secret: &str) -> Option<bool> {
        [(&self.secret_test, false), (&self.secret_live, true)].into_iter().find(|(own, _)| *own == secret).map(|(_, mode)| mode)
    }
}

/// Access that a merchant gave to the platform.
#[derive(Clone, Debug)]
pub struct Grant {
    pub scope: String,
    refresh: String,
}

#[derive(Clone, Debug)]
struct Code {
    account: String,
    livemode: bool,
    scope: String,
    expires: DateTime<Utc>,
    used: bool,
}

/// What merchants gave, and what is on its way.
#[derive(Default)]
pub struct Grants {
    given: HashMap<(String, bool), Grant>,
    codes: HashMap<String, Code>,
    count: u32,
}

impl Grants {
    pub fn of(&self, account: &str, livemode: bool) -> Option<&Grant> {
        self.given.get(&(account.to_owned(), livemode))
    }

    /// A word that nobody guesses in a test, and that is another one each time.
    pub fn word(&mut self, prefix: &str) -> String {
        self.count += 1;
        format!("{prefix}_{:06}x{:06}", self.count, u64::from(self.count) * 7919 % 1_000_003)
    }
}

/// The parameters of an OAuth endpoint.
pub(super) fn form(text: &str) -> HashMap<String, String> {
    url::form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

/// An address with more in its query.
pub(super) fn with(address: &str, pairs: &[(&str, &str)]) -> String {
    let mut url = url::Url::parse(address).expect("a redirect address is an address");
    url.query_pairs_mut().extend_pairs(pairs);
    url.into()
}

impl World {
    pub(super) fn is_platform(&self, account: &str) -> bool {
        self.platform.as_ref().is_some_and(|platform| platform.account == account)
    }

    /// The page on which the merchant agrees, and sends the browser back.
    pub(super) fn authorize(&mut self, asked: &Asked) -> Answer {
        let query = form(&asked.query);
        let get = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
        let Some(platform) = self.platform.clone() else { return Refusal::unknown_path(asked).into() };
        let Some(livemode) = platform.mode_of_client(get("client_id")) else {
            return Refusal::oauth(400, "invalid_client", "No application matches the supplied client identifier").into();
        };
        let first = platform.redirect_uris[0].as_str();
        let redirect = query.get("redirect_uri").map_or(first, String::as_str);
        if !platform.redirect_uris.iter().any(|uri| uri == redirect) {
            let text = "Invalid redirect URI. Ensure this uri exactly matches one of the uris specified in your application settings";
            return Refusal::oauth(400, "invalid_redirect_uri", text).into();
        }
        if livemode && !redirect.starts_with("https://") {
            return Refusal::oauth(400, "invalid_redirect_uri", "Live mode redirect URIs must use HTTPS").into();
        }
        let back = |error: &str, text: &str| {
            Answer::redirect(with(redirect, &[("error", error), ("error_description", text), ("state", get("state"))]))
        };
        if get("response_type") != "code" {
            return back("unsupported_response_type", "The only supported response type is code");
        }
        let scope = if query.contains_key("scope") { get("scope") } else { "read_only" };
        if !["read_only", "read_write"].contains(&scope) {
            return back("invalid_scope", "Invalid scope provided");
        }
        if let Some((error, text)) = &platform.refusal {
            return back(error, text);
        }
        let code = self.grants.word("ac");
        let (account, expires) = (platform.merchant.clone(), self.now() + CODE_LIFE);
        self.grants.codes.insert(code.clone(), Code { account, livemode, scope: scope.to_owned(), expires, used: false });
        Answer::redirect(with(redirect, &[("scope", scope), ("code", &code), ("state", get("state"))]))
    }

    /// The platform and its mode, by the secret that it sends: in the form, or as the bearer.
    fn client(&self, asked: &Asked) -> Result<(Platform, bool), Refusal> {
        let form = form(&asked.body);
        let secret = form.get("client_secret").or(asked.key.as_ref()).map(String::as_str).unwrap_or_default();
        let found = self.platform.as_ref().and_then(|platform| Some((platform.clone(), platform.mode_of_secret(secret)?)));
        found.ok_or_else(|| Refusal::oauth(401, "invalid_client", "Invalid API Key provided"))
    }

    pub(super) fn token(&mut self, asked: &Asked) -> Result<Answer, Refusal> {
        let form = form(&asked.body);
        let get = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        let (_, livemode) = self.client(asked)?;
        let (account, scope) = match get("grant_type") {
            "authorization_code" => self.redeem(get("code"), livemode)?,
            "refresh_token" => {
                let known = self.grants.given.iter().find(|((_, mode), grant)| *mode == livemode && grant.refresh == get("refresh_token"));
                let known = known.map(|((account, _), grant)| (account.clone(), grant.scope.clone()));
                known.ok_or_else(|| Refusal::oauth(400, "invalid_grant", "Refresh token does not exist"))?
            }
            "" => return Err(Refusal::oauth(400, "invalid_request", "No grant type specified")),
            _ => return Err(Refusal::oauth(400, "unsupported_grant_type", "Unsupported grant type")),
        };
        let mode = if livemode { "live" } else { "test" };
        let access = self.grants.word(&format!("sk_{mode}_connected"));
        let refresh = self.grants.word("rt");
        let key = Key::of(&account, livemode);
        self.keys.add(&access, if scope == "read_only" { key.read_only() } else { key });
        self.grants.given.insert((account.clone(), livemode), Grant { scope: scope.clone(), refresh: refresh.clone() });
        Ok(Answer::ok(json!({
            "access_token": access, "livemode": livemode, "refresh_token": refresh, "token_type": "bearer",
            "stripe_publishable_key": format!("pk_{mode}_connected"), "stripe_user_id": account, "scope": scope
        })))
    }

    fn redeem(&mut self, code: &str, livemode: bool) -> Result<(String, String), Refusal> {
        let now = self.now();
        let invalid = |text: &str| Refusal::oauth(400, "invalid_grant", text);
        let known = self.grants.codes.get_mut(code).ok_or_else(|| invalid("Authorization code does not exist"))?;
        if known.used {
            return Err(invalid("This authorization code has already been used. All tokens issued with this code have been revoked."));
        }
        if known.expires <= now {
            return Err(invalid("Authorization code expired"));
        }
        if known.livemode != livemode {
            let text = "This code was made in the other mode: you attempted to access it with a key of the wrong mode";
            return Err(invalid(text));
        }
        known.used = true;
        Ok((known.account.clone(), known.scope.clone()))
    }

    pub(super) fn deauthorize(&mut self, asked: &Asked) -> Result<Answer, Refusal> {
        let form = form(&asked.body);
        let account = form.get("stripe_user_id").cloned().unwrap_or_default();
        let (platform, livemode) = self.client(asked)?;
        if form.get("client_id").and_then(|client| platform.mode_of_client(client)) != Some(livemode) {
            return Err(Refusal::oauth(401, "invalid_client", "No such application"));
        }
        if self.grants.of(&account, livemode).is_none() {
            let text = format!("This application is not connected to stripe account {account}, or that account does not exist.");
            return Err(Refusal::oauth(401, "invalid_client", &text));
        }
        self.disconnect(&account, livemode);
        Ok(Answer::ok(json!({ "stripe_user_id": account })))
    }

    /// Access ends, whoever ended it: tokens stop working, and the platform is told.
    pub fn disconnect(&mut self, account: &str, livemode: bool) {
        self.grants.given.remove(&(account.to_owned(), livemode));
        let mode = if livemode { "_live_" } else { "_test_" };
        self.keys.revoke_all(account, |name| name.contains(mode) && (name.contains("connected") || name.contains("app_token")));
        let client = self.platform.as_ref().map(|p| if livemode { p.client_id_live.clone() } else { p.client_id_test.clone() });
        let client = client.or_else(|| self.app.as_ref().map(|app| app.client_id.clone())).unwrap_or_default();
        if let Some(app) = &mut self.app {
            app.forget(account, livemode);
        }
        if let Some(shop) = self.shop(account, livemode) {
            let mut shop = shop.lock().unwrap();
            let now = shop.now();
            shop.tell(now, "account.application.deauthorized", Object::Application(client));
        }
    }
}
