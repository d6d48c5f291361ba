//! Movements on the account's balance. No event tells of them.

use chrono::{DateTime, Duration, Utc};

use super::Shop;
use crate::model::Movement;

impl Shop {
    /// Moves money. Gives the balance transaction's id.
    pub(super) fn move_money(
        &mut self,
        at: DateTime<Utc>,
        (kind, category): (&'static str, &'static str),
        (amount, fee): (i64, i64),
        (currency, source): (&str, Option<&str>),
    ) -> String {
        let id = self.id("txn");
        self.movements.insert(Movement {
            id: id.clone(),
            created: at,
            currency: currency.to_owned(),
            amount,
            fee,
            kind,
            category,
            source: source.map(str::to_owned),
            description: None,
        });
        id
    }

    /// Pays the balance out to the bank. Gives the balance transaction's id.
    pub fn pay_out(&mut self, at: DateTime<Utc>, amount: i64) -> String {
        let (payout, currency) = (self.id("po"), self.currency.clone());
        self.move_money(at, ("payout", "payout"), (-amount, 0), (&currency, Some(&payout)))
    }

    /// Stripe's fee for a payment: 2.9 % and thirty minor units.
    pub(super) const fn fee(amount: i64) -> i64 {
        amount * 29 / 1000 + 30
    }

    /// What stands on the balance by now, in each currency: what can be paid out, and what cannot yet.
    pub fn balance(&self, now: DateTime<Utc>) -> Vec<(String, i64, i64)> {
        let mut sums: std::collections::BTreeMap<&str, (i64, i64)> = std::collections::BTreeMap::new();
        for movement in self.movements.values() {
            let (available, pending) = sums.entry(&movement.currency).or_default();
            let sum = if movement.available_on() <= now { available } else { pending };
            *sum += movement.amount - movement.fee;
        }
        sums.into_iter().map(|(currency, (available, pending))| (currency.to_owned(), available, pending)).collect()
    }
}

impl Movement {
    /// When the money can be paid out: two days later when it came.
    pub fn available_on(&self) -> DateTime<Utc> {
        if self.amount > 0 { self.created + Duration::days(2) } else { self.created }
    }
}
