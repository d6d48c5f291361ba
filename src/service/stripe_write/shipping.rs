//! Putting shipping details and tracking numbers on payments (S2).

use std::collections::BTreeSet;

use entity::purchase;
use entity::stripe_write::Model;
use entity::value::{Capability, ConnectionId, PostalAddress, PurchaseId, ShippingDraft, StripeChange, StripeWriteId};
use sea_orm::DatabaseTransaction;

use super::ask::{NewWrite, action, connection_of, owe};
use crate::domain::access::{Scope, Viewer};
use crate::service::check::Faults;
use crate::service::settle::ring;
use crate::service::stripe_connection::capability::require;
use crate::service::terms::writer;
use crate::service::{Refusal, RefusalCode, ServiceError, Services};
use crate::store;
use crate::store::scoped::find;
use crate::stripe::lookup::Kind;

/// Stripe keeps no longer text in a field of shipping details, and all numbers stand in one.
const TEXT_LENGTH: usize = 500;
/// The most connections that are looked through for an id.
const MOST: u64 = 20;

/// Shipping details to be.
#[derive(Clone, Debug)]
pub struct NewShipping {
    /// Stripe's id of the payment, or of an invoice or checkout of a purchase that is known here, or the id of such a purchase.
    pub transaction: String,
    /// Where it is; found by what is known here when it is `None`.
    pub connection: Option<ConnectionId>,
    /// Who carries it; what stands there when it is `None`.
    pub carrier: Option<String>,
    /// The numbers to follow it by.
    pub tracking: Vec<String>,
    /// To whom it goes; what stands there when it is `None`.
    pub name: Option<String>,
    /// Their telephone; what stands there when it is `None`.
    pub phone: Option<String>,
    /// Where it goes; what stands there when it is `None`.
    pub address: Option<PostalAddress>,
}

/// Has shipping details put on a payment. The same again changes nothing at Stripe.
///
/// # Errors
/// Refused with the fields that cannot stand, when no payment is meant, and with `CAPABILITY_MISSING` where the connection may not; denied to
/// those who may not connect.
pub async fn set(services: &Services, viewer: &Viewer, input: NewShipping) -> Result<Model, ServiceError> {
    let scope = viewer.allow(action(entity::value::StripeWriteKind::Shipping))?;
    let draft = read(&input)?;
    let tx = services.db.begin().await?;
    let (connection, payment) = payment_of(&tx, scope, &input.transaction, input.connection).await?;
    let connection = connection_of(&tx, scope, connection).await?;
    require(&connection, Capability::WriteShipping, "connectionId")?;
    let change = StripeChange::Shipping(ShippingDraft { payment, ..draft });
    let id = StripeWriteId::new_at(services.clock.now());
    let new = NewWrite { id, connection: connection.id, change, enrollment: None, by: writer(viewer) };
    let (row, message) = owe(&tx, services, scope, new).await?;
    tx.commit().await?;
    ring(services, message.as_slice()).await;
    Ok(row)
}

/// The payment that an id means, and its connection where that is known.
pub(super) async fn payment_of(
    tx: &DatabaseTransaction,
    scope: Scope,
    id: &str,
    named: Option<ConnectionId>,
) -> Result<(Option<ConnectionId>, String), ServiceError> {
    let id = id.trim();
    let known = match id.parse::<PurchaseId>() {
        Ok(id) => find::<purchase::Entity, _>(tx, scope, id).await?,
        Err(_) => behind(tx, scope, id, named).await?,
    };
    if matches!(Kind::of(id), Some(Kind::Intent | Kind::Charge)) {
        let connection = named.or_else(|| known.and_then(|row| row.connection_id));
        return Ok((connection, id.to_owned()));
    }
    let row = known.ok_or_else(|| Refusal::not_found("transaction", "payment or purchase"))?;
    let references = store::purchase::references(tx, row.id).await?;
    match payment_among(&references) {
        Some(payment) => Ok((row.connection_id, payment)),
        None => Err(Refusal::new("transaction", RefusalCode::WrongState, "no payment of this purchase is known yet").into()),
    }
}

/// An intent leads to its charge, whichever that is by then; a charge alone is taken as it is.
fn payment_among(references: &BTreeSet<String>) -> Option<String> {
    let of = |kind: Kind| references.iter().find(move |id| Kind::of(id) == Some(kind)).cloned();
    of(Kind::Intent).or_else(|| of(Kind::Charge))
}

/// The purchase that owns an id of Stripe's.
async fn behind(
    tx: &DatabaseTransaction,
    scope: Scope,
    id: &str,
    named: Option<ConnectionId>,
) -> Result<Option<purchase::Model>, ServiceError> {
    let connections = match named {
        Some(id) => vec![id],
        None => store::connection::some(tx, scope, MOST).await?.into_iter().map(|row| row.id).collect(),
    };
    for connection in connections {
        if let Some(found) = store::purchase::owners(tx, connection, scope, &[id.to_owned()].into()).await?.first() {
            return Ok(store::purchase::live(tx, *found).await?);
        }
    }
    Ok(None)
}

/// The details as they are to stand at Stripe.
fn read(input: &NewShipping) -> Result<ShippingDraft, ServiceError> {
    let mut faults = Faults::default();
    let tracking: Vec<String> = input.tracking.iter().map(|number| number.trim().to_owned()).filter(|number| !number.is_empty()).collect();
    if tracking.is_empty() {
        faults.add("trackingNumbers", RefusalCode::Required, "give at least one tracking number");
    }
    if tracking.iter().any(|number| number.contains(',')) {
        faults.add("trackingNumbers", RefusalCode::Invalid, "give each number by itself, without commas");
    }
    if tracking.join(",").chars().count() > TEXT_LENGTH {
        faults.add("trackingNumbers", RefusalCode::OutOfRange, format!("all numbers together may have {TEXT_LENGTH} characters"));
    }
    let mut text = |field: &str, text: &Option<String>| {
        let text = text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        if text.as_ref().is_some_and(|text| text.chars().count() > TEXT_LENGTH || text.chars().any(char::is_control)) {
            faults.add(field, RefusalCode::Invalid, format!("must stand on one line of at most {TEXT_LENGTH} characters"));
        }
        text
    };
    let address = input.address.as_ref().map(|address| PostalAddress {
        line1: text("address.line1", &address.line1),
        line2: text("address.line2", &address.line2),
        city: text("address.city", &address.city),
        state: text("address.state", &address.state),
        postal_code: text("address.postalCode", &address.postal_code),
        country: text("address.country", &address.country).map(|country| country.to_uppercase()),
    });
    let (carrier, name, phone) = (text("carrier", &input.carrier), text("name", &input.name), text("phone", &input.phone));
    if let Some(address) = &address {
        if address.line1.is_none() {
            faults.add("address.line1", RefusalCode::Required, "an address needs its first line");
        }
        let country = address.country.as_ref().is_none_or(|text| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase()));
        if !country {
            faults.add("address.country", RefusalCode::Invalid, "must be the two letters of a country, such as DE");
        }
    }
    faults.done()?;
    Ok(ShippingDraft { payment: String::new(), carrier, tracking, name, phone, address })
}

#[cfg(test)]
mod tests {
    use super::{NewShipping, PostalAddress, ServiceError, payment_among, read};

    fn refused(change: impl FnOnce(&mut NewShipping)) -> Vec<String> {
        let mut input = NewShipping {
            transaction: "pi_1".into(),
            connection: None,
            carrier: Some(" DHL ".into()),
            tracking: vec![" 1Z ".into(), "2Z".into()],
            name: None,
            phone: Some(String::new()),
            address: None,
        };
        change(&mut input);
        match read(&input) {
            Ok(draft) => {
                assert_eq!((draft.carrier.as_deref(), draft.phone), (Some("DHL"), None));
                assert_eq!(draft.tracking, ["1Z", "2Z"]);
                Vec::new()
            }
            Err(ServiceError::Refused(all)) => all.into_iter().map(|one| one.field.join(".")).collect(),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn s2_what_cannot_stand_is_refused_before_stripe_is_asked() {
        assert_eq!(refused(|_| {}), Vec::<String>::new());
        assert_eq!(refused(|shipping| shipping.tracking = vec![" ".into()]), ["trackingNumbers"]);
        assert_eq!(refused(|shipping| shipping.tracking = vec!["1,2".into()]), ["trackingNumbers"]);
        assert_eq!(refused(|shipping| shipping.tracking = vec!["1".repeat(501)]), ["trackingNumbers"]);
        assert_eq!(refused(|shipping| shipping.name = Some("a\nb".into())), ["name"]);
        let address = |country: &str| PostalAddress { country: Some(country.to_owned()), ..PostalAddress::default() };
        assert_eq!(refused(|shipping| shipping.address = Some(address("DEU"))), ["address.line1", "address.country"]);
    }

    #[test]
    fn s2_an_intent_leads_to_its_charge() {
        let of = |ids: &[&str]| payment_among(&ids.iter().map(|id| (*id).to_owned()).collect());
        assert_eq!(of(&["ch_1", "in_1", "pi_1"]).as_deref(), Some("pi_1"));
        assert_eq!(of(&["in_1", "py_1"]).as_deref(), Some("py_1"));
        assert_eq!(of(&["in_1"]), None);
    }
}
