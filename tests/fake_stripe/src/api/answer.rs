//! What goes back: an answer, or one of Stripe's refusals.

use serde_json::{Value, json};

use super::Asked;

/// An answer, with the headers that matter.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
    pub headers: Vec<(&'static str, String)>,
}

impl Answer {
    pub fn ok(body: Value) -> Self {
        Self { status: 200, body, headers: Vec::new() }
    }

    pub fn redirect(to: String) -> Self {
        Self { status: 303, body: Value::Null, headers: vec![("location", to)] }
    }
}

/// A refusal in Stripe's form.
#[derive(Clone, Debug)]
pub struct Refusal {
    pub status: u16,
    pub body: Value,
    pub headers: Vec<(&'static str, String)>,
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        Self { status: refusal.status, body: refusal.body, headers: refusal.headers }
    }
}

impl Refusal {
    pub fn new(status: u16, kind: &str, code: Option<&str>, message: &str) -> Self {
        let mut error = json!({ "type": kind, "message": message });
        if let Some(code) = code {
            error["code"] = json!(code);
            error["doc_url"] = json!(format!("https://stripe.com/docs/error-codes/{}", code.replace('_', "-")));
        }
        Self { status, body: json!({ "error": error }), headers: Vec::new() }
    }

    /// A wrong request: status 400.
    pub fn wrong(code: Option<&str>, message: &str) -> Self {
        Self::new(400, "invalid_request_error", code, message)
    }

    /// Which parameter it is about.
    pub fn about(mut self, param: &str) -> Self {
        self.body["error"]["param"] = json!(param);
        self
    }

    pub fn missing(kind: &str, id: &str) -> Self {
        let message = format!("No such {kind}: '{id}'");
        Self::new(404, "invalid_request_error", Some("resource_missing"), &message).about("id")
    }

    /// Adds what Stripe says when the object is there in the other mode.
    pub fn hint(&mut self, livemode: Option<bool>) {
        let Some(livemode) = livemode.filter(|_| self.body["error"]["code"] == "resource_missing") else { return };
        let (own, other) = if livemode { ("live", "test") } else { ("test", "live") };
        let message = self.body["error"]["message"].as_str().unwrap_or_default();
        let hint = format!("{message}; a similar object exists in {other} mode, but a {own} mode key was used to make this request.");
        self.body["error"]["message"] = hint.into();
    }

    pub fn unknown_path(asked: &Asked) -> Self {
        let message = format!(
            "Unrecognized request URL ({}: {}). Please see https://stripe.com/docs or we can help at https://support.stripe.com/.",
            asked.method, asked.path
        );
        Self::new(404, "invalid_request_error", None, &message)
    }

    pub fn version(name: &str) -> Self {
        Self::wrong(None, &format!("Invalid Stripe API version: {name}"))
    }

    pub fn busy() -> Self {
        let message = "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.";
        let mut refusal = Self::new(429, "invalid_request_error", Some("rate_limit"), message);
        refusal.headers.push(("stripe-rate-limited-reason", "global-rate".into()));
        refusal
    }

    /// Stripe would do it, and the pretended one cannot.
    pub fn not_here(what: &str) -> Self {
        Self::new(501, "fake_stripe", None, &format!("This is a pretended Stripe, and {what}."))
    }

    /// A refusal of the OAuth endpoints, which have a form of their own.
    pub fn oauth(status: u16, error: &str, description: &str) -> Self {
        Self { status, body: json!({ "error": error, "error_description": description }), headers: Vec::new() }
    }
}
