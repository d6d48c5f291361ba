//! The shared vocabulary: typed ids, mode, money, status words, terms and sealed secrets.
//!
//! Holds values and the arithmetic on them. It never reads a table, a setting or Stripe's words, and never decides
//! who earns what: that is `domain`.

mod exchange;
mod fraud;
mod graphql;
mod health;
mod id;
mod list;
mod mode;
mod money;
mod own_terms;
mod rate;
mod sealed;
mod settings;
mod span;
mod status;
mod status_access;
mod status_audit;
mod status_commerce;
mod status_doctor;
mod status_insight;
mod status_link;
mod status_money;
mod status_people;
mod status_recount;
mod status_stripe;
mod status_sync;
mod terms;
mod terms_check;
mod text_enum;

pub use exchange::{ExchangeRate, ExchangeRateError};
pub use fraud::{AdParameter, FraudCaseState, FraudSettings, Signal, Strength};
pub use health::{ConnectionHealth, EndpointHealth};
pub use id::{
    ApiKeyId, AuditFindingId, AuditLaneId, BindingId, ClickId, CommerceId, CommissionId, ConnectionId, CouponId, CustomerId, DecisionId,
    EnrollmentId, EntryId, EventId, ExchangeRateId, FraudCaseId, IdError, IdentityClaimId, IdentityId, InterventionId, InvitationId,
    LinkId, MembershipId, MerchantId, MessageId, PartnerGroupId, PartnerId, PayoutId, PostingId, ProgramId, PromotionCodeId, PurchaseId,
    RecountCapId, RecountId, RecountRowId, RecountSumId, RecruitmentId, RefreshTokenId, SetupTokenId, SnapshotId, SyncDatasetId,
    SyncPlanId, SyncPullId, TermsId, TermsMoveId, TierPeriodId, TouchId, UserId,
};
pub use list::{Absences, ApiScopes, HoldReasons, Pauses, SealedList, Signals, Spans, TermsHistory, TextList};
pub use mode::Mode;
pub use money::{Currency, Money, MoneyError, allocate, mul_div_half_up};
pub use own_terms::OwnTerms;
pub use rate::{BasisPoints, RateError};
pub use sealed::Sealed;
pub use settings::MerchantSettings;
pub use span::{Absence, Span};
pub use status::{BindingStage, IdentityKind, IgnoreReason, InboxStatus, OutboxStatus, PurchaseStatus, TouchKind};
pub use status_access::{Capability, PermissionState, StripePermission};
pub use status_audit::{AuditLane, AuditRule, AuditSubject};
pub use status_commerce::{CommerceDisputeStatus, CommerceKind, CommerceStatus, PaymentStatus, TransactionType};
pub use status_doctor::{FindingCode, SelfCheckCode, SelfCheckOutcome, SelfCheckStepKind, Severity};
pub use status_insight::{InsightCut, InsightGrain};
pub use status_link::LinkFault;
pub use status_money::{
    CommissionKind, CommissionState, DecisionReason, EntryKind, HoldReason, InterventionKind, LedgerAccount, PayoutStatus, ReassignMode,
};
pub use status_people::{ApiKeyKind, ApiScope, EnrollmentEnd, EnrollmentStatus, PartnerStatus, ProgramKind, ProgramStatus, Role};
pub use status_recount::{RecountKind, RecountStatus};
pub use status_stripe::{ConnectionMethod, ConnectionStatus};
pub use status_sync::{SyncDataType, SyncMode, SyncReason, SyncStatus};
pub use terms::{
    AccrueOn, Attribution, CandidateKind, Cap, CapScope, Condition, ConditionalReward, CouponOverride, Duration, FlatRefund, LeadEvent,
    LeadReward, OutOfBand, Period, ProductEffect, ProductMatch, ProductRule, Reward, RewardStep, SecondLevel, Terms, TierEffect, TierLevel,
    TierMetric, Tiers, TouchModel, TwoCodes,
};
pub use terms_check::{TermsError, TermsErrorCode};
