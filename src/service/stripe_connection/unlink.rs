//! Leaving: a connection is switched off here, and the access is given back at Stripe where Stripe allows it.

use entity::stripe_connection::{self, Model};
use entity::value::{ConnectionId, ConnectionMethod, ConnectionStatus, LinkFault, Mode};

use super::access::{self, platform};
use super::edit;
use crate::domain::access::{Action, Viewer};
use crate::service::{Refusal, ServiceError, Services};
use crate::store::scoped::find;

/// Switches a connection off: its credential is forgotten, deliveries to it have no effect. History stays, and linking it again keeps its id.
/// Connect's access is taken back at Stripe, and an endpoint that was made for it is removed there; what Stripe does not let us do is said in
/// the reason of its state.
///
/// # Errors
/// Refused when there is no such connection; denied to those who may not connect.
pub async fn unlink(services: &Services, viewer: &Viewer, id: ConnectionId) -> Result<Model, ServiceError> {
    let scope = viewer.allow(Action::Connect)?;
    let known = find::<stripe_connection::Entity, _>(services.db.read(), scope, id).await?;
    let known = known.ok_or_else(|| Refusal::not_found("id", "connection"))?;
    let left = if known.status == ConnectionStatus::Linked { give_back(services, &known).await } else { None };
    edit(services, viewer, id, |_, _, row| {
        (row.secret, row.refresh_secret, row.token_expires_at, row.key_last4) = (None, None, None, None);
        (row.granted_scope, row.health, row.check_at, row.disabled_at) = (None, None, None, None);
        row.webhook_endpoint = None;
        (row.status, row.status_reason) = (ConnectionStatus::Unlinked, left);
        Ok(None)
    })
    .await
}

/// Gives the access back. Says what the merchant has to do at Stripe, when not everything could be done.
async fn give_back(services: &Services, row: &Model) -> Option<String> {
    match row.method {
        ConnectionMethod::Oauth => {
            let by_hand = "Stripe could not be told; take the access back in Stripe's dashboard under Settings, Team and security, Installed extensions";
            let (platform, account) = platform(services, Mode::from_livemode(row.livemode)).zip(row.account.as_deref())?;
            match platform.revoke(&services.stripe, account).await {
                // It has no access any more: somebody was faster.
                Ok(()) | Err(LinkFault::ClientRefused) => None,
                Err(_) => Some(by_hand.to_owned()),
            }
        }
        ConnectionMethod::App => Some("uninstall the app in Stripe's dashboard under Settings, Installed apps".to_owned()),
        ConnectionMethod::ApiKey => {
            let key = "remove the key in Stripe's dashboard under Developers, API keys, if nothing else uses it".to_owned();
            let Some(endpoint) = row.webhook_endpoint.as_deref() else { return Some(key) };
            let removed = match access::of(services, row.id).await {
                Ok(Some(access)) => access.client.remove_endpoint(endpoint).await.is_ok(),
                _ => false,
            };
            let by_hand = format!("remove the webhook endpoint {endpoint} in Stripe's dashboard, and the key under Developers, API keys");
            Some(if removed { key } else { by_hand })
        }
    }
}
