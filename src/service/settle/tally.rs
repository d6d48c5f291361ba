//! What a settled person adds to the figures: purchases, what they earn partners, and sign-ups, each at its own time.

use std::collections::{BTreeMap, BTreeSet};

use entity::commission;
use entity::value::{EnrollmentId, PurchaseId, TouchId};
use uuid::Uuid;

use super::post::{Name, Poster, lost, name, name_of};
use crate::domain::attribution::{Bound, Verdict};
use crate::domain::insight::{self, Adds, Earned, Place, Sale};
use crate::domain::kin::Group;
use crate::domain::origin::{By, Origin};
use crate::domain::person::{Purchase, Signup, Tie};
use crate::domain::purchase::Key;
use crate::domain::settle::{Commission, Decision, Settlement};
use crate::service::person::Gathered;
use crate::store::payout::Claimed;
use crate::store::{self, StoreError};

/// Brings the figures to what the settlement says, in its transaction.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub(super) async fn count(poster: &Poster<'_>, group: &Group, gathered: &Gathered, settlement: &Settlement) -> Result<(), StoreError> {
    let things = Tally { group, gathered, settlement }.things();
    store::insight::count(poster.tx, poster.scope, things, poster.now).await
}

struct Tally<'a> {
    group: &'a Group,
    gathered: &'a Gathered,
    settlement: &'a Settlement,
}

impl Tally<'_> {
    /// What each purchase and each customer adds. A purchase that another one has taken over adds nothing any more, nor does a customer whose
    /// sign-up turned out to be another's.
    fn things(&self) -> BTreeMap<Uuid, Adds> {
        let members = self.group.members.iter().map(|id| id.uuid());
        let known = self.gathered.merged.iter().map(|id| id.uuid()).chain(members);
        let mut things: BTreeMap<Uuid, Adds> = known.map(|id| (id, Adds::nothing())).collect();
        let first = self.first();
        let purchases: BTreeMap<PurchaseId, &Purchase> = self.gathered.person.purchases.iter().map(|p| (p.id, p)).collect();
        let decided: BTreeMap<PurchaseId, &Decision> = self.settlement.decisions.iter().map(|one| (one.purchase, one)).collect();
        for (id, decision) in &decided {
            if let Some(purchase) = purchases.get(id) {
                things.entry(id.uuid()).or_default().join(self.sale(purchase, decision, first));
            }
        }
        for (thing, adds) in self.commissions(&decided) {
            things.entry(thing).or_default().join(adds);
        }
        for signup in &self.gathered.person.signups {
            let open = |b: &&Bound| b.at <= signup.at && b.ended_at.is_none_or(|ended| signup.at < ended);
            let bound = self.settlement.bindings.iter().rfind(|b| open(b) && self.is_of(b, signup));
            let place = bound.map_or_else(Place::default, |bound| self.bound(bound));
            things.entry(signup.customer.uuid()).or_default().join(insight::sign_up(signup.at, place));
        }
        things
    }

    /// The first purchase for which the person paid anything.
    fn first(&self) -> Option<PurchaseId> {
        let paid = self.gathered.person.purchases.iter().filter(|p| gross(p) > 0);
        let placed = paid.filter_map(|p| Some(((p.state.at?, &p.state.key), p.id)));
        placed.min_by_key(|(place, _): &((_, &Key), _)| *place).map(|(_, id)| id)
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
        let place = decision.winner.map_or_else(Place::default, |winner| self.earner(Some(decision), winner.enrollment));
        insight::sale(&sale, place)
    }

    /// What each commission adds to the thing that earned it: those that are stored, and those that will be.
    fn commissions(&self, decided: &BTreeMap<PurchaseId, &Decision>) -> Vec<(Uuid, Adds)> {
        let targets: BTreeMap<Name, &Commission> = self.settlement.commissions().map(|one| (name(one), one)).collect();
        let stored: BTreeSet<Name> = self.gathered.commissions.iter().map(name_of).collect();
        let fresh =
            targets.iter().filter(|(name, one)| one.is_to_be_kept() && !stored.contains(*name)).map(|(_, one)| self.target(one, decided));
        let known = self.gathered.commissions.iter().map(|row| match targets.get(&name_of(row)) {
            Some(target) => self.target(target, decided),
            None => (thing_of(row), self.nothing_left(row)),
        });
        known.chain(fresh).collect()
    }

    fn target(&self, target: &Commission, decided: &BTreeMap<PurchaseId, &Decision>) -> (Uuid, Adds) {
        let decision = target.origin.purchase().and_then(|id| decided.get(&id).copied());
        let row = self.gathered.commissions.iter().find(|row| name_of(row) == name(target));
        let Claimed { paid, sent, planned } = row.map_or_else(Claimed::default, |row| self.gathered.claims.of(row.id, target.currency));
        let Commission { at, currency, state, amount, pending, held, .. } = *target;
        let earned = Earned { at, currency, state, amount, pending, held, paid, sent, planned };
        (thing(target.origin), insight::commission(&earned, self.earner(decision, target.enrollment)))
    }

    /// What a commission adds that no decision names any more.
    fn nothing_left(&self, row: &commission::Model) -> Adds {
        let state = lost(row, self.gathered.claims.paid.get(&row.id));
        let earned = Earned::nothing(row.purchased_at, row.currency, state);
        let place =
            Place { program: Some(row.program_id), enrollment: Some(row.enrollment_id), partner: Some(row.partner_id), ..Place::default() };
        insight::commission(&earned, place)
    }

    /// The place of whoever earns, with the link or code that brought the customer to them. Those who share do so by clicks alone (AT-16).
    fn earner(&self, decision: Option<&Decision>, enrollment: EnrollmentId) -> Place {
        let brought = |verdict| {
            let mut candidates = decision?.candidates.iter();
            candidates.find(|c| c.verdict == verdict && c.enrollment == Some(enrollment))?.touch
        };
        let won = brought(Verdict::Won);
        let place = self.by(enrollment, won.or_else(|| brought(Verdict::Shared)));
        Place { code: place.code.filter(|_| won.is_some()), ..place }
    }

    /// Whether a binding is that of the customer who signed up: an own one, or one whose terms match by e-mail (ID-4).
    fn is_of(&self, bound: &Bound, signup: &Signup) -> bool {
        let tie = self.gathered.person.tie((signup.customer, signup.at), (bound.customer, bound.at));
        let enrollment = self.gathered.world.enrollments.get(&bound.enrollment);
        let version = enrollment.and_then(|known| known.bound_terms(bound.terms, bound.at, signup.at));
        version.map_or(tie == Tie::Same, |version| tie.counts(&version.terms))
    }

    /// The place of whoever had the person at a sign-up.
    fn bound(&self, bound: &Bound) -> Place {
        self.by(bound.enrollment, bound.touch)
    }

    fn by(&self, enrollment: EnrollmentId, touch: Option<TouchId>) -> Place {
        let Some(known) = self.gathered.world.enrollments.get(&enrollment) else { return Place::default() };
        let touched = touch.and_then(|id| self.gathered.person.touches.iter().find(|touch| touch.id == id));
        Place {
            program: Some(known.program),
            enrollment: Some(enrollment),
            partner: Some(known.partner),
            // The evidence of a binding that is shared may be a click of somebody else.
            link: touched.and_then(|touch| touch.click).filter(|click| click.enrollment == enrollment).map(|click| click.link),
            code: touched.and_then(|touch| self.gathered.codes.get(&touch.id).cloned()),
        }
    }
}

/// What was received, by whatever way, in minor units.
const fn gross(purchase: &Purchase) -> i64 {
    purchase.state.collected.saturating_add(purchase.state.off_platform)
}

/// The id under which the figures keep what a commission adds: that of what earned it.
const fn thing(origin: Origin) -> Uuid {
    match origin.by {
        By::Purchase(id) => id.uuid(),
        By::Lead(id) => id.uuid(),
        By::TierPeriod(id) => id.uuid(),
    }
}

/// The same of a stored commission.
fn thing_of(row: &commission::Model) -> Uuid {
    let purchase = row.purchase_id.map(|id| id.uuid());
    let customer = row.customer_id.map(|id| id.uuid());
    purchase.or(customer).or_else(|| row.tier_period_id.map(|id| id.uuid())).unwrap_or_else(|| row.id.uuid())
}
