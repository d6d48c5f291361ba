//! Clicks and sign-ups as pages and servers tell of them.
//!
//! A click counts when a person followed a partner's link; what calls itself a machine is stored as one and never counts. A page
//! with a publishable key only claims (SN-4): a sign-up is attributed by a click that we recorded and signed, and what pays is a payment.

mod person;
mod record;
mod visit;

use std::net::IpAddr;

use chrono::{DateTime, Duration, Utc};
use entity::click;
use entity::value::{ClickId, ProgramId};
use uuid::Uuid;

use super::{Refusal, ServiceError, Services};
use crate::domain::access::Scope;
use crate::store;
use crate::store::click::Target;

pub use self::record::{Clicks, Fresh, ShortLinks};
pub use person::{CustomerInput, PartnerReference, SignUpClaim, create_customer, sign_up};

/// Within this time further clicks of one visitor on one link are the same click.
pub const SAME_CLICK: Duration = Duration::hours(1);
/// The longest code of a link, in bytes.
const MAX_CODE: usize = 200;

/// A visit to a merchant's page that carried a partner's code.
#[derive(Clone, Debug, Default)]
pub struct Click {
    /// The code, as it stood in the address.
    pub code: String,
    /// The only program in which the code is looked up; otherwise all of the merchant.
    pub program: Option<ProgramId>,
    /// The page.
    pub url: Option<String>,
    /// Where the visitor came from.
    pub referrer: Option<String>,
    /// The visitor, if an earlier click gave one.
    pub visitor: Option<Uuid>,
    /// The browser's name for itself.
    pub user_agent: Option<String>,
    /// The visitor's address.
    pub address: Option<IpAddr>,
    /// Whether a merchant's server tells of it: it may leave out the browser's name, which a browser never does.
    pub told_by_server: bool,
}

/// A click that was recorded, or was already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clicked {
    /// The click.
    pub click: ClickId,
    /// What the visitor carries from now on.
    pub token: String,
    /// Who the visitor is to us.
    pub visitor: Uuid,
}

/// A visit through a short link.
#[derive(Clone, Debug, Default)]
pub struct Visit {
    /// The browser's name for itself.
    pub user_agent: Option<String>,
    /// Where the visitor came from.
    pub referrer: Option<String>,
    /// The visitor's address.
    pub address: Option<IpAddr>,
    /// Whether it is a visit at all; a browser that looks ahead or loads a picture is sent on and not counted.
    pub counts: bool,
}

/// Records a click.
///
/// # Errors
/// `Refused` as not found when no link that counts visits has the code; `Store`.
pub async fn click(services: &Services, scope: Scope, seen: &Click) -> Result<Clicked, ServiceError> {
    let code = seen.code.trim();
    if code.is_empty() || code.len() > MAX_CODE || code.contains('\0') {
        return Err(no_link().into());
    }
    let targets = store::click::targets_by_code(services.db.read(), scope, seen.program, &code.to_lowercase()).await?;
    let target = targets.into_iter().next().ok_or_else(no_link)?;
    let now = services.clock.now();
    let visitor = match seen.visitor {
        Some(visitor) => {
            if let Some(same) = store::click::recent(services.db.read(), target.link.id, visitor, now - SAME_CLICK).await? {
                return Ok(clicked(services, &same));
            }
            visitor
        }
        None => Uuid::new_v4(),
    };
    let nameless = seen.told_by_server && seen.user_agent.is_none();
    let row = click::Model {
        landing_url: seen.url.as_deref().and_then(visit::kept_url),
        bot: !nameless && visit::is_machine(seen.user_agent.as_deref()),
        ..row(services, &target, visitor, now, (seen.user_agent.as_deref(), seen.referrer.as_deref(), seen.address))
    };
    services.clicks.ask(services, Fresh { row: row.clone(), once: false }).await?;
    Ok(clicked(services, &row))
}

fn no_link() -> Refusal {
    Refusal::not_found("code", "link that counts visits")
}

/// Follows a short link: records the click if it counts, and answers where to go; `None` when there is no such link, or when it
/// would lead away from its program's hosts.
///
/// # Errors
/// `Unavailable`.
pub async fn follow(services: &Services, short_code: &str, seen: &Visit) -> Result<Option<String>, ServiceError> {
    if short_code.is_empty() || short_code.len() > MAX_CODE || short_code.contains('\0') {
        return Ok(None);
    }
    let Some(target) = services.short_links.ask(services, short_code.to_owned()).await? else {
        return Ok(None);
    };
    let leads = |handed: Option<(&str, &str)>| visit::landing(&target.link.destination_url, &target.program.allowed_hosts, handed);
    let Some(plain) = leads(None) else { return Ok(None) };
    if !seen.counts {
        return Ok(Some(plain));
    }
    let recorded = record_visit(services, &target, seen).await;
    let Some(clicked) = recorded.or_else(|error| {
        // The visitor came to see the shop; a click lost to a database that is away is the smaller harm.
        tracing::error!(%error, link = %target.link.id, "a click was not recorded");
        Ok::<_, ServiceError>(None)
    })?
    else {
        return Ok(Some(plain));
    };
    Ok(leads(Some((&clicked.token, &clicked.visitor.to_string()))))
}

/// The click of a visit through a short link; `None` for a machine's, which is recorded and gets no token.
///
/// Nobody can tell a second guest of one household from the first who comes again. So each visit is a click and a visitor of its own, and ties
/// nobody to anybody; in the figures those of a household within an hour are one.
async fn record_visit(services: &Services, target: &Target, seen: &Visit) -> Result<Option<Clicked>, ServiceError> {
    let now = services.clock.now();
    let row = row(services, target, Uuid::new_v4(), now, (seen.user_agent.as_deref(), seen.referrer.as_deref(), seen.address));
    services.clicks.ask(services, Fresh { row: row.clone(), once: true }).await?;
    Ok((!row.bot).then(|| clicked(services, &row)))
}

/// A fresh row; the last argument is the browser's name, the referrer and the address.
fn row(
    services: &Services,
    target: &Target,
    visitor: Uuid,
    now: DateTime<Utc>,
    (user_agent, referrer, address): (Option<&str>, Option<&str>, Option<IpAddr>),
) -> click::Model {
    click::Model {
        id: ClickId::new_at(now),
        merchant_id: target.link.merchant_id,
        livemode: target.link.livemode,
        program_id: target.link.program_id,
        link_id: target.link.id,
        enrollment_id: target.link.enrollment_id,
        visitor,
        clicked_at: now,
        landing_url: None,
        referrer: referrer.and_then(visit::kept_url),
        user_agent: user_agent.map(visit::kept_user_agent),
        ip_hash: address.map(|address| services.hashes.ip_hash(address, now).to_vec()),
        bot: visit::is_machine(user_agent),
        rejected_at: None,
    }
}

fn clicked(services: &Services, row: &click::Model) -> Clicked {
    Clicked { click: row.id, token: services.click_tokens.mint(row.id, row.program_id), visitor: row.visitor }
}
