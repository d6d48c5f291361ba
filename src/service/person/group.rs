//! Which customers are one person (ID-4, ID-5).

use std::collections::{BTreeMap, BTreeSet};

use entity::value::{CustomerId, IdentityKind};
use entity::{customer, identity};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use super::Group;
use crate::domain::access::Scope;
use crate::store::{self, StoreError};

/// How many customers one e-mail may tie together. Beyond it the e-mail is no evidence of one person.
const MEMBERS: usize = 50;

/// Finds the group of a customer and locks it. Groups change while locks are waited for, so it looks again until it holds what it sees.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn lock_group(tx: &DatabaseTransaction, scope: Scope, start: CustomerId) -> Result<Option<Group>, StoreError> {
    let mut group = find_group(tx, scope, start).await?;
    while let Some(seen) = group {
        let members: Vec<CustomerId> = seen.members.iter().copied().collect();
        store::customer::lock(tx, &members).await?;
        let again = find_group(tx, scope, start).await?;
        if again.as_ref() == Some(&seen) {
            return Ok(Some(seen));
        }
        group = again;
    }
    Ok(None)
}

/// ID-4, ID-5: customers without an id of the merchant's that share an e-mail are one person. Where exactly one customer with such an id has
/// the e-mail too, they are that one; where several have it, nobody knows.
async fn find_group<C: ConnectionTrait>(db: &C, scope: Scope, start: CustomerId) -> Result<Option<Group>, StoreError> {
    let Some(own) = live(db, start).await? else { return Ok(None) };
    if !own.claimed {
        let component = component(db, scope, own.id).await?;
        let mut claimed = component.claimed.iter();
        return match (claimed.next(), claimed.next()) {
            (Some(root), None) => claimed_group(db, scope, *root).await.map(Some),
            (Some(_), Some(_)) => Ok(Some(Group { root: own.id, members: [own.id].into(), claimed: false, ambiguous: true })),
            (None, _) => {
                let root = component.unclaimed.first().copied().unwrap_or(own.id);
                Ok(Some(Group { root, members: component.unclaimed, claimed: false, ambiguous: false }))
            }
        };
    }
    claimed_group(db, scope, own.id).await.map(Some)
}

/// A customer with an id of the merchant's, and everyone who leads to them alone.
async fn claimed_group<C: ConnectionTrait>(db: &C, scope: Scope, root: CustomerId) -> Result<Group, StoreError> {
    let mut members = BTreeSet::from([root]);
    let sharing = sharing(db, scope, &BTreeSet::from([root])).await?;
    for (id, claimed) in sharing {
        if claimed || members.contains(&id) {
            continue;
        }
        let component = component(db, scope, id).await?;
        if component.claimed.len() == 1 {
            members.extend(component.unclaimed);
        }
    }
    Ok(Group { root, members, claimed: true, ambiguous: false })
}

#[derive(Default)]
struct Component {
    unclaimed: BTreeSet<CustomerId>,
    claimed: BTreeSet<CustomerId>,
}

/// All customers without an id of the merchant's that are tied to `start` by e-mails, and those with one at its edge.
async fn component<C: ConnectionTrait>(db: &C, scope: Scope, start: CustomerId) -> Result<Component, StoreError> {
    let mut found = Component { unclaimed: BTreeSet::from([start]), claimed: BTreeSet::new() };
    let mut frontier = found.unclaimed.clone();
    while !frontier.is_empty() && found.unclaimed.len() < MEMBERS {
        let mut next = BTreeSet::new();
        for (id, claimed) in sharing(db, scope, &frontier).await? {
            if claimed {
                found.claimed.insert(id);
            } else if found.unclaimed.insert(id) {
                next.insert(id);
            }
        }
        frontier = next;
    }
    Ok(found)
}

/// Who shares an e-mail with any of these, and whether they have an id of the merchant's.
async fn sharing<C: ConnectionTrait>(db: &C, scope: Scope, ids: &BTreeSet<CustomerId>) -> Result<Vec<(CustomerId, bool)>, StoreError> {
    let own = store::identity::of_customers(db, &ids.iter().copied().collect::<Vec<_>>()).await?;
    let emails: BTreeSet<String> = own.into_iter().filter(is_email).map(|row| row.value).collect();
    let keys: Vec<_> = emails.into_iter().map(|value| (IdentityKind::EmailHash, value)).collect();
    let holders: BTreeSet<CustomerId> = store::identity::find(db, scope, &keys).await?.into_iter().map(|row| row.customer_id).collect();
    store::customer::claimed(db, &holders.into_iter().collect::<Vec<_>>()).await
}

fn is_email(row: &identity::Model) -> bool {
    row.kind == IdentityKind::EmailHash
}

/// The customer that this one became.
async fn live<C: ConnectionTrait>(db: &C, start: CustomerId) -> Result<Option<customer::Model>, StoreError> {
    let mut id = start;
    loop {
        let Some(row) = store::customer::by_id(db, id).await? else {
            return Ok(None);
        };
        match row.merged_into {
            Some(next) => id = next,
            None => return Ok(Some(row)),
        }
    }
}

/// The groups for which one of these customers stands, in the order of the customers; none of them was merged into another. Those with whom
/// nobody shares an e-mail, nearly all, are told by two queries.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn groups<C: ConnectionTrait>(db: &C, scope: Scope, customers: &[customer::Model]) -> Result<Vec<Group>, StoreError> {
    let ids: Vec<CustomerId> = customers.iter().map(|row| row.id).collect();
    let mut emails: BTreeMap<CustomerId, BTreeSet<String>> = BTreeMap::new();
    for row in store::identity::of_customers(db, &ids).await?.into_iter().filter(is_email) {
        emails.entry(row.customer_id).or_default().insert(row.value);
    }
    let keys: BTreeSet<_> = emails.values().flatten().map(|value| (IdentityKind::EmailHash, value.clone())).collect();
    let mut holders: BTreeMap<String, BTreeSet<CustomerId>> = BTreeMap::new();
    for row in store::identity::find(db, scope, &keys.into_iter().collect::<Vec<_>>()).await? {
        holders.entry(row.value).or_default().insert(row.customer_id);
    }
    let mut groups = Vec::with_capacity(customers.len());
    for row in customers {
        let own = emails.get(&row.id).into_iter().flatten();
        let shares = own.filter_map(|email| holders.get(email)).flatten().any(|holder| *holder != row.id);
        let group = if shares {
            find_group(db, scope, row.id).await?
        } else {
            Some(Group { root: row.id, members: [row.id].into(), claimed: row.claimed, ambiguous: false })
        };
        groups.extend(group.filter(|group| group.root == row.id));
    }
    Ok(groups)
}
