//! Choices out of bytes, so that every input means something and a small change of it is a small change of what it means.

use serde_json::{Map, Value, json};

/// Numbers at which arithmetic breaks first.
const EDGES: [i64; 14] =
    [0, 1, -1, 2, 99, 100, 10_000, 12_345, i64::MAX, i64::MIN, i64::MAX / 2, i64::MAX / 10_000 + 1, 253_402_300_800, -62_135_596_801];

/// What is left of the input. At its end every choice is the first.
pub struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    pub const fn new(data: &'a [u8]) -> Self {
        Self(data)
    }

    pub const fn is_over(&self) -> bool {
        self.0.is_empty()
    }

    pub fn byte(&mut self) -> u8 {
        match self.0.split_first() {
            Some((first, rest)) => {
                self.0 = rest;
                *first
            }
            None => 0,
        }
    }

    /// One of so many.
    pub fn below(&mut self, count: usize) -> usize {
        let wide = usize::from(self.byte());
        let wide = if count > 256 { (wide << 8) | usize::from(self.byte()) } else { wide };
        wide % count.max(1)
    }

    pub fn one_of<'v, T>(&mut self, values: &'v [T]) -> &'v T {
        &values[self.below(values.len())]
    }

    /// True for one in `count`.
    pub fn rarely(&mut self, count: u8) -> bool {
        self.byte() % count == 1
    }

    pub fn flag(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    /// Mostly a sum of everyday life, sometimes an edge, sometimes anything.
    pub fn number(&mut self) -> i64 {
        match self.byte() {
            0..200 => (i64::from(self.byte()) << 8) | i64::from(self.byte()),
            200..240 => *self.one_of(&EDGES),
            _ => i64::from_be_bytes(std::array::from_fn(|_| self.byte())),
        }
    }

    /// Changes one thing somewhere in a value.
    pub fn spoil(&mut self, value: &mut Value) {
        let deeper = self.byte() % 8 != 0;
        match value {
            Value::Object(fields) if deeper && !fields.is_empty() => self.spoil_object(fields),
            Value::Array(items) if deeper && !items.is_empty() => {
                let at = self.below(items.len());
                match self.byte() % 8 {
                    0 => drop(items.remove(at)),
                    1 => items.push(items[at].clone()),
                    _ => self.spoil(&mut items[at]),
                }
            }
            other => *other = self.something(other),
        }
    }

    fn spoil_object(&mut self, fields: &mut Map<String, Value>) {
        let at = self.below(fields.len());
        let Some(name) = fields.keys().nth(at).cloned() else { return };
        match self.byte() % 16 {
            0 => drop(fields.remove(&name)),
            1 => {
                let from = self.below(fields.len());
                let other = fields.values().nth(from).cloned().unwrap_or_default();
                fields.insert(name, other);
            }
            _ => {
                if let Some(field) = fields.get_mut(&name) {
                    self.spoil(field);
                }
            }
        }
    }

    /// Something else in the place of a value, mostly of its own kind.
    fn something(&mut self, old: &Value) -> Value {
        match (self.byte() % 8, old) {
            (0, _) => Value::Null,
            (1, _) => json!(self.text()),
            (2, _) => json!([old]),
            (3, _) => json!({ "id": self.text(), "object": "charge" }),
            (_, Value::Bool(flag)) => json!(!flag),
            (_, Value::String(text)) if self.flag() => json!(text.chars().rev().collect::<String>()),
            (_, Value::String(_)) => json!(self.text()),
            _ => json!(self.number()),
        }
    }

    /// A word: an id that may be another object's, a state, a currency, or nonsense.
    fn text(&mut self) -> String {
        const WORDS: [&str; 24] = [
            "",
            "usd",
            "jpy",
            "kwd",
            "xyz",
            "paid",
            "open",
            "void",
            "succeeded",
            "failed",
            "pending",
            "lost",
            "won",
            "warning_closed",
            "needs_response",
            "complete",
            "subscription",
            "setup",
            "ch_0001",
            "pi_0001",
            "in_0001",
            "cus_0001",
            "\u{0}\u{202e}",
            "9223372036854775808",
        ];
        let word = *self.one_of(&WORDS);
        // Another object of the same kind, by its number.
        match word.strip_suffix("0001") {
            Some(kind) => format!("{kind}{:04}", self.byte() % 64),
            None => word.to_owned(),
        }
    }
}
