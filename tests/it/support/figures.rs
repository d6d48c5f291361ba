//! The figures, counted anew from everything that is stored: what the kept ones must be after any story.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use entity::value::{
    CommissionState, Currency, CustomerId, EnrollmentId, EntryId, InsightCut, InsightGrain, LedgerAccount, LinkId, Mode, PartnerId,
    PayoutStatus, ProgramId, TouchId,
};
use entity::{click, commission, customer, decision, enrollment, insight, insight_delta, ledger_entry, payout, payout_line, touch};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use tributary::domain::access::Scope;
use tributary::service::{Services, insight as figures, kin};

use super::books::Books;

/// Where a figure counts: bucket, currency, program, enrollment, partner, link, code.
type Place = (i64, Option<Currency>, Option<ProgramId>, Option<EnrollmentId>, Option<PartnerId>, Option<LinkId>, Option<String>);
/// Every figure that is not zero, by its place and name.
pub type Figures = BTreeMap<(Place, &'static str), i64>;

/// What there is beside the books.
struct Rest {
    partners: BTreeMap<EnrollmentId, (ProgramId, PartnerId)>,
    touches: BTreeMap<TouchId, touch::Model>,
    clicks: Vec<click::Model>,
    /// The entries that payouts claim, by the state of the payout.
    claimed: BTreeMap<EntryId, PayoutStatus>,
    /// The customers that are one person with each (ID-4).
    persons: BTreeMap<CustomerId, BTreeSet<CustomerId>>,
}

fn quarter(at: DateTime<Utc>) -> i64 {
    at.timestamp().div_euclid(900)
}

fn add(figures: &mut Figures, place: &Place, name: &'static str, by: i64) {
    let sum = figures.entry((place.clone(), name)).or_default();
    *sum += by;
}

impl Rest {
    async fn read(services: &Services, books: &Books) -> Self {
        let db = services.db.read();
        let enrollments = enrollment::Entity::find().all(db).await.unwrap();
        let touches = touch::Entity::find().all(db).await.unwrap();
        let payouts: BTreeMap<_, _> = payout::Entity::find().all(db).await.unwrap().into_iter().map(|row| (row.id, row.status)).collect();
        let lines = payout_line::Entity::find().filter(payout_line::Column::ReleasedAt.is_null()).all(db).await.unwrap();
        Self {
            partners: enrollments.into_iter().map(|row| (row.id, (row.program_id, row.partner_id))).collect(),
            touches: touches.into_iter().map(|row| (row.id, row)).collect(),
            clicks: click::Entity::find().all(db).await.unwrap(),
            claimed: lines.into_iter().map(|row| (row.entry_id, payouts[&row.payout_id])).collect(),
            persons: persons(services, &books.customers).await,
        }
    }

    fn place(&self, at: DateTime<Utc>, currency: Option<Currency>, enrollment: Option<EnrollmentId>, by: Option<TouchId>) -> Place {
        let known = enrollment.map(|id| self.partners[&id]);
        let touch = by.map(|id| &self.touches[&id]).filter(|_| enrollment.is_some());
        let click = touch.and_then(|touch| touch.click_id).and_then(|id| self.clicks.iter().find(|click| click.id == id));
        let click = click.filter(|click| Some(click.enrollment_id) == enrollment);
        let code = touch.and_then(|touch| touch.promotion_code.clone().or_else(|| touch.coupon.clone()));
        (quarter(at), currency, known.map(|k| k.0), enrollment, known.map(|k| k.1), click.map(|click| click.link_id), code)
    }
}

/// The evidence by which an enrollment won, or shares.
fn won(decision: Option<&decision::Model>, enrollment: Option<EnrollmentId>) -> Option<TouchId> {
    let text = enrollment?.to_string();
    let candidates = decision?.candidates.as_array()?;
    let of = |verdict: &str| {
        let found = candidates.iter().find(|one| one["verdict"] == verdict && one["enrollment"] == text.as_str())?;
        found["touch"].as_str()?.parse().ok()
    };
    of("WON").or_else(|| of("SHARED"))
}

const fn counted_as(state: CommissionState) -> &'static str {
    match state {
        CommissionState::Pending => "pending_count",
        CommissionState::Held => "held_count",
        CommissionState::Approved => "approved_count",
        CommissionState::Reserved => "reserved_count",
        CommissionState::Paid => "paid_count",
        CommissionState::Reversed => "reversed_count",
        CommissionState::Rejected => "rejected_count",
    }
}

/// What of a commission stands where, by the entries on its partner's accounts and the payouts that paid some of them.
fn parts(row: &commission::Model, books: &Books, rest: &Rest) -> [(&'static str, i64); 5] {
    let sum = |of: &dyn Fn(&ledger_entry::Model) -> bool| -> i64 {
        let own = books.entries.iter().filter(|e| e.commission_id == Some(row.id) && e.currency == row.currency);
        own.filter(|e| of(e)).map(|e| e.amount).sum()
    };
    let pending = sum(&|e| e.account == LedgerAccount::PartnerPending);
    let payable = sum(&|e| e.account == LedgerAccount::PartnerPayable);
    let claimed = |status| sum(&|e| rest.claimed.get(&e.id) == Some(&status)).max(0);
    let paid = claimed(PayoutStatus::Paid).min(payable + pending);
    let sent = claimed(PayoutStatus::Sent).min(payable + pending - paid);
    let planned = claimed(PayoutStatus::Planned);
    [
        ("pending", pending - row.held),
        ("held", row.held),
        ("approved", payable - paid - sent - planned),
        ("reserved", sent + planned),
        ("paid", paid),
    ]
}

/// Counts everything anew.
pub async fn counted(services: &Services, books: &Books) -> Figures {
    let rest = Rest::read(services, books).await;
    let mut figures = Figures::new();
    for click in rest.clicks.iter().filter(|click| !click.bot) {
        let (program, partner) = rest.partners[&click.enrollment_id];
        let place = (quarter(click.clicked_at), None, Some(program), Some(click.enrollment_id), Some(partner), Some(click.link_id), None);
        add(&mut figures, &place, "clicks", 1);
    }
    for customer in books.customers.iter().filter(|customer| customer.merged_into.is_none()) {
        sign_up(&mut figures, books, &rest, customer);
    }
    sales(&mut figures, books, &rest);
    for row in &books.commissions {
        let decision = row.purchase_id.and_then(|id| books.decisions.get(&id));
        let place = rest.place(row.purchased_at, Some(row.currency), Some(row.enrollment_id), won(decision, Some(row.enrollment_id)));
        add(&mut figures, &place, counted_as(row.state), 1);
        parts(row, books, &rest).into_iter().for_each(|(name, part)| add(&mut figures, &place, name, part));
    }
    figures.retain(|_, value| *value != 0);
    figures
}

fn sign_up(figures: &mut Figures, books: &Books, rest: &Rest, customer: &customer::Model) {
    let Some(at) = customer.signed_up_at else { return };
    let bound = books.bindings.iter().filter(|b| rest.persons[&customer.id].contains(&b.customer_id));
    let bound = bound.filter(|b| b.bound_at <= at && b.ended_at.is_none_or(|ended| at < ended)).max_by_key(|b| b.bound_at);
    let place = rest.place(at, None, bound.map(|b| b.enrollment_id), bound.and_then(|b| b.touch_id));
    add(figures, &place, "sign_ups", 1);
}

/// Who is one person with each customer, as settling sees it.
async fn persons(services: &Services, customers: &[customer::Model]) -> BTreeMap<CustomerId, BTreeSet<CustomerId>> {
    let tx = services.db.begin().await.unwrap();
    let mut persons = BTreeMap::new();
    for row in customers {
        let scope = Scope::merchant_wide(row.merchant_id, Mode::from_livemode(row.livemode));
        let group = kin::lock_group(&tx, scope, row.id).await.unwrap();
        persons.insert(row.id, group.map_or_else(|| [row.id].into(), |group| group.members));
    }
    tx.rollback().await.unwrap();
    persons
}

fn sales(figures: &mut Figures, books: &Books, rest: &Rest) {
    let kinds = ["invoice", "intent", "charge", "checkout", "other"];
    let rank = |key: &str| kinds.iter().position(|kind| key.starts_with(kind));
    let paid: Vec<_> = books.purchases.iter().filter(|p| p.collected > 0 && p.purchased_at.is_some()).collect();
    for purchase in &paid {
        let Some(at) = purchase.purchased_at else { continue };
        let decision = &books.decisions[&purchase.id];
        let place = rest.place(at, purchase.currency, decision.enrollment_id, won(Some(decision), decision.enrollment_id));
        let person = &rest.persons[&purchase.customer_id.unwrap()];
        let own = paid.iter().filter(|p| person.contains(&p.customer_id.unwrap()));
        let first = own.min_by_key(|p| (p.purchased_at, rank(&p.key), p.key.clone())).map(|p| p.id);
        add(figures, &place, "purchases", 1);
        add(figures, &place, "customers", i64::from(first == Some(purchase.id)));
        add(figures, &place, "gross", purchase.collected);
        add(figures, &place, "refunded", purchase.reduction);
        add(figures, &place, "net", decision.base);
    }
}

macro_rules! values {
    ($row:expr) => {
        [
            ("clicks", $row.clicks),
            ("sign_ups", $row.sign_ups),
            ("customers", $row.customers),
            ("purchases", $row.purchases),
            ("gross", $row.gross),
            ("refunded", $row.refunded),
            ("net", $row.net),
            ("pending_count", $row.pending_count),
            ("pending", $row.pending),
            ("held_count", $row.held_count),
            ("held", $row.held),
            ("approved_count", $row.approved_count),
            ("approved", $row.approved),
            ("reserved_count", $row.reserved_count),
            ("reserved", $row.reserved),
            ("paid_count", $row.paid_count),
            ("paid", $row.paid),
            ("reversed_count", $row.reversed_count),
            ("rejected_count", $row.rejected_count),
        ]
    };
}

/// The figures as they are kept: folded ones of one cut and grain, and those that are not folded yet.
pub async fn kept(services: &Services, cut: InsightCut, grain: InsightGrain) -> Figures {
    let db = services.db.read();
    let mut figures = Figures::new();
    for row in insight_delta::Entity::find().all(db).await.unwrap() {
        let place = (row.bucket, row.currency, row.program_id, row.enrollment_id, row.partner_id, row.link_id, row.code.clone());
        values!(row).into_iter().for_each(|(name, value)| add(&mut figures, &cut_to(&place, cut, grain), name, value));
    }
    for row in insight::Entity::find().all(db).await.unwrap().into_iter().filter(|row| row.cut == cut && row.grain == grain) {
        let place = (row.bucket, row.currency, row.program_id, row.enrollment_id, row.partner_id, row.link_id, row.code.clone());
        values!(row).into_iter().for_each(|(name, value)| add(&mut figures, &place, name, value));
    }
    figures.retain(|_, value| *value != 0);
    figures
}

fn cut_to(place: &Place, cut: InsightCut, grain: InsightGrain) -> Place {
    let bucket = if grain == InsightGrain::Day { place.0.div_euclid(96) * 96 } else { place.0 };
    match cut {
        InsightCut::Total => (bucket, place.1, None, None, None, None, None),
        InsightCut::Program => (bucket, place.1, place.2, None, None, None, None),
        InsightCut::Full => (bucket, place.1, place.2, place.3, place.4, place.5, place.6.clone()),
    }
}

/// The kept figures are those that counting anew gives, in every cut and grain, before and after they are folded.
pub async fn check(services: &Services, books: &Books) {
    let anew = counted(services, books).await;
    for _ in 0..2 {
        for cut in InsightCut::ALL {
            for grain in InsightGrain::ALL {
                let mut expected = Figures::new();
                for ((place, name), value) in &anew {
                    add(&mut expected, &cut_to(place, *cut, *grain), name, *value);
                }
                expected.retain(|_, value| *value != 0);
                similar(&expected, &kept(services, *cut, *grain).await, &format!("{cut} {grain}"));
            }
        }
        figures::fold(services).await.unwrap();
    }
    assert_eq!(insight_delta::Entity::find().all(services.db.read()).await.unwrap(), [], "everything is folded");
    super::tallies::check(services).await;
}

fn similar(expected: &Figures, found: &Figures, which: &str) {
    let missing: Vec<_> = expected.iter().filter(|(key, value)| found.get(key) != Some(value)).collect();
    let surplus: Vec<_> = found.iter().filter(|(key, value)| expected.get(key) != Some(value)).collect();
    assert!(missing.is_empty() && surplus.is_empty(), "{which}: should be {missing:#?}, is {surplus:#?}");
}
