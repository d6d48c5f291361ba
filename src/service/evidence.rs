//! The evidence that purchases, checkouts and codes carry, stored as touches (AT-1) and as codes of partners (CS).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use entity::click;
use entity::value::{ClickId, CustomerId, TouchKind};
use sea_orm::DatabaseTransaction;

use super::affected::Affected;
use super::facts::Source;
use super::identity::at_connection;
use super::{ServiceError, Services, kin};
use crate::auth::click_token::ClickToken;
use crate::domain;
use crate::domain::access::Scope;
use crate::domain::fact::{Checkout, Code, Fact};
use crate::domain::purchase::{PurchaseState, Reference};
use crate::store::purchase::Draft as Purchase;
use crate::store::touch::Draft as Touch;
use crate::store::{self, StoreError};

/// How many earlier clicks of one visitor are looked at. More than any real visitor has within a window.
const CLICKS_OF_A_VISITOR: u64 = 50;

/// Stores the evidence of a purchase: client references, codes, partners named in metadata. Gives everyone for whom that may change who
/// is one person with whom (ID-2).
///
/// # Errors
/// [`ServiceError`] when the database fails.
pub async fn of_purchase(
    tx: &DatabaseTransaction,
    services: &Services,
    source: &Source,
    purchase: &Purchase<'_>,
) -> Result<BTreeSet<CustomerId>, ServiceError> {
    let state = purchase.state;
    let (mut touches, mut clicks) = (Vec::new(), BTreeSet::new());
    for reference in &state.references {
        if let Some(click) = click_named(tx, services, source, &reference.text).await? {
            let touch = reference_touch(source, purchase.customer, reference, &click);
            touches.push(Touch { purchase: Some(purchase.id), ..touch });
            clicks.insert(click.id);
            touches.extend(clicks_of_visitor(tx, source.scope, purchase.customer, &click, reference.at).await?);
        }
    }
    let at = state.at.unwrap_or(state.known_at);
    let blank = blank(purchase.customer, TouchKind::Coupon, purchase.id.to_string(), at);
    for (position, code) in (0..).zip(codes(tx, source, state).await?) {
        touches.push(Touch {
            position,
            promotion_code: code.promotion_code.map(|id| at_connection(source.connection, &id)),
            coupon: code.coupon.map(|id| at_connection(source.connection, &id)),
            purchase: Some(purchase.id),
            ..blank.clone()
        });
    }
    for (position, key) in (0..).zip(&state.partner_keys) {
        let partner_key = Some(key.clone());
        touches.push(Touch { kind: TouchKind::Metadata, position, partner_key, purchase: Some(purchase.id), ..blank.clone() });
    }
    let fresh = newly_carried(tx, purchase.customer, &clicks).await?;
    store::touch::save(tx, source.scope, distinct(touches), source.now).await?;
    Ok(carriers(tx, source.scope, purchase.customer, &fresh).await?)
}

/// Those of these clicks with which the customer did not sign up or buy yet.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn newly_carried(
    tx: &DatabaseTransaction,
    customer: CustomerId,
    clicks: &BTreeSet<ClickId>,
) -> Result<BTreeSet<ClickId>, StoreError> {
    let known = store::kin::clicks(tx, &[customer]).await?;
    Ok(clicks.iter().copied().filter(|click| !known.contains(&(customer, *click))).collect())
}

/// Everyone whose person may be another one when a customer signed up or bought with these clicks for the first time: whoever did so too, and
/// all around them (ID-2).
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn carriers(
    tx: &DatabaseTransaction,
    scope: Scope,
    customer: CustomerId,
    clicks: &BTreeSet<ClickId>,
) -> Result<BTreeSet<CustomerId>, StoreError> {
    if clicks.is_empty() {
        return Ok(BTreeSet::new());
    }
    let limit = domain::kin::MOST + 2;
    let found = store::kin::having_clicks(tx, clicks, limit).await?;
    // Beyond the limit one more changes nothing.
    let with: BTreeSet<CustomerId> = found.into_values().filter(|all| all.len() < limit).flatten().chain([customer]).collect();
    kin::around(tx, scope, &with).await
}

/// Stores the evidence of a checkout that is no purchase (AT-13): a set-up is a conversion; of one that was left, only the visitor's clicks
/// are kept.
///
/// # Errors
/// [`ServiceError`] when the database fails.
pub async fn of_checkout(
    tx: &DatabaseTransaction,
    services: &Services,
    source: &Source,
    customer: CustomerId,
    object: &str,
    checkout: &Checkout,
) -> Result<BTreeSet<CustomerId>, ServiceError> {
    let Some(text) = checkout.persona.client_reference.clone() else {
        return Ok(BTreeSet::new());
    };
    let Some(click) = click_named(tx, services, source, &text).await? else {
        return Ok(BTreeSet::new());
    };
    let until = checkout.done_at().unwrap_or(checkout.created_at);
    let mut touches = clicks_of_visitor(tx, source.scope, customer, &click, until).await?;
    if let Some(at) = checkout.done_at() {
        touches.push(reference_touch(source, customer, &Reference { object: object.to_owned(), text, at }, &click));
    }
    let carried: BTreeSet<ClickId> = checkout.done_at().map(|_| click.id).into_iter().collect();
    let fresh = newly_carried(tx, customer, &carried).await?;
    store::touch::save(tx, source.scope, touches, source.now).await?;
    Ok(carriers(tx, source.scope, customer, &fresh).await?)
}

/// Stores the clicks that a visitor made up to `at` as touches of a customer, the named one included.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn clicks_of_visitor(
    tx: &DatabaseTransaction,
    scope: Scope,
    customer: CustomerId,
    click: &click::Model,
    at: DateTime<Utc>,
) -> Result<Vec<Touch>, StoreError> {
    let clicks = store::click::of_visitor(tx, scope, click.visitor, at, CLICKS_OF_A_VISITOR).await?;
    let touch = |click: click::Model| Touch {
        click: Some(click.id),
        ..blank(customer, TouchKind::Click, format!("{customer}/{}", click.id), click.clicked_at)
    };
    Ok(clicks.into_iter().map(touch).collect())
}

/// The click whose token a text contains, if the token is ours, whole and of this merchant and mode. Anything else is no error (AT-12).
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn click_named(
    tx: &DatabaseTransaction,
    services: &Services,
    source: &Source,
    text: &str,
) -> Result<Option<click::Model>, StoreError> {
    let Some(token) = ClickToken::find_in(text) else { return Ok(None) };
    let click = store::click::find(tx, source.scope, token.click).await?;
    Ok(click.filter(|click| services.click_tokens.verify(&token, click.program_id)))
}

fn reference_touch(source: &Source, customer: CustomerId, reference: &Reference, click: &click::Model) -> Touch {
    let name = at_connection(source.connection, &reference.object);
    Touch { click: Some(click.id), ..blank(customer, TouchKind::ClientReference, name, reference.at) }
}

/// A touch that says nothing yet.
#[must_use]
pub fn blank(customer: CustomerId, kind: TouchKind, source: String, at: DateTime<Utc>) -> Touch {
    Touch {
        customer,
        kind,
        source,
        position: 0,
        at,
        click: None,
        promotion_code: None,
        coupon: None,
        partner_key: None,
        enrollment: None,
        purchase: None,
    }
}

/// One statement cannot store one touch twice: of two with one name the later stands.
fn distinct(touches: Vec<Touch>) -> Vec<Touch> {
    let named: BTreeMap<_, _> = touches.into_iter().map(|t| ((t.kind.as_str(), t.source.clone(), t.position), t)).collect();
    named.into_values().collect()
}

/// The codes of a purchase in order: those told whole, then those told by the id of a discount that is known (CS-7).
///
/// # Errors
/// [`StoreError`] when the database fails.
async fn codes(tx: &DatabaseTransaction, source: &Source, state: &PurchaseState) -> Result<Vec<Code>, StoreError> {
    let ids: Vec<&str> = state.discounts.iter().map(String::as_str).collect();
    Ok(codes_among(state, &store::snapshot::facts(tx, source.connection, source.scope, &ids).await?))
}

/// The same where what is known of its discounts, and maybe of more, was read already.
#[must_use]
pub fn codes_among(state: &PurchaseState, known: &BTreeMap<String, Fact>) -> Vec<Code> {
    let mut codes = state.codes.clone();
    for id in &state.discounts {
        if let Some(Fact::Discount(discount)) = known.get(id) {
            let says_something = discount.code.promotion_code.is_some() || discount.code.coupon.is_some();
            let told = codes.iter().any(|code| covers(code, &discount.code));
            if says_something && !told {
                codes.push(discount.code.clone());
            }
        }
    }
    codes
}

/// Whether a code that is told says everything that another one does.
fn covers(told: &Code, other: &Code) -> bool {
    told == other || (other.promotion_code.is_none() && told.coupon == other.coupon)
}

/// Stores what was told of a coupon or promotion code, and makes the customers due of whose purchases it may say something else now: a code
/// that cannot be used is nobody's (CS-5).
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn of_code(tx: &DatabaseTransaction, source: &Source, object: &str, fact: &Fact) -> Result<(), StoreError> {
    let Source { scope, connection, now } = *source;
    let stripe_id = object.to_owned();
    let (changed, what) = match fact {
        Fact::Coupon(coupon) => {
            (store::code::save_coupon(tx, scope, connection, object, coupon, now).await?, Affected::Coupon { connection, stripe_id })
        }
        Fact::PromotionCode(code) => (
            store::code::save_promotion_code(tx, scope, connection, object, code, now).await?,
            Affected::PromotionCode { connection, stripe_id },
        ),
        _ => return Ok(()),
    };
    if changed {
        store::affected::make_due(tx, scope, &what, now).await?;
    }
    Ok(())
}
