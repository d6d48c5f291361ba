//! Having things written to Stripe.

use async_graphql::{Context, InputObject, Object, OneofObject};
use chrono::{DateTime, Utc};
use entity::value::{BasisPoints, ConnectionId, CouponDuration, CustomerId, EnrollmentId, Off, PostalAddress, PurchaseId, StripeWriteId};

use super::context::Ask;
use super::coupon::CouponNameInput;
use super::error::ApiResult;
use super::payload::payload;
use super::scalar::MoneyInput;
use super::stripe_write::StripeWrite;
use crate::service::stripe_write::{
    Attributed, NewCoupon, NewPromotionCode, NewShipping, again, check, create_coupon, create_promotion_code, set_shipping,
    write_attribution,
};
use crate::service::{Refusal, RefusalCode, ServiceError};

/// What a coupon takes off.
#[derive(OneofObject)]
pub enum CouponOffInput {
    /// A share, in hundredths of a percent: 1 to 10000; 2500 is a quarter.
    Rate(i32),
    /// A sum of each payment.
    Amount(MoneyInput),
}

impl CouponOffInput {
    fn read(&self) -> Result<Off, Refusal> {
        match self {
            Self::Rate(rate) => {
                let share = u32::try_from(*rate).ok().and_then(|points| BasisPoints::new(points).ok());
                let share = share.ok_or_else(|| Refusal::new("off.rate", RefusalCode::OutOfRange, "must be from 1 to 10000"))?;
                Ok(Off::Percent(share))
            }
            Self::Amount(money) => Ok(Off::Amount(read_money("off.amount", money)?)),
        }
    }
}

fn read_money(field: &str, money: &MoneyInput) -> Result<entity::value::Money, Refusal> {
    money.read().map_err(|message| Refusal::new(field, RefusalCode::Invalid, message))
}

/// A coupon to be made at Stripe.
#[derive(InputObject)]
pub struct CouponCreateInput {
    /// In which connection; the only one that is linked when left out.
    #[graphql(default)]
    connection_id: Option<ConnectionId>,
    /// Whose it becomes: then purchases with it and without a promotion code are theirs. Nobody's when left out.
    #[graphql(default)]
    enrollment_id: Option<EnrollmentId>,
    /// The id that it gets at Stripe, of letters, digits, hyphens and underscores; made up when left out.
    #[graphql(default)]
    stripe_id: Option<String>,
    /// What customers see, in at most 40 characters.
    #[graphql(default)]
    name: Option<String>,
    /// What it takes off.
    off: CouponOffInput,
    /// How long.
    #[graphql(default_with = "CouponDuration::Once")]
    duration: CouponDuration,
    /// For how many months, when it is REPEATING.
    #[graphql(default)]
    duration_in_months: Option<u32>,
    /// How often it can be used in all.
    #[graphql(default)]
    max_redemptions: Option<u32>,
    /// Until when it can be used.
    #[graphql(default)]
    redeem_by: Option<DateTime<Utc>>,
    /// The same key again brings back what was asked for the first time.
    #[graphql(default)]
    idempotency_key: Option<String>,
}

/// A promotion code to be made at Stripe for a partner.
#[derive(InputObject)]
pub struct PromotionCodeCreateInput {
    /// Whose it becomes.
    enrollment_id: EnrollmentId,
    /// The coupon that it gives.
    coupon: CouponNameInput,
    /// In which connection the coupon is, if it is named by Stripe's id; the only one that is linked when left out.
    #[graphql(default)]
    connection_id: Option<ConnectionId>,
    /// What customers are to type, of letters, digits and hyphens; made up when left out. Where it is taken at Stripe, it gets a suffix.
    #[graphql(default)]
    code: Option<String>,
    /// Until when it can be used.
    #[graphql(default)]
    expires_at: Option<DateTime<Utc>>,
    /// How often it can be used in all.
    #[graphql(default)]
    max_redemptions: Option<u32>,
    /// Whether it is for those alone who never bought.
    #[graphql(default)]
    first_time: bool,
    /// What a payment must come to at least.
    #[graphql(default)]
    minimum: Option<MoneyInput>,
    /// The same key again brings back what was asked for the first time.
    #[graphql(default)]
    idempotency_key: Option<String>,
}

/// Where something goes.
#[derive(InputObject)]
pub struct PostalAddressInput {
    /// Street and number.
    line1: String,
    /// What else is needed to find it.
    #[graphql(default)]
    line2: Option<String>,
    /// The city.
    #[graphql(default)]
    city: Option<String>,
    /// The state or province.
    #[graphql(default)]
    state: Option<String>,
    /// The postal code.
    #[graphql(default)]
    postal_code: Option<String>,
    /// The country, by its two letters.
    #[graphql(default)]
    country: Option<String>,
}

impl From<PostalAddressInput> for PostalAddress {
    fn from(input: PostalAddressInput) -> Self {
        let PostalAddressInput { line1, line2, city, state, postal_code, country } = input;
        Self { line1: Some(line1), line2, city, state, postal_code, country }
    }
}

/// Shipping details to be put on a payment.
#[derive(InputObject)]
pub struct ShippingSetInput {
    /// Stripe's id of the payment (`pi_…`, `ch_…`, `py_…`), of an invoice or checkout of a purchase that is known here, or the purchase's id.
    transaction: String,
    /// In which connection; found by what is known here when left out.
    #[graphql(default)]
    connection_id: Option<ConnectionId>,
    /// Who carries it. What is left out of this and the following stays as it stands at Stripe.
    #[graphql(default)]
    carrier: Option<String>,
    /// The numbers to follow it by, at least one.
    tracking_numbers: Vec<String>,
    /// To whom it goes. Stripe wants a name and an address: to be given where none stands there yet.
    #[graphql(default)]
    name: Option<String>,
    /// Their telephone.
    #[graphql(default)]
    phone: Option<String>,
    /// Where it goes.
    #[graphql(default)]
    address: Option<PostalAddressInput>,
}

/// Whose metadata is written.
#[derive(OneofObject)]
pub enum AttributionSubjectInput {
    /// That of a customer, wherever they are one at Stripe: who brought them.
    CustomerId(CustomerId),
    /// That of the payment of a purchase: who won it.
    PurchaseId(PurchaseId),
}

/// Who brought a customer or won a purchase, to be written to Stripe.
#[derive(InputObject)]
pub struct AttributionWriteInput {
    /// Which.
    of: AttributionSubjectInput,
}

/// Which write.
#[derive(InputObject)]
pub struct StripeWriteInput {
    /// The write.
    id: StripeWriteId,
}

payload! {
    /// What is written to Stripe, or why not.
    StripeWritePayload {
        /// The write. A worker carries it out: look again at its status.
        stripe_write: StripeWrite
    }
}

payload! {
    /// What is written to Stripe, or why not.
    AttributionWritePayload {
        /// The writes, one for each object. A worker carries them out: look again at their status.
        stripe_writes: Vec<StripeWrite>
    }
}

/// Having things written to Stripe.
#[derive(Default)]
pub struct StripeWriteMutation;

/// Having things written to Stripe.
#[Object]
impl StripeWriteMutation {
    /// Has a coupon made at Stripe, and made a partner's if that is wished. For owners, administrators and keys with `WRITE_PROGRAMS`.
    async fn coupon_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which coupon.")] input: CouponCreateInput,
    ) -> ApiResult<StripeWritePayload> {
        let key = input.idempotency_key.clone();
        let asked = async {
            let new = NewCoupon {
                connection: input.connection_id,
                enrollment: input.enrollment_id,
                id: input.stripe_id,
                name: input.name,
                off: input.off.read()?,
                duration: input.duration,
                months: input.duration_in_months,
                max_redemptions: input.max_redemptions,
                redeem_by: input.redeem_by,
            };
            create_coupon(ctx.services(), ctx.viewer(), new, key.as_deref()).await
        };
        StripeWritePayload::answer(asked.await)
    }

    /// Has a promotion code made at Stripe for a partner: it is theirs from its first second on. For owners, administrators and keys with
    /// `WRITE_PROGRAMS`.
    async fn promotion_code_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which code, and whose.")] input: PromotionCodeCreateInput,
    ) -> ApiResult<StripeWritePayload> {
        let key = input.idempotency_key.clone();
        let asked = async {
            let minimum = input.minimum.as_ref().map(|money| read_money("minimum", money)).transpose()?;
            let new = NewPromotionCode {
                enrollment: input.enrollment_id,
                coupon: input.coupon.into(),
                connection: input.connection_id,
                code: input.code,
                expires_at: input.expires_at,
                max_redemptions: input.max_redemptions,
                first_time: input.first_time,
                minimum,
            };
            create_promotion_code(ctx.services(), ctx.viewer(), new, key.as_deref()).await
        };
        StripeWritePayload::answer(asked.await)
    }

    /// Has shipping details and tracking numbers put on a payment at Stripe: on the intent until it is paid, on its charge from then on. The same
    /// again changes nothing there. For owners, administrators and keys with `WRITE_CONNECTIONS`.
    async fn shipping_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which payment, and what travels how.")] input: ShippingSetInput,
    ) -> ApiResult<StripeWritePayload> {
        let new = NewShipping {
            transaction: input.transaction,
            connection: input.connection_id,
            carrier: input.carrier,
            tracking: input.tracking_numbers,
            name: input.name,
            phone: input.phone,
            address: input.address.map(Into::into),
        };
        StripeWritePayload::answer(set_shipping(ctx.services(), ctx.viewer(), new).await)
    }

    /// Has it written who brought a customer or won a purchase, into the metadata at Stripe under keys that begin with `tributary_attributed_`;
    /// where nobody did, these are taken away. It never counts as evidence. For owners, administrators and keys with `WRITE_CONNECTIONS`.
    async fn attribution_write(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of what.")] input: AttributionWriteInput,
    ) -> ApiResult<AttributionWritePayload> {
        let what = match input.of {
            AttributionSubjectInput::CustomerId(id) => Attributed::Customer(id),
            AttributionSubjectInput::PurchaseId(id) => Attributed::Purchase(id),
        };
        let rows: Result<Vec<StripeWrite>, ServiceError> =
            write_attribution(ctx.services(), ctx.viewer(), what).await.map(|rows| rows.into_iter().map(Into::into).collect());
        AttributionWritePayload::answer(rows)
    }

    /// Tries again what failed; what an earlier attempt may have made is looked for first. For those who may ask for such a write.
    async fn stripe_write_retry(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: StripeWriteInput,
    ) -> ApiResult<StripeWritePayload> {
        StripeWritePayload::answer(again(ctx.services(), ctx.viewer(), input.id).await)
    }

    /// Reads back again what was verified: if somebody has changed it since, it becomes `FAILED` with `CHANGED_ELSEWHERE`. For those who may ask
    /// for such a write.
    async fn stripe_write_check(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: StripeWriteInput,
    ) -> ApiResult<StripeWritePayload> {
        StripeWritePayload::answer(check(ctx.services(), ctx.viewer(), input.id).await)
    }
}
