//! The webhook endpoint of a connection at Stripe: found again by its mark, made with exactly the events that are used and a pinned version,
//! repaired when it drifted.
//!
//! Stripe tells a signing secret once, to who makes the endpoint. So one of ours whose secret is not known here (a process died between the two)
//! is replaced; one that the merchant made by hand is left alone.

use std::collections::BTreeSet;

use entity::stripe_connection::Model;
use entity::value::{ConnectionHealth, ConnectionId, ConnectionMethod, EndpointHealth};
use secrecy::SecretString;

use super::access::Access;
use super::{MAX_WEBHOOK_SECRETS, WEBHOOK_PATH, row_of, seal, webhook_place, webhook_url};
use crate::service::{ServiceError, Services};
use crate::store;
use crate::stripe::client::VERSION;
use crate::stripe::endpoint::{Endpoint, Wanted};
use crate::stripe::error::ReadError;
use crate::stripe::event::registered;

/// Whether an endpoint is made where there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Register {
    /// Yes.
    Wanted,
    /// Only in place of one that was made before.
    Kept,
}

/// What the endpoint of a connection has to be.
#[must_use]
pub fn wanted(services: &Services, row: &Model) -> Wanted {
    Wanted { url: webhook_url(services, row), mark: row.id.to_string(), events: registered().map(str::to_owned).collect() }
}

/// Whether Stripe could reach this instance at all: it delivers over https.
#[must_use]
pub fn is_reachable(services: &Services) -> bool {
    services.settings.public_url().starts_with("https://")
}

/// Makes or repairs the endpoint as far as Stripe allows.
///
/// # Errors
/// [`ServiceError::Store`]. What Stripe refuses is noted.
pub(super) async fn tend(
    services: &Services,
    access: &Access,
    register: Register,
    health: &mut ConnectionHealth,
) -> Result<(), ServiceError> {
    let wanted = wanted(services, &access.row);
    if let Err(error) = access.note(services, put_right(services, access, &wanted, register).await?).await {
        health.endpoint_error = Some(told(services, &error));
    }
    Ok(())
}

/// Notes how the endpoints stand that deliver here.
///
/// # Errors
/// [`ServiceError::Store`].
pub(super) async fn look(services: &Services, access: &Access, health: &mut ConnectionHealth) -> Result<(), ServiceError> {
    if let Ok(all) = access.note(services, access.client.endpoints().await).await {
        // The row may have learned of a new endpoint just now.
        let row = row_of(services, access.row.id).await?;
        let wanted = wanted(services, &row);
        health.endpoints = Some(all.iter().filter(|one| delivers_here(one, &wanted)).map(|one| standing(one, &row, &wanted)).collect());
    }
    Ok(())
}

fn delivers_here(endpoint: &Endpoint, wanted: &Wanted) -> bool {
    endpoint.mark.as_ref() == Some(&wanted.mark) || endpoint.url == wanted.url
}

fn standing(endpoint: &Endpoint, row: &Model, wanted: &Wanted) -> EndpointHealth {
    let all = endpoint.events.contains("*");
    let missing = wanted.events.difference(&endpoint.events).filter(|_| !all).cloned().collect();
    let unused: BTreeSet<String> = endpoint.events.difference(&wanted.events).cloned().collect();
    EndpointHealth {
        id: endpoint.id.clone(),
        own: row.webhook_endpoint.as_ref() == Some(&endpoint.id),
        enabled: endpoint.enabled,
        api_version: endpoint.api_version.clone(),
        missing,
        unused: unused.into_iter().collect(),
    }
}

/// Makes, repairs or replaces our own endpoint. The outer result is of this instance, the inner one of Stripe.
async fn put_right(
    services: &Services,
    access: &Access,
    wanted: &Wanted,
    register: Register,
) -> Result<Result<(), ReadError>, ServiceError> {
    let all = match access.client.endpoints().await {
        Ok(all) => all,
        Err(error) => return Ok(Err(error)),
    };
    let known = access.row.webhook_endpoint.as_ref();
    let (own, strays): (Vec<&Endpoint>, Vec<&Endpoint>) =
        all.iter().filter(|one| one.mark.as_ref() == Some(&wanted.mark)).partition(|one| known == Some(&one.id));
    let pinned = own.iter().find(|one| one.api_version.as_deref() == Some(VERSION));
    if let Some(one) = pinned {
        let mended = if one.is(wanted) { Ok(()) } else { access.client.mend_endpoint(&one.id, wanted).await.map(|_| ()) };
        return Ok(match mended {
            Ok(()) => remove(access, &strays).await,
            Err(error) => Err(error),
        });
    }
    let begun = known.is_some() || !strays.is_empty();
    if !begun && register == Register::Kept {
        return Ok(Ok(()));
    }
    // The new one first, so that no event falls between the two; where there is no room for it, the old ones first.
    let old: Vec<&Endpoint> = own.into_iter().chain(strays).collect();
    let key = format!("{}-{}", access.row.id, services.clock.now().timestamp_micros());
    let made = match access.client.make_endpoint(wanted, &key).await {
        Err(ReadError::Refused { status: 400 }) if !old.is_empty() => {
            if let Err(error) = remove(access, &old).await {
                return Ok(Err(error));
            }
            access.client.make_endpoint(wanted, &format!("{key}-again")).await
        }
        made => made,
    };
    let (endpoint, secret) = match made {
        Ok(made) => made,
        Err(error) => return Ok(Err(error)),
    };
    keep(services, access.row.id, &endpoint.id, &secret).await?;
    Ok(remove(access, &old).await)
}

async fn remove(access: &Access, endpoints: &[&Endpoint]) -> Result<(), ReadError> {
    for endpoint in endpoints {
        access.client.remove_endpoint(&endpoint.id).await?;
    }
    Ok(())
}

/// Stores the secret of a new endpoint beside those that are in use. Where there are too many, the oldest goes.
async fn keep(services: &Services, id: ConnectionId, endpoint: &str, secret: &SecretString) -> Result<(), ServiceError> {
    let tx = services.db.begin().await?;
    let Some(mut row) = store::connection::lock_by_id(&tx, id).await? else { return Ok(()) };
    row.webhook_secrets.0.push(seal(services, secret, webhook_place(id))?);
    let surplus = row.webhook_secrets.0.len().saturating_sub(MAX_WEBHOOK_SECRETS);
    row.webhook_secrets.0.drain(..surplus);
    (row.webhook_endpoint, row.updated_at) = (Some(endpoint.to_owned()), services.clock.now());
    store::row::save(&tx, row).await?;
    tx.commit().await?;
    Ok(())
}

/// Why an endpoint could not be made, and what to do.
fn told(services: &Services, error: &ReadError) -> String {
    match error {
        ReadError::Refused { .. } if !is_reachable(services) => {
            format!(
                "Stripe delivers to public https addresses only, and this instance says that it is at {}",
                services.settings.public_url()
            )
        }
        ReadError::Refused { .. } => {
            "Stripe refuses to make the endpoint; an account has at most 16 of them in a mode, so remove one that is not used".to_owned()
        }
        other => other.to_string(),
    }
}

/// What to do at Stripe by hand so that events come here. Nothing where the endpoint is ours.
#[must_use]
pub fn guide(services: &Services, row: &Model) -> Vec<String> {
    if row.webhook_endpoint.is_some() {
        return Vec::new();
    }
    let events: Vec<&str> = registered().collect();
    let events = format!("Choose these {} events: {}. Choose the API version {VERSION} if Stripe asks.", events.len(), events.join(", "));
    if row.method != ConnectionMethod::ApiKey {
        let mode = if row.livemode { "live" } else { "test" };
        return vec![
            format!(
                "The operator of this instance adds one endpoint for all connected accounts, in the platform's own dashboard under Developers, \
                 Webhooks, for events on connected accounts: {}.",
                services.public(&format!("{WEBHOOK_PATH}platform/{mode}"))
            ),
            events,
            format!("The operator puts its signing secret into TRIBUTARY_STRIPE_PLATFORM_WEBHOOK_SECRETS_{}.", mode.to_uppercase()),
        ];
    }
    let mut steps = Vec::new();
    if !is_reachable(services) {
        let address = services.settings.public_url();
        steps.push(format!("Stripe delivers live events to https addresses only, and this instance says that it is at {address}: set TRIBUTARY_PUBLIC_URL first."));
    }
    steps.extend([
        format!(
            "In Stripe's dashboard, in the right mode, open Developers, Webhooks, and add an endpoint with the address {}.",
            webhook_url(services, row)
        ),
        events,
        "Reveal the signing secret of the endpoint (whsec_…) and give it to stripeConnectionAddWebhookSecret.".to_owned(),
        "Send a test event from Stripe's page of the endpoint; lastEventAt then shows when it came.".to_owned(),
    ]);
    steps
}
