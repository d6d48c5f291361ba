//! The shop: moves the demo's clock through the month, and lets happen what visitors, buyers and Stripe do at each moment.
//!
//! Everything reaches the server over HTTP. The clock is the server's own, moved by hand, so that a month takes seconds.

use std::time::{Duration as Real, Instant};

use anyhow::{Context, Result, bail};
use chrono::{DateTime, Duration, Utc};
use secrecy::SecretString;
use serde_json::json;

use super::expected::Figures;
use super::front::Front;
use super::out::Out;
use super::report::{self, Purchase};
use super::stripe::{Account, Bill, Buyer, DisputeStage, Event, Session, Shape};
use crate::clock::Clock;

/// How long the server may take to work off what it was sent.
const PATIENCE: Real = Real::from_secs(60);
/// How long to wait before looking again.
const LOOK_AGAIN: Real = Real::from_millis(15);

/// How the shop reaches the server.
pub struct Doors {
    /// As the shop's own server, by secret key.
    pub front: Front,
    /// The publishable key of the shop's pages.
    pub page_key: String,
    /// The path to which Stripe delivers.
    pub webhook: String,
    /// The secret with which Stripe signs.
    pub webhook_secret: SecretString,
}

/// The shop and everyone around it.
pub struct Shop {
    /// Where it speaks to the server.
    pub doors: Doors,
    /// Its account at the pretended Stripe.
    pub stripe: Account,
    /// Deliveries made, duplicates included.
    pub delivered: usize,
    /// Deliveries that were made again on purpose.
    pub repeated: usize,
    /// What did not come out as it should, in words.
    pub wrong: Vec<String>,
    clock: Clock,
    start: DateTime<Utc>,
    out: Out,
}

impl Shop {
    /// A shop that opens at `start`, on the server's own clock.
    pub const fn new(doors: Doors, stripe: Account, clock: Clock, start: DateTime<Utc>, out: Out) -> Self {
        Self { doors, stripe, delivered: 0, repeated: 0, wrong: Vec::new(), clock, start, out }
    }

    /// Now, in the shop.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Lets the server finish, then moves on to a time of a day. Days count from 0.
    ///
    /// # Errors
    /// When the server does not finish, or the time lies in the past.
    pub async fn at(&mut self, day: i64, hour: i64) -> Result<()> {
        self.go_to(self.start + Duration::days(day) + Duration::hours(hour)).await
    }

    /// Lets the server finish, then moves on by some minutes.
    ///
    /// # Errors
    /// As for [`Shop::at`].
    pub async fn later(&mut self, minutes: i64) -> Result<()> {
        self.go_to(self.now() + Duration::minutes(minutes)).await
    }

    async fn go_to(&mut self, to: DateTime<Utc>) -> Result<()> {
        self.settled().await?;
        if to < self.now() {
            bail!("the play is out of order: {to} lies before {}", self.now());
        }
        self.clock.set(to);
        Ok(())
    }

    /// Tells whoever watches what happens.
    pub fn say(&self, text: &str) {
        let day = (self.now() - self.start).num_days();
        self.out.line(format_args!("  day {day:>2}  {text}"));
    }

    /// Somebody clicks on a partner's link. Gives the visitor's token.
    ///
    /// # Errors
    /// When the server does not take it.
    pub async fn click(&self, code: &str) -> Result<String> {
        self.doors.front.click(&self.doors.page_key, code).await
    }

    /// Somebody signs up on a page of the shop.
    ///
    /// # Errors
    /// When the server does not take it.
    pub async fn sign_up(&self, buyer: &Buyer, token: Option<&str>) -> Result<()> {
        let claim = json!({ "token": token, "externalId": buyer.external_id, "email": buyer.email(), "name": buyer.typed_name() });
        self.doors.front.sign_up(&self.doors.page_key, claim).await
    }

    /// Somebody clicks on a partner's link, signs up five minutes later and is known to Stripe by the shop's own id.
    ///
    /// # Errors
    /// When the server does not take it.
    pub async fn referred(&mut self, name: &'static str, code: &str, shape: Shape) -> Result<Buyer> {
        let token = self.click(code).await?;
        self.later(5).await?;
        let buyer = Buyer::with_account(name);
        self.sign_up(&buyer, Some(&token)).await?;
        let made = self.stripe.customer_made(shape, &buyer, self.now());
        self.tell(&made).await?;
        self.later(10).await?;
        Ok(buyer)
    }

    /// Stripe tells of an invoice that was paid.
    ///
    /// # Errors
    /// When the server does not take it.
    pub async fn invoice_paid(&mut self, shape: Shape, bill: &Bill) -> Result<()> {
        let events = self.stripe.invoice_paid(shape, bill);
        self.tell(&events).await
    }

    /// Stripe tells of a checkout and of the payment that it took.
    ///
    /// # Errors
    /// When the server does not take it.
    pub async fn bought_by_link(&mut self, shape: Shape, session: &Session, payment: super::stripe::Payment) -> Result<()> {
        let mut events = self.stripe.paid(shape, payment);
        events.extend(self.stripe.checked_out(shape, session));
        self.tell(&events).await
    }

    /// Stripe tells of a refund.
    ///
    /// # Errors
    /// When the server does not take it.
    pub async fn refunded(&mut self, name: &str, amount: i64) -> Result<()> {
        let events = self.stripe.refunded(name, amount, self.now())?;
        self.tell(&events).await
    }

    /// Stripe tells how a dispute goes.
    ///
    /// # Errors
    /// When the server does not take it.
    pub async fn disputed(&mut self, name: &str, stage: DisputeStage) -> Result<()> {
        let events = self.stripe.disputed(name, stage, self.now())?;
        self.tell(&events).await
    }

    /// Stripe delivers events, in this order.
    ///
    /// # Errors
    /// When the server does not take one.
    pub async fn tell(&mut self, events: &[Event]) -> Result<()> {
        for event in events {
            let Doors { front, webhook, webhook_secret, .. } = &self.doors;
            let delivered = front.deliver(webhook, &event.body, webhook_secret, self.clock.now()).await;
            delivered.with_context(|| format!("a delivery of {}", event.kind))?;
            self.delivered += 1;
        }
        Ok(())
    }

    /// Stripe delivers events once more.
    ///
    /// # Errors
    /// When the server does not take one.
    pub async fn tell_again(&mut self, events: &[Event]) -> Result<()> {
        self.repeated += events.len();
        self.tell(events).await
    }

    /// Waits until the server has worked off every event.
    ///
    /// # Errors
    /// When it takes too long, or an event failed.
    pub async fn settled(&self) -> Result<()> {
        let begun = Instant::now();
        while report::waiting(&self.doors.front).await? {
            if begun.elapsed() > PATIENCE {
                bail!("the server has not worked off what it was sent within {} s", PATIENCE.as_secs());
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Ok(())
    }

    /// Looks at what a purchase earns at this moment, says so, and notes it down when it is not as expected.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn now_earns(&mut self, key: &str, expected: Figures, occasion: &str) -> Result<()> {
        self.settled().await?;
        let found = report::purchases(&self.doors.front).await?.into_iter().find(|purchase| purchase.key == key);
        let figures = found.as_ref().map_or_else(|| "nothing known of it".to_owned(), Purchase::figures);
        self.say(&format!("        {occasion}: {figures}"));
        if !found.is_some_and(|purchase| expected.agree_with(&purchase)) {
            self.wrong.push(format!("{occasion} ({key}): expected {expected}, found {figures}"));
        }
        Ok(())
    }
}
