//! Stripe's two ways to give access by its own pages: Connect OAuth of Standard accounts, and the install link of a Stripe App.
//!
//! Builds addresses and exchanges codes and tokens. Decides nothing about whose they are.

use std::time::Duration;

use entity::value::LinkFault;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use super::client::Transport;
use super::credential::is_account;

/// How long the token of an app works when Stripe does not say.
const ACCESS_LIFE: Duration = Duration::from_secs(3600);

/// What Stripe gave for a code or a refresh token.
#[derive(Debug)]
pub struct Grant {
    /// The account that it is for: this word of Stripe's counts, and no other.
    pub account: String,
    /// What calls are made with.
    pub access: SecretString,
    /// What the next pair is had for, where there is one.
    pub refresh: Option<SecretString>,
    /// `read_only` or `read_write`, for Connect.
    pub scope: Option<String>,
    /// Whether it is for live data.
    pub livemode: bool,
    /// How long the access lasts; nothing for Connect, whose tokens do not end.
    pub lasts: Option<Duration>,
}

/// A Connect platform in one mode.
#[derive(Clone, Debug)]
pub struct Platform {
    /// The host of its pages.
    pub connect: Url,
    /// `ca_...`.
    pub client_id: String,
    /// Its secret key.
    pub key: SecretString,
}

/// A Stripe App in one mode.
#[derive(Clone, Debug)]
pub struct InstalledApp {
    /// The host of the API.
    pub api: Url,
    /// Its install link, as Stripe shows it to the developer.
    pub install: Url,
    /// The developer's secret key.
    pub key: SecretString,
}

impl Platform {
    /// The page on which the merchant agrees.
    #[must_use]
    pub fn page(&self, scope: &str, state: &str, redirect_uri: &str) -> Url {
        let mut url = under(&self.connect, "oauth/authorize");
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.client_id)
            .append_pair("scope", scope)
            .append_pair("state", state)
            .append_pair("redirect_uri", redirect_uri);
        url
    }

    /// Exchanges the code that came back.
    ///
    /// # Errors
    /// [`LinkFault`] says why there is no token.
    pub async fn exchange(&self, transport: &Transport, code: &str) -> Result<Grant, LinkFault> {
        let form = [("grant_type", "authorization_code"), ("code", code), ("client_secret", self.key.expose_secret())];
        let answer = transport.form(&under(&self.connect, "oauth/token"), None, &form).await;
        grant(answer, None)
    }

    /// Takes the platform's access to an account back, as the merchant wants it.
    ///
    /// # Errors
    /// [`LinkFault`]; [`LinkFault::ClientRefused`] also when there is no access any more.
    pub async fn revoke(&self, transport: &Transport, account: &str) -> Result<(), LinkFault> {
        let form = [("client_id", self.client_id.as_str()), ("stripe_user_id", account)];
        let (status, body) =
            transport.form(&under(&self.connect, "oauth/deauthorize"), Some(&self.key), &form).await.ok_or(LinkFault::StripeUnavailable)?;
        if status < 300 { Ok(()) } else { Err(refusal(status, &body)) }
    }
}

impl InstalledApp {
    /// The app as Stripe knows it, `ca_...`: it stands in the install link.
    #[must_use]
    pub fn client_id(&self) -> Option<String> {
        self.install.query_pairs().find(|(name, _)| name == "client_id").map(|(_, value)| value.into_owned())
    }

    /// The page on which the merchant installs the app.
    #[must_use]
    pub fn page(&self, state: &str, redirect_uri: &str) -> Url {
        let mut url = self.install.clone();
        let kept: Vec<(String, String)> =
            url.query_pairs().into_owned().filter(|(name, _)| !["state", "redirect_uri"].contains(&name.as_str())).collect();
        url.query_pairs_mut().clear().extend_pairs(kept).append_pair("redirect_uri", redirect_uri).append_pair("state", state);
        url
    }

    /// Exchanges the code that came back.
    ///
    /// # Errors
    /// [`LinkFault`] says why there is no token.
    pub async fn exchange(&self, transport: &Transport, code: &str) -> Result<Grant, LinkFault> {
        self.token(transport, [("grant_type", "authorization_code"), ("code", code)]).await
    }

    /// Exchanges a refresh token for the next pair. The old one is used up by it.
    ///
    /// # Errors
    /// [`LinkFault::CodeRefused`] when it does not work any more: the merchant has to install again.
    pub async fn refresh(&self, transport: &Transport, refresh: &SecretString) -> Result<Grant, LinkFault> {
        self.token(transport, [("grant_type", "refresh_token"), ("refresh_token", refresh.expose_secret())]).await
    }

    async fn token(&self, transport: &Transport, form: [(&str, &str); 2]) -> Result<Grant, LinkFault> {
        let answer = transport.form(&under(&self.api, "v1/oauth/token"), Some(&self.key), &form).await;
        grant(answer, Some(ACCESS_LIFE))
    }
}

fn under(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
    url.set_query(None);
    url
}

/// Reads the answer to an exchange. Without a whole answer nothing is known; with one, what it lacks is a fault.
fn grant(answer: Option<(u16, Value)>, lasts: Option<Duration>) -> Result<Grant, LinkFault> {
    let (status, body) = answer.ok_or(LinkFault::StripeUnavailable)?;
    if status >= 300 {
        return Err(refusal(status, &body));
    }
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    let account = text("stripe_user_id").filter(|account| is_account(account)).ok_or(LinkFault::StripeUnavailable)?;
    let told = body.get("expires_in").and_then(Value::as_u64).map(Duration::from_secs);
    Ok(Grant {
        account,
        access: text("access_token").ok_or(LinkFault::StripeUnavailable)?.into(),
        refresh: text("refresh_token").map(Into::into),
        scope: text("scope"),
        livemode: body.get("livemode").and_then(Value::as_bool).ok_or(LinkFault::StripeUnavailable)?,
        lasts: lasts.map(|usual| told.unwrap_or(usual)),
    })
}

/// What a refusal of a token endpoint means.
fn refusal(status: u16, body: &Value) -> LinkFault {
    let word = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    // The API says `error: { ... }` where OAuth says `error: "..."`.
    let (error, text) = (word("error"), word("error_description").to_lowercase());
    match error {
        "" if status == 401 => LinkFault::ClientRefused,
        "" => LinkFault::StripeUnavailable,
        other => fault(other, &text),
    }
}

/// The fault behind an error word of OAuth, as it comes back to the redirect address or from a token endpoint.
#[must_use]
pub fn fault(error: &str, text: &str) -> LinkFault {
    let text = text.to_lowercase();
    let mentions = |words: &[&str]| words.iter().any(|word| text.contains(word));
    match error {
        _ if mentions(&["another platform", "controlled by"]) => LinkFault::ControlledByAnotherPlatform,
        "access_denied" => LinkFault::AccessDenied,
        "invalid_scope" => LinkFault::ScopeRefused,
        "invalid_client" | "unauthorized_client" => LinkFault::ClientRefused,
        "invalid_grant" if mentions(&["mode", "livemode"]) => LinkFault::ModeMismatch,
        "invalid_grant" => LinkFault::CodeRefused,
        "unsupported_grant_type" => LinkFault::UnsupportedGrantType,
        "unsupported_response_type" => LinkFault::UnsupportedResponseType,
        "server_error" | "temporarily_unavailable" => LinkFault::StripeUnavailable,
        _ => LinkFault::RequestRefused,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pages_carry_what_stripe_needs_to_come_back() {
        let platform =
            Platform { connect: "https://connect.stripe.com".parse().unwrap(), client_id: "ca_1".into(), key: "sk_test_x".into() };
        let page = platform.page("read_only", "st", "https://t.example/connect/stripe/callback");
        assert_eq!(
            page.as_str(),
            "https://connect.stripe.com/oauth/authorize?response_type=code&client_id=ca_1&scope=read_only&state=st\
             &redirect_uri=https%3A%2F%2Ft.example%2Fconnect%2Fstripe%2Fcallback"
        );
        let install =
            "https://marketplace.stripe.com/oauth/v2/chnlink_61/authorize?client_id=ca_2&redirect_uri=https://old.example".parse().unwrap();
        let app = InstalledApp { api: "https://api.stripe.com".parse().unwrap(), install, key: "sk_test_x".into() };
        let page = app.page("st", "https://t.example/back");
        assert_eq!(
            page.as_str(),
            "https://marketplace.stripe.com/oauth/v2/chnlink_61/authorize?client_id=ca_2&redirect_uri=https%3A%2F%2Ft.example%2Fback&state=st"
        );
    }

    #[test]
    fn every_error_of_oauth_has_a_fault_of_its_own() {
        for (error, text, expected) in [
            ("access_denied", "The user denied your request", LinkFault::AccessDenied),
            ("access_denied", "This account is already controlled by another platform", LinkFault::ControlledByAnotherPlatform),
            ("invalid_scope", "Invalid scope provided", LinkFault::ScopeRefused),
            ("invalid_client", "No such application", LinkFault::ClientRefused),
            ("invalid_grant", "Authorization code does not exist", LinkFault::CodeRefused),
            ("invalid_grant", "This code was made in test mode", LinkFault::ModeMismatch),
            ("invalid_request", "No grant type specified", LinkFault::RequestRefused),
            ("invalid_redirect_uri", "not registered", LinkFault::RequestRefused),
            ("unsupported_grant_type", "", LinkFault::UnsupportedGrantType),
            ("unsupported_response_type", "", LinkFault::UnsupportedResponseType),
            ("temporarily_unavailable", "", LinkFault::StripeUnavailable),
        ] {
            assert_eq!(fault(error, text), expected, "{error} {text}");
        }
    }

    #[test]
    fn only_a_whole_answer_is_a_grant() {
        let whole = json!({ "access_token": "sk_test_1", "stripe_user_id": "acct_1", "livemode": false, "scope": "read_only" });
        let taken = grant(Some((200, whole.clone())), None).unwrap();
        assert_eq!((taken.account.as_str(), taken.livemode, taken.lasts), ("acct_1", false, None));
        let app = grant(Some((200, whole.clone())), Some(ACCESS_LIFE)).unwrap();
        assert_eq!(app.lasts, Some(ACCESS_LIFE));
        for lacking in ["access_token", "stripe_user_id", "livemode"] {
            let mut body = whole.clone();
            body.as_object_mut().unwrap().remove(lacking);
            assert_eq!(grant(Some((200, body)), None).unwrap_err(), LinkFault::StripeUnavailable, "{lacking}");
        }
        assert_eq!(grant(None, None).unwrap_err(), LinkFault::StripeUnavailable);
        assert_eq!(grant(Some((401, json!({ "error": { "message": "Invalid API Key" } }))), None).unwrap_err(), LinkFault::ClientRefused);
        assert_eq!(grant(Some((503, Value::Null)), None).unwrap_err(), LinkFault::StripeUnavailable);
        assert!(!format!("{taken:?}").contains("sk_test_1"));
    }
}
