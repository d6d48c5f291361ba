//! Made-up histories of one person: what happened, and every telling of it.

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;
use crate::domain::fact::{CreditNote, InvoiceStatus, Line, LineCredit, Told};
use crate::domain::testing::points;
use entity::value::{CouponOverride, Duration as Lasting, ProductEffect, ProductMatch, ProductRule, Terms, TouchModel};

/// How a purchase was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// An invoice, its intent and charge; the session may be told as well.
    Subscription,
    /// A session in payment mode.
    PaymentLink,
    /// An intent of which nobody says whether an invoice stands behind it.
    Bare,
    /// A charge without intent.
    Legacy,
    /// An invoice that was marked as paid.
    Outside,
}

/// What went back of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Back {
    Nothing,
    Part,
    /// In two parts.
    All,
    /// A part, which failed later.
    Failed,
    Pending,
    /// A part, by a credit note that names a line.
    Credited,
    DisputeOpen,
    DisputeLost,
    DisputeWon,
    /// A part is refunded, then all is disputed and lost.
    RefundAndDispute,
}

/// One purchase of a history.
#[derive(Clone, Debug)]
pub struct Plan {
    way: Way,
    back: Back,
    day: i64,
    amounts: Vec<i64>,
    tax: i64,
    codes: Vec<&'static str>,
    reference: Option<u8>,
    other_customer: bool,
}

fn plan() -> impl Strategy<Value = Plan> {
    let ways = select(vec![Way::Subscription, Way::Subscription, Way::PaymentLink, Way::Bare, Way::Legacy, Way::Outside]);
    let backs = select(vec![
        Back::Nothing,
        Back::Nothing,
        Back::Part,
        Back::All,
        Back::Failed,
        Back::Pending,
        Back::Credited,
        Back::DisputeOpen,
        Back::DisputeLost,
        Back::DisputeWon,
        Back::RefundAndDispute,
    ]);
    let codes = select(vec![vec![], vec![], vec!["promo_a"], vec!["promo_b"], vec!["promo_b", "promo_a"]]);
    let amounts = prop_oneof![
        3 => prop::collection::vec(0..20_000_i64, 1..4),
        1 => (1..9_000_i64, 1..20_000_i64).prop_map(|(old, new)| vec![-old, new]),
    ];
    let reference = prop::option::of(0..4_u8);
    (ways, backs, 1..120_i64, amounts, 0..3_000_i64, codes, reference, prop::bool::weighted(0.15)).prop_map(
        |(way, back, day, amounts, tax, codes, reference, other_customer)| Plan {
            way,
            back,
            day,
            amounts,
            tax,
            codes,
            reference,
            other_customer,
        },
    )
}

/// Something told by the outside or by our own pages.
#[derive(Clone, Debug)]
pub enum Telling {
    Fact(String, Fact),
    Click(u8, EnrollmentId, DateTime<Utc>),
    Signup(u8, DateTime<Utc>),
    Hand(EnrollmentId, DateTime<Utc>),
}

/// A person's whole history.
#[derive(Clone, Debug)]
pub struct History {
    pub terms: Terms,
    pub tellings: Vec<Telling>,
    /// Refunds that give all money of all purchases back.
    pub refunds: Vec<Telling>,
}

fn terms() -> impl Strategy<Value = Terms> {
    let durations = select(vec![Lasting::Lifetime, Lasting::FirstOnly, Lasting::Payments { n: 2 }, Lasting::Months { n: 1 }]);
    let rules = select(CouponOverride::ALL.to_vec());
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    (durations, rules, select(TouchModel::ALL.to_vec()), select(AccrueOn::ALL.to_vec()), flags).prop_map(
        |(duration, coupon_override, touch_model, accrue_on, (new_customers_only, email_match, own_rate, include_shipping))| {
            let half = ProductRule {
                matches: ProductMatch::Price,
                id: "price_half".to_owned(),
                effect: ProductEffect::Rate { rate: points(5_000) },
            };
            let products = if own_rate { vec![half] } else { Vec::new() };
            Terms {
                duration,
                coupon_override,
                touch_model,
                accrue_on,
                new_customers_only,
                email_match,
                products,
                include_shipping,
                ..Terms::default()
            }
        },
    )
}

/// Three to five purchases (at least twelve facts), clicks of both partners, sign-ups on time or late, and sometimes a hand.
pub fn history() -> impl Strategy<Value = History> {
    let clicks = prop::collection::vec((any::<bool>(), 0..60_i64), 1..4);
    let signups = prop::collection::vec((0..4_u8, 0..125_i64), 0..3);
    let hands = prop::collection::vec((any::<bool>(), 0..125_i64), 0..2);
    (terms(), prop::collection::vec(plan(), 3..6), clicks, signups, hands).prop_map(|(terms, plans, clicks, signups, hands)| {
        let who = |a: bool| if a { partner_a() } else { partner_b() };
        let mut tellings = Vec::new();
        for ((n, (a, at)), number) in clicks.into_iter().enumerate().zip(0_u8..) {
            tellings.push(Telling::Click(number, who(a), minute(at, i64::try_from(n).unwrap())));
        }
        tellings.extend(signups.into_iter().map(|(click, at)| Telling::Signup(click, minute(at, 30))));
        tellings.extend(hands.into_iter().map(|(a, at)| Telling::Hand(who(a), minute(at, 40))));
        let mut refunds = Vec::new();
        for (n, plan) in plans.iter().enumerate() {
            let mut teller = Teller { n, plan, tellings: &mut tellings, refunds: &mut refunds };
            teller.purchase();
        }
        History { terms, tellings, refunds }
    })
}

/// The same tellings in any order, some of them twice.
pub fn retold(tellings: Vec<Telling>) -> impl Strategy<Value = Vec<Telling>> {
    prop::collection::vec(any::<Index>(), 0..20).prop_flat_map(move |again| {
        let twice: Vec<Telling> = again.iter().map(|index| index.get(&tellings).clone()).collect();
        Just(tellings.iter().cloned().chain(twice).collect::<Vec<_>>()).prop_shuffle()
    })
}

struct Teller<'a> {
    n: usize,
    plan: &'a Plan,
    tellings: &'a mut Vec<Telling>,
    refunds: &'a mut Vec<Telling>,
}

impl Teller<'_> {
    fn id(&self, prefix: &str) -> String {
        format!("{prefix}_{}", self.n)
    }

    fn tell(&mut self, prefix: &str, fact: impl Into<Fact>) {
        let id = self.id(prefix);
        self.tellings.push(Telling::Fact(id, fact.into()));
    }

    fn at(&self, later: i64) -> DateTime<Utc> {
        minute(self.plan.day + later, i64::try_from(self.n).unwrap() * 7)
    }

    fn persona(&self) -> Persona {
        let buyer = if self.plan.other_customer { "cus_2" } else { BUYER };
        Persona { buyer: Some(buyer.to_owned()), ..Persona::default() }
    }

    fn total(&self) -> i64 {
        self.plan.amounts.iter().sum::<i64>().max(0) + self.plan.tax
    }

    fn purchase(&mut self) {
        match self.plan.way {
            Way::Subscription => {
                self.session(CheckoutMode::Subscription);
                self.invoice(false);
                self.intent();
                self.charge(Some(self.id("pi")));
                let paid = collection(&self.id("in"), &self.id("pi"), self.total(), self.at(0));
                self.tell("ip", paid);
            }
            Way::PaymentLink => {
                self.session(CheckoutMode::Payment);
                self.intent();
                self.charge(Some(self.id("pi")));
            }
            Way::Bare => {
                self.intent();
                self.charge(Some(self.id("pi")));
            }
            Way::Legacy => self.charge(None),
            Way::Outside => {
                self.invoice(true);
                self.outside_back();
                return;
            }
        }
        self.back();
    }

    fn session(&mut self, mode: CheckoutMode) {
        let subscription = mode == CheckoutMode::Subscription;
        let reference = self.plan.reference.map(|n| format!("clk_{n}"));
        let mut done = Checkout {
            mode,
            persona: Persona { client_reference: reference, ..self.persona() },
            tax: self.plan.tax,
            invoice: subscription.then(|| self.id("in")),
            intent: (!subscription).then(|| self.id("pi")),
            ..checkout(self.total(), self.at(0))
        };
        done.codes = Told::whole(done.stamp, self.plan.codes.iter().map(|code| promotion(code)).collect());
        let open = Checkout {
            stamp: stamp(done.created_at, 0),
            payment: CheckoutPayment::Unpaid,
            completed: false,
            completed_at: None,
            paid_at: None,
            ..done.clone()
        };
        self.tell("cs", open);
        self.tell("cs", done);
    }

    fn invoice(&mut self, out_of_band: bool) {
        let price = |n: usize| Some(if n == 1 { "price_half" } else { "price_1" }.to_owned());
        let lines = self.plan.amounts.iter().enumerate().map(|(n, amount)| Line { price: price(n), ..line(&format!("il_{n}"), *amount) });
        let mut paid = invoice(0, self.at(0)).with_lines(lines.collect()).with_tax(self.plan.tax).with_codes(&self.plan.codes);
        (paid.persona, paid.out_of_band) = (self.persona(), out_of_band);
        let open = Invoice { stamp: stamp(self.at(0), 1), status: InvoiceStatus::Open, paid: 0, paid_at: None, out_of_band: false, ..paid.clone() };
        self.tell("in", open);
        self.tell("in", paid);
    }

    fn intent(&mut self) {
        let done = Intent { persona: self.persona(), ..intent(self.total(), self.at(0)) };
        let open = Intent { stamp: stamp(self.at(0), 0), status: IntentStatus::Processing, received: 0, succeeded_at: None, ..done.clone() };
        self.tell("pi", open);
        self.tell("pi", Intent { charges: [self.id("ch")].into(), ..done });
    }

    fn charge(&mut self, intent: Option<String>) {
        let link = if intent.is_some() { crate::domain::fact::InvoiceLink::default() } else { no_invoice() };
        let taken = Charge { persona: self.persona(), intent, invoice: link, ..charge(self.total(), self.at(0)) };
        self.tell("ch", taken.clone());
        let refunded = match self.plan.back {
            Back::Part | Back::Failed | Back::Credited | Back::RefundAndDispute => self.part(),
            Back::All => self.total(),
            _ => 0,
        };
        self.tell("ch", Charge { stamp: stamp(self.at(5), 2), refunded, ..taken });
    }

    /// About a third.
    fn part(&self) -> i64 {
        self.total() / 3
    }

    fn refund(&mut self, name: &str, amount: i64, status: RefundStatus) {
        let made = Refund { stamp: stamp(self.at(3), 0), status: RefundStatus::Pending, ..refund(&self.id("ch"), amount, self.at(3)) };
        self.tell(name, made.clone());
        if status != RefundStatus::Pending {
            self.tell(name, Refund { stamp: stamp(self.at(3), 1), status: RefundStatus::Succeeded, ..made.clone() });
        }
        if status == RefundStatus::Failed {
            self.tell(name, Refund { stamp: stamp(self.at(9), 2), status, ..made });
        }
    }

    fn dispute(&mut self, status: DisputeStatus) {
        let open = Dispute { intent: None, ..dispute(&self.id("ch"), self.total(), self.at(4)) };
        self.tell("dp", open.clone());
        if status != DisputeStatus::Open {
            self.tell("dp", Dispute { withdrawn: true, gone_at: Some(self.at(6)), stamp: stamp(self.at(6), 1), ..open.clone() });
            let reinstated = if status == DisputeStatus::Won { self.total() } else { 0 };
            self.tell("dp", Dispute { reinstated, ..open.then(status, self.at(12)) });
        }
    }

    fn back(&mut self) {
        let part = self.part();
        match self.plan.back {
            Back::Nothing => {}
            Back::Part => self.refund("re-1", part, RefundStatus::Succeeded),
            Back::All => {
                self.refund("re-1", part, RefundStatus::Succeeded);
                self.refund("re-2", self.total() - part, RefundStatus::Succeeded);
            }
            Back::Failed => self.refund("re-1", part, RefundStatus::Failed),
            Back::Pending => self.refund("re-1", part, RefundStatus::Pending),
            Back::Credited => {
                self.refund("re-1", part, RefundStatus::Succeeded);
                if self.plan.way == Way::Subscription {
                    let lines = vec![LineCredit { line: "il_0".to_owned(), net: part.min(self.plan.amounts[0]).max(0) }];
                    let made = CreditNote { lines, ..note(&self.id("in"), part, self.at(3)) };
                    self.tell("cn", made);
                }
            }
            Back::DisputeOpen => self.dispute(DisputeStatus::Open),
            Back::DisputeLost => self.dispute(DisputeStatus::Lost),
            Back::DisputeWon => self.dispute(DisputeStatus::Won),
            Back::RefundAndDispute => {
                self.refund("re-1", part, RefundStatus::Succeeded);
                self.dispute(DisputeStatus::Lost);
            }
        }
        let all = refund(&self.id("ch"), self.total(), self.at(20));
        self.refunds.push(Telling::Fact(self.id("re-all"), all.into()));
    }

    fn outside_back(&mut self) {
        let outside = |amount| CreditNote { refunded: 0, out_of_band: amount, ..note(&self.id("in"), amount, self.at(3)) };
        let (part, all) = (outside(self.part()), outside(self.total()));
        if self.plan.back == Back::Part {
            self.tell("cn", part);
        }
        self.refunds.push(Telling::Fact(self.id("cn-all"), all.into()));
    }
}
