//! The merchant, and who is looking.

use async_graphql::{Context, InputObject, Object};
use chrono::{DateTime, Utc};
use entity::value::{ApiScope, MerchantId, Mode, PartnerId, Role};

use super::context::{Ask, dangling};
use super::error::ApiResult;
use super::loader::{ById, MerchantKey};
use super::member::Member;
use super::partner::Partner;
use super::payload::payload;
use super::session::User;
use crate::domain::access::{self, Scope};
use crate::service::merchant::create;
use crate::store;

/// The business that runs programs.
pub struct Merchant(pub entity::merchant::Model);

impl From<entity::merchant::Model> for Merchant {
    fn from(row: entity::merchant::Model) -> Self {
        Self(row)
    }
}

impl Merchant {
    /// The merchant of a membership or key that was found.
    pub(super) async fn of_member(ctx: &Context<'_>, id: MerchantId) -> ApiResult<Self> {
        let row = ctx.loader().load_one(MerchantKey(id)).await?;
        row.map(Self).ok_or_else(|| dangling("merchant"))
    }
}

/// The business that runs programs: the tenant. Readable by its members, its keys and its partners.
#[Object]
impl Merchant {
    /// Its id.
    pub async fn id(&self) -> MerchantId {
        self.0.id
    }

    /// What it is called.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// When it was created.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

/// Who is looking.
pub struct Viewer<'a>(&'a access::Viewer);

impl Viewer<'_> {
    const fn scope(&self) -> Option<Scope> {
        match self.0 {
            access::Viewer::Public => None,
            access::Viewer::User { scope, .. } | access::Viewer::Server { scope, .. } | access::Viewer::Snippet { scope, .. } => {
                Some(*scope)
            }
        }
    }
}

/// Who is looking, and what at. Everybody may read about themselves.
#[Object]
impl Viewer<'_> {
    /// The person, when it is one and not a key.
    async fn user(&self, ctx: &Context<'_>) -> ApiResult<Option<User>> {
        let access::Viewer::User { user, .. } = self.0 else {
            return Ok(None);
        };
        Ok(store::user::find(ctx.services().db.read(), *user).await?.map(User))
    }

    /// The person's role with the merchant.
    async fn role(&self) -> Option<Role> {
        match self.0 {
            access::Viewer::User { role, .. } => Some(*role),
            _ => None,
        }
    }

    /// What the secret API key may do, when it is one.
    async fn scopes(&self) -> Option<Vec<ApiScope>> {
        match self.0 {
            access::Viewer::Server { scopes, .. } => Some(scopes.clone()),
            _ => None,
        }
    }

    /// The merchant whose data the viewer looks at.
    async fn merchant(&self, ctx: &Context<'_>) -> ApiResult<Option<Merchant>> {
        match self.scope() {
            Some(scope) => Ok(Some(Merchant::of_member(ctx, scope.merchant()).await?)),
            None => Ok(None),
        }
    }

    /// Whether test or live data is looked at.
    async fn mode(&self) -> Option<Mode> {
        self.scope().map(Scope::mode)
    }

    /// The partner to whose own data the viewer is limited, if so.
    async fn partner(&self, ctx: &Context<'_>) -> ApiResult<Option<Partner>> {
        match self.scope().map(|scope| (scope, scope.partner())) {
            Some((scope, Some(partner))) => Ok(Some(load_partner(ctx, scope, partner).await?)),
            _ => Ok(None),
        }
    }

    /// The person's memberships, with all merchants; sign in or refresh into another one to switch.
    async fn memberships(&self, ctx: &Context<'_>) -> ApiResult<Vec<Member>> {
        let access::Viewer::User { user, .. } = self.0 else {
            return Ok(Vec::new());
        };
        let rows = store::membership::of_user(ctx.services().db.read(), *user).await?;
        Ok(rows.into_iter().map(Member).collect())
    }
}

async fn load_partner(ctx: &Context<'_>, scope: Scope, id: PartnerId) -> ApiResult<Partner> {
    let row = ctx.loader().load_one(ById::<entity::partner::Entity>::new(scope, id)).await?;
    row.map(Partner).ok_or_else(|| dangling("partner"))
}

/// A further merchant.
#[derive(InputObject)]
pub struct MerchantCreateInput {
    /// What it is called.
    name: String,
}

payload! {
    /// A merchant, or why it was not made.
    MerchantCreatePayload {
        /// The merchant.
        merchant: Merchant
    }
}

/// The merchant, and who is looking.
#[derive(Default)]
pub struct MerchantQuery;

/// The merchant, and who is looking.
#[Object]
impl MerchantQuery {
    /// Who is looking. Open to everybody; who is not signed in is nobody in particular.
    async fn viewer<'a>(&self, ctx: &Context<'a>) -> Viewer<'a> {
        Viewer(ctx.viewer())
    }

    /// The merchant whose data the viewer looks at. Readable by its members, keys and partners.
    async fn merchant(&self, ctx: &Context<'_>) -> ApiResult<Merchant> {
        Merchant::of_member(ctx, ctx.reads()?.merchant()).await
    }
}

/// Changing merchants.
#[derive(Default)]
pub struct MerchantMutation;

/// Changing merchants.
#[Object]
impl MerchantMutation {
    /// Makes a further merchant of which the viewer is the owner; sign in or refresh into it to work there. For owners.
    async fn merchant_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The merchant.")] input: MerchantCreateInput,
    ) -> ApiResult<MerchantCreatePayload> {
        MerchantCreatePayload::answer(create(ctx.services(), ctx.viewer(), &input.name).await)
    }
}
