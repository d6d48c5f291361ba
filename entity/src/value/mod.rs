//! The shared vocabulary: typed ids, mode, money, status words, terms and sealed secrets.
//!
//! Holds values and the arithmetic on them. It never reads a table, a setting or Stripe's words, and never decides
//! who earns what: that is `domain`.

mod graphql;
mod id;
mod list;
mod mode;
mod money;
mod rate;
mod sealed;
mod settings;
mod span;
mod status;
mod status_commerce;
mod status_money;
mod status_people;
mod status_stripe;
mod status_sync;
mod terms;
mod terms_check;
mod text_enum;

pub use id::{
    ApiKeyId, BindingId, ClickId, CommerceId, CommissionId, ConnectionId, CouponId, CustomerId, DecisionId, EnrollmentId, EntryId, EventId,
    IdError, IdentityClaimId, IdentityId, InvitationId, LinkId, MembershipId, MerchantId, MessageId, PartnerGroupId, PartnerId, PayoutId,
    PostingId, ProgramId, PromotionCodeId, PurchaseId, RefreshTokenId, SetupTokenId, SnapshotId, SyncDatasetId, SyncPlanId, SyncPullId,
    TermsId, TouchId, UserId,
};
pub use list::{Absences, ApiScopes, HoldReasons, Pauses, SealedList, TextList};
pub use mode::Mode;
pub use money::{Currency, Money, MoneyError, allocate, mul_div_half_up};
pub use rate::{BasisPoints, RateError};
pub use sealed::Sealed;
pub use settings::MerchantSettings;
pub use span::{Absence, Span};
pub use status::{BindingStage, IdentityKind, IgnoreReason, InboxStatus, OutboxStatus, PurchaseStatus, TouchKind};
pub use status_commerce::{CommerceDisputeStatus, CommerceKind, CommerceStatus, PaymentStatus, TransactionType};
pub use status_money::{CommissionState, DecisionReason, EntryKind, HoldReason, LedgerAccount, PayoutStatus};
pub use status_people::{ApiKeyKind, ApiScope, EnrollmentEnd, EnrollmentStatus, PartnerStatus, ProgramKind, ProgramStatus, Role};
pub use status_stripe::{ConnectionMethod, ConnectionStatus};
pub use status_sync::{SyncDataType, SyncMode, SyncReason, SyncStatus};
pub use terms::{
    AccrueOn, CandidateKind, Cap, CapScope, Condition, ConditionalReward, CouponOverride, Duration, FlatRefund, LeadEvent, LeadReward,
    OutOfBand, Period, ProductEffect, ProductMatch, ProductRule, Reward, RewardStep, SecondLevel, Terms, TierEffect, TierLevel, TierMetric,
    Tiers, TouchModel, TwoCodes,
};
pub use terms_check::{TermsError, TermsErrorCode};
