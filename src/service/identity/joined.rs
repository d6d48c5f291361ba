//! Making customers one, and their e-mails those that all sources state (ID-7).

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entity::customer;
use entity::value::{CustomerId, Mode};
use sea_orm::DatabaseTransaction;

use crate::domain::access::Scope;
use crate::domain::insight::Adds;
use crate::service::kin;
use crate::store::{self, StoreError};

/// Makes the e-mails of a customer those that all sources state. Gives who shares those that changed.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub(in crate::service) async fn set_emails(
    tx: &DatabaseTransaction,
    scope: Scope,
    customer: CustomerId,
    now: DateTime<Utc>,
) -> Result<BTreeSet<CustomerId>, StoreError> {
    let stated = store::claim::emails(tx, customer).await?;
    let changed = store::identity::set_emails(tx, scope, customer, &stated, now).await?;
    let mut concerned = BTreeSet::new();
    for value in changed {
        concerned.extend(kin::having_email(tx, scope, customer, &value).await?);
    }
    Ok(concerned)
}

/// Makes the name and the address of a customer those that all sources state, whatever order they came in.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub(in crate::service) async fn set_called(tx: &DatabaseTransaction, customer: CustomerId) -> Result<(), StoreError> {
    let called = store::claim::called(tx, customer).await?;
    store::customer::call(tx, customer, &called).await
}

/// ID-7: everything of one customer becomes another's. Their bindings and decisions follow from the next settling.
pub(in crate::service) async fn join(
    tx: &DatabaseTransaction,
    from: &customer::Model,
    to: CustomerId,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    // What the one that goes had added to the figures, the other one adds from now on.
    let scope = Scope::merchant_wide(from.merchant_id, Mode::from_livemode(from.livemode));
    store::insight::count(tx, scope, [(from.id.uuid(), Adds::nothing())].into(), now).await?;
    store::claim::move_to(tx, from.id, to).await?;
    store::identity::move_to(tx, from.id, to).await?;
    store::purchase::move_to(tx, from.id, to).await?;
    store::touch::move_to(tx, from.id, to).await?;
    store::binding::move_to(tx, from.id, to).await?;
    store::trial::move_to(tx, from.id, to).await?;
    store::commission::move_to(tx, from.id, to).await?;
    store::tally::move_to(tx, from.id, to).await?;
    if let Some(at) = from.signed_up_at {
        store::customer::signed_up(tx, to, at).await?;
    }
    store::customer::merge_into(tx, from.id, to).await
}
