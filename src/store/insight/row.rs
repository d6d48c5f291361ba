//! Figures as rows and back.

use entity::insight::Model as Stored;
use entity::insight_delta::Model as Delta;
use entity::value::{InsightCut, InsightGrain, MerchantId};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::domain::access::Scope;
use crate::domain::insight::{Figure, Figures, Key, Place, QUARTERS_A_DAY};

/// Hands each column with its figure to a macro: they are named together here, and nowhere else.
macro_rules! with_columns {
    ($then:ident!($($rest:tt)*)) => {
        $then! {
            [
                clicks: Clicks, sign_ups: SignUps, customers: Customers, purchases: Purchases, gross: Gross, refunded: Refunded, net: Net,
                pending_count: PendingCount, pending: Pending, held_count: HeldCount, held: Held, approved_count: ApprovedCount,
                approved: Approved, reserved_count: ReservedCount, reserved: Reserved, paid_count: PaidCount, paid: Paid,
                reversed_count: ReversedCount, rejected_count: RejectedCount
            ]
            $($rest)*
        }
    };
}

/// A row of these fields and all figures.
macro_rules! filled {
    ([$($column:ident: $figure:ident),+] $row:ident, $figures:ident, { $($rest:tt)* }) => {
        $row { $($column: $figures.get(Figure::$figure),)+ $($rest)* }
    };
}

/// All figures of a row.
macro_rules! values {
    ([$($column:ident: $figure:ident),+] $row:ident) => { [$((Figure::$figure, $row.$column)),+] };
}

/// What a transaction adds.
pub(super) fn delta(scope: Scope, key: &Key, figures: &Figures) -> Delta {
    with_columns!(filled!(Delta, figures, {
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
    }))
}

/// Where and how much a stored delta adds.
pub(super) fn read(row: &Delta) -> (Key, Figures) {
    let place = Place {
        program: row.program_id,
        enrollment: row.enrollment_id,
        partner: row.partner_id,
        link: row.link_id,
        code: row.code.clone(),
    };
    let mut figures = Figures::default();
    for (figure, value) in with_columns!(values!(row)) {
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
    pub fn row(&self, figures: &Figures) -> Stored {
        let key = &self.key;
        with_columns!(filled!(Stored, figures, {
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
        }))
    }
}

fn letters(code: &str) -> [u8; 3] {
    let mut letters = [0; 3];
    letters.iter_mut().zip(code.bytes()).for_each(|(to, from)| *to = from);
    letters
}
