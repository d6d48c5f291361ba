//! Rows that belong to a merchant, in one mode: the finders that every such table shares.

use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect, Select, Value};

use entity::value::PartnerId;

use super::StoreError;
use crate::domain::access::Scope;

/// A table whose rows a [`Scope`] limits.
pub trait Scoped: EntityTrait {
    /// Its typed id.
    type Id: Copy + Eq + std::hash::Hash + Into<Value> + std::fmt::Debug + Send + Sync + 'static;

    /// The columns of id, merchant and mode.
    fn columns() -> (Self::Column, Self::Column, Self::Column);

    /// The id of a row.
    fn id_of(row: &Self::Model) -> Self::Id;

    /// Which rows a partner may see; [`nothing`] when none.
    fn of_partner(partner: PartnerId) -> Condition;

    /// The rows that a scope covers.
    #[must_use]
    fn within(scope: Scope) -> Condition {
        let (_, merchant, livemode) = Self::columns();
        let own = Condition::all().add(merchant.eq(scope.merchant())).add(livemode.eq(scope.livemode()));
        match scope.partner() {
            Some(partner) => own.add(Self::of_partner(partner)),
            None => own,
        }
    }
}

/// A condition that no row meets.
#[must_use]
pub fn nothing() -> Condition {
    Condition::all().add(sea_orm::sea_query::Expr::value(false))
}

/// The rows that a scope covers.
#[must_use]
pub fn select<E: Scoped>(scope: Scope) -> Select<E> {
    E::find().filter(E::within(scope))
}

/// The row with this id, if the scope covers it.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find<E: Scoped, C: ConnectionTrait>(conn: &C, scope: Scope, id: E::Id) -> Result<Option<E::Model>, StoreError> {
    Ok(select::<E>(scope).filter(E::columns().0.eq(id)).one(conn).await?)
}

/// The same as [`find`], and nobody else changes the row before the transaction ends (SQLite has one writer anyway).
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn lock<E: Scoped>(tx: &DatabaseTransaction, scope: Scope, id: E::Id) -> Result<Option<E::Model>, StoreError> {
    Ok(select::<E>(scope).filter(E::columns().0.eq(id)).lock_exclusive().one(tx).await?)
}

/// Those of the rows with these ids that the scope covers, in no order.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn by_ids<E: Scoped, C: ConnectionTrait>(conn: &C, scope: Scope, ids: &[E::Id]) -> Result<Vec<E::Model>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(select::<E>(scope).filter(E::columns().0.is_in(ids.iter().copied())).all(conn).await?)
}

/// Makes a table [`Scoped`]: its module in `entity`, its id, and which rows a partner sees.
macro_rules! scoped {
    ($table:ident, $id:ty, |$partner:ident| $condition:expr) => {
        impl crate::store::scoped::Scoped for entity::$table::Entity {
            type Id = $id;

            fn columns() -> (Self::Column, Self::Column, Self::Column) {
                use entity::$table::Column;
                (Column::Id, Column::MerchantId, Column::Livemode)
            }

            fn id_of(row: &Self::Model) -> $id {
                row.id
            }

            fn of_partner($partner: entity::value::PartnerId) -> sea_orm::Condition {
                $condition
            }
        }
    };
}

pub(crate) use scoped;
