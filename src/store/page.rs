//! Pages of a list by key set: "the rows after this one", which stays right while rows come and go, and costs an index look-up however
//! far one pages.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect, Select, Value};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::StoreError;

/// What a list is sorted by, before the id.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SortKey {
    /// A time.
    #[serde(rename = "t")]
    Time(DateTime<Utc>),
    /// A text, in the order of the database.
    #[serde(rename = "s")]
    Text(String),
    /// A number.
    #[serde(rename = "n")]
    Number(i64),
}

impl SortKey {
    fn value(&self) -> Value {
        match self {
            Self::Time(time) => (*time).into(),
            Self::Text(text) => text.clone().into(),
            Self::Number(number) => (*number).into(),
        }
    }

    const fn kind(&self) -> SortKind {
        match self {
            Self::Time(_) => SortKind::Time,
            Self::Text(_) => SortKind::Text,
            Self::Number(_) => SortKind::Number,
        }
    }
}

/// What kind of column a list is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortKind {
    /// Times.
    Time,
    /// Texts.
    Text,
    /// Whole numbers.
    Number,
}

/// Where a row stands in a list: its sort key, and its id among equal ones.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Position {
    #[serde(rename = "k")]
    key: SortKey,
    #[serde(rename = "i")]
    id: Uuid,
}

/// The text is not a cursor, or one of a list in another order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not a cursor of this list; take it from `pageInfo` or `edges`")]
pub struct CursorError;

/// The longest cursor that is looked at.
const MAX_CURSOR: usize = 2000;

impl Position {
    /// The place of the row with this sort key and id.
    #[must_use]
    pub const fn new(key: SortKey, id: Uuid) -> Self {
        Self { key, id }
    }

    /// The time by which the row is sorted, in a list that is sorted by time.
    #[must_use]
    pub const fn time(&self) -> Option<DateTime<Utc>> {
        match self.key {
            SortKey::Time(time) => Some(time),
            SortKey::Text(_) | SortKey::Number(_) => None,
        }
    }

    /// As an opaque text.
    #[must_use]
    pub fn cursor(&self) -> String {
        // A struct of plain values always has a JSON form; an empty cursor would be refused when it came back.
        BASE64.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    /// From an opaque text.
    ///
    /// # Errors
    /// [`CursorError`] when it is none of ours.
    pub fn from_cursor(text: &str) -> Result<Self, CursorError> {
        if text.len() > MAX_CURSOR {
            return Err(CursorError);
        }
        let bytes = BASE64.decode(text).map_err(|_| CursorError)?;
        serde_json::from_slice(&bytes).map_err(|_| CursorError)
    }
}

/// Which part of a list is wanted. Made by the caller, who bounds `limit`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    /// How many rows at most.
    pub limit: u64,
    /// From the end instead of the start.
    pub backward: bool,
    /// Only rows after this place.
    pub after: Option<Position>,
    /// Only rows before this place.
    pub before: Option<Position>,
}

impl Window {
    /// The first `limit` rows.
    #[must_use]
    pub const fn first(limit: u64) -> Self {
        Self { limit, backward: false, after: None, before: None }
    }
}

/// The order of a list by time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, async_graphql::Enum)]
pub enum TimeOrder {
    /// The newest first.
    #[default]
    Newest,
    /// The oldest first.
    Oldest,
}

/// The order of a list of things with names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, async_graphql::Enum)]
pub enum NameOrder {
    /// The newest first.
    #[default]
    Newest,
    /// The oldest first.
    Oldest,
    /// By name.
    Name,
}

/// How a list is ordered: by a column that is never empty, and by the id among equals.
pub struct Ordering<E: EntityTrait> {
    /// The column.
    pub column: E::Column,
    /// What kind of column that is, so that a cursor of another order is refused before the database compares.
    pub kind: SortKind,
    /// The id's column.
    pub id: E::Column,
    /// Whether the greatest comes first.
    pub descending: bool,
    /// Reads a row's place.
    pub place: fn(&E::Model) -> Position,
}

/// One page, in the order of the list.
#[derive(Clone, Debug)]
pub struct Slice<M> {
    /// The rows, each with its place.
    pub rows: Vec<(Position, M)>,
    /// Whether rows come before. When paging forward it only says that the page does not begin the list.
    pub has_previous: bool,
    /// Whether rows come after. When paging backward it only says that the page does not end the list.
    pub has_next: bool,
}

impl<M> Slice<M> {
    /// A page without rows.
    #[must_use]
    pub const fn empty() -> Self {
        Self { rows: Vec::new(), has_previous: false, has_next: false }
    }
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// A cursor is not one of this list.
    #[error(transparent)]
    Cursor(#[from] CursorError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Reads one page of the rows that `query` selects.
///
/// # Errors
/// [`PageError::Cursor`] for the cursor of a list in another order; [`PageError::Store`] when the database fails.
pub async fn fetch<E: EntityTrait, C: ConnectionTrait>(
    conn: &C,
    query: Select<E>,
    order: &Ordering<E>,
    window: &Window,
) -> Result<Slice<E::Model>, PageError> {
    let query = within(query, order, window)?.order_by(order.column, direction(order, window)).order_by(order.id, direction(order, window));
    let rows = query.limit(window.limit.saturating_add(1)).all(conn).await.map_err(StoreError::from)?;
    Ok(slice(rows, order, window))
}

/// Those of the rows of `query` that lie between the cursors of `window`.
///
/// # Errors
/// [`CursorError`] for the cursor of a list in another order.
pub(super) fn within<E: EntityTrait>(query: Select<E>, order: &Ordering<E>, window: &Window) -> Result<Select<E>, CursorError> {
    if window.after.iter().chain(&window.before).any(|place| place.key.kind() != order.kind) {
        return Err(CursorError);
    }
    let mut query = query;
    if let Some(after) = &window.after {
        query = query.filter(beyond(order, after, order.descending));
    }
    if let Some(before) = &window.before {
        query = query.filter(beyond(order, before, !order.descending));
    }
    Ok(query)
}

/// The direction in which the rows of a page are read: from its near end.
pub(super) fn direction<E: EntityTrait>(order: &Ordering<E>, window: &Window) -> Order {
    if order.descending == window.backward { Order::Asc } else { Order::Desc }
}

/// The page of rows that were read from its near end, one more than wanted where there are more.
pub(super) fn slice<E: EntityTrait>(rows: Vec<E::Model>, order: &Ordering<E>, window: &Window) -> Slice<E::Model> {
    let limit = usize::try_from(window.limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    let mut rows: Vec<_> = rows.into_iter().take(limit).map(|row| ((order.place)(&row), row)).collect();
    if window.backward {
        rows.reverse();
    }
    Slice {
        rows,
        has_previous: if window.backward { more } else { window.after.is_some() },
        has_next: if window.backward { window.before.is_some() } else { more },
    }
}

/// The rows after `place`, or before it when `smaller`. Spelled out, since SQLite and PostgreSQL differ on row comparisons with indexes. The
/// bound on the key alone follows from the rest; PostgreSQL begins there in the index, while from the rest alone it reads all rows up to it.
fn beyond<E: EntityTrait>(order: &Ordering<E>, place: &Position, smaller: bool) -> Condition {
    let (key, id) = (place.key.value(), Value::from(place.id));
    let (bound, past_key, past_id) = if smaller {
        (order.column.lte(key.clone()), order.column.lt(key.clone()), order.id.lt(id))
    } else {
        (order.column.gte(key.clone()), order.column.gt(key.clone()), order.id.gt(id))
    };
    Condition::all().add(bound).add(Condition::any().add(past_key).add(Condition::all().add(order.column.eq(key)).add(past_id)))
}

/// The order of a table by its `created_at`.
macro_rules! by_time {
    ($table:ident, $order:expr) => {
        crate::store::page::Ordering {
            column: entity::$table::Column::CreatedAt,
            kind: crate::store::page::SortKind::Time,
            id: entity::$table::Column::Id,
            descending: $order == crate::store::page::TimeOrder::Newest,
            place: |row: &entity::$table::Model| {
                crate::store::page::Position::new(crate::store::page::SortKey::Time(row.created_at), row.id.uuid())
            },
        }
    };
}

/// The order of a table by its `created_at` or `name`.
macro_rules! by_name {
    ($table:ident, $order:expr) => {
        match $order {
            crate::store::page::NameOrder::Newest => {
                crate::store::page::by_time!($table, crate::store::page::TimeOrder::Newest)
            }
            crate::store::page::NameOrder::Oldest => {
                crate::store::page::by_time!($table, crate::store::page::TimeOrder::Oldest)
            }
            crate::store::page::NameOrder::Name => crate::store::page::Ordering {
                column: entity::$table::Column::Name,
                kind: crate::store::page::SortKind::Text,
                id: entity::$table::Column::Id,
                descending: false,
                place: |row: &entity::$table::Model| {
                    crate::store::page::Position::new(crate::store::page::SortKey::Text(row.name.clone()), row.id.uuid())
                },
            },
        }
    };
}

pub(crate) use {by_name, by_time};

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use uuid::Uuid;

    use super::{CursorError, Position, SortKey};

    #[test]
    fn a_cursor_comes_back_and_others_are_refused() {
        for key in [SortKey::Time(DateTime::UNIX_EPOCH), SortKey::Text("Ä".into()), SortKey::Number(-7)] {
            let position = Position::new(key, Uuid::from_u128(7));
            assert_eq!(Position::from_cursor(&position.cursor()), Ok(position));
        }
        for wrong in ["", "x", "e30", &"a".repeat(3000), "W10"] {
            assert_eq!(Position::from_cursor(wrong), Err(CursorError), "{wrong:.10}");
        }
    }
}
