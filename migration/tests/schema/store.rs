//! Storing rows through their entities, and what is expected of it.

use std::fmt::Debug;

use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, ColumnTrait, DatabaseConnection, DbErr, EntityName, EntityTrait, IntoActiveModel, Iterable,
    ModelTrait, SqlErr,
};

/// Inserts `row` as it is.
pub async fn store<M, A>(db: &DatabaseConnection, row: &M) -> Result<M, DbErr>
where
    M: ModelTrait<Entity: EntityTrait<Model = M>> + IntoActiveModel<A>,
    A: ActiveModelTrait<Entity = M::Entity> + ActiveModelBehavior + Send,
{
    row.clone().into_active_model().reset_all().insert(db).await
}

/// Inserts `row`, which nothing stands against.
pub async fn taken<M, A>(db: &DatabaseConnection, row: &M)
where
    M: ModelTrait<Entity: EntityTrait<Model = M>> + IntoActiveModel<A>,
    A: ActiveModelTrait<Entity = M::Entity> + ActiveModelBehavior + Send,
{
    store(db, row).await.unwrap_or_else(|error| panic!("{row:?}: {error}"));
}

/// Inserts `row`, which a unique index refuses.
pub async fn refused<M, A>(db: &DatabaseConnection, row: &M)
where
    M: ModelTrait<Entity: EntityTrait<Model = M>> + IntoActiveModel<A>,
    A: ActiveModelTrait<Entity = M::Entity> + ActiveModelBehavior + Send,
{
    let error = store(db, row).await.expect_err("a unique index refuses it");
    assert!(matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))), "{row:?}: {error}");
}

/// Stores a row in an empty table and reads it again, both ways that the ORM has.
pub async fn comes_back<M, A>(db: &DatabaseConnection, row: &M)
where
    M: ModelTrait<Entity: EntityTrait<Model = M>> + IntoActiveModel<A> + PartialEq + Debug,
    A: ActiveModelTrait<Entity = M::Entity> + ActiveModelBehavior + Send,
{
    let stored = store(db, row).await.unwrap_or_else(|error| panic!("{row:?}: {error}"));
    assert_eq!(&stored, row);
    assert_eq!(M::Entity::find().all(db).await.unwrap(), std::slice::from_ref(row));
}

/// Every column that may be empty can be emptied and read, so that the database and the entity agree on which ones. The row
/// is then filled again. The ledger cannot be changed, so it is left out.
pub async fn empties<M, A>(db: &DatabaseConnection, row: &M)
where
    M: ModelTrait<Entity: EntityTrait<Model = M>> + IntoActiveModel<A> + PartialEq,
    A: ActiveModelTrait<Entity = M::Entity> + ActiveModelBehavior + Send,
{
    let mut change = row.clone().into_active_model();
    let mut emptied = 0;
    for column in <M::Entity as EntityTrait>::Column::iter().filter(|column| column.def().is_null()) {
        let nothing = change.get(column).into_value().map(|value| value.as_null()).unwrap();
        change.set(column, nothing);
        emptied += 1;
    }
    if emptied > 0 && M::Entity::default().table_name() != "ledger_entry" {
        change.update(db).await.unwrap_or_else(|error| panic!("{row:?}: {error}"));
        M::Entity::find().all(db).await.unwrap();
        let refilled = row.clone().into_active_model().reset_all().update(db).await.unwrap();
        assert_eq!(&refilled, row);
    }
}
