//! The audit of the books (MO-6): the whole of a merchant when asked, and all merchants by and by in small slices, for ever.

use std::time::{Duration as Span, Instant};

use chrono::{DateTime, Duration, Utc};
use entity::value::{AuditLane, AuditRule};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use uuid::Uuid;

use super::{ServiceError, Services};
use crate::domain::access::Scope;
use crate::store::StoreError;
use crate::store::audit::{self, AskedRule, Broken, Ended, Rule, Slice, Turn, Violation, Which};
use crate::telemetry::name;

/// How many rows a slice looks at.
const SLICE: u64 = 500;
/// How long a part of the audit goes on at one turn while there is more. With a turn each [`PAUSE`] it takes a few percent of one connection.
const TURN: Span = Span::from_millis(100);
/// How long after a turn the next one is due.
const PAUSE: Duration = Duration::seconds(4);
/// How many violations of one rule a slice records.
const RECORDED: u64 = 100;
/// How many rules are asked about at once when a whole merchant is audited.
const AT_ONCE: usize = 4;

/// What an audit of a whole merchant found.
#[derive(Clone, Debug)]
pub struct Report {
    /// When it was begun.
    pub at: DateTime<Utc>,
    /// Every rule, with what breaks it.
    pub rules: Vec<(AuditRule, Broken)>,
}

/// Recomputes every rule over all books of a merchant in one mode. Lists at most `limit` violations of each rule, and counts all.
///
/// # Errors
/// [`ServiceError::Store`] when the database fails.
pub async fn whole(services: &Services, scope: Scope, limit: u64) -> Result<Report, ServiceError> {
    let db = services.db.read();
    let which = Which::Of(Scope::merchant_wide(scope.merchant(), scope.mode()));
    let at = services.clock.now();
    let lists = [audit::BY_POSTING, audit::BY_PURCHASE, audit::BY_COMMISSION, audit::BY_PAYOUT, audit::BY_PARTNER, audit::WHOLE];
    let asked = stream::iter(lists.into_iter().flatten().copied()).map(|rule| async move {
        let broken = audit::broken(db, &rule, which, limit).await?;
        Ok::<_, StoreError>((rule.rule, broken))
    });
    let mut rules: Vec<(AuditRule, Broken)> = asked.buffered(AT_ONCE).try_collect().await?;
    rules.push((AuditRule::CommissionIsWithinBase, audit::within_base(db, which, limit).await?));
    rules.sort_by_key(|(rule, _)| *rule);
    Ok(Report { at, rules })
}

/// Goes on with every part of the audit whose turn has come, and gives how many rows it looked at. Workers side by side take turns.
///
/// # Errors
/// [`ServiceError::Store`] when the database fails; the next turn looks at the same rows again.
pub async fn advance(services: &Services) -> Result<u64, ServiceError> {
    let mut looked_at = 0;
    for lane in AuditLane::ALL {
        let now = services.clock.now();
        // What was there before the audit began is met by the laps.
        let start = if *lane == AuditLane::News { audit::least_id(now - audit::LATE) } else { Uuid::nil() };
        let Some(turn) = audit::claim(services.db.write(), *lane, start, now, now + PAUSE).await? else {
            continue;
        };
        looked_at += slices(services, turn).await?;
    }
    if looked_at > 0 {
        let open = audit::open_count(services.db.read()).await?;
        metrics::gauge!(name::AUDIT_FINDINGS).set(u32::try_from(open).unwrap_or(u32::MAX));
    }
    Ok(looked_at)
}

async fn slices(services: &Services, mut turn: Turn) -> Result<u64, ServiceError> {
    let began = Instant::now();
    let mut looked_at = 0;
    loop {
        let slice = audit::next(services.db.read(), turn, SLICE).await?;
        let whole = slice.ids.len() >= usize::try_from(SLICE).unwrap_or(usize::MAX);
        let ended = ended(turn, &slice, whole, services.clock.now());
        if !look(services, turn, &slice, ended).await? {
            return Ok(looked_at);
        }
        let count = u64::try_from(slice.ids.len()).unwrap_or(u64::MAX);
        metrics::counter!(name::AUDIT_CHECKED, "lane" => turn.lane.as_str()).increment(count);
        looked_at += count;
        if !whole || began.elapsed() >= TURN {
            return Ok(looked_at);
        }
        turn.place = ended.place;
    }
}

/// Where the next slice begins. The news wait for transactions that take long before they commit: their last minute is looked at again.
fn ended(turn: Turn, slice: &Slice, whole: bool, now: DateTime<Utc>) -> Ended {
    let last = slice.ids.last().copied().unwrap_or(turn.place);
    let checked = i64::try_from(slice.ids.len()).unwrap_or(i64::MAX);
    match (turn.lane, whole) {
        (_, true) => Ended { place: last, checked, lap: false },
        (AuditLane::News, false) => Ended { place: audit::least_id(now - audit::LATE).max(turn.place), checked, lap: false },
        (_, false) => Ended { place: Uuid::nil(), checked, lap: true },
    }
}

/// Asks the rules about a slice and records what they found, unless somebody else has moved on meanwhile.
async fn look(services: &Services, turn: Turn, slice: &Slice, ended: Ended) -> Result<bool, ServiceError> {
    let last = if ended.lap { Uuid::max() } else { ended.place };
    let lap = Which::Between(turn.place, last);
    let (postings, purchases) = (listed(&slice.postings), listed(&slice.purchases));
    let (commissions, payouts) = (listed(&slice.commissions), listed(&slice.payouts));
    let looks: Vec<(&[Rule], Which<'_>)> = match turn.lane {
        AuditLane::News => vec![
            (audit::BY_POSTING, Which::These(&postings)),
            (audit::BY_PURCHASE, Which::These(&purchases)),
            (audit::BY_COMMISSION, Which::These(&commissions)),
            (audit::BY_PAYOUT, Which::These(&payouts)),
        ],
        AuditLane::Postings => vec![(audit::BY_POSTING, lap)],
        AuditLane::Purchases => vec![(audit::BY_PURCHASE, lap)],
        AuditLane::Commissions => vec![(audit::BY_COMMISSION, lap)],
        AuditLane::Payouts => vec![(audit::BY_PAYOUT, lap)],
        AuditLane::Partners => vec![(audit::BY_PARTNER, lap)],
    };
    let mut found = Vec::with_capacity(looks.len());
    for (rules, which) in looks {
        let mut asked = Vec::with_capacity(rules.len() + 1);
        let mut violations = Vec::new();
        let mut note = |rule, broken: Broken| {
            asked.push(AskedRule { rule, whole: broken.count <= RECORDED });
            violations.extend(broken.violations);
        };
        for rule in rules {
            note(rule.rule, audit::broken(services.db.read(), rule, which, RECORDED).await?);
        }
        if rules.iter().any(|rule| rule.rule == AuditRule::PurchaseHasOneDecision) {
            note(AuditRule::CommissionIsWithinBase, audit::within_base(services.db.read(), which, RECORDED).await?);
        }
        found.push((asked, which, violations));
    }
    let now = services.clock.now();
    let tx = services.db.begin().await?;
    if !audit::finish(&tx, turn, ended, now).await? {
        return Ok(false);
    }
    let mut fresh = Vec::new();
    for (rules, which, violations) in found {
        fresh.extend(audit::findings(&tx, &rules, which, violations, now).await?);
    }
    tx.commit().await?;
    fresh.iter().for_each(tell);
    Ok(true)
}

fn listed(ids: &std::collections::BTreeSet<Uuid>) -> Vec<Uuid> {
    ids.iter().copied().collect()
}

fn tell(violation: &Violation) {
    let Violation { rule, merchant, subject, expected, found, .. } = violation;
    tracing::error!(%rule, %merchant, %subject, expected, found, "the books are broken");
}
