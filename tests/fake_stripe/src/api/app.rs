//! A Stripe App: the page on which a merchant installs it, and its tokens, which end after an hour and are replaced at each refresh.

use std::collections::HashMap;

use chrono::{DateTime, Duration, Utc};
use serde_json::json;

use super::answer::Answer;
use super::keys::Key;
use super::oauth::{form, with};
use super::{Asked, Refusal, World};
use crate::model::Object;

/// How long the three live.
const CODE_LIFE: Duration = Duration::minutes(5);
const ACCESS_LIFE: Duration = Duration::hours(1);
const REFRESH_LIFE: Duration = Duration::days(365);

/// An app of OAuth's kind.
#[derive(Clone, Debug)]
pub struct App {
    pub client_id: String,
    /// The keys of its developer, which exchange codes and tokens of their mode.
    pub secret_test: String,
    pub secret_live: String,
    pub redirect_uris: Vec<String>,
    /// What its manifest asks for, such as `customer_read`.
    pub permissions: Vec<String>,
    /// The account of the merchant who stands before the page and installs it, and the mode.
    pub merchant: String,
    pub livemode: bool,
    codes: HashMap<String, Grant>,
    refreshes: HashMap<String, Grant>,
}

#[derive(Clone, Debug)]
struct Grant {
    account: String,
    livemode: bool,
    expires: DateTime<Utc>,
}

impl App {
    pub fn new(redirect_uri: &str, merchant: &str, livemode: bool) -> Self {
        Self {
            client_id: "ca_app_tributary".into(),
            secret_test: "sk_test_developer_0123456789".into(),
            secret_live: "sk_live_developer_0123456789".into(),
            redirect_uris: vec![redirect_uri.to_owned()],
            permissions: Vec::new(),
            merchant: merchant.to_owned(),
            livemode,
            codes: HashMap::new(),
            refreshes: HashMap::new(),
        }
    }

    /// Whether an account has it installed.
    pub(crate) fn is_installed(&self, account: &str, livemode: bool) -> bool {
        self.codes.values().chain(self.refreshes.values()).any(|grant| grant.account == account && grant.livemode == livemode)
    }

    pub(super) fn forget(&mut self, account: &str, livemode: bool) {
        let other = |grant: &Grant| grant.account != account || grant.livemode != livemode;
        self.codes.retain(|_, grant| other(grant));
        self.refreshes.retain(|_, grant| other(grant));
    }
}

impl World {
    /// The page on which the merchant installs the app: `/oauth/v2/authorize`, or with a channel in between for an app under test.
    pub(super) fn install(&mut self, asked: &Asked) -> Answer {
        let query = form(&asked.query);
        let now = self.now();
        let known =
            asked.path == "/oauth/v2/authorize" || (asked.path.starts_with("/oauth/v2/chnlink_") && asked.path.ends_with("/authorize"));
        let code = self.grants.word("ac_app");
        let Some(app) = self.app.as_mut().filter(|app| known && query.get("client_id") == Some(&app.client_id)) else {
            return Refusal::new(400, "invalid_request_error", None, "The provided OAuth link is invalid").into();
        };
        let redirect = query.get("redirect_uri").cloned().unwrap_or_else(|| app.redirect_uris[0].clone());
        if !app.redirect_uris.contains(&redirect) {
            return Refusal::new(400, "invalid_request_error", None, "The provided redirect_uri is not one of the app's").into();
        }
        let (account, livemode) = (app.merchant.clone(), app.livemode);
        app.codes.insert(code.clone(), Grant { account: account.clone(), livemode, expires: now + CODE_LIFE });
        let client = app.client_id.clone();
        if let Some(shop) = self.shop(&account, livemode) {
            let mut shop = shop.lock().unwrap();
            let at = shop.now();
            shop.tell(at, "account.application.authorized", Object::Application(client));
        }
        let mut pairs = vec![("code", code.as_str()), ("scope", "stripe_apps"), ("stripe_user_id", account.as_str())];
        pairs.extend(query.get("state").map(|state| ("state", state.as_str())));
        Answer::redirect(with(&redirect, &pairs))
    }

    pub(super) fn app_token(&mut self, asked: &Asked) -> Result<Answer, Refusal> {
        let form = form(&asked.body);
        let get = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        let now = self.now();
        let invalid = |text: &str| Refusal::oauth(400, "invalid_grant", text);
        let secret = asked.key.clone().unwrap_or_default();
        let (access, refresh) = (self.grants.word("app_token"), self.grants.word("rt_app"));
        let app = self.app.as_mut().ok_or_else(|| Refusal::unknown_path(asked))?;
        let modes = [(&app.secret_test, false), (&app.secret_live, true)];
        let livemode = modes.into_iter().find(|(own, _)| **own == secret).map(|(_, mode)| mode);
        let livemode = livemode.ok_or_else(|| Refusal::new(401, "invalid_request_error", None, "Invalid API Key provided"))?;
        let grant = match get("grant_type") {
            "authorization_code" => app.codes.remove(get("code")),
            // Each refresh token works once: the answer holds the next one.
            "refresh_token" => app.refreshes.remove(get("refresh_token")),
            _ => return Err(Refusal::oauth(400, "unsupported_grant_type", "Unsupported grant type")),
        };
        let grant = grant.filter(|grant| grant.livemode == livemode).ok_or_else(|| invalid("The code or refresh token is not valid"))?;
        if grant.expires <= now {
            return Err(invalid("The code or refresh token has expired"));
        }
        let mode = if livemode { "live" } else { "test" };
        let access = format!("sk_{mode}_{access}");
        app.refreshes.insert(refresh.clone(), Grant { expires: now + REFRESH_LIFE, ..grant.clone() });
        let permissions: Vec<&str> = app.permissions.iter().map(String::as_str).collect();
        let key = Key::of(&grant.account, livemode).until(now + ACCESS_LIFE);
        let key = if permissions.is_empty() { key } else { key.only(permissions) };
        self.keys.add(&access, key);
        Ok(Answer::ok(json!({
            "access_token": access, "livemode": livemode, "refresh_token": refresh, "scope": "stripe_apps", "token_type": "bearer",
            "stripe_publishable_key": format!("pk_{mode}_app"), "stripe_user_id": grant.account
        })))
    }
}
