//! Products, prices, coupons and codes.

use chrono::{DateTime, Utc};

use super::Shop;
use crate::model::{Coupon, Discount, Metadata, Object, Price, Product, PromotionCode};

impl Shop {
    /// A product with a price. Gives their ids.
    pub fn product(&mut self, at: DateTime<Utc>, name: &str, unit_amount: i64, interval: Option<&str>) -> (String, String) {
        let (product, price) = (self.id("prod"), self.id("price"));
        let currency = self.currency.clone();
        self.add_product(Product {
            id: product.clone(),
            created: at,
            updated: at,
            name: name.to_owned(),
            description: None,
            active: true,
            shippable: None,
            default_price: Some(price.clone()),
            url: None,
            metadata: Metadata::new(),
        });
        self.add_price(Price {
            id: price.clone(),
            created: at,
            product: product.clone(),
            active: true,
            currency,
            unit_amount,
            interval: interval.map(str::to_owned),
            nickname: None,
            lookup_key: None,
            metadata: Metadata::new(),
        });
        (product, price)
    }

    /// Any product.
    pub fn add_product(&mut self, product: Product) {
        self.products.insert(product.clone());
        self.tell(product.created, "product.created", Object::Product(product));
    }

    /// Any price.
    pub fn add_price(&mut self, price: Price) {
        self.prices.insert(price.clone());
        self.tell(price.created, "price.created", Object::Price(price));
    }

    /// Sees to it that there is what a line names, without a word: it was there before the story began.
    pub fn known_price(&mut self, price: &str, product: &str, unit_amount: i64, subscribed: bool) {
        let created = self.account.created;
        if !self.products.contains(product) {
            self.products.insert(Product {
                id: product.to_owned(),
                created,
                updated: created,
                name: product.to_owned(),
                description: None,
                active: true,
                shippable: None,
                default_price: Some(price.to_owned()),
                url: None,
                metadata: Metadata::new(),
            });
        }
        if !self.prices.contains(price) {
            self.prices.insert(Price {
                id: price.to_owned(),
                created,
                product: product.to_owned(),
                active: true,
                currency: self.currency.clone(),
                unit_amount,
                interval: subscribed.then(|| "month".to_owned()),
                nickname: None,
                lookup_key: None,
                metadata: Metadata::new(),
            });
        }
    }

    /// Any coupon.
    pub fn add_coupon(&mut self, coupon: Coupon) {
        self.coupons.insert(coupon.clone());
        self.tell(coupon.created, "coupon.created", Object::Coupon(coupon));
    }

    /// Puts a changed coupon in the place of its older self.
    pub fn change_coupon(&mut self, at: DateTime<Utc>, coupon: Coupon) {
        self.coupons.insert(coupon.clone());
        self.tell(at, "coupon.updated", Object::Coupon(coupon));
    }

    /// Deletes a coupon: what it gives already goes on.
    pub fn delete_coupon(&mut self, at: DateTime<Utc>, id: &str) {
        let Some(coupon) = self.coupons.remove(id) else { return };
        self.tell(at, "coupon.deleted", Object::Coupon(Coupon { deleted: true, ..coupon }));
    }

    /// A coupon of a quarter, which was there before, and a code that buyers type.
    pub fn promotion_code(&mut self, at: DateTime<Utc>, text: &str) -> PromotionCode {
        let (id, coupon) = (self.id("promo"), self.id("coupon"));
        let coupon = Coupon::quarter(coupon, at);
        self.coupons.insert(coupon.clone());
        let code = PromotionCode {
            id,
            created: at,
            code: text.to_owned(),
            coupon,
            active: true,
            customer: None,
            expires_at: None,
            max_redemptions: None,
            times_redeemed: 0,
            first_time_transaction: false,
            minimum_amount: None,
            minimum_amount_currency: None,
            metadata: Metadata::new(),
        };
        self.add_promotion_code(code.clone());
        code
    }

    /// Any promotion code.
    pub fn add_promotion_code(&mut self, code: PromotionCode) {
        self.codes.insert(code.clone());
        self.tell(code.created, "promotion_code.created", Object::PromotionCode(code));
    }

    /// Changes a promotion code.
    pub fn change_promotion_code(&mut self, at: DateTime<Utc>, id: &str, change: impl FnOnce(&mut PromotionCode)) {
        let code = self.codes.get_mut(id).expect("a promotion code");
        change(code);
        let told = code.clone();
        self.tell(at, "promotion_code.updated", Object::PromotionCode(told));
    }

    /// Switches a code off, or on again.
    pub fn switch_code(&mut self, at: DateTime<Utc>, discount: &Discount, active: bool) {
        if let Some(id) = &discount.promotion_code {
            self.change_promotion_code(at, id, |code| code.active = active);
        }
    }

    /// A use of a code.
    pub fn discount(&mut self, code: &PromotionCode) -> Discount {
        let discount = Discount {
            id: self.id("di"),
            coupon: code.coupon.clone(),
            promotion_code: Some(code.id.clone()),
            start: code.created,
            customer: None,
            subscription: None,
        };
        self.discounts.insert(discount.id.clone(), discount.clone());
        discount
    }
}
