//! How long a bound customer earns (CO-3, CO-4, RF-10).

use chrono::Months;
use entity::value::{DecisionReason, Duration};

use super::Earlier;
use crate::domain::purchase::PurchaseState;
use crate::domain::step::Steps;

/// The earlier purchases that keep their place: those whose money had not all gone back by now (RF-10).
pub(super) fn standing<'a>(state: &PurchaseState, earlier: &'a [Earlier]) -> impl Iterator<Item = &'a Earlier> {
    let at = state.at.unwrap_or(state.known_at);
    earlier.iter().filter(move |one| one.returned_at.is_none_or(|returned| returned > at))
}

/// Why the purchase is past the duration, or nothing while it is within.
///
/// Earlier purchases whose money had all gone back by then leave their place free (RF-10).
pub(super) fn over(state: &PurchaseState, duration: Duration, earlier: &[Earlier], steps: &mut Steps) -> Option<DecisionReason> {
    let at = state.at.unwrap_or(state.known_at);
    let standing = || standing(state, earlier);
    match duration {
        Duration::Lifetime => None,
        Duration::FirstOnly if standing().next().is_some() => {
            steps.add("CO-3", "only the first purchase earns", None);
            Some(DecisionReason::FirstOnly)
        }
        Duration::FirstOnly => None,
        Duration::Payments { n } => {
            let before = standing().count();
            steps.add("CO-3", format!("payment {} of {n} that earn", before.saturating_add(1)), None);
            (before >= usize::from(n)).then_some(DecisionReason::DurationEnded)
        }
        Duration::Months { n } => {
            let first = standing().map(|one| one.at).min()?;
            let end = first.checked_add_months(Months::new(u32::from(n)))?;
            steps.add("CO-3", format!("earns until {}, not included", end.to_rfc3339()), None);
            (at >= end).then_some(DecisionReason::DurationEnded)
        }
    }
}
