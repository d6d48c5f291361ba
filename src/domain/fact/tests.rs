//! The laws of merging, for every kind of fact: any order and any number of tellings give the same (IN-6).

mod arbitrary;

use std::hash::{DefaultHasher, Hash, Hasher};

use proptest::prelude::*;

use super::*;

/// Gives a telling the digest of its content, as a source does, so that equal stamps mean equal tellings.
fn sealed(mut fact: Fact) -> Fact {
    fn set<T>(told: &mut Told<T>, stamp: Stamp) {
        told.stamp = told.stamp.map(|_| stamp);
    }
    let mut hasher = DefaultHasher::new();
    serde_json::to_string(&fact).unwrap().hash(&mut hasher);
    let stamp = Stamp { digest: hasher.finish(), ..fact.stamp() };
    match &mut fact {
        Fact::Checkout(f) => {
            f.stamp = stamp;
            set(&mut f.codes, stamp);
        }
        Fact::Invoice(f) => {
            f.stamp = stamp;
            set(&mut f.lines, stamp);
            set(&mut f.codes, stamp);
            set(&mut f.discounts, stamp);
        }
        Fact::Collection(f) => f.stamp = stamp,
        Fact::Intent(f) => f.stamp = stamp,
        Fact::Charge(f) => f.stamp = stamp,
        Fact::Refund(f) => f.stamp = stamp,
        Fact::Dispute(f) => f.stamp = stamp,
        Fact::CreditNote(f) => f.stamp = stamp,
        Fact::Buyer(f) => {
            f.stamp = stamp;
            f.traits = Dated::told(stamp, f.traits.at(stamp.at).cloned().unwrap_or_default());
        }
        Fact::Subscription(f) => f.stamp = stamp,
        Fact::Coupon(f) => f.stamp = stamp,
        Fact::PromotionCode(f) => {
            f.stamp = stamp;
            f.life = Life::told(stamp, f.active);
        }
        Fact::Discount(f) => f.stamp = stamp,
        Fact::Price(f) => {
            f.stamp = stamp;
            f.traits = Dated::told(stamp, f.traits.at(stamp.at).cloned().unwrap_or_default());
        }
        Fact::Product(f) => {
            f.stamp = stamp;
            f.metadata = Dated::told(stamp, f.metadata.at(stamp.at).cloned().unwrap_or_default());
        }
    }
    fact
}

fn join(a: &Fact, b: &Fact) -> Fact {
    a.clone().merge(b.clone()).unwrap()
}

macro_rules! laws {
    ($($kind:ident),+ $(,)?) => {
        proptest! {
            #![proptest_config(ProptestConfig::with_cases(512))]
            $(
                #[test]
                fn $kind(a in arbitrary::$kind().prop_map(sealed), b in arbitrary::$kind().prop_map(sealed), c in arbitrary::$kind().prop_map(sealed)) {
                    prop_assert_eq!(join(&a, &a), a.clone());
                    prop_assert_eq!(join(&a, &b), join(&b, &a));
                    prop_assert_eq!(join(&join(&a, &b), &c), join(&a, &join(&b, &c)));
                    let ab = join(&a, &b);
                    prop_assert_eq!(join(&ab, &b), ab);
                }
            )+
        }
    };
}

mod merging_is_a_join_for {
    use super::*;

    laws!(
        checkout,
        invoice,
        collection,
        intent,
        charge,
        refund,
        dispute,
        credit_note,
        buyer,
        subscription,
        coupon,
        promotion_code,
        discount,
        price,
        product,
    );
}

proptest! {
    #[test]
    fn facts_survive_being_stored(fact in prop_oneof![
        arbitrary::checkout(),
        arbitrary::invoice(),
        arbitrary::charge(),
        arbitrary::intent(),
        arbitrary::dispute(),
        arbitrary::credit_note(),
        arbitrary::coupon(),
        arbitrary::buyer(),
        arbitrary::price(),
        arbitrary::product(),
    ]) {
        let stored = serde_json::to_value(&fact).unwrap();
        prop_assert_eq!(serde_json::from_value::<Fact>(stored).unwrap(), fact);
    }

    #[test]
    fn an_object_never_changes_its_kind(a in arbitrary::refund(), b in arbitrary::buyer()) {
        let mismatch = a.merge(b).unwrap_err();
        prop_assert!(mismatch.to_string().contains("known as refund"), "{}", mismatch);
    }
}

#[test]
fn what_is_dated_can_be_asked_for_a_time() {
    let at = |second: i64| DateTime::from_timestamp(second, 0).unwrap();
    let told = |second: i64, value: i64| Dated::told(Stamp { at: at(second), rank: 0, digest: 0 }, value);
    let all = [told(20, 2), told(10, 1), told(30, 3), told(20, 2)].into_iter().reduce(Dated::merge).unwrap();
    let asked = [5, 10, 19, 20, 99].map(|second| all.at(at(second)).copied());
    assert_eq!(asked, [Some(1), Some(1), Some(1), Some(2), Some(3)]);
    assert_eq!(Dated::<i64>::default().at(at(1)), None);
    let many = (0..100).map(|n| told(n, n)).reduce(Dated::merge).unwrap();
    assert_eq!(many.at(at(0)), Some(&68), "the newest are kept");
}
