//! What was true at a time.

use async_graphql::{Context, Object};
use chrono::{DateTime, Utc};
use entity::value::{Currency, EnrollmentId, Money as Amount, PartnerId, ProgramId};

use super::context::Ask;
use super::error::{ApiError, ApiResult};
use super::scalar::Money;
use super::terms::Terms;
use crate::store::read::as_of;

/// What stood for a partner at a time.
pub struct PastBalance(as_of::PastBalance);

/// What stood for a partner in one currency at a time. Readable by the merchant's members and keys, and by the partner.
#[Object]
impl PastBalance {
    /// In what.
    async fn currency(&self) -> Currency {
        self.0.currency
    }

    /// Earned and not payable then, with what was held.
    async fn pending(&self) -> Money {
        self.money(self.0.pending)
    }

    /// Payable then. Negative where refunds of paid commissions outweighed it (RF-7).
    async fn payable(&self) -> Money {
        self.money(self.0.payable)
    }

    /// In payouts that were planned, or on their way and not confirmed.
    async fn reserved(&self) -> Money {
        self.money(self.0.reserved)
    }

    /// Paid out up to then, in the currency in which it was earned, whatever it was paid in (MO-5).
    async fn paid(&self) -> Money {
        self.money(self.0.paid)
    }
}

impl PastBalance {
    fn money(&self, minor: i64) -> Money {
        Amount::new(minor, self.0.currency).into()
    }
}

/// Reading what was.
#[derive(Default)]
pub struct AsOfQuery;

/// Reading what was.
#[Object]
impl AsOfQuery {
    /// What stood for a partner at a time, by currency: the sums of the ledger entries that were written before it. They never change, so
    /// the answer stays once all that was posted at that time is stored. Readable by the merchant's members and keys, and by the partner.
    #[graphql(complexity = "20 + child_complexity")]
    async fn balance(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The partner; of others a partner sees none.")] partner_id: PartnerId,
        #[graphql(desc = "The time; what was written at or after it does not count.")] as_of: DateTime<Utc>,
        #[graphql(desc = "Only in this currency.")] currency: Option<Currency>,
    ) -> ApiResult<Vec<PastBalance>> {
        let found = as_of::balances(ctx.services().db.read(), ctx.reads()?, partner_id, currency, as_of).await?;
        Ok(found.into_iter().map(PastBalance).collect())
    }

    /// The version of the rules that was in force at a time, for a program or for one partner in it. The first version is in force for the
    /// time before it, too. Null when there is no such program or enrollment that the viewer may see.
    #[graphql(complexity = "10 + child_complexity")]
    async fn terms(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The program; or give `enrollmentId`.")] program_id: Option<ProgramId>,
        #[graphql(desc = "The partner's place in a program; or give `programId`.")] enrollment_id: Option<EnrollmentId>,
        #[graphql(desc = "The time.")] as_of: DateTime<Utc>,
    ) -> ApiResult<Option<Terms>> {
        let (db, scope) = (ctx.services().db.read(), ctx.reads()?);
        let found = match (program_id, enrollment_id) {
            (Some(program), None) => as_of::program_terms(db, scope, program, as_of).await?,
            (None, Some(enrollment)) => as_of::enrollment_terms(db, scope, enrollment, as_of).await?,
            _ => return Err(ApiError::bad_input("give `programId` or `enrollmentId`, one of them")),
        };
        Ok(found.map(Terms))
    }
}
