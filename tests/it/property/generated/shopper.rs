//! The life of somebody who buys: visits, a sign-up or none, one to three customers at Stripe, and what is bought and given back.

use chrono::{DateTime, Duration, Utc};
use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;

use crate::support::stage::day;
use crate::support::stripe::{Bill, Cart, Discount, Line, Shop};

/// Currencies of bills beside the shop's own; for the last one there is no rate.
const CURRENCIES: [&str; 4] = ["usd", "eur", "jpy", "gbp"];
/// When everything that is bought was bought, and given back.
const BOUGHT_BY: i64 = 90;

/// One who buys, with what partners gave.
pub struct Shopper<'a> {
    pub name: &'a str,
    pub email: &'a str,
    /// The tokens of visits.
    pub tokens: &'a [String],
    pub codes: &'a [Discount],
    /// Keys of partners, for the metadata of a payment.
    pub keys: &'a [String],
}

impl Shopper<'_> {
    /// Buys so many things.
    pub fn live(&self, shop: &mut Shop, random: &mut StdRng, purchases: usize) {
        let known: Vec<String> = (0..random.random_range(1..=3)).map(|n| self.customer(shop, random, n)).collect();
        for n in 0..purchases {
            let at = day(random.random_range(2..BOUGHT_BY)) + Duration::minutes(random.random_range(0..1_440));
            let buyer = known.choose(random).unwrap().clone();
            let paid = self.buy(shop, random, at, &buyer, n);
            for charge in paid {
                give_back(shop, random, at, &charge);
            }
        }
    }

    /// The same person under another id of Stripe's: by the same e-mail, by the merchant's id, or by neither.
    fn customer(&self, shop: &mut Shop, random: &mut StdRng, n: usize) -> String {
        let email = if random.random_bool(0.7) { self.email.to_owned() } else { format!("{}+{n}@work.example", self.name) };
        let id = random.random_bool(0.5).then(|| format!("user-{}", self.name));
        shop.customer(day(1), &email, id.as_deref())
    }

    /// Buys one thing. Gives the charges that brought the money.
    fn buy(&self, shop: &mut Shop, random: &mut StdRng, at: DateTime<Utc>, buyer: &str, n: usize) -> Vec<String> {
        let subscription = format!("sub_{buyer}_{}", n % 2);
        if random.random_bool(0.1) {
            shop.subscription(at, buyer, "price_plan", Some(Duration::days(14)));
        }
        let bill = self.bill(random, Bill::to(buyer));
        match random.random_range(0..9) {
            0 | 1 => {
                let (_, invoice) = shop.subscribe(at, self.cart(random), bill.subscription(&subscription));
                invoice_charges(shop, &invoice)
            }
            2 => {
                let invoice = shop.pay(at, bill.subscription(&subscription));
                invoice_charges(shop, &invoice)
            }
            3 => {
                let (old, new) = (random.random_range(100..5_000), random.random_range(100..9_000));
                let bill = Bill::to(buyer).subscription(&subscription).line(Line::of(-old).proration()).line(Line::of(new).proration());
                let invoice = shop.pay(at, bill.reason("subscription_update"));
                invoice_charges(shop, &invoice)
            }
            4 => {
                let total = random.random_range(200..20_000);
                let invoice = shop.bill(at, Bill::to(buyer).line(Line::of(total)));
                let first = random.random_range(1..total);
                shop.pay_part(at, &invoice, first);
                let mut charges = invoice_charges(shop, &invoice);
                shop.pay_part(at + Duration::hours(3), &invoice, total - first);
                charges.extend(invoice_charges(shop, &invoice));
                charges
            }
            5 => {
                let cart = self.cart(random).customer(buyer);
                vec![shop.checkout(at, cart).1]
            }
            6 => vec![shop.checkout(at, self.cart(random).email(self.email)).1],
            7 => {
                let (session, charge) = shop.checkout_by_debit(at, self.cart(random).customer(buyer));
                shop.debit_succeeds(at + Duration::days(2), &session);
                vec![charge]
            }
            _ => vec![shop.take(at, random.random_range(50..9_000), Some(buyer), &Default::default()).1],
        }
    }

    fn bill(&self, random: &mut StdRng, mut bill: Bill) -> Bill {
        for _ in 0..random.random_range(1..=3) {
            let amount = random.random_range(1..9_000);
            let mut line = Line::of(amount);
            if random.random_bool(0.3) {
                line = line.tax(amount / 5);
            }
            if random.random_bool(0.3) {
                (line.price, line.product) = ("price_extra".into(), "prod_extra".into());
            }
            bill = bill.line(line);
        }
        if let Some(code) = self.codes.choose(random).filter(|_| random.random_bool(0.3)) {
            bill.lines[0].discount = bill.lines[0].amount / 4;
            bill = bill.discount(code);
        }
        if random.random_bool(0.2) {
            bill = bill.currency(CURRENCIES.choose(random).unwrap());
        }
        if random.random_bool(0.1) {
            bill = bill.metadata("tributary_skip", "true");
        }
        bill
    }

    fn cart(&self, random: &mut StdRng) -> Cart {
        let mut cart = Cart::of(random.random_range(100..9_000));
        if let Some(token) = self.tokens.choose(random).filter(|_| random.random_bool(0.5)) {
            cart = cart.token(token);
        }
        if let Some(code) = self.codes.choose(random).filter(|_| random.random_bool(0.3)) {
            let off = cart.amount / 4;
            cart = cart.discount(code, off);
        }
        if let Some(key) = self.keys.choose(random).filter(|_| random.random_bool(0.1)) {
            cart = cart.on_payment("tributary_partner", key);
        }
        cart
    }
}

fn invoice_charges(shop: &Shop, invoice: &str) -> Vec<String> {
    shop.invoices[invoice].payment.iter().map(|(_, charge, _)| charge.clone()).collect()
}

/// Gives something of a charge back, or nothing.
fn give_back(shop: &mut Shop, random: &mut StdRng, paid: DateTime<Utc>, charge: &str) {
    let amount = shop.charges[charge].amount;
    let at = paid + Duration::days(random.random_range(3..15));
    let part = random.random_range(1..=amount);
    match random.random_range(0..12) {
        0 => drop(shop.refund(at, charge, part)),
        1 => {
            shop.refund(at, charge, part);
            if part < amount {
                shop.refund(at + Duration::hours(1), charge, amount - part);
            }
        }
        2 => {
            let slow = shop.refund_slowly(at, charge, part);
            let end = ["failed", "succeeded"].choose(random).unwrap();
            shop.refund_ends(at + Duration::days(5), &slow, end);
        }
        3 => {
            let dispute = shop.dispute(at, charge);
            shop.dispute_withdrawn(at, &dispute);
            if random.random_bool(0.5) {
                shop.dispute_reinstated(at + Duration::days(8), &dispute);
                shop.dispute_closed(at + Duration::days(8), &dispute, "won");
            } else {
                shop.dispute_closed(at + Duration::days(8), &dispute, "lost");
            }
        }
        4 if part < amount => {
            shop.refund(at, charge, part);
            let dispute = shop.dispute(at + Duration::days(1), charge);
            shop.dispute_closed(at + Duration::days(6), &dispute, "lost");
        }
        _ => {}
    }
}

/// Gives back what is left of every charge: whatever was earned must be gone then.
pub fn give_everything_back(shop: &mut Shop, at: DateTime<Utc>) {
    let left: Vec<(String, i64)> = shop
        .charges
        .values()
        .filter(|charge| charge.status == "succeeded" && charge.refunded < charge.amount)
        .map(|charge| (charge.id.clone(), charge.amount - charge.refunded))
        .collect();
    for (charge, amount) in left {
        shop.refund(at, &charge, amount);
    }
}
