//! What a settled person adds to the figures: purchases, what they earn partners, and sign-ups, each at its own time.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use entity::commission;
use entity::value::{CommissionState, EnrollmentId, PurchaseId, TouchId};
use sea_orm::DatabaseTransaction;
use uuid::Uuid;

use super::person::Gathered;
use super::settle::lost;
use crate::domain::access::Scope;
use crate::domain::attribution::{Bound, Verdict};
use crate::domain::insight::{self, Adds, Place, Sale};
use crate::domain::person::Purchase;
use crate::domain::purchase::Key;
use crate::domain::settle::{Commission, Decision, Settlement};
use crate::store::{self, StoreError};

/// Brings the figures to what the settlement says, in its transaction.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub(super) async fn count(
    tx: &DatabaseTransaction,
    scope: Scope,
    gathered: &Gathered,
    settlement: &Settlement,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let things = Tally { gathered, settlement, now }.things();
    store::insight::count(tx, scope, things, now).await
}

struct Tally<'a> {
    gathered: &'a Gathered,
    settlement: &'a Settlement,
    now: DateTime<Utc>,
}

impl Tally<'_> {
    /// What each purchase and each customer adds. A purchase that another one has taken over adds nothing any more.
    fn things(&self) -> BTreeMap<Uuid, Adds> {
        let mut things: BTreeMap<Uuid, Adds> = self.gathered.merged.iter().map(|id| (id.uuid(), Adds::nothing())).collect();
        let first = self.first();
        let purchases: BTreeMap<PurchaseId, &Purchase> = self.gathered.person.purchases.iter().map(|p| (p.id, p)).collect();
        for decision in &self.settlement.decisions {
            if let Some(purchase) = purchases.get(&decision.purchase) {
                things.entry(decision.purchase.uuid()).or_default().join(self.sale(purchase, decision, first));
            }
        }
        for (purchase, adds) in self.commissions(&purchases) {
            things.entry(purchase.uuid()).or_default().join(adds);
        }
        for signup in &self.gathered.person.signups {
            let bound = self.settlement.bindings.iter().find(|b| b.at <= signup.at && b.ended_at.is_none_or(|ended| signup.at < ended));
            things.entry(signup.customer.uuid()).or_default().join(insight::sign_up(signup.at, self.bound(bound)));
        }
        things
    }

    /// The first purchase for which the person paid anything.
    fn first(&self) -> Option<PurchaseId> {
        let paid = self.gathered.person.purchases.iter().filter(|p| gross(p) > 0);
        let placed = paid.filter_map(|p| Some(((p.state.at?, &p.state.key), p.id)));
        placed.min_by_key(|(place, _): &((DateTime<Utc>, &Key), _)| *place).map(|(_, id)| id)
    }

    fn sale(&self, purchase: &Purchase, decision: &Decision, first: Option<PurchaseId>) -> Adds {
        let Some(at) = purchase.state.at else { return Adds::nothing() };
        let gross = gross(purchase);
        let returned = purchase.state.returned.iter().fold(0_i64, |sum, one| sum.saturating_add(one.amount));
        let sale = Sale {
            at,
            currency: purchase.state.currency,
            gross,
            refunded: returned.min(gross),
            net: decision.base,
            first: first == Some(purchase.id),
        };
        let place = decision.winner().map_or_else(Place::default, |winner| self.earner(decision, winner));
        insight::sale(&sale, place)
    }

    /// What each commission adds to its purchase: those that are stored, and those that are now.
    fn commissions(&self, purchases: &BTreeMap<PurchaseId, &Purchase>) -> Vec<(PurchaseId, Adds)> {
        let mut all = Vec::new();
        let mut stored: BTreeSet<(PurchaseId, EnrollmentId)> = BTreeSet::new();
        let decided: BTreeMap<PurchaseId, &Decision> =
            self.settlement.decisions.iter().map(|decision| (decision.purchase, decision)).collect();
        for row in &self.gathered.commissions {
            stored.insert((row.purchase_id, row.enrollment_id));
            let decision = decided.get(&row.purchase_id).copied();
            let target = decision.and_then(|d| Some((d, d.commissions.iter().find(|c| c.enrollment == row.enrollment_id)?)));
            let (state, amount) = target.map_or_else(|| (lost(row, self.gathered), 0), |(_, target)| (target.state, target.amount));
            let place = target.map_or_else(|| place_of(row), |(decision, target)| self.earner(decision, target));
            all.push((row.purchase_id, insight::commission(row.purchased_at, row.currency, state, amount, place)));
        }
        for decision in &self.settlement.decisions {
            let Some(state) = purchases.get(&decision.purchase).map(|purchase| &purchase.state) else { continue };
            let at = state.at.unwrap_or(self.now);
            let fresh = decision.commissions.iter().filter(|c| c.amount > 0 && !stored.contains(&(decision.purchase, c.enrollment)));
            all.extend(fresh.map(|commission| {
                let Commission { state: stands, amount, .. } = commission;
                let stands: CommissionState = *stands;
                (decision.purchase, insight::commission(at, state.currency, stands, *amount, self.earner(decision, commission)))
            }));
        }
        all
    }

    /// The place of whoever earns, with the link or code that brought the customer to them.
    fn earner(&self, decision: &Decision, commission: &Commission) -> Place {
        let won = decision.candidates.iter().find(|c| c.verdict == Verdict::Won && c.enrollment == Some(commission.enrollment));
        let place = Place {
            program: Some(commission.program),
            enrollment: Some(commission.enrollment),
            partner: Some(commission.partner),
            ..Place::default()
        };
        self.by(won.and_then(|candidate| candidate.touch), place)
    }

    /// The place of whoever had the person at a sign-up.
    fn bound(&self, bound: Option<&Bound>) -> Place {
        let known = bound.and_then(|bound| Some((bound, self.gathered.world.enrollments.get(&bound.enrollment)?)));
        let Some((bound, enrollment)) = known else { return Place::default() };
        let place = Place {
            program: Some(enrollment.program),
            enrollment: Some(enrollment.id),
            partner: Some(enrollment.partner),
            ..Place::default()
        };
        self.by(bound.touch, place)
    }

    fn by(&self, touch: Option<TouchId>, place: Place) -> Place {
        let Some(id) = touch else { return place };
        let click = self.gathered.person.touches.iter().find(|touch| touch.id == id).and_then(|touch| touch.click);
        Place { link: click.map(|click| click.link), code: self.gathered.codes.get(&id).cloned(), ..place }
    }
}

/// What was received, by whatever way, in minor units.
const fn gross(purchase: &Purchase) -> i64 {
    purchase.state.collected.saturating_add(purchase.state.off_platform)
}

/// The place of a commission that no decision names any more.
fn place_of(row: &commission::Model) -> Place {
    Place { program: Some(row.program_id), enrollment: Some(row.enrollment_id), partner: Some(row.partner_id), ..Place::default() }
}
