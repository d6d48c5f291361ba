//! Who brought this purchase: one source of evidence a file, and the choice between them (AT-6).
//!
//! Decides which enrollment earns and whether the person is bound to it. Never decides how much.

mod binding;
mod click;
mod client_reference;
mod coupon;
mod email;
mod manual;
mod metadata;
mod share;
mod signup;
mod standing;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use entity::value::{
    BindingStage, CandidateKind, ClickId, CustomerId, DecisionReason, EnrollmentId, Terms, TermsId, TouchId, TouchKind, TwoCodes,
};
use serde::{Deserialize, Serialize};

pub use share::Share;
pub(super) use share::still_shares;

use super::person::{Person, Purchase, Signup, TermsVersion, World};

/// A person bound to an enrollment (AT-5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// To whom.
    pub enrollment: EnrollmentId,
    /// The terms in force when it was made (CO-1).
    pub terms: TermsId,
    /// What kind of evidence made it.
    pub source: TouchKind,
    /// That evidence, where it is a stored touch.
    pub touch: Option<TouchId>,
    /// The customer on whom the evidence was found.
    pub customer: CustomerId,
    /// Whose it is: the whole person's, or one customer's alone where an e-mail does not tie the others to it (ID-4).
    pub owner: CustomerId,
    /// When it was made.
    pub at: DateTime<Utc>,
    /// When another one took its place.
    pub ended_at: Option<DateTime<Utc>>,
    /// Whether the person has bought since.
    pub stage: BindingStage,
    /// Who shares in what the person brings, the enrollment itself first: mostly it alone (AT-16).
    pub shares: Vec<Share>,
}

/// What is known when one moment of a person's history is looked at.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub person: &'a Person,
    pub world: &'a World,
    /// The purchase, or nothing at a sign-up or a checkout that brings no money.
    pub purchase: Option<&'a Purchase>,
    /// Whose moment it is.
    pub customer: CustomerId,
    /// The moment.
    pub at: DateTime<Utc>,
    /// The binding up to here, as far as it is this customer's: it keeps others out (AT-5).
    pub binding: Option<&'a Bound>,
    /// When which customer paid anything at all.
    pub paid: &'a [(CustomerId, DateTime<Utc>)],
}

impl<'a> View<'a> {
    /// The terms of the binding.
    fn bound_terms(&self) -> Option<&'a TermsVersion> {
        let bound = self.binding?;
        self.world.enrollments.get(&bound.enrollment)?.bound_terms(bound.terms, bound.at, self.at)
    }

    /// Whether what that customer did then is this one's under these terms. One whom only an e-mail ties to this moment, under terms that do
    /// not match by e-mail, is another person as far as it goes (ID-4).
    fn counts(&self, customer: CustomerId, at: DateTime<Utc>, terms: &Terms) -> bool {
        self.person.tie((self.customer, self.at), (customer, at)).counts(terms)
    }

    /// When the person first paid anything at all (AT-11).
    pub fn first_success(&self, terms: &Terms) -> Option<DateTime<Utc>> {
        self.paid.iter().filter(|(customer, at)| self.counts(*customer, *at, terms)).map(|(_, at)| *at).min()
    }

    /// When the person first signed up.
    fn first_signup(&self, terms: Option<&Terms>) -> Option<DateTime<Utc>> {
        let counts = |customer, at| terms.is_none_or(|terms| self.counts(customer, at, terms));
        let at = |signup: &Signup| terms.map_or(signup.at, |terms| signup.converted_at(terms));
        self.person.signups.iter().filter(|signup| counts(signup.customer, signup.at)).map(at).min()
    }
}

/// One enrollment's claim to a purchase, before the choice.
#[derive(Clone, Debug)]
pub(super) struct Claim<'a> {
    pub kind: CandidateKind,
    pub source: TouchKind,
    pub enrollment: Option<EnrollmentId>,
    pub touch: Option<TouchId>,
    pub customer: CustomerId,
    /// When the evidence happened.
    pub at: DateTime<Utc>,
    /// The terms that would apply, or why it cannot win.
    pub terms: Result<&'a TermsVersion, DecisionReason>,
    /// Whether winning binds the person.
    pub binds: bool,
    pub basis: Basis,
    pub note: String,
}

/// What a claim stands on, as far as sharing goes (AT-16).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Basis {
    /// A click.
    Click(ClickId),
    /// The binding.
    Binding,
    /// A word that names the partner outright.
    Named,
}

/// How a candidate fared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Verdict {
    /// It earns.
    Won,
    /// It earns a share beside the winner (AT-16).
    Shared,
    /// It could have, but another one came first.
    Lost,
    /// It could not.
    Ineligible,
}

/// A candidate as the decision shows it (AT-7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Candidate {
    /// Which place in the order it claims.
    pub kind: CandidateKind,
    /// Who it is for; nothing when the evidence names nobody that we know.
    pub enrollment: Option<EnrollmentId>,
    /// The stored evidence.
    pub touch: Option<TouchId>,
    /// When the evidence happened.
    pub at: DateTime<Utc>,
    /// How it fared.
    pub verdict: Verdict,
    /// Why it could not win, or nothing.
    pub reason: Option<DecisionReason>,
    /// The same in a sentence.
    pub note: String,
    /// Its weight, and the sum of all weights, where several share (AT-16).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<(u32, u32)>,
}

/// What the choice came to.
pub(super) struct Choice<'a> {
    pub winner: Option<Claim<'a>>,
    pub candidates: Vec<Candidate>,
    /// Why nobody won; meaningful without a winner only.
    pub reason: DecisionReason,
    /// Whether a person has to look at it (AT-9).
    pub review: bool,
    /// Who shares in the purchase, the winner first: mostly the winner alone (AT-16). Empty without a winner.
    pub shares: Vec<Share>,
}

/// Gathers all claims, puts them in order and takes the first that can win.
pub(super) fn choose<'a>(view: &View<'a>) -> Choice<'a> {
    let mut claims = metadata::claims(view);
    claims.extend(manual::claims(view));
    claims.extend(coupon::claims(view));
    claims.extend(binding::claims(view));
    claims.extend(client_reference::claims(view));
    claims.extend(signup::claims(view));
    keep_terms(view, &mut claims);
    email::relabel(view, &mut claims);
    order(view, &mut claims);
    let two_codes = claims.iter().filter(|c| c.kind == CandidateKind::Coupon && c.terms.is_ok()).map(|c| c.enrollment);
    let review = distinct(two_codes) > 1 && claims.iter().any(|c| c.terms.is_ok_and(|v| v.terms.two_codes == TwoCodes::Review));
    let won = claims.iter().position(|claim| claim.terms.is_ok());
    let reason = claims.iter().find_map(|claim| claim.terms.err()).unwrap_or_else(|| silence(view));
    let mut candidates: Vec<Candidate> = claims.iter().enumerate().map(|(i, claim)| claim.shown(i, won)).collect();
    let shares = won.map(|won| shared(view, &claims, won, &mut candidates)).unwrap_or_default();
    Choice { winner: won.map(|i| claims.swap_remove(i)), candidates, reason, review, shares }
}

/// Why nobody earns when there is no evidence at all.
fn silence(view: &View<'_>) -> DecisionReason {
    if view.person.ambiguous || view.person.doubts(view.customer, view.at) {
        DecisionReason::AmbiguousCustomer
    } else if view.person.claimed {
        DecisionReason::NoTouch
    } else {
        DecisionReason::UnknownCustomer
    }
}

/// AT-16: who shares with the winner. The candidates then say who has which part.
fn shared(view: &View<'_>, claims: &[Claim<'_>], won: usize, candidates: &mut Vec<Candidate>) -> Vec<Share> {
    let Some(winner) = claims.get(won) else { return Vec::new() };
    let by_binding = view.binding.filter(|_| winner.basis == Basis::Binding).map(|bound| bound.shares.clone());
    if let Some(shares) = by_binding {
        let total = sum(shares.iter().map(|share| share.weight));
        for share in shares.iter().filter(|_| shares.len() > 1) {
            let weight = Some((share.weight, total));
            if Some(share.enrollment) == winner.enrollment {
                if let Some(own) = candidates.get_mut(won) {
                    own.weight = weight;
                }
                continue;
            }
            let note = "shares in the binding by its clicks (AT-16)".to_owned();
            let Claim { kind, touch, at, .. } = *winner;
            let verdict = Verdict::Shared;
            candidates.push(Candidate { kind, enrollment: Some(share.enrollment), touch, at, verdict, reason: None, note, weight });
        }
        return shares;
    }
    let weights = share::weights(view, claims, won);
    let total = sum(weights.values().copied());
    for (place, weight) in &weights {
        if let Some(candidate) = candidates.get_mut(*place) {
            candidate.weight = Some((*weight, total));
            if *place != won {
                candidate.verdict = Verdict::Shared;
                candidate.note =
                    claims.get(*place).map(|claim| format!("{}; shares with the winner (AT-16)", claim.note)).unwrap_or_default();
            }
        }
    }
    share::shares(claims, won, &weights)
}

fn sum(weights: impl Iterator<Item = u32>) -> u32 {
    weights.fold(0, u32::saturating_add)
}

/// CO-1: whom the person is bound to earns under the terms that the binding stored, whatever else names them for this purchase.
fn keep_terms<'a>(view: &View<'a>, claims: &mut [Claim<'a>]) {
    let Some((bound, version)) = view.binding.zip(view.bound_terms()) else { return };
    let Some(enrollment) = view.world.enrollments.get(&bound.enrollment) else { return };
    for claim in claims.iter_mut().filter(|claim| claim.enrollment == Some(bound.enrollment) && claim.terms.is_ok()) {
        claim.terms = standing::after_archive(enrollment, version, view.at);
    }
}

/// Sorts by the order in the terms: those of the binding, else those of the first claim that has any (AT-6).
fn order(view: &View<'_>, claims: &mut Vec<Claim<'_>>) {
    let first = claims.iter().find_map(|c| view.world.enrollments.get(&c.enrollment?)?.terms_at(view.at));
    if let Some(version) = view.bound_terms().or(first) {
        let places = &version.terms.candidate_order;
        claims.retain(|claim| places.contains(&claim.kind));
        claims.sort_by_key(|claim| places.iter().position(|kind| *kind == claim.kind));
    }
}

fn distinct(ids: impl Iterator<Item = Option<EnrollmentId>>) -> usize {
    ids.collect::<std::collections::BTreeSet<_>>().len()
}

impl Claim<'_> {
    fn shown(&self, index: usize, won: Option<usize>) -> Candidate {
        let (verdict, note) = match (self.terms.is_ok(), won) {
            (true, Some(winner)) if winner == index => (Verdict::Won, self.note.clone()),
            (true, _) => (Verdict::Lost, format!("{}; another candidate stands before it in the order (AT-6)", self.note)),
            (false, _) => (Verdict::Ineligible, self.note.clone()),
        };
        Candidate {
            kind: self.kind,
            enrollment: self.enrollment,
            touch: self.touch,
            at: self.at,
            verdict,
            reason: self.terms.err(),
            note,
            weight: None,
        }
    }
}
