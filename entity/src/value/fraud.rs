//! Signs of fraud as words, and what a program makes of them (FR-1 to FR-3). `domain` looks for them; nothing here does.

use sea_orm::FromJsonQueryResult;
use serde::{Deserialize, Serialize};

use super::BasisPoints;
use super::text_enum::text_enum;

text_enum! {
    /// A sign that something is not as it should be. None of them takes anything away; together they hold (FR-4).
    Signal {
        /// The buyer has the id of the merchant's that the partner has (FR-1).
        SameExternalId = "SAME_EXTERNAL_ID",
        /// The buyer's e-mail is the partner's (FR-1).
        SameEmail = "SAME_EMAIL",
        /// The buyer paid with a card with which the partner had paid (FR-1).
        SameCard = "SAME_CARD",
        /// The buyer's e-mail is the partner's but for dots and what follows a plus sign (FR-1).
        EmailAlias = "EMAIL_ALIAS",
        /// The buyer's e-mail is of the partner's own domain, which is no provider of mail for everybody (FR-1).
        SameDomain = "SAME_DOMAIN",
        /// The click came from an address from which the partner was seen within 24 hours (FR-1).
        SameAddress = "SAME_ADDRESS",
        /// The click carried a parameter of paid advertising that the program does not allow (FR-2).
        PaidAd = "PAID_AD",
        /// The click came from a place that the program bans (FR-3).
        BannedReferrer = "BANNED_REFERRER",
        /// Too many visitors of the partner came from the click's address on that day (FR-3).
        Velocity = "VELOCITY",
        /// The buyer's e-mail is of a provider of throw-away addresses (FR-3).
        DisposableEmail = "DISPOSABLE_EMAIL",
        /// Too much of what the partner brings is paid back (FR-3).
        RefundRate = "REFUND_RATE",
        /// An older partner is paid to the same destination (FR-3).
        DuplicatePartner = "DUPLICATE_PARTNER",
    }
}

text_enum! {
    /// How a case of fraud stands.
    FraudCaseState {
        /// It holds the commission; a person has to look at it.
        Open = "OPEN",
        /// A person looked at its signs and let the commission go on.
        Released = "RELEASED",
        /// A person rejected the commission.
        Rejected = "REJECTED",
        /// There are signs, and they are too weak to hold the commission.
        Noted = "NOTED",
        /// No sign is left, or the commission fell to nothing.
        Closed = "CLOSED",
    }
}

text_enum! {
    /// How much a sign says by itself.
    Strength {
        /// Enough to hold.
        Strong = "STRONG",
        /// Two of them are enough.
        Medium = "MEDIUM",
        /// Four of them are enough.
        Weak = "WEAK",
    }
}

text_enum! {
    /// A parameter that a network of paid advertising adds to addresses (FR-2).
    AdParameter {
        /// Google Ads.
        Gclid = "GCLID",
        /// Google Ads, where it may not name the click.
        GadSource = "GAD_SOURCE",
        /// Facebook and Instagram.
        Fbclid = "FBCLID",
        /// X.
        Twclid = "TWCLID",
        /// Microsoft Ads.
        Msclkid = "MSCLKID",
        /// LinkedIn.
        LiFatId = "LI_FAT_ID",
        /// Reddit.
        Rdclid = "RDCLID",
        /// TikTok.
        Ttclid = "TTCLID",
    }
}

impl AdParameter {
    /// As it stands in an address.
    #[must_use]
    pub fn name(self) -> String {
        self.as_str().to_ascii_lowercase()
    }
}

impl Strength {
    /// What it adds to the score: strong 100, medium 50, weak 25. At a score of 100 a commission is held, unless the program says otherwise.
    #[must_use]
    pub const fn score(self) -> u16 {
        match self {
            Self::Strong => 100,
            Self::Medium => 50,
            Self::Weak => 25,
        }
    }
}

impl Signal {
    /// How much it says by itself.
    #[must_use]
    pub const fn strength(self) -> Strength {
        match self {
            Self::SameExternalId | Self::SameEmail | Self::SameCard | Self::PaidAd | Self::BannedReferrer | Self::DuplicatePartner => {
                Strength::Strong
            }
            Self::EmailAlias | Self::SameDomain | Self::Velocity | Self::DisposableEmail | Self::RefundRate => Strength::Medium,
            Self::SameAddress => Strength::Weak,
        }
    }

    /// Whether it says that the partner bought for itself (FR-1).
    #[must_use]
    pub const fn is_of_self_referral(self) -> bool {
        match self {
            Self::SameExternalId | Self::SameEmail | Self::SameCard | Self::EmailAlias | Self::SameDomain | Self::SameAddress => true,
            Self::PaidAd | Self::BannedReferrer | Self::Velocity | Self::DisposableEmail | Self::RefundRate | Self::DuplicatePartner => {
                false
            }
        }
    }
}

/// What a program makes of signs of fraud. Every field has a default, so rows written before a field existed stay readable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(default, rename_all = "camelCase")]
pub struct FraudSettings {
    /// The signs that are looked for.
    pub signals: Vec<Signal>,
    /// The score at which a commission is held, 1 to 1000.
    pub hold_score: u16,
    /// Paid advertising that partners may use (FR-2).
    pub allowed_ads: Vec<AdParameter>,
    /// Hosts from which no visit may come, with everything below them (FR-3).
    pub banned_referrers: Vec<String>,
    /// Domains of throw-away addresses beside those that everybody knows (FR-3).
    pub disposable_domains: Vec<String>,
    /// Domains that many people share beside the well-known ones: of these [`Signal::SameDomain`] says nothing.
    pub shared_domains: Vec<String>,
    /// How many visitors a partner may bring from one address on one day, 1 to 10000 (FR-3).
    pub visitors_per_address: u16,
    /// Of which share of refunded purchases on [`Signal::RefundRate`] speaks, above 0 (FR-3).
    pub refund_share: BasisPoints,
    /// How many purchases it takes before that is asked, 1 to 10000 (FR-3).
    pub refund_minimum: u16,
}

impl FraudSettings {
    /// Looked for unless the program says otherwise. Advertising is allowed until a program forbids it, and a rate of refunds means
    /// different things in different trades: these two are for a program to switch on.
    const USUAL: [Signal; 10] = [
        Signal::SameExternalId,
        Signal::SameEmail,
        Signal::SameCard,
        Signal::EmailAlias,
        Signal::SameDomain,
        Signal::SameAddress,
        Signal::BannedReferrer,
        Signal::Velocity,
        Signal::DisposableEmail,
        Signal::DuplicatePartner,
    ];
    /// 30 %.
    const USUAL_REFUNDS: u32 = 3_000;

    /// Whether a sign is looked for.
    #[must_use]
    pub fn looks_for(&self, signal: Signal) -> bool {
        self.signals.contains(&signal)
    }
}

impl Default for FraudSettings {
    fn default() -> Self {
        Self {
            signals: Self::USUAL.to_vec(),
            hold_score: Strength::Strong.score(),
            allowed_ads: Vec::new(),
            banned_referrers: Vec::new(),
            disposable_domains: Vec::new(),
            shared_domains: Vec::new(),
            visitors_per_address: 20,
            refund_share: BasisPoints::new(Self::USUAL_REFUNDS).unwrap_or(BasisPoints::ONE),
            refund_minimum: 10,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{AdParameter, FraudSettings, Signal, Strength};

    #[test]
    fn an_empty_object_is_the_default() {
        let settings: FraudSettings = serde_json::from_str("{}").unwrap();
        assert_eq!(settings, FraudSettings::default());
        assert_eq!((settings.hold_score, settings.refund_share.get()), (100, 3_000));
        assert!(!settings.looks_for(Signal::PaidAd) && !settings.looks_for(Signal::RefundRate));
        assert_eq!(settings.signals.len(), Signal::ALL.len() - 2);
    }

    #[test]
    fn fr_1_strong_ones_hold_alone_and_weaker_ones_add_up() {
        assert_eq!(Strength::ALL.iter().map(|strength| strength.score()).collect::<Vec<_>>(), [100, 50, 25]);
        let strong = Signal::ALL.iter().filter(|signal| signal.strength() == Strength::Strong);
        assert_eq!(strong.count(), 6);
        assert_eq!(Signal::SameAddress.strength(), Strength::Weak);
    }

    #[test]
    fn fr_2_parameters_are_those_of_addresses() {
        let names: Vec<String> = AdParameter::ALL.iter().map(|one| one.name()).collect();
        assert_eq!(names, ["gclid", "gad_source", "fbclid", "twclid", "msclkid", "li_fat_id", "rdclid", "ttclid"]);
    }
}
