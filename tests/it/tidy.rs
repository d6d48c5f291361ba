//! The tree's own rules: what prose asks for in `docs/architecture.md`, a machine keeps here.
//!
//! Each rule collects every violation and fails once, with a line for each: path, line and what is wrong. An exception stands in
//! the rule's own list, with its reason.

mod files;
mod imports;
mod rules;
pub mod source;
mod words;

/// Fails with all violations, each on a line of its own.
#[track_caller]
fn none(rule: &str, violations: &[String]) {
    assert!(violations.is_empty(), "{rule}:\n  {}\n", violations.join("\n  "));
}
