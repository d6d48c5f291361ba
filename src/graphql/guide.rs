//! A program's integration guide.

use async_graphql::SimpleObject;

use crate::service::guide::{Method, Step};

/// How to tie a site to a program: pre-written snippets and steps. Holds no secret. Readable by the merchant's members and keys.
#[derive(SimpleObject)]
pub struct IntegrationGuide {
    /// For which kind of site.
    pub method: Method,
    /// The publishable key that the snippets hold; null when there is none yet.
    pub publishable_key: Option<String>,
    /// Where Stripe delivers its events, one address for each connection.
    pub webhook_urls: Vec<String>,
    /// The events for which Stripe's endpoint has to be registered.
    pub events: Vec<String>,
    /// What to do, in order.
    pub steps: Vec<GuideStep>,
}

/// One step of a guide.
#[derive(SimpleObject)]
pub struct GuideStep {
    /// What the step is.
    pub title: String,
    /// What to do, in plain words.
    pub text: String,
    /// What to copy, if there is something.
    pub snippet: Option<GuideSnippet>,
}

/// Something to copy.
#[derive(SimpleObject)]
pub struct GuideSnippet {
    /// The language it is in, as syntax highlighters name it.
    pub language: String,
    /// The text.
    pub code: String,
}

impl From<Step> for GuideStep {
    fn from(step: Step) -> Self {
        let snippet = step.snippet.map(|snippet| GuideSnippet { language: snippet.language.to_owned(), code: snippet.code });
        Self { title: step.title.to_owned(), text: step.text, snippet }
    }
}
