//! Giving a person to another partner by hand (AT-15). The word is stored as a touch; which purchases move, and what is posted for that, follows
//! by settling.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::value::{CustomerId, EnrollmentId, EnrollmentStatus, InterventionKind, Money, PurchaseId, ReassignMode, TouchKind};
use entity::{customer, enrollment};
use sea_orm::DatabaseTransaction;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::evidence::blank;
use super::person::{self, Gathered};
use super::settle::{decide, ring, settle};
use super::{Refusal, RefusalCode, ServiceError, Services, intervention, kin, retry};
use crate::domain::access::{Action, Scope, Viewer};
use crate::domain::kin::Group;
use crate::domain::settle::Settlement;
use crate::store;
use crate::store::scoped::find;
use crate::store::touch::Draft as Touch;

/// Who is to be given to whom.
#[derive(Clone, Debug)]
pub struct Reassign {
    /// Any customer of the person.
    pub customer: CustomerId,
    /// The partner in a program who is to have the person.
    pub enrollment: EnrollmentId,
    /// Which purchases move.
    pub mode: ReassignMode,
    /// Since when, for [`ReassignMode::Since`].
    pub since: Option<DateTime<Utc>>,
    /// Why.
    pub reason: String,
    /// What the preview gave to confirm it; nothing asks for the preview.
    pub confirm: Option<String>,
}

/// What a re-assignment changes of one purchase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// The purchase.
    pub purchase: PurchaseId,
    /// Who had won it.
    pub from: Option<EnrollmentId>,
    /// Who wins it.
    pub to: Option<EnrollmentId>,
    /// What it earned everybody together.
    pub before: Money,
    /// What it earns.
    pub after: Money,
    /// What was paid out of it to those who lose it: compensating entries take it from their next payouts (RF-7).
    pub paid: Money,
}

/// What a re-assignment changes, or would.
#[derive(Clone, Debug)]
pub struct Reassigned {
    /// The customer.
    pub customer: customer::Model,
    /// The purchases that change, oldest first.
    pub moved: Vec<Moved>,
    /// What to send to have exactly this done.
    pub confirm: String,
    /// Whether it was done.
    pub done: bool,
}

/// Shows what a re-assignment would change, and with the preview's word of confirmation does it. When the outcome is another one by then,
/// nothing is done.
///
/// # Errors
/// [`ServiceError::Refused`] when the customer or the enrollment is not there, the enrollment does not take part, the input does not fit the
/// mode, or the outcome is not that of the preview; denied to those who may not move money.
pub async fn reassign(services: &Services, viewer: &Viewer, ask: &Reassign) -> Result<Reassigned, ServiceError> {
    let scope = viewer.allow(Action::MoveMoney)?;
    let reason = intervention::reason(&ask.reason)?;
    let (answer, messages) = retry::races(|| async {
        let now = services.clock.now();
        let from = counts_from(ask, now)?;
        let tx = services.db.begin().await?;
        let (customer, group) = person_of(&tx, scope, ask).await?;
        let (before, settled) = look(&tx, scope, &group, now).await?;
        let mut row = intervention::blank(viewer, scope, InterventionKind::Reassignment, now);
        let word =
            Touch { enrollment: Some(ask.enrollment), ..blank(customer.id, TouchKind::Manual, format!("intervention:{}", row.id), from) };
        store::touch::save(&tx, scope, vec![word], now).await?;
        let (_, settlement) = look(&tx, scope, &group, now).await?;
        let moved = moved(&before, &settled, &settlement);
        let confirm = confirmation(ask, &moved)?;
        let mut answer = Reassigned { customer, moved, confirm, done: false };
        let Some(given) = &ask.confirm else { return Ok((answer, Vec::new())) };
        if *given != answer.confirm {
            let text = "this would lead to something else than the preview showed: look at it again";
            return Err(Refusal::new("confirm", RefusalCode::WrongState, text).into());
        }
        (row.customer_id, row.enrollment_id, row.reason) = (Some(answer.customer.id), Some(ask.enrollment), reason.clone());
        row.what = what(ask, answer.moved.len());
        intervention::note(&tx, row).await?;
        let messages = settle(&tx, scope, &[answer.customer.id].into(), now).await?;
        tx.commit().await?;
        answer.done = true;
        Ok((answer, messages))
    })
    .await?;
    ring(services, &messages).await;
    Ok(answer)
}

/// From when on the word counts.
fn counts_from(ask: &Reassign, now: DateTime<Utc>) -> Result<DateTime<Utc>, Refusal> {
    match (ask.mode, ask.since) {
        (ReassignMode::Since, None) => Err(Refusal::new("since", RefusalCode::Required, "say since when")),
        (ReassignMode::Since, Some(since)) if since > now => {
            Err(Refusal::new("since", RefusalCode::OutOfRange, "this time is to come yet"))
        }
        (ReassignMode::Since, Some(since)) => Ok(since),
        (_, Some(_)) => Err(Refusal::new("since", RefusalCode::Invalid, "only the mode SINCE has a time")),
        (ReassignMode::FutureOnly, None) => Ok(now),
        (ReassignMode::All, None) => Ok(DateTime::UNIX_EPOCH),
    }
}

fn what(ask: &Reassign, purchases: usize) -> String {
    let which = match (ask.mode, ask.since) {
        (ReassignMode::FutureOnly, _) => "from then on".to_owned(),
        (ReassignMode::Since, Some(since)) => format!("since {}", since.to_rfc3339()),
        (ReassignMode::Since, None) | (ReassignMode::All, _) => "with all purchases".to_owned(),
    };
    format!("given to {} {which}; {purchases} purchases changed", ask.enrollment)
}

/// The customer whom the asked-for one became, and everybody who is the same person, locked.
async fn person_of(tx: &DatabaseTransaction, scope: Scope, ask: &Reassign) -> Result<(customer::Model, Group), ServiceError> {
    let absent = || Refusal::not_found("customerId", "customer");
    find::<customer::Entity, _>(tx, scope, ask.customer).await?.ok_or_else(absent)?;
    let enrollment = find::<enrollment::Entity, _>(tx, scope, ask.enrollment).await?;
    let enrollment = enrollment.ok_or_else(|| Refusal::not_found("enrollmentId", "enrollment"))?;
    if enrollment.status != EnrollmentStatus::Approved {
        let text = format!("the enrollment is {}; only one that takes part can be given a person", enrollment.status);
        return Err(Refusal::new("enrollmentId", RefusalCode::WrongState, text).into());
    }
    let group = kin::lock_group(tx, scope, ask.customer).await?.ok_or_else(absent)?;
    let customer = kin::live(tx, ask.customer).await?.ok_or_else(absent)?;
    Ok((customer, group))
}

async fn look(tx: &DatabaseTransaction, scope: Scope, group: &Group, now: DateTime<Utc>) -> Result<(Gathered, Settlement), ServiceError> {
    let mut gathered = person::gather(tx, scope, group).await?;
    let settlement = decide(tx, &mut gathered, now).await?;
    Ok((gathered, settlement))
}

/// The purchases whose decision changes, in the order of their time.
fn moved(gathered: &Gathered, before: &Settlement, after: &Settlement) -> Vec<Moved> {
    let earned = |settlement: &Settlement| -> BTreeMap<PurchaseId, BTreeMap<EnrollmentId, i64>> {
        let shares = |d: &crate::domain::settle::Decision| d.commissions.iter().map(|c| (c.enrollment, c.amount)).collect();
        settlement.decisions.iter().map(|decision| (decision.purchase, shares(decision))).collect()
    };
    let (had, has) = (earned(before), earned(after));
    let was: BTreeMap<_, _> = before.decisions.iter().map(|decision| (decision.purchase, decision)).collect();
    let mut moved = Vec::new();
    for decision in &after.decisions {
        let id = decision.purchase;
        let Some((old, purchase)) = was.get(&id).zip(gathered.person.purchases.iter().find(|p| p.id == id)) else { continue };
        let (from, to) = (old.winner.map(|w| w.enrollment), decision.winner.map(|w| w.enrollment));
        if from == to && had.get(&id) == has.get(&id) {
            continue;
        }
        let currency = purchase.state.currency;
        let share = |of: EnrollmentId| has.get(&id).and_then(|shares| shares.get(&of)).copied().unwrap_or(0);
        let lost = |(of, standing): (&EnrollmentId, &crate::domain::person::Standing)| (standing.paid.unwrap_or(0) - share(*of)).max(0);
        let paid = purchase.standing.iter().map(lost).fold(0_i64, i64::saturating_add);
        let money = |minor| Money::new(minor, currency);
        moved.push(Moved { purchase: id, from, to, before: money(old.amount()), after: money(decision.amount()), paid: money(paid) });
    }
    moved
}

/// What confirms exactly this outcome of exactly this question.
fn confirmation(ask: &Reassign, moved: &[Moved]) -> Result<String, ServiceError> {
    let content = serde_json::to_vec(&(ask.customer, ask.enrollment, ask.mode, ask.since, moved));
    let content = content.map_err(|error| ServiceError::Internal(format!("a preview cannot be written: {error}")))?;
    Ok(hex::encode(&Sha256::digest(content)[..16]))
}
