//! Typed ids: a prefix for people, a UUID v7 for the database.
//!
//! As text an id is `prefix_` and 26 lower-case characters of Crockford's base32, as in TypeID. No prefix is one of Stripe's, so an
//! id of ours is never taken for one of theirs.

use chrono::{DateTime, Utc};
use ulid::{ULID_LEN, Ulid};
use uuid::{NoContext, Timestamp, Uuid};

/// Why a text is not an id of the wanted kind. Says what was wanted, never repeats what was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// The text does not start with the prefix of this kind: an id of another kind, or none at all.
    #[error("expected an id that starts with `{expected}_`")]
    Prefix {
        /// The prefix of the wanted kind, without the underscore.
        expected: &'static str,
    },
    /// The prefix is right, the rest is not the canonical 26 characters.
    #[error("expected `{expected}_` and 26 characters of lower-case base32")]
    Malformed {
        /// The prefix of the wanted kind, without the underscore.
        expected: &'static str,
    },
}

/// A UUID v7 of the given time. Times before 1970 count as 1970, as the format has no sign.
fn uuid_at(now: DateTime<Utc>) -> Uuid {
    let seconds = u64::try_from(now.timestamp()).unwrap_or(0);
    Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, now.timestamp_subsec_nanos().min(999_999_999)))
}

/// Writes `prefix_` and the base32 of `uuid`.
fn write_id(f: &mut std::fmt::Formatter<'_>, prefix: &str, uuid: Uuid) -> std::fmt::Result {
    let mut buffer = [0u8; ULID_LEN];
    let text = Ulid::from_bytes(uuid.into_bytes()).array_to_str(&mut buffer);
    text.make_ascii_lowercase();
    write!(f, "{prefix}_{text}")
}

/// Reads `prefix_` and 26 characters, and only the one canonical spelling, so that two texts never name one id.
fn parse_id(text: &str, expected: &'static str) -> Result<Uuid, IdError> {
    let rest = text.strip_prefix(expected).and_then(|rest| rest.strip_prefix('_')).ok_or(IdError::Prefix { expected })?;
    let ulid = Ulid::from_string(rest).map_err(|_| IdError::Malformed { expected })?;
    let mut buffer = [0u8; ULID_LEN];
    let canonical = ulid.array_to_str(&mut buffer);
    canonical.make_ascii_lowercase();
    if canonical == rest { Ok(Uuid::from_bytes(ulid.to_bytes())) } else { Err(IdError::Malformed { expected }) }
}

macro_rules! ids {
    ($($(#[$meta:meta])* $name:ident = $prefix:literal;)+) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, sea_orm::DeriveValueType)]
        pub struct $name(Uuid);

        impl $name {
            /// What the text of such an id starts with, without the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// A fresh id, by the clock of the machine.
            #[must_use]
            #[allow(clippy::new_without_default, reason = "a default that differs at each call would mislead")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }

            /// A fresh id that sorts by `now`.
            #[must_use]
            pub fn new_at(now: DateTime<Utc>) -> Self {
                Self(uuid_at(now))
            }

            /// The id behind a UUID read from elsewhere, such as a cursor.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID as the database keeps it.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write_id(f, $prefix, self.0)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write_id(f, $prefix, self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                parse_id(text, $prefix).map(Self)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl sea_orm::TryFromU64 for $name {
            /// Always an error: no database numbers these rows.
            fn try_from_u64(_: u64) -> Result<Self, sea_orm::DbErr> {
                Err(sea_orm::DbErr::ConvertFromU64(stringify!($name)))
            }
        }

        crate::value::graphql::id_type!($name);
    )+};
}

ids! {
    /// A merchant, the tenant.
    MerchantId = "mrc";
    /// A person who logs in.
    UserId = "usr";
    /// A user's role with one merchant.
    MembershipId = "mbr";
    /// One refresh token of a login.
    RefreshTokenId = "rft";
    /// The one-time token that sets up a fresh instance.
    SetupTokenId = "stp";
    /// An invitation to join a merchant.
    InvitationId = "inv";
    /// A secret or publishable API key.
    ApiKeyId = "key";
    /// An affiliate or refer-a-friend programme.
    ProgramId = "prg";
    /// An immutable version of a program's rules.
    TermsId = "trm";
    /// A move of bindings to another version of terms.
    TermsMoveId = "tmv";
    /// Partners for whom the same is to hold.
    PartnerGroupId = "pgr";
    /// Who refers.
    PartnerId = "prt";
    /// A partner in a program.
    EnrollmentId = "enr";
    /// A partner's tracked URL.
    LinkId = "lnk";
    /// One visit through a link.
    ClickId = "clk";
    /// One piece of evidence that a partner brought a person.
    TouchId = "tch";
    /// The referred person.
    CustomerId = "cst";
    /// A key that finds a customer.
    IdentityId = "idn";
    /// One source's word on which customer an identity is of.
    IdentityClaimId = "idc";
    /// Customer to enrollment, with the terms in force.
    BindingId = "bnd";
    /// One Stripe account in one mode.
    ConnectionId = "con";
    /// Stripe's discount.
    CouponId = "cpn";
    /// Stripe's typed code for a discount.
    PromotionCodeId = "pcd";
    /// One Stripe object as last told.
    SnapshotId = "snp";
    /// One normalised money event of a customer.
    PurchaseId = "pur";
    /// What the engine concluded for a purchase.
    DecisionId = "dec";
    /// What a purchase earned an enrollment.
    CommissionId = "com";
    /// One period of the tiers of one enrollment, in one currency.
    TierPeriodId = "tpd";
    /// A time during which one partner counted as recruited by another.
    RecruitmentId = "rcm";
    /// Something that somebody decided by hand.
    InterventionId = "itv";
    /// A group of ledger entries that sums to zero.
    PostingId = "pst";
    /// One immutable ledger line.
    EntryId = "ent";
    /// A paid group of approved commissions.
    PayoutId = "pyt";
    /// An event received from Stripe.
    EventId = "ibx";
    /// A message owed to the outside.
    MessageId = "obx";
    /// A part of the audit that never ends.
    AuditLaneId = "adl";
    /// Something that the audit found broken.
    AuditFindingId = "fnd";
    /// Signs of fraud that speak against a commission.
    FraudCaseId = "frd";
    /// A recount of what a program's purchases earn.
    RecountId = "rcn";
    /// What a recount changes of one commission.
    RecountRowId = "rcr";
    /// What a recount comes to for one partner.
    RecountSumId = "rcs";
    /// What a recount says a cap cuts.
    RecountCapId = "rcc";
    /// What a currency is worth in another on a day.
    ExchangeRateId = "fxr";
    /// How a connection is kept up to date.
    SyncPlanId = "syp";
    /// One kind of data that is pulled.
    SyncDatasetId = "syd";
    /// One pull.
    SyncPullId = "syl";
    /// One thing of a shop's business.
    CommerceId = "cmr";
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeZone, Utc};
    use uuid::Uuid;

    use super::{CustomerId, IdError, MerchantId};

    fn at(seconds: i64) -> DateTime<Utc> {
        Utc.timestamp_opt(seconds, 123_456_000).unwrap()
    }

    #[test]
    fn text_is_prefix_and_crockford_of_the_uuid() {
        // The example of the TypeID specification, with our prefix.
        let id = MerchantId::from_uuid(Uuid::parse_str("01890a5d-ac96-774b-bcce-b302099a8057").unwrap());
        assert_eq!(id.to_string(), "mrc_01h455vb4pex5vsknk084sn02q");
        assert_eq!(format!("{id:?}"), id.to_string());
        assert_eq!("mrc_01h455vb4pex5vsknk084sn02q".parse::<MerchantId>().unwrap(), id);
        assert_eq!(MerchantId::from_uuid(Uuid::nil()).to_string(), "mrc_00000000000000000000000000");
        assert_eq!(MerchantId::from_uuid(Uuid::max()).to_string(), "mrc_7zzzzzzzzzzzzzzzzzzzzzzzzz");
    }

    #[test]
    fn fresh_ids_are_version_7_and_sort_by_their_time() {
        let (early, late) = (CustomerId::new_at(at(1_700_000_000)), CustomerId::new_at(at(1_700_000_001)));
        assert_eq!(early.uuid().get_version_num(), 7);
        assert_eq!(CustomerId::new().uuid().get_version_num(), 7);
        assert!(early < late && early.to_string() < late.to_string());
        assert_eq!(early.uuid().get_timestamp().unwrap().to_unix(), (1_700_000_000, 123_000_000));
        assert_ne!(CustomerId::new_at(at(1)), CustomerId::new_at(at(1)));
        assert!(CustomerId::new_at(at(-5)) < early, "a time before 1970 counts as 1970");
    }

    #[test]
    fn only_the_canonical_text_of_the_right_kind_is_read() {
        let prefix = IdError::Prefix { expected: "cst" };
        let malformed = IdError::Malformed { expected: "cst" };
        for (text, error) in [
            ("", prefix),
            ("mrc_01h455vb4pex5vsknk084sn02q", prefix),
            ("cst01h455vb4pex5vsknk084sn02q", prefix),
            ("CST_01h455vb4pex5vsknk084sn02q", prefix),
            ("cst_", malformed),
            ("cst_01h455vb4pex5vsknk084sn02", malformed),
            ("cst_01h455vb4pex5vsknk084sn02qq", malformed),
            ("cst_01H455VB4PEX5VSKNK084SN02Q", malformed),
            ("cst_8zzzzzzzzzzzzzzzzzzzzzzzzz", malformed),
            ("cst_01h455vb4pex5vsknk084sn0iq", malformed),
            ("cst_01h455vb4pex5vsknk084sn0ü", malformed),
        ] {
            assert_eq!(text.parse::<CustomerId>(), Err(error), "{text}");
        }
    }

    #[test]
    fn serde_uses_the_text() {
        let id = CustomerId::new();
        let json = serde_json::to_value(id).unwrap();
        assert_eq!(json, serde_json::json!(id.to_string()));
        assert_eq!(serde_json::from_value::<CustomerId>(json).unwrap(), id);
        assert!(serde_json::from_str::<CustomerId>("\"mrc_01h455vb4pex5vsknk084sn02q\"").is_err());
    }
}
