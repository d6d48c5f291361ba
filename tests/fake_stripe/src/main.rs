//! The pretended Stripe as a process of its own: `fake_stripe --port 12111 [--account acct_1] [--live]`.
//!
//! It prints `listening on http://127.0.0.1:<port>/` when it does, and runs until it is killed. A test steers it over `/_fake/...`.

use std::sync::{Arc, Mutex};

use fake_stripe::{FakeStripe, Shop};

#[actix_web::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| arguments.iter().position(|word| word == name).and_then(|at| arguments.get(at + 1));
    let port = value("--port").map_or(0, |text| text.parse().expect("--port is a number"));
    let account = value("--account").map_or("acct_1FakeShop", String::as_str);
    let livemode = arguments.iter().any(|word| word == "--live");
    let fake = FakeStripe::listen(Arc::new(Mutex::new(Shop::of(account, livemode))), port);
    println!("listening on {}", fake.base());
    std::future::pending::<()>().await;
}
