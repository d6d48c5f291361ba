//! Reading single values out of a body whose shape differs by API version.
//!
//! Every reader takes an ordered list of dotted paths and gives the first that is present, not null and of the right form. What has the
//! wrong form counts as missing: a body is never refused for a field that nobody needs.

use chrono::{DateTime, Utc};
use entity::value::Currency;
use serde_json::Value;

/// No id of Stripe is longer.
const ID_LENGTH: usize = 255;

/// The value at a dotted path, where a number steps into a list: `charges.data.0.id`. Nothing when it is absent or null.
pub(in crate::stripe) fn at<'a>(object: &'a Value, path: &str) -> Option<&'a Value> {
    let found = path.split('.').try_fold(object, |value, step| match value {
        Value::Object(fields) => fields.get(step),
        Value::Array(items) => items.get(step.parse::<usize>().ok()?),
        _ => None,
    })?;
    (!found.is_null()).then_some(found)
}

fn first<'a, T>(object: &'a Value, paths: &[&str], read: impl Fn(&'a Value) -> Option<T>) -> Option<T> {
    paths.iter().find_map(|path| at(object, path).and_then(&read))
}

/// Whether the key stands in the body with an explicit null: it was told that there is none.
pub(in crate::stripe) fn is_null(object: &Value, key: &str) -> bool {
    object.get(key).is_some_and(Value::is_null)
}

/// A whole number, also when written as text. A number with a fraction or an exponent is none: amounts are never floats (MO-1).
pub(in crate::stripe) fn int(object: &Value, paths: &[&str]) -> Option<i64> {
    first(object, paths, |value| match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    })
}

/// A flag.
pub(in crate::stripe) fn flag(object: &Value, paths: &[&str]) -> Option<bool> {
    first(object, paths, Value::as_bool)
}

/// A time in whole seconds since 1970. Times before that or after the year 9999 count as missing: databases do not keep them.
pub(in crate::stripe) fn time(object: &Value, paths: &[&str]) -> Option<DateTime<Utc>> {
    paths
        .iter()
        .find_map(|path| int(object, &[path]).filter(|seconds| (0..253_402_300_800).contains(seconds)))
        .and_then(|seconds| DateTime::from_timestamp(seconds, 0))
}

/// A text without the space around it. An empty one and one of more than `longest` characters count as missing: a cut name or address
/// would be another one.
pub(in crate::stripe) fn text(object: &Value, paths: &[&str], longest: usize) -> Option<String> {
    first(object, paths, |value| {
        let text = value.as_str()?.trim();
        (!text.is_empty() && text.chars().count() <= longest).then(|| text.to_owned())
    })
}

/// A short word of Stripe's, such as a status.
pub(in crate::stripe) fn word<'a>(object: &'a Value, paths: &[&str]) -> Option<&'a str> {
    first(object, paths, Value::as_str)
}

/// The id of what stands there as an id or as a whole object.
pub(in crate::stripe) fn id(object: &Value, paths: &[&str]) -> Option<String> {
    first(object, paths, id_of)
}

/// The id of one value that is an id or a whole object.
pub(in crate::stripe) fn id_of(value: &Value) -> Option<String> {
    let id = value.as_str().or_else(|| value.get("id")?.as_str())?;
    let sane = !id.is_empty() && id.len() <= ID_LENGTH && !id.chars().any(char::is_control);
    sane.then(|| id.to_owned())
}

/// A list, plain or as Stripe's list object.
pub(in crate::stripe) fn list<'a>(object: &'a Value, paths: &[&str]) -> Option<&'a [Value]> {
    first(object, paths, |value| value.as_array().or_else(|| value.get("data")?.as_array()).map(Vec::as_slice))
}

/// The first of the lists that has anything in it; where two versions' fields stand side by side, the one not in use is empty.
pub(in crate::stripe) fn filled<'a>(object: &'a Value, paths: &[&str]) -> &'a [Value] {
    paths.iter().filter_map(|path| list(object, &[path])).find(|items| !items.is_empty()).unwrap_or_default()
}

/// The sum of one field over a list. What is missing adds nothing.
pub(in crate::stripe) fn sum(items: &[Value], paths: &[&str]) -> i64 {
    items.iter().filter_map(|item| int(item, paths)).fold(0, i64::saturating_add)
}

/// A currency; `XXX` when it is missing or no code that ISO 4217 knows (S10).
pub(in crate::stripe) fn currency(object: &Value, paths: &[&str]) -> Currency {
    word(object, paths).map_or(Currency::UNKNOWN, Currency::parse_or_unknown)
}

/// A percentage in basis points, read digit by digit: 25, 12.5 and "33.333" give 2500, 1250 and 3333. More than two decimals are rounded
/// half up.
pub(in crate::stripe) fn basis_points(object: &Value, paths: &[&str]) -> Option<u32> {
    first(object, paths, |value| match value {
        Value::Number(number) => hundredths(&number.to_string()),
        Value::String(text) => hundredths(text),
        _ => None,
    })
}

fn hundredths(decimal: &str) -> Option<u32> {
    let (whole, part) = decimal.split_once('.').unwrap_or((decimal, ""));
    if whole.is_empty() || !whole.bytes().chain(part.bytes()).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let digit = |index: usize| part.as_bytes().get(index).map_or(0, |byte| u32::from(byte - b'0'));
    let up = u32::from(digit(2) >= 5);
    whole.parse::<u32>().ok()?.checked_mul(100)?.checked_add(digit(0) * 10 + digit(1) + up)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_first_path_that_is_told_wins() {
        let body = json!({ "old": null, "new": { "deep": [{ "id": "in_1" }] }, "other": "in_2" });
        assert_eq!(id(&body, &["old", "new.deep.0", "other"]).as_deref(), Some("in_1"));
        assert_eq!(id(&body, &["missing", "new.deep.7", "other"]).as_deref(), Some("in_2"));
        assert!(is_null(&body, "old") && !is_null(&body, "missing") && !is_null(&body, "new"));
    }

    #[test]
    fn amounts_are_whole_or_missing() {
        for (value, read) in [
            (json!(100), Some(100)),
            (json!(-5), Some(-5)),
            (json!("250"), Some(250)),
            (json!(100.0), None),
            (json!(1e3), None),
            (json!("1.5"), None),
            (json!(true), None),
            (json!(u64::MAX), None),
            (json!(null), None),
        ] {
            assert_eq!(int(&json!({ "amount": value }), &["amount"]), read, "{value}");
        }
        assert_eq!(int(&json!({ "a": 1.5, "b": 2 }), &["a", "b"]), Some(2));
    }

    #[test]
    fn percentages_become_basis_points() {
        for (value, read) in [
            (json!(25), Some(2500)),
            (json!(12.5), Some(1250)),
            (json!(33.333), Some(3333)),
            (json!("33.335"), Some(3334)),
            (json!(0.05), Some(5)),
            (json!(100), Some(10_000)),
            (json!(-1), None),
            (json!("1e2"), None),
        ] {
            assert_eq!(basis_points(&json!({ "percent_off": value }), &["percent_off"]), read, "{value}");
        }
    }

    #[test]
    fn what_has_no_sane_form_is_missing() {
        let long = "x".repeat(ID_LENGTH + 1);
        assert_eq!(id_of(&json!(long)), None);
        assert_eq!(id_of(&json!("in_\n1")), None);
        assert_eq!(id_of(&json!({ "object": "invoice" })), None);
        assert_eq!(text(&json!({ "name": "  Ann  " }), &["name"], 3).as_deref(), Some("Ann"));
        assert_eq!(text(&json!({ "name": "Anna" }), &["name"], 3), None);
        assert_eq!(text(&json!({ "name": "   " }), &["name"], 3), None);
        assert_eq!(time(&json!({ "created": -1 }), &["created"]), None);
        assert_eq!(time(&json!({ "created": i64::MAX }), &["created"]), None);
        assert_eq!(currency(&json!({ "currency": "quux" }), &["currency"]), Currency::UNKNOWN);
    }
}
