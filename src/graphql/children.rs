//! Connections below other things: the pages of all parents of one request are read together.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use async_graphql::{Context, OutputType};
use entity::value::{EnrollmentStatus, PartnerGroupId, PayoutId, ProgramId};
use entity::{enrollment, ledger_entry, partner};
use sea_orm::{EntityTrait, Value};

use super::context::Ask;
use super::error::{ApiError, ApiResult};
use super::loader::{Batch, by_scope};
use super::page::{Connection, Paging};
use crate::domain::access::Scope;
use crate::store::enrollment::of_programs;
use crate::store::page::{NameOrder, PageError, Slice, TimeOrder, Window};
use crate::store::read::children::{Listed, pages};
use crate::store::read::group::partners;
use crate::store::read::payout::entries;

/// The page of the rows of table `E` that belong to one parent.
pub struct PageOf<E, P> {
    scope: Scope,
    parent: P,
    window: Window,
    table: PhantomData<fn() -> E>,
}

impl<E, P: Clone> Clone for PageOf<E, P> {
    fn clone(&self) -> Self {
        Self { scope: self.scope, parent: self.parent.clone(), window: self.window.clone(), table: PhantomData }
    }
}

impl<E, P: PartialEq> PartialEq for PageOf<E, P> {
    fn eq(&self, other: &Self) -> bool {
        self.scope == other.scope && self.parent == other.parent && self.window == other.window
    }
}

impl<E, P: Eq> Eq for PageOf<E, P> {}

impl<E, P: Hash> Hash for PageOf<E, P> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.scope.hash(state);
        self.parent.hash(state);
        self.window.hash(state);
    }
}

impl<E, P> Loader<PageOf<E, P>> for Batch
where
    E: Listed<P>,
    E::Model: Clone + Send + Sync + 'static,
    P: Copy + Eq + Hash + Into<Value> + Send + Sync + 'static,
{
    type Value = Slice<E::Model>;
    type Error = Arc<PageError>;

    async fn load(&self, keys: &[PageOf<E, P>]) -> Result<HashMap<PageOf<E, P>, Self::Value>, Self::Error> {
        let mut found = HashMap::with_capacity(keys.len());
        let mut alike: HashMap<&Window, Vec<(Scope, P)>> = HashMap::new();
        for key in keys {
            alike.entry(&key.window).or_default().push((key.scope, key.parent));
        }
        for (window, parents) in alike {
            for (scope, parents) in by_scope(parents) {
                let read = pages::<E, P, _>(self.db.read(), scope, &parents, window).await.map_err(Arc::new)?;
                let place = |parent| PageOf { scope, parent, window: window.clone(), table: PhantomData };
                found.extend(read.into_iter().map(|(parent, page)| (place(parent), page)));
            }
        }
        Ok(found)
    }
}

/// So that what a loader shares among its keys can be returned.
impl From<Arc<PageError>> for ApiError {
    fn from(error: Arc<PageError>) -> Self {
        match &*error {
            PageError::Cursor(error) => Self::bad_input(error.to_string()),
            PageError::Store(error) => error.into(),
        }
    }
}

/// The connection of the rows of table `E` that belong to `parent`.
///
/// # Errors
/// `BAD_USER_INPUT` for paging that cannot be, and whatever the viewer may not read.
pub async fn children<E, P, N>(ctx: &Context<'_>, parent: P, paging: &Paging) -> ApiResult<Connection<N>>
where
    E: Listed<P>,
    <E as EntityTrait>::Model: Clone + Send + Sync + 'static,
    P: Copy + Eq + Hash + Into<Value> + Send + Sync + 'static,
    N: OutputType + From<E::Model>,
{
    let key = PageOf::<E, P> { scope: ctx.reads()?, parent, window: paging.window()?, table: PhantomData };
    let page = ctx.loader().load_one(key).await?;
    Ok(Connection::new(page.unwrap_or_else(Slice::empty)))
}

/// The page of the entries that a payout paid.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EntriesOf {
    /// What the viewer may see.
    pub scope: Scope,
    /// The payout.
    pub payout: PayoutId,
    /// The page.
    pub window: Window,
}

impl Loader<EntriesOf> for Batch {
    type Value = Slice<ledger_entry::Model>;
    type Error = Arc<PageError>;

    async fn load(&self, keys: &[EntriesOf]) -> Result<HashMap<EntriesOf, Self::Value>, Self::Error> {
        let mut found = HashMap::with_capacity(keys.len());
        let mut alike: HashMap<&Window, Vec<(Scope, PayoutId)>> = HashMap::new();
        for key in keys {
            alike.entry(&key.window).or_default().push((key.scope, key.payout));
        }
        for (window, payouts) in alike {
            for (scope, payouts) in by_scope(payouts) {
                let read = entries(self.db.read(), scope, &payouts, window).await.map_err(Arc::new)?;
                found.extend(read.into_iter().map(|(payout, page)| (EntriesOf { scope, payout, window: window.clone() }, page)));
            }
        }
        Ok(found)
    }
}

/// The page of the enrollments in a program.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EnrollmentsIn {
    /// What the viewer may see.
    pub scope: Scope,
    /// The program.
    pub program: ProgramId,
    /// Only those in this state.
    pub status: Option<EnrollmentStatus>,
    /// The order.
    pub order: TimeOrder,
    /// The page.
    pub window: Window,
}

impl Loader<EnrollmentsIn> for Batch {
    type Value = Slice<enrollment::Model>;
    type Error = Arc<PageError>;

    async fn load(&self, keys: &[EnrollmentsIn]) -> Result<HashMap<EnrollmentsIn, Self::Value>, Self::Error> {
        let mut found = HashMap::with_capacity(keys.len());
        // What is alike but for the program is read together.
        let mut alike: HashMap<EnrollmentsIn, Vec<ProgramId>> = HashMap::new();
        if let Some(first) = keys.first() {
            for key in keys {
                alike.entry(EnrollmentsIn { program: first.program, ..key.clone() }).or_default().push(key.program);
            }
        }
        for (key, programs) in alike {
            let of = (&programs[..], key.status);
            let read = of_programs(self.db.read(), key.scope, of, key.order, &key.window).await.map_err(Arc::new)?;
            found.extend(read.into_iter().map(|(program, page)| (EnrollmentsIn { program, ..key.clone() }, page)));
        }
        Ok(found)
    }
}

/// The page of the partners who are in a group now.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct MembersOf {
    /// What the viewer may see.
    pub scope: Scope,
    /// The group.
    pub group: PartnerGroupId,
    /// The order.
    pub order: NameOrder,
    /// The page.
    pub window: Window,
}

impl Loader<MembersOf> for Batch {
    type Value = Slice<partner::Model>;
    type Error = Arc<PageError>;

    async fn load(&self, keys: &[MembersOf]) -> Result<HashMap<MembersOf, Self::Value>, Self::Error> {
        let mut found = HashMap::with_capacity(keys.len());
        // What is alike but for the group is read together.
        let mut alike: HashMap<MembersOf, Vec<PartnerGroupId>> = HashMap::new();
        if let Some(first) = keys.first() {
            for key in keys {
                alike.entry(MembersOf { group: first.group, ..key.clone() }).or_default().push(key.group);
            }
        }
        for (key, groups) in alike {
            let read = partners(self.db.read(), key.scope, &groups, key.order, &key.window).await.map_err(Arc::new)?;
            found.extend(read.into_iter().map(|(group, page)| (MembersOf { group, ..key.clone() }, page)));
        }
        Ok(found)
    }
}
