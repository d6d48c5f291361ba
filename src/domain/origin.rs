//! By what a commission is earned.

use std::fmt;
use std::str::FromStr;

use entity::value::{CommissionKind, CustomerId, EnrollmentId, IdError, PurchaseId, TierPeriodId};

/// By what a commission is earned. Each enrollment has at most one commission for each origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// What earns the first level.
    pub by: By,
    /// The recruited partner's enrollment, for the second level (CO-11).
    pub through: Option<EnrollmentId>,
}

/// What earns the first level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// A purchase.
    Purchase(PurchaseId),
    /// A customer as lead (CO-10).
    Lead(CustomerId),
    /// A period at whose end a level of the tiers adds something (CO-7).
    TierPeriod(TierPeriodId),
}

impl By {
    /// The purchase, if it is one.
    #[must_use]
    pub const fn purchase(self) -> Option<PurchaseId> {
        if let Self::Purchase(id) = self { Some(id) } else { None }
    }
}

impl Origin {
    /// The first level.
    #[must_use]
    pub const fn first(by: By) -> Self {
        Self { by, through: None }
    }

    /// The second level, through this recruited partner's enrollment.
    #[must_use]
    pub const fn second(self, through: EnrollmentId) -> Self {
        Self { by: self.by, through: Some(through) }
    }

    /// The kind of commission that it makes.
    #[must_use]
    pub const fn kind(self) -> CommissionKind {
        match (self.through, self.by) {
            (Some(_), _) => CommissionKind::SecondLevel,
            (None, By::Purchase(_)) => CommissionKind::Sale,
            (None, By::Lead(_)) => CommissionKind::Lead,
            (None, By::TierPeriod(_)) => CommissionKind::TrueUp,
        }
    }

    /// The purchase, if it is one.
    #[must_use]
    pub const fn purchase(self) -> Option<PurchaseId> {
        self.by.purchase()
    }

    /// The customer, if it is a lead.
    #[must_use]
    pub const fn customer(self) -> Option<CustomerId> {
        if let By::Lead(id) = self.by { Some(id) } else { None }
    }

    /// The period, if it is one.
    #[must_use]
    pub const fn tier_period(self) -> Option<TierPeriodId> {
        if let By::TierPeriod(id) = self.by { Some(id) } else { None }
    }
}

/// The text that no two origins of one kind share.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.by {
            By::Purchase(id) => id.fmt(f)?,
            By::Lead(id) => id.fmt(f)?,
            By::TierPeriod(id) => id.fmt(f)?,
        }
        self.through.map_or(Ok(()), |through| write!(f, "/{through}"))
    }
}

/// Reads what [`Origin`] shows itself as; nothing when it is none.
impl FromStr for Origin {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let (by, through) = text.split_once('/').map_or((text, None), |(by, through)| (by, Some(through)));
        let purchase = by.parse().map(By::Purchase);
        let by = purchase.or_else(|_| by.parse().map(By::Lead)).or_else(|_| by.parse().map(By::TierPeriod))?;
        Ok(Self { by, through: through.map(str::parse).transpose()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kind_and_text_follow_from_what_earned_it() {
        let purchase = PurchaseId::from_uuid(uuid::Uuid::from_u128(1));
        let through = EnrollmentId::from_uuid(uuid::Uuid::from_u128(2));
        let sale = Origin::first(By::Purchase(purchase));
        assert_eq!((sale.kind(), sale.to_string(), sale.purchase()), (CommissionKind::Sale, purchase.to_string(), Some(purchase)));
        let second = sale.second(through);
        assert_eq!((second.kind(), second.to_string()), (CommissionKind::SecondLevel, format!("{purchase}/{through}")));
        let lead = Origin::first(By::Lead(CustomerId::from_uuid(uuid::Uuid::from_u128(3))));
        assert_eq!((lead.kind(), lead.purchase(), lead.tier_period()), (CommissionKind::Lead, None, None));
        let period = Origin::first(By::TierPeriod(TierPeriodId::from_uuid(uuid::Uuid::from_u128(4))));
        assert_eq!((period.kind(), period.customer()), (CommissionKind::TrueUp, None));
        for origin in [sale, second, lead, period, lead.second(through)] {
            assert_eq!(origin.to_string().parse::<Origin>().ok(), Some(origin));
        }
        assert!(
            "".parse::<Origin>().is_err()
                && format!("{purchase}/").parse::<Origin>().is_err()
                && through.to_string().parse::<Origin>().is_err()
        );
    }
}
