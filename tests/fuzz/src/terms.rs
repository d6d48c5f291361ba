//! From an input of the API to what terms mean and earn.

use std::sync::OnceLock;

use async_graphql::{InputType, Value as Given};
use chrono::Duration;
use entity::value::{Currency, Terms};
use serde_json::{Map, Value, json};
use tributary::domain::commission::{Parties, stays_within_base};
use tributary::domain::preview::{Sample, sentences, work};
use tributary::domain::purchase::PurchaseState;
use tributary::graphql::terms_input::TermsInput;
use tributary::service::terms::faults;
use tributary::stripe::event::{Envelope, project};

use crate::books::{self, Known};
use crate::input::Input;
use crate::shop::{bodies, day};

/// The enums of the input, by field.
const WORDS: [(&str, &[&str]); 8] = [
    ("touchModel", &["LAST", "FIRST"]),
    ("attribution", &["LAST_OR_FIRST", "LINEAR", "POSITION_BASED"]),
    ("couponOverride", &["NEVER", "WHILE_LEAD", "THIS_PURCHASE"]),
    ("accrueOn", &["PAID", "EACH_PAYMENT"]),
    ("outOfBand", &["HOLD", "INCLUDE", "EXCLUDE"]),
    ("twoCodes", &["FIRST", "REVIEW"]),
    ("candidateOrder", &["METADATA", "MANUAL", "COUPON", "BINDING", "CLIENT_REFERENCE", "SIGNUP", "EMAIL"]),
    ("duration", &["FIRST_ONLY", "PAYMENTS", "MONTHS", "LIFETIME"]),
];
const FLAGS: [&str; 6] = ["newCustomersOnly", "emailMatch", "includeShipping", "capAtBase", "holdInquiries", "paysAfterArchive"];
const DAYS: [(&str, i64); 4] = [("windowDays", 365), ("holdDays", 120), ("lateBindingDays", 90), ("clawbackDays", 3_650)];
const CURRENCIES: [&str; 5] = ["USD", "USD", "JPY", "KWD", "XXX"];
const TESTS: [&str; 15] = [
    "CUSTOMER_COUNTRY",
    "CUSTOMER_NEW",
    "CUSTOMER_METADATA",
    "PARTNER",
    "PARTNER_GROUP",
    "PARTNER_METADATA",
    "PURCHASE_AMOUNT",
    "PURCHASE_CURRENCY",
    "PURCHASE_FIRST",
    "PURCHASE_SUBSCRIPTION",
    "PURCHASE_METADATA",
    "PRICE",
    "LOOKUP_KEY",
    "PRODUCT",
    "PRODUCT_METADATA",
];

/// One input: one or two inputs of the API, laid over the default terms one after the other.
pub fn one(data: &[u8]) {
    reach(data);
}

/// The same; gives how much was earned by the terms at most.
pub fn reach(data: &[u8]) -> i64 {
    let mut input = Input::new(data);
    let mut terms = Terms::default();
    if data.first() == Some(&b'{') {
        let Ok(value) = serde_json::from_slice::<Value>(data) else { return 0 };
        let Some(laid) = lay(value, terms) else { return 0 };
        return judge(&laid, &mut Input::new(&[]));
    }
    for _ in 0..=input.byte() % 2 {
        let mut value = made(&mut input);
        if input.rarely(8) {
            input.spoil(&mut value);
        }
        terms = lay(value, terms.clone()).unwrap_or(terms);
    }
    judge(&terms, &mut input)
}

/// What the API does with an input: nothing where it has another form, faults by their path where it cannot be read.
fn lay(value: Value, terms: Terms) -> Option<Terms> {
    let given = Given::from_json(value).ok()?;
    let input = TermsInput::parse(Some(given)).ok()?;
    match input.onto(terms) {
        Ok(terms) => Some(terms),
        Err(faults) => {
            assert!(!faults.is_empty() && faults.iter().all(|fault| !fault.field.is_empty()), "{faults:?}");
            None
        }
    }
}

fn judge(terms: &Terms, input: &mut Input<'_>) -> i64 {
    let wrong = faults(terms);
    if !wrong.is_empty() {
        assert!(wrong.iter().all(|fault| !fault.field.is_empty() && !fault.message.is_empty()), "{wrong:?}");
        return 0;
    }
    let stored = serde_json::to_string(terms).expect("terms are stored as JSON");
    assert_eq!(serde_json::from_str(&stored).ok().as_ref(), Some(terms), "terms are read otherwise than they were stored");
    assert!(sentences(terms).iter().all(|sentence| !sentence.trim().is_empty()), "a preview without words");
    let samples: Vec<Sample> = (0..4).map(|n| sample(n, input)).collect();
    for (sample, worked) in samples.iter().zip(work(terms, &samples, Parties::default())) {
        assert!(worked.amount >= 0, "{sample:?} {worked:?}");
        assert!(!stays_within_base(terms) || worked.amount <= worked.base, "{sample:?} {worked:?}");
    }
    books::settle_and_judge(purchases(input.below(5)), terms)
}

fn sample(number: i64, input: &mut Input<'_>) -> Sample {
    Sample {
        at: day(number * 31) + Duration::seconds(i64::from(input.byte())),
        amount: input.number(),
        currency: input.one_of(&CURRENCIES).parse().unwrap_or(Currency::UNKNOWN),
        quantity: input.number().clamp(1, 1_000_000),
        price: input.flag().then(|| "price_plan".to_owned()),
        product: input.flag().then(|| "prod_plan".to_owned()),
        lookup_key: None,
        product_metadata: Default::default(),
        metadata: Default::default(),
        subscription: input.flag(),
        country: input.flag().then(|| "DE".to_owned()),
    }
}

/// The shop's purchases, as a version tells of them.
fn purchases(version: usize) -> &'static [PurchaseState] {
    static PURCHASES: OnceLock<Vec<Vec<PurchaseState>>> = OnceLock::new();
    let all = PURCHASES.get_or_init(|| {
        let of = |version| {
            let events = bodies(version).iter().filter_map(|body| Envelope::parse(body.to_string().as_bytes()).ok());
            let told: Vec<_> = events.filter_map(|event| project(&event).ok()).flat_map(|projection| projection.told).collect();
            Known::of(told.iter().map(|told| &told.observation)).purchases()
        };
        (0..5).map(of).collect()
    });
    &all[version]
}

fn made(input: &mut Input<'_>) -> Value {
    let mut fields = Map::new();
    while !input.is_over() && fields.len() < 20 {
        let (name, value) = field(input);
        fields.insert(name.to_owned(), value);
        if input.rarely(4) {
            break;
        }
    }
    Value::Object(fields)
}

fn field(input: &mut Input<'_>) -> (&'static str, Value) {
    match input.below(16) {
        0 => ("reward", reward(input)),
        1 => ("first", or_null(input, reward)),
        2 => ("renewal", or_null(input, reward)),
        3 => ("steps", list(input, |input| json!({ "from": input.below(60), "reward": reward(input) }))),
        4 => ("products", list(input, product)),
        5 => ("conditional", list(input, conditional)),
        6 => ("caps", list(input, cap)),
        7 => ("tiers", or_null(input, tiers)),
        8 => ("lead", or_null(input, |input| json!({ "on": "SIGNUP", "amount": amount(input), "currency": currency(input) }))),
        9 => ("secondLevel", or_null(input, |input| json!({ "share": rate(input) }))),
        10 => ("flatRefund", json!({ "kind": input.one_of(&["ON_FULL", "ABOVE_SHARE"]), "share": rate(input) })),
        11 | 12 => {
            let (name, most) = *input.one_of(&DAYS);
            (name, if input.rarely(16) { json!(input.number()) } else { json!(i64::from(input.byte()) * 257 % (most + 1)) })
        }
        13 => (*input.one_of(&FLAGS), json!(input.flag())),
        _ => word(input),
    }
}

fn word(input: &mut Input<'_>) -> (&'static str, Value) {
    let (name, words) = *input.one_of(&WORDS);
    let value = match name {
        "candidateOrder" => list(input, |input| json!(input.one_of(words))),
        "duration" => {
            let kind = input.one_of(words);
            match *kind {
                "PAYMENTS" | "MONTHS" => json!({ "kind": kind, "n": input.byte() }),
                _ => json!({ "kind": kind }),
            }
        }
        _ => json!(input.one_of(words)),
    };
    (name, value)
}

fn or_null(input: &mut Input<'_>, value: impl Fn(&mut Input<'_>) -> Value) -> Value {
    if input.rarely(8) { Value::Null } else { value(input) }
}

fn list(input: &mut Input<'_>, value: impl Fn(&mut Input<'_>) -> Value) -> Value {
    let count = input.byte() % 5;
    (0..count).map(|_| value(input)).collect()
}

fn reward(input: &mut Input<'_>) -> Value {
    match input.byte() % 3 {
        0 => json!({ "kind": "FLAT", "amount": amount(input), "currency": currency(input), "perUnit": input.flag() }),
        _ => json!({ "kind": "PERCENT", "rate": rate(input) }),
    }
}

/// Minor units are text in the API (GQ-4).
fn amount(input: &mut Input<'_>) -> Value {
    json!(input.number().to_string())
}

fn currency(input: &mut Input<'_>) -> Value {
    json!(input.one_of(&CURRENCIES))
}

/// Basis points.
fn rate(input: &mut Input<'_>) -> Value {
    if input.rarely(16) { json!(input.number()) } else { json!(i64::from(input.byte()) * 41 % 10_001) }
}

fn product(input: &mut Input<'_>) -> Value {
    let effect = match input.byte() % 3 {
        0 => json!({ "kind": "EXCLUDE" }),
        1 => json!({ "kind": "RATE", "rate": rate(input) }),
        _ => json!({ "kind": "PER_UNIT", "amount": amount(input), "currency": currency(input) }),
    };
    let matches = *input.one_of(&["PRICE", "PRODUCT", "LOOKUP_KEY", "METADATA"]);
    let mut rule = json!({ "matches": matches, "id": input.one_of(&["price_plan", "prod_plan", "x"]), "priority": input.byte() });
    if matches == "METADATA" {
        rule["key"] = json!("kind");
    }
    for (name, value) in effect.as_object().into_iter().flatten() {
        rule[if name == "kind" { "effect" } else { name.as_str() }] = value.clone();
    }
    rule
}

fn conditional(input: &mut Input<'_>) -> Value {
    let name = input.one_of(&["vip", "new", "de", "x y"]);
    json!({ "id": name, "priority": input.byte(), "when": condition(input, 0), "reward": reward(input) })
}

fn condition(input: &mut Input<'_>, depth: u8) -> Value {
    if depth < 7 && input.rarely(3) {
        let kind = input.one_of(&["ALL", "ANY", "NONE"]);
        return json!({ "kind": kind, "of": list(input, |input| condition(input, depth + 1)) });
    }
    let kind = *input.one_of(&TESTS);
    match kind {
        "CUSTOMER_NEW" | "PURCHASE_FIRST" | "PURCHASE_SUBSCRIPTION" => json!({ "kind": kind, "is": input.flag() }),
        "PURCHASE_AMOUNT" => json!({ "kind": kind, "currency": currency(input), "from": amount(input), "below": amount(input) }),
        "PURCHASE_CURRENCY" => json!({ "kind": kind, "values": [currency(input)] }),
        _ => {
            let mut test =
                json!({ "kind": kind, "values": list(input, |input| json!(input.one_of(&["DE", "price_plan", "prod_plan", "a"]))) });
            if kind.ends_with("METADATA") {
                test["key"] = json!("kind");
            }
            test
        }
    }
}

fn cap(input: &mut Input<'_>) -> Value {
    let scope = *input.one_of(&["PURCHASE", "CUSTOMER", "CUSTOMER", "PURCHASE", "PARTNER", "PROGRAM"]);
    let mut cap = json!({ "scope": scope, "amount": amount(input), "currency": currency(input) });
    if matches!(scope, "PARTNER" | "PROGRAM") {
        cap["period"] = json!(input.one_of(&["DAY", "MONTH", "LIFETIME"]));
    }
    cap
}

fn tiers(input: &mut Input<'_>) -> Value {
    let levels = list(input, |input| json!({ "from": amount(input), "reward": reward(input) }));
    let effect = input.one_of(&["FUTURE", "RETROACTIVE"]);
    json!({ "metric": input.one_of(&["PURCHASES", "CUSTOMERS"]), "period": input.one_of(&["MONTH", "YEAR"]), "effect": effect, "levels": levels })
}
