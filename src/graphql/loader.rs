//! Data loaders: many look-ups of one kind in one request become one query. Keys carry the scope, so a batch never mixes tenants.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::{DataLoader, Loader};

use crate::domain::access::Scope;
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

/// The loaders of a schema. They keep nothing between two batches, so nothing is ever stale.
#[must_use]
pub fn loaders(db: &Db) -> DataLoader<Batch> {
    DataLoader::new(Batch { db: db.clone() }, tokio::spawn)
}
