//! Sets the merchant up, as its owner would in GraphiQL: keys, a program, two partners with links, and the connection to Stripe.

use anyhow::{Context, Result};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use url::Url;

use super::front::{Front, SHOP};
use super::play::{BEN25, WORKSHOP};
use super::shop::{Doors, Shop};
use super::stripe::Shape;

/// Under which address the demo's user signs in.
pub const OWNER: &str = "owner@lumen.example";
/// Days from purchase to release: short enough that some of the month's commissions are released in the end.
const HOLD_DAYS: i64 = 14;

const SET_UP: &str = "mutation SetUp($input: InstanceSetUpInput!) {
  instanceSetUp(input: $input) { session { accessToken } userErrors { field message } }
}";
const KEY: &str = "mutation Key($input: ApiKeyCreateInput!) {
  apiKeyCreate(input: $input) { secret apiKey { publishableKey } userErrors { field message } }
}";
const PROGRAM: &str = "mutation Program($input: ProgramCreateInput!) {
  programCreate(input: $input) { program { id } userErrors { field message } }
}";
const PARTNER: &str = "mutation Partner($input: PartnerCreateInput!) {
  partnerCreate(input: $input) { partner { id } userErrors { field message } }
}";
const ENROLLMENT: &str = "mutation Enrollment($input: EnrollmentCreateInput!) {
  enrollmentCreate(input: $input) { enrollment { id } userErrors { field message } }
}";
const LINK: &str = "mutation Link($input: LinkCreateInput!) {
  linkCreate(input: $input) { link { url } userErrors { field message } }
}";
const CONNECTION: &str = "mutation Connection($input: StripeConnectionCreateInput!) {
  stripeConnectionCreate(input: $input) { stripeConnection { webhookUrl } userErrors { field message } }
}";
const ASSIGN: &str = "mutation Assign($input: PromotionCodeAssignInput!) {
  promotionCodeAssign(input: $input) { promotionCode { code } userErrors { field message } }
}";

/// The merchant, ready for its first visitor.
pub struct Merchant {
    /// How the shop reaches the server.
    pub doors: Doors,
    /// Ben's place in the program.
    pub ben: String,
    /// The addresses that the partners share.
    pub links: Vec<String>,
}

/// What the demo makes up for itself, new at each start.
pub struct Secrets {
    /// The owner's password.
    pub password: SecretString,
    /// The restricted key of the pretended Stripe account.
    pub stripe_key: SecretString,
    /// The signing secret of the pretended Stripe's webhook endpoint.
    pub webhook_secret: SecretString,
}

/// Sets the merchant up on a fresh instance, by its set-up token.
///
/// # Errors
/// When the server cannot be reached or refuses something.
pub async fn set_up(front: &Front, token: &str, secrets: &Secrets) -> Result<Merchant> {
    let session = json!({ "input": {
        "token": token, "merchantName": "Lumen", "email": OWNER, "password": secrets.password.expose_secret(),
    } });
    let session = front.change(SET_UP, session).await?;
    let owner = front.with_bearer(string(&session["session"]["accessToken"])?.into());
    let scopes = ["READ", "TRACK", "WRITE_PROGRAMS", "WRITE_MONEY", "WRITE_CONNECTIONS"];
    let key = owner.change(KEY, json!({ "input": { "kind": "SECRET", "name": "the shop's server", "scopes": scopes } })).await?;
    // From here on by the key: it lasts, and an access token ends after 15 minutes of a clock that is about to run.
    let front = owner.with_bearer(string(&key["secret"])?.into());
    let program = front.change(PROGRAM, json!({ "input": program() })).await?;
    let program = string(&program["program"]["id"])?;
    let page_key = json!({ "input": { "kind": "PUBLISHABLE", "name": "the shop's pages", "origins": [SHOP], "programId": program } });
    let page_key = owner.change(KEY, page_key).await?;
    let (_, ana_link) = partner(&front, &program, "Ana").await?;
    let (ben, ben_link) = partner(&front, &program, "Ben").await?;
    let connection = json!({ "input": {
        "name": "Lumen's Stripe account",
        "key": secrets.stripe_key.expose_secret(),
        "account": "acct_1DemoLumen",
        "webhookSecret": secrets.webhook_secret.expose_secret(),
    } });
    let connection = front.change(CONNECTION, connection).await?;
    let webhook = Url::parse(&string(&connection["stripeConnection"]["webhookUrl"])?)?;
    let doors = Doors {
        front,
        page_key: string(&page_key["apiKey"]["publishableKey"])?,
        webhook: webhook.path().to_owned(),
        webhook_secret: secrets.webhook_secret.clone(),
    };
    Ok(Merchant { doors, ben, links: vec![ana_link, ben_link] })
}

fn program() -> Value {
    json!({
        "name": "Lumen affiliates",
        "kind": "AFFILIATE",
        "landingUrl": SHOP,
        "terms": {
            "reward": { "kind": "PERCENT", "rate": 2000 },
            "duration": { "kind": "LIFETIME" },
            "holdDays": HOLD_DAYS,
            "products": [{ "matches": "PRICE", "id": WORKSHOP, "effect": "RATE", "rate": 1250 }],
        },
    })
}

/// A partner with a link; gives the enrollment and the address to share.
async fn partner(front: &Front, program: &str, name: &str) -> Result<(String, String)> {
    let code = name.to_lowercase();
    let partner = front.change(PARTNER, json!({ "input": { "name": name, "email": format!("{code}@partners.example") } })).await?;
    let enrollment = json!({ "input": { "programId": program, "partnerId": partner["partner"]["id"] } });
    let enrollment = string(&front.change(ENROLLMENT, enrollment).await?["enrollment"]["id"])?;
    let link = front.change(LINK, json!({ "input": { "enrollmentId": enrollment, "code": code } })).await?;
    Ok((enrollment, string(&link["link"]["url"])?))
}

/// Makes the shop's codes at Stripe, and gives one of them to Ben.
///
/// # Errors
/// When the server cannot be reached or refuses something.
pub async fn codes(shop: &mut Shop, ben: &str) -> Result<()> {
    for (shape, code) in [(Shape::Acacia, BEN25), (Shape::Endive, super::play::FREEWEEK)] {
        let made = shop.stripe.code_made(shape, code, shop.now());
        shop.tell(&made).await?;
    }
    shop.settled().await?;
    let assign = json!({ "input": { "promotionCode": { "code": BEN25.text }, "enrollmentId": ben } });
    shop.doors.front.change(ASSIGN, assign).await.map(drop)
}

fn string(value: &Value) -> Result<String> {
    value.as_str().map(str::to_owned).context("an answer lacks a text that was asked for")
}
