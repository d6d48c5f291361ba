//! Customers: the referred persons, and the keys that find them.

use async_graphql::{Context, InputObject, Object};
use chrono::{DateTime, Utc};
use entity::value::{CustomerId, IdentityId, IdentityKind, PartnerId};
use entity::{binding, customer, identity, purchase, touch};

use super::children::children;
use super::context::Ask;
use super::error::{ApiError, ApiResult};
use super::page::{Connection, Paging, cost};
use super::purchase::Purchase;
use super::row::row;
use super::touch::{Binding, Touch};
use crate::auth::email::Email;
use crate::domain::access::Denied;
use crate::domain::mask;
use crate::store::read::customer::{CustomerFilter, CustomerSort, list};

/// A referred person.
pub struct Customer(pub customer::Model);

impl From<customer::Model> for Customer {
    fn from(row: customer::Model) -> Self {
        Self(row)
    }
}

/// A referred person. Readable by the merchant's members and keys, and by the partners who brought the person: for these name and e-mail
/// are masked (PV-3).
#[Object]
impl Customer {
    /// Its id.
    pub async fn id(&self) -> CustomerId {
        self.0.id
    }

    /// What the person is called. Partners see the first letters: `J… D…`.
    async fn name(&self, ctx: &Context<'_>) -> Option<String> {
        let shown = |name: &String| {
            if ctx.viewer().sees_masked() { mask::name(name) } else { name.clone() }
        };
        self.0.name.as_ref().map(shown)
    }

    /// The address as it was told. Partners see the first letters: `j…@e….com`.
    async fn email(&self, ctx: &Context<'_>) -> Option<String> {
        let shown = |email: &String| {
            if ctx.viewer().sees_masked() { mask::email(email) } else { email.clone() }
        };
        self.0.email.as_ref().map(shown)
    }

    /// Whether the merchant named the person itself: by a sign-up, or by an id of its own.
    async fn claimed(&self) -> bool {
        self.0.claimed || self.0.signed_up_at.is_some()
    }

    /// When the sign-up was tracked.
    async fn signed_up_at(&self) -> Option<DateTime<Utc>> {
        self.0.signed_up_at
    }

    /// When it was first seen.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// The customer this one turned out to be (ID-7).
    async fn merged_into(&self, ctx: &Context<'_>) -> ApiResult<Option<Customer>> {
        row::<customer::Entity, _>(ctx, self.0.merged_into).await
    }

    /// The keys that find the person, in the order in which they were told. Empty for partners.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    async fn identities(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> ApiResult<Connection<Identity>> {
        children::<identity::Entity, _, _>(ctx, self.0.id, &Paging::new(first, after, last, before)).await
    }

    /// The evidence that partners brought the person, the newest first; for a partner what names them.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    async fn touches(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> ApiResult<Connection<Touch>> {
        children::<touch::Entity, _, _>(ctx, self.0.id, &Paging::new(first, after, last, before)).await
    }

    /// To whom the person is and was bound, the newest first; for a partner the bindings to them.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    async fn bindings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> ApiResult<Connection<Binding>> {
        children::<binding::Entity, _, _>(ctx, self.0.id, &Paging::new(first, after, last, before)).await
    }

    /// What the person bought, the newest first; for a partner what concerns them.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    async fn purchases(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> ApiResult<Connection<Purchase>> {
        children::<purchase::Entity, _, _>(ctx, self.0.id, &Paging::new(first, after, last, before)).await
    }
}

/// A key that finds a customer.
pub struct Identity(pub identity::Model);

impl From<identity::Model> for Identity {
    fn from(row: identity::Model) -> Self {
        Self(row)
    }
}

/// A key that finds a customer (ID-1). Readable by the merchant's members and keys only.
#[Object]
impl Identity {
    /// Its id.
    async fn id(&self) -> IdentityId {
        self.0.id
    }

    /// What kind of key.
    async fn kind(&self) -> IdentityKind {
        self.0.kind
    }

    /// The key; its form depends on the kind.
    async fn value(&self) -> &str {
        &self.0.value
    }

    /// Whether sources name different customers for it (ID-6).
    async fn disputed(&self) -> bool {
        self.0.disputed
    }

    /// When it was first told.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

/// Which customers; every field that is given must fit.
#[derive(Clone, Debug, Default, InputObject)]
pub struct CustomerFilterInput {
    /// With this id of the merchant's own. Not for partners.
    pub external_id: Option<String>,
    /// With this e-mail. Not for partners.
    pub email: Option<String>,
    /// Brought by this partner.
    pub partner_id: Option<PartnerId>,
    /// Whether the merchant named the person itself.
    pub claimed: Option<bool>,
    /// First seen at or after this time.
    pub from: Option<DateTime<Utc>>,
    /// First seen before this time.
    pub to: Option<DateTime<Utc>>,
}

impl CustomerFilterInput {
    /// A partner who could ask for an address would learn whether somebody is a customer, so they may not (PV-3).
    fn read(self, ctx: &Context<'_>) -> ApiResult<CustomerFilter> {
        let mut keys = Vec::new();
        if (self.external_id.is_some() || self.email.is_some()) && ctx.viewer().sees_masked() {
            return Err(Denied::Forbidden.into());
        }
        if let Some(id) = self.external_id {
            keys.push((IdentityKind::ExternalId, vec![id]));
        }
        if let Some(text) = self.email {
            let email = Email::normalise(&text).map_err(|error| ApiError::bad_input(error.to_string()))?;
            keys.push((IdentityKind::EmailHash, ctx.services().hashes.email_hashes(&email)));
        }
        Ok(CustomerFilter { identity: keys, partner: self.partner_id, claimed: self.claimed, from: self.from, to: self.to })
    }
}

/// Reading customers.
#[derive(Default)]
pub struct CustomerQuery;

/// Reading customers.
#[Object]
impl CustomerQuery {
    /// A customer by its id. Null when there is none that the viewer may see.
    async fn customer(&self, ctx: &Context<'_>, #[graphql(desc = "The customer.")] id: CustomerId) -> ApiResult<Option<Customer>> {
        row::<customer::Entity, _>(ctx, id).await
    }

    /// The merchant's customers, without those who turned out to be another one; for a partner those whom they brought.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a connection are what Relay asks for")]
    async fn customers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only those that fit.", default)] filter: CustomerFilterInput,
        #[graphql(desc = "The order.", default)] order_by: CustomerSort,
    ) -> ApiResult<Connection<Customer>> {
        let window = Paging::new(first, after, last, before).window()?;
        let scope = ctx.reads()?;
        Ok(Connection::new(list(ctx.services().db.read(), scope, &filter.read(ctx)?, order_by, &window).await?))
    }
}
