//! Which sums a program's rules ask for.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entity::value::{CapScope, Currency, Period, Terms, TierMetric};

use super::Stretch;

/// Everything in a program's versions that reaches beyond one person. What is sold under one version counts for the caps and levels of all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Periods and currencies of caps on what one enrollment earns (CO-6).
    pub partner: BTreeSet<(Period, Currency)>,
    /// Periods and currencies of the program's budgets (CO-6).
    pub program: BTreeSet<(Period, Currency)>,
    /// What is counted towards levels (CO-7).
    pub metrics: BTreeSet<(TierMetric, Period, Option<Currency>)>,
    /// Whether partners earn by whom they recruited (CO-11).
    pub second_level: bool,
    /// Whether customers earn who have not bought yet (CO-10).
    pub leads: bool,
}

impl Reach {
    /// Of all these versions.
    pub fn of<'a>(versions: impl IntoIterator<Item = &'a Terms>) -> Self {
        let mut reach = Self::default();
        for terms in versions {
            for cap in &terms.caps {
                let Some(period) = cap.period else { continue };
                match cap.scope {
                    CapScope::Partner => reach.partner.insert((period, cap.currency)),
                    CapScope::Program => reach.program.insert((period, cap.currency)),
                    CapScope::Purchase | CapScope::Customer => continue,
                };
            }
            reach.metrics.extend(terms.tiers.iter().map(|tiers| (tiers.metric, tiers.period, tiers.currency)));
            reach.second_level |= terms.second_level.is_some();
            reach.leads |= terms.lead.is_some();
        }
        reach
    }

    /// With that of further rules.
    #[must_use]
    pub fn with(mut self, more: Self) -> Self {
        self.partner.extend(more.partner);
        self.program.extend(more.program);
        self.metrics.extend(more.metrics);
        self.second_level |= more.second_level;
        self.leads |= more.leads;
        self
    }

    /// From when on what was bought may count for the sums that are asked for at a time.
    #[must_use]
    pub fn since(&self, at: DateTime<Utc>) -> DateTime<Utc> {
        let caps = self.partner.iter().chain(&self.program).map(|(period, _)| *period);
        let periods = caps.chain(self.metrics.iter().map(|(_, period, _)| *period));
        periods.map(|period| Stretch::of(period, at).from()).fold(at, DateTime::min)
    }

    /// Whether sums over many persons decide anything.
    #[must_use]
    pub fn has_sums(&self) -> bool {
        !(self.partner.is_empty() && self.program.is_empty() && self.metrics.is_empty())
    }
}
