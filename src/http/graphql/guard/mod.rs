//! The document guard: measures a GraphQL document before it is executed, and refuses what would cost too much.
//!
//! The library's own limits come after a walk that visits every fragment as often as it is spread, which is 2^n visits for n
//! fragments that spread each other twice. Here each fragment is measured once. The figures are of the document with all
//! fragments in place, over all its operations.

mod lexer;

use std::collections::HashMap;

use async_graphql::Name;
use async_graphql::parser::types::{ExecutableDocument, Field, Selection, SelectionSet};
use thiserror::Error;

pub use lexer::scan;

/// The deepest nesting of fields, introspection apart.
pub const MAX_DEPTH: u64 = 12;
/// The most selections.
pub const MAX_SELECTIONS: u64 = 5000;
/// The most aliases.
pub const MAX_ALIASES: u64 = 30;
/// The most fields at the root of one operation.
pub const MAX_ROOT_FIELDS: u64 = 20;
/// The most directives.
pub const MAX_DIRECTIVES: u64 = 20;
/// How often introspection may go from a type to a list of its parts: thrice multiplies the whole schema by itself.
const MAX_INTROSPECTION_LISTS: u64 = 2;

/// Why a document is not executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// Over [`lexer::MAX_TOKENS`].
    #[error("the document has more than {} tokens", lexer::MAX_TOKENS)]
    Tokens,
    /// Over [`lexer::MAX_NESTING`].
    #[error("the document nests brackets deeper than {}", lexer::MAX_NESTING)]
    Nesting,
    /// Over [`lexer::MAX_NAME`].
    #[error("the document has a name of more than {} bytes", lexer::MAX_NAME)]
    Name,
    /// A string without its closing quotes.
    #[error("a string of the document is not closed")]
    Unclosed,
    /// Over [`MAX_DEPTH`].
    #[error("the document nests fields deeper than {MAX_DEPTH}")]
    Depth,
    /// Over [`MAX_SELECTIONS`].
    #[error("the document has more than {MAX_SELECTIONS} selections, fragments counted as often as they are spread")]
    Selections,
    /// Over [`MAX_ALIASES`].
    #[error("the document has more than {MAX_ALIASES} aliases, fragments counted as often as they are spread")]
    Aliases,
    /// Over [`MAX_ROOT_FIELDS`].
    #[error("an operation has more than {MAX_ROOT_FIELDS} fields at its root")]
    RootFields,
    /// Over [`MAX_DIRECTIVES`].
    #[error("the document has more than {MAX_DIRECTIVES} directives, fragments counted as often as they are spread")]
    Directives,
    /// A fragment that comes back to itself.
    #[error("a fragment spreads itself, directly or through others")]
    Cycle,
    /// Introspection of parts of parts of parts.
    #[error("the introspection nests lists deeper than {MAX_INTROSPECTION_LISTS}")]
    Introspection,
    /// Introspection where it is off.
    #[error("introspection is off on this server; its schema is published as schema.graphql")]
    IntrospectionOff,
}

impl Refusal {
    /// The stable code, for `extensions.code`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Tokens => "TOO_MANY_TOKENS",
            Self::Nesting | Self::Depth => "TOO_DEEP",
            Self::Name => "NAME_TOO_LONG",
            Self::Unclosed => "GRAPHQL_PARSE_FAILED",
            Self::Selections => "TOO_MANY_SELECTIONS",
            Self::Aliases => "TOO_MANY_ALIASES",
            Self::RootFields => "TOO_MANY_ROOT_FIELDS",
            Self::Directives => "TOO_MANY_DIRECTIVES",
            Self::Cycle => "FRAGMENT_CYCLE",
            Self::Introspection => "INTROSPECTION_TOO_DEEP",
            Self::IntrospectionOff => "INTROSPECTION_OFF",
        }
    }
}

/// What a selection set weighs with all fragments in place.
#[derive(Clone, Copy, Debug, Default)]
struct Weight {
    selections: u64,
    aliases: u64,
    directives: u64,
    /// Fields of the set itself.
    fields: u64,
    depth: u64,
    /// How often a list of a type's parts lies within another, for introspection.
    lists: u64,
}

impl Weight {
    /// Adds what stands beside it.
    fn add(&mut self, other: Self) {
        self.selections = self.selections.saturating_add(other.selections);
        self.aliases = self.aliases.saturating_add(other.aliases);
        self.directives = self.directives.saturating_add(other.directives);
        self.fields = self.fields.saturating_add(other.fields);
        self.depth = self.depth.max(other.depth);
        self.lists = self.lists.max(other.lists);
    }

    const fn check(&self) -> Result<(), Refusal> {
        if self.selections > MAX_SELECTIONS {
            return Err(Refusal::Selections);
        }
        if self.aliases > MAX_ALIASES {
            return Err(Refusal::Aliases);
        }
        if self.directives > MAX_DIRECTIVES {
            return Err(Refusal::Directives);
        }
        if self.depth > MAX_DEPTH {
            return Err(Refusal::Depth);
        }
        Ok(())
    }
}

/// Refuses a document that would cost too much, or that asks for introspection where it is off.
///
/// Tells the most fields at the root of an operation.
///
/// # Errors
/// The first limit that is passed.
pub fn check(document: &ExecutableDocument, introspection: bool) -> Result<u64, Refusal> {
    let mut scales = Scales { document, known: HashMap::new(), introspection };
    let (mut total, mut roots) = (Weight::default(), 0);
    for (_, operation) in document.operations.iter() {
        let mut weight = scales.weigh(&operation.node.selection_set.node)?;
        if weight.fields > MAX_ROOT_FIELDS {
            return Err(Refusal::RootFields);
        }
        let on_variables = operation.node.variable_definitions.iter().map(|variable| variable.node.directives.len());
        weight.directives = weight.directives.saturating_add((on_variables.sum::<usize>() + operation.node.directives.len()) as u64);
        roots = roots.max(weight.fields);
        total.add(weight);
        total.check()?;
    }
    // The library's validation also walks fragments that no operation spreads, so they may not fan out or go in circles either. How
    // deep they are says nothing: a fragment on types of introspection is deep by its nature.
    for name in document.fragments.keys() {
        scales.fragment(name)?;
    }
    Ok(roots)
}

struct Scales<'a> {
    document: &'a ExecutableDocument,
    /// Weights of fragments; `None` while one is being weighed.
    known: HashMap<&'a Name, Option<Weight>>,
    introspection: bool,
}

impl<'a> Scales<'a> {
    fn weigh(&mut self, set: &'a SelectionSet) -> Result<Weight, Refusal> {
        let mut total = Weight::default();
        for selection in &set.items {
            let (directives, within) = match &selection.node {
                Selection::Field(field) => (&field.node.directives, self.field(&field.node)?),
                Selection::FragmentSpread(spread) => (&spread.node.directives, self.fragment(&spread.node.fragment_name.node)?),
                Selection::InlineFragment(inline) => (&inline.node.directives, self.weigh(&inline.node.selection_set.node)?),
            };
            total.add(within);
            total.selections = total.selections.saturating_add(1);
            total.directives = total.directives.saturating_add(directives.len() as u64);
            if total.selections > MAX_SELECTIONS {
                return Err(Refusal::Selections);
            }
        }
        Ok(total)
    }

    fn field(&mut self, field: &'a Field) -> Result<Weight, Refusal> {
        let mut weight = self.weigh(&field.selection_set.node)?;
        let name = field.name.node.as_str();
        if matches!(name, "__schema" | "__type") {
            if !self.introspection {
                return Err(Refusal::IntrospectionOff);
            }
            if weight.lists > MAX_INTROSPECTION_LISTS {
                return Err(Refusal::Introspection);
            }
            // A chain of `ofType` is deep and costs nothing: tools ask for nine.
            weight.depth = 0;
        }
        if matches!(name, "fields" | "inputFields" | "interfaces" | "possibleTypes") {
            weight.lists += 1;
        }
        weight.depth += 1;
        weight.fields = 1;
        weight.aliases = weight.aliases.saturating_add(u64::from(field.alias.is_some()));
        Ok(weight)
    }

    fn fragment(&mut self, name: &'a Name) -> Result<Weight, Refusal> {
        if let Some(known) = self.known.get(name) {
            return known.ok_or(Refusal::Cycle);
        }
        // An unknown fragment weighs nothing here; validation names it.
        let Some(fragment) = self.document.fragments.get(name) else {
            return Ok(Weight::default());
        };
        self.known.insert(name, None);
        let mut weight = self.weigh(&fragment.node.selection_set.node)?;
        weight.directives = weight.directives.saturating_add(fragment.node.directives.len() as u64);
        self.known.insert(name, Some(weight));
        Ok(weight)
    }
}

#[cfg(test)]
mod tests;
