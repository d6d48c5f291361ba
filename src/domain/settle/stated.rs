//! What a purchase earns in the currency of the program (MO-2 to MO-4).

use entity::value::{Currency, DecisionReason, Money, MoneyError};

use super::Stated;
use crate::domain::commission::Earned;
use crate::domain::person::{Enrollment, Standing};
use crate::domain::purchase::PurchaseState;
use crate::domain::step::Steps;

/// States the amount in the program's currency by the rate of the purchase, so that a refund uses the purchase's rate and a full one leaves
/// nothing in either currency (MO-3). Without a rate the commission waits for one (MO-4).
pub(super) fn stated(
    state: &PurchaseState,
    known: &Enrollment,
    standing: &Standing,
    earned: Earned,
    steps: &mut Steps,
) -> (Earned, Option<Stated>) {
    let Some(currency) = currency(state, known, standing) else {
        return (earned, None);
    };
    let kept = if standing.rejected && !standing.paid { 0 } else { earned.amount };
    let nothing = Stated { amount: Money::zero(currency), quote: None };
    match convert(state, kept, currency) {
        Ok(Some(stated)) => {
            if let Some(quote) = stated.quote.as_ref().filter(|_| kept != 0) {
                let (amount, rate) = (stated.amount, quote.rate);
                steps.add("MO-2", format!("in the program's currency {amount}, at {rate} of {} by {}", quote.day, quote.source), None);
            }
            (earned, Some(stated))
        }
        Ok(None) => {
            let from = state.currency;
            steps.add("MO-4", format!("no rate from {from} to {currency} is known yet for the day of the purchase"), None);
            (Earned { reason: DecisionReason::AwaitingRate, amount: 0, ..earned }, Some(nothing))
        }
        Err(error) => {
            steps.add("MO-2", format!("cannot be converted: {error}"), None);
            (Earned { reason: DecisionReason::Review, amount: 0, ..earned }, Some(nothing))
        }
    }
}

/// The currency in which the commission was stated when it was first earned; for a new one that of the program, if it had one by then.
fn currency(state: &PurchaseState, known: &Enrollment, standing: &Standing) -> Option<Currency> {
    let at = state.at.unwrap_or(state.known_at);
    let of_program = || known.stated_in.filter(|(_, from)| from.is_none_or(|from| from <= at)).map(|(currency, _)| currency);
    standing.stated_in.unwrap_or_else(of_program)
}

fn convert(state: &PurchaseState, minor: i64, to: Currency) -> Result<Option<Stated>, MoneyError> {
    let quote = state.rates.get(state.currency, to).cloned();
    // Nothing is nothing in every currency, so what went back in full waits for no rate.
    let amount = if minor == 0 { Some(Money::zero(to)) } else { state.rates.convert(Money::new(minor, state.currency), to)? };
    Ok(amount.map(|amount| Stated { amount, quote }))
}
