//! Idempotency keys: the first answer comes again for the same request, and another request is refused.

use std::collections::HashMap;

use super::answer::Answer;
use super::params::Params;
use super::{Asked, Refusal};

#[derive(Clone)]
struct Earlier {
    request: String,
    /// Nothing while the first request still runs.
    answer: Option<Answer>,
}

#[derive(Default)]
pub struct Replays(HashMap<(String, String), Earlier>);

/// Stripe takes no longer key.
const LENGTH: usize = 255;

impl Replays {
    /// The answer of an earlier request with this key, if there is one.
    pub fn begin(&mut self, asked: &Asked) -> Result<Option<Answer>, Refusal> {
        let Some(place) = place(asked) else { return Ok(None) };
        if place.1.len() > LENGTH {
            let message = format!("Idempotency key is too long: it has {} characters, and may have {LENGTH}.", place.1.len());
            return Err(Refusal::new(400, "idempotency_error", None, &message));
        }
        let request = format!("{} {} {}", asked.method, asked.path, Params::canonical(&asked.body));
        match self.0.get(&place) {
            None => {
                self.0.insert(place, Earlier { request, answer: None });
                Ok(None)
            }
            Some(earlier) if earlier.request != request => {
                let message = format!(
                    "Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key \
                     other than '{}' if you meant to execute a different request.",
                    place.1
                );
                Err(Refusal::new(400, "idempotency_error", None, &message))
            }
            Some(Earlier { answer: None, .. }) => {
                let message = "There is currently another in-progress request using this Idempotent Key. Please try again later.";
                Err(Refusal::new(409, "idempotency_error", Some("idempotency_key_in_use"), message))
            }
            Some(Earlier { answer: Some(answer), .. }) => {
                let mut answer = answer.clone();
                answer.headers.push(("idempotent-replayed", "true".into()));
                Ok(Some(answer))
            }
        }
    }

    /// Keeps the answer of the request that ran, whether it was a good one or not.
    pub fn end(&mut self, asked: &Asked, answer: &Result<Answer, Refusal>) {
        if let Some(earlier) = place(asked).and_then(|place| self.0.get_mut(&place)) {
            earlier.answer = Some(answer.clone().unwrap_or_else(Answer::from));
        }
    }
}

/// A key belongs to the account that uses it. Only requests that change something have one.
fn place(asked: &Asked) -> Option<(String, String)> {
    let key = asked.idempotency.clone().filter(|_| asked.method == "POST")?;
    Some((format!("{:?} {:?}", asked.key, asked.account), key))
}
