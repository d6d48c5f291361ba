//! Sign-ups, and customers told of by a merchant's server (S15).
//!
//! Every call adds what it says to what was said before: the same person may be told of by the page and by the server, in any order, with
//! the partner in one call and the e-mail in the other.

use chrono::{DateTime, Utc};
use entity::value::{ClickId, CustomerId, EnrollmentId, TouchKind};
use sea_orm::DatabaseTransaction;

use super::evidence::{blank, carriers, clicks_of_visitor};
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
    /// Whether a page told of it, as anybody can, and not the merchant's server.
    pub by_page: bool,
    /// When.
    pub at: DateTime<Utc>,
}

/// What became of a sign-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignedUp {
    /// The customer.
    pub customer: CustomerId,
    /// Whether anything was new about it.
    pub news: bool,
}

/// Records a sign-up and settles everyone whom it concerns. Telling it again changes nothing (S15).
///
/// # Errors
/// [`ServiceError`] when the database fails.
pub async fn sign_up(services: &Services, scope: Scope, signup: SignUp) -> Result<SignedUp, ServiceError> {
    let (signed_up, messages) = retry::races(|| async {
        let tx = services.db.begin().await?;
        let hash = signup.email.as_ref().map(|email| services.hashes.email_hash(email));
        let keys = signup.external_id.iter().chain(&hash).map(|value| person_key(scope, value));
        store::lock::acquire(&tx, keys).await?;
        let now = services.clock.now();
        let claims = claims(&signup, hash.as_deref());
        let resolved = resolve(&tx, services, scope, &claims, None, now).await?;
        let customer = resolved.customer;
        let first = store::customer::signed_up(&tx, customer, signup.at).await?;
        let touches = touches(&tx, scope, customer, &claims.source, &signup).await?;
        let brought = store::touch::add(&tx, scope, touches, now).await?;
        let news = resolved.news || first || brought;
        let mut concerned = resolved.concerned;
        concerned.extend(carriers(&tx, &signup.click.into_iter().collect()).await?);
        let messages = if news { settle(&tx, scope, &concerned, now).await? } else { Vec::new() };
        tx.commit().await?;
        Ok((SignedUp { customer, news }, messages))
    })
    .await?;
    ring(services, &messages).await;
    Ok(signed_up)
}

/// Whom a sign-up speaks of. Without an id of the merchant's the e-mail stands for the customer, as a checkout does for a guest: that is not
/// an id of the merchant's, so a customer who has one and the same e-mail is the same person (ID-4).
fn claims(signup: &SignUp, hash: Option<&str>) -> Claims {
    let by_email = signup.external_id.is_none().then(|| hash.map(|hash| format!("email:{hash}"))).flatten();
    let who = match (&signup.external_id, &by_email) {
        (Some(id), _) => format!("id/{id}"),
        (None, by_email) => by_email.clone().unwrap_or_default(),
    };
    // ID-4: anybody can claim an e-mail on a page; who brings a click of ours is at least not anybody.
    let trusted = !signup.by_page || signup.click.is_some();
    Claims {
        source: format!("signup:{}/{who}", if trusted { "known" } else { "page" }),
        external_ids: signup.external_id.iter().cloned().collect(),
        behind: Vec::new(),
        buyer: None,
        guests: by_email.into_iter().collect(),
        email: signup.email.clone(),
        name: signup.name.clone(),
        at: signup.at,
        until: None,
        trusted,
        grows: true,
    }
}

/// The sign-up itself with what it names, and the clicks of its visitor. Two calls that name the same are one touch.
async fn touches(
    tx: &DatabaseTransaction,
    scope: Scope,
    customer: CustomerId,
    source: &str,
    signup: &SignUp,
) -> Result<Vec<Touch>, StoreError> {
    let named = signup.click.map(|id| id.to_string()).or_else(|| signup.enrollment.map(|id| id.to_string())).unwrap_or_default();
    let own = blank(customer, TouchKind::Signup, format!("{source}/{named}"), signup.at);
    let mut touches = vec![Touch { click: signup.click, enrollment: signup.enrollment, ..own }];
    if let Some(id) = signup.click
        && let Some(click) = store::click::find(tx, scope, id).await?
    {
        touches.extend(clicks_of_visitor(tx, scope, customer, &click, signup.at).await?);
    }
    Ok(touches)
}
