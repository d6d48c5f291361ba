//! The metadata keys by which a merchant speaks to Tributary. They work on customers, checkout sessions, subscriptions, payment intents,
//! charges and invoices.

use serde_json::Value;

use super::path;
use crate::domain::fact::Persona;

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
        ..Persona::default()
    }
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
            ..Persona::default()
        };
        assert_eq!(told, expected);
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
