//! A shop's business in words that are the same whoever tells (S10): customers, disputes, payments, products, transactions.
//!
//! Each type is made of a record, by which lists filter and sort, and of the object as last told, from which the rest is read.

use async_graphql::{ComplexObject, Context, SimpleObject};
use chrono::{DateTime, Utc};
use entity::commerce_record::Model;
use entity::value::{CommerceDisputeStatus, CommerceId, CommerceStatus, ConnectionId, Currency, PaymentStatus, TransactionType};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::commerce_company::CommerceAddress;
use super::context::Ask;
use super::error::{ApiError, ApiResult};
use super::scalar::Money;
use crate::domain::access::Action;
use crate::stripe::commerce;

/// A record with its object.
pub struct Told(pub Model, pub Value);

/// Where something stands at its source, and since when.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct CommerceSource {
    /// Its id here.
    id: CommerceId,
    /// The connection by which it is known.
    connection_id: ConnectionId,
    /// Its id at the source, such as `cus_…`.
    source_id: String,
    /// When it was made at the source.
    source_created_at: DateTime<Utc>,
    /// When it last changed at the source, as far as it was told.
    source_modified_at: DateTime<Utc>,
    /// When it was first stored here.
    created_at: DateTime<Utc>,
    /// When it was last changed here.
    modified_at: DateTime<Utc>,
    #[graphql(skip)]
    raw: Value,
}

#[ComplexObject]
impl CommerceSource {
    /// The object as the source told it, as JSON. It holds personal data: for owners, administrators and keys with `WRITE_CONNECTIONS`.
    #[graphql(complexity = 10)]
    async fn raw(&self, ctx: &Context<'_>) -> ApiResult<Option<String>> {
        ctx.scope(Action::Connect)?;
        Ok((!self.raw.is_null()).then(|| self.raw.to_string()))
    }
}

impl From<Told> for CommerceSource {
    fn from(Told(row, raw): Told) -> Self {
        Self {
            id: row.id,
            connection_id: row.connection_id,
            source_id: row.source_id,
            source_created_at: row.source_created_at,
            source_modified_at: row.source_modified_at,
            created_at: row.created_at,
            modified_at: row.updated_at,
            raw,
        }
    }
}

/// A state as it is stored, in the words of its kind.
fn word<T: DeserializeOwned>(row: &Model) -> ApiResult<T> {
    serde_json::from_value(row.status.clone().into())
        .map_err(|_| ApiError::internal(&format!("a commerce record has the unknown state {}", row.status)))
}

/// An amount of a record.
fn money(row: &Model, minor: i64) -> Money {
    entity::value::Money::new(minor, row.currency).into()
}

/// Somebody who buys, at the source. For the merchant's members and keys.
#[derive(SimpleObject)]
pub struct CommerceCustomer {
    #[graphql(flatten)]
    source: CommerceSource,
    /// Whether they still are one.
    status: CommerceStatus,
    /// Their name.
    name: Option<String>,
    /// Their address for mail.
    email: Option<String>,
    /// Their telephone.
    phone: Option<String>,
    /// The currency in which they are billed; `XXX` before the first bill.
    default_currency: Currency,
    /// Where they live and where goods go.
    addresses: Vec<CommerceAddress>,
    /// What the merchant noted.
    note: Option<String>,
}

impl TryFrom<Told> for CommerceCustomer {
    type Error = ApiError;

    fn try_from(told: Told) -> ApiResult<Self> {
        let of = commerce::Customer::read(&told.1);
        Ok(Self {
            status: word(&told.0)?,
            source: told.into(),
            name: of.name,
            email: of.email,
            phone: of.phone,
            default_currency: of.currency,
            addresses: of.addresses.into_iter().map(Into::into).collect(),
            note: of.note,
        })
    }
}

/// Money that a buyer's bank asks for. For the merchant's members and keys.
#[derive(SimpleObject)]
pub struct CommerceDispute {
    #[graphql(flatten)]
    source: CommerceSource,
    /// Where it stands.
    status: CommerceDisputeStatus,
    /// How much is disputed.
    total_amount: Money,
    /// Why, in the source's word, such as `fraudulent`.
    reason: Option<String>,
    /// Until when the merchant has to answer.
    due_at: Option<DateTime<Utc>>,
    /// The source's id of the payment that is disputed.
    payment_id: Option<String>,
    /// The source's ids of the movements on the balance that it caused.
    transaction_ids: Vec<String>,
}

impl TryFrom<Told> for CommerceDispute {
    type Error = ApiError;

    fn try_from(told: Told) -> ApiResult<Self> {
        let of = commerce::Dispute::read(&told.1);
        Ok(Self {
            status: word(&told.0)?,
            total_amount: money(&told.0, told.0.amount),
            reason: of.reason,
            due_at: of.due_at,
            payment_id: told.0.parent_id.clone(),
            transaction_ids: of.movements,
            source: told.into(),
        })
    }
}

/// Money that came, or a refund: money that went back, with a negative amount. For the merchant's members and keys.
#[derive(SimpleObject)]
pub struct CommercePayment {
    #[graphql(flatten)]
    source: CommerceSource,
    /// How far it has come.
    status: PaymentStatus,
    /// How much; negative for a refund.
    amount: Money,
    /// The kind of payment method, such as `card`.
    method: Option<String>,
    /// The brand or bank behind it, such as `visa`.
    provider: Option<String>,
    /// Of a refund, the source's id of the payment.
    refund_of: Option<String>,
    /// What the merchant wrote on it.
    description: Option<String>,
    /// Why it failed, in the source's word.
    failure: Option<String>,
}

impl TryFrom<Told> for CommercePayment {
    type Error = ApiError;

    fn try_from(told: Told) -> ApiResult<Self> {
        let of = commerce::Payment::read(&told.1);
        Ok(Self {
            status: word(&told.0)?,
            amount: money(&told.0, told.0.amount),
            method: of.method,
            provider: of.provider,
            refund_of: told.0.parent_id.clone(),
            description: of.description,
            failure: of.failure,
            source: told.into(),
        })
    }
}

/// What one costs in a currency.
#[derive(SimpleObject)]
pub struct CommercePrice {
    /// The currency.
    currency: Currency,
    /// How much; null where it depends.
    amount: Option<Money>,
}

/// One way of buying a product.
#[derive(SimpleObject)]
pub struct CommerceProductVariant {
    #[graphql(flatten)]
    source: CommerceSource,
    /// Whether it can be bought.
    status: CommerceStatus,
    /// The merchant's key for it, or the name that they gave it.
    sku: Option<String>,
    /// How it is called.
    name: Option<String>,
    /// `day`, `week`, `month` or `year` when it is paid again and again.
    interval: Option<String>,
    /// What it costs.
    prices: Vec<CommercePrice>,
}

impl TryFrom<Told> for CommerceProductVariant {
    type Error = ApiError;

    fn try_from(told: Told) -> ApiResult<Self> {
        let of = commerce::Price::read(&told.1);
        let price = |(currency, minor): (Currency, Option<i64>)| CommercePrice {
            currency,
            amount: minor.map(|minor| entity::value::Money::new(minor, currency).into()),
        };
        Ok(Self {
            status: word(&told.0)?,
            sku: of.sku,
            name: of.name,
            interval: of.interval,
            prices: of.prices.into_iter().map(price).collect(),
            source: told.into(),
        })
    }
}

/// Something that is sold. For the merchant's members and keys.
#[derive(SimpleObject)]
pub struct CommerceProduct {
    #[graphql(flatten)]
    source: CommerceSource,
    /// Whether it can be bought.
    status: CommerceStatus,
    /// Its name.
    name: Option<String>,
    /// What it is.
    description: Option<String>,
    /// What it counts as: a tax code, or whether it is a good or a service.
    category: Option<String>,
    /// Whether it is a gift card. Stripe has none, so it is never said.
    is_gift_card: Option<bool>,
    /// Whether it has to be sent, where that is told.
    is_shipping_required: Option<bool>,
    /// Where it is shown.
    url: Option<String>,
    /// The ways of buying it, the newest first; at most a thousand on a page of products.
    variants: Vec<CommerceProductVariant>,
}

impl CommerceProduct {
    /// The product with its variants.
    pub(super) fn new(told: Told, variants: Vec<CommerceProductVariant>) -> ApiResult<Self> {
        let of = commerce::Product::read(&told.1);
        Ok(Self {
            status: word(&told.0)?,
            name: of.name,
            description: of.description,
            category: of.category,
            is_gift_card: None,
            is_shipping_required: of.shippable,
            url: of.url,
            variants,
            source: told.into(),
        })
    }
}

/// A movement on the balance. For the merchant's members and keys.
#[derive(SimpleObject)]
pub struct CommerceTransaction {
    #[graphql(flatten)]
    source: CommerceSource,
    /// What it is for.
    #[graphql(name = "type")]
    kind: TransactionType,
    /// The source's own word for that.
    sub_type: Option<String>,
    /// How much, with its sign, before fees.
    total_amount: Money,
    /// What the source took of it.
    fee: Money,
    /// What was left.
    net: Money,
    /// What moved, such as a charge, refund or payout: its id at the source.
    reference: Option<String>,
    /// When it can be paid out.
    available_at: Option<DateTime<Utc>>,
    /// What is written on it.
    description: Option<String>,
}

impl TryFrom<Told> for CommerceTransaction {
    type Error = ApiError;

    fn try_from(told: Told) -> ApiResult<Self> {
        let of = commerce::Transaction::read(&told.1);
        Ok(Self {
            kind: word(&told.0)?,
            sub_type: of.sub_type,
            total_amount: money(&told.0, told.0.amount),
            fee: money(&told.0, of.fee),
            net: money(&told.0, of.net),
            reference: told.0.parent_id.clone(),
            available_at: of.available_at,
            description: of.description,
            source: told.into(),
        })
    }
}
