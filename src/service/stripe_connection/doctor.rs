//! The doctor: what is wrong with a connection, each with the exact thing to do about it (CN-3).
//!
//! Judges what is known already, from the last look at Stripe and from what arrived; it asks nobody.

use chrono::{DateTime, Duration, Utc};
use entity::stripe_connection::Model;
use entity::value::{ConnectionMethod, ConnectionStatus, EndpointHealth, FindingCode as F, PermissionState, Severity, StripePermission};

use super::capability::{FULL, advice, needed_for, permissions};
use super::{endpoint, webhook_url};
use crate::service::{ServiceError, Services};
use crate::store;
use crate::store::inbox::Standing;
use crate::stripe::client::VERSION;
use crate::stripe::event::registered;
use crate::stripe::permission;

/// A clock that is off by more soon refuses every delivery: signatures count for five minutes.
const SKEW: i64 = 30;
/// A live shop without an event for so long is worth a look.
const QUIET: Duration = Duration::days(3);
/// How long a fresh connection may wait for its first event.
const FIRST: Duration = Duration::hours(1);
/// For so long refused deliveries and events of the other mode are told.
const RECENT: Duration = Duration::days(7);
/// An event that waits longer is part of a backlog.
const PROMPT: Duration = Duration::minutes(5);

/// One thing that is wrong, or good to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub code: F,
    /// How grave it is.
    pub severity: Severity,
    /// What was found.
    pub message: String,
    /// What to do about it.
    pub fix: String,
}

/// What the doctor looks at.
struct Chart<'a> {
    row: &'a Model,
    inbox: Standing,
    url: String,
    reachable: bool,
    now: DateTime<Utc>,
}

/// What is wrong with a connection, the gravest first.
///
/// # Errors
/// [`ServiceError::Store`].
pub async fn examine(services: &Services, row: &Model) -> Result<Vec<Finding>, ServiceError> {
    let now = services.clock.now();
    let inbox = store::inbox::standing(services.db.read(), row, now - PROMPT, now - RECENT).await?;
    let chart = Chart { row, inbox, url: webhook_url(services, row), reachable: endpoint::is_reachable(services), now };
    let mut findings = Vec::new();
    access(&chart, &mut findings);
    if row.status == ConnectionStatus::Linked {
        rights(&chart, &mut findings);
        if row.method == ConnectionMethod::ApiKey {
            webhook(&chart, &mut findings);
            secrets(&chart, &mut findings);
        } else if !hears(services, row.livemode) {
            let mode = if row.livemode { "live" } else { "test" };
            let message =
                "this instance knows no signing secret of the platform's endpoint, so every delivery of connected accounts is refused";
            let fix = format!(
                "the operator adds the endpoint /webhooks/stripe/platform/{mode} in the platform's dashboard and sets \
                 TRIBUTARY_STRIPE_PLATFORM_WEBHOOK_SECRETS_{}",
                mode.to_uppercase()
            );
            find(&mut findings, F::SecretMissing, Severity::Error, message, fix);
        }
        clock(&chart, &mut findings);
    }
    arrivals(&chart, &mut findings);
    findings.sort_by_key(|finding| finding.severity);
    Ok(findings)
}

/// Whether events at the platform's address are accepted.
fn hears(services: &Services, livemode: bool) -> bool {
    let settings = &services.settings;
    let secrets = if livemode { &settings.stripe_platform_webhook_secrets_live } else { &settings.stripe_platform_webhook_secrets_test };
    !secrets.is_empty()
}

fn find(findings: &mut Vec<Finding>, code: F, severity: Severity, message: impl Into<String>, fix: impl Into<String>) {
    findings.push(Finding { code, severity, message: message.into(), fix: fix.into() });
}

/// Whether there is access at all.
fn access(chart: &Chart<'_>, findings: &mut Vec<Finding>) {
    let row = chart.row;
    let why = row.status_reason.as_deref().unwrap_or("no reason is known");
    let again = "link it again: stripeConnectionUpdate with a new key, or stripeConnectionAuthorize; its history stays";
    match row.status {
        ConnectionStatus::Linked => {}
        ConnectionStatus::Deauthorized => find(findings, F::Deauthorized, Severity::Error, format!("access was taken back: {why}"), again),
        ConnectionStatus::Unlinked => {
            find(findings, F::NotLinked, Severity::Note, "it was unlinked here; its events have no effect", again)
        }
        ConnectionStatus::PendingAuth | ConnectionStatus::Error => {
            find(findings, F::NotLinked, Severity::Error, format!("it is not linked: {why}"), again);
        }
    }
    if row.granted_scope.as_deref() == Some(FULL) {
        let message = "its key is a secret key, which can do everything in the account";
        find(findings, F::FullKey, Severity::Warning, message, "make a restricted key at Stripe and give it to stripeConnectionUpdate");
    }
}

/// What the credential may, and whose it is.
fn rights(chart: &Chart<'_>, findings: &mut Vec<Finding>) {
    let row = chart.row;
    match row.health.as_ref().map(|health| &health.error) {
        None => find(findings, F::NotChecked, Severity::Note, "Stripe was not asked about it yet", "run stripeConnectionCheck"),
        Some(Some(error)) => {
            find(
                findings,
                F::StripeUnreachable,
                Severity::Warning,
                format!("the last look failed: {error}"),
                "it is tried again within minutes; run stripeConnectionCheck to try now",
            );
        }
        Some(None) => {}
    }
    if row.verified_at.is_none() && row.health.is_some() {
        let fix = advice(row, &[StripePermission::AccountRead]).unwrap_or_default();
        let message = "the key may not say whose account it is, so events of the platform's endpoint are not for this connection";
        find(findings, F::AccountUnverified, Severity::Note, message, fix);
    }
    for (right, _) in permissions(row).into_iter().filter(|(_, state)| *state == PermissionState::Missing) {
        let label = permission::of(right).map_or(right.as_str(), |permission| permission.label);
        let lost: Vec<&str> = needed_for(right).map(|capability| capability.as_str()).collect();
        let severity = if permission::of(right).is_some_and(permission::Permission::writes) { Severity::Note } else { Severity::Warning };
        let message = format!("the right {label:?} is missing, so these do not work or not fully: {}", lost.join(", "));
        find(findings, F::PermissionMissing, severity, message, advice(row, &[right]).unwrap_or_default());
    }
}

/// The endpoint at Stripe.
fn webhook(chart: &Chart<'_>, findings: &mut Vec<Finding>) {
    let Some(health) = &chart.row.health else { return };
    let register = if chart.reachable {
        "run stripeConnectionRegisterWebhook"
    } else {
        "set TRIBUTARY_PUBLIC_URL to the public https address of this instance, then run stripeConnectionRegisterWebhook"
    };
    let by_hand = format!(
        "in Stripe's dashboard under Developers, Webhooks, add {} with the events of webhookEvents, pinned to {VERSION}",
        chart.url
    );
    if let Some(error) = &health.endpoint_error {
        find(
            findings,
            F::WebhookNotRegistered,
            Severity::Warning,
            format!("the endpoint could not be registered or repaired: {error}"),
            register,
        );
    }
    let Some(endpoints) = &health.endpoints else { return };
    if endpoints.is_empty() {
        let heard = chart.row.last_event_at.is_some();
        let severity = if heard { Severity::Warning } else { Severity::Error };
        find(
            findings,
            F::WebhookMissing,
            severity,
            "no endpoint at Stripe delivers to this connection",
            format!("{register}, or {by_hand}"),
        );
    }
    if endpoints.len() > 1 {
        let strangers: Vec<&str> = endpoints.iter().filter(|one| !one.own).map(|one| one.id.as_str()).collect();
        let message = format!("{} endpoints deliver here; each event comes several times, which changes nothing", endpoints.len());
        find(findings, F::WebhookDoubled, Severity::Note, message, format!("remove {} in Stripe's dashboard", strangers.join(", ")));
    }
    for one in endpoints {
        let mend = if one.own { register.to_owned() } else { format!("edit the endpoint {} in Stripe's dashboard", one.id) };
        served(one, endpoints, &mend, findings);
        if one.api_version.as_deref() != Some(VERSION) {
            let version = one.api_version.as_deref().unwrap_or("the account's default");
            let message = format!("the endpoint {} sends in the version {version}; all versions are read, {VERSION} tells most", one.id);
            let fix = if one.own { mend } else { format!("{register}, which makes one of that version, and remove {} afterwards", one.id) };
            find(findings, F::WebhookVersion, Severity::Note, message, fix);
        }
    }
}

/// Whether an endpoint sends what is used, where no other does.
fn served(one: &EndpointHealth, all: &[EndpointHealth], mend: &str, findings: &mut Vec<Finding>) {
    if !one.enabled {
        let severity = if all.iter().any(|one| one.enabled) { Severity::Warning } else { Severity::Error };
        find(findings, F::WebhookDisabled, severity, format!("the endpoint {} is disabled at Stripe", one.id), mend);
    }
    if !one.missing.is_empty() && !all.iter().any(|one| one.enabled && one.missing.is_empty()) {
        let message = format!("the endpoint {} does not ask for: {}", one.id, one.missing.join(", "));
        find(findings, F::WebhookEventsMissing, Severity::Error, message, mend);
    }
    if !one.unused.is_empty() {
        let message = format!("the endpoint {} asks for events that are not used: {}", one.id, one.unused.join(", "));
        find(findings, F::WebhookEventsUnused, Severity::Note, message, mend);
    }
}

/// What deliveries are signed with.
fn secrets(chart: &Chart<'_>, findings: &mut Vec<Finding>) {
    let row = chart.row;
    let add = "in Stripe's dashboard open the endpoint, reveal its signing secret, and give it to stripeConnectionAddWebhookSecret";
    if row.webhook_secrets.is_empty() {
        find(findings, F::SecretMissing, Severity::Error, "no signing secret is known, so every delivery is refused", add);
    }
    if row.webhook_secrets.len() > 1 {
        let message = format!("{} signing secrets are accepted", row.webhook_secrets.len());
        find(
            findings,
            F::SecretsSeveral,
            Severity::Note,
            message,
            "when a roll is over, take the old ones out with stripeConnectionRemoveWebhookSecret",
        );
    }
    let Some(at) = row.refused_at.filter(|at| *at > chart.now - RECENT) else { return };
    let why = row.refused_reason.as_deref().unwrap_or("the signature was wrong");
    let message = format!("{} deliveries were refused, the last one at {}: {why}", row.refused_count, at.to_rfc3339());
    // Nothing was accepted since: it is not a stranger who knocks, but Stripe with another secret.
    if row.last_event_at.is_none_or(|heard| heard < at) {
        find(findings, F::SecretStale, Severity::Error, format!("{message}; none was accepted since"), add);
    } else {
        let fix = "when they are Stripe's own, compare the endpoint's signing secret with webhookSecrets; others' can be left alone";
        find(findings, F::SignatureFailures, Severity::Warning, message, fix);
    }
}

fn clock(chart: &Chart<'_>, findings: &mut Vec<Finding>) {
    let Some(skew) = chart.row.health.as_ref().and_then(|health| health.skew_seconds).filter(|skew| skew.abs() > SKEW) else { return };
    let side = if skew > 0 { "ahead of" } else { "behind" };
    let message = format!("the clock of this instance is {} seconds {side} Stripe's; beyond 300 every delivery is refused", skew.abs());
    let severity = if skew.abs() > 240 { Severity::Error } else { Severity::Warning };
    find(findings, F::ClockSkew, severity, message, "let the machine keep its time by NTP");
}

/// What arrived, and what became of it.
fn arrivals(chart: &Chart<'_>, findings: &mut Vec<Finding>) {
    let (row, inbox) = (chart.row, &chart.inbox);
    if inbox.mismatched > 0 {
        let message = format!("{} events of the other mode came within a week; they have no effect", inbox.mismatched);
        let fix = "Stripe sends test events of some accounts to live endpoints, too, which is harmless; otherwise give the endpoint's address to the right mode";
        find(findings, F::ModeMismatch, Severity::Note, message, fix);
    }
    if let Some(oldest) = inbox.oldest {
        let message = format!("{} events wait to be worked off, the oldest since {}", inbox.waiting, oldest.to_rfc3339());
        find(
            findings,
            F::Backlog,
            Severity::Warning,
            message,
            "see whether a worker runs, and add more of them; inboxEvents shows what failed",
        );
    }
    if inbox.failed > 0 {
        let message = format!("{} events failed for good", inbox.failed);
        find(
            findings,
            F::FailedEvents,
            Severity::Error,
            message,
            "see inboxEvents with the status FAILED, mend the cause, then inboxEventReplay",
        );
    }
    if row.status != ConnectionStatus::Linked {
        return;
    }
    let count = registered().count();
    match row.last_event_at {
        None if chart.now > row.linked_at.unwrap_or(row.created_at) + FIRST => {
            let message = format!("no event came since it was linked; {count} types are waited for");
            find(
                findings,
                F::NoEvents,
                Severity::Warning,
                message,
                "send a test event from Stripe's dashboard, and look at the deliveries of the endpoint there",
            );
        }
        Some(at) if row.livemode && chart.now > at + QUIET => {
            let message = format!("the last event came at {}", at.to_rfc3339());
            find(
                findings,
                F::NoEvents,
                Severity::Note,
                message,
                "if the shop sells, look at the deliveries of the endpoint in Stripe's dashboard",
            );
        }
        _ => {}
    }
}
