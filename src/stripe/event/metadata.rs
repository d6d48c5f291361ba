//! The metadata keys by which a merchant speaks to Tributary. They work on customers, checkout sessions, subscriptions, payment intents,
//! charges and invoices.

use serde_json::Value;

use super::path;
use crate::domain::fact::{Metadata, Persona};

/// The merchant's own id of the customer: the strongest identity (ID-1, ID-2).
pub const CUSTOMER_ID: &str = "tributary_customer_id";
/// A partner who brought this one payment (AT-6, first place): the code of one of their links, or the id of their enrollment.
pub const PARTNER: &str = "tributary_partner";
/// `true`, `1` or `yes`: not to be rewarded (AT-17).
pub const SKIP: &str = "tributary_skip";
/// A visitor's click token (AT-12), for those who do not use `client_reference_id`.
pub const TOKEN: &str = "tributary_token";

/// Stripe keeps at most this many characters of a metadata value.
pub(super) const VALUE_LENGTH: usize = 500;
/// Stripe keeps at most this many characters of a metadata key.
const KEY_LENGTH: usize = 40;
/// Stripe keeps at most this many keys.
const KEYS: usize = 50;
/// What our own keys begin with.
const OURS: &str = "tributary_";
/// No e-mail address is longer (RFC 5321: 64 for the part before the sign, 255 after).
pub(super) const EMAIL_LENGTH: usize = 320;
/// No name that Stripe takes is longer.
pub(super) const NAME_LENGTH: usize = 256;

/// What metadata says of the person, given where the metadata may stand. The first place that is told is the only one read.
pub(super) fn persona(object: &Value, places: &[&str]) -> Persona {
    let Some(metadata) = places.iter().find_map(|place| path::at(object, place)) else {
        return Persona::default();
    };
    let value = |key: &str| path::text(metadata, &[key], VALUE_LENGTH);
    Persona {
        external_id: value(CUSTOMER_ID),
        partner_key: value(PARTNER),
        client_reference: value(TOKEN),
        skip: value(SKIP).is_some_and(|word| ["true", "1", "yes"].iter().any(|yes| word.eq_ignore_ascii_case(yes))),
        metadata: noted(metadata),
        ..Persona::default()
    }
}

/// What the merchant noted under keys of their own (CO-8). Within Stripe's limits, whatever the body says.
pub(super) fn noted(metadata: &Value) -> Metadata {
    let Some(fields) = metadata.as_object() else { return Metadata::new() };
    let sane = |text: &str, longest: usize| !text.is_empty() && text.chars().count() <= longest && !text.contains('\0');
    let own = fields.iter().filter(|(key, _)| !key.starts_with(OURS) && sane(key, KEY_LENGTH));
    let texts = own.filter_map(|(key, value)| Some((key, value.as_str().filter(|text| sane(text, VALUE_LENGTH))?)));
    texts.take(KEYS).map(|(key, text)| (key.clone(), text.to_owned())).collect()
}

/// The country of a billing address, given where it may stand.
pub(super) fn country(object: &Value, places: &[&str]) -> Option<String> {
    let code = path::word(object, places)?;
    (code.len() == 2 && code.bytes().all(|b| b.is_ascii_alphabetic())).then(|| code.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn our_keys_are_read_and_others_are_not() {
        let told = persona(
            &json!({ "metadata": {
                "tributary_customer_id": " user-7 ", "tributary_partner": "ada", "tributary_skip": "Yes", "tributary_token": "tok_1",
                "customer_id": "other"
            } }),
            &["metadata"],
        );
        let expected = Persona {
            external_id: Some("user-7".into()),
            partner_key: Some("ada".into()),
            client_reference: Some("tok_1".into()),
            skip: true,
            metadata: [("customer_id".to_owned(), "other".to_owned())].into(),
            ..Persona::default()
        };
        assert_eq!(told, expected);
    }

    #[test]
    fn co_8_notes_and_countries_are_taken_within_bounds() {
        let body = json!({ "metadata": {
            "plan.kind": " pro ", "": "x", "empty": "", "number": 1, "null": "a\0b", "k".repeat(41): "x", "long": "x".repeat(501)
        } });
        assert_eq!(noted(&body["metadata"]), [("plan.kind".to_owned(), " pro ".to_owned())].into());
        let many: serde_json::Map<_, _> = (0..60).map(|n| (format!("k{n}"), json!("v"))).collect();
        assert_eq!(noted(&Value::Object(many)).len(), 50);
        for (told, read) in [("de", Some("DE")), ("US", Some("US")), ("DEU", None), ("1A", None)] {
            assert_eq!(country(&json!({ "address": { "country": told } }), &["address.country"]).as_deref(), read, "{told}");
        }
    }

    #[test]
    fn only_a_clear_yes_skips() {
        for (word, skip) in [("true", true), ("1", true), ("YES", true), ("false", false), ("0", false), ("", false), ("skip", false)] {
            let told = persona(&json!({ "metadata": { "tributary_skip": word } }), &["metadata"]);
            assert_eq!(told.skip, skip, "{word}");
        }
        assert_eq!(persona(&json!({ "metadata": "broken" }), &["metadata"]), Persona::default());
    }
}
