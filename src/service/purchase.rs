//! What people say of purchases by hand.

use entity::purchase;
use entity::value::{InterventionKind, PurchaseId};

use super::facts::{Source, take_link};
use super::settle::{ring, settle};
use super::{Refusal, RefusalCode, ServiceError, Services, intervention, retry};
use crate::domain::access::{Action, Scope, Viewer};
use crate::domain::fact::Fact;
use crate::domain::purchase::KeyKind;
use crate::store;
use crate::store::scoped::find;

/// Says of a payment of which nobody told whether an invoice stands behind it: it is the money of the invoice `same_as`, or a purchase of its
/// own (SL-8). The word is stored like what Stripe tells. What became one purchase stays one.
///
/// # Errors
/// [`ServiceError::Refused`] when there is no such payment, or the invoice behind it is known already; denied to those who may not move money.
pub async fn resolve(
    services: &Services,
    viewer: &Viewer,
    id: PurchaseId,
    same_as: Option<PurchaseId>,
) -> Result<purchase::Model, ServiceError> {
    let scope = viewer.allow(Action::MoveMoney)?;
    let (row, messages) = retry::races(|| async {
        let now = services.clock.now();
        let tx = services.db.begin().await?;
        let row = find::<purchase::Entity, _>(&tx, scope, id).await?.ok_or_else(|| Refusal::not_found("id", "purchase"))?;
        let known = || Refusal::new("id", RefusalCode::WrongState, "it is known whether an invoice stands behind this purchase");
        let connection = row.connection_id.ok_or_else(known)?;
        let facts = store::snapshot::of_purchase(&tx, id).await?;
        let open: Vec<&str> = facts.iter().filter(|(_, fact)| is_open(fact)).map(|(object, _)| object.as_str()).collect();
        if open.is_empty() {
            return Err(known().into());
        }
        let invoice = match same_as {
            Some(other) => Some(invoice_of(&tx, scope, &row, other).await?),
            None => None,
        };
        let source = Source { scope, connection, now };
        let customers = take_link(&tx, services, &source, &open, invoice.as_deref()).await?;
        let mut note = intervention::blank(viewer, scope, InterventionKind::PurchaseLink, now);
        (note.customer_id, note.purchase_id) = (row.customer_id, Some(id));
        note.what = match &invoice {
            Some(invoice) => format!("{} is the money of {invoice}", row.key),
            None => format!("{} is a purchase of its own", row.key),
        };
        intervention::note(&tx, note).await?;
        let messages = settle(&tx, scope, &customers, now).await?;
        let live = store::purchase::live(&tx, id).await?;
        tx.commit().await?;
        let live = live.ok_or_else(|| ServiceError::Internal("a purchase that was just changed is not there".to_owned()))?;
        Ok((live, messages))
    })
    .await?;
    ring(services, &messages).await;
    Ok(row)
}

fn is_open(fact: &Fact) -> bool {
    match fact {
        Fact::Intent(intent) => intent.invoice.is_open(),
        Fact::Charge(charge) => charge.invoice.is_open(),
        _ => false,
    }
}

/// The id of the invoice of another purchase of the same connection.
async fn invoice_of(
    tx: &sea_orm::DatabaseTransaction,
    scope: Scope,
    payment: &purchase::Model,
    other: PurchaseId,
) -> Result<String, ServiceError> {
    let row = find::<purchase::Entity, _>(tx, scope, other).await?.ok_or_else(|| Refusal::not_found("sameAs", "purchase"))?;
    let key = store::purchase::state(&row)?.key;
    if row.connection_id != payment.connection_id || key.kind != KeyKind::Invoice {
        let text = "name a purchase by invoice of the same connection, of which this payment is the money";
        return Err(Refusal::new("sameAs", RefusalCode::Invalid, text).into());
    }
    Ok(key.object)
}
