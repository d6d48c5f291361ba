//! A partner's code on the purchase (AT-6, third place; AT-8, AT-9, AT-10).

use chrono::{DateTime, Utc};
use entity::value::{BindingStage, CandidateKind, CouponOverride, DecisionReason, EnrollmentId, TouchKind};

use super::standing::{after_archive, standing};
use super::{Basis, Claim, View};
use crate::domain::fact::Code;
use crate::domain::person::{CodeMapping, Purchase, TermsVersion, World};

/// One claim for each code of the purchase that is or was a partner's, in the source's order (AT-9).
pub(super) fn claims<'a>(view: &View<'a>) -> Vec<Claim<'a>> {
    let Some(purchase) = view.purchase else { return Vec::new() };
    purchase.codes.iter().filter_map(|code| claim(view, purchase, code)).collect()
}

fn claim<'a>(view: &View<'a>, purchase: &Purchase, code: &Code) -> Option<Claim<'a>> {
    let mappings = mappings(view.world, code);
    // AT-8: what counts is when the discount was applied, which a slow payment method or an open bill leaves far behind the money. The money
    // itself may be dated a moment before the end of its checkout.
    let used = purchase.state.discounted_at.unwrap_or(view.at).min(view.at);
    let current = mappings.iter().find(|mapping| mapping.holds(used));
    let mapping = current.or(mappings.first())?;
    let terms = if current.is_some() { judge(view, mapping.enrollment, used) } else { Err(DecisionReason::CodeInactive) };
    let binds = terms.is_ok() && (view.binding.is_none() || rule(view) != CouponOverride::ThisPurchase);
    let note = match terms {
        Ok(_) if binds => "the partner's code was used",
        Ok(_) => "the partner's code was used; it wins this purchase only",
        Err(DecisionReason::CodeInactive) => "the code was not the partner's, or switched off, when it was used (AT-8, CS-5)",
        Err(DecisionReason::ExistingCustomer) => {
            "the customer is bound, or had bought before; the code does not re-bind (AT-6, AT-10, AT-11)"
        }
        Err(_) => "the code's partner was not active (AT-2)",
    };
    Some(Claim {
        kind: CandidateKind::Coupon,
        source: TouchKind::Coupon,
        enrollment: Some(mapping.enrollment),
        touch: touch_of(view, purchase, mapping.enrollment),
        customer: purchase.customer,
        at: used,
        terms,
        binds,
        basis: Basis::Named,
        note: note.to_owned(),
    })
}

/// Mappings of this code: by promotion code first, by coupon second (CS-2, CS-8).
fn mappings<'w>(world: &'w World, code: &Code) -> Vec<&'w CodeMapping> {
    let by_promotion = |m: &&CodeMapping| m.code.promotion_code.is_some() && m.code.promotion_code == code.promotion_code;
    let by_coupon = |m: &&CodeMapping| m.code.promotion_code.is_none() && m.code.coupon.is_some() && m.code.coupon == code.coupon;
    let found: Vec<&CodeMapping> = world.codes.iter().filter(by_promotion).collect();
    if found.is_empty() { world.codes.iter().filter(by_coupon).collect() } else { found }
}

fn judge<'a>(view: &View<'a>, id: EnrollmentId, used: DateTime<Utc>) -> Result<&'a TermsVersion, DecisionReason> {
    let enrollment = standing(view.world, id, used, view.at)?;
    let own = enrollment.terms_at(view.at).ok_or(DecisionReason::ProgramInactive)?;
    let version = match view.binding {
        // AT-9: the code of the partner who has the person keeps its place before another partner's.
        Some(bound) if bound.enrollment == id => own,
        Some(bound) => match rule(view) {
            CouponOverride::ThisPurchase => own,
            CouponOverride::WhileLead if bound.stage == BindingStage::Lead => own,
            CouponOverride::WhileLead | CouponOverride::Never => return Err(DecisionReason::ExistingCustomer),
        },
        None if own.terms.new_customers_only && view.first_success(&own.terms).is_some_and(|first| first < used) => {
            return Err(DecisionReason::ExistingCustomer);
        }
        None => own,
    };
    after_archive(enrollment, version, view.at)
}

/// Whether codes win over the binding (AT-6): the terms of the binding say so.
fn rule(view: &View<'_>) -> CouponOverride {
    view.bound_terms().map_or(CouponOverride::Never, |version| version.terms.coupon_override)
}

fn touch_of(view: &View<'_>, purchase: &Purchase, enrollment: EnrollmentId) -> Option<entity::value::TouchId> {
    let own = view.person.touches.iter().filter(|t| t.kind == TouchKind::Coupon && t.purchase == Some(purchase.id));
    own.clone().find(|t| t.enrollment == Some(enrollment)).or_else(|| own.clone().next()).map(|t| t.id)
}
