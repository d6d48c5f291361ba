//! Headers as the official SDK of Stripe makes and judges them, against the endpoint: valid, wrong, expired, rolled, tampered.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use chrono::DateTime;
use serde::Deserialize;

use crate::support::stage::Stage;

#[derive(Deserialize)]
struct Oracle {
    now: i64,
    deliveries: Vec<Delivery>,
}

#[derive(Deserialize)]
struct Delivery {
    name: String,
    header: String,
    body: String,
    secrets: Vec<String>,
    ours: bool,
}

fn run(program: &str, arguments: &[&str], folder: &Path) -> Vec<u8> {
    let output = Command::new(program).args(arguments).current_dir(folder).output().unwrap_or_else(|error| {
        panic!(
            "this test compares with Stripe's own SDK and needs Node.js with npm: {program} does not run ({error}); install nodejs and npm"
        )
    });
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?} in {} failed: {said}", folder.display());
    output.stdout
}

/// What the SDK makes. Its package is installed when it is not there yet.
fn oracle() -> Oracle {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop");
    if !folder.join("node_modules/stripe/package.json").is_file() {
        run("npm", &["ci", "--no-audit", "--no-fund"], &folder);
    }
    serde_json::from_slice(&run("node", &["signature.mjs"], &folder)).expect("what signature.mjs prints")
}

#[tokio::test]
async fn the_endpoint_agrees_with_the_official_sdk() {
    let oracle = tokio::task::spawn_blocking(oracle).await.unwrap();
    let stage = Stage::new().await;
    let mut endpoints: BTreeMap<&[String], String> = BTreeMap::new();
    for delivery in &oracle.deliveries {
        if !endpoints.contains_key(delivery.secrets.as_slice()) {
            let endpoint = stage.another_endpoint(&delivery.secrets).await;
            endpoints.insert(&delivery.secrets, endpoint);
        }
    }
    stage.app.clock.set(DateTime::from_timestamp(oracle.now, 0).unwrap());
    let mut accepted = 0;
    for delivery in &oracle.deliveries {
        let body = BASE64_STANDARD.decode(&delivery.body).unwrap();
        let status = stage.post_to(&endpoints[delivery.secrets.as_slice()], &delivery.header, body).await;
        assert_eq!(status, if delivery.ours { 200 } else { 400 }, "{}", delivery.name);
        accepted += usize::from(delivery.ours);
    }
    println!("{accepted} of {} accepted, as they should be", oracle.deliveries.len());
    assert!(accepted >= 5 && accepted + 5 <= oracle.deliveries.len());
    // One event, accepted at two addresses: stored once at each.
    assert_eq!(stage.books().await.inbox.len(), endpoints.len());
}
