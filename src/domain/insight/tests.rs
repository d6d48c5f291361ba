use chrono::{DateTime, TimeZone, Utc};
use entity::value::{CommissionState, Currency, ProgramId};

use super::{Adds, Figure, Key, Place, Sale, bucket, click, commission, sale, sign_up};

fn at(minute: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2025, 1, 1, 0, minute, 59).unwrap()
}

fn of(adds: &Adds, figure: Figure) -> i64 {
    adds.iter().map(|(_, figures)| figures.get(figure)).sum()
}

fn sold(gross: i64, refunded: i64) -> Adds {
    let place = Place { program: Some(ProgramId::from_uuid(uuid::Uuid::from_u128(1))), ..Place::default() };
    sale(&Sale { at: at(0), currency: Currency::UNKNOWN, gross, refunded, net: gross - refunded, first: true }, place)
}

#[test]
fn buckets_are_quarters_of_an_hour() {
    assert_eq!(bucket(at(15)) - bucket(at(14)), 1);
    assert_eq!(bucket(at(14)), bucket(at(0)));
    assert_eq!(bucket(DateTime::UNIX_EPOCH), 0);
    assert_eq!(bucket(DateTime::UNIX_EPOCH - chrono::Duration::seconds(1)), -1);
}

#[test]
fn what_changed_is_what_is_now_less_what_was() {
    let (before, after) = (sold(100, 0), sold(100, 30));
    let rest = after.less(&before);
    assert_eq!((of(&rest, Figure::Refunded), of(&rest, Figure::Net), of(&rest, Figure::Purchases)), (30, -30, 0));
    let mut sum = before.clone();
    sum.join(rest);
    assert_eq!(sum, after);
    assert!(after.less(&after).is_nothing());
    let gone = Adds::nothing().less(&after);
    assert_eq!((of(&gone, Figure::Purchases), of(&gone, Figure::Customers)), (-1, -1));
    let mut back = after;
    back.join(gone);
    assert!(back.is_nothing(), "nothing that is zero stays");
}

#[test]
fn only_what_was_paid_for_counts() {
    assert!(sold(0, 0).is_nothing());
    assert_eq!(of(&sold(1, 0), Figure::Purchases), 1);
}

#[test]
fn a_commission_counts_in_its_state_alone() {
    for state in CommissionState::ALL {
        let adds = commission(at(0), Currency::UNKNOWN, *state, 7, Place::default());
        let counted: i64 = CommissionState::ALL.iter().map(|one| of(&adds, Figure::count_of(*one))).sum();
        let summed: i64 = CommissionState::ALL.iter().filter_map(|one| Figure::amount_of(*one)).map(|figure| of(&adds, figure)).sum();
        assert_eq!((counted, of(&adds, Figure::count_of(*state))), (1, 1), "{state}");
        assert_eq!(summed, if Figure::amount_of(*state).is_some() { 7 } else { 0 }, "{state}");
    }
}

#[test]
fn it_comes_back_from_json() {
    let mut adds = sold(100, 30);
    adds.join(click(at(3), Place { code: Some("con/promo".into()), ..Place::default() }));
    adds.join(sign_up(at(40), Place::default()));
    let json = serde_json::to_value(&adds).unwrap();
    assert_eq!(serde_json::from_value::<Adds>(json).unwrap(), adds);
    assert_eq!(serde_json::to_value(Adds::nothing()).unwrap(), serde_json::json!([]));
    assert_eq!(serde_json::to_value(Key::default()).unwrap(), serde_json::json!({ "b": 0 }));
}

#[test]
fn columns_are_distinct() {
    let columns: std::collections::BTreeSet<_> = Figure::ALL.iter().map(|figure| figure.column()).collect();
    assert_eq!(columns.len(), Figure::ALL.len());
}
