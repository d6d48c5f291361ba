//! Which customers are one person ([`crate::domain::kin`]): reading what that depends on, and locking them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use entity::customer;
use entity::value::{ClickId, CustomerId};
use sea_orm::DatabaseTransaction;

use crate::domain::access::Scope;
use crate::domain::kin::{self, Circle, Group};
use crate::store::kin::Having;
use crate::store::{self, StoreError};

/// The longest chain of customers that became others. No chain is long: each merge by hand, or joining, is one step.
const LONGEST_CHAIN: usize = 1_000;

/// Finds the group of a customer and locks it. Groups change while locks are waited for, so it looks again until it holds all whom it sees; who
/// is alone is locked before, and looked at once.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn lock_group(tx: &DatabaseTransaction, scope: Scope, start: CustomerId) -> Result<Option<Group>, StoreError> {
    let mut held = BTreeSet::from([start]);
    loop {
        let rows = store::customer::lock(tx, &held.iter().copied().collect::<Vec<_>>()).await?;
        let own = match rows.into_iter().find(|row| row.id == start && row.merged_into.is_none()) {
            Some(row) => Some(row.id),
            None => live(tx, start).await?.map(|row| row.id),
        };
        let Some(own) = own else { return Ok(None) };
        match group_of(tx, scope, own).await? {
            Some(seen) if !seen.members.is_subset(&held) => held.extend(seen.members),
            group => return Ok(group),
        }
    }
}

/// Who is one person with each of these customers, in their order, as it is now and without a lock. Customers that became others are left out.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn groups(tx: &DatabaseTransaction, scope: Scope, customers: &[CustomerId]) -> Result<Vec<(CustomerId, Group)>, StoreError> {
    let tied = store::kin::tied(tx, customers).await?;
    let alone: Vec<CustomerId> = customers.iter().copied().filter(|id| !tied.contains(id)).collect();
    let mut known = store::kin::known(tx, &alone).await?;
    let mut groups = Vec::with_capacity(customers.len());
    for id in customers {
        let group = if tied.contains(id) {
            find_group(tx, scope, *id).await?
        } else {
            known.remove_entry(id).and_then(|one| kin::group(&Circle::from([one]), *id))
        };
        groups.extend(group.map(|group| (*id, group)));
    }
    Ok(groups)
}

/// Who is one person with a customer ([`kin`]).
async fn find_group(tx: &DatabaseTransaction, scope: Scope, start: CustomerId) -> Result<Option<Group>, StoreError> {
    match live(tx, start).await? {
        Some(own) => group_of(tx, scope, own.id).await,
        None => Ok(None),
    }
}

/// Who is one person with a customer who became nobody else.
async fn group_of(tx: &DatabaseTransaction, scope: Scope, own: CustomerId) -> Result<Option<Group>, StoreError> {
    let circle = circle(tx, scope, &[own].into()).await?;
    let group = kin::group(&circle, own);
    match group {
        Some(Group { root, claimed: true, .. }) if root != own => {
            let circle = self::circle(tx, scope, &[root].into()).await?;
            Ok(kin::group(&circle, own))
        }
        group => Ok(group),
    }
}

/// Everyone whose group may be another one when an id, an account or a click of these customers came or went: whoever was tied to them, or
/// is now, and those whom these alone tied to each other (IN-6). What an e-mail tied that went is found by who still has it
/// ([`having_email`]).
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn around(tx: &DatabaseTransaction, scope: Scope, starts: &BTreeSet<CustomerId>) -> Result<BTreeSet<CustomerId>, StoreError> {
    Ok(circle(tx, scope, starts).await?.into_keys().collect())
}

/// Whom it concerns when an e-mail of a customer came, went, or is another's since another time: those with it, unless the customer came
/// after so many that it changes nothing for them.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn having_email(
    tx: &DatabaseTransaction,
    scope: Scope,
    customer: CustomerId,
    email: &str,
) -> Result<BTreeSet<CustomerId>, StoreError> {
    let limit = kin::MOST + 2;
    let found = store::kin::having_emails(tx, scope, &[email.to_owned()].into(), limit).await?;
    let all: BTreeSet<CustomerId> = found.into_values().flatten().map(|(id, _)| id).collect();
    Ok(if all.len() < limit || all.contains(&customer) { all } else { BTreeSet::new() })
}

/// Everyone who can be reached from customers by e-mails and clicks, going on from those only to whom the merchant gave no id. A click that
/// too many share leads nowhere; an e-mail that too many have leads to the first of them, until there were too many.
async fn circle(tx: &DatabaseTransaction, scope: Scope, starts: &BTreeSet<CustomerId>) -> Result<Circle, StoreError> {
    let (mut circle, mut frontier) = (Circle::new(), starts.clone());
    let (mut emails, mut clicks): (BTreeMap<String, Having>, BTreeMap<ClickId, BTreeSet<CustomerId>>) = Default::default();
    // One more than counts is enough to know that there are too many.
    let (limit, most) = (kin::MOST + 1, kin::MOST * 8);
    while !frontier.is_empty() && circle.len() < most {
        let layer = store::kin::known(tx, &frontier.into_iter().collect::<Vec<_>>()).await?;
        let leads_on = layer.iter().filter(|(id, known)| starts.contains(id) || !known.claimed).map(|(_, known)| known);
        let fresh: BTreeSet<String> =
            leads_on.clone().flat_map(|known| known.emails.keys()).filter(|e| !emails.contains_key(*e)).cloned().collect();
        let by_email = store::kin::having_emails(tx, scope, &fresh, limit).await?;
        let fresh: BTreeSet<ClickId> = leads_on.flat_map(|known| &known.clicks).filter(|c| !clicks.contains_key(*c)).copied().collect();
        let by_click = store::kin::having_clicks(tx, &fresh, limit).await?;
        circle.extend(layer);
        let by_email_first = by_email.values().flat_map(|all| all.iter().take(kin::MOST).map(|(id, _)| *id));
        let by_click_few = by_click.values().filter(|all| all.len() <= kin::MOST).flatten().copied();
        frontier = by_email_first.chain(by_click_few).filter(|id| !circle.contains_key(id)).collect();
        emails.extend(by_email);
        clicks.extend(by_click);
    }
    for (id, known) in &mut circle {
        let told = known.emails.len();
        known.emails.retain(|email, _| emails.get(email).is_none_or(|all| all.iter().take(kin::MOST).any(|(first, _)| first == id)));
        known.crowded = known.emails.len() < told;
        for (email, since) in &mut known.emails {
            let crowded_at: Option<DateTime<Utc>> = emails.get(email).and_then(|all| all.get(kin::MOST)).map(|(_, at)| *at);
            since.ended_at = since.ended_at.into_iter().chain(crowded_at).min();
        }
        known.clicks.retain(|click| clicks.get(click).is_none_or(|all| all.len() <= kin::MOST));
    }
    Ok(circle)
}

/// The customer that this one became.
///
/// # Errors
/// [`StoreError`] when the database fails, or customers became each other.
pub async fn live(tx: &DatabaseTransaction, start: CustomerId) -> Result<Option<customer::Model>, StoreError> {
    let mut id = start;
    for _ in 0..LONGEST_CHAIN {
        let Some(row) = store::customer::by_id(tx, id).await? else {
            return Ok(None);
        };
        match row.merged_into {
            Some(next) => id = next,
            None => return Ok(Some(row)),
        }
    }
    Err(StoreError::Corrupt { what: "customer", why: format!("{start} became others without end") })
}
