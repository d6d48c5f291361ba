//! From the bytes of a delivery to what they earn.

use serde_json::Value;
use tributary::domain::fact::Observation;
use tributary::stripe::event::{Envelope, Ignore, Projection, project, project_object};

use crate::books::{self, Known};
use crate::input::Input;
use crate::shop::{bodies, day};

/// The most events of one history.
const MOST: usize = 24;

/// One input: a body as it came where it is JSON, else a history of which some bodies are spoilt.
pub fn one(data: &[u8]) {
    reach(data);
}

/// The same; gives how many purchases came of it.
pub fn reach(data: &[u8]) -> usize {
    let told = if data.first() == Some(&b'{') { body(data) } else { history(&mut Input::new(data)) };
    judge(told)
}

/// A body, as a delivery and as an answer of the API.
fn body(data: &[u8]) -> Vec<Observation> {
    let delivered = Envelope::parse(data).ok().map(|event| projected(&event));
    let answered = serde_json::from_slice::<Value>(data).ok().map(|object| project_object(&object, day(100)));
    delivered.into_iter().flatten().chain(answered.into_iter().flat_map(observations)).collect()
}

fn history(input: &mut Input<'_>) -> Vec<Observation> {
    let version = input.below(5);
    let bodies = bodies(version);
    let mut told = Vec::new();
    for _ in 0..=input.below(MOST) {
        let mut body = input.one_of(bodies).clone();
        for _ in 0..input.byte() % 4 {
            input.spoil(&mut body);
        }
        if let Ok(event) = Envelope::parse(body.to_string().as_bytes()) {
            told.extend(projected(&event));
        }
    }
    told
}

fn projected(event: &Envelope) -> Vec<Observation> {
    match project(event) {
        Ok(projection) => observations(projection),
        Err(Ignore::Unsupported | Ignore::Thin | Ignore::Unreadable(_)) => Vec::new(),
    }
}

fn observations(projection: Projection) -> Vec<Observation> {
    projection.told.into_iter().map(|told| told.observation).collect()
}

fn judge(told: Vec<Observation>) -> usize {
    let forward = Known::of(told.iter());
    // What was told of one id as of two kinds of objects is a broken body: the first telling stands (IN-6).
    if !forward.mixed {
        let backward = Known::of(told.iter().rev().chain(&told));
        assert_eq!(forward.facts, backward.facts, "IN-6: the order and number of tellings matter");
    }
    for (object, fact) in &forward.facts {
        let stored = serde_json::to_string(fact).expect("a fact is stored as JSON");
        assert_eq!(serde_json::from_str(&stored).ok().as_ref(), Some(fact), "{object} is read otherwise than it was stored");
    }
    let purchases = forward.purchases();
    for state in &purchases {
        assert!(state.total <= 0 || state.collected <= state.total, "BA-3: {state:?}");
        let stored = serde_json::to_string(state).expect("a state is stored as JSON");
        assert_eq!(serde_json::from_str(&stored).ok().as_ref(), Some(state), "a state is read otherwise than it was stored");
    }
    let count = purchases.len();
    for terms in books::usual_terms() {
        books::settle_and_judge(&purchases, terms);
    }
    count
}
