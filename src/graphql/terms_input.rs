//! Terms as they are given: every field may be left out, and then stays as it is in what the input is laid over.

mod condition;
mod limit;
mod product;
mod reader;
mod reward;

pub use condition::ConditionalRewardInput;
pub use limit::{CapInput, LeadRewardInput, SecondLevelInput, TiersInput};
pub use product::ProductRuleInput;
pub use reward::{DurationInput, FlatRefundInput, RewardInput, RewardStepInput};

use async_graphql::{InputObject, MaybeUndefined};
use entity::value::{AccrueOn, Attribution, CandidateKind, CouponOverride, OutOfBand, Terms, TouchModel, TwoCodes};
use serde::Serialize;

use self::reader::Reader;
use crate::service::Refusal;

/// The rules of a program. What is left out stays as it is in the newest version, or for a new program takes the value that is named.
#[derive(Clone, Debug, Default, InputObject, Serialize)]
pub struct TermsInput {
    /// What a purchase earns where no other rule says otherwise. At first 20 % of the base.
    #[graphql(default)]
    reward: Option<RewardInput>,
    /// What the first payment earns instead; null for the same, as at first.
    #[graphql(default)]
    first: MaybeUndefined<RewardInput>,
    /// What payments from the second on earn instead; null for the same, as at first.
    #[graphql(default)]
    renewal: MaybeUndefined<RewardInput>,
    /// What payments from a certain number on earn instead, in the order of that number, at most 50. At first none.
    #[graphql(default)]
    steps: Option<Vec<RewardStepInput>>,
    /// Which purchases of a bound customer earn. At first all of them.
    #[graphql(default)]
    duration: Option<DurationInput>,
    /// How long a touch counts before the conversion, in days of 24 hours, 1 to 365. At first 60.
    #[graphql(default)]
    window_days: Option<i32>,
    /// Which eligible click wins. At first the last one.
    #[graphql(default)]
    touch_model: Option<TouchModel>,
    /// Whether the winner of the clicks earns alone or shares with the other eligible ones (AT-16). At first alone.
    #[graphql(default)]
    attribution: Option<Attribution>,
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
    /// Own rewards and exclusions of products, at most 200. Of all that match a line the one with the greatest priority decides; among equals a
    /// price goes before a product, a product before a lookup key, a lookup key before metadata; then the one that stands first. At first none.
    #[graphql(default)]
    products: Option<Vec<ProductRuleInput>>,
    /// Own rewards under conditions, at most 100. Of all that hold the one with the greatest priority decides; among equals the most specific
    /// one; then the one with the smaller id. A product rule that matches decides before it unless the priority here is the greater one. At
    /// first none.
    #[graphql(default)]
    conditional: Option<Vec<ConditionalRewardInput>>,
    /// The most that may be earned, at most 50; applied for a purchase, then a customer, then a partner, then the program. At first none.
    #[graphql(default)]
    caps: Option<Vec<CapInput>>,
    /// Other rewards for partners who brought much; null for none, as at first.
    #[graphql(default)]
    tiers: MaybeUndefined<TiersInput>,
    /// What a lead earns; null for nothing, as at first.
    #[graphql(default)]
    lead: MaybeUndefined<LeadRewardInput>,
    /// What the partner earns who recruited the partner that earned; null for nothing, as at first.
    #[graphql(default)]
    second_level: MaybeUndefined<SecondLevelInput>,
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

impl TermsInput {
    /// The terms with what this input says laid over them. Bounds that the terms know themselves are not checked here.
    ///
    /// # Errors
    /// Everything that cannot stand in terms at all, by the path within this input.
    pub fn onto(self, mut terms: Terms) -> Result<Terms, Vec<Refusal>> {
        let mut reader = Reader::default();
        if let Some(reward) = self.reward {
            terms.reward = reader.reward("reward", &reward).unwrap_or(terms.reward);
        }
        reader.replace(&mut terms.first, self.first, |reader, given| reader.reward("first", &given));
        reader.replace(&mut terms.renewal, self.renewal, |reader, given| reader.reward("renewal", &given));
        if let Some(steps) = self.steps {
            terms.steps = reader.all("steps", steps, Reader::step);
        }
        if let Some(duration) = self.duration {
            terms.duration = reader.duration(&duration).unwrap_or(terms.duration);
        }
        if let Some(rules) = self.products {
            terms.products = reader.all("products", rules, Reader::product);
        }
        if let Some(rewards) = self.conditional {
            terms.conditional = reader.all("conditional", rewards, Reader::conditional);
        }
        if let Some(caps) = self.caps {
            terms.caps = reader.all("caps", caps, Reader::cap);
        }
        reader.replace(&mut terms.tiers, self.tiers, Reader::tiers);
        reader.replace(&mut terms.lead, self.lead, Reader::lead);
        reader.replace(&mut terms.second_level, self.second_level, Reader::second_level);
        if let Some(rule) = self.flat_refund {
            terms.flat_refund = reader.flat_refund(&rule).unwrap_or(terms.flat_refund);
        }
        let mut days = |path, given: Option<i32>, kept| given.map_or(Some(kept), |days| reader.days(path, days)).unwrap_or(kept);
        terms.window_days = days("windowDays", self.window_days, terms.window_days);
        terms.hold_days = days("holdDays", self.hold_days, terms.hold_days);
        terms.late_binding_days = days("lateBindingDays", self.late_binding_days, terms.late_binding_days);
        reader.replace(&mut terms.clawback_days, self.clawback_days, |reader, given| reader.days("clawbackDays", given));
        terms.touch_model = self.touch_model.unwrap_or(terms.touch_model);
        terms.attribution = self.attribution.unwrap_or(terms.attribution);
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
        reader.done(terms)
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::MaybeUndefined;
    use entity::value::{BasisPoints, Duration, Reward, SecondLevel, Terms};

    use super::condition::ConditionInput;
    use super::{ConditionalRewardInput, DurationInput, RewardInput, TermsInput};
    use crate::graphql::terms::{ConditionKind, DurationKind, RewardKind};
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

    #[test]
    fn a_group_of_conditions_is_read_with_its_faults() {
        let part = |kind, values: &[&str]| ConditionInput {
            values: Some(values.iter().map(|value| (*value).to_owned()).collect()),
            ..ConditionInput::of_kind(kind)
        };
        let of = vec![part(ConditionKind::CustomerCountry, &["DE"]), part(ConditionKind::Partner, &["cst_1"])];
        let when = ConditionInput { of: Some(of), key: Some("x".into()), ..ConditionInput::of_kind(ConditionKind::All) };
        let reward = RewardInput { kind: RewardKind::Percent, rate: None, amount: None, currency: None, per_unit: false };
        let one = ConditionalRewardInput { id: "vip".into(), priority: 0, when, reward };
        let input = TermsInput { conditional: Some(vec![one]), ..TermsInput::default() };
        let faults = input.onto(Terms::default()).unwrap_err();
        let told: Vec<_> = faults.iter().map(|fault| (fault.field.join("."), fault.code)).collect();
        let expected = [
            ("conditional.0.when.key", RefusalCode::Invalid),
            ("conditional.0.when.of.1.values.0", RefusalCode::Invalid),
            ("conditional.0.reward.rate", RefusalCode::Required),
        ];
        assert_eq!(told, expected.map(|(path, code)| (path.to_owned(), code)));
    }

    #[test]
    fn null_takes_a_rule_away() {
        let second = Some(SecondLevel { share: BasisPoints::ONE });
        let before = Terms { second_level: second, first: Some(Reward::default()), ..Terms::default() };
        let input = TermsInput { second_level: MaybeUndefined::Null, ..TermsInput::default() };
        let after = input.onto(before.clone()).unwrap();
        assert_eq!(after, Terms { second_level: None, ..before });
    }
}
