//! Sign-ups, and customers told of by a merchant's server (S15).
//!
//! Every call adds what it says to what was said before: the same person may be told of by the page and by the server, in any order, with
//! the partner in one call and the e-mail in the other.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entity::touch;
use entity::value::{ClickId, CustomerId, EnrollmentId, IdentityKind, TouchKind};
use sea_orm::DatabaseTransaction;

use super::evidence::{blank, carriers, clicks_of_visitor, newly_carried};
use super::facts::{click_key, person_key};
use super::identity::{Claims, resolve};
use super::settle::{ring, settle};
use super::{ServiceError, Services, kin, retry};
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
        store::lock::acquire(&tx, keys.chain(signup.click.map(click_key))).await?;
        let now = services.clock.now();
        let who = who(&signup, hash.as_deref());
        let claims = claims(&signup, &who, word(&tx, services, scope, &signup, &who).await?);
        let resolved = resolve(&tx, services, scope, &claims, None, now).await?;
        let customer = resolved.customer;
        let first = store::customer::signed_up(&tx, customer, signup.at).await?;
        let fresh = newly_carried(&tx, customer, &signup.click.into_iter().collect()).await?;
        let touches = touches(&tx, scope, customer, &who, &signup).await?;
        let brought = store::touch::add(&tx, scope, touches, now).await?;
        let news = resolved.news || first || brought;
        let mut concerned = resolved.concerned;
        concerned.extend(carriers(&tx, scope, customer, &fresh).await?);
        if first {
            // Who signed up has an account from then on.
            concerned.extend(kin::around(&tx, scope, &[customer].into()).await?);
        }
        let messages = if news { settle(&tx, scope, &concerned, now).await? } else { Vec::new() };
        tx.commit().await?;
        Ok((SignedUp { customer, news }, messages))
    })
    .await?;
    ring(services, &messages).await;
    Ok(signed_up)
}

/// Who tells of a sign-up, and how far it is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    /// The merchant's server.
    Server,
    /// A page that shows the click which this person came by.
    Click,
    /// A page, as anybody can.
    Page,
}

impl Word {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Click => "click",
            Self::Page => "page",
        }
    }

    fn source(self, who: &str) -> String {
        format!("signup:{}/{who}", self.as_str())
    }
}

/// What stands before the hash in the key of somebody who signed up by e-mail alone.
pub(super) const BY_EMAIL: &str = "email:";

/// Whom a sign-up speaks of: the merchant's id of the customer, else the e-mail.
fn who(signup: &SignUp, hash: Option<&str>) -> String {
    match (&signup.external_id, hash) {
        (Some(id), _) => format!("id/{id}"),
        (None, hash) => format!("{BY_EMAIL}{}", hash.unwrap_or_default()),
    }
}

/// How far a sign-up is believed when it says whose an e-mail is (SN-4). Anybody can say it on a page, of anybody's id, and a click costs
/// nothing. So of a page only the first e-mail counts that any page stated for the id, where the click comes with it that was the id's first;
/// without that click only an e-mail that was stated when nobody had told of the id before. Of an id that the merchant's server or Stripe spoke
/// of before, those say whose the e-mail is.
async fn word(tx: &DatabaseTransaction, services: &Services, scope: Scope, signup: &SignUp, who: &str) -> Result<Word, StoreError> {
    if !signup.by_page {
        return Ok(Word::Server);
    }
    let Some(click) = signup.click else { return Ok(Word::Page) };
    let Some(id) = &signup.external_id else { return Ok(Word::Click) };
    let key = (IdentityKind::ExternalId, id.clone());
    let named = store::claim::named_before(tx, scope, &key, signup.at).await?;
    let by_page = [Word::Page.source(who), Word::Click.source(who)];
    if named.iter().any(|source| !by_page.contains(source)) {
        return Ok(Word::Page);
    }
    let mut told = store::claim::of_source(tx, scope, &Word::Page.source(who)).await?;
    told.extend(store::claim::of_source(tx, scope, &Word::Click.source(who)).await?);
    let customers: BTreeSet<CustomerId> = told.iter().map(|row| row.customer_id).collect();
    let calls = store::touch::of_customers(tx, &customers.into_iter().collect::<Vec<_>>()).await?;
    let by_page = format!("{}/", Word::Page.source(who));
    let Some(first) = calls.iter().find(|touch| touch.kind == TouchKind::Signup && touch.source.starts_with(&by_page)) else {
        return Ok(Word::Click);
    };
    let hashes = signup.email.as_ref().map(|email| services.hashes.email_hashes(email)).unwrap_or_default();
    let emails = told.iter().filter(|row| row.kind == IdentityKind::EmailHash);
    let known = emails.min_by_key(|row| row.stated_at);
    let believed = match known {
        Some(known) => hashes.contains(&known.value) && (known.stated_at <= first.at || first.click_id == Some(click)),
        None => first.click_id == Some(click),
    };
    Ok(if believed { Word::Click } else { Word::Page })
}

/// What a sign-up says. Without an id of the merchant's the e-mail stands for the customer, as a checkout does for a guest: that is not
/// an id of the merchant's, so a customer who has one and the same e-mail is the same person (ID-4).
fn claims(signup: &SignUp, who: &str, word: Word) -> Claims {
    Claims {
        source: word.source(who),
        external_ids: signup.external_id.iter().cloned().collect(),
        behind: Vec::new(),
        buyer: None,
        guests: if signup.external_id.is_none() { vec![who.to_owned()] } else { Vec::new() },
        email: signup.email.clone(),
        name: signup.name.clone(),
        at: signup.at,
        until: None,
        trusted: word != Word::Page,
        by_page: word != Word::Server,
        grows: true,
    }
}

/// Whether a touch is a sign-up of which the merchant's server told.
#[must_use]
pub fn told_by_server(touch: &touch::Model) -> bool {
    touch.kind == TouchKind::Signup && touch.source.starts_with(&Word::Server.source(""))
}

/// The sign-up itself with what it names, and the clicks of its visitor. Two calls that name the same are one touch.
async fn touches(
    tx: &DatabaseTransaction,
    scope: Scope,
    customer: CustomerId,
    who: &str,
    signup: &SignUp,
) -> Result<Vec<Touch>, StoreError> {
    let named = signup.click.map(|id| id.to_string()).or_else(|| signup.enrollment.map(|id| id.to_string())).unwrap_or_default();
    let teller = if signup.by_page { Word::Page } else { Word::Server };
    let own = blank(customer, TouchKind::Signup, format!("{}/{named}", teller.source(who)), signup.at);
    let mut touches = vec![Touch { click: signup.click, enrollment: signup.enrollment, ..own }];
    if let Some(id) = signup.click
        && let Some(click) = store::click::find(tx, scope, id).await?
    {
        touches.extend(clicks_of_visitor(tx, scope, customer, &click, signup.at).await?);
    }
    Ok(touches)
}
