//! A month of the shop, week by week: what is bought, by whom, and what goes back.
//!
//! Each scene is one of the worked examples or one trap that Stripe sets. What has to come out stands in [`super::expected`].

mod goods;
mod week1;
mod week2;
mod week3;

use anyhow::Result;

pub use goods::WORKSHOP;

use super::shop::Shop;
use super::stripe::Code;

/// Ben's own code.
pub const BEN25: Code = Code { text: "BEN25", promotion_code: "promo_1DemoBen25", coupon: "demo-25-off", percent_off: 25 };
/// A code of the shop's, which is no partner's.
pub const FREEWEEK: Code = Code { text: "FREEWEEK", promotion_code: "promo_1DemoFreeWeek", coupon: "demo-100-off", percent_off: 100 };

/// Plays the month.
///
/// # Errors
/// When the server cannot be reached or refuses something.
pub async fn month(shop: &mut Shop) -> Result<()> {
    week1::play(shop).await?;
    week2::play(shop).await?;
    week3::play(shop).await
}
