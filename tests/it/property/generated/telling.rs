//! How a history is told: in which order, how often, in what batches, and where the process dies.

use std::future::{Future, poll_fn};
use std::task::Poll;

use chrono::{DateTime, Duration, Utc};
use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use secrecy::SecretString;
use tributary::service::inbox::{Endpoint, Refused, accept, door};
use tributary::service::tracking::{CustomerInput, SignUpClaim, create_customer, sign_up};
use tributary::service::{ServiceError, Services};
use tributary::stripe::signature;
use tributary::worker;

use super::instance::Instance;
use super::merchant::{Made, SignUp, Step};
use crate::property::END;
use crate::support::stage::day;
use crate::support::stripe::{Event, Version};

pub const SECRET: &str = "whsec_of_made_up_merchants_0123456789";
/// How often the process dies in one history: fewer times than an event is tried.
const DEATHS: u32 = 6;
/// How long another process leaves an event to one that died.
const LEASE: Duration = Duration::seconds(61);

/// How Stripe delivers to a merchant.
#[derive(Clone, Copy)]
pub struct Delivery<'a> {
    pub endpoint: &'a str,
    pub version: Version,
}

impl Delivery<'_> {
    /// Delivers one event, signed.
    pub async fn of(self, services: &Services, event: &Event) -> Result<(), Refused> {
        let body = event.body(self.version);
        let header = signature::sign(&body, &[SecretString::from(SECRET)], services.clock.now());
        let door = door(services, Endpoint::Connection(self.endpoint)).await?;
        accept(services, door, Some(&header), body.into()).await.map(drop)
    }
}

/// Whether the telling is as it happened, or disturbed in every way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    AsItHappened,
    Disturbed,
}

/// Polls a future so many times, and then drops it, as a process that dies does. Nothing when it was dropped.
async fn cut<T>(future: impl Future<Output = T>, polls: u32) -> Option<T> {
    let mut future = Box::pin(future);
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

/// One who tells.
pub struct Teller<'a> {
    pub instance: &'a mut Instance,
    pub random: &'a mut StdRng,
    pub manner: Manner,
    now: DateTime<Utc>,
    deaths: u32,
}

impl<'a> Teller<'a> {
    pub fn new(instance: &'a mut Instance, random: &'a mut StdRng, manner: Manner) -> Self {
        let deaths = if manner == Manner::Disturbed { DEATHS } else { 0 };
        Self { instance, random, manner, now: day(END), deaths }
    }

    /// Tells everything of a merchant, and lets time pass until nothing more comes of it.
    pub async fn tell(&mut self, made: &Made) {
        let mut steps = made.steps.clone();
        let mut batch = 1;
        if self.manner == Manner::Disturbed {
            steps.shuffle(self.random);
            let twice: Vec<Step> = steps.iter().filter(|_| self.random.random_bool(0.3)).cloned().collect();
            for step in twice {
                let at = self.random.random_range(0..=steps.len());
                steps.insert(at, step);
            }
            batch = self.random.random_range(1..=steps.len());
        }
        for (n, step) in (1..).zip(&steps) {
            self.instance.clock.set(self.now);
            match step {
                Step::Told(event) => self.deliver(made, event).await,
                Step::SignUp(signup) => self.sign_up(made, signup).await,
            }
            if n % batch == 0 {
                self.work().await;
            }
        }
        for later in [Duration::hours(2), Duration::days(4), Duration::days(130)] {
            self.work().await;
            self.now = day(END) + later;
        }
        self.instance.clock.set(self.now);
        worker::drain(&self.instance.services).await.unwrap();
    }

    /// Now and then after how many polls the process dies, where it does.
    fn dies(&mut self, often: f64) -> Option<u32> {
        let dies = self.deaths > 0 && self.random.random_bool(often);
        self.deaths -= u32::from(dies);
        // Few more often than many: the first steps of a transaction as often as the last ones.
        dies.then(|| 1_u32 << self.random.random_range(0..10_u32)).map(|most| self.random.random_range(0..=most))
    }

    fn died(&mut self) {
        self.instance.restart();
        self.now += LEASE;
        self.instance.clock.set(self.now);
    }

    /// Delivers an event, again where nobody answered: as Stripe does, sometimes under another id.
    async fn deliver(&mut self, made: &Made, event: &Event) {
        let delivery = Delivery { endpoint: &made.endpoint, version: made.version };
        let again = self.manner == Manner::Disturbed && self.random.random_bool(0.1);
        let event = if again { event.again() } else { event.clone() };
        if let Some(polls) = self.dies(0.03) {
            let told = cut(delivery.of(&self.instance.services, &event), polls).await;
            if told.is_some_and(|told| told.is_ok()) {
                return;
            }
            self.died();
        }
        delivery.of(&self.instance.services, &event).await.unwrap();
    }

    /// A sign-up counts from when it is told, so it is told at its time.
    async fn sign_up(&mut self, made: &Made, signup: &SignUp) {
        self.instance.clock.set(signup.at);
        if let Some(polls) = self.dies(0.1) {
            let told = cut(signed_up(&self.instance.services, made, signup), polls).await;
            if told.is_some_and(|told| told.is_ok()) {
                return;
            }
            self.died();
            self.instance.clock.set(signup.at);
        }
        signed_up(&self.instance.services, made, signup).await.unwrap();
        self.instance.clock.set(self.now);
    }

    /// Works off everything that waits, with a death in the middle now and then.
    async fn work(&mut self) {
        self.instance.clock.set(self.now);
        while let Some(polls) = self.dies(0.3) {
            if cut(worker::drain(&self.instance.services), polls).await.is_some() {
                return;
            }
            self.died();
        }
        worker::drain(&self.instance.services).await.unwrap();
    }
}

async fn signed_up(services: &Services, made: &Made, signup: &SignUp) -> Result<(), ServiceError> {
    let (external_id, email) = (Some(signup.name.clone()), Some(signup.email.clone()));
    if signup.by_server {
        let input = CustomerInput { external_id, email, name: None, partner: None };
        return create_customer(services, made.scope, input).await.map(drop);
    }
    let claim = SignUpClaim { external_id, email, token: signup.token.clone(), ..SignUpClaim::default() };
    sign_up(services, made.scope, claim).await.map(drop)
}
