//! Stripe's own pages, walked by a browser: from the page of this instance to Stripe's, and back.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{Ground, text};
use crate::support::app::PUBLIC_URL;

/// Where Stripe sends browsers back to.
pub const CALLBACK: &str = "https://tributary.example/connect/stripe/callback";

/// What a page answered.
pub struct Page {
    pub status: StatusCode,
    pub location: Option<String>,
    pub body: String,
}

impl Page {
    /// The code that the page shows for a link that failed.
    pub fn fault(&self) -> &str {
        self.body.split("<code>").nth(1).and_then(|rest| rest.split("</code>").next()).unwrap_or_default()
    }
}

/// A browser with the cookies that this instance gave it.
#[derive(Default)]
pub struct Browser {
    cookies: Vec<(String, String)>,
}

impl Browser {
    /// Opens an address of this instance, as it stands in public.
    pub async fn open(&mut self, ground: &Ground, url: &str) -> Page {
        let request = ground.app.get(url.strip_prefix(PUBLIC_URL).unwrap_or_else(|| panic!("{url} is elsewhere")));
        self.send(request).await
    }

    /// Clicks on the button of the page that was opened there.
    pub async fn click(&mut self, ground: &Ground, url: &str) -> Page {
        self.click_from(ground, url, PUBLIC_URL).await
    }

    /// The same from a page of another site.
    pub async fn click_from(&mut self, ground: &Ground, url: &str, origin: &str) -> Page {
        let state = url.split("state=").nth(1).unwrap();
        let request = ground.app.post("/connect/stripe").header("origin", origin).form(&[("state", state)]);
        self.send(request).await
    }

    async fn send(&mut self, request: reqwest::RequestBuilder) -> Page {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let response = request.header("cookie", cookies.join("; ")).send().await.unwrap();
        for cookie in response.headers().get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Secure"), "{cookie}");
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.retain(|(known, _)| known != name);
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
        assert_eq!(response.headers()["cache-control"], "no-store");
        let location = response.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
        Page { status: response.status(), location, body: response.text().await.unwrap() }
    }
}

impl Ground {
    /// Begins to link by a way. Gives the address to send the browser to.
    pub async fn authorize(&self, input: Value) -> String {
        let done = self.try_authorize(input).await;
        text(&done["authorization"]["url"])
    }

    pub async fn try_authorize(&self, input: Value) -> Value {
        self.try_authorize_as(&self.merchant.secret_key, input).await
    }

    /// The same by somebody else.
    pub async fn try_authorize_as(&self, bearer: &str, input: Value) -> Value {
        let document = "mutation($input: StripeConnectionAuthorizeInput!) { stripeConnectionAuthorize(input: $input) {
            authorization { url expiresAt } userErrors { field code message } } }";
        self.ask_as(bearer, document, json!({ "input": input })).await["stripeConnectionAuthorize"].clone()
    }

    /// What Stripe's page sends the browser back with, after the merchant stood before it.
    pub async fn at_stripe(&self, page: &str) -> String {
        let answer = self.app.client.get(page).send().await.unwrap();
        let to = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
        to.unwrap_or_else(|| panic!("{} stays at Stripe", page))
    }

    /// Walks from the instance to Stripe and back to the callback, without opening that.
    pub async fn walk(&self, browser: &mut Browser, input: Value) -> String {
        let url = self.authorize(input).await;
        self.walk_from(browser, &url).await
    }

    /// The same from this address.
    pub async fn walk_from(&self, browser: &mut Browser, url: &str) -> String {
        let page = browser.open(self, url).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        let left = browser.click(self, url).await;
        assert_eq!(left.status, StatusCode::SEE_OTHER, "{}", left.body);
        self.at_stripe(&left.location.unwrap()).await
    }

    /// The whole way, which leads to a connection. Gives its id.
    pub async fn come_back(&self, input: Value) -> String {
        let mut browser = Browser::default();
        let back = self.walk(&mut browser, input).await;
        let page = browser.open(self, &back).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        let rows = self.connections("id").await;
        let newest = rows.last().unwrap_or_else(|| panic!("no connection"));
        text(&newest["id"])
    }

    /// These fields of all connections in test mode, oldest first.
    pub async fn connections(&self, fields: &str) -> Vec<Value> {
        let document = format!("{{ stripeConnections(first: 50) {{ nodes {{ createdAt {fields} }} }} }}");
        let mut rows = self.ask(&document, json!({})).await["stripeConnections"]["nodes"].as_array().unwrap().clone();
        rows.sort_by_key(|row| text(&row["createdAt"]));
        rows
    }
}
