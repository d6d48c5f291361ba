//! GraphQL operations over HTTP, as a client sends them.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::app::TestApp;

/// An operation to be sent.
pub struct Operation<'a> {
    app: &'a TestApp,
    document: String,
    variables: Value,
    bearer: Option<String>,
    mode: Option<String>,
}

impl<'a> Operation<'a> {
    pub fn new(app: &'a TestApp, document: &str) -> Self {
        Self { app, document: document.to_owned(), variables: json!({}), bearer: None, mode: None }
    }

    pub fn variables(mut self, variables: Value) -> Self {
        self.variables = variables;
        self
    }

    /// As the bearer of an access token or API key.
    pub fn bearer(mut self, token: &str) -> Self {
        self.bearer = Some(token.to_owned());
        self
    }

    /// In `test` or `live`.
    pub fn mode(mut self, mode: &str) -> Self {
        self.mode = Some(mode.to_owned());
        self
    }

    pub async fn send(self) -> Answer {
        let mut request = self.app.post("/graphql").json(&json!({ "query": self.document, "variables": self.variables }));
        if let Some(bearer) = &self.bearer {
            request = request.bearer_auth(bearer);
        }
        if let Some(mode) = &self.mode {
            request = request.header("tributary-mode", mode);
        }
        let response = request.send().await.unwrap();
        Answer { status: response.status(), body: response.json().await.unwrap() }
    }

    /// Sends it and gives `data`; panics when there are errors.
    pub async fn data(self) -> Value {
        let answer = self.send().await;
        assert!(answer.body.get("errors").is_none(), "{:#}", answer.body);
        answer.body["data"].clone()
    }
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub body: Value,
}

impl Answer {
    /// The code of the first error; empty when there is none.
    pub fn code(&self) -> &str {
        self.body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default()
    }
}
