//! Caps and tiers.

use super::{Faults, TermsErrorCode};
use crate::value::{Cap, CapScope, Period, TierEffect, TierMetric, Tiers};

/// The most caps of one version.
const MAX_CAPS: usize = 50;
/// The most levels.
const MAX_LEVELS: usize = 20;

impl Faults {
    pub(super) fn caps(&mut self, caps: &[Cap]) {
        if !self.at_most("caps", caps.len(), MAX_CAPS) {
            return;
        }
        for (index, cap) in caps.iter().enumerate() {
            let path = format!("caps.{index}");
            self.sum(&path, cap.amount, cap.currency);
            let periodic = matches!(cap.scope, CapScope::Partner | CapScope::Program);
            if periodic && cap.period.is_none() {
                self.add(format!("{path}.period"), TermsErrorCode::Required, "must be given for this scope");
            }
            if !periodic && cap.period.is_some() {
                self.add(format!("{path}.period"), TermsErrorCode::Invalid, "goes with partners and the program only");
            }
            let same = |earlier: &Cap| (earlier.scope, earlier.period, earlier.currency) == (cap.scope, cap.period, cap.currency);
            if caps[..index].iter().any(same) {
                self.add(path, TermsErrorCode::Duplicate, "an earlier cap binds the same");
            }
        }
    }

    pub(super) fn tiers(&mut self, tiers: Option<&Tiers>) {
        let Some(tiers) = tiers else { return };
        match (tiers.metric, tiers.currency) {
            (TierMetric::Revenue | TierMetric::Commission, Some(currency)) => self.currency("tiers.currency", currency),
            (TierMetric::Revenue | TierMetric::Commission, None) => {
                self.add("tiers.currency", TermsErrorCode::Required, "must be given for sums of money");
            }
            (TierMetric::Purchases | TierMetric::Customers, Some(_)) => {
                self.add("tiers.currency", TermsErrorCode::Invalid, "goes with sums of money only");
            }
            (TierMetric::Purchases | TierMetric::Customers, None) => {}
        }
        if matches!(tiers.period, Period::Day | Period::Week) {
            self.add("tiers.period", TermsErrorCode::OutOfRange, "must be a month, a quarter, a year or the lifetime");
        }
        if (tiers.period, tiers.effect) == (Period::Lifetime, TierEffect::Retroactive) {
            self.add("tiers.effect", TermsErrorCode::Invalid, "the lifetime has no end at which the rest could be paid");
        }
        if tiers.levels.is_empty() {
            self.add("tiers.levels", TermsErrorCode::Required, "must have at least one level");
        }
        if !self.at_most("tiers.levels", tiers.levels.len(), MAX_LEVELS) {
            return;
        }
        for (index, level) in tiers.levels.iter().enumerate() {
            let path = format!("tiers.levels.{index}");
            if level.from <= 0 {
                self.add(format!("{path}.from"), TermsErrorCode::OutOfRange, "must be above zero");
            }
            if index > 0 && tiers.levels[index - 1].from >= level.from {
                self.add(format!("{path}.from"), TermsErrorCode::Invalid, "must be greater than that of the level before");
            }
            self.reward(&format!("{path}.reward"), level.reward);
        }
    }
}
