//! A short way to write a table, so that a migration reads like the list of its columns.
//!
//! Holds the rules that no table may forget: ids are UUIDs, times have a zone, every foreign key has an index.

use sea_orm_migration::prelude::{
    ColumnDef, ConditionalStatement, DbErr, ForeignKey, Index, IndexCreateStatement, SchemaManager, SimpleExpr, Table, TableCreateStatement,
};

/// The columns that say whose a row is.
const MERCHANT_AND_MODE: [&str; 2] = ["merchant_id", "livemode"];

/// A table to be, with its indexes.
pub struct NewTable {
    name: &'static str,
    columns: TableCreateStatement,
    indexes: Vec<IndexCreateStatement>,
    /// Columns that a whole (not partial) index starts with.
    indexed: Vec<&'static str>,
    references: Vec<&'static str>,
}

/// Columns that may be needed or not, without and with a default.
macro_rules! columns {
    ($($required:ident, $optional:ident: $kind:ident;)+) => {$(
        /// A column that is always filled.
        pub fn $required(self, name: &'static str) -> Self {
            self.column(ColumnDef::new(name).$kind().not_null())
        }

        /// A column that can be empty.
        pub fn $optional(self, name: &'static str) -> Self {
            self.column(ColumnDef::new(name).$kind())
        }
    )+};
}

impl NewTable {
    /// A table with its `id`.
    pub fn new(name: &'static str) -> Self {
        let mut columns = Table::create().table(name).to_owned();
        columns.col(ColumnDef::new("id").uuid().not_null().primary_key());
        Self { name, columns, indexes: Vec::new(), indexed: Vec::new(), references: Vec::new() }
    }

    /// Whose a row is, and in which mode.
    pub fn merchant_and_mode(self) -> Self {
        self.reference("merchant_id", "merchant").boolean("livemode")
    }

    columns! {
        text, text_null: text;
        boolean, boolean_null: boolean;
        integer, integer_null: integer;
        bigint, bigint_null: big_integer;
        uuid, uuid_null: uuid;
        time, time_null: timestamp_with_time_zone;
        json, json_null: json_binary;
        bytes, bytes_null: blob;
    }

    /// A day that is always filled.
    pub fn date(self, name: &'static str) -> Self {
        self.column(ColumnDef::new(name).date().not_null())
    }

    /// A text that has a value when none is given.
    pub fn text_default(self, name: &'static str, default: &'static str) -> Self {
        self.column(ColumnDef::new(name).text().not_null().default(default))
    }

    /// A flag that has a value when none is given.
    pub fn boolean_default(self, name: &'static str, default: bool) -> Self {
        self.column(ColumnDef::new(name).boolean().not_null().default(default))
    }

    /// A number of 32 bits that has a value when none is given.
    pub fn integer_default(self, name: &'static str, default: i32) -> Self {
        self.column(ColumnDef::new(name).integer().not_null().default(default))
    }

    /// A number of 64 bits that has a value when none is given.
    pub fn bigint_default(self, name: &'static str, default: i64) -> Self {
        self.column(ColumnDef::new(name).big_integer().not_null().default(default))
    }

    /// A foreign key to the `id` of `table`.
    pub fn reference(self, name: &'static str, table: &'static str) -> Self {
        self.uuid(name).foreign_key(name, table)
    }

    /// A foreign key to the `id` of `table` that can be empty.
    pub fn reference_null(self, name: &'static str, table: &'static str) -> Self {
        self.uuid_null(name).foreign_key(name, table)
    }

    /// A condition that every row must meet.
    pub fn check(mut self, condition: SimpleExpr) -> Self {
        self.columns.check(condition);
        self
    }

    /// An index.
    pub fn index(mut self, columns: &[&'static str]) -> Self {
        self.indexed.extend(columns.first());
        self.with_index("ix", columns, None)
    }

    /// An index on those rows that meet `condition`.
    pub fn index_where(self, columns: &[&'static str], condition: SimpleExpr) -> Self {
        self.with_index("ix", columns, Some(condition))
    }

    /// No two rows may be equal in `columns`. Rows with an empty one among them never are.
    pub fn unique(mut self, columns: &[&'static str]) -> Self {
        self.indexed.extend(columns.first());
        self.with_index("uq", columns, None)
    }

    /// No two rows that meet `condition` may be equal in `columns`.
    pub fn unique_where(self, columns: &[&'static str], condition: SimpleExpr) -> Self {
        self.with_index("uq", columns, Some(condition))
    }

    fn column(mut self, column: &mut ColumnDef) -> Self {
        self.columns.col(column);
        self
    }

    fn foreign_key(mut self, name: &'static str, table: &'static str) -> Self {
        self.columns.foreign_key(ForeignKey::create().name(format!("fk_{}_{name}", self.name)).from(self.name, name).to(table, "id"));
        self.references.push(name);
        self
    }

    /// Index names are unique in a database, and PostgreSQL cuts them at 63 bytes; so they leave out whose a row is.
    fn with_index(mut self, kind: &str, columns: &[&'static str], condition: Option<SimpleExpr>) -> Self {
        let words: Vec<&str> = columns.iter().filter(|column| !MERCHANT_AND_MODE.contains(*column)).copied().collect();
        let rest = if words.is_empty() { "mode".to_owned() } else { words.join("_") };
        let part = if condition.is_some() { "_part" } else { "" };
        let mut index = Index::create().name(format!("{kind}_{}_{rest}{part}", self.name)).table(self.name).to_owned();
        for column in columns {
            index.col(*column);
        }
        if kind == "uq" {
            index.unique();
        }
        if let Some(condition) = condition {
            index.and_where(condition);
        }
        self.indexes.push(index);
        self
    }

    /// Adds the index of each foreign key that no other index starts with.
    fn index_references(mut self) -> Self {
        for reference in std::mem::take(&mut self.references) {
            if !self.indexed.contains(&reference) {
                self = match reference {
                    "merchant_id" => self.index(&MERCHANT_AND_MODE),
                    other => self.index(&[other]),
                };
            }
        }
        self
    }
}

/// Creates tables in the given order, each with its indexes.
pub async fn create_all(manager: &SchemaManager<'_>, tables: Vec<NewTable>) -> Result<(), DbErr> {
    for table in tables {
        let table = table.index_references();
        manager.create_table(table.columns).await?;
        for index in table.indexes {
            manager.create_index(index).await?;
        }
    }
    Ok(())
}

/// Drops tables in the opposite of the given order.
pub async fn drop_all(manager: &SchemaManager<'_>, tables: Vec<NewTable>) -> Result<(), DbErr> {
    for table in tables.into_iter().rev() {
        manager.drop_table(Table::drop().table(table.name).to_owned()).await?;
    }
    Ok(())
}
