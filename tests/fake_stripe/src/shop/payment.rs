//! Intents and charges.

use chrono::{DateTime, Duration, Utc};

use super::Shop;
use crate::model::{Charge, Intent, Metadata, Object};

impl Shop {
    pub(super) fn intent(
        &mut self,
        at: DateTime<Utc>,
        amount: i64,
        currency: &str,
        (customer, email): (Option<&str>, Option<&str>),
        (invoice, metadata): (Option<&str>, &Metadata),
    ) -> String {
        let id = self.id("pi");
        self.intents.insert(Intent {
            id: id.clone(),
            created: at - Duration::seconds(2),
            currency: currency.to_owned(),
            amount,
            status: "processing",
            customer: customer.map(str::to_owned),
            email: email.map(str::to_owned),
            charge: None,
            invoice: invoice.map(str::to_owned),
            shipping: None,
            description: None,
            metadata: metadata.clone(),
        });
        id
    }

    /// Charges a payment method: `succeeded`, `pending` or `failed`.
    pub(super) fn charge(&mut self, at: DateTime<Utc>, intent: &str, method: &'static str, status: &'static str) -> String {
        let id = self.id("ch");
        let of = self.intents.get_mut(intent).unwrap();
        of.charge = Some(id.clone());
        let mut charge = Charge {
            id: id.clone(),
            created: at,
            currency: of.currency.clone(),
            amount: of.amount,
            status,
            method,
            refunded: 0,
            disputed: false,
            customer: of.customer.clone(),
            email: of.email.clone(),
            intent: intent.to_owned(),
            invoice: of.invoice.clone(),
            refunds: Vec::new(),
            card: self.card.clone(),
            movement: None,
            shipping: of.shipping.clone(),
            description: of.description.clone(),
            metadata: of.metadata.clone(),
        };
        let kind = match status {
            "succeeded" => "charge.succeeded",
            "failed" => "charge.failed",
            _ => "charge.pending",
        };
        if status == "succeeded" {
            charge.movement = Some(self.receive(at, &charge));
        }
        self.charges.insert(charge.clone());
        self.tell(at, kind, Object::Charge(charge));
        id
    }

    /// The money of a charge comes in. Gives the balance transaction's id.
    pub(super) fn receive(&mut self, at: DateTime<Utc>, charge: &Charge) -> String {
        let kind = if charge.method == "card" { "charge" } else { "payment" };
        let amounts = (charge.amount, Self::fee(charge.amount));
        self.move_money(at, (kind, "charge"), amounts, (&charge.currency, Some(&charge.id)))
    }

    pub(super) fn succeed(&mut self, at: DateTime<Utc>, intent: &str) {
        let of = self.intents.get_mut(intent).unwrap();
        of.status = "succeeded";
        let told = of.clone();
        self.tell(at, "payment_intent.succeeded", Object::Intent(told));
    }

    /// A payment without checkout and without invoice, with this metadata. Gives the intent's and the charge's ids.
    pub fn take(&mut self, at: DateTime<Utc>, amount: i64, customer: Option<&str>, metadata: &Metadata) -> (String, String) {
        let currency = self.currency.clone();
        let email = customer.and_then(|id| self.customers[id].email.clone());
        let intent = self.intent(at, amount, &currency, (customer, email.as_deref()), (None, metadata));
        let charge = self.charge(at, &intent, "card", "succeeded");
        self.succeed(at, &intent);
        (intent, charge)
    }

    /// A card is refused. Gives the intent's id.
    pub fn decline(&mut self, at: DateTime<Utc>, amount: i64, customer: Option<&str>) -> String {
        let currency = self.currency.clone();
        let intent = self.intent(at, amount, &currency, (customer, None), (None, &Metadata::new()));
        self.charge(at, &intent, "card", "failed");
        let of = self.intents.get_mut(&intent).unwrap();
        of.status = "requires_payment_method";
        let told = of.clone();
        self.tell(at, "payment_intent.payment_failed", Object::Intent(told));
        intent
    }

    /// Changes an intent, as the merchant may. No event tells of it.
    pub fn change_intent(&mut self, id: &str, change: impl FnOnce(&mut Intent)) {
        change(self.intents.get_mut(id).expect("an intent"));
    }

    /// Changes a charge.
    pub fn change_charge(&mut self, at: DateTime<Utc>, id: &str, change: impl FnOnce(&mut Charge)) {
        let charge = self.charges.get_mut(id).expect("a charge");
        change(charge);
        let told = charge.clone();
        self.tell(at, "charge.updated", Object::Charge(told));
    }
}
