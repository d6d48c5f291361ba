//! A shop with many customers, ready to be served: what the measurements of a running instance begin from.

use entity::value::{ApiKeyKind, ConnectionId, MembershipId, Mode, Role, UserId};
use entity::{membership, user};
use secrecy::ExposeSecret;
use serde_json::json;
use tributary::domain::access::{Scope, Viewer};
use tributary::service::api_key::{self, NewKey};
use tributary::service::{Services, stripe_connection};

use crate::rows::{BASE, Shop};
use crate::run::{SECRET, services};
use crate::seed::{insert, store_customers};

/// Stores a shop with so many customers who clicked, signed up and bought so often each; prints, as one line of JSON, what a program needs to
/// know to talk to an instance over this database.
pub async fn stage(url: &str, customers: usize, bought: usize) {
    let services = services(url).await;
    let shop = Shop::new();
    store_customers(&services, &shop, customers, bought).await;
    let owner = owner(&services, &shop).await;
    let key =
        NewKey { kind: ApiKeyKind::Secret, name: "Bench".to_owned(), scopes: crate::run::scopes(), origins: Vec::new(), program: None };
    let key = api_key::create(&services, &owner, key, None).await.unwrap().secret.unwrap();
    let secret = format!("whsec_{:032x}", rand::random::<u128>());
    let connection: ConnectionId = shop.connection;
    let row = stripe_connection::add_webhook_secret(&services, &owner, connection, &secret.clone().into()).await.unwrap();
    services.db.optimise().await.unwrap();
    let told = json!({
        "instanceSecret": SECRET,
        "merchant": shop.merchant,
        "apiKey": key.expose_secret(),
        "webhookPath": format!("webhooks/stripe/{}", row.endpoint),
        "webhookSecret": secret,
        "partners": shop.partners.len(),
        "customers": customers,
    });
    println!("{told}");
}

/// Stores somebody who owns the shop, and acts in their name.
async fn owner(services: &Services, shop: &Shop) -> Viewer {
    let (user, membership) = (UserId::new(), MembershipId::new());
    let tx = services.db.begin().await.unwrap();
    let email = "owner@shop.example".to_owned();
    insert(&tx, vec![user::Model { id: user, email, password_hash: "none".to_owned(), session_version: 1, created_at: *BASE }]).await;
    let role = Role::Owner;
    let row = membership::Model {
        id: membership,
        user_id: user,
        merchant_id: shop.merchant,
        role,
        partner_id: None,
        livemode: None,
        created_at: *BASE,
    };
    insert(&tx, vec![row]).await;
    tx.commit().await.unwrap();
    Viewer::User { user, membership, role, scope: Scope::merchant_wide(shop.merchant, Mode::Live) }
}
