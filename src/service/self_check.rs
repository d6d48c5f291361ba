//! The self-check of any id of Stripe's: which purchase stands behind it, or at which step the way to one ends, and what to do (S3, SC-1).
//!
//! Looks here first and then asks Stripe; changes nothing. The purchase found holds the rest of the chain: customer, touches, decision, terms,
//! entries, refunds, payout.

use std::collections::BTreeSet;

use entity::value::{
    DecisionReason, Mode, PurchaseStatus, SelfCheckCode as Code, SelfCheckOutcome as Outcome, SelfCheckStepKind as Kind, StripeWriteKind,
    StripeWriteReason, StripeWriteStatus,
};
use entity::{purchase, stripe_connection};
use sea_orm::ConnectionTrait;
use serde_json::Value;

use super::stripe_connection::access::{self, Access};
use super::{ServiceError, Services};
use crate::domain::access::{Action, Denied, Scope, Viewer};
use crate::store;
use crate::stripe::error::ReadError;
use crate::stripe::lookup::{self, Shipping};

/// How many objects lie at most between an id and its payment: a balance transaction, its refund, the charge.
const HOPS: usize = 3;
/// The most connections that are asked.
const MOST: u64 = 20;

/// One step of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Which.
    pub kind: Kind,
    /// How it went.
    pub outcome: Outcome,
    /// What was found, in words.
    pub text: String,
    /// What to do about it.
    pub advice: Option<&'static str>,
}

/// What a self-check came to.
#[derive(Clone, Debug)]
pub struct SelfCheck {
    /// What it came to.
    pub code: Code,
    /// The steps that were taken, in order; the first that failed is where the chain ends.
    pub steps: Vec<Step>,
    /// The connection that has the object.
    pub connection: Option<stripe_connection::Model>,
    /// The purchase behind it.
    pub purchase: Option<purchase::Model>,
    /// Whether Stripe has it; nothing when that could not be asked.
    pub found_in_stripe: Option<bool>,
    /// Shipping details as they stand at Stripe.
    pub shipping: Option<Shipping>,
    /// The page about it in Stripe's dashboard.
    pub dashboard_url: Option<String>,
}

impl SelfCheck {
    fn new() -> Self {
        let none = (None, None, None, None, None);
        let (connection, purchase, found_in_stripe, shipping, dashboard_url) = none;
        Self { code: Code::Found, steps: Vec::new(), connection, purchase, found_in_stripe, shipping, dashboard_url }
    }

    fn passed(&mut self, kind: Kind, text: impl Into<String>) {
        self.steps.push(Step { kind, outcome: Outcome::Passed, text: text.into(), advice: None });
    }

    fn open(&mut self, kind: Kind, text: impl Into<String>, advice: &'static str) {
        self.steps.push(Step { kind, outcome: Outcome::Unknown, text: text.into(), advice: Some(advice) });
    }

    fn failed(&mut self, kind: Kind, text: impl Into<String>, advice: &'static str) {
        self.steps.push(Step { kind, outcome: Outcome::Failed, text: text.into(), advice: Some(advice) });
    }

    fn ends(mut self, code: Code, kind: Kind, text: impl Into<String>, advice: &'static str) -> Self {
        self.failed(kind, text, advice);
        self.code = code;
        self
    }
}

/// What Stripe said of an object.
enum Asked {
    Body(Box<Access>, Value),
    /// No connection has it; in the other mode somebody does.
    OtherMode,
    Missing,
    Forbidden,
    Silent,
    /// Nobody could be asked.
    Nobody,
}

/// Follows an id of Stripe's to its purchase.
///
/// # Errors
/// Denied to partners and those who may not read; [`ServiceError::Store`].
pub async fn self_check(services: &Services, viewer: &Viewer, id: &str) -> Result<SelfCheck, ServiceError> {
    let scope = viewer.allow(Action::Read)?;
    if scope.partner().is_some() {
        return Err(Denied::Forbidden.into());
    }
    let (id, mut check) = (id.trim(), SelfCheck::new());
    let Some(kind) = lookup::Kind::of(id) else {
        let advice = "paste an id that begins with pi_, ch_, py_, in_, cs_, sub_, cus_, re_, dp_, du_ or txn_, whole and without spaces";
        return Ok(check.ends(Code::MalformedId, Kind::Id, "this is no id of Stripe's that leads to a payment", advice));
    };
    check.passed(Kind::Id, format!("{id} is the id of {}", word(kind)));
    let db = services.db.read();
    let connections = store::connection::some(db, scope, MOST).await?;
    let here = behind(db, scope, &connections, &[id.to_owned()]).await?;
    let told = lookup::told_mode(id).is_some_and(|livemode| livemode != scope.livemode());
    if told || (here.is_none() && is_of_other_mode(db, scope, id).await?) {
        return Ok(wrong_mode(check, scope));
    }
    let asked = ask(services, &connections, here.as_ref().map(|(at, _)| *at), kind, id).await?;
    if connections.is_empty() {
        let advice = "link the account in this mode (stripeConnectionCreate or stripeConnectionAuthorize), or switch the mode";
        return Ok(check.ends(Code::NoConnection, Kind::Connection, "no Stripe account is connected in this mode", advice));
    }
    check.found_in_stripe = match &asked {
        Asked::Body(..) => Some(true),
        Asked::Missing | Asked::OtherMode => Some(false),
        Asked::Forbidden | Asked::Silent | Asked::Nobody => None,
    };
    if let (None, Asked::OtherMode) = (&here, &asked) {
        return Ok(wrong_mode(check, scope));
    }
    check.passed(Kind::Mode, format!("you work in {} mode", scope.mode()));
    let found = match (here, asked) {
        (here, Asked::Body(access, body)) => {
            check.passed(Kind::Stripe, "Stripe has it");
            check.shipping = shipping_of(services, &access, kind, &body).await;
            check.connection = Some(access.row.clone());
            match here {
                Some((_, row)) => Some(row),
                None => match follow(services, scope, &access, (kind, id), body).await? {
                    Ok(row) => Some(row),
                    Err((code, text, advice)) => return Ok(with_page(check.ends(code, Kind::Purchase, text, advice), kind, id, scope)),
                },
            }
        }
        (Some((at, row)), asked) => {
            check.connection = connections.into_iter().nth(at);
            unread(&mut check, &asked);
            Some(row)
        }
        (None, asked) => {
            let (code, text, advice) = lost(&asked);
            return Ok(check.ends(code, Kind::Stripe, text, advice));
        }
    };
    let mut check = with_page(check, kind, id, scope);
    if let Some(row) = found {
        conclude(services, scope, &mut check, row).await?;
    }
    Ok(check)
}

fn with_page(mut check: SelfCheck, kind: lookup::Kind, id: &str, scope: Scope) -> SelfCheck {
    let account = check.connection.as_ref().and_then(|row| row.account.as_deref());
    check.dashboard_url = kind.dashboard(id, account, scope.livemode());
    check
}

fn wrong_mode(check: SelfCheck, scope: Scope) -> SelfCheck {
    let advice = "switch to the other mode and check it there; test data never counts in live figures, nor the other way round";
    check.ends(Code::WrongMode, Kind::Mode, format!("it is not of {} mode", scope.mode()), advice)
}

/// Whether the id is known of a purchase in the other mode.
async fn is_of_other_mode<C: ConnectionTrait>(db: &C, scope: Scope, id: &str) -> Result<bool, ServiceError> {
    let other = Scope::merchant_wide(scope.merchant(), Mode::from_livemode(!scope.livemode()));
    let connections = store::connection::some(db, other, MOST).await?;
    Ok(behind(db, other, &connections, &[id.to_owned()]).await?.is_some())
}

/// The purchase that owns one of these ids, with the place of its connection.
async fn behind<C: ConnectionTrait>(
    db: &C,
    scope: Scope,
    connections: &[stripe_connection::Model],
    ids: &[String],
) -> Result<Option<(usize, purchase::Model)>, ServiceError> {
    let ids: BTreeSet<String> = ids.iter().cloned().collect();
    for (place, connection) in connections.iter().enumerate() {
        if let Some(id) = store::purchase::owners(db, connection.id, scope, &ids).await?.first() {
            return Ok(store::purchase::live(db, *id).await?.map(|row| (place, row)));
        }
    }
    Ok(None)
}

/// Asks Stripe for the object: the connection at this place, or each until one has it.
async fn ask(
    services: &Services,
    connections: &[stripe_connection::Model],
    at: Option<usize>,
    kind: lookup::Kind,
    id: &str,
) -> Result<Asked, ServiceError> {
    let mut worst = Asked::Nobody;
    for (place, row) in connections.iter().enumerate() {
        if at.is_some_and(|at| at != place) {
            continue;
        }
        let access = match access::of(services, row.id).await {
            Ok(Some(access)) => access,
            Ok(None) => continue,
            Err(ServiceError::Unavailable(_)) => {
                worst = Asked::Silent;
                continue;
            }
            Err(error) => return Err(error),
        };
        match access.note(services, access.client.object(kind, id).await).await {
            Ok(body) => return Ok(Asked::Body(Box::new(access), body)),
            Err(ReadError::OtherMode) => return Ok(Asked::OtherMode),
            Err(ReadError::NotFound) if matches!(worst, Asked::Nobody) => worst = Asked::Missing,
            Err(ReadError::NotFound) => {}
            Err(ReadError::Permission { .. }) => worst = Asked::Forbidden,
            Err(_) => worst = Asked::Silent,
        }
    }
    Ok(worst)
}

type Lost = (Code, &'static str, &'static str);

/// The shipping details of a payment. Those of a paid intent stand on its charge.
async fn shipping_of(services: &Services, access: &Access, kind: lookup::Kind, body: &Value) -> Option<Shipping> {
    let own = lookup::shipping(body);
    if own.is_some() || kind != lookup::Kind::Intent {
        return own;
    }
    let charge = body.get("latest_charge").and_then(Value::as_str)?;
    let answer = access.client.object(lookup::Kind::Charge, charge).await;
    lookup::shipping(&access.note(services, answer).await.ok()?)
}

/// Why nothing is known of an id that is not known here.
const fn lost(asked: &Asked) -> Lost {
    match asked {
        Asked::Forbidden => (
            Code::PermissionMissing,
            "no connection may read it, and it is not known here",
            "grant the connection the right that its doctor names, then check again",
        ),
        Asked::Silent => (Code::StripeUnreachable, "Stripe did not answer, and it is not known here", "try again in a minute"),
        Asked::Nobody => (
            Code::NoConnection,
            "no connection that works has it, and it is not known here",
            "link the account again; the doctor of the connection says why its access ended",
        ),
        _ => (
            Code::NotFoundInStripe,
            "no connected account has it",
            "see whether the id is whole, and whether it is of an account that is connected here",
        ),
    }
}

/// What is known here and could not be read at Stripe.
fn unread(check: &mut SelfCheck, asked: &Asked) {
    let (_, _, advice) = lost(asked);
    let text = match asked {
        Asked::Missing | Asked::OtherMode => return check.failed(Kind::Stripe, "Stripe does not have it any more", advice),
        Asked::Forbidden => "the connection may not read it; what was told of it is known here",
        Asked::Silent => "Stripe did not answer; what was told of it is known here",
        Asked::Nobody | Asked::Body(..) => "its connection is not linked; what was told of it is known here",
    };
    check.open(Kind::Stripe, text, advice);
}

/// Follows what an object names, up to a purchase that is known here.
async fn follow(
    services: &Services,
    scope: Scope,
    access: &Access,
    (kind, id): (lookup::Kind, &str),
    body: Value,
) -> Result<Result<purchase::Model, Lost>, ServiceError> {
    let db = services.db.read();
    let connection = std::slice::from_ref(&access.row);
    let mut next = lookup::related(&body);
    if kind == lookup::Kind::Customer {
        next = match access.note(services, access.client.newest_payment(id).await).await {
            Ok(payment) => payment.into_iter().collect(),
            Err(error) => return Ok(Err(unfollowed(&error))),
        };
    }
    let mut paid = false;
    for _ in 0..HOPS {
        if let Some((_, row)) = behind(db, scope, connection, &next).await? {
            return Ok(Ok(row));
        }
        let Some((kind, id)) = next.first().and_then(|id| Some((lookup::Kind::of(id)?, id.clone()))) else { break };
        paid = true;
        next = match access.note(services, access.client.object(kind, &id).await).await {
            Ok(body) => lookup::related(&body),
            Err(error) => return Ok(Err(unfollowed(&error))),
        };
    }
    let is_payment = matches!(kind, lookup::Kind::Intent | lookup::Kind::Charge | lookup::Kind::Invoice | lookup::Kind::Checkout);
    if paid || is_payment {
        let advice = "see the doctor of the connection: its webhook endpoint has to ask for the events of webhookEvents; deliver the event again from Stripe's dashboard";
        return Ok(Err((Code::NotTold, "Stripe has it, and this instance was not told of its payment", advice)));
    }
    Ok(Err((Code::NoPayment, "Stripe has it, and no payment stands behind it", "wait for the first payment")))
}

fn unfollowed(error: &ReadError) -> Lost {
    match error {
        ReadError::Permission { .. } | ReadError::Unauthorised => lost(&Asked::Forbidden),
        _ => lost(&Asked::Silent),
    }
}

/// The rest of the chain, from the purchase on.
async fn conclude(services: &Services, scope: Scope, check: &mut SelfCheck, row: purchase::Model) -> Result<(), ServiceError> {
    check.passed(Kind::Purchase, format!("it belongs to the purchase {} ({})", row.key, row.status));
    let decision = store::read::decision::current(services.db.read(), scope, &[row.id]).await?.remove(&row.id);
    let stranger = decision.as_ref().is_some_and(|decision| decision.reason == DecisionReason::UnknownCustomer);
    match row.customer_id.filter(|_| !stranger) {
        Some(customer) => check.passed(Kind::Customer, format!("{customer} bought")),
        None => check.failed(
            Kind::Customer,
            "nobody whom you know is behind it",
            "report the sign-up, or put tributary_customer_id into the metadata at Stripe; the purchase is then decided anew",
        ),
    }
    match decision {
        Some(decision) if decision.reason == DecisionReason::Commissioned => check.passed(Kind::Decision, "it is commissioned"),
        Some(decision) => {
            let advice = "purchase { decision { explanation } } says why, and the README what to do about each reason";
            check.failed(Kind::Decision, format!("it earns nobody anything: {}", decision.reason), advice);
        }
        None if row.status == PurchaseStatus::Unpaid => {
            check.open(Kind::Decision, "it is not decided while it is not paid", "wait for the payment")
        }
        None => check.open(Kind::Decision, "it is not decided yet", "wait some seconds, and see whether a worker runs"),
    }
    match check.shipping.clone() {
        Some(Shipping { carrier, tracking_number: Some(number) }) => {
            let by = carrier.as_deref().unwrap_or("an unnamed carrier");
            check.passed(Kind::Shipping, format!("Stripe shows the tracking number {number} by {by}"));
        }
        Some(_) => check.open(Kind::Shipping, "Stripe shows shipping details without a tracking number", "write one, if something is sent"),
        None => {}
    }
    written(services, scope, check, &row).await?;
    check.purchase = Some(row);
    Ok(())
}

/// What was last written of shipping to the payment, and whether it was read back.
async fn written(services: &Services, scope: Scope, check: &mut SelfCheck, row: &purchase::Model) -> Result<(), ServiceError> {
    let db = services.db.read();
    let ids: Vec<String> = store::purchase::references(db, row.id).await?.into_iter().collect();
    let Some(write) = store::stripe_write::newest(db, scope, StripeWriteKind::Shipping, &ids).await? else { return Ok(()) };
    let advice = write.reason.map_or("wait some seconds, and see whether a worker runs", StripeWriteReason::advice);
    match write.status {
        StripeWriteStatus::Verified => check.passed(Kind::Shipping, format!("{} was written and read back", write.id)),
        StripeWriteStatus::Failed => {
            let why = write.reason.map_or("", StripeWriteReason::as_str);
            check.failed(Kind::Shipping, format!("{} could not be written: {why}", write.id), advice);
        }
        StripeWriteStatus::Pending | StripeWriteStatus::Written => {
            check.open(Kind::Shipping, format!("{} is being written", write.id), advice);
        }
    }
    Ok(())
}

const fn word(kind: lookup::Kind) -> &'static str {
    match kind {
        lookup::Kind::Intent => "a payment intent",
        lookup::Kind::Charge => "a charge",
        lookup::Kind::Invoice => "an invoice",
        lookup::Kind::Checkout => "a checkout session",
        lookup::Kind::Subscription => "a subscription",
        lookup::Kind::Customer => "a customer",
        lookup::Kind::Refund => "a refund",
        lookup::Kind::Dispute => "a dispute",
        lookup::Kind::Transaction => "a balance transaction",
    }
}
