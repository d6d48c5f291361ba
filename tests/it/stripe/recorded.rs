//! Recorded answers and events of the real Stripe, where they are at hand: they lie outside the project, which passes without them.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tributary::domain::fact::Fact;
use tributary::stripe::event::{EVENTS, Envelope, Ignore, Projection, project, project_object};

use super::{AT, at};

/// Where they lie: `TRIBUTARY_STRIPE_EVENTS` says it.
fn folder() -> PathBuf {
    let folder = std::env::var_os("TRIBUTARY_STRIPE_EVENTS").map(PathBuf::from);
    folder.expect("TRIBUTARY_STRIPE_EVENTS names the folder of the recorded events")
}

fn read(path: &Path) -> Value {
    let text = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Old collections of samples left out parts of the envelope that Stripe always sends.
fn enveloped(mut event: Value) -> Envelope {
    let fields = event.as_object_mut().unwrap();
    fields.entry("created").or_insert(json!(AT));
    fields.entry("livemode").or_insert(json!(false));
    Envelope::parse(event.to_string().as_bytes()).unwrap()
}

#[ignore = "needs the recorded events, which lie outside the project"]
#[test]
fn every_recorded_body_is_read() {
    let folder = folder();
    let index = read(&folder.join("INDEX.json"));
    let (mut events, mut objects, mut facts) = (0, 0, 0);
    for entry in index.as_array().unwrap() {
        let file = entry["file"].as_str().unwrap();
        let body = read(&folder.join(file));
        let projection = if entry["kind"] == "event" {
            events += 1;
            let envelope = enveloped(body);
            let known = EVENTS.iter().any(|event| event.name == envelope.event_type);
            match project(&envelope) {
                Ok(projection) => projection,
                // Samples from before objects of this kind had one.
                Err(Ignore::Unreadable(missing)) if missing.field == "id" && envelope.object.get("id").is_none() => continue,
                Err(Ignore::Unsupported) if !known => continue,
                Err(error) => panic!("{file}: {error}"),
            }
        } else {
            objects += 1;
            project_object(&body, at(AT))
        };
        assert_eq!(projection.unreadable, [], "{file}");
        check(file, &projection);
        facts += projection.told.len();
    }
    println!("{events} events and {objects} answers gave {facts} facts");
    assert!(facts > 0);
}

/// What a fact says must be what the raw body says, field by field.
fn check(file: &str, projection: &Projection) {
    for told in &projection.told {
        let raw = |key: &str| told.body[key].as_i64();
        let object = &told.observation.object;
        assert_eq!(told.body["id"], *object, "{file}");
        match &told.observation.fact {
            Fact::Invoice(f) => {
                assert_eq!(Some(f.total), raw("total"), "{file} {object}");
                assert_eq!(f.paid, raw("amount_paid").unwrap_or(0), "{file} {object}");
                let nets = f.lines.list.iter().fold(0, |sum, line| sum + line.net());
                if f.lines.whole {
                    assert_eq!(nets + f.shipping - f.discount_total, f.total_excluding_tax, "{file} {object}: BA-2");
                }
            }
            Fact::Charge(f) => {
                assert_eq!(Some(f.amount), raw("amount"), "{file} {object}");
                assert_eq!(Some(f.refunded.latest()), raw("amount_refunded"), "{file} {object}");
                assert!(f.captured <= f.amount, "{file} {object}");
            }
            Fact::Intent(f) => assert_eq!((Some(f.amount), Some(f.received)), (raw("amount"), raw("amount_received")), "{file} {object}"),
            Fact::Refund(f) => assert_eq!(Some(f.amount), raw("amount"), "{file} {object}"),
            Fact::Dispute(f) => assert_eq!(Some(f.amount), raw("amount"), "{file} {object}"),
            Fact::CreditNote(f) => {
                assert_eq!(Some(f.amount), raw("amount"), "{file} {object}");
                assert!(f.refunded + f.out_of_band + f.before_payment <= f.amount, "{file} {object}");
            }
            Fact::Checkout(f) => assert_eq!(f.total, raw("amount_total").unwrap_or(0), "{file} {object}"),
            Fact::Collection(f) => assert_eq!(f.amount, raw("amount_paid").unwrap_or(0), "{file} {object}"),
            Fact::Price(f) => {
                let key = f.traits.at(f.stamp.at).and_then(|traits| traits.lookup_key.as_deref());
                assert_eq!(key, told.body["lookup_key"].as_str(), "{file} {object}");
            }
            Fact::Product(f) => {
                let noted = f.metadata.at(f.stamp.at).map_or(0, std::collections::BTreeMap::len);
                assert_eq!(noted, told.body["metadata"].as_object().map_or(0, serde_json::Map::len), "{file} {object}");
            }
            Fact::Buyer(_) | Fact::Subscription(_) | Fact::Coupon(_) | Fact::PromotionCode(_) | Fact::Discount(_) => {}
        }
    }
}
