//! Sign-ups, and customers told of by a merchant's server (S15).

use chrono::{DateTime, Utc};
use entity::value::{ClickId, CustomerId, EnrollmentId, TouchKind};
use sea_orm::DatabaseTransaction;

use super::evidence::{blank, clicks_of_visitor};
use super::facts::person_key;
use super::identity::{Claims, resolve};
use super::settle::{ring, settle};
use super::{ServiceError, Services, retry};
use crate::auth::email::Email;
use crate::domain::access::Scope;
use crate::store::touch::Draft as Touch;
use crate::store::{self, StoreError};

/// One sign-up.
#[derive(Clone, Debug)]
pub struct SignUp {
    /// The merchant's id of the customer; without one the e-mail has to do.
    pub external_id: Option<String>,
    /// The e-mail, normalised.
    pub email: Option<Email>,
    /// The name.
    pub name: Option<String>,
    /// The click that led here: its token was checked.
    pub click: Option<ClickId>,
    /// The partner, named outright by a merchant's server.
    pub enrollment: Option<EnrollmentId>,
    /// When.
    pub at: DateTime<Utc>,
}

/// What became of a sign-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignedUp {
    /// The customer.
    pub customer: CustomerId,
    /// Whether this was the first that was heard of the customer's sign-up.
    pub first: bool,
}

/// Records a sign-up and settles the customer. Telling it again changes nothing: the first one stays (S15).
///
/// # Errors
/// [`ServiceError`] when the database fails.
pub async fn sign_up(services: &Services, scope: Scope, signup: SignUp) -> Result<SignedUp, ServiceError> {
    let (signed_up, messages) = retry::races(|| async {
        let tx = services.db.begin().await?;
        let signed_up = record(&tx, services, scope, &signup).await?;
        let now = services.clock.now();
        let messages = if signed_up.first { settle(&tx, scope, &[signed_up.customer].into(), now).await? } else { Vec::new() };
        tx.commit().await?;
        Ok((signed_up, messages))
    })
    .await?;
    ring(services, &messages).await;
    Ok(signed_up)
}

async fn record(tx: &DatabaseTransaction, services: &Services, scope: Scope, signup: &SignUp) -> Result<SignedUp, ServiceError> {
    let hash = signup.email.as_ref().map(|email| services.hashes.email_hash(email));
    let keys = signup.external_id.iter().chain(&hash).map(|value| person_key(scope, value));
    store::lock::acquire(tx, keys).await?;
    // Without an id of the merchant's the e-mail stands for the customer, in a name space of its own.
    let external_id = signup.external_id.clone().or_else(|| hash.map(|hash| format!("email:{hash}")));
    let claims = Claims {
        source: "signup".to_owned(),
        external_ids: external_id.into_iter().collect(),
        email: signup.email.clone(),
        name: signup.name.clone(),
        ..Claims::default()
    };
    let now = services.clock.now();
    let customer = resolve(tx, services, scope, &claims, None, now).await?;
    let known = store::customer::lock(tx, &[customer]).await?;
    if known.first().is_some_and(|row| row.signed_up_at.is_some()) {
        return Ok(SignedUp { customer, first: false });
    }
    store::customer::signed_up(tx, customer, signup.at).await?;
    let touches = touches(tx, scope, customer, signup).await?;
    store::touch::save(tx, scope, touches, now).await?;
    Ok(SignedUp { customer, first: true })
}

/// The sign-up itself, the clicks of its visitor, and the partner that a server named.
async fn touches(tx: &DatabaseTransaction, scope: Scope, customer: CustomerId, signup: &SignUp) -> Result<Vec<Touch>, StoreError> {
    let name = format!("signup:{customer}");
    let mut touches = vec![Touch { click: signup.click, ..blank(customer, TouchKind::Signup, name.clone(), signup.at) }];
    if let Some(id) = signup.click
        && let Some(click) = store::click::find(tx, scope, id).await?
    {
        touches.extend(clicks_of_visitor(tx, scope, customer, &click, signup.at).await?);
    }
    if signup.enrollment.is_some() {
        touches.push(Touch { enrollment: signup.enrollment, ..blank(customer, TouchKind::Manual, name, signup.at) });
    }
    Ok(touches)
}
