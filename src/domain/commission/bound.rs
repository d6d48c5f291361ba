//! Whether terms keep a commission within its base (MO-6).

use entity::value::{BasisPoints, ProductEffect, Reward, Terms};

/// Whether what a purchase earns under these terms is never more than its base. A flat sum can be more than what was bought (BA-7); where lines
/// have rates of their own a credit at a low rate can stand beside a charge at a high one (BA-4); and a second level comes on top (CO-11).
#[must_use]
pub fn stays_within_base(terms: &Terms) -> bool {
    let one_rate = terms.products.iter().all(|rule| matches!(rule.effect, ProductEffect::Exclude)) && terms.conditional.is_empty();
    let by_number = terms.first.iter().chain(&terms.renewal).chain(terms.steps.iter().map(|step| &step.reward));
    let by_level = terms.tiers.iter().flat_map(|tiers| &tiers.levels).map(|level| &level.reward);
    let share = |reward: &Reward| matches!(reward, Reward::Percent { rate } if *rate <= BasisPoints::ONE);
    one_rate && terms.second_level.is_none() && [&terms.reward].into_iter().chain(by_number).chain(by_level).all(share)
}

#[cfg(test)]
mod tests {
    use entity::value::{
        BasisPoints, Condition, ConditionalReward, Currency, Period, ProductEffect, ProductMatch, ProductRule, Reward, RewardStep,
        SecondLevel, Terms, TierEffect, TierLevel, TierMetric, Tiers,
    };

    use super::stays_within_base;

    const FLAT: Reward = Reward::Flat { amount: 500, currency: Currency::UNKNOWN, per_unit: false };
    const TWICE: Reward = Reward::Percent { rate: BasisPoints::MAX };
    const WHOLE: Reward = Reward::Percent { rate: BasisPoints::ONE };

    #[test]
    fn only_one_share_of_all_that_was_bought_is_bounded() {
        let of = |change: &dyn Fn(&mut Terms)| {
            let mut terms = Terms::default();
            change(&mut terms);
            stays_within_base(&terms)
        };
        let product = |effect| ProductRule { matches: ProductMatch::Price, key: None, id: "price_1".into(), effect, priority: 0 };
        assert!(of(&|_| ()));
        assert!(of(&|terms| terms.products.push(product(ProductEffect::Exclude))));
        assert!(!of(&|terms| terms.products.push(product(ProductEffect::Rate { rate: BasisPoints::ONE }))));
        assert!(!of(&|terms| terms.products.push(product(ProductEffect::PerUnit { amount: 1, currency: Currency::UNKNOWN }))));
        let when = Condition::CustomerNew { is: true };
        let conditional = ConditionalReward { id: "new".into(), priority: 0, when, reward: WHOLE };
        assert!(!of(&|terms| terms.conditional.push(conditional.clone())), "it may hold on one line and not on another");
        assert!(!of(&|terms| terms.second_level = Some(SecondLevel { share: BasisPoints::ONE })));
    }

    #[test]
    fn each_reward_that_a_purchase_may_earn_has_to_be_a_share() {
        let with = |reward| {
            let tiers = Tiers {
                metric: TierMetric::Purchases,
                currency: None,
                period: Period::Year,
                effect: TierEffect::Future,
                levels: vec![TierLevel { from: 1, reward }],
            };
            [
                Terms { reward, ..Terms::default() },
                Terms { first: Some(reward), ..Terms::default() },
                Terms { renewal: Some(reward), ..Terms::default() },
                Terms { steps: vec![RewardStep { from: 2, reward }], ..Terms::default() },
                Terms { tiers: Some(tiers), ..Terms::default() },
            ]
        };
        assert!(with(WHOLE).iter().all(stays_within_base));
        assert!(with(TWICE).iter().all(|terms| !stays_within_base(terms)));
        assert!(with(FLAT).iter().all(|terms| !stays_within_base(terms)));
    }
}
