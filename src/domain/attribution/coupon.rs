//! A partner's code on the purchase (AT-6, third place; AT-8, AT-9, AT-10).

use entity::value::{BindingStage, CandidateKind, CouponOverride, DecisionReason, EnrollmentId, TouchKind};

use super::standing::standing;
use super::{Claim, View};
use crate::domain::fact::Code;
use crate::domain::person::{CodeMapping, Purchase, TermsVersion, World};

/// One claim for each code of the purchase that is or was a partner's, in the source's order (AT-9).
pub(super) fn claims<'a>(view: &View<'a>) -> Vec<Claim<'a>> {
    let Some(purchase) = view.purchase else { return Vec::new() };
    purchase.codes.iter().filter_map(|code| claim(view, purchase, code)).collect()
}

fn claim<'a>(view: &View<'a>, purchase: &Purchase, code: &Code) -> Option<Claim<'a>> {
    let mappings = mappings(view.world, code);
    let current = mappings.iter().find(|m| m.from <= view.at && m.to.is_none_or(|to| view.at < to));
    let mapping = current.or(mappings.first())?;
    let terms = if current.is_some() { judge(view, mapping.enrollment) } else { Err(DecisionReason::CodeInactive) };
    let binds = terms.is_ok_and(|version| version.terms.coupon_override != CouponOverride::ThisPurchase || view.binding.is_none());
    let note = match terms {
        Ok(_) if binds => "the partner's code was used",
        Ok(_) => "the partner's code was used; it wins this purchase only",
        Err(DecisionReason::CodeInactive) => "the code was not the partner's when it was used (AT-8)",
        Err(DecisionReason::ExistingCustomer) => "the customer is bound, or had bought before; the code does not re-bind (AT-6, AT-10, AT-11)",
        Err(_) => "the code's partner was not active (AT-2)",
    };
    Some(Claim {
        kind: CandidateKind::Coupon,
        source: TouchKind::Coupon,
        enrollment: Some(mapping.enrollment),
        touch: touch_of(view, purchase, mapping.enrollment),
        customer: purchase.customer,
        at: view.at,
        terms,
        binds,
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

fn judge<'a>(view: &View<'a>, id: EnrollmentId) -> Result<&'a TermsVersion, DecisionReason> {
    let enrollment = standing(view.world, id, view.at, view.at)?;
    let own = enrollment.terms_at(view.at).ok_or(DecisionReason::ProgramInactive)?;
    let bound = view.binding.and_then(|b| view.world.enrollments.get(&b.enrollment)?.terms_version(b.terms));
    let rule = bound.unwrap_or(own).terms.coupon_override;
    if rule == CouponOverride::ThisPurchase {
        return Ok(own);
    }
    match view.binding {
        Some(b) if b.enrollment == id => Err(DecisionReason::ExistingCustomer),
        Some(b) if rule == CouponOverride::Never || b.stage == BindingStage::Customer => Err(DecisionReason::ExistingCustomer),
        Some(_) => Ok(own),
        None if own.terms.new_customers_only && view.first_success.is_some_and(|first| first < view.at) => {
            Err(DecisionReason::ExistingCustomer)
        }
        None => Ok(own),
    }
}

fn touch_of(view: &View<'_>, purchase: &Purchase, enrollment: EnrollmentId) -> Option<entity::value::TouchId> {
    let own = view.person.touches.iter().filter(|t| t.kind == TouchKind::Coupon && t.purchase == Some(purchase.id));
    own.clone().find(|t| t.enrollment == Some(enrollment)).or_else(|| own.clone().next()).map(|t| t.id)
}
