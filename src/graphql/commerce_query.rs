//! Reading a shop's business (S10), from what was synced and delivered.

use std::collections::HashMap;

use async_graphql::{Context, InputObject, Object};
use chrono::{DateTime, Utc};
use entity::commerce_record::Model;
use entity::value::{CommerceDisputeStatus, CommerceKind, CommerceStatus, ConnectionId, Currency, PaymentStatus, TransactionType};

use super::commerce::{
    CommerceCustomer, CommerceDispute, CommercePayment, CommerceProduct, CommerceProductVariant, CommerceTransaction, Told,
};
use super::commerce_company::CommerceCompany;
use super::context::Ask;
use super::error::ApiResult;
use super::page::{Connection, Paging, cost};
use crate::domain::access::Scope;
use crate::service::Services;
use crate::store::commerce::{RecordFilter, bodies, children, list};
use crate::store::page::{Slice, TimeOrder, Window};

/// The most variants that are read for a page of products.
const VARIANTS: u64 = 1_000;
/// The most companies: one for each connection.
const COMPANIES: u64 = 100;

/// Which things of a shop's business; every field that is given must fit.
#[derive(Clone, Debug, Default, InputObject)]
pub struct CommerceFilter {
    /// Of this connection.
    connection_id: Option<ConnectionId>,
    /// Made at the source at or after this time.
    from: Option<DateTime<Utc>>,
    /// Made at the source before this time.
    to: Option<DateTime<Utc>>,
    /// In one of these currencies.
    currency: Option<Vec<Currency>>,
    /// With this id at the source.
    source_id: Option<String>,
}

impl CommerceFilter {
    /// The same with the words of a state, and what it belongs to.
    fn of<T: AsRef<str>>(self, status: Option<&[T]>, parent: Option<String>) -> RecordFilter {
        RecordFilter {
            connection: self.connection_id,
            status: status.map(|words| words.iter().map(|word| word.as_ref().to_owned()).collect()),
            currency: self.currency,
            from: self.from,
            to: self.to,
            parent,
            source_id: self.source_id,
        }
    }
}

/// The words of states.
macro_rules! words {
    ($status:expr) => {
        $status.map(|all| all.iter().map(|one| one.as_str()).collect::<Vec<_>>()).as_deref()
    };
}

/// Reads a page with its objects, and makes it of them.
async fn page<N>(
    ctx: &Context<'_>,
    (kind, filter): (CommerceKind, RecordFilter),
    (order, window): (TimeOrder, Window),
    make: impl Fn(Told) -> ApiResult<N>,
) -> ApiResult<Slice<N>> {
    let (services, scope) = (ctx.services(), ctx.merchant_reads()?);
    let slice = list(services.db.read(), scope, (kind, &filter), order, &window).await?;
    let (places, rows): (Vec<_>, Vec<Model>) = slice.rows.into_iter().unzip();
    let made = told(services, scope, rows).await?.into_iter().map(make).collect::<ApiResult<Vec<N>>>()?;
    Ok(Slice { rows: places.into_iter().zip(made).collect(), has_previous: slice.has_previous, has_next: slice.has_next })
}

/// Records with their objects as last told.
async fn told(services: &Services, scope: Scope, rows: Vec<Model>) -> ApiResult<Vec<Told>> {
    let objects: Vec<_> = rows.iter().map(|row| (row.connection_id, row.source_id.clone())).collect();
    let mut known = bodies(services.db.read(), scope, &objects).await?;
    let of = rows.into_iter().zip(objects).map(|(row, name)| {
        // What was told is JSON; a body that a later version cannot read any more shows as nothing.
        let body = known.remove(&name).and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        Told(row, body)
    });
    Ok(of.collect())
}

/// The variants of products, by product.
async fn variants(
    services: &Services,
    scope: Scope,
    products: &[(ConnectionId, String)],
) -> ApiResult<HashMap<(ConnectionId, String), Vec<CommerceProductVariant>>> {
    let rows = children(services.db.read(), scope, CommerceKind::Price, products, VARIANTS).await?;
    let mut found: HashMap<_, Vec<CommerceProductVariant>> = HashMap::new();
    for told in told(services, scope, rows).await? {
        if let Some(product) = told.0.parent_id.clone() {
            found.entry((told.0.connection_id, product)).or_default().push(told.try_into()?);
        }
    }
    Ok(found)
}

/// Reading a shop's business.
#[derive(Default)]
pub struct CommerceQuery;

/// Reading a shop's business.
#[Object]
impl CommerceQuery {
    /// The businesses behind the connected accounts, with their balances when they were last pulled. For the merchant's members and keys.
    #[graphql(complexity = "100 + child_complexity")]
    async fn commerce_companies(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only that of this connection.")] connection_id: Option<ConnectionId>,
    ) -> ApiResult<Vec<CommerceCompany>> {
        let filter = RecordFilter { connection: connection_id, ..RecordFilter::default() };
        let window = || Window { limit: COMPANIES, backward: false, after: None, before: None };
        let companies = page(ctx, (CommerceKind::Company, filter.clone()), (TimeOrder::Oldest, window()), Ok).await?;
        let balances = page(ctx, (CommerceKind::Balance, filter), (TimeOrder::Oldest, window()), Ok).await?;
        let balances: HashMap<_, _> = balances.rows.into_iter().map(|(_, Told(row, body))| (row.connection_id, body)).collect();
        let shown = companies.rows.into_iter().map(|(_, told)| {
            let balance = balances.get(&told.0.connection_id);
            CommerceCompany::new(told, balance)
        });
        Ok(shown.collect())
    }

    /// Customers at the source, by when they were made there. For the merchant's members and keys.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a connection are what Relay asks for")]
    async fn commerce_customers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only those in one of these states.")] status: Option<Vec<CommerceStatus>>,
        #[graphql(desc = "Only those that fit.", default)] filter: CommerceFilter,
        #[graphql(desc = "The order.", default)] order_by: TimeOrder,
    ) -> ApiResult<Connection<CommerceCustomer>> {
        let of = (CommerceKind::Customer, filter.of(words!(status), None));
        let window = Paging::new(first, after, last, before).window()?;
        Ok(Connection::new(page(ctx, of, (order_by, window), TryInto::try_into).await?))
    }

    /// Disputes, by when they were opened. For the merchant's members and keys.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a connection are what Relay asks for")]
    async fn commerce_disputes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only those in one of these states.")] status: Option<Vec<CommerceDisputeStatus>>,
        #[graphql(desc = "Only those of this payment, by its id at the source.")] payment_id: Option<String>,
        #[graphql(desc = "Only those that fit.", default)] filter: CommerceFilter,
        #[graphql(desc = "The order.", default)] order_by: TimeOrder,
    ) -> ApiResult<Connection<CommerceDispute>> {
        let of = (CommerceKind::Dispute, filter.of(words!(status), payment_id));
        let window = Paging::new(first, after, last, before).window()?;
        Ok(Connection::new(page(ctx, of, (order_by, window), TryInto::try_into).await?))
    }

    /// Payments and refunds, by when they were made. A refund is a payment of its own with a negative amount. For the merchant's members and keys.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a connection are what Relay asks for")]
    async fn commerce_payments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only those in one of these states.")] status: Option<Vec<PaymentStatus>>,
        #[graphql(desc = "Only refunds of this payment, by its id at the source.")] refund_of: Option<String>,
        #[graphql(desc = "Only those that fit.", default)] filter: CommerceFilter,
        #[graphql(desc = "The order.", default)] order_by: TimeOrder,
    ) -> ApiResult<Connection<CommercePayment>> {
        let of = (CommerceKind::Payment, filter.of(words!(status), refund_of));
        let window = Paging::new(first, after, last, before).window()?;
        Ok(Connection::new(page(ctx, of, (order_by, window), TryInto::try_into).await?))
    }

    /// Products with their variants, by when they were made. For the merchant's members and keys.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a connection are what Relay asks for")]
    async fn commerce_products(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only those in one of these states.")] status: Option<Vec<CommerceStatus>>,
        #[graphql(desc = "Only those that fit.", default)] filter: CommerceFilter,
        #[graphql(desc = "The order.", default)] order_by: TimeOrder,
    ) -> ApiResult<Connection<CommerceProduct>> {
        let of = (CommerceKind::Product, filter.of(words!(status), None));
        let window = Paging::new(first, after, last, before).window()?;
        let slice = page(ctx, of, (order_by, window), Ok).await?;
        let names: Vec<_> = slice.rows.iter().map(|(_, told)| (told.0.connection_id, told.0.source_id.clone())).collect();
        let mut found = variants(ctx.services(), ctx.merchant_reads()?, &names).await?;
        let mut rows = Vec::with_capacity(slice.rows.len());
        for ((place, told), name) in slice.rows.into_iter().zip(&names) {
            rows.push((place, CommerceProduct::new(told, found.remove(name).unwrap_or_default())?));
        }
        Ok(Connection::new(Slice { rows, has_previous: slice.has_previous, has_next: slice.has_next }))
    }

    /// Movements on the balances, by when they were made. No event tells of them: they are as new as the last pull. For the merchant's members and
    /// keys.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a connection are what Relay asks for")]
    async fn commerce_transactions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(name = "type", desc = "Only those of one of these types.")] kind: Option<Vec<TransactionType>>,
        #[graphql(desc = "Only those of this thing, by its id at the source.")] reference: Option<String>,
        #[graphql(desc = "Only those that fit.", default)] filter: CommerceFilter,
        #[graphql(desc = "The order.", default)] order_by: TimeOrder,
    ) -> ApiResult<Connection<CommerceTransaction>> {
        let of = (CommerceKind::Transaction, filter.of(words!(kind), reference));
        let window = Paging::new(first, after, last, before).window()?;
        Ok(Connection::new(page(ctx, of, (order_by, window), TryInto::try_into).await?))
    }
}
