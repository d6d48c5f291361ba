//! Data loaders: many look-ups of one kind in one request become one query. Keys carry the scope, so a batch never mixes tenants.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::{DataLoader, Loader};
use entity::value::{MerchantId, ProgramId, UserId};

use crate::domain::access::Scope;
use crate::store::read::insight::{Named, named};
use crate::store::scoped::{Scoped, by_ids};
use crate::store::{Db, StoreError};

/// The one loader; it has a [`Loader`] for each kind of key.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Where it reads.
    pub db: Db,
}

/// A row of a scoped table, by id.
pub struct ById<E: Scoped> {
    /// What the viewer may see.
    pub scope: Scope,
    /// The row.
    pub id: E::Id,
}

impl<E: Scoped> ById<E> {
    /// The key of one row.
    #[must_use]
    pub const fn new(scope: Scope, id: E::Id) -> Self {
        Self { scope, id }
    }
}

impl<E: Scoped> Clone for ById<E> {
    fn clone(&self) -> Self {
        Self { scope: self.scope, id: self.id }
    }
}

impl<E: Scoped> PartialEq for ById<E> {
    fn eq(&self, other: &Self) -> bool {
        self.scope == other.scope && self.id == other.id
    }
}

impl<E: Scoped> Eq for ById<E> {}

impl<E: Scoped> std::hash::Hash for ById<E> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.scope.hash(state);
        self.id.hash(state);
    }
}

/// Groups keys by their scope: one query each.
pub fn by_scope<T>(keys: impl IntoIterator<Item = (Scope, T)>) -> HashMap<Scope, Vec<T>> {
    let mut groups: HashMap<Scope, Vec<T>> = HashMap::new();
    for (scope, key) in keys {
        groups.entry(scope).or_default().push(key);
    }
    groups
}

impl<E> Loader<ById<E>> for Batch
where
    E: Scoped,
    E::Model: Clone + Send + Sync + 'static,
{
    type Value = E::Model;
    type Error = Arc<StoreError>;

    async fn load(&self, keys: &[ById<E>]) -> Result<HashMap<ById<E>, E::Model>, Arc<StoreError>> {
        let mut found = HashMap::with_capacity(keys.len());
        for (scope, ids) in by_scope(keys.iter().map(|key| (key.scope, key.id))) {
            let rows = by_ids::<E, _>(self.db.read(), scope, &ids).await.map_err(Arc::new)?;
            found.extend(rows.into_iter().map(|row| (ById::new(scope, E::id_of(&row)), row)));
        }
        Ok(found)
    }
}

/// A user, by an id taken from a membership that the viewer saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UserKey(pub UserId);

impl Loader<UserKey> for Batch {
    type Value = entity::user::Model;
    type Error = Arc<StoreError>;

    async fn load(&self, keys: &[UserKey]) -> Result<HashMap<UserKey, entity::user::Model>, Arc<StoreError>> {
        let ids: Vec<UserId> = keys.iter().map(|key| key.0).collect();
        let rows = crate::store::user::by_ids(self.db.read(), &ids).await.map_err(Arc::new)?;
        Ok(rows.into_iter().map(|row| (UserKey(row.id), row)).collect())
    }
}

/// A merchant, by an id taken from a membership or row that the viewer saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MerchantKey(pub MerchantId);

impl Loader<MerchantKey> for Batch {
    type Value = entity::merchant::Model;
    type Error = Arc<StoreError>;

    async fn load(&self, keys: &[MerchantKey]) -> Result<HashMap<MerchantKey, entity::merchant::Model>, Arc<StoreError>> {
        let ids: Vec<MerchantId> = keys.iter().map(|key| key.0).collect();
        let rows = crate::store::merchant::by_ids(self.db.read(), &ids).await.map_err(Arc::new)?;
        Ok(rows.into_iter().map(|row| (MerchantKey(row.id), row)).collect())
    }
}

/// All versions of a program's terms, those that begin first before the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TermsOf(pub Scope, pub ProgramId);

impl Loader<TermsOf> for Batch {
    type Value = Vec<entity::terms::Model>;
    type Error = Arc<StoreError>;

    async fn load(&self, keys: &[TermsOf]) -> Result<HashMap<TermsOf, Vec<entity::terms::Model>>, Arc<StoreError>> {
        let mut found: HashMap<TermsOf, Vec<entity::terms::Model>> = HashMap::with_capacity(keys.len());
        for (scope, programs) in by_scope(keys.iter().map(|key| (key.0, key.1))) {
            let rows = crate::store::terms::of_programs(self.db.read(), scope, &programs).await.map_err(Arc::new)?;
            for row in rows {
                found.entry(TermsOf(scope, row.program_id)).or_default().push(row);
            }
        }
        Ok(found)
    }
}

/// The promotion code or coupon behind a code of the figures.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CodeKey(pub Scope, pub String);

impl Loader<CodeKey> for Batch {
    type Value = Named;
    type Error = Arc<StoreError>;

    async fn load(&self, keys: &[CodeKey]) -> Result<HashMap<CodeKey, Named>, Arc<StoreError>> {
        let mut found = HashMap::with_capacity(keys.len());
        for (scope, codes) in by_scope(keys.iter().map(|key| (key.0, key.1.clone()))) {
            let named = named(self.db.read(), scope, &codes).await.map_err(Arc::new)?;
            found.extend(named.into_iter().map(|(code, named)| (CodeKey(scope, code), named)));
        }
        Ok(found)
    }
}

/// The loaders of a schema. They keep nothing between two batches, so nothing is ever stale.
#[must_use]
pub fn loaders(db: &Db) -> DataLoader<Batch> {
    DataLoader::new(Batch { db: db.clone() }, tokio::spawn)
}
