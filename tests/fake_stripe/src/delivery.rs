//! Sending events to webhook endpoints, signed as Stripe signs.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::api::World;
use crate::model::{Endpoint, Event};
use crate::server::FakeStripe;

/// What became of one delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivered {
    pub event: String,
    pub kind: &'static str,
    pub endpoint: String,
    /// Nothing when nobody answered.
    pub status: Option<u16>,
}

impl Delivered {
    pub fn is_ok(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }
}

/// One delivery that is still to be made.
#[derive(Clone, Debug)]
pub(crate) struct Due {
    event: String,
    kind: &'static str,
    body: Value,
    endpoint: Endpoint,
}

/// The header of a delivery: one signature for each secret.
pub fn sign(body: &[u8], secrets: &[String], now: DateTime<Utc>) -> String {
    let time = now.timestamp();
    let one = |secret: &String| {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("keys of any length");
        mac.update(format!("{time}.").as_bytes());
        mac.update(body);
        format!(",v1={}", hex::encode(mac.finalize().into_bytes()))
    };
    format!("t={time}{}", secrets.iter().map(one).collect::<String>())
}

impl World {
    /// Everything that happened and was not sent yet, for every endpoint that wants it.
    fn due(&self) -> Vec<Due> {
        let mut due = Vec::new();
        for shop in &self.shops {
            let (account, livemode, version, events, own) = {
                let mut shop = shop.lock().unwrap();
                let own: Vec<Endpoint> = shop.endpoints.values().filter(|endpoint| !endpoint.connect).cloned().collect();
                (shop.account.id.clone(), shop.livemode, shop.version, shop.unsent(), own)
            };
            let platforms = self.platforms(&account, livemode);
            for event in &events {
                let ends = event.kind.starts_with("account.application.");
                let connected = platforms.iter().filter(|(connected, _)| *connected || ends).map(|(_, endpoint)| (endpoint, true));
                let to = own.iter().map(|endpoint| (endpoint, false)).chain(connected);
                due.extend(to.filter_map(|(endpoint, connect)| one(event, endpoint, connect.then_some(account.as_str()), version)));
            }
        }
        due
    }

    /// The Connect endpoints of others, each with whether the account is connected there. An endpoint of live mode gets the events of both.
    fn platforms(&self, account: &str, livemode: bool) -> Vec<(bool, Endpoint)> {
        let given = |mode| self.grants.of(account, mode).is_some() || self.app.as_ref().is_some_and(|app| app.is_installed(account, mode));
        let mut found = Vec::new();
        for shop in &self.shops {
            let shop = shop.lock().unwrap();
            let connected = if shop.livemode { given(true) } else { given(false) && !livemode };
            let own = shop.endpoints.values().filter(|endpoint| endpoint.connect && (shop.livemode || !livemode));
            found.extend(own.map(|endpoint| (connected, endpoint.clone())));
        }
        found
    }
}

fn one(event: &Event, endpoint: &Endpoint, account: Option<&str>, default: crate::version::Version) -> Option<Due> {
    let version = endpoint.version.unwrap_or(default);
    if !endpoint.wants(event.kind) || !event.exists_in(version) {
        return None;
    }
    let mut body = event.shown(version);
    if let Some(account) = account {
        body["account"] = json!(account);
    }
    Some(Due { event: event.id.clone(), kind: event.kind, body, endpoint: endpoint.clone() })
}

impl FakeStripe {
    /// Sends what happened since the last time to every endpoint that wants it, in order, signed at `now`. What is refused is sent again
    /// with the next call, as Stripe does later.
    pub async fn deliver(&self, now: DateTime<Utc>) -> Vec<Delivered> {
        let due = {
            let state = Arc::clone(self.state());
            let fresh = state.world.lock().unwrap().due();
            let mut refused = state.refused.lock().unwrap();
            std::mem::take(&mut *refused).into_iter().chain(fresh).collect::<Vec<_>>()
        };
        let mut done = Vec::new();
        for one in due {
            let body = serde_json::to_vec(&one.body).unwrap();
            let header = sign(&body, &one.endpoint.secrets, now);
            let url = self.state().reached(&one.endpoint.url);
            let request = self.client().post(url).header("stripe-signature", header).header("content-type", "application/json");
            let status = request.body(body).send().await.ok().map(|answer| answer.status().as_u16());
            let delivered = Delivered { event: one.event.clone(), kind: one.kind, endpoint: one.endpoint.id.clone(), status };
            if !delivered.is_ok() {
                self.state().refused.lock().unwrap().push(one);
            }
            done.push(delivered);
        }
        done
    }
}
