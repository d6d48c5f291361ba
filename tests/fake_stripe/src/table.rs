//! Objects of one kind, found by id and listed as Stripe lists them: the newest first.

use std::collections::{BTreeMap, HashMap};
use std::ops::Index;

use chrono::{DateTime, Utc};

/// What every object has.
pub trait Row {
    fn id(&self) -> &str;
    fn created(&self) -> DateTime<Utc>;
}

/// Where an object stands in the order: by time, and among those of one second by when they came.
type Place = (i64, u64);

#[derive(Clone, Debug)]
pub struct Table<T> {
    rows: HashMap<String, (Place, T)>,
    order: BTreeMap<Place, String>,
    came: u64,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { rows: HashMap::new(), order: BTreeMap::new(), came: 0 }
    }
}

impl<T: Row> Table<T> {
    /// Adds an object, or puts it in the place of the one with its id.
    pub fn insert(&mut self, row: T) {
        let id = row.id().to_owned();
        let place = self.rows.get(&id).map_or_else(
            || {
                self.came += 1;
                (row.created().timestamp(), self.came)
            },
            |(place, _)| *place,
        );
        self.order.insert(place, id.clone());
        self.rows.insert(id, (place, row));
    }

    pub fn get(&self, id: &str) -> Option<&T> {
        self.rows.get(id).map(|(_, row)| row)
    }

    pub fn get_mut(&mut self, id: &str) -> Option<&mut T> {
        self.rows.get_mut(id).map(|(_, row)| row)
    }

    pub fn remove(&mut self, id: &str) -> Option<T> {
        let (place, row) = self.rows.remove(id)?;
        self.order.remove(&place);
        Some(row)
    }

    pub fn contains(&self, id: &str) -> bool {
        self.rows.contains_key(id)
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// All ids, the oldest first.
    pub fn keys(&self) -> impl Iterator<Item = &String> {
        self.order.values()
    }

    /// All objects, the oldest first.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.order.values().map(|id| &self.rows[id].1)
    }

    /// The objects that come after one in a list, from near to far; from the newest without one. Nothing when there is no such object.
    pub fn after(&self, id: Option<&str>) -> Option<Box<dyn Iterator<Item = &T> + '_>> {
        let Some(id) = id else { return Some(Box::new(self.values().rev())) };
        let place = self.rows.get(id)?.0;
        Some(Box::new(self.order.range(..place).rev().map(|(_, id)| &self.rows[id].1)))
    }

    /// The objects that come before one in a list, from near to far.
    pub fn before(&self, id: &str) -> Option<Box<dyn Iterator<Item = &T> + '_>> {
        let (second, came) = self.rows.get(id)?.0;
        Some(Box::new(self.order.range((second, came + 1)..).map(|(_, id)| &self.rows[id].1)))
    }
}

impl<T: Row, Q: AsRef<str> + ?Sized> Index<&Q> for Table<T> {
    type Output = T;

    fn index(&self, id: &Q) -> &T {
        self.get(id.as_ref()).unwrap_or_else(|| panic!("there is no {}", id.as_ref()))
    }
}

macro_rules! rows {
    ($($kind:ty),+ $(,)?) => {$(
        impl crate::table::Row for $kind {
            fn id(&self) -> &str {
                &self.id
            }

            fn created(&self) -> chrono::DateTime<chrono::Utc> {
                self.created
            }
        }
    )+};
}

pub(crate) use rows;
