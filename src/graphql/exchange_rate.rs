//! Exchange rates by day (MO-2).

use async_graphql::{Context, InputObject, Object, SimpleObject};
use chrono::{DateTime, NaiveDate, Utc};
use entity::exchange_rate::Model;
use entity::value::{Currency, ExchangeRate as Ratio, ExchangeRateId};

use super::context::Ask;
use super::error::ApiResult;
use super::page::{Connection, Paging, cost};
use super::payload::payload;
use crate::service::exchange::{self as service, Import, Imported};
use crate::store::exchange::{ExchangeRateFilter, list};

/// What one unit of a currency is worth in another on a day.
pub struct ExchangeRate(Model);

impl From<Model> for ExchangeRate {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

/// What one unit of a currency is worth in another on a day. Readable by the merchant's members and keys.
#[Object]
impl ExchangeRate {
    /// Its id.
    pub async fn id(&self) -> ExchangeRateId {
        self.0.id
    }

    /// Of which day (UTC).
    async fn day(&self) -> NaiveDate {
        self.0.day
    }

    /// One unit of this currency …
    async fn base(&self) -> Currency {
        self.0.base
    }

    /// … is worth `rate` units of this one.
    async fn quote(&self) -> Currency {
        self.0.quote
    }

    /// How many, as a decimal number.
    async fn rate(&self) -> String {
        Ratio::new(self.0.num, self.0.den).map(|rate| rate.to_string()).unwrap_or_default()
    }

    /// Who says so.
    async fn source(&self) -> &str {
        &self.0.source
    }

    /// Whether the merchant told it: it then goes before one that is told for the whole instance.
    async fn own(&self) -> bool {
        self.0.merchant_id.is_some()
    }

    /// When it was told.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

/// Daily rates to be brought in.
#[derive(InputObject)]
pub struct ExchangeRatesImportInput {
    /// Lines of `date,base,quote,rate`, as in `2025-01-31,EUR,USD,1.0393`; the first one may name the columns.
    csv: String,
    /// Who says so, in 1 to 100 characters.
    source: String,
    /// Whether a rate that is known otherwise is replaced. Without it the whole file is refused. What was converted by it stays (MO-3).
    #[graphql(default)]
    replace: bool,
}

/// What became of the lines of a file of rates.
#[derive(SimpleObject)]
pub struct ExchangeRatesImported {
    /// Rates that were not known.
    added: u64,
    /// Rates that took the place of others.
    replaced: u64,
    /// Rates that were known.
    unchanged: u64,
}

impl From<Imported> for ExchangeRatesImported {
    fn from(of: Imported) -> Self {
        Self { added: of.added, replaced: of.replaced, unchanged: of.unchanged }
    }
}

payload! {
    /// What became of bringing in exchange rates.
    ExchangeRatesImportPayload {
        /// What became of the lines.
        imported: ExchangeRatesImported
    }
}

/// Reading exchange rates.
#[derive(Default)]
pub struct ExchangeRateQuery;

/// Reading exchange rates.
#[Object]
impl ExchangeRateQuery {
    /// The exchange rates that the merchant's purchases use, its own and the instance's, the last told first. Not for partners.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    async fn exchange_rates(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only those that fit.", default)] filter: ExchangeRateFilter,
    ) -> ApiResult<Connection<ExchangeRate>> {
        let window = Paging::new(first, after, last, before).window()?;
        Ok(Connection::new(list(ctx.services().db.read(), ctx.merchant_reads()?, &filter, &window).await?))
    }
}

/// Telling exchange rates.
#[derive(Default)]
pub struct ExchangeRateMutation;

/// Telling exchange rates.
#[Object]
impl ExchangeRateMutation {
    /// Brings in daily exchange rates for this merchant, in test and live; commissions that waited for them are settled (MO-4). All lines or
    /// none. For those who may move money.
    async fn exchange_rates_import(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The rates.")] input: ExchangeRatesImportInput,
    ) -> ApiResult<ExchangeRatesImportPayload> {
        let import = Import { csv: input.csv, source: input.source, replace: input.replace };
        ExchangeRatesImportPayload::answer(service::import(ctx.services(), ctx.viewer(), &import).await)
    }
}
