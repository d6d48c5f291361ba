use chrono::{DateTime, TimeZone, Utc};
use entity::value::{CommissionState, Currency, ProgramId};

use super::{Adds, Earned, Figure, Key, Place, Sale, bucket, click, commission, sale, sign_up};

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

/// A commission with its amount, and what of it is pending, held and paid.
fn earned(state: CommissionState, amount: i64, pending: i64, held: i64, paid: i64) -> Adds {
    claimed(state, [amount, pending, held, paid, 0], false)
}

/// The same with what is on its way, and whether the rest is in a planned payout.
fn claimed(state: CommissionState, [amount, pending, held, paid, sent]: [i64; 5], planned: bool) -> Adds {
    let earned = Earned { at: at(0), currency: Currency::UNKNOWN, state, amount, pending, held, paid, sent, planned };
    commission(&earned, Place::default())
}

#[test]
fn a_commission_counts_in_its_state_alone() {
    for state in CommissionState::ALL {
        let adds = earned(*state, 0, 0, 0, 0);
        let counted: i64 = CommissionState::ALL.iter().map(|one| of(&adds, Figure::count_of(*one))).sum();
        assert_eq!((counted, of(&adds, Figure::count_of(*state))), (1, 1), "{state}");
        assert!(CommissionState::ALL.iter().filter_map(|one| Figure::amount_of(*one)).all(|figure| of(&adds, figure) == 0));
    }
}

#[test]
fn each_part_of_a_commission_is_summed_as_what_it_is() {
    use CommissionState::{Approved, Held, Paid, Pending, Reserved};
    let sums = |adds: Adds| [Figure::Pending, Figure::Held, Figure::Approved, Figure::Reserved, Figure::Paid].map(|one| of(&adds, one));
    assert_eq!(sums(earned(Pending, 10, 10, 0, 0)), [10, 0, 0, 0, 0]);
    assert_eq!(sums(earned(Approved, 10, 0, 0, 0)), [0, 0, 10, 0, 0]);
    assert_eq!(sums(claimed(Reserved, [10, 0, 0, 0, 0], true)), [0, 0, 0, 10, 0], "planned");
    assert_eq!(sums(claimed(Reserved, [10, 0, 0, 0, 10], false)), [0, 0, 0, 10, 0], "on its way");
    assert_eq!(sums(claimed(Reserved, [3, 0, 0, 0, 10], false)), [0, 0, 0, 3, 0], "what went back meanwhile is reserved no more");
    assert_eq!(sums(claimed(Approved, [15, 0, 0, 4, 6], false)), [0, 0, 5, 6, 4], "each part as what it is");
    assert_eq!(sums(claimed(Held, [15, 2, 2, 4, 6], true)), [0, 2, 0, 9, 4]);
    assert_eq!(sums(earned(Paid, 10, 0, 0, 10)), [0, 0, 0, 0, 10]);
    assert_eq!(sums(earned(Held, 10, 10, 4, 0)), [6, 4, 0, 0, 0], "the rest waits");
    assert_eq!(sums(earned(Held, 10, 4, 4, 0)), [0, 4, 6, 0, 0], "the rest was released");
    assert_eq!(sums(earned(Held, 10, 5, 5, 5)), [0, 5, 0, 0, 5], "half was paid before");
    assert_eq!(sums(earned(Paid, 3, 0, 0, 10)), [0, 0, 0, 0, 3], "what went back of it is paid no more");
    assert_eq!(sums(earned(Pending, 10, 10, 0, -4)), [10, 0, 0, 0, 0], "a payout took back more than others paid");
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
