//! Customers come, change and go.

use chrono::{DateTime, Utc};

use super::Shop;
use crate::model::{BalanceChange, Customer, Object};

impl Shop {
    /// A customer of Stripe's, with the merchant's own id in the metadata where one is given.
    pub fn customer(&mut self, at: DateTime<Utc>, email: &str, external_id: Option<&str>) -> String {
        let metadata = external_id.map(|id| ("tributary_customer_id".to_owned(), id.to_owned())).into_iter().collect();
        let id = self.id("cus");
        self.add_customer(Customer { email: Some(email.to_owned()), metadata, ..Customer::new(id, at) })
    }

    /// Any customer. Gives the id.
    pub fn add_customer(&mut self, customer: Customer) -> String {
        let id = customer.id.clone();
        self.customers.insert(customer.clone());
        self.tell(customer.created, "customer.created", Object::Customer(customer));
        id
    }

    /// Changes a customer.
    pub fn change_customer(&mut self, at: DateTime<Utc>, id: &str, change: impl FnOnce(&mut Customer)) {
        let customer = self.customers.get_mut(id).expect("a customer");
        change(customer);
        let told = customer.clone();
        self.tell(at, "customer.updated", Object::Customer(told));
    }

    /// The merchant writes another id of its own into the metadata.
    pub fn rename(&mut self, at: DateTime<Utc>, customer: &str, external_id: &str) {
        self.change_customer(at, customer, |of| {
            of.metadata.insert("tributary_customer_id".to_owned(), external_id.to_owned());
        });
    }

    /// Deletes a customer: the list forgets it, and a look-up finds that it is gone.
    pub fn delete_customer(&mut self, at: DateTime<Utc>, id: &str) {
        let customer = self.customers.get_mut(id).expect("a customer");
        customer.deleted = true;
        let told = Customer { deleted: false, ..customer.clone() };
        self.tell(at, "customer.deleted", Object::Customer(told));
    }

    /// Changes what a customer owes: below zero it is owed to them.
    pub fn change_balance(&mut self, change: BalanceChange) -> String {
        let (id, at) = (change.id.clone(), change.created);
        let amount = change.amount;
        self.change_customer(at, &change.customer.clone(), |customer| customer.balance += amount);
        let ending = self.customers[&change.customer].balance;
        self.balance_changes.insert(BalanceChange { ending, ..change });
        id
    }
}
