//! Parameters: read from query and body, checked against those that Stripe takes, and counted off as a handler uses them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use super::route::Route;
use super::{Asked, Refusal};
use crate::model::Metadata;

/// What Stripe takes, endpoint by endpoint; made from the type files of its SDK by `tests/interop/stripe_parameters.mjs`.
const TABLE: &str = include_str!("../../parameters.txt");

/// One parameter of one endpoint.
#[derive(Debug, Default)]
pub struct Spec {
    /// Its path, such as `created`, `gte`; `[]` for an item of a list, `*` for a key of the caller's own.
    path: Vec<String>,
    required: bool,
    words: Vec<String>,
    kinds: BTreeSet<String>,
}

static SPECS: LazyLock<BTreeMap<&str, Vec<Spec>>> = LazyLock::new(|| {
    let mut specs: BTreeMap<&str, Vec<Spec>> = BTreeMap::new();
    let mut endpoint = "";
    for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
        match line.strip_prefix("  ") {
            None => {
                endpoint = line;
                specs.entry(endpoint).or_default();
            }
            Some(line) => {
                let (name, kinds) = line.split_once(' ').unwrap_or((line, ""));
                let required = name.ends_with('!');
                let path = name.trim_end_matches('!').replace("[]", ".[]").split('.').map(str::to_owned).collect();
                let words =
                    kinds.split(' ').filter(|kind| kind.contains('|')).flat_map(|kind| kind.split('|')).filter(|word| !word.is_empty());
                let spec = Spec {
                    path,
                    required,
                    words: words.map(str::to_owned).collect(),
                    kinds: kinds.split(' ').map(str::to_owned).collect(),
                };
                specs.entry(endpoint).or_default().push(spec);
            }
        }
    }
    specs
});

/// Whether the table has an endpoint.
#[cfg(test)]
pub fn has(endpoint: &str) -> bool {
    SPECS.contains_key(endpoint)
}

/// The parameters of one request, as they were sent: `created[gte]` is the path `created`, `gte`.
pub struct Params {
    given: Vec<(Vec<String>, String)>,
    used: BTreeSet<usize>,
}

impl Params {
    /// Reads the parameters, and refuses what Stripe refuses.
    pub fn read(route: &Route, asked: &Asked) -> Result<Self, Refusal> {
        let source = if asked.method == "GET" || asked.body.is_empty() { &asked.query } else { &asked.body };
        if source.trim_start().starts_with('{') {
            let message = "Invalid request (check that your POST content type is application/x-www-form-urlencoded).";
            return Err(Refusal::wrong(None, message));
        }
        let mut given = Vec::new();
        let specs = &SPECS[route.endpoint().as_str()];
        for (name, value) in url::form_urlencoded::parse(source.as_bytes()) {
            let path = split(&name);
            check(specs, &name, &path, &value)?;
            given.push((path, value.into_owned()));
        }
        let params = Self { given, used: BTreeSet::new() };
        params.complete(specs)?;
        Ok(params)
    }

    /// Refuses when something is missing that must be there.
    fn complete(&self, specs: &[Spec]) -> Result<(), Refusal> {
        let has = |path: &[String]| self.given.iter().any(|(given, _)| matches(path, &given[..path.len().min(given.len())]));
        for spec in specs.iter().filter(|spec| spec.required) {
            let (_, parent) = spec.path.split_last().expect("a path");
            if (parent.is_empty() || has(parent)) && !has(&spec.path) {
                let name = join(&spec.path);
                return Err(Refusal::wrong(Some("parameter_missing"), &format!("Missing required param: {name}.")).about(&name));
            }
        }
        Ok(())
    }

    /// A parameter that nobody used.
    pub fn left(&self) -> Option<String> {
        let unused = self.given.iter().enumerate().find(|(at, _)| !self.used.contains(at));
        unused.map(|(_, (path, _))| join(path))
    }

    /// A single value. Its path has dots: `created.gte`.
    pub fn take(&mut self, path: &str) -> Option<String> {
        let path: Vec<&str> = path.split('.').collect();
        let at = self.given.iter().position(|(given, _)| given.iter().map(String::as_str).eq(path.iter().copied()))?;
        self.used.insert(at);
        Some(self.given[at].1.clone())
    }

    pub fn take_int(&mut self, path: &str) -> Option<i64> {
        self.take(path).and_then(|text| text.parse().ok())
    }

    pub fn take_bool(&mut self, path: &str) -> Option<bool> {
        self.take(path).map(|text| text == "true")
    }

    pub fn take_list(&mut self, path: &str) -> Vec<String> {
        let path: Vec<&str> = path.split('.').chain(["[]"]).collect();
        let mut found = Vec::new();
        for (at, (given, value)) in self.given.iter().enumerate() {
            if given.iter().map(String::as_str).eq(path.iter().copied()) {
                self.used.insert(at);
                found.push(value.clone());
            }
        }
        found
    }

    /// What comes under a path: for each key its value, where an empty one means that the key goes. `None` when the path is not given.
    pub fn take_map(&mut self, path: &str) -> Option<Metadata> {
        let mut found = None;
        for (at, (given, value)) in self.given.iter().enumerate() {
            if given.first().is_some_and(|first| first == path) {
                self.used.insert(at);
                let map: &mut Metadata = found.get_or_insert_default();
                if let [_, key] = given.as_slice() {
                    map.insert(key.clone(), value.clone());
                }
            }
        }
        found
    }

    /// Whether anything is given under a path.
    pub fn has(&self, path: &str) -> bool {
        self.given.iter().any(|(given, _)| given.first().is_some_and(|first| first == path))
    }

    /// Every parameter as one text, the same for the same request.
    pub fn canonical(text: &str) -> String {
        let mut pairs: Vec<(String, String)> = url::form_urlencoded::parse(text.as_bytes()).into_owned().collect();
        pairs.sort();
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
    }
}

/// `created[gte]` is `created`, `gte`; `expand[]` and `expand[0]` are `expand`, `[]`.
fn split(name: &str) -> Vec<String> {
    let (head, rest) = name.split_once('[').unwrap_or((name, ""));
    let inner = rest.trim_end_matches(']');
    let mut path = vec![head.to_owned()];
    if name.contains('[') {
        let step = |step: &str| if step.bytes().all(|byte| byte.is_ascii_digit()) { "[]".to_owned() } else { step.to_owned() };
        path.extend(inner.split("][").map(step));
    }
    path
}

fn join(path: &[String]) -> String {
    let (head, rest) = path.split_first().expect("a path");
    rest.iter().fold(head.clone(), |text, step| if step == "[]" { format!("{text}[]") } else { format!("{text}[{step}]") })
}

fn matches(spec: &[String], given: &[String]) -> bool {
    spec.len() == given.len() && spec.iter().zip(given).all(|(spec, given)| spec == "*" || spec == given)
}

fn check(specs: &[Spec], name: &str, path: &[String], value: &str) -> Result<(), Refusal> {
    let cut = |spec: &&Spec| spec.kinds.contains("...") && path.len() >= spec.path.len() && matches(&spec.path, &path[..spec.path.len()]);
    if specs.iter().any(|spec| cut(&spec)) {
        return Ok(());
    }
    let known: Vec<&Spec> = specs.iter().filter(|spec| matches(&spec.path, path)).collect();
    if known.is_empty() {
        return Err(Refusal::wrong(Some("parameter_unknown"), &format!("Received unknown parameter: {name}")).about(name));
    }
    let may = |kind: &str| known.iter().any(|spec| spec.kinds.contains(kind));
    let word = known.iter().any(|spec| spec.words.iter().any(|word| word == value));
    let fits = word
        || may("string")
        || (value.is_empty() && (may("empty") || may("{}")))
        || (may("number") && value.parse::<f64>().is_ok())
        || (may("boolean") && ["true", "false"].contains(&value));
    if fits {
        return Ok(());
    }
    let words: Vec<&str> = known.iter().flat_map(|spec| spec.words.iter().map(String::as_str)).collect();
    Err(if !words.is_empty() {
        Refusal::wrong(None, &format!("Invalid {name}: must be one of {}", words.join(", ")))
    } else if may("number") {
        Refusal::wrong(Some("parameter_invalid_integer"), &format!("Invalid integer: {value}"))
    } else if may("boolean") {
        Refusal::wrong(None, &format!("Invalid boolean: {value}"))
    } else if may("{}") {
        Refusal::wrong(None, "Invalid object")
    } else {
        Refusal::wrong(None, "Invalid array")
    }
    .about(name))
}
