//! The text by which a tally is stored, which no two share.

use std::fmt;
use std::str::FromStr;

use chrono::{NaiveDate, NaiveTime};
use entity::value::{Period, TierMetric};

use super::{Measure, Owner, Stretch, Tally};

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.owner {
            Owner::Enrollment(id) => write!(f, "{id}/")?,
            Owner::Program(id) => write!(f, "{id}/")?,
        }
        match self.measure {
            Measure::Cap => f.write_str("cap")?,
            Measure::Metric(metric) => write!(f, "metric {metric}")?,
            Measure::Uplift { terms, level } => write!(f, "uplift {terms} {level}")?,
        }
        write!(f, "/{} {}/", self.stretch.period(), self.stretch.from().date_naive())?;
        self.currency.map_or(Ok(()), |currency| f.write_str(currency.as_str()))
    }
}

/// A text is the name of no tally.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is the name of no sum")]
pub struct NameError;

impl FromStr for Tally {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let parts: Vec<&str> = text.split('/').collect();
        let [owner, measure, stretch, currency] = parts[..] else { return Err(NameError) };
        let owner = owner.parse().map(Owner::Enrollment).or_else(|_| owner.parse().map(Owner::Program)).map_err(|_| NameError)?;
        let measure = match measure.split(' ').collect::<Vec<_>>()[..] {
            ["cap"] => Measure::Cap,
            ["metric", metric] => Measure::Metric(word(TierMetric::ALL, |one| one.as_str() == metric)?),
            ["uplift", terms, level] => {
                Measure::Uplift { terms: terms.parse().map_err(|_| NameError)?, level: level.parse().map_err(|_| NameError)? }
            }
            _ => return Err(NameError),
        };
        let (period, from) = stretch.split_once(' ').ok_or(NameError)?;
        let from: NaiveDate = from.parse().map_err(|_| NameError)?;
        let stretch = Stretch::of(word(Period::ALL, |one| one.as_str() == period)?, from.and_time(NaiveTime::MIN).and_utc());
        let currency = (!currency.is_empty()).then(|| currency.parse()).transpose().map_err(|_| NameError)?;
        Ok(Self { owner, measure, stretch, currency })
    }
}

fn word<T: Copy>(all: &[T], is: impl Fn(&T) -> bool) -> Result<T, NameError> {
    all.iter().copied().find(|one| is(one)).ok_or(NameError)
}

#[cfg(test)]
mod tests {
    use entity::value::{ProgramId, TermsId};

    use super::*;
    use crate::domain::testing::scene::partner_a;
    use crate::domain::testing::{currency, day};

    #[test]
    fn co_6_a_tally_is_read_as_it_was_written() {
        let owners = [Owner::Enrollment(partner_a()), Owner::Program(ProgramId::new())];
        let measures = [Measure::Cap, Measure::Metric(TierMetric::Customers), Measure::Uplift { terms: TermsId::new(), level: 2 }];
        for owner in owners {
            for measure in measures {
                for period in [Period::Day, Period::Week, Period::Quarter, Period::Lifetime] {
                    for currency in [None, Some(currency("USD"))] {
                        let tally = Tally { owner, measure, stretch: Stretch::of(period, day(50)), currency };
                        assert_eq!(tally.to_string().parse(), Ok(tally));
                    }
                }
            }
        }
        for text in ["", "a/b/c/d", "cap", "enr_x/cap/DAY 2025-01-01/USD"] {
            assert_eq!(text.parse::<Tally>(), Err(NameError), "{text}");
        }
    }
}
