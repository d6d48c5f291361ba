//! Keys: whose they are, in which mode, and what they may.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};

use super::route::Route;
use super::{Asked, Refusal, World};
use crate::shop::Shop;

/// A key that was made or given out.
#[derive(Clone, Debug)]
pub struct Key {
    account: String,
    livemode: bool,
    /// What it may, such as `customer_read`; nothing for a key that may everything.
    only: Option<BTreeSet<String>>,
    /// Whether it is a token that a merchant gave for reading alone.
    reads: bool,
    revoked: bool,
    expires: Option<DateTime<Utc>>,
}

impl Key {
    /// A key that may everything in an account.
    pub fn of(account: &str, livemode: bool) -> Self {
        Self { account: account.to_owned(), livemode, only: None, reads: false, revoked: false, expires: None }
    }

    /// The key with these permissions alone, such as `customer_read`. To write is to read, too.
    pub fn only<'a>(mut self, permissions: impl IntoIterator<Item = &'a str>) -> Self {
        self.only = Some(permissions.into_iter().flat_map(implied).collect());
        self
    }

    /// The key as a token that a merchant gave for reading alone.
    pub const fn read_only(mut self) -> Self {
        self.reads = true;
        self
    }

    pub const fn until(mut self, expires: DateTime<Utc>) -> Self {
        self.expires = Some(expires);
        self
    }

    pub fn account(&self) -> &str {
        &self.account
    }

    fn may(&self, permission: &str) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(permission))
    }
}

/// A permission and those that come with it, as the reference of permissions says.
fn implied(permission: &str) -> Vec<String> {
    let mut all = vec![permission.to_owned()];
    if let Some(resource) = permission.strip_suffix("_write") {
        all.push(format!("{resource}_read"));
    }
    let more: &[&str] = match all.last().map(String::as_str).unwrap_or_default() {
        "balance_transaction_source_read" => &["application_fee_read", "balance_read", "transfer_read", "payout_read"],
        "checkout_session_read" => &["payment_intent_read", "payment_links_read", "product_read"],
        "payment_intent_read" | "payment_links_read" => &["product_read"],
        "credit_note_read" => &["invoice_read"],
        "invoice_read" => &["credit_note_read"],
        _ => &[],
    };
    all.extend(more.iter().map(|word| (*word).to_owned()));
    all
}

#[derive(Default)]
pub struct Keys {
    known: HashMap<String, Key>,
    /// Whether a key that was never made is refused. Otherwise it may everything in the first shop of its mode.
    pub strict: bool,
}

impl Keys {
    pub fn add(&mut self, name: &str, key: Key) {
        self.known.insert(name.to_owned(), key);
    }

    pub fn revoke(&mut self, name: &str) {
        if let Some(key) = self.known.get_mut(name) {
            key.revoked = true;
        }
    }

    /// Revokes every key of one account and mode that `which` picks by its name.
    pub fn revoke_all(&mut self, account: &str, which: impl Fn(&str) -> bool) {
        for (_, key) in self.known.iter_mut().filter(|(name, key)| key.account == account && which(name)) {
            key.revoked = true;
        }
    }
}

/// What a request may touch.
pub struct Access {
    name: String,
    key: Key,
    /// The account it is about, which may be a connected one.
    pub account: String,
    pub shop: Arc<Mutex<Shop>>,
}

impl Access {
    pub fn may(&self, permission: &str) -> bool {
        self.key.may(permission)
    }

    /// The refusal for a missing permission.
    pub fn lacks(&self, permission: &str) -> Refusal {
        let message = format!(
            "The provided key '{}' does not have the required permissions for this endpoint on account '{}'. Having the \
             'rak_{permission}' permission would allow this request to continue.",
            shown(&self.name),
            self.account
        );
        Refusal::new(403, "invalid_request_error", Some("more_permissions_required"), &message)
    }
}

/// A key as errors show it.
fn shown(name: &str) -> String {
    let head: String = name.chars().take(8).collect();
    let tail: String = name.chars().skip(name.chars().count().saturating_sub(4).max(8)).collect();
    format!("{head}{}{tail}", "*".repeat(20))
}

impl World {
    /// The key of a request.
    pub(super) fn key(&self, asked: &Asked) -> Result<Key, Refusal> {
        let unauthorised = |code, message: &str| Refusal::new(401, "invalid_request_error", code, message);
        let Some(name) = &asked.key else {
            let message =
                "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth.";
            return Err(unauthorised(None, message));
        };
        if name.starts_with("pk_") {
            let message = "This API call cannot be made with a publishable API key. Please use a secret API key.";
            return Err(unauthorised(Some("secret_key_required"), message));
        }
        let invalid = || unauthorised(None, &format!("Invalid API Key provided: {}", shown(name)));
        match self.keys.known.get(name) {
            Some(key) if key.revoked => Err(unauthorised(Some("api_key_expired"), &format!("Expired API Key provided: {}", shown(name)))),
            Some(key) if key.expires.is_some_and(|expires| expires <= self.now()) => {
                Err(unauthorised(Some("api_key_expired"), &format!("Expired API Key provided: {}", shown(name))))
            }
            Some(key) => Ok(key.clone()),
            None if self.keys.strict => Err(invalid()),
            None => {
                let modes = [("sk_live_", true), ("rk_live_", true), ("sk_test_", false), ("rk_test_", false)];
                let (_, livemode) = modes.into_iter().find(|(prefix, _)| name.starts_with(prefix)).ok_or_else(invalid)?;
                let first = self.shops.iter().find(|shop| shop.lock().unwrap().livemode == livemode).ok_or_else(invalid)?;
                Ok(Key::of(&first.lock().unwrap().account.id, livemode))
            }
        }
    }

    /// What the key may touch for this request.
    pub(super) fn access(&self, key: Key, asked: &Asked, route: &Route) -> Result<Access, Refusal> {
        let name = asked.key.clone().unwrap_or_default();
        let account = asked.account.clone().unwrap_or_else(|| key.account.clone());
        let write = asked.method != "GET";
        let denied = || {
            let message = format!(
                "The provided key '{}' does not have access to account '{account}' (or that account does not exist). Application access \
                 may have been revoked.",
                shown(&name)
            );
            Refusal::new(403, "invalid_request_error", Some("account_invalid"), &message)
        };
        let reads = if account == key.account {
            key.reads
        } else {
            let grant = self.grants.of(&account, key.livemode).filter(|_| self.is_platform(&key.account)).ok_or_else(denied)?;
            grant.scope == "read_only"
        };
        if write && reads {
            let message = "This application does not have the required permissions for this endpoint on the connected account.";
            return Err(Refusal::new(403, "invalid_request_error", Some("more_permissions_required_for_application"), message));
        }
        let shop = self.shop(&account, key.livemode).ok_or_else(denied)?;
        let access = Access { name, key, account, shop };
        let permission = route.permission(write);
        if access.may(&permission) { Ok(access) } else { Err(access.lacks(&permission)) }
    }
}
