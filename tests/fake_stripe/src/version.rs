//! The API versions in which objects are shown.

/// The versions between which shapes differ, oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// 2020-08-27: charges hold their refunds, intents their charges, invoices whole discounts.
    Old,
    /// 2024-06-20: intents name their latest charge, charges hold no refunds any more.
    June,
    /// 2025-02-24.acacia: the last in which payments and invoices name each other; every refund is told.
    Acacia,
    /// 2025-03-31.basil: invoices have payments of their own, and payments do not name invoices.
    Basil,
    /// 2026-09-30.endive: discounts name their coupon by a bare id.
    Endive,
}

/// Further names that Stripe takes, each with the version whose shapes it has here.
const OTHERS: [(&str, Version); 9] = [
    ("2022-11-15", Version::June),
    ("2023-08-16", Version::June),
    ("2023-10-16", Version::June),
    ("2024-12-18.acacia", Version::Acacia),
    ("2025-08-27.basil", Version::Basil),
    ("2025-09-30.clover", Version::Endive),
    ("2025-10-29.clover", Version::Endive),
    ("2026-03-25.dahlia", Version::Endive),
    ("2026-10-28.endive", Version::Endive),
];

impl Version {
    pub const ALL: [Self; 5] = [Self::Old, Self::June, Self::Acacia, Self::Basil, Self::Endive];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Old => "2020-08-27",
            Self::June => "2024-06-20",
            Self::Acacia => "2025-02-24.acacia",
            Self::Basil => "2025-03-31.basil",
            Self::Endive => "2026-09-30.endive",
        }
    }

    /// The version with this name, if Stripe knows one of it.
    pub fn named(name: &str) -> Option<Self> {
        let other = || OTHERS.iter().find(|(other, _)| *other == name).map(|(_, version)| *version);
        Self::ALL.into_iter().find(|version| version.name() == name).or_else(other)
    }
}
