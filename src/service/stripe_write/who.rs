//! Writing who brought a customer or payment into its metadata at Stripe, where other software and people see it.

use std::collections::BTreeMap;

use entity::stripe_write::Model;
use entity::value::{
    AttributionDraft, Capability, ConnectionId, CustomerId, EnrollmentId, IdentityKind, PurchaseId, StripeChange, StripeWriteId,
    StripeWriteKind,
};
use entity::{customer, enrollment, purchase};
use sea_orm::DatabaseTransaction;

use super::ask::{NewWrite, action, connection_of, owe};
use super::shipping::payment_of;
use crate::domain::access::{Scope, Viewer};
use crate::service::identity::place;
use crate::service::settle::ring;
use crate::service::stripe_connection::capability::require;
use crate::service::terms::writer;
use crate::service::{Refusal, RefusalCode, ServiceError, Services};
use crate::store;
use crate::store::scoped::find;

/// The keys. None of them is one by which a merchant speaks to Tributary, so what is written never counts as evidence when it comes back.
const PARTNER: &str = "tributary_attributed_partner";
const ENROLLMENT: &str = "tributary_attributed_enrollment";
const PROGRAM: &str = "tributary_attributed_program";
const REASON: &str = "tributary_attributed_reason";
/// The most customers at Stripe that one person is written to.
const MOST: usize = 20;

/// What is written to.
#[derive(Clone, Copy, Debug)]
pub enum Attributed {
    /// A customer, wherever they are one at Stripe: to whom they are bound.
    Customer(CustomerId),
    /// The payment of a purchase: who won it.
    Purchase(PurchaseId),
}

/// Has it written who brought a customer or won a purchase; where nobody did, the keys are taken away.
///
/// # Errors
/// Refused when there is no such thing, or it is not known at Stripe, and with `CAPABILITY_MISSING` where the connection may not; denied to
/// those who may not connect.
pub async fn write(services: &Services, viewer: &Viewer, what: Attributed) -> Result<Vec<Model>, ServiceError> {
    let scope = viewer.allow(action(StripeWriteKind::Attribution))?;
    let tx = services.db.begin().await?;
    let (objects, metadata) = match what {
        Attributed::Customer(id) => of_customer(&tx, scope, id).await?,
        Attributed::Purchase(id) => of_purchase(&tx, scope, id).await?,
    };
    let (mut rows, mut messages) = (Vec::new(), Vec::new());
    for (connection, object) in objects {
        let connection = connection_of(&tx, scope, Some(connection)).await?;
        require(&connection, Capability::WriteAttribution, "")?;
        let change = StripeChange::Attribution(AttributionDraft { object, metadata: metadata.clone() });
        let id = StripeWriteId::new_at(services.clock.now());
        let new = NewWrite { id, connection: connection.id, change, enrollment: None, by: writer(viewer) };
        let (row, message) = owe(&tx, services, scope, new).await?;
        rows.push(row);
        messages.extend(message);
    }
    tx.commit().await?;
    ring(services, &messages).await;
    Ok(rows)
}

type Objects = Vec<(ConnectionId, String)>;

async fn of_customer(tx: &DatabaseTransaction, scope: Scope, id: CustomerId) -> Result<(Objects, BTreeMap<String, String>), ServiceError> {
    let missing = || Refusal::not_found("customerId", "customer");
    let row = find::<customer::Entity, _>(tx, scope, id).await?.ok_or_else(missing)?;
    let identities = store::identity::of_customers(tx, &[row.id]).await?;
    let at_stripe = identities.iter().filter(|identity| identity.kind == IdentityKind::StripeCustomer);
    let named = at_stripe.filter_map(|identity| place(&identity.value));
    let objects: Objects = named.map(|(connection, object)| (connection, object.to_owned())).take(MOST).collect();
    if objects.is_empty() {
        return Err(Refusal::new("customerId", RefusalCode::WrongState, "this customer is not known at Stripe").into());
    }
    let bindings = store::binding::of_customers(tx, &[row.id]).await?;
    let bound = bindings.into_iter().filter(|binding| binding.ended_at.is_none()).max_by_key(|binding| binding.bound_at);
    let metadata = words(tx, scope, bound.as_ref().map(|binding| binding.enrollment_id), bound.map(|_| "BOUND")).await?;
    Ok((objects, metadata))
}

async fn of_purchase(tx: &DatabaseTransaction, scope: Scope, id: PurchaseId) -> Result<(Objects, BTreeMap<String, String>), ServiceError> {
    let missing = || Refusal::not_found("purchaseId", "purchase");
    let row = find::<purchase::Entity, _>(tx, scope, id).await?.ok_or_else(missing)?;
    let (connection, payment) = payment_of(tx, scope, &row.id.to_string(), None).await?;
    let connection = connection.ok_or_else(missing)?;
    let decision = store::read::decision::current(tx, scope, &[row.id]).await?.remove(&row.id);
    let decision = decision.ok_or_else(|| Refusal::new("purchaseId", RefusalCode::WrongState, "this purchase is not decided yet"))?;
    let metadata = words(tx, scope, decision.enrollment_id, Some(decision.reason.as_str())).await?;
    Ok((vec![(connection, payment)], metadata))
}

/// The keys and what they say; an empty value takes its key away.
async fn words(
    tx: &DatabaseTransaction,
    scope: Scope,
    winner: Option<EnrollmentId>,
    reason: Option<&str>,
) -> Result<BTreeMap<String, String>, ServiceError> {
    let row = match winner {
        Some(id) => find::<enrollment::Entity, _>(tx, scope, id).await?,
        None => None,
    };
    let text = |of: fn(&enrollment::Model) -> String| row.as_ref().map(of).unwrap_or_default();
    let words = [
        (PARTNER, text(|row| row.partner_id.to_string())),
        (ENROLLMENT, text(|row| row.id.to_string())),
        (PROGRAM, text(|row| row.program_id.to_string())),
        (REASON, reason.unwrap_or_default().to_owned()),
    ];
    Ok(words.map(|(key, value)| (key.to_owned(), value)).into())
}

#[cfg(test)]
mod tests {
    use super::{ENROLLMENT, PARTNER, PROGRAM, REASON};
    use crate::stripe::event::metadata;

    #[test]
    fn what_is_written_is_never_read_as_evidence() {
        for key in [PARTNER, ENROLLMENT, PROGRAM, REASON] {
            assert!(key.starts_with("tributary_") && key.len() <= 40, "{key}");
            assert!(![metadata::CUSTOMER_ID, metadata::PARTNER, metadata::SKIP, metadata::TOKEN].contains(&key), "{key}");
        }
    }
}
