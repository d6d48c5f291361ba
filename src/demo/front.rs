//! The outside: everything that the demo asks of the server, by HTTP, as pages, servers and Stripe would.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use chrono::{DateTime, Utc};
use reqwest::{RequestBuilder, Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::stripe::signature::sign;

/// Where the shop's pages are.
pub const SHOP: &str = "https://lumen.example";
/// The browser of everyone who visits them.
const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
/// The longest that any answer may take.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A client of the server.
#[derive(Clone)]
pub struct Front {
    http: reqwest::Client,
    base: String,
    bearer: Option<SecretString>,
}

impl Front {
    /// A client of the server at `base` whom the server does not know.
    ///
    /// # Errors
    /// When no client can be set up on this machine.
    pub fn new(base: &str) -> Result<Self> {
        let http = reqwest::Client::builder().timeout(TIMEOUT).user_agent(BROWSER).no_proxy().build()?;
        Ok(Self { http, base: base.to_owned(), bearer: None })
    }

    /// The same client with an access token or an API key.
    pub fn with_bearer(&self, bearer: SecretString) -> Self {
        Self { bearer: Some(bearer), ..self.clone() }
    }

    /// Asks GraphQL and gives `data`.
    ///
    /// # Errors
    /// When the server cannot be reached or answers with errors.
    pub async fn ask(&self, query: &str, variables: Value) -> Result<Value> {
        let mut request =
            self.http.post(format!("{}/graphql", self.base)).header("accept", "application/graphql-response+json, application/json");
        if let Some(bearer) = &self.bearer {
            request = request.bearer_auth(bearer.expose_secret()).header("tributary-mode", "live");
        }
        let response = send(request.json(&json!({ "query": query, "variables": variables }))).await?;
        let status = response.status();
        let mut answer: Value = response.json().await.with_context(|| format!("GraphQL answered {status} without JSON"))?;
        if let Some(errors) = answer["errors"].as_array().filter(|errors| !errors.is_empty()) {
            let messages: Vec<&str> = errors.iter().filter_map(|error| error["message"].as_str()).collect();
            bail!("GraphQL answered {status}: {}", messages.join("; "));
        }
        Ok(answer["data"].take())
    }

    /// Does something by a mutation and gives the payload of its only field.
    ///
    /// # Errors
    /// As for [`Front::ask`]; also when the payload has user errors.
    pub async fn change(&self, mutation: &str, variables: Value) -> Result<Value> {
        let mut data = self.ask(mutation, variables).await?;
        let (field, payload) = data.as_object_mut().and_then(|fields| fields.iter_mut().next()).context("a mutation without a field")?;
        if let Some(errors) = payload["userErrors"].as_array().filter(|errors| !errors.is_empty()) {
            let text = |error: &Value| {
                format!("{} {}", error["field"].as_str().unwrap_or_default(), error["message"].as_str().unwrap_or_default())
            };
            bail!("{field} was refused: {}", errors.iter().map(text).collect::<Vec<_>>().join("; "));
        }
        Ok(payload.take())
    }

    /// A page of the shop tells of a click on a partner's link. Gives the visitor's token.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses.
    pub async fn click(&self, page_key: &str, code: &str) -> Result<String> {
        let body = json!({ "key": page_key, "code": code, "url": format!("{SHOP}/?via={code}"), "referrer": "https://blog.example/" });
        let answer = self.page("/track/click", &body).await?;
        Ok(answer["token"].as_str().context("a click without a token")?.to_owned())
    }

    /// A page of the shop tells of a sign-up.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses.
    pub async fn sign_up(&self, page_key: &str, claim: Value) -> Result<()> {
        let mut body = claim;
        body["key"] = page_key.into();
        self.page("/track/signup", &body).await.map(drop)
    }

    /// Pages send JSON as plain text, so that browsers need not ask first.
    async fn page(&self, path: &str, body: &Value) -> Result<Value> {
        let request = self.http.post(format!("{}{path}", self.base)).header("origin", SHOP).header("content-type", "text/plain");
        let response = send(request.body(body.to_string())).await?;
        ensure!(response.status() == StatusCode::OK, "{path} answered {}", response.status());
        Ok(response.json().await?)
    }

    /// Stripe delivers an event, signed at `at`.
    ///
    /// # Errors
    /// When the server cannot be reached or does not take it.
    pub async fn deliver(&self, path: &str, body: &str, secret: &SecretString, at: DateTime<Utc>) -> Result<()> {
        let signature = sign(body.as_bytes(), std::slice::from_ref(secret), at);
        let request = self.http.post(format!("{}{path}", self.base)).header("stripe-signature", signature);
        let response = send(request.header("content-type", "application/json; charset=utf-8").body(body.to_owned())).await?;
        ensure!(response.status().is_success(), "a delivery was answered {}", response.status());
        Ok(())
    }
}

async fn send(request: RequestBuilder) -> Result<Response> {
    request.send().await.context("the server cannot be reached")
}
