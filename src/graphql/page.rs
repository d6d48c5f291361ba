//! Relay connections over key-set pages: `first`/`after`, `last`/`before`, opaque cursors, at most [`MAX`] rows.

use async_graphql::{Object, OutputType, SimpleObject, TypeName};

use super::error::{ApiError, ApiResult};
use crate::store::page::{PageError, Position, Slice, Window};

/// The most rows of a page; who asks for more gets so many.
pub const MAX: i32 = 100;
/// The rows of a page when none are asked for.
pub const DEFAULT: i32 = 20;

/// The arguments of a connection.
#[derive(Clone, Debug, Default)]
pub struct Paging {
    /// How many from the start.
    pub first: Option<i32>,
    /// After this cursor.
    pub after: Option<String>,
    /// How many from the end.
    pub last: Option<i32>,
    /// Before this cursor.
    pub before: Option<String>,
}

impl Paging {
    /// The arguments as a resolver gets them.
    #[must_use]
    pub const fn new(first: Option<i32>, after: Option<String>, last: Option<i32>, before: Option<String>) -> Self {
        Self { first, after, last, before }
    }

    /// Which part of the list they mean.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` for a negative number, both `first` and `last`, or a text that is no cursor.
    pub fn window(&self) -> ApiResult<Window> {
        if self.first.is_some() && self.last.is_some() {
            return Err(ApiError::bad_input("give `first` or `last`, not both"));
        }
        let wanted = self.first.or(self.last).unwrap_or(DEFAULT);
        let limit = u64::try_from(wanted.min(MAX)).map_err(|_| ApiError::bad_input("`first` and `last` must not be negative"))?;
        Ok(Window { limit, backward: self.last.is_some(), after: read(self.after.as_deref())?, before: read(self.before.as_deref())? })
    }
}

fn read(cursor: Option<&str>) -> ApiResult<Option<Position>> {
    let read = cursor.map(Position::from_cursor).transpose();
    read.map_err(|error| ApiError::bad_input(error.to_string()))
}

/// The cost of a connection for the complexity limit: its rows times the cost of one.
#[must_use]
pub fn cost(first: Option<i32>, last: Option<i32>, child: usize) -> usize {
    let rows = first.or(last).unwrap_or(DEFAULT).clamp(1, MAX);
    usize::try_from(rows).unwrap_or(1).saturating_mul(child).saturating_add(1)
}

impl From<PageError> for ApiError {
    fn from(error: PageError) -> Self {
        match error {
            PageError::Cursor(error) => Self::bad_input(error.to_string()),
            PageError::Store(error) => error.into(),
        }
    }
}

/// One page of a list.
pub struct Connection<N: OutputType> {
    edges: Vec<Edge<N>>,
    has_previous: bool,
    has_next: bool,
}

/// A row of a list with its place.
pub struct Edge<N: OutputType> {
    cursor: String,
    node: N,
}

/// Where a page stands in its list.
#[derive(SimpleObject)]
pub struct PageInfo {
    /// Whether there are rows before this page. Exact when paging backward.
    has_previous_page: bool,
    /// Whether there are rows after this page. Exact when paging forward.
    has_next_page: bool,
    /// The place of the first row; give it as `before` to go back.
    start_cursor: Option<String>,
    /// The place of the last row; give it as `after` to go on.
    end_cursor: Option<String>,
}

impl<N: OutputType> Connection<N> {
    /// The page as it was read.
    pub fn new<M>(slice: Slice<M>) -> Self
    where
        N: From<M>,
    {
        let edges = slice.rows.into_iter().map(|(place, row)| Edge { cursor: place.cursor(), node: N::from(row) });
        Self { edges: edges.collect(), has_previous: slice.has_previous, has_next: slice.has_next }
    }
}

impl<N: OutputType> TypeName for Connection<N> {
    fn type_name() -> std::borrow::Cow<'static, str> {
        format!("{}Connection", N::type_name()).into()
    }
}

impl<N: OutputType> TypeName for Edge<N> {
    fn type_name() -> std::borrow::Cow<'static, str> {
        format!("{}Edge", N::type_name()).into()
    }
}

/// One page of a list, in its order. Who may read the list may read all of it.
#[Object(name_type)]
impl<N: OutputType> Connection<N> {
    /// The rows with their cursors.
    async fn edges(&self) -> &[Edge<N>] {
        &self.edges
    }

    /// The rows.
    async fn nodes(&self) -> Vec<&N> {
        self.edges.iter().map(|edge| &edge.node).collect()
    }

    /// Where the page stands in the list.
    async fn page_info(&self) -> PageInfo {
        PageInfo {
            has_previous_page: self.has_previous,
            has_next_page: self.has_next,
            start_cursor: self.edges.first().map(|edge| edge.cursor.clone()),
            end_cursor: self.edges.last().map(|edge| edge.cursor.clone()),
        }
    }
}

/// A row of a list with its place.
#[Object(name_type)]
impl<N: OutputType> Edge<N> {
    /// The place, opaque: give it as `after` or `before`.
    async fn cursor(&self) -> &str {
        &self.cursor
    }

    /// The row.
    async fn node(&self) -> &N {
        &self.node
    }
}

#[cfg(test)]
mod tests {
    use super::{Paging, cost};

    #[test]
    fn pages_are_bounded_and_their_cost_is_rows_times_child() {
        let limit = |first, last| Paging::new(first, None, last, None).window().map(|window| (window.limit, window.backward));
        assert_eq!(limit(None, None).ok(), Some((20, false)));
        assert_eq!(limit(Some(1000), None).ok(), Some((100, false)));
        assert_eq!(limit(None, Some(5)).ok(), Some((5, true)));
        assert!(limit(Some(-1), None).is_err());
        assert!(limit(Some(1), Some(1)).is_err());
        assert!(Paging::new(None, Some("nonsense".into()), None, None).window().is_err());
        assert_eq!(cost(None, None, 3), 61);
        assert_eq!(cost(Some(1_000_000), None, 3), 301);
    }
}
