//! Terms as they are given: every field may be left out, and then stays as it is in what the input is laid over.

use async_graphql::{InputObject, MaybeUndefined};
use entity::value::{
    AccrueOn, BasisPoints, CandidateKind, CouponOverride, Currency, Duration, FlatRefund, OutOfBand, ProductEffect, ProductMatch,
    ProductRule, Reward, Terms, TouchModel, TwoCodes,
};
use serde::Serialize;

use super::terms::{DurationKind, FlatRefundKind, ProductEffectKind, RewardKind};
use crate::service::{Refusal, RefusalCode};

/// The rules of a program. What is left out stays as it is in the newest version, or for a new program takes the value that is named.
#[derive(Clone, Debug, Default, InputObject, Serialize)]
pub struct TermsInput {
    /// What a purchase earns where no product rule says otherwise. At first 20 % of the base.
    #[graphql(default)]
    reward: Option<RewardInput>,
    /// Which purchases of a bound customer earn. At first all of them.
    #[graphql(default)]
    duration: Option<DurationInput>,
    /// How long a touch counts before the conversion, in days of 24 hours, 1 to 365. At first 60.
    #[graphql(default)]
    window_days: Option<i32>,
    /// Which eligible click wins. At first the last one.
    #[graphql(default)]
    touch_model: Option<TouchModel>,
    /// When a partner's code wins over an existing binding. At first while the customer has not bought.
    #[graphql(default)]
    coupon_override: Option<CouponOverride>,
    /// Who is asked first about a purchase; a kind that is left out is not asked. At first all, in the order of the enum.
    #[graphql(default)]
    candidate_order: Option<Vec<CandidateKind>>,
    /// Days from purchase to release, 0 to 120. At first 30.
    #[graphql(default)]
    hold_days: Option<i32>,
    /// Whether a person who had bought before the touch is left unbound. At first yes.
    #[graphql(default)]
    new_customers_only: Option<bool>,
    /// Whether the same e-mail may tie a purchase to a customer. At first yes.
    #[graphql(default)]
    email_match: Option<bool>,
    /// Whether shipping is part of the base. At first no.
    #[graphql(default)]
    include_shipping: Option<bool>,
    /// Own rates and exclusions; the first match of a line decides. At first none.
    #[graphql(default)]
    products: Option<Vec<ProductRuleInput>>,
    /// Whether an invoice earns once when paid or with each payment towards it. At first once.
    #[graphql(default)]
    accrue_on: Option<AccrueOn>,
    /// What money paid outside of Stripe earns. At first it counts and is held.
    #[graphql(default)]
    out_of_band: Option<OutOfBand>,
    /// When a refund takes a flat reward back. At first when all was refunded.
    #[graphql(default)]
    flat_refund: Option<FlatRefundInput>,
    /// Whether a flat reward never exceeds the base. At first no.
    #[graphql(default)]
    cap_at_base: Option<bool>,
    /// What happens when codes of two partners meet on one purchase. At first the first one wins.
    #[graphql(default)]
    two_codes: Option<TwoCodes>,
    /// Whether an inquiry, a dispute's mild form, holds as well. At first no.
    #[graphql(default)]
    hold_inquiries: Option<bool>,
    /// How many days a purchase waits for its sign-up, 0 to 90. At first 7.
    #[graphql(default)]
    late_binding_days: Option<i32>,
    /// How old in days a purchase may be to be reversed, 1 to 3650; null for no limit, as at first.
    #[graphql(default)]
    clawback_days: MaybeUndefined<i32>,
    /// Whether what an archived enrollment brought earns to the end of the duration. At first yes.
    #[graphql(default)]
    pays_after_archive: Option<bool>,
}

/// What a purchase earns.
#[derive(Clone, Debug, InputObject, Serialize)]
pub struct RewardInput {
    /// How it is reckoned.
    kind: RewardKind,
    /// For PERCENT: the share in hundredths of a percent, 0 to 100000; 1250 is 12.5 %.
    #[graphql(default)]
    rate: Option<i32>,
    /// For FLAT: whole minor units as a 64-bit integer in a string, such as "500" for 5.00 EUR.
    #[graphql(default)]
    amount: Option<String>,
    /// For FLAT: the currency of the amount.
    #[graphql(default)]
    currency: Option<Currency>,
    /// For FLAT: for each unit bought instead of once per purchase.
    #[graphql(default)]
    per_unit: bool,
}

/// Which purchases of a bound customer earn.
#[derive(Clone, Debug, InputObject, Serialize)]
pub struct DurationInput {
    /// How it is counted.
    kind: DurationKind,
    /// For PAYMENTS (1 to 1200) and MONTHS (1 to 600): how many.
    #[graphql(default)]
    n: Option<i32>,
}

/// A rule for some of the products.
#[derive(Clone, Debug, InputObject, Serialize)]
pub struct ProductRuleInput {
    /// What the id is of.
    matches: ProductMatch,
    /// Stripe's id of the price or product.
    id: String,
    /// What the rule does to a line that it matches.
    effect: ProductEffectKind,
    /// For RATE: the share in hundredths of a percent, 0 to 100000.
    #[graphql(default)]
    rate: Option<i32>,
}

/// When a refund takes a flat reward back.
#[derive(Clone, Debug, InputObject, Serialize)]
pub struct FlatRefundInput {
    /// When.
    kind: FlatRefundKind,
    /// For `ABOVE_SHARE`: the share of what was collected, in hundredths of a percent, below 10000.
    #[graphql(default)]
    share: Option<i32>,
}

/// The most product rules of one version.
const MAX_PRODUCTS: usize = 200;

impl TermsInput {
    /// The terms with what this input says laid over them. Bounds that the terms know themselves are not checked here.
    ///
    /// # Errors
    /// Everything that cannot stand in terms at all, by the path within this input.
    pub fn onto(self, mut terms: Terms) -> Result<Terms, Vec<Refusal>> {
        let mut reader = Reader(Vec::new());
        if let Some(reward) = self.reward {
            terms.reward = reader.reward(&reward).unwrap_or(terms.reward);
        }
        if let Some(duration) = self.duration {
            terms.duration = reader.duration(&duration).unwrap_or(terms.duration);
        }
        if let Some(rules) = self.products {
            terms.products = reader.products(rules);
        }
        if let Some(rule) = self.flat_refund {
            terms.flat_refund = reader.flat_refund(&rule).unwrap_or(terms.flat_refund);
        }
        let mut days = |path, given: Option<i32>, kept| given.map_or(Some(kept), |days| reader.days(path, days)).unwrap_or(kept);
        terms.window_days = days("windowDays", self.window_days, terms.window_days);
        terms.hold_days = days("holdDays", self.hold_days, terms.hold_days);
        terms.late_binding_days = days("lateBindingDays", self.late_binding_days, terms.late_binding_days);
        terms.clawback_days = match self.clawback_days {
            MaybeUndefined::Undefined => terms.clawback_days,
            MaybeUndefined::Null => None,
            MaybeUndefined::Value(given) => reader.days("clawbackDays", given),
        };
        terms.touch_model = self.touch_model.unwrap_or(terms.touch_model);
        terms.coupon_override = self.coupon_override.unwrap_or(terms.coupon_override);
        terms.candidate_order = self.candidate_order.unwrap_or(terms.candidate_order);
        terms.new_customers_only = self.new_customers_only.unwrap_or(terms.new_customers_only);
        terms.email_match = self.email_match.unwrap_or(terms.email_match);
        terms.include_shipping = self.include_shipping.unwrap_or(terms.include_shipping);
        terms.accrue_on = self.accrue_on.unwrap_or(terms.accrue_on);
        terms.out_of_band = self.out_of_band.unwrap_or(terms.out_of_band);
        terms.cap_at_base = self.cap_at_base.unwrap_or(terms.cap_at_base);
        terms.two_codes = self.two_codes.unwrap_or(terms.two_codes);
        terms.hold_inquiries = self.hold_inquiries.unwrap_or(terms.hold_inquiries);
        terms.pays_after_archive = self.pays_after_archive.unwrap_or(terms.pays_after_archive);
        if reader.0.is_empty() { Ok(terms) } else { Err(reader.0) }
    }
}

/// Reads the parts, and notes what cannot be read.
struct Reader(Vec<Refusal>);

impl Reader {
    fn fault<T>(&mut self, path: &str, code: RefusalCode, message: &str) -> Option<T> {
        self.0.push(Refusal::new(path, code, message));
        None
    }

    fn days(&mut self, path: &str, days: i32) -> Option<u16> {
        match u16::try_from(days) {
            Ok(days) => Some(days),
            Err(_) => self.fault(path, RefusalCode::OutOfRange, "must be a number of days that is not negative and not so large"),
        }
    }

    fn rate(&mut self, path: &str, rate: Option<i32>) -> Option<BasisPoints> {
        let Some(rate) = rate else {
            return self.fault(path, RefusalCode::Required, "must be given for this kind");
        };
        match u32::try_from(rate).ok().and_then(|points| BasisPoints::new(points).ok()) {
            Some(rate) => Some(rate),
            None => self.fault(path, RefusalCode::OutOfRange, "must be from 0 to 100000 hundredths of a percent"),
        }
    }

    fn reward(&mut self, input: &RewardInput) -> Option<Reward> {
        match input.kind {
            RewardKind::Percent => {
                if input.amount.is_some() || input.currency.is_some() {
                    return self.fault("reward.kind", RefusalCode::Invalid, "a share has no amount or currency; did you mean FLAT?");
                }
                Some(Reward::Percent { rate: self.rate("reward.rate", input.rate)? })
            }
            RewardKind::Flat => {
                if input.rate.is_some() {
                    return self.fault("reward.kind", RefusalCode::Invalid, "a fixed sum has no rate; did you mean PERCENT?");
                }
                let amount = match input.amount.as_deref().map(str::parse) {
                    Some(Ok(amount)) => Some(amount),
                    Some(Err(_)) => self.fault("reward.amount", RefusalCode::Invalid, "must be a whole number in a string"),
                    None => self.fault("reward.amount", RefusalCode::Required, "must be given for this kind"),
                };
                let currency = match input.currency {
                    Some(currency) => Some(currency),
                    None => self.fault("reward.currency", RefusalCode::Required, "must be given for this kind"),
                };
                Some(Reward::Flat { amount: amount?, currency: currency?, per_unit: input.per_unit })
            }
        }
    }

    fn duration(&mut self, input: &DurationInput) -> Option<Duration> {
        let count = |reader: &mut Self| match input.n.map(u16::try_from) {
            Some(Ok(n)) => Some(n),
            Some(Err(_)) => reader.fault("duration.n", RefusalCode::OutOfRange, "must not be negative, and not so large"),
            None => reader.fault("duration.n", RefusalCode::Required, "must be given for this kind"),
        };
        match input.kind {
            DurationKind::FirstOnly => Some(Duration::FirstOnly),
            DurationKind::Lifetime => Some(Duration::Lifetime),
            DurationKind::Payments => Some(Duration::Payments { n: count(self)? }),
            DurationKind::Months => Some(Duration::Months { n: count(self)? }),
        }
    }

    fn products(&mut self, rules: Vec<ProductRuleInput>) -> Vec<ProductRule> {
        if rules.len() > MAX_PRODUCTS {
            self.fault::<()>("products", RefusalCode::OutOfRange, "must be at most 200 rules");
            return Vec::new();
        }
        let mut read = Vec::with_capacity(rules.len());
        for (index, rule) in rules.into_iter().enumerate() {
            let effect = match rule.effect {
                ProductEffectKind::Exclude => Some(ProductEffect::Exclude),
                ProductEffectKind::Rate => self.rate(&format!("products.{index}.rate"), rule.rate).map(|rate| ProductEffect::Rate { rate }),
            };
            read.extend(effect.map(|effect| ProductRule { matches: rule.matches, id: rule.id, effect }));
        }
        read
    }

    fn flat_refund(&mut self, input: &FlatRefundInput) -> Option<FlatRefund> {
        match input.kind {
            FlatRefundKind::OnFull => Some(FlatRefund::OnFull),
            FlatRefundKind::AboveShare => Some(FlatRefund::AboveShare { share: self.rate("flatRefund.share", input.share)? }),
        }
    }
}

#[cfg(test)]
mod tests {
    use entity::value::{Duration, Terms};

    use super::{DurationInput, RewardInput, TermsInput};
    use crate::graphql::terms::{DurationKind, RewardKind};
    use crate::service::RefusalCode;

    #[test]
    fn what_is_left_out_stays() {
        let before = Terms { hold_days: 7, clawback_days: Some(90), ..Terms::default() };
        assert_eq!(TermsInput::default().onto(before.clone()), Ok(before.clone()));
        let duration = Some(DurationInput { kind: DurationKind::Months, n: Some(12) });
        let after = TermsInput { duration, ..TermsInput::default() }.onto(before.clone());
        assert_eq!(after, Ok(Terms { duration: Duration::Months { n: 12 }, ..before }));
    }

    #[test]
    fn what_cannot_be_read_is_named_by_its_path() {
        let reward = RewardInput { kind: RewardKind::Flat, rate: None, amount: Some("1.5".into()), currency: None, per_unit: false };
        let input = TermsInput { reward: Some(reward), window_days: Some(-1), ..TermsInput::default() };
        let faults = input.onto(Terms::default()).unwrap_err();
        let told: Vec<_> = faults.iter().map(|fault| (fault.field.join("."), fault.code)).collect();
        let expected =
            [("reward.amount", RefusalCode::Invalid), ("reward.currency", RefusalCode::Required), ("windowDays", RefusalCode::OutOfRange)];
        assert_eq!(told, expected.map(|(path, code)| (path.to_owned(), code)));
    }
}
