//! A share of the base (CO-2).

use entity::value::{BasisPoints, MoneyError};

use crate::domain::base::{Base, Group};
use crate::domain::step::Steps;

/// `rate` of one rate group, rounded half up once.
pub(super) fn part(base: &Base, group: &Group, rate: BasisPoints, steps: &mut Steps) -> Result<i64, MoneyError> {
    let part = base.share(group, rate)?;
    steps.add("CO-2", format!("{rate} of a net of {} minor units, in its collected and kept share", group.net), Some(part));
    Ok(part)
}
