use std::collections::BTreeSet;

use chrono::{DateTime, Duration, Utc};
use entity::value::{AdParameter, BasisPoints, ClickId, EnrollmentId, FraudSettings, HoldReason, PartnerId, PurchaseId, Signal};

use super::{Evidence, Partner, Record, Subject, Suspicion, Visit, Watch, look};
use crate::domain::testing::day;

/// A purchase that a partner brought by one click, with nothing wrong.
struct Scene {
    watch: Watch,
    subject: Subject,
    settings: FraudSettings,
    partner: Partner,
    visit: Visit,
    clicked_at: DateTime<Utc>,
    released: BTreeSet<Signal>,
}

impl Scene {
    fn new() -> Self {
        let subject = Subject {
            purchase: Some(PurchaseId::new()),
            enrollment: EnrollmentId::new(),
            partner: PartnerId::new(),
            clicks: vec![(ClickId::new(), day(5))],
        };
        let mut scene = Self {
            watch: Watch::default(),
            subject,
            settings: FraudSettings { signals: Signal::ALL.to_vec(), ..FraudSettings::default() },
            partner: Partner::default(),
            visit: Visit { rank: 1, ..Visit::default() },
            clicked_at: day(5),
            released: BTreeSet::new(),
        };
        scene.partner_has("ada@ada.example").buyer_has("ann@example.org");
        scene
    }

    fn partner_has(&mut self, email: &str) -> &mut Self {
        self.partner.traits.emails.insert(email.to_owned());
        self
    }

    fn buyer_has(&mut self, email: &str) -> &mut Self {
        self.watch.person.emails.insert(email.to_owned());
        self
    }

    fn look(&self) -> Suspicion {
        let mut watch = self.watch.clone();
        watch.partners.insert(self.subject.partner, self.partner.clone());
        let mut subject = self.subject.clone();
        subject.clicks[0].1 = self.clicked_at;
        watch.visits.insert(subject.clicks[0].0, self.visit.clone());
        look(&watch, &self.settings, &subject, &self.released)
    }

    fn signals(&self) -> Vec<Signal> {
        self.look().evidence.iter().map(|one| one.signal).collect()
    }

    fn held(&self) -> (u16, Option<HoldReason>) {
        let suspicion = self.look();
        (suspicion.score, suspicion.hold)
    }
}

/// What a sign by itself comes to.
fn alone(change: impl FnOnce(&mut Scene)) -> (Vec<Signal>, u16, Option<HoldReason>) {
    let mut scene = Scene::new();
    change(&mut scene);
    let (score, hold) = scene.held();
    (scene.signals(), score, hold)
}

#[test]
fn fr_1_nothing_is_said_of_strangers() {
    assert_eq!(alone(|_| {}), (vec![], 0, None));
    let scene = Scene::new();
    assert_eq!(
        look(&Watch::default(), &scene.settings, &scene.subject, &scene.released),
        Suspicion::default(),
        "a partner who is not known"
    );
}

#[test]
fn fr_1_e33_the_partner_s_own_e_mail_holds() {
    let held = alone(|scene| {
        scene.buyer_has("ada@ada.example");
    });
    assert_eq!(held, (vec![Signal::SameEmail], 100, Some(HoldReason::SelfReferral)));
}

#[test]
fn fr_1_the_merchant_s_own_id_holds() {
    let held = alone(|scene| {
        scene.partner.traits.external_ids.insert("user-7".into());
        scene.watch.person.external_ids.extend(["user-6".to_owned(), "user-7".to_owned()]);
    });
    assert_eq!(held, (vec![Signal::SameExternalId], 100, Some(HoldReason::SelfReferral)));
}

#[test]
fn fr_1_a_card_of_the_partner_s_own_purchases_holds() {
    let paid = |card: &str| {
        alone(|scene| {
            scene.partner.cards.insert("kh_11223344".into());
            scene.watch.cards.insert(scene.subject.purchase.unwrap(), [card.to_owned()].into());
        })
    };
    assert_eq!(paid("kh_11223344"), (vec![Signal::SameCard], 100, Some(HoldReason::SelfReferral)));
    assert_eq!(paid("kh_55667788"), (vec![], 0, None));
}

#[test]
fn fr_1_dots_and_what_follows_a_plus_are_a_medium_sign() {
    let alias = |partner: &str, buyer: &str| {
        alone(|scene| {
            scene.partner_has(partner).buyer_has(buyer);
        })
    };
    let medium = (vec![Signal::EmailAlias], 50, None);
    assert_eq!(alias("ada.lee@gmail.com", "adalee+shop@gmail.com"), medium);
    assert_eq!(alias("a.da@gmail.com", "ada@googlemail.com"), medium);
    assert_eq!(alias("ada@gmail.com", "ada@outlook.com"), (vec![], 0, None));
    let both = (vec![Signal::EmailAlias, Signal::SameDomain], 100, Some(HoldReason::SelfReferral));
    assert_eq!(alias("ada@lee.example", "ada+1@lee.example"), both, "on a private domain the two add up");
}

#[test]
fn fr_1_a_private_domain_is_a_medium_sign_and_a_shared_one_is_none() {
    let domain = |address: &str| {
        alone(|scene| {
            scene.buyer_has(address);
        })
    };
    assert_eq!(domain("ben@ada.example"), (vec![Signal::SameDomain], 50, None));
    assert_eq!(domain("ben@sub.ada.example"), (vec![], 0, None));
    let shared = alone(|scene| {
        scene.settings.shared_domains = vec!["ada.example".into()];
        scene.buyer_has("ben@ada.example");
    });
    assert_eq!(shared, (vec![], 0, None));
}

#[test]
fn fr_1_an_address_of_the_partner_within_24_hours_is_a_weak_sign() {
    let seen = |first: Duration, last: Duration| {
        let mut scene = Scene::new();
        scene.visit.address = Some(vec![1, 2]);
        scene.partner.seen.insert(vec![1, 2], (day(5) + first, day(5) + last));
        (scene.signals(), scene.held())
    };
    let near = (vec![Signal::SameAddress], (25, None));
    let (hours, minute) = (Duration::hours(24), Duration::minutes(1));
    assert_eq!(seen(Duration::zero(), Duration::zero()), near);
    assert_eq!(seen(-hours - hours, minute - hours), near, "last seen a minute less than a day before");
    assert_eq!(seen(hours - minute, hours + hours), near, "first seen a minute less than a day after");
    assert_eq!(seen(-hours, -hours), (vec![], (0, None)));
    assert_eq!(seen(hours, hours), (vec![], (0, None)));
    let mut other = Scene::new();
    other.visit.address = Some(vec![3]);
    other.partner.seen.insert(vec![1, 2], (day(5), day(5)));
    assert_eq!(other.signals(), []);
}

#[test]
fn fr_1_weaker_signs_add_up_to_the_score_of_the_program() {
    let mut scene = Scene::new();
    scene.buyer_has("ben@ada.example");
    scene.visit.address = Some(vec![1]);
    scene.partner.seen.insert(vec![1], (day(5), day(5)));
    assert_eq!(scene.held(), (75, None), "50 of the domain and 25 of the address");
    scene.settings.hold_score = 75;
    assert_eq!(scene.held(), (75, Some(HoldReason::SelfReferral)));
    scene.settings.hold_score = 100;
    scene.settings.disposable_domains = vec!["example.org".into()];
    assert_eq!(scene.held(), (125, Some(HoldReason::Fraud)), "self-referral alone is not enough, with the rest it is");
}

#[test]
fn fr_2_paid_advertising_is_told_by_its_parameters_unless_it_is_allowed() {
    for ad in AdParameter::ALL {
        let mut scene = Scene::new();
        scene.visit.ads = vec![*ad];
        assert_eq!((scene.signals(), scene.held()), (vec![Signal::PaidAd], (100, Some(HoldReason::Fraud))), "{ad}");
        assert_eq!(scene.look().evidence[0].matched, ad.name());
        scene.settings.allowed_ads = vec![*ad];
        assert_eq!(scene.signals(), []);
        scene.visit.ads = AdParameter::ALL.to_vec();
        assert_eq!(scene.signals(), [Signal::PaidAd], "the others are still not allowed");
    }
}

#[test]
fn fr_3_a_banned_place_counts_with_everything_below_it() {
    let from = |host: &str| {
        alone(|scene| {
            scene.settings.banned_referrers = vec!["coupons.example".into()];
            scene.visit.referrer = Some(host.to_owned());
        })
    };
    assert_eq!(from("coupons.example"), (vec![Signal::BannedReferrer], 100, Some(HoldReason::Fraud)));
    assert_eq!(from("www.coupons.example").0, [Signal::BannedReferrer]);
    assert_eq!(from("mycoupons.example").0, []);
}

#[test]
fn fr_3_more_visitors_of_one_address_and_day_than_the_program_allows() {
    let rank = |rank: u64| {
        alone(|scene| {
            scene.settings.visitors_per_address = 3;
            scene.visit.rank = rank;
        })
    };
    assert_eq!(rank(3), (vec![], 0, None));
    assert_eq!(rank(4), (vec![Signal::Velocity], 50, None));
}

#[test]
fn fr_3_a_throw_away_address_is_a_medium_sign() {
    let with = |address: &str| {
        alone(|scene| {
            scene.settings.disposable_domains = vec!["throw.example".into()];
            scene.buyer_has(address);
        })
    };
    let medium = (vec![Signal::DisposableEmail], 50, None);
    assert_eq!(with("x@mailinator.com"), medium);
    assert_eq!(with("x@throw.example"), medium);
    assert_eq!(with("x@keep.example").0, []);
}

#[test]
fn fr_3_a_rate_of_refunds_is_asked_of_enough_purchases_only() {
    let record = |returned: u64, purchases: u64| {
        alone(|scene| {
            scene.settings.refund_share = BasisPoints::new(3_000).unwrap();
            scene.settings.refund_minimum = 10;
            let place = (scene.subject.purchase.unwrap(), scene.subject.enrollment);
            scene.watch.records.insert(place, Record { purchases, returned });
        })
    };
    assert_eq!(record(9, 9).0, [], "too few");
    assert_eq!(record(2, 10).0, [], "20 %");
    assert_eq!(record(3, 10), (vec![Signal::RefundRate], 50, None), "30 % is the threshold");
}

#[test]
fn fr_3_a_second_account_of_one_payee_holds() {
    let twin = PartnerId::new();
    let held = alone(|scene| scene.partner.twin = Some(twin));
    assert_eq!(held, (vec![Signal::DuplicatePartner], 100, Some(HoldReason::Fraud)));
}

#[test]
fn fr_4_what_was_released_holds_no_more_and_what_comes_later_does() {
    let mut scene = Scene::new();
    scene.buyer_has("ada@ada.example");
    scene.released.insert(Signal::SameEmail);
    assert_eq!(scene.held(), (0, None));
    assert_eq!(scene.signals(), [Signal::SameEmail], "the evidence stays");
    scene.settings.banned_referrers = vec!["coupons.example".into()];
    scene.visit.referrer = Some("coupons.example".into());
    assert_eq!(scene.held(), (100, Some(HoldReason::Fraud)));
}

#[test]
fn fr_4_evidence_says_what_matched_and_masks_it() {
    let mut scene = Scene::new();
    scene.buyer_has("ada@ada.example");
    scene.partner.traits.external_ids.insert("user-7".into());
    scene.watch.person.external_ids.insert("user-7".into());
    scene.partner.cards.insert("kh_0011223344556677".into());
    scene.watch.cards.insert(scene.subject.purchase.unwrap(), ["kh_0011223344556677".to_owned()].into());
    let said: Vec<String> = scene.look().evidence.iter().map(Evidence::sentence).collect();
    assert_eq!(
        said,
        [
            "the buyer has the merchant's id of the partner: use…",
            "the buyer's e-mail is the partner's own: a…@a….example",
            "the buyer paid with a card of the partner's own purchases: card 556677",
        ]
    );
}

#[test]
fn a_sign_that_the_program_does_not_look_for_is_not_told() {
    let mut scene = Scene::new();
    scene.buyer_has("ada@ada.example");
    scene.settings.signals.retain(|signal| *signal != Signal::SameEmail);
    assert_eq!(scene.signals(), []);
}

#[test]
fn a_sign_is_told_once_of_the_first_visit_that_shows_it() {
    let mut scene = Scene::new();
    let later = ClickId::new();
    scene.visit.ads = vec![AdParameter::Gclid];
    scene.watch.visits.insert(later, Visit { ads: vec![AdParameter::Fbclid], ..Visit::default() });
    scene.subject.clicks.push((later, day(6)));
    let evidence = scene.look().evidence;
    assert_eq!(evidence.len(), 1);
    assert_eq!((evidence[0].click, evidence[0].at), (Some(scene.subject.clicks[0].0), Some(day(5))));
}
