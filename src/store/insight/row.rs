//! Figures as rows and back.

use entity::value::{InsightCut, InsightGrain, MerchantId};
use entity::{insight, insight_delta};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::domain::access::Scope;
use crate::domain::insight::{Figure, Figures, Key, Place, QUARTERS_A_DAY};

/// What a transaction adds.
pub(super) fn delta(scope: Scope, key: &Key, figures: &Figures) -> insight_delta::Model {
    insight_delta::Model {
        id: Uuid::now_v7(),
        merchant_id: scope.merchant(),
        livemode: scope.livemode(),
        bucket: key.bucket,
        currency: key.currency,
        program_id: key.place.program,
        enrollment_id: key.place.enrollment,
        partner_id: key.place.partner,
        link_id: key.place.link,
        code: key.place.code.clone(),
        clicks: figures.get(Figure::Clicks),
        sign_ups: figures.get(Figure::SignUps),
        customers: figures.get(Figure::Customers),
        purchases: figures.get(Figure::Purchases),
        gross: figures.get(Figure::Gross),
        refunded: figures.get(Figure::Refunded),
        net: figures.get(Figure::Net),
        pending_count: figures.get(Figure::PendingCount),
        pending: figures.get(Figure::Pending),
        held_count: figures.get(Figure::HeldCount),
        held: figures.get(Figure::Held),
        approved_count: figures.get(Figure::ApprovedCount),
        approved: figures.get(Figure::Approved),
        reserved_count: figures.get(Figure::ReservedCount),
        reserved: figures.get(Figure::Reserved),
        paid_count: figures.get(Figure::PaidCount),
        paid: figures.get(Figure::Paid),
        reversed_count: figures.get(Figure::ReversedCount),
        rejected_count: figures.get(Figure::RejectedCount),
    }
}

/// Where and how much a stored delta adds.
pub(super) fn read(row: &insight_delta::Model) -> (Key, Figures) {
    let place = Place {
        program: row.program_id,
        enrollment: row.enrollment_id,
        partner: row.partner_id,
        link: row.link_id,
        code: row.code.clone(),
    };
    let values = [
        (Figure::Clicks, row.clicks),
        (Figure::SignUps, row.sign_ups),
        (Figure::Customers, row.customers),
        (Figure::Purchases, row.purchases),
        (Figure::Gross, row.gross),
        (Figure::Refunded, row.refunded),
        (Figure::Net, row.net),
        (Figure::PendingCount, row.pending_count),
        (Figure::Pending, row.pending),
        (Figure::HeldCount, row.held_count),
        (Figure::Held, row.held),
        (Figure::ApprovedCount, row.approved_count),
        (Figure::Approved, row.approved),
        (Figure::ReservedCount, row.reserved_count),
        (Figure::Reserved, row.reserved),
        (Figure::PaidCount, row.paid_count),
        (Figure::Paid, row.paid),
        (Figure::ReversedCount, row.reversed_count),
        (Figure::RejectedCount, row.rejected_count),
    ];
    let mut figures = Figures::default();
    for (figure, value) in values {
        figures.add(figure, value);
    }
    (Key { bucket: row.bucket, currency: row.currency, place }, figures)
}

/// A sum of figures: whose, in which mode, for whom, and in what kind of bucket.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Sum {
    pub merchant: MerchantId,
    pub livemode: bool,
    pub cut: InsightCut,
    pub grain: InsightGrain,
    pub key: Key,
}

impl Sum {
    /// The sum of one cut and grain to which figures with this key belong.
    pub fn of((merchant, livemode): (MerchantId, bool), cut: InsightCut, grain: InsightGrain, key: &Key) -> Self {
        let place = match cut {
            InsightCut::Total => Place::default(),
            InsightCut::Program => Place { program: key.place.program, ..Place::default() },
            InsightCut::Full => key.place.clone(),
        };
        let bucket = match grain {
            InsightGrain::Quarter => key.bucket,
            InsightGrain::Day => key.bucket.div_euclid(QUARTERS_A_DAY) * QUARTERS_A_DAY,
        };
        Self { merchant, livemode, cut, grain, key: Key { bucket, currency: key.currency, place } }
    }

    /// The same place is the same row.
    fn id(&self) -> Uuid {
        let Key { bucket, currency, place } = &self.key;
        let mut digest = Sha256::new();
        digest.update(self.merchant.uuid().as_bytes());
        digest.update([u8::from(self.livemode)]);
        digest.update(self.cut.as_str());
        digest.update(self.grain.as_str());
        digest.update(bucket.to_be_bytes());
        digest.update(currency.map_or([0; 3], |currency| letters(currency.as_str())));
        let ids = [
            place.program.map(|id| id.uuid()),
            place.enrollment.map(|id| id.uuid()),
            place.partner.map(|id| id.uuid()),
            place.link.map(|id| id.uuid()),
        ];
        for id in ids {
            digest.update(id.unwrap_or_default().as_bytes());
        }
        digest.update(place.code.as_deref().unwrap_or_default());
        let mut bytes = [0_u8; 16];
        bytes.copy_from_slice(&digest.finalize()[..16]);
        uuid::Builder::from_custom_bytes(bytes).into_uuid()
    }

    /// The row with these figures.
    pub fn row(&self, figures: &Figures) -> insight::Model {
        let key = &self.key;
        insight::Model {
            id: self.id(),
            merchant_id: self.merchant,
            livemode: self.livemode,
            cut: self.cut,
            grain: self.grain,
            bucket: key.bucket,
            currency: key.currency,
            program_id: key.place.program,
            enrollment_id: key.place.enrollment,
            partner_id: key.place.partner,
            link_id: key.place.link,
            code: key.place.code.clone(),
            clicks: figures.get(Figure::Clicks),
            sign_ups: figures.get(Figure::SignUps),
            customers: figures.get(Figure::Customers),
            purchases: figures.get(Figure::Purchases),
            gross: figures.get(Figure::Gross),
            refunded: figures.get(Figure::Refunded),
            net: figures.get(Figure::Net),
            pending_count: figures.get(Figure::PendingCount),
            pending: figures.get(Figure::Pending),
            held_count: figures.get(Figure::HeldCount),
            held: figures.get(Figure::Held),
            approved_count: figures.get(Figure::ApprovedCount),
            approved: figures.get(Figure::Approved),
            reserved_count: figures.get(Figure::ReservedCount),
            reserved: figures.get(Figure::Reserved),
            paid_count: figures.get(Figure::PaidCount),
            paid: figures.get(Figure::Paid),
            reversed_count: figures.get(Figure::ReversedCount),
            rejected_count: figures.get(Figure::RejectedCount),
        }
    }
}

fn letters(code: &str) -> [u8; 3] {
    let mut letters = [0; 3];
    letters.iter_mut().zip(code.bytes()).for_each(|(to, from)| *to = from);
    letters
}
