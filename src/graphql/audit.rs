//! Proof that the books are in order (MO-6): the audit of a whole merchant, and what the audit that never ends has found.

use async_graphql::{Context, ID, MergedObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::value::{
    AuditFindingId, AuditLane, AuditRule, AuditSubject, CommissionId, Currency, EntryId, MerchantId, PartnerId, PayoutId, PostingId,
    PurchaseId,
};
use entity::{audit_finding, audit_lane};
use uuid::Uuid;

use super::context::Ask;
use super::error::{ApiError, ApiResult};
use super::scalar::Money;
use crate::domain::access::Action;
use crate::service::audit::{Report, whole};
use crate::store::audit::{Violation, lanes, open};

/// The most findings that are listed for a rule, or of all.
const MAX: i32 = 100;

/// The typed id of what breaks a rule.
fn subject_id(rule: AuditRule, id: Uuid) -> ID {
    match rule.subject() {
        AuditSubject::Posting => PostingId::from_uuid(id).to_string(),
        AuditSubject::Entry => EntryId::from_uuid(id).to_string(),
        AuditSubject::Purchase => PurchaseId::from_uuid(id).to_string(),
        AuditSubject::Commission => CommissionId::from_uuid(id).to_string(),
        AuditSubject::Payout => PayoutId::from_uuid(id).to_string(),
        AuditSubject::Partner => PartnerId::from_uuid(id).to_string(),
        AuditSubject::Ledger => MerchantId::from_uuid(id).to_string(),
    }
    .into()
}

fn count_of(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// How a sum or a count is shown.
fn money(rule: AuditRule, amount: i64, currency: Option<Currency>) -> Option<Money> {
    let counts = rule == AuditRule::PurchaseHasOneDecision;
    currency.filter(|_| !counts).map(|currency| entity::value::Money::new(amount, currency).into())
}

/// A row that breaks a rule.
pub struct LedgerViolation {
    rule: AuditRule,
    subject: Uuid,
    currency: Option<Currency>,
    expected: i64,
    found: i64,
}

impl From<Violation> for LedgerViolation {
    fn from(of: Violation) -> Self {
        Self { rule: of.rule, subject: of.subject, currency: of.currency, expected: of.expected, found: of.found }
    }
}

/// A row that breaks a rule of the books. Readable by those who may move money.
#[Object]
impl LedgerViolation {
    /// The rule.
    async fn rule(&self) -> AuditRule {
        self.rule
    }

    /// What kind of row it is.
    async fn subject(&self) -> AuditSubject {
        self.rule.subject()
    }

    /// The id of the row.
    async fn subject_id(&self) -> ID {
        subject_id(self.rule, self.subject)
    }

    /// What should be: minor units of `currency`, or a number of rows.
    async fn expected(&self) -> String {
        self.expected.to_string()
    }

    /// What is.
    async fn found(&self) -> String {
        self.found.to_string()
    }

    /// The difference as money, where the rule is about money.
    async fn difference(&self) -> Option<Money> {
        money(self.rule, self.found.saturating_sub(self.expected), self.currency)
    }

    /// The currency of the sums.
    async fn currency(&self) -> Option<Currency> {
        self.currency
    }
}

/// A rule with what breaks it.
#[derive(SimpleObject)]
pub struct LedgerRule {
    /// The rule.
    rule: AuditRule,
    /// How many rows break it.
    count: i64,
    /// Some of them, by id.
    violations: Vec<LedgerViolation>,
}

/// What an audit of all books of the merchant in this mode found.
#[derive(SimpleObject)]
pub struct LedgerAudit {
    /// When it was made.
    at: DateTime<Utc>,
    /// Whether every rule holds.
    ok: bool,
    /// Every rule.
    rules: Vec<LedgerRule>,
}

impl From<Report> for LedgerAudit {
    fn from(report: Report) -> Self {
        let ok = report.rules.iter().all(|(_, broken)| broken.count == 0);
        let rule = |(rule, broken): (AuditRule, crate::store::audit::Broken)| LedgerRule {
            rule,
            count: count_of(broken.count),
            violations: broken.violations.into_iter().map(LedgerViolation::from).collect(),
        };
        Self { at: report.at, ok, rules: report.rules.into_iter().map(rule).collect() }
    }
}

/// How far one part of the audit that never ends has come.
pub struct AuditProgress(audit_lane::Model);

/// How far one part of the audit that never ends has come, over all merchants of the instance.
#[Object]
impl AuditProgress {
    /// Which part.
    async fn lane(&self) -> AuditLane {
        self.0.lane
    }

    /// How often it has gone through everything.
    async fn laps(&self) -> i64 {
        self.0.laps
    }

    /// When this lap began.
    async fn began_at(&self) -> DateTime<Utc> {
        self.0.began_at
    }

    /// When the last whole lap ended. Null before the first has.
    async fn lap_ended_at(&self) -> Option<DateTime<Utc>> {
        self.0.lap_ended_at
    }
}

/// What the audit that never ends found, and still finds, as it was when it was first seen. Readable by those who may move money.
#[derive(MergedObject)]
pub struct AuditFinding(Seen, LedgerViolation);

impl From<audit_finding::Model> for AuditFinding {
    fn from(row: audit_finding::Model) -> Self {
        let seen = Seen { id: row.id, first_seen_at: row.first_seen_at, last_seen_at: row.last_seen_at };
        let (expected, found) = (row.expected, row.found);
        Self(seen, LedgerViolation { rule: row.rule, subject: row.subject_id, currency: row.currency, expected, found })
    }
}

/// When a finding was seen.
#[derive(SimpleObject)]
struct Seen {
    /// Its id.
    id: AuditFindingId,
    /// When it was first seen.
    first_seen_at: DateTime<Utc>,
    /// When it was last seen.
    last_seen_at: DateTime<Utc>,
}

/// What the audit that never ends says now.
#[derive(SimpleObject)]
pub struct LastAudit {
    /// Whether it has no open finding for this merchant and mode.
    ok: bool,
    /// How many findings are open.
    count: i64,
    /// Some of them, the oldest first.
    findings: Vec<AuditFinding>,
    /// How far each part has come. Empty before a worker ran for the first time.
    progress: Vec<AuditProgress>,
}

fn bounded(first: Option<i32>) -> ApiResult<u64> {
    let wanted = first.unwrap_or(super::page::DEFAULT).min(MAX);
    u64::try_from(wanted).map_err(|_| ApiError::bad_input("`first` must not be negative"))
}

/// Proof of the books.
#[derive(Default)]
pub struct AuditQuery;

/// Proof of the books.
#[Object]
impl AuditQuery {
    /// Recomputes every rule that the books must keep (MO-6), from all entries, decisions and payouts of the merchant in this mode, and
    /// names what breaks one. For owners, administrators and keys with `WRITE_MONEY`.
    #[graphql(complexity = "2000 + child_complexity")]
    async fn ledger_audit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many violations of each rule to list, at most 100. All are counted.")] first: Option<i32>,
    ) -> ApiResult<LedgerAudit> {
        let scope = ctx.scope(Action::MoveMoney)?;
        Ok(whole(ctx.services(), scope, bounded(first)?).await?.into())
    }

    /// What the audit that never ends says of the merchant in this mode: workers go through all books in small slices, again and again, and
    /// look at what was just posted within seconds. For owners, administrators and keys with `WRITE_MONEY`.
    #[graphql(complexity = "20 + child_complexity")]
    async fn last_audit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many findings to list, at most 100. All are counted.")] first: Option<i32>,
    ) -> ApiResult<LastAudit> {
        let scope = ctx.scope(Action::MoveMoney)?;
        let db = ctx.services().db.read();
        let (findings, count) = open(db, scope, bounded(first)?).await?;
        let progress = lanes(db).await?.into_iter().map(AuditProgress).collect();
        let findings = findings.into_iter().map(AuditFinding::from).collect();
        Ok(LastAudit { ok: count == 0, count: count_of(count), findings, progress })
    }
}
