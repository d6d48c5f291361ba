//! Programs: making them with their first terms, changing them, pausing and closing them.

use chrono::{DateTime, Utc};
use entity::program;
use entity::value::{Currency, FraudSettings, Pauses, ProgramId, ProgramKind, ProgramStatus, Span, Terms, TextList};
use serde::Serialize;

use super::affected::{Affected, customers_of};
use super::check::{self, Faults};
use super::idempotency::{Asked, ask};
use super::{Refusal, RefusalCode, ServiceError, Services, terms};
use crate::domain::access::{Action, Viewer};
use crate::store;
use crate::store::scoped::{find, lock};

/// The query parameter of a program that names none.
pub const QUERY_PARAM: &str = "via";
/// The most hosts of a program.
const MAX_HOSTS: usize = 50;
/// The longest query parameter.
const MAX_PARAM: usize = 32;

/// A program to be.
#[derive(Clone, Debug, Serialize)]
pub struct NewProgram {
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub kind: ProgramKind,
    /// Where links lead that name no destination.
    pub landing_url: String,
    /// Where links may lead; only the landing page's host when empty.
    pub allowed_hosts: Vec<String>,
    /// The query parameter that carries a link's code.
    pub query_param: Option<String>,
    /// Whether partners who apply are approved at once.
    pub auto_approve: bool,
    /// The currency in which commissions are stated too (MO-2).
    pub currency: Option<Currency>,
    /// Its first terms, in force at once.
    pub terms: Terms,
}

/// Makes a program with version 1 of its terms in force.
///
/// # Errors
/// Refused with the fields that cannot stand; denied to those who may not manage programs.
pub async fn create(
    services: &Services,
    viewer: &Viewer,
    mut input: NewProgram,
    idempotency_key: Option<&str>,
) -> Result<program::Model, ServiceError> {
    let scope = viewer.allow(Action::ManagePrograms)?;
    let mut faults = Faults::default();
    input.name = faults.name("name", &input.name);
    let param = input.query_param.clone().unwrap_or_else(|| QUERY_PARAM.to_owned());
    check_param(&mut faults, &param);
    let (landing, hosts) = check_landing(&mut faults, &input.landing_url, &input.allowed_hosts);
    check_currency(&mut faults, input.currency);
    faults.under("terms", terms::faults(&input.terms));
    faults.done()?;
    let now = services.clock.now();
    let tx = services.db.begin().await?;
    let mark = match ask::<ProgramId>(&tx, (viewer, scope), "programCreate", (idempotency_key, &input), now).await? {
        Asked::First(mark) => mark,
        Asked::Again(id) => {
            let made = find::<program::Entity, _>(&tx, scope, id).await?;
            return made.ok_or_else(|| Refusal::not_found("idempotencyKey", "program any more").into());
        }
    };
    let row = program::Model {
        id: ProgramId::new_at(now),
        merchant_id: scope.merchant(),
        livemode: scope.livemode(),
        name: input.name,
        kind: input.kind,
        status: ProgramStatus::Active,
        query_param: param,
        landing_url: landing,
        allowed_hosts: TextList(hosts),
        auto_approve: input.auto_approve,
        currency: input.currency,
        currency_from: None,
        inactive_from: None,
        pauses: Pauses::default(),
        fraud: FraudSettings::default(),
        created_at: now,
    };
    let row = store::row::insert(&tx, row).await?;
    store::row::insert(&tx, terms::version(&row, 1, input.terms, (now, now), viewer)).await?;
    mark.done(&tx, row.id).await?;
    tx.commit().await?;
    Ok(row)
}

/// What to change of a program; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// What it is called.
    pub name: Option<String>,
    /// Where links lead that name no destination.
    pub landing_url: Option<String>,
    /// Where links may lead. Links that lead elsewhere by then stop being followed.
    pub allowed_hosts: Option<Vec<String>>,
    /// The query parameter that carries a link's code.
    pub query_param: Option<String>,
    /// Whether partners who apply are approved at once.
    pub auto_approve: Option<bool>,
    /// The currency in which commissions for purchases from now on are stated too; the inner `None` takes it away. It stays once one is.
    pub currency: Option<Option<Currency>>,
}

/// Changes a program.
///
/// # Errors
/// Refused with the fields that cannot stand; denied to those who may not manage programs.
pub async fn update(services: &Services, viewer: &Viewer, id: ProgramId, change: Change) -> Result<program::Model, ServiceError> {
    let scope = viewer.allow(Action::ManagePrograms)?;
    let tx = services.db.begin().await?;
    let mut row = lock::<program::Entity>(&tx, scope, id).await?.ok_or_else(|| Refusal::not_found("id", "program"))?;
    let mut faults = Faults::default();
    if let Some(name) = change.name {
        row.name = faults.name("name", &name);
    }
    if let Some(param) = change.query_param {
        check_param(&mut faults, &param);
        row.query_param = param;
    }
    if change.landing_url.is_some() || change.allowed_hosts.is_some() {
        let landing = change.landing_url.unwrap_or(row.landing_url);
        let hosts = change.allowed_hosts.unwrap_or(row.allowed_hosts.0);
        let (landing, hosts) = check_landing(&mut faults, &landing, &hosts);
        (row.landing_url, row.allowed_hosts) = (landing, TextList(hosts));
    }
    row.auto_approve = change.auto_approve.unwrap_or(row.auto_approve);
    if let Some(currency) = change.currency.filter(|currency| *currency != row.currency) {
        check_currency(&mut faults, currency);
        if store::program::is_stated(&tx, id).await? {
            let text = "commissions are stated in the program's currency already, and stay so; a program in another one is a new program";
            faults.add("currency", RefusalCode::WrongState, text);
        }
        (row.currency, row.currency_from) = (currency, currency.map(|_| services.clock.now()));
    }
    faults.done()?;
    let row = store::row::save(&tx, row).await?;
    tx.commit().await?;
    Ok(row)
}

/// Where a program is moved to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// Nothing new counts until it is resumed.
    Pause,
    /// It counts again.
    Resume,
    /// It is closed for good.
    Archive,
}

/// Pauses, resumes or archives a program. To do what is done already changes nothing.
///
/// # Errors
/// Refused when there is no such program, or it is archived; denied to those who may not manage programs.
pub async fn set_status(services: &Services, viewer: &Viewer, id: ProgramId, to: Move) -> Result<program::Model, ServiceError> {
    let scope = viewer.allow(Action::ManagePrograms)?;
    let now = services.clock.now();
    let tx = services.db.begin().await?;
    let mut row = lock::<program::Entity>(&tx, scope, id).await?.ok_or_else(|| Refusal::not_found("id", "program"))?;
    let (status, inactive_from) = moved(&row, to, now)?;
    if status == row.status {
        return Ok(row);
    }
    if let (Some(from), None) = (row.inactive_from, inactive_from) {
        row.pauses.0.push(Span { from, to: Some(now) });
    }
    (row.status, row.inactive_from) = (status, inactive_from);
    let row = store::row::save(&tx, row).await?;
    customers_of(&tx, services, scope, &Affected::Program(id)).await?;
    tx.commit().await?;
    Ok(row)
}

/// The state after a move, and since when nothing counts.
fn moved(row: &program::Model, to: Move, now: DateTime<Utc>) -> Result<(ProgramStatus, Option<DateTime<Utc>>), Refusal> {
    match (row.status, to) {
        (ProgramStatus::Archived, Move::Archive) => Ok((ProgramStatus::Archived, row.inactive_from)),
        (ProgramStatus::Archived, _) => Err(Refusal::new("id", RefusalCode::WrongState, "an archived program stays so; make a new one")),
        (_, Move::Resume) => Ok((ProgramStatus::Active, None)),
        (_, Move::Pause) => Ok((ProgramStatus::Paused, row.inactive_from.or(Some(now)))),
        (_, Move::Archive) => Ok((ProgramStatus::Archived, row.inactive_from.or(Some(now)))),
    }
}

fn check_param(faults: &mut Faults, param: &str) {
    let fits = (1..=MAX_PARAM).contains(&param.len()) && param.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if !fits {
        faults.add("queryParam", RefusalCode::Invalid, format!("must be 1 to {MAX_PARAM} letters, digits, hyphens or underscores"));
    }
}

fn check_currency(faults: &mut Faults, currency: Option<Currency>) {
    if currency.is_some_and(|currency| !currency.is_known()) {
        faults.add("currency", RefusalCode::UnknownCurrency, "must be a currency");
    }
}

/// The landing page and the hosts as they are stored. Without hosts the landing page's own is the only one.
fn check_landing(faults: &mut Faults, landing: &str, hosts: &[String]) -> (String, Vec<String>) {
    if hosts.len() > MAX_HOSTS {
        faults.add("allowedHosts", RefusalCode::OutOfRange, format!("must be at most {MAX_HOSTS}"));
    }
    let mut allowed: Vec<String> = Vec::new();
    for (index, text) in hosts.iter().take(MAX_HOSTS).enumerate() {
        if let Some(host) = faults.take(&format!("allowedHosts.{index}"), check::host(text))
            && !allowed.contains(&host)
        {
            allowed.push(host);
        }
    }
    if hosts.is_empty() {
        let own = check::address(landing).ok();
        allowed.extend(own.and_then(|url| url.host_str().map(|host| host.trim_end_matches('.').to_owned())));
    }
    let landing = faults.take("landingUrl", check::destination(landing, &allowed));
    (landing.unwrap_or_default(), allowed)
}
