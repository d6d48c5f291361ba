//! Webhook endpoints.

use serde_json::json;

use super::super::Refusal;
use super::super::call::{Call, Done};
use super::{merge, text};
use crate::model::{Endpoint, Metadata};
use crate::render;
use crate::version::Version;

/// An account has no more in one mode.
const MOST: usize = 16;

pub fn new_endpoint(call: &mut Call<'_>) -> Done {
    if call.shop.endpoints.len() >= MOST {
        let message = format!("You have reached the maximum of {MOST} test webhook endpoints.");
        return Err(Refusal::wrong(None, &message));
    }
    let events = call.params.take_list("enabled_events");
    if events.is_empty() {
        return Err(Refusal::wrong(Some("parameter_missing"), "Missing required param: enabled_events.").about("enabled_events"));
    }
    let version_name = call.params.take("api_version");
    let version = version_name.as_deref().map(|name| Version::named(name).ok_or_else(|| Refusal::version(name))).transpose()?;
    let (id, secret) = (call.shop.id("we"), call.shop.id("whsec"));
    let mut endpoint = Endpoint {
        id,
        created: call.shop.now(),
        url: address(call.params.take("url").unwrap_or_default(), call.shop.livemode)?,
        events,
        version,
        version_name,
        connect: call.params.take_bool("connect").unwrap_or(false),
        description: call.params.take("description"),
        enabled: true,
        secrets: vec![format!("{secret}_{}", secret.chars().rev().collect::<String>().replace('_', "x"))],
        metadata: Metadata::new(),
    };
    merge(&mut endpoint.metadata, &mut call.params)?;
    let mut shown = render::endpoint(&endpoint, call.view);
    // It is told this once.
    shown["secret"] = json!(endpoint.secrets[0]);
    call.shop.endpoints.insert(endpoint);
    Ok(shown)
}

fn address(url: String, livemode: bool) -> Result<String, Refusal> {
    let wrong = |message: &str| Refusal::wrong(Some("url_invalid"), message).about("url");
    let parsed = url::Url::parse(&url).map_err(|_| wrong("Invalid URL: an explicit scheme (such as https) must be provided."))?;
    match parsed.scheme() {
        "https" => Ok(url),
        "http" if !livemode => Ok(url),
        _ => Err(wrong("Invalid URL: URL must be publicly accessible and use HTTPS.")),
    }
}

/// The version of an endpoint cannot be changed.
pub fn endpoint(call: &mut Call<'_>) -> Done {
    let id = call.ids[0].clone();
    let mut endpoint = call.shop.endpoints.get(&id).cloned().ok_or_else(|| Refusal::missing("webhook endpoint", &id))?;
    if let Some(url) = call.params.take("url") {
        endpoint.url = address(url, call.shop.livemode)?;
    }
    let events = call.params.take_list("enabled_events");
    if !events.is_empty() {
        endpoint.events = events;
    }
    if let Some(disabled) = call.params.take_bool("disabled") {
        endpoint.enabled = !disabled;
    }
    text(&mut endpoint.description, &mut call.params, "description");
    merge(&mut endpoint.metadata, &mut call.params)?;
    call.shop.endpoints.insert(endpoint.clone());
    Ok(render::endpoint(&endpoint, call.view))
}

pub fn no_endpoint(call: &mut Call<'_>) -> Done {
    let id = call.ids[0].clone();
    call.shop.endpoints.remove(&id).ok_or_else(|| Refusal::missing("webhook endpoint", &id))?;
    Ok(json!({ "id": id, "object": "webhook_endpoint", "deleted": true }))
}
