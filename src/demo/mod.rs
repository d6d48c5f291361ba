//! The demo: a month of a shop in seconds, played through the real front doors of the real server over HTTP.
//!
//! Starts the server on a fresh database, sets a merchant up by GraphQL, plays the month from outside, and compares what GraphQL then
//! answers with the worked examples. It calls no service and reads no table: what it knows, any client can know. It decides nothing.

mod books;
mod expected;
mod front;
mod out;
mod play;
mod report;
mod server;
mod setup;
mod shop;
mod stripe;
mod summary;
mod table;

use std::time::{Duration as Real, Instant};

use anyhow::{Result, bail};
use chrono::{DateTime, Days, NaiveTime, Utc};
use secrecy::{ExposeSecret, SecretString};

use self::books::Books;
use self::front::Front;
use self::out::Out;
use self::server::{Server, random};
use self::setup::{OWNER, Secrets};
use self::shop::Shop;
use self::stripe::Account;
use crate::cli::Demo;
use crate::clock::Clock;
use crate::config::Settings;

/// How long ago the play begins.
const MONTH: Days = Days::new(30);
/// How long the server may take to release what is due in the end; it looks every few seconds.
const PATIENCE: Real = Real::from_secs(60);

/// Why the demo ended before it should.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// Something could not be done at all.
    #[error("{0:#}")]
    Broken(anyhow::Error),
    /// The play went through and its figures are not those of the worked examples.
    #[error("the demo came out wrong; how is listed above, {0} in all")]
    Wrong(usize),
}

/// Plays the month and tells what came of it. Then serves on, or ends when `demo.exit` says so.
///
/// # Errors
/// [`DemoError`]; with `demo.exit` also when only a figure is wrong.
pub async fn run(demo: Demo, settings: Settings) -> Result<(), DemoError> {
    let wrong = perform(demo, settings).await.map_err(DemoError::Broken)?;
    if wrong > 0 { Err(DemoError::Wrong(wrong)) } else { Ok(()) }
}

/// Gives how many figures are wrong.
async fn perform(demo: Demo, settings: Settings) -> Result<usize> {
    let out = Out::new();
    let begun = Instant::now();
    let machine = Clock::system();
    let start = midnight(machine.now()) - MONTH;
    let clock = Clock::frozen(start);
    let books = Books::default();
    let server = Server::start(settings, clock.clone(), &books.open()?, demo.exit).await?;
    out.heading("Tributary: a month of a shop, by HTTP");
    out.line(format_args!("The server listens on {} with its data in {}.", server.url(), server.database()));
    let secrets =
        Secrets { password: random(20).into(), stripe_key: random(24).after("rk_live_"), webhook_secret: random(32).after("whsec_") };
    let front = Front::new(&server.url())?;
    let merchant = setup::set_up(&front, &server.setup_token().await?, &secrets).await?;
    out.line("Set up by GraphQL: the merchant Lumen, a program that pays 20 % and holds for 14 days, a Stripe connection in live mode,");
    out.line(format_args!("Ana with {}, Ben with {} and the code {}.", merchant.links[0], merchant.links[1], play::BEN25.text));
    out.heading("The month");
    let mut shop = Shop::new(merchant.doors, Account::new(books), clock.clone(), start, out);
    shop.at(0, 9).await?;
    setup::codes(&mut shop, &merchant.ben).await?;
    play::month(&mut shop).await?;
    shop.settled().await?;
    clock.set(machine.now());
    released(&shop.doors.front, machine.now()).await?;
    let wrong = summary::print(&shop, out).await?;
    out.aside(&format!("{} deliveries of Stripe in {:.1} s", shop.delivered, begun.elapsed().as_secs_f32()));
    if demo.exit {
        server.stop().await?;
        return Ok(wrong);
    }
    invite(out, &server.url(), &secrets.password);
    server.serve_on().await?;
    Ok(wrong)
}

fn midnight(now: DateTime<Utc>) -> DateTime<Utc> {
    now.date_naive().and_time(NaiveTime::MIN).and_utc()
}

/// Waits until everything is released whose time has come.
async fn released(front: &Front, now: DateTime<Utc>) -> Result<()> {
    let begun = Instant::now();
    loop {
        let purchases = report::purchases(front).await?;
        let mut commissions = purchases.iter().flat_map(|purchase| &purchase.commissions);
        if !commissions.any(|one| one.state == "PENDING" && one.release_at.is_some_and(|at| at <= now)) {
            return Ok(());
        }
        if begun.elapsed() > PATIENCE {
            bail!("the server has not released what is due within {} s", PATIENCE.as_secs());
        }
        tokio::time::sleep(Real::from_millis(100)).await;
    }
}

/// Says how to look around.
fn invite(out: Out, url: &str, password: &SecretString) {
    out.heading("Look around");
    out.line(format_args!("GraphiQL is at {url}/graphql. Sign in there by this, and put the token into the headers:"));
    out.line(format_args!(
        "\n  mutation {{ signIn(input: {{ email: \"{OWNER}\", password: \"{}\" }}) {{ session {{ accessToken }} }} }}",
        password.expose_secret()
    ));
    out.line("\n  { \"Authorization\": \"Bearer <accessToken>\", \"Tributary-Mode\": \"live\" }");
    out.line("\nThen, for example:");
    for query in QUERIES {
        out.line(format_args!("\n{query}"));
    }
    out.line("\nThe password is for this run only. Stop by ctrl-c.");
}

/// Queries to paste.
const QUERIES: [&str; 3] = [
    "  # Why did Ben win the customer whom Ana had brought?
  { purchases(first: 100, filter: { reason: [COMMISSIONED] }) { nodes { key customer { name } decision { explanation } } } }",
    "  # What is earned, in which state, by which entries of the ledger?
  { commissions(first: 20) { nodes { state holds releaseAt amount { decimal currency }
      entries { nodes { account kind amount { decimal } } } } } }",
    "  # What came from Stripe, and what became of it?
  { inboxEvents(first: 20) { nodes { eventType apiVersion status reason occurredAt } } }",
];
