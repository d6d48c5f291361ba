//! One request that may run: the shop, the parameters, and how objects are shown for it.

use serde_json::{Value, json};

use super::keys::Access;
use super::params::Params;
use super::{Answer, Refusal};
use crate::render::{self, View};
use crate::shop::Shop;
use crate::table::{Row, Table};
use crate::version::Version;

pub type Done = Result<Value, Refusal>;

/// Where a list is read: from the newest, after an object, or before one.
enum Cursor {
    First,
    After(String),
    Before(String),
}

pub struct Call<'a> {
    pub access: &'a Access,
    pub shop: &'a mut Shop,
    pub ids: &'a [String],
    pub params: Params,
    pub view: View,
    url: String,
}

impl<'a> Call<'a> {
    pub fn new(access: &'a Access, shop: &'a mut Shop, ids: &'a [String], params: Params, version: Version) -> Self {
        let view = View { version, livemode: shop.livemode };
        Self { access, shop, ids, params, view, url: String::new() }
    }

    /// The address of the list, as its answer names it.
    pub fn at(&mut self, url: &str) -> &mut Self {
        url.clone_into(&mut self.url);
        self
    }

    /// A page of a table, of the objects that `keep` keeps.
    pub fn page<T: Row>(
        &mut self,
        table: impl Fn(&Shop) -> &Table<T>,
        keep: impl Fn(&T) -> bool,
        show: impl Fn(&Shop, &T, View) -> Value,
    ) -> Done {
        let (limit, cursor) = self.cursor()?;
        let (after, before) = self.created();
        let kept = |row: &&T| (after..before).contains(&row.created().timestamp()) && keep(row);
        let shop: &Shop = self.shop;
        let rows = table(shop);
        let missing = |id: &str, param: &str| Refusal::wrong(Some("resource_missing"), &format!("No such object: '{id}'")).about(param);
        let mut found: Vec<&T> = match &cursor {
            Cursor::First => rows.after(None).expect("a list has a beginning").filter(kept).take(limit + 1).collect(),
            Cursor::After(id) => rows.after(Some(id)).ok_or_else(|| missing(id, "starting_after"))?.filter(kept).take(limit + 1).collect(),
            Cursor::Before(id) => rows.before(id).ok_or_else(|| missing(id, "ending_before"))?.filter(kept).take(limit + 1).collect(),
        };
        let more = found.len() > limit;
        found.truncate(limit);
        if matches!(cursor, Cursor::Before(_)) {
            found.reverse();
        }
        let data: Vec<Value> = found.into_iter().map(|row| show(shop, row, self.view)).collect();
        Ok(json!({ "object": "list", "url": self.url, "has_more": more, "data": data }))
    }

    /// A page of a list that stands within an object, in its own order.
    pub fn inner_page(&mut self, items: Vec<Value>) -> Done {
        let (limit, cursor) = self.cursor()?;
        let place = |id: &str| items.iter().position(|item| item["id"] == *id);
        let start = match &cursor {
            Cursor::First => 0,
            Cursor::After(id) => place(id).ok_or_else(|| Refusal::wrong(Some("resource_missing"), &format!("No such object: '{id}'")))? + 1,
            Cursor::Before(_) => return Err(Refusal::not_here("this list is only read forward")),
        };
        let data: Vec<Value> = items.iter().skip(start).take(limit).cloned().collect();
        Ok(json!({ "object": "list", "url": self.url, "has_more": start + data.len() < items.len(), "data": data }))
    }

    fn cursor(&mut self) -> Result<(usize, Cursor), Refusal> {
        let limit = self.params.take_int("limit").unwrap_or(10);
        if !(1..=100).contains(&limit) {
            let message = format!("Invalid limit: {limit}; it must be between 1 and 100.");
            return Err(Refusal::wrong(Some("parameter_invalid_integer"), &message).about("limit"));
        }
        let limit = usize::try_from(limit).expect("it is small");
        match (self.params.take("starting_after"), self.params.take("ending_before")) {
            (Some(_), Some(_)) => Err(Refusal::wrong(None, "You cannot use both starting_after and ending_before.")),
            (Some(after), None) => Ok((limit, Cursor::After(after))),
            (None, Some(before)) => Ok((limit, Cursor::Before(before))),
            (None, None) => Ok((limit, Cursor::First)),
        }
    }

    /// The seconds from which on and before which objects were made.
    fn created(&mut self) -> (i64, i64) {
        if let Some(at) = self.params.take_int("created") {
            return (at, at + 1);
        }
        let from = self.params.take_int("created.gte").or_else(|| self.params.take_int("created.gt").map(|at| at + 1));
        let to = self.params.take_int("created.lt").or_else(|| self.params.take_int("created.lte").map(|at| at + 1));
        (from.unwrap_or(i64::MIN), to.unwrap_or(i64::MAX))
    }

    /// The filter of one field: everything passes when it is not given.
    pub fn filter(&mut self, name: &str) -> impl Fn(Option<&str>) -> bool + use<> {
        let wanted = self.params.take(name);
        move |found| wanted.as_deref().is_none_or(|wanted| found == Some(wanted))
    }

    /// The filter of one yes or no.
    pub fn switch(&mut self, name: &str) -> impl Fn(bool) -> bool + use<> {
        let wanted = self.params.take_bool(name);
        move |found| wanted.is_none_or(|wanted| found == wanted)
    }

    /// An object as it is shown now.
    pub fn object(&self, id: &str) -> Option<Value> {
        object(self.shop, id, self.view)
    }
}

impl From<Value> for Answer {
    fn from(body: Value) -> Self {
        Self::ok(body)
    }
}

/// Any object by its id.
pub fn object(shop: &Shop, id: &str, view: View) -> Option<Value> {
    if let Some(coupon) = shop.coupons.get(id) {
        return Some(render::coupon(coupon, view));
    }
    match id.split('_').next()? {
        "acct" => (shop.account.id == id).then(|| render::account(&shop.account)),
        "ch" | "py" => shop.charges.get(id).map(|of| render::charge(of, view)),
        "cn" => shop.credit_notes.get(id).map(|of| render::credit_note(of, view)),
        "cs" => shop.sessions.get(id).map(|of| render::session(of, view)),
        "cus" => shop.customers.get(id).map(|of| render::customer(of, view)),
        "di" => shop.discounts.get(id).map(|of| render::discount(of, view)),
        "du" | "dp" => shop.disputes.get(id).map(|of| render::dispute(of, view)),
        "in" => shop.invoices.get(id).map(|of| render::invoice(of, view)),
        "inpay" => shop.payments.get(id).map(|of| render::invoice_payment(of, view)),
        "pi" => shop.intents.get(id).map(|of| render::intent(of, view)),
        "plink" => shop.links.get(id).map(|of| render::payment_link(of, view)),
        "price" => shop.prices.get(id).map(|of| render::price(of, view)),
        "prod" => shop.products.get(id).map(|of| render::product(of, view)),
        "promo" => shop.codes.get(id).map(|of| render::promotion_code(of, view)),
        "re" | "pyr" => shop.refunds.get(id).map(|of| render::refund(of, view)),
        "sub" => shop.subscriptions.get(id).map(|of| render::subscription(of, view)),
        "txn" => shop.movements.get(id).map(render::movement),
        _ => None,
    }
}
