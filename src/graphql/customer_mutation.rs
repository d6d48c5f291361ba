//! What people decide by hand about persons: whose they are, and who they are.

use async_graphql::{Context, InputObject, Object};
use chrono::{DateTime, Utc};
use entity::value::{CustomerId, EnrollmentId, ReassignMode};
use entity::{enrollment, purchase};

use super::context::Ask;
use super::customer::Customer;
use super::enrollment::Enrollment;
use super::error::ApiResult;
use super::payload::payload;
use super::purchase::Purchase;
use super::row::{must, row};
use super::scalar::Money;
use crate::service::merge::merge;
use crate::service::reassign as service;

/// The most changes of one re-assignment that are shown at once.
const MOST: i32 = 100;

/// Who is to be given to whom.
#[derive(Clone, Debug, InputObject)]
pub struct CustomerReassignInput {
    /// Any customer of the person.
    pub customer_id: CustomerId,
    /// The partner in a program who is to have the person.
    pub enrollment_id: EnrollmentId,
    /// Which purchases move.
    pub mode: ReassignMode,
    /// Since when, for the mode SINCE; not to be given for the others.
    pub since: Option<DateTime<Utc>>,
    /// Why, in 1 to 500 characters.
    pub reason: String,
    /// What the preview gave as its `confirm`. Without it nothing is changed, and the answer is the preview.
    pub confirm: Option<String>,
}

/// Which customers are one.
#[derive(Clone, Debug, InputObject)]
pub struct CustomerMergeInput {
    /// The customer who becomes the other one.
    pub id: CustomerId,
    /// The customer who stays.
    pub into_id: CustomerId,
    /// Why, in 1 to 500 characters.
    pub reason: String,
}

/// What a re-assignment changes of one purchase.
pub struct Reassigned(service::Moved);

/// What a re-assignment changes, or would change, of one purchase (AT-15).
#[Object(name = "ReassignedPurchase")]
impl Reassigned {
    /// The purchase.
    async fn purchase(&self, ctx: &Context<'_>) -> ApiResult<Purchase> {
        must::<purchase::Entity, _>(ctx, self.0.purchase).await
    }

    /// Who had won it; null when nobody had.
    async fn from(&self, ctx: &Context<'_>) -> ApiResult<Option<Enrollment>> {
        row::<enrollment::Entity, _>(ctx, self.0.from).await
    }

    /// Who wins it; null when nobody does.
    async fn to(&self, ctx: &Context<'_>) -> ApiResult<Option<Enrollment>> {
        row::<enrollment::Entity, _>(ctx, self.0.to).await
    }

    /// What it earned everybody together.
    async fn before(&self) -> Money {
        self.0.before.into()
    }

    /// What it earns.
    async fn after(&self) -> Money {
        self.0.after.into()
    }

    /// What was paid out of it to those who lose it: compensating entries take it from their next payouts (RF-7).
    async fn paid(&self) -> Money {
        self.0.paid.into()
    }
}

/// A re-assignment, previewed or done.
pub struct Reassignment(service::Reassigned);

impl From<service::Reassigned> for Reassignment {
    fn from(answer: service::Reassigned) -> Self {
        Self(answer)
    }
}

/// A re-assignment, previewed or done (AT-15).
#[Object]
impl Reassignment {
    /// The customer.
    async fn customer(&self) -> Customer {
        Customer(self.0.customer.clone())
    }

    /// Whether it was done; a preview changes nothing.
    async fn done(&self) -> bool {
        self.0.done
    }

    /// What to send as `confirm` to have exactly this done. When the outcome is another one by then, it is refused.
    async fn confirm(&self) -> &str {
        &self.0.confirm
    }

    /// How many purchases change.
    async fn count(&self) -> usize {
        self.0.moved.len()
    }

    /// The purchases that change, the oldest first.
    #[graphql(complexity = "first.clamp(0, MOST) as usize * child_complexity + 1")]
    async fn purchases(
        &self,
        #[graphql(desc = "How many, at most 100.", default = 50)] first: i32,
        #[graphql(desc = "How many to pass over.", default)] skip: u32,
    ) -> Vec<Reassigned> {
        let most = usize::try_from(first.clamp(0, MOST)).unwrap_or(0);
        let skip = usize::try_from(skip).unwrap_or(usize::MAX);
        self.0.moved.iter().skip(skip).take(most).cloned().map(Reassigned).collect()
    }
}

payload! {
    /// The preview of a re-assignment, or what became of it.
    CustomerReassignPayload {
        /// The re-assignment.
        reassignment: Reassignment
    }
}

payload! {
    /// What became of a merge.
    CustomerMergePayload {
        /// The customer who stays.
        customer: Customer
    }
}

/// Deciding about persons.
#[derive(Default)]
pub struct CustomerMutation;

/// Deciding about persons.
#[Object]
impl CustomerMutation {
    /// Gives a person to another partner: from now on, since a time, or with all purchases (AT-15). Unpaid entries move by a reversal and a new
    /// entry, paid ones by compensating entries. Without `confirm` it changes nothing and answers with the preview. For those who may move money.
    async fn customer_reassign(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who, to whom, and which purchases.")] input: CustomerReassignInput,
    ) -> ApiResult<CustomerReassignPayload> {
        let CustomerReassignInput { customer_id: customer, enrollment_id: enrollment, mode, since, reason, confirm } = input;
        let ask = service::Reassign { customer, enrollment, mode, since, reason, confirm };
        CustomerReassignPayload::answer(service::reassign(ctx.services(), ctx.viewer(), &ask).await)
    }

    /// Says that two customers are one: the older binding stays, and the purchases of both are decided anew (ID-7). It cannot be taken back. For
    /// those who may move money.
    async fn customer_merge(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which customers.")] input: CustomerMergeInput,
    ) -> ApiResult<CustomerMergePayload> {
        CustomerMergePayload::answer(merge(ctx.services(), ctx.viewer(), input.id, input.into_id, &input.reason).await)
    }
}
