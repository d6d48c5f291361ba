//! A made-up merchant: programs, terms, partners, codes, people, and everything that is told of them. The same seed makes the same one again.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use entity::stripe_connection;
use entity::value::{ConnectionMethod, ConnectionStatus, EnrollmentId, Mode, ProgramId, ProgramKind};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use secrecy::SecretString;
use tributary::domain::access::{Scope, Viewer};
use tributary::service::code::{PromotionCodeName, assign_promotion_code};
use tributary::service::enrollment::{self, NewEnrollment};
use tributary::service::link::{self, NewLink};
use tributary::service::partner::{self, NewPartner};
use tributary::service::program::{self, NewProgram};
use tributary::service::recruitment::{SetRecruiter, set_recruiter};
use tributary::service::terms::{self, NewTerms};
use tributary::service::tracking::{self, Click};
use tributary::service::{Services, stripe_connection as connections};
use tributary::store::row;
use tributary::worker;

use super::instance::Instance;
use super::rules;
use super::shopper::{Shopper, give_everything_back};
use super::telling::{Delivery, SECRET};
use crate::property::history::Plot;
use crate::support::stage::day;
use crate::support::stripe::{Discount, Event, Shop, Version};

const SITE: &str = "https://shop.example";
/// The fewest and the most events of one history, where no single life is longer.
const EVENTS: std::ops::RangeInclusive<usize> = 5..=60;
/// How many events the lives of the plots take at most.
const OF_A_PLOT: usize = 30;

/// One thing that reaches Tributary.
#[derive(Clone)]
pub enum Step {
    Told(Box<Event>),
    SignUp(SignUp),
}

/// A sign-up as a page tells of it, with a visit, or as the merchant's server does.
#[derive(Clone)]
pub struct SignUp {
    pub name: String,
    pub email: String,
    pub token: Option<String>,
    pub by_server: bool,
    pub at: DateTime<Utc>,
}

impl Step {
    pub fn at(&self) -> DateTime<Utc> {
        match self {
            Self::Told(event) => event.at,
            Self::SignUp(signup) => signup.at,
        }
    }
}

/// A merchant, and all that is to be told, in the order in which it happened.
pub struct Made {
    pub scope: Scope,
    pub owner: Viewer,
    pub programs: Vec<ProgramId>,
    pub endpoint: String,
    pub version: Version,
    pub names: BTreeMap<EnrollmentId, String>,
    pub steps: Vec<Step>,
    /// Whether all money was given back in the end.
    pub given_back: bool,
}

/// What is needed while the merchant is made.
struct Maker<'a> {
    instance: &'a Instance,
    viewer: Viewer,
    scope: Scope,
    random: StdRng,
    shop: Shop,
    programs: Vec<ProgramId>,
    enrollments: Vec<(EnrollmentId, String)>,
    codes: Vec<Discount>,
    steps: Vec<Step>,
}

/// Makes the merchant of a seed.
pub async fn made(instance: &Instance, seed: u64) -> Made {
    let mut random = StdRng::seed_from_u64(seed);
    let mode = *[Mode::Live, Mode::Test].choose(&mut random).unwrap();
    let version = *Version::ALL.choose(&mut random).unwrap();
    instance.clock.set(day(-30));
    let (viewer, scope) = instance.merchant(&format!("Shop {seed}"), mode).await;
    let mut shop = Shop::new(mode.livemode());
    shop.currency = (*["usd", "usd", "eur", "jpy"].choose(&mut random).unwrap()).to_owned();
    let (programs, enrollments, codes, steps) = Default::default();
    let mut maker = Maker { instance, viewer, scope, random, shop, programs, enrollments, codes, steps };
    maker.programs().await;
    let connection = maker.connection().await;
    maker.promotion_codes(&connection, version).await;
    maker.people().await;
    // June alone tells of refunds by the charge's running total, except of those that fail: what a total holds of one that failed before it
    // cannot be known without asking, so a part of what came back later stays unknown (RF-3).
    let given_back = maker.random.random_bool(0.25) && version != Version::June;
    if given_back {
        give_everything_back(&mut maker.shop, day(111));
    }
    let told = maker.shop.news().into_iter().filter(|event| event.exists_in(version));
    let mut steps = maker.steps;
    steps.extend(told.map(|event| Step::Told(Box::new(event))));
    // Stable: what happened at one instant stays in Stripe's own order.
    steps.sort_by_key(Step::at);
    let names = maker.enrollments.into_iter().collect();
    let (owner, programs) = (maker.viewer, maker.programs);
    Made { scope, owner, programs, endpoint: connection.endpoint, version, names, steps, given_back }
}

impl Maker<'_> {
    const fn services(&self) -> &Services {
        &self.instance.services
    }

    /// One to three programs, each with some of two to four partners.
    async fn programs(&mut self) {
        let mut partners = Vec::new();
        for n in 0..self.random.random_range(2..=4) {
            let input = NewPartner {
                name: format!("p{n}"),
                email: format!("p{n}@partner.example"),
                external_id: None,
                metadata: None,
                payout_destination: None,
            };
            partners.push(partner::create(self.services(), &self.viewer, input, None).await.unwrap().id);
        }
        for number in 0..self.random.random_range(1..=3) {
            let program = self.program(number).await;
            self.programs.push(program);
            let before = self.enrollments.len();
            for (n, partner) in partners.iter().enumerate() {
                if n > 0 && self.random.random_bool(0.3) {
                    continue;
                }
                let input = NewEnrollment { program, partner: *partner, approve: true, terms: None };
                // Where one purchase earns several, a budget takes them in by the age of their enrollments.
                self.instance.clock.set(self.instance.clock.now() + Duration::seconds(1));
                let enrollment = enrollment::create(self.services(), &self.viewer, input, None).await.unwrap().id;
                let code = format!("p{n}g{number}");
                let link = NewLink { enrollment, code: Some(code.clone()), destination: None };
                link::create(self.services(), &self.viewer, link, None).await.unwrap();
                self.enrollments.push((enrollment, code));
            }
            self.recruited(before).await;
        }
    }

    /// Who of a program's partners recruited whom: the first one the others, until the second one takes the last.
    async fn recruited(&mut self, before: usize) {
        let all: Vec<EnrollmentId> = self.enrollments[before..].iter().map(|(id, _)| *id).collect();
        let Some((first, others)) = all.split_first().filter(|_| self.random.random_bool(0.5)) else { return };
        let recruited = |enrollment, recruiter, from| SetRecruiter { enrollment, recruiter: Some(recruiter), from };
        let began = self.instance.clock.now();
        for other in others {
            set_recruiter(self.services(), &self.viewer, recruited(*other, *first, None)).await.unwrap();
        }
        if let [second, .., last] = others {
            self.instance.clock.set(day(50));
            set_recruiter(self.services(), &self.viewer, recruited(*last, *second, Some(day(40)))).await.unwrap();
            self.instance.clock.set(began);
        }
    }

    async fn program(&mut self, number: usize) -> ProgramId {
        let currency = ["", "", "USD", "EUR"].choose(&mut self.random).unwrap().parse().ok();
        let input = NewProgram {
            name: format!("Program {number}"),
            kind: ProgramKind::Affiliate,
            landing_url: format!("{SITE}/"),
            allowed_hosts: Vec::new(),
            query_param: None,
            auto_approve: true,
            currency,
            terms: rules::terms(&mut self.random),
        };
        let program = program::create(self.services(), &self.viewer, input, None).await.unwrap().id;
        if self.random.random_bool(0.3) {
            let from = day(self.random.random_range(0..60));
            let new = NewTerms { program, effective_from: Some(from), assigned: false, based_on: None };
            let next = rules::terms(&mut self.random);
            terms::create(self.services(), &self.viewer, new, ((), |_| Ok(next)), None).await.unwrap();
        }
        program
    }

    /// A connection without a key: nothing can be asked, so one version has to tell all.
    async fn connection(&self) -> stripe_connection::Model {
        let (services, now) = (self.services(), self.instance.clock.now());
        let (merchant, livemode) = (self.scope.merchant(), self.scope.livemode());
        let fresh = connections::new_row(merchant, livemode, "Stripe".to_owned(), ConnectionMethod::ApiKey, now);
        let row = stripe_connection::Model { status: ConnectionStatus::Linked, ..fresh };
        let row = row::insert(services.db.write(), row).await.unwrap();
        connections::add_webhook_secret(services, &self.viewer, row.id, &SecretString::from(SECRET)).await.unwrap()
    }

    /// None to two codes, told of before anything else, each of a partner from the first day on.
    async fn promotion_codes(&mut self, connection: &stripe_connection::Model, version: Version) {
        for n in 0..self.random.random_range(0..=2) {
            let enrollment = self.enrollments.choose(&mut self.random).unwrap().0;
            let code = self.shop.promotion_code(day(0), &format!("CODE{n}"));
            let discount = self.shop.discount(&code);
            self.instance.clock.set(day(0));
            for event in self.shop.news() {
                Delivery { endpoint: &connection.endpoint, version }.of(self.services(), &event).await.unwrap();
            }
            worker::drain(self.services()).await.unwrap();
            let name = (PromotionCodeName::StripeId(code.id), Some(connection.id));
            assign_promotion_code(self.services(), &self.viewer, name, (enrollment, Some(day(0)))).await.unwrap();
            self.codes.push(discount);
        }
    }

    /// People, until there are as many events as there should be.
    async fn people(&mut self) {
        let target = self.random.random_range(EVENTS);
        let mut count = 0;
        for n in 0.. {
            let name = format!("buyer{n}");
            let tokens = self.visits().await;
            let plot = *[Plot::Subscriber, Plot::Tangled, Plot::Renamed, Plot::Parted, Plot::Trial].choose(&mut self.random).unwrap();
            if target - count >= OF_A_PLOT && !self.codes.is_empty() && self.random.random_bool(0.4) {
                let token = tokens.first().cloned().unwrap_or_default();
                plot.live(&mut self.shop, (&name, &format!("{name}@example.com")), &token, &self.codes[0]);
            } else {
                let keys: Vec<String> = self.enrollments.iter().map(|(_, code)| code.clone()).collect();
                let email = format!("{name}@example.com");
                let shopper = Shopper { name: &name, email: &email, tokens: &tokens, codes: &self.codes, keys: &keys };
                let purchases = self.random.random_range(1..=5).min((target - count).div_ceil(5));
                shopper.live(&mut self.shop, &mut self.random, purchases);
            }
            self.sign_ups(&name, tokens.first(), n);
            let happened = self.shop.news();
            count += happened.len();
            self.steps.extend(happened.into_iter().map(|event| Step::Told(Box::new(event))));
            if count >= target {
                return;
            }
        }
    }

    /// One to three visits through links, or none. Gives their tokens.
    async fn visits(&mut self) -> Vec<String> {
        let mut tokens = Vec::new();
        let mut visitor = None;
        let visits = if self.random.random_bool(0.85) { self.random.random_range(1..=3) } else { 0 };
        for n in 0..visits {
            let (_, code) = self.enrollments.choose(&mut self.random).unwrap().clone();
            self.instance.clock.set(day(self.random.random_range(0..30)) + Duration::minutes(n));
            let browser = Some("Mozilla/5.0 (X11; Linux x86_64)".to_owned());
            let click = Click { code, visitor, user_agent: browser, ..Click::default() };
            let seen = tracking::click(self.services(), self.scope, &click).await.unwrap();
            visitor = Some(seen.visitor);
            tokens.push(seen.token);
        }
        tokens
    }

    /// No two at one instant: a server tells of one after the other.
    fn sign_ups(&mut self, name: &str, token: Option<&String>, number: i64) {
        for by_server in [false, true] {
            if self.random.random_bool(0.6) {
                let at = day(self.random.random_range(1..50)) + Duration::minutes(7) + Duration::seconds(2 * number + i64::from(by_server));
                let token = token.filter(|_| !by_server).cloned();
                let (name, email) = (format!("user-{name}"), format!("{name}@example.com"));
                self.steps.push(Step::SignUp(SignUp { name, email, token, by_server, at }));
            }
        }
    }
}
