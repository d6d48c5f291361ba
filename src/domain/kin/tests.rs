//! Who is one person (ID-2, ID-4 to ID-6).

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::domain::testing::day;

fn id(n: u128) -> CustomerId {
    CustomerId::from_uuid(Uuid::from_u128(n))
}

fn click(n: u128) -> ClickId {
    ClickId::from_uuid(Uuid::from_u128(n))
}

fn known(claimed: bool, account: bool, emails: &[(&str, i64)], clicks: &[u128]) -> Known {
    let since = |n: i64| Since { at: day(n), proven_at: Some(day(n)), ended_at: None };
    Known {
        claimed,
        account,
        emails: emails.iter().map(|(email, n)| ((*email).to_owned(), since(*n))).collect(),
        clicks: clicks.iter().map(|n| click(*n)).collect(),
        crowded: false,
    }
}

/// Somebody with an id of the merchant's.
fn user(emails: &[(&str, i64)], clicks: &[u128]) -> Known {
    known(true, true, emails, clicks)
}

/// A customer of the payment provider's whom the merchant gave no id.
fn buyer(emails: &[(&str, i64)], clicks: &[u128]) -> Known {
    known(false, true, emails, clicks)
}

fn guest(emails: &[(&str, i64)], clicks: &[u128]) -> Known {
    known(false, false, emails, clicks)
}

fn circle(all: &[(u128, Known)]) -> Circle {
    all.iter().map(|(n, known)| (id(*n), known.clone())).collect()
}

/// The same, as far as a page with a click says it.
fn by_page(known: Known) -> Known {
    let emails = known.emails.into_iter().map(|(email, since)| (email, Since { proven_at: None, ..since })).collect();
    Known { emails, ..known }
}

/// Root and members of the group of `start`, and whether its e-mail is ambiguous.
fn of(all: &[(u128, Known)], start: u128) -> (u128, Vec<u128>, bool) {
    let group = group(&circle(all), id(start)).unwrap();
    (group.root.uuid().as_u128(), group.members.iter().map(|m| m.uuid().as_u128()).collect(), group.ambiguous)
}

fn doubt(all: &[(u128, Known)], start: u128) -> Option<DateTime<Utc>> {
    group(&circle(all), id(start)).unwrap().doubtful.get(&id(start)).copied()
}

#[test]
fn id_4_an_email_leads_to_the_one_customer_who_has_it() {
    let all =
        [(1, user(&[("ann", 0)], &[])), (2, buyer(&[("ann", 1)], &[])), (3, guest(&[("ann", 2)], &[])), (4, guest(&[("bob", 2)], &[]))];
    for start in [1, 2, 3] {
        assert_eq!(of(&all, start), (1, vec![1, 2, 3], false));
    }
    assert_eq!(of(&all, 4), (4, vec![4], false));
}

#[test]
fn id_5_several_customers_of_one_email_are_one_person() {
    let all = [(2, buyer(&[("ann", 1)], &[])), (3, buyer(&[("ann", 2), ("work", 2)], &[])), (4, guest(&[("work", 3)], &[]))];
    for start in [2, 3, 4] {
        assert_eq!(of(&all, start), (2, vec![2, 3, 4], false), "by a chain of e-mails");
    }
    let mut claimed = all.to_vec();
    claimed.push((9, user(&[("ann", 0)], &[])));
    for start in [2, 3, 4, 9] {
        assert_eq!(of(&claimed, start), (9, vec![2, 3, 4, 9], false));
    }
}

#[test]
fn id_4_two_customers_with_the_email_leave_it_open() {
    let all =
        [(1, user(&[("ann", 0)], &[])), (2, user(&[("ann", 1)], &[])), (3, buyer(&[("ann", 2)], &[])), (4, guest(&[("ann", 3)], &[]))];
    assert_eq!(of(&all, 1), (1, vec![1], false));
    assert_eq!(of(&all, 3), (3, vec![3], true));
    assert_eq!(of(&all, 4), (4, vec![4], true));
    let chained = [(1, user(&[("ann", 0)], &[])), (2, user(&[("bob", 0)], &[])), (3, buyer(&[("ann", 2), ("bob", 2)], &[]))];
    assert_eq!(of(&chained, 3), (3, vec![3], true));
}

#[test]
fn id_4_who_claims_the_email_later_makes_only_later_purchases_doubtful() {
    let first = [(1, user(&[("ann", 0)], &[])), (3, buyer(&[("ann", 1)], &[]))];
    let mut later = first.to_vec();
    later.push((2, user(&[("ann", 5)], &[])));
    assert_eq!((of(&later, 3), doubt(&later, 3)), ((1, vec![1, 3], false), Some(day(5))));
    assert_eq!(of(&later, 2), (2, vec![2], false));
}

#[test]
fn at_13_who_claims_the_email_of_a_purchase_after_it_is_its_buyer() {
    let all = [(1, user(&[("ann", 2)], &[])), (2, user(&[("ann", 4)], &[])), (3, buyer(&[("ann", 1)], &[]))];
    assert_eq!((of(&all, 3), doubt(&all, 3)), ((1, vec![1, 3], false), Some(day(4))));
    let at_once = [(1, user(&[("ann", 2)], &[])), (2, user(&[("ann", 2)], &[])), (3, buyer(&[("ann", 1)], &[]))];
    assert!(of(&at_once, 3).2);
}

#[test]
fn sn_4_a_page_is_believed_of_no_email_that_was_somebody_s_before() {
    let (page, bought) = (|n| by_page(user(&[("ann", n)], &[])), |n| buyer(&[("ann", n)], &[]));
    assert_eq!(of(&[(1, page(1)), (3, bought(2))], 3), (1, vec![1, 3], false));
    assert_eq!(of(&[(1, page(2)), (3, bought(2))], 3), (1, vec![1, 3], false));
    let late = [(1, page(2)), (3, bought(1))];
    assert_eq!((of(&late, 3), of(&late, 1)), ((3, vec![3], false), (1, vec![1], false)));
    let with_guest = [(1, page(5)), (3, bought(1)), (4, by_page(guest(&[("ann", 2)], &[])))];
    assert_eq!(of(&with_guest, 3), (3, vec![3], false), "nor through what another page said");
    let later = [(1, page(2)), (3, bought(1)), (4, bought(3))];
    assert_eq!((of(&later, 4).1, of(&later, 1).1), (vec![3, 4], vec![1]), "nor of what the same person buys later");
    let with_owner = [(1, user(&[("ann", 0)], &[])), (2, page(5)), (3, bought(1))];
    assert_eq!((of(&with_owner, 3), doubt(&with_owner, 3)), ((1, vec![1, 3], false), None), "nor is the e-mail in doubt by it");
}

#[test]
fn id_2_a_click_leads_a_guest_before_the_email_does() {
    let all = [
        (1, user(&[("ann", 0)], &[7])),
        (2, user(&[("other", 0)], &[])),
        (3, guest(&[("other", 1)], &[7])),
        (4, guest(&[("other", 2)], &[])),
    ];
    assert_eq!(of(&all, 3), (1, vec![1, 3], false));
    assert_eq!(group(&circle(&all), id(1)).unwrap().same, BTreeMap::from([(id(3), id(1))]));
    assert_eq!(of(&all, 4), (4, vec![4], true), "the e-mail is that guest's and somebody else's");
    let alone = [(1, user(&[("ann", 0)], &[7])), (3, guest(&[("other", 1)], &[7])), (4, guest(&[("other", 2)], &[]))];
    for start in [1, 3, 4] {
        assert_eq!(of(&alone, start), (1, vec![1, 3, 4], false));
    }
}

#[test]
fn id_5_guests_with_one_click_are_one_person() {
    let all = [(3, guest(&[("a", 1)], &[7])), (4, guest(&[("b", 2)], &[7])), (5, guest(&[("c", 2)], &[8]))];
    assert_eq!(of(&all, 4), (3, vec![3, 4], false));
    assert_eq!(group(&circle(&all), id(3)).unwrap().same, BTreeMap::from([(id(4), id(3))]));
    assert_eq!(of(&all, 5), (5, vec![5], false));
}

#[test]
fn id_6_a_click_in_a_shared_link_never_makes_two_with_accounts_one() {
    let users = [(1, user(&[("ann", 0)], &[7])), (2, user(&[("bob", 0)], &[7])), (3, guest(&[("eve", 1)], &[7]))];
    assert_eq!((of(&users, 1), of(&users, 2), of(&users, 3)), ((1, vec![1], false), (2, vec![2], false), (3, vec![3], false)));
    let buyers = [(1, buyer(&[("ann", 0)], &[7])), (2, buyer(&[("bob", 0)], &[7])), (3, guest(&[("eve", 1)], &[7]))];
    assert_eq!((of(&buyers, 1), of(&buyers, 3)), ((1, vec![1], false), (3, vec![3], false)));
    let mixed = [(1, user(&[("ann", 0)], &[7])), (2, buyer(&[("bob", 0)], &[7])), (3, guest(&[("eve", 1)], &[7]))];
    assert_eq!((of(&mixed, 2), of(&mixed, 3)), ((2, vec![2], false), (1, vec![1, 3], false)), "the merchant's own id is the stronger one");
    let one_person = [(1, buyer(&[("ann", 0)], &[7])), (2, buyer(&[("ann", 0)], &[7])), (3, guest(&[("eve", 1)], &[7]))];
    assert_eq!(of(&one_person, 3), (1, vec![1, 2, 3], false));
}

#[test]
fn id_4_a_chain_of_too_many_is_no_evidence() {
    let chain =
        |n: u128| -> Vec<(u128, Known)> { (1..=n).map(|n| (n, buyer(&[(&format!("{n}"), 0), (&format!("{}", n + 1), 0)], &[]))).collect() };
    let most = MOST as u128;
    assert_eq!(of(&chain(most), 1).1.len(), MOST);
    assert_eq!(of(&chain(most + 1), 1), (1, vec![1], true));
    let mut claimed = chain(most + 2);
    claimed.push((1_000, user(&[("1", 0)], &[])));
    assert_eq!(of(&claimed, most), (most, vec![most], true));
    assert_eq!(of(&claimed, 1_000).1, vec![1, 1_000], "who shares the e-mail itself");
    let crowded = [(1, Known { crowded: true, ..buyer(&[], &[]) })];
    assert_eq!(of(&crowded, 1), (1, vec![1], true));
}

#[test]
fn id_9_an_email_that_ended_ties_nothing_new() {
    let ended = |mut known: Known, n: i64| {
        known.emails.values_mut().for_each(|since| since.ended_at = Some(day(n)));
        known
    };
    let all = [(1, user(&[("ann", 0)], &[])), (2, ended(buyer(&[("ann", 1)], &[]), 5)), (3, guest(&[("ann", 7)], &[]))];
    assert_eq!(of(&all, 2), (1, vec![1, 2, 3], false), "what was matched stays matched");
    assert_eq!((doubt(&all, 2), doubt(&all, 3)), (Some(day(5)), None));
}

fn anybody() -> impl Strategy<Value = Known> {
    let email = proptest::sample::select(vec!["a", "b", "c"]);
    let emails = proptest::collection::btree_map(email, 0..3_i64, 0..3);
    (0..3_u8, emails, proptest::collection::btree_set(0..3_u128, 0..2)).prop_map(|(kind, emails, clicks)| Known {
        claimed: kind == 2,
        account: kind > 0,
        emails: emails.into_iter().map(|(e, n)| (e.to_owned(), Since { at: day(n), proven_at: Some(day(n)), ended_at: None })).collect(),
        clicks: clicks.into_iter().map(click).collect(),
        crowded: false,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn every_customer_is_in_one_group_and_every_member_leads_to_it(people in proptest::collection::vec(anybody(), 1..7)) {
        let circle: Circle = people.into_iter().zip(1..).map(|(known, n)| (id(n), known)).collect();
        for start in circle.keys() {
            let own = group(&circle, *start).unwrap();
            prop_assert!(own.members.contains(start) && own.members.contains(&own.root));
            prop_assert!(own.members.iter().all(|m| *m == own.root || !circle[m].claimed), "two with an id never are one");
            for member in &own.members {
                prop_assert_eq!(&group(&circle, *member).unwrap(), &own);
            }
        }
    }
}
