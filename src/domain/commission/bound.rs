//! Whether terms keep a commission within its base (MO-6).

use entity::value::{BasisPoints, ProductEffect, Reward, Terms};

/// Whether a commission under these terms is never more than its base. A flat sum can be more than what was bought (BA-7), and where lines
/// have rates of their own a credit at a low rate can stand beside a charge at a high one (BA-4).
#[must_use]
pub fn stays_within_base(terms: &Terms) -> bool {
    let one_rate = terms.products.iter().all(|rule| matches!(rule.effect, ProductEffect::Exclude));
    let share = matches!(terms.reward, Reward::Percent { rate } if rate <= BasisPoints::ONE);
    one_rate && share
}

#[cfg(test)]
mod tests {
    use entity::value::{BasisPoints, Currency, ProductEffect, ProductMatch, ProductRule, Reward, Terms};

    use super::stays_within_base;

    #[test]
    fn only_one_share_of_everything_is_bounded() {
        assert!(stays_within_base(&Terms::default()));
        let rule = |effect| Terms {
            products: vec![ProductRule { matches: ProductMatch::Price, id: "price_1".into(), effect }],
            ..Terms::default()
        };
        assert!(stays_within_base(&rule(ProductEffect::Exclude)));
        assert!(!stays_within_base(&rule(ProductEffect::Rate { rate: BasisPoints::ONE })));
        let of = |reward| stays_within_base(&Terms { reward, ..Terms::default() });
        assert!(!of(Reward::Flat { amount: 500, currency: Currency::UNKNOWN, per_unit: false }));
        assert!(!of(Reward::Percent { rate: BasisPoints::MAX }));
    }
}
