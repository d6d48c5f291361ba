//! Products, prices, coupons and codes.

use serde_json::json;

use super::super::Refusal;
use super::super::call::{Call, Done};
use super::{merge, text};
use crate::model::{Coupon, Metadata, Price, Product, PromotionCode};

/// Stripe takes no longer name of a coupon.
const NAME_LENGTH: usize = 40;

pub fn new_product(call: &mut Call<'_>) -> Done {
    let id = call.params.take("id").unwrap_or_else(|| call.shop.id("prod"));
    let now = call.shop.now();
    let mut product = Product {
        id: id.clone(),
        created: now,
        updated: now,
        name: call.params.take("name").unwrap_or_default(),
        description: call.params.take("description"),
        active: call.params.take_bool("active").unwrap_or(true),
        shippable: call.params.take_bool("shippable"),
        default_price: None,
        url: call.params.take("url"),
        metadata: Metadata::new(),
    };
    merge(&mut product.metadata, &mut call.params)?;
    call.shop.add_product(product);
    call.object(&id).ok_or_else(|| Refusal::missing("product", &id))
}

pub fn new_price(call: &mut Call<'_>) -> Done {
    let product =
        call.params.take("product").ok_or_else(|| Refusal::wrong(None, "You must specify either `product` or `product_data`."))?;
    if !call.shop.products.contains(&product) {
        return Err(Refusal::wrong(Some("resource_missing"), &format!("No such product: '{product}'")).about("product"));
    }
    let id = call.shop.id("price");
    let mut price = Price {
        id: id.clone(),
        created: call.shop.now(),
        product,
        active: call.params.take_bool("active").unwrap_or(true),
        currency: call.params.take("currency").unwrap_or_default().to_lowercase(),
        unit_amount: call.params.take_int("unit_amount").unwrap_or(0),
        interval: call.params.take("recurring.interval"),
        nickname: call.params.take("nickname"),
        lookup_key: call.params.take("lookup_key"),
        metadata: Metadata::new(),
    };
    merge(&mut price.metadata, &mut call.params)?;
    call.shop.add_price(price);
    call.object(&id).ok_or_else(|| Refusal::missing("price", &id))
}

pub fn new_coupon(call: &mut Call<'_>) -> Done {
    let params = &mut call.params;
    let (given, percent) = (params.take("id"), params.take("percent_off"));
    let (amount_off, currency) = (params.take_int("amount_off"), params.take("currency"));
    let duration = params.take("duration").unwrap_or_else(|| "once".into());
    let duration_in_months = params.take_int("duration_in_months");
    if percent.is_some() == amount_off.is_some() {
        return Err(Refusal::wrong(None, "You must pass exactly one of percent_off or amount_off."));
    }
    if amount_off.is_some() && currency.is_none() {
        return Err(Refusal::wrong(Some("parameter_missing"), "You must pass currency when passing amount_off.").about("currency"));
    }
    if (duration == "repeating") != duration_in_months.is_some() {
        return Err(Refusal::wrong(None, "You must pass duration_in_months for a coupon with duration repeating, and only then."));
    }
    let percent_off = percent.map(|text| hundredths(&text)).transpose()?;
    let name = params.take("name");
    if name.as_ref().is_some_and(|name| name.chars().count() > NAME_LENGTH) {
        let message = format!("Invalid string: name must be at most {NAME_LENGTH} characters");
        return Err(Refusal::wrong(Some("parameter_invalid_string"), &message).about("name"));
    }
    let mut coupon = Coupon {
        name,
        percent_off,
        amount_off,
        currency: currency.map(|currency| currency.to_lowercase()),
        duration,
        duration_in_months,
        max_redemptions: params.take_int("max_redemptions"),
        redeem_by: params.take_int("redeem_by"),
        products: params.take_list("applies_to.products"),
        ..Coupon::quarter(String::new(), call.shop.now())
    };
    merge(&mut coupon.metadata, &mut call.params)?;
    coupon.id = given.unwrap_or_else(|| call.shop.id("coupon"));
    if call.shop.coupons.contains(&coupon.id) {
        return Err(Refusal::wrong(Some("resource_already_exists"), "Coupon already exists.").about("id"));
    }
    let id = coupon.id.clone();
    call.shop.add_coupon(coupon);
    call.object(&id).ok_or_else(|| Refusal::missing("coupon", &id))
}

/// A percentage in hundredths of a percent.
fn hundredths(text: &str) -> Result<u32, Refusal> {
    let wrong = || Refusal::wrong(None, "Invalid percent_off: must be greater than 0 and at most 100.").about("percent_off");
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let whole: u32 = whole.parse().map_err(|_| wrong())?;
    let part: u32 = format!("{part:0<2}").get(..2).unwrap_or("0").parse().map_err(|_| wrong())?;
    Some(whole * 100 + part).filter(|all| (1..=10_000).contains(all)).ok_or_else(wrong)
}

/// Only the name and the metadata of a coupon change.
pub fn coupon(call: &mut Call<'_>) -> Done {
    let id = call.ids[0].clone();
    let mut coupon = call.shop.coupons.get(&id).cloned().ok_or_else(|| Refusal::missing("coupon", &id))?;
    text(&mut coupon.name, &mut call.params, "name");
    merge(&mut coupon.metadata, &mut call.params)?;
    let now = call.shop.now();
    call.shop.change_coupon(now, coupon);
    call.object(&id).ok_or_else(|| Refusal::missing("coupon", &id))
}

pub fn no_coupon(call: &mut Call<'_>) -> Done {
    let id = call.ids[0].clone();
    if !call.shop.coupons.contains(&id) {
        return Err(Refusal::missing("coupon", &id));
    }
    let now = call.shop.now();
    call.shop.delete_coupon(now, &id);
    Ok(json!({ "id": id, "object": "coupon", "deleted": true }))
}

pub fn new_promotion_code(call: &mut Call<'_>) -> Done {
    let params = &mut call.params;
    params.take("promotion.type");
    let named = params.take("promotion.coupon").unwrap_or_default();
    let coupon = call.shop.coupons.get(&named).cloned();
    let coupon =
        coupon.ok_or_else(|| Refusal::wrong(Some("resource_missing"), &format!("No such coupon: '{named}'")).about("promotion[coupon]"))?;
    let id = call.shop.id("promo");
    let code = params.take("code").unwrap_or_else(|| id.replace('_', "").to_uppercase());
    let customer = params.take("customer");
    let letters = code.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if !letters || code.is_empty() || code.len() > 500 {
        return Err(Refusal::wrong(None, "Promotion codes may only have letters, digits, dashes and underscores.").about("code"));
    }
    let same = |of: &PromotionCode| of.active && of.code.eq_ignore_ascii_case(&code);
    let clash = |of: &PromotionCode| of.customer == customer || of.customer.is_none() || customer.is_none();
    if call.shop.codes.values().any(|of| same(of) && clash(of)) {
        return Err(Refusal::wrong(None, &format!("An active promotion code with `code: {code}` already exists.")));
    }
    let params = &mut call.params;
    let mut promotion = PromotionCode {
        id: id.clone(),
        created: call.shop.now(),
        code,
        coupon,
        active: params.take_bool("active").unwrap_or(true),
        customer,
        expires_at: params.take_int("expires_at"),
        max_redemptions: params.take_int("max_redemptions"),
        times_redeemed: 0,
        first_time_transaction: params.take_bool("restrictions.first_time_transaction").unwrap_or(false),
        minimum_amount: params.take_int("restrictions.minimum_amount"),
        minimum_amount_currency: params.take("restrictions.minimum_amount_currency"),
        metadata: Metadata::new(),
    };
    merge(&mut promotion.metadata, params)?;
    call.shop.add_promotion_code(promotion);
    call.object(&id).ok_or_else(|| Refusal::missing("promotion code", &id))
}

pub fn promotion_code(call: &mut Call<'_>) -> Done {
    let id = call.ids[0].clone();
    let mut code = call.shop.codes.get(&id).cloned().ok_or_else(|| Refusal::missing("promotion code", &id))?;
    if let Some(active) = call.params.take_bool("active") {
        code.active = active;
    }
    merge(&mut code.metadata, &mut call.params)?;
    let now = call.shop.now();
    call.shop.change_promotion_code(now, &id, |of| *of = code);
    call.object(&id).ok_or_else(|| Refusal::missing("promotion code", &id))
}
