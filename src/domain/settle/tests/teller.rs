//! The tellings of one planned purchase.

use super::history::{Back, Plan, Telling, Way};
use super::*;
use crate::domain::fact::{CreditNote, InvoiceLink, InvoiceStatus, Line, LineCredit, Told};

/// Tells of the purchase number `n`.
pub struct Teller<'a> {
    pub n: usize,
    pub plan: &'a Plan,
    pub tellings: &'a mut Vec<Telling>,
    pub refunds: &'a mut Vec<Telling>,
}

impl Teller<'_> {
    fn id(&self, prefix: &str) -> String {
        format!("{prefix}_{}", self.n)
    }

    fn tell(&mut self, prefix: &str, fact: impl Into<Fact>) {
        let id = self.id(prefix);
        self.tellings.push(Telling::Fact(id, Box::new(fact.into())));
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

    pub fn purchase(&mut self) {
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
        let open = Invoice {
            stamp: stamp(self.at(0), 1),
            status: InvoiceStatus::Open,
            paid: 0,
            paid_at: None,
            out_of_band: false,
            ..paid.clone()
        };
        self.tell("in", open);
        self.tell("in", paid);
    }

    fn intent(&mut self) {
        let done = Intent { persona: self.persona(), ..intent(self.total(), self.at(0)) };
        let open =
            Intent { stamp: stamp(self.at(0), 0), status: IntentStatus::Processing, received: 0, succeeded_at: None, ..done.clone() };
        self.tell("pi", open);
        self.tell("pi", Intent { charges: [self.id("ch")].into(), ..done });
    }

    fn charge(&mut self, intent: Option<String>) {
        let link = if intent.is_some() { InvoiceLink::default() } else { no_invoice() };
        let taken = Charge { persona: self.persona(), intent, invoice: link, ..charge(self.total(), self.at(0)) };
        self.tell("ch", taken.clone());
        let refunded = match self.plan.back {
            Back::Part | Back::Failed | Back::Credited | Back::RefundAndDispute => self.part(),
            Back::All => self.total(),
            _ => 0,
        };
        self.tell("ch", taken.refunded(refunded, self.at(5)));
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
        self.refunds.push(Telling::Fact(self.id("re-all"), Box::new(all.into())));
    }

    fn outside_back(&mut self) {
        let outside = |amount| CreditNote { refunded: 0, out_of_band: amount, ..note(&self.id("in"), amount, self.at(3)) };
        let (part, all) = (outside(self.part()), outside(self.total()));
        if self.plan.back == Back::Part {
            self.tell("cn", part);
        }
        self.refunds.push(Telling::Fact(self.id("cn-all"), Box::new(all.into())));
    }
}
