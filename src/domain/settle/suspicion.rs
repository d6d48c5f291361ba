//! What signs of fraud make of a commission (FR-4).

use std::collections::BTreeSet;

use entity::value::{ClickId, PurchaseId, Signal};

use crate::domain::fraud::{Subject, Suspicion, look};
use crate::domain::person::{Enrollment, Person, Standing, World};
use crate::domain::step::Steps;

/// Looks for signs that speak against a commission: in the clicks on which it rests, and in no other visit, as everybody can follow
/// anybody's link. The steps tell each of them; partners are not shown these steps.
pub(super) fn suspicion(
    person: &Person,
    world: &World,
    (purchase, known, rests_on): (Option<PurchaseId>, &Enrollment, &BTreeSet<ClickId>),
    standing: &Standing,
    steps: &mut Steps,
) -> Suspicion {
    let mut clicks: Vec<_> = person.touches.iter().filter_map(|touch| touch.click).collect();
    clicks.retain(|click| rests_on.contains(&click.id));
    clicks.sort_by_key(|click| (click.at, click.id));
    clicks.dedup_by_key(|click| click.id);
    let clicks = clicks.into_iter().map(|click| (click.id, click.at)).collect();
    let subject = Subject { purchase, enrollment: known.id, partner: known.partner, clicks };
    let suspicion = look(&world.watch, &known.fraud, &subject, &standing.released);
    for evidence in &suspicion.evidence {
        let (signal, strength) = (evidence.signal, evidence.signal.strength());
        let rule = rule(signal);
        let released = if standing.released.contains(&signal) { "; released by a person" } else { "" };
        steps.add(rule, format!("{signal} ({strength}, {}): {}{released}", strength.score(), evidence.sentence()), None);
    }
    match suspicion.hold {
        Some(hold) if standing.approved => steps.add("FR-4", format!("{hold}: approved by a person all the same"), None),
        Some(hold) => {
            steps.add("FR-4", format!("held as {hold}: the signs add up to {} of {}", suspicion.score, known.fraud.hold_score), None)
        }
        None if suspicion.evidence.is_empty() => {}
        None => steps.add("FR-4", format!("not held: the signs add up to {} of {}", suspicion.score, known.fraud.hold_score), None),
    }
    suspicion
}

/// The number of the rule that a sign belongs to.
const fn rule(signal: Signal) -> &'static str {
    match signal {
        Signal::PaidAd => "FR-2",
        signal if signal.is_of_self_referral() => "FR-1",
        _ => "FR-3",
    }
}
