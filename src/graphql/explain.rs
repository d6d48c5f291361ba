//! A decision in sentences: for people who ask why, and why not.

use std::fmt::Write;

use entity::value::{DecisionReason, Money};

use crate::domain::attribution::{Candidate, Verdict};
use crate::domain::step::Step;

/// What of a decision is told. A partner is told less, so everything beside the reason can be missing.
pub struct Told<'a> {
    /// The conclusion.
    pub reason: DecisionReason,
    /// What was commissionable and what it earns, when that is told.
    pub sums: Option<(Money, Money)>,
    /// Who was considered.
    pub candidates: &'a [Candidate],
    /// The arithmetic.
    pub steps: &'a [Step],
    /// In what steps count.
    pub currency: entity::value::Currency,
}

/// The text: the conclusion, the sums, one line for each candidate and one for each step.
#[must_use]
pub fn explain(told: &Told<'_>) -> String {
    let mut text = format!("{}: {}", told.reason, sentence(told.reason));
    if let Some((base, amount)) = told.sums {
        append(&mut text, format_args!("\n{amount} on a base of {base}."));
    }
    for (place, candidate) in told.candidates.iter().enumerate() {
        let (verdict, why) = match (candidate.verdict, candidate.reason) {
            (Verdict::Won, _) => ("won", part(candidate)),
            (Verdict::Shared, _) => ("shares", part(candidate)),
            (Verdict::Lost, _) => ("lost to one before it", String::new()),
            (Verdict::Ineligible, Some(reason)) => ("could not win", format!(" ({reason})")),
            (Verdict::Ineligible, None) => ("could not win", String::new()),
        };
        let at = candidate.at.format("%Y-%m-%d %H:%M:%S UTC");
        let (nr, kind, note) = (place + 1, candidate.kind, &candidate.note);
        append(&mut text, format_args!("\nCandidate {nr}: {kind} of {at} {verdict}{why}: {note}."));
    }
    for step in told.steps {
        append(&mut text, format_args!("\n{}: {}", step.rule, step.text));
        match step.amount {
            Some(minor) => append(&mut text, format_args!(": {}.", Money::new(minor, told.currency))),
            None => text.push('.'),
        }
    }
    text
}

/// Which part it has, where several share.
fn part(candidate: &Candidate) -> String {
    candidate.weight.map(|(weight, total)| format!(" ({weight} of {total})")).unwrap_or_default()
}

/// A decision in a few lines for a merchant: who earns how much, why they and not the others, and what counted; behind each the rule.
#[must_use]
pub fn plain(partner: Option<&str>, told: &Told<'_>) -> String {
    let notes = |verdicts: &[Verdict]| {
        let mut notes: Vec<&str> =
            told.candidates.iter().filter(|one| verdicts.contains(&one.verdict)).map(|candidate| candidate.note.as_str()).collect();
        notes.dedup();
        notes.join("; ")
    };
    let (why, beside) = (notes(&[Verdict::Won]), notes(&[Verdict::Shared]));
    let who = partner.unwrap_or("The partner");
    let mut text = match told.sums {
        Some((_, amount)) if amount.minor != 0 && !beside.is_empty() => format!("{who} and those who share earn {amount} together."),
        Some((_, amount)) if amount.minor != 0 => format!("{who} earns {amount}."),
        Some(_) if told.reason == DecisionReason::Commissioned => format!("{who} earned a commission of which nothing is left."),
        Some(_) => format!("{who} brought this purchase and earns nothing: {}", sentence(told.reason)),
        None if told.reason == DecisionReason::Commissioned => "Another partner earns here.".to_owned(),
        None => format!("Nobody earns here: {}", sentence(told.reason)),
    };
    let sums = told.steps.iter().filter(|step| !step.is_about_fraud()).filter_map(|step| {
        let amount = Money::new(step.amount?, told.currency);
        Some(format!("{} {amount} ({})", step.text, step.rule))
    });
    let remarks = told.steps.iter().filter(|step| (step.amount.is_none() || step.is_about_fraud()) && step.rule != "AT-6");
    let remarks = remarks.map(|step| format!("{} ({})", step.text, step.rule));
    let lines = [
        ("Why", why),
        ("Sharing", beside),
        ("Not chosen", notes(&[Verdict::Lost, Verdict::Ineligible])),
        ("How it came about", sums.collect::<Vec<_>>().join("; ")),
        ("Noted", remarks.collect::<Vec<_>>().join("; ")),
    ];
    for (name, line) in lines.into_iter().filter(|(_, line)| !line.is_empty()) {
        append(&mut text, format_args!("\n{name}: {line}."));
    }
    text
}

/// Writing to a `String` cannot fail.
fn append(text: &mut String, more: std::fmt::Arguments<'_>) {
    let _ = text.write_fmt(more);
}

/// What a reason means, in one sentence.
const fn sentence(reason: DecisionReason) -> &'static str {
    match reason {
        DecisionReason::Commissioned => "a commission was earned.",
        DecisionReason::ZeroAmount => "no money came in for it, so there is nothing to earn, and it does not count as a first purchase.",
        DecisionReason::UnknownCustomer => {
            "nothing that was told in time says who brought its buyer; a sign-up or checkout that is told in time is looked at."
        }
        DecisionReason::NoTouch => "nothing says that a partner brought this customer.",
        DecisionReason::OutsideWindow => "the window of the terms had passed when the customer signed up or bought.",
        DecisionReason::ExistingCustomer => "the customer was there before the touch: signed up, had bought, or was another partner's.",
        DecisionReason::AmbiguousCustomer => "the e-mail leads to more than one customer, or to nobody any longer, so none is chosen.",
        DecisionReason::IdentityConflict => "sources name different customers for one identity; a person has to decide.",
        DecisionReason::CodeInactive => "the code was not the partner's, or was switched off, when it was used.",
        DecisionReason::EnrollmentInactive => "the partner did not take part in the program at the touch, or at the purchase.",
        DecisionReason::ProgramInactive => "the program was paused or archived.",
        DecisionReason::DurationEnded => "the time or number of payments for which the customer earns is over.",
        DecisionReason::FirstOnly => "only the first purchase earns, and this is not it.",
        DecisionReason::CapReached => "a cap left nothing.",
        DecisionReason::ExcludedProduct => "all that was bought is excluded by the terms.",
        DecisionReason::RoundsToZero => "the rules give less than half of the smallest unit of the currency, or nothing at all.",
        DecisionReason::SkippedByMerchant => "the merchant asked to skip it.",
        DecisionReason::SelfReferral => "the partner bought for itself.",
        DecisionReason::FraudRejected => "a person rejected the commission or the click, or a machine made the click.",
        DecisionReason::PaymentNotPaid => "it is not paid in full, or was voided.",
        DecisionReason::PaymentFailed => "the payment failed.",
        DecisionReason::OutOfBand => "it was paid outside of Stripe, and the terms leave that out.",
        DecisionReason::AwaitingRate => "no exchange rate for its day is known yet.",
        DecisionReason::ModeMismatch => "test and live do not mix.",
        DecisionReason::ConnectionDisabled => "its Stripe connection is switched off.",
        DecisionReason::Review => "a person has to look at it.",
        DecisionReason::Provisional => "it may still turn out to be a part of another purchase; it is looked at again within minutes.",
        DecisionReason::PendingParent => "what it belongs to is not known yet; it is looked at again when that comes.",
        DecisionReason::Orphan => "what it belongs to was not told within three days; it is looked at again should that still come.",
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use entity::value::{CandidateKind, DecisionReason, EnrollmentId, Money};

    use super::{Told, explain, plain, sentence};
    use crate::domain::attribution::{Candidate, Verdict};
    use crate::domain::step::Step;

    #[test]
    fn every_reason_has_a_sentence() {
        for reason in DecisionReason::ALL {
            assert!(sentence(*reason).ends_with('.'), "{reason}");
        }
    }

    #[test]
    fn a_few_lines_tell_a_merchant() {
        let usd = "USD".parse().unwrap();
        let candidate = |verdict, note: &str| Candidate {
            kind: CandidateKind::Signup,
            enrollment: None,
            touch: None,
            at: DateTime::UNIX_EPOCH,
            verdict,
            reason: None,
            note: note.to_owned(),
            weight: None,
        };
        let candidates = [
            candidate(Verdict::Won, "click of Monday, named by the sign-up"),
            candidate(Verdict::Ineligible, "the window had passed before the conversion (AT-2)"),
        ];
        let step = |rule: &str, text: &str, amount| Step { rule: rule.into(), text: text.into(), amount };
        let steps =
            [step("AT-6", "won: a click", None), step("BA-1", "net of the lines", Some(10_000)), step("FR-4", "held as FRAUD", None)];
        let mut told = Told {
            reason: DecisionReason::Commissioned,
            sums: Some((Money::new(10_000, usd), Money::new(2000, usd))),
            candidates: &candidates,
            steps: &steps,
            currency: usd,
        };
        assert_eq!(
            plain(Some("Ada"), &told),
            "Ada earns 20.00 USD.\n\
             Why: click of Monday, named by the sign-up.\n\
             Not chosen: the window had passed before the conversion (AT-2).\n\
             How it came about: net of the lines 100.00 USD (BA-1).\n\
             Noted: held as FRAUD (FR-4)."
        );
        (told.reason, told.sums, told.candidates, told.steps) = (DecisionReason::NoTouch, None, &[], &[]);
        assert_eq!(plain(None, &told), "Nobody earns here: nothing says that a partner brought this customer.");
        (told.reason, told.sums) = (DecisionReason::CapReached, Some((Money::new(10_000, usd), Money::new(0, usd))));
        assert_eq!(plain(Some("Ada"), &told), "Ada brought this purchase and earns nothing: a cap left nothing.");
        told.reason = DecisionReason::Commissioned;
        assert_eq!(plain(Some("Ada"), &told), "Ada earned a commission of which nothing is left.", "it went back");
    }

    #[test]
    fn the_text_names_candidates_and_steps() {
        let usd = "USD".parse().unwrap();
        let candidate = |kind, verdict, reason, note: &str| Candidate {
            kind,
            enrollment: Some(EnrollmentId::new()),
            touch: None,
            at: DateTime::UNIX_EPOCH,
            verdict,
            reason,
            note: note.to_owned(),
            weight: None,
        };
        let text = explain(&Told {
            reason: DecisionReason::Commissioned,
            sums: Some((Money::new(10_000, usd), Money::new(2000, usd))),
            candidates: &[
                candidate(CandidateKind::Coupon, Verdict::Won, None, "the code of the partner"),
                candidate(CandidateKind::Signup, Verdict::Ineligible, Some(DecisionReason::OutsideWindow), "61 days ago"),
            ],
            steps: &[
                Step { rule: "BA-1".into(), text: "net of the lines".into(), amount: Some(10_000) },
                Step { rule: "AT-6".into(), text: "won: the code".into(), amount: None },
            ],
            currency: usd,
        });
        assert_eq!(
            text,
            "COMMISSIONED: a commission was earned.\n\
             20.00 USD on a base of 100.00 USD.\n\
             Candidate 1: COUPON of 1970-01-01 00:00:00 UTC won: the code of the partner.\n\
             Candidate 2: SIGNUP of 1970-01-01 00:00:00 UTC could not win (OUTSIDE_WINDOW): 61 days ago.\n\
             BA-1: net of the lines: 100.00 USD.\n\
             AT-6: won: the code."
        );
    }
}
