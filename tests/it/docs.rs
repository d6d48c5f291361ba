//! What the documents say of the program is what the program says of itself.
//!
//! Tables between `<!-- begin name -->` and `<!-- end name -->` are compared. After a change, `TRIBUTARY_WRITE_DOCS=1 cargo test --test it
//! docs::` writes those that are made from the program; the tables of reasons are written by people and only checked for completeness.

use std::collections::BTreeSet;

use async_graphql::resolver_utils::EnumType;
use clap::CommandFactory;
use entity::value::{AuditRule, DecisionReason, FindingCode, HoldReason, IgnoreReason, InboxStatus, SelfCheckCode, StripeWriteReason};
use tributary::cli::Cli;
use tributary::service::coverage::DifferenceReason;
use tributary::telemetry::name;

use crate::tidy::source::{files, root};

/// The text between the marks of `name` in `document`.
fn block(document: &str, name: &str) -> String {
    let text = std::fs::read_to_string(root().join(document)).unwrap_or_else(|error| panic!("{document}: {error}"));
    let (begin, end) = marks(name);
    let (_, rest) = text.split_once(&begin).unwrap_or_else(|| panic!("{document} has no {begin}"));
    let (block, _) = rest.split_once(&end).unwrap_or_else(|| panic!("{document} has no {end}"));
    block.trim().to_owned()
}

fn marks(name: &str) -> (String, String) {
    (format!("<!-- begin {name} -->"), format!("<!-- end {name} -->"))
}

/// Compares a made table with the one in the document, or writes it there when the environment asks for that.
fn same_table(document: &str, name: &str, made: &str) {
    if std::env::var_os("TRIBUTARY_WRITE_DOCS").is_some() {
        let path = root().join(document);
        let text = std::fs::read_to_string(&path).expect("the document");
        let (begin, end) = marks(name);
        let (before, rest) = text.split_once(&begin).unwrap_or_else(|| panic!("{document} has no {begin}"));
        let (_, after) = rest.split_once(&end).unwrap_or_else(|| panic!("{document} has no {end}"));
        std::fs::write(path, format!("{before}{begin}\n{made}\n{end}{after}")).expect("the document is written");
    }
    let written = block(document, name);
    assert_eq!(written, made, "{document}: the table {name} is old; TRIBUTARY_WRITE_DOCS=1 cargo test --test it docs:: writes it anew");
}

/// The words in backquotes of the first column of a table, in its order.
fn first_column(table: &str) -> Vec<String> {
    let word = |line: &str| Some(line.strip_prefix("| `")?.split_once('`')?.0.to_owned());
    table.lines().filter_map(word).collect()
}

#[test]
fn the_settings_in_the_readme_are_those_of_the_program() {
    let command = Cli::command();
    let mut table = vec!["| Variable | Flag | Default | Meaning |".to_owned(), "| --- | --- | --- | --- |".to_owned()];
    for argument in command.get_arguments().filter(|argument| argument.get_env().is_some()) {
        let variable = argument.get_env().expect("a variable").to_string_lossy().into_owned();
        let flag = argument.get_long().expect("a flag");
        let help = argument.get_help().expect("a line of documentation").to_string();
        let (meaning, told) = help.split_once(" Default: ").unwrap_or((help.as_str(), ""));
        let default: Vec<String> = argument.get_default_values().iter().map(|value| value.to_string_lossy().into_owned()).collect();
        let default = match default.concat().as_str() {
            "" => told.to_owned(),
            value => format!("`{value}`"),
        };
        table.push(format!("| `{variable}` | `--{flag}` | {default} | {} |", meaning.trim_end_matches('.')));
    }
    same_table("README.md", "settings", &table.join("\n"));
}

#[test]
fn the_commands_in_the_readme_are_those_of_the_program() {
    let mut table = vec!["| Command | What it does |".to_owned(), "| --- | --- |".to_owned()];
    for command in Cli::command().get_subcommands() {
        let about = command.get_about().expect("a line of documentation");
        table.push(format!("| `{}` | {about} |", command.get_name()));
    }
    same_table("README.md", "commands", &table.join("\n"));
}

#[test]
fn every_reason_is_explained() {
    let words = |all: &[&str]| all.iter().map(|word| (*word).to_owned()).collect::<Vec<String>>();
    let reasons: Vec<&str> = DecisionReason::ALL.iter().map(|reason| reason.as_str()).collect();
    assert_eq!(first_column(&block("README.md", "reasons")), words(&reasons), "reasons of a decision");
    let holds: Vec<&str> = HoldReason::ALL.iter().map(|reason| reason.as_str()).collect();
    assert_eq!(first_column(&block("docs/reasons.md", "holds")), words(&holds), "reasons of a hold");
    let states: Vec<&str> = InboxStatus::ALL.iter().map(|status| status.as_str()).collect();
    assert_eq!(first_column(&block("docs/reasons.md", "inbox")), words(&states), "states of an event");
    let ignored: Vec<&str> = IgnoreReason::ALL.iter().map(|reason| reason.as_str()).collect();
    assert_eq!(first_column(&block("docs/reasons.md", "ignored")), words(&ignored), "why an event is ignored");
    let checks: Vec<&str> = SelfCheckCode::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(first_column(&block("docs/reasons.md", "self-check")), words(&checks), "what a self-check came to");
    let findings: Vec<&str> = FindingCode::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(first_column(&block("docs/reasons.md", "findings")), words(&findings), "what the doctor finds");
    let writes: Vec<&str> = StripeWriteReason::ALL.iter().map(|reason| reason.as_str()).collect();
    assert_eq!(first_column(&block("docs/reasons.md", "writes")), words(&writes), "why something is not written to Stripe");
    let rules: Vec<&str> = AuditRule::ALL.iter().map(|rule| rule.as_str()).collect();
    assert_eq!(first_column(&block("docs/books.md", "audit")), words(&rules), "rules of the audit");
    let differences: Vec<&str> = DifferenceReason::items().iter().map(|item| item.name).collect();
    assert_eq!(first_column(&block("docs/books.md", "differences")), words(&differences), "why sums differ");
}

#[test]
fn every_metric_is_explained() {
    let named = [
        name::INTAKE_ACCEPTED,
        name::INTAKE_REFUSED,
        name::UNROUTED,
        name::QUEUE_DEPTH,
        name::QUEUE_AGE,
        name::JOB,
        name::DECISIONS,
        name::AUDIT_CHECKED,
        name::AUDIT_FINDINGS,
        name::HTTP_REQUESTS,
        name::HTTP,
    ];
    let told: BTreeSet<String> = first_column(&block("docs/operations.md", "metrics")).into_iter().collect();
    assert_eq!(told, named.map(str::to_owned).into());
    // A metric that is added must be named above, too.
    let source = files().into_iter().find(|file| file.path == "src/telemetry/metrics.rs").expect("the metrics");
    let constants = source.text.lines().filter(|line| line.trim_start().starts_with("pub const ") && line.contains("&str")).count();
    assert_eq!(constants, named.len(), "name the new metric in this test and in docs/operations.md");
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut broken = Vec::new();
    let files = files();
    for document in files.iter().filter(|file| file.path.ends_with(".md") && !file.path.contains("node_modules")) {
        let folder = root().join(&document.path).parent().expect("a folder").to_owned();
        for target in document.text.split("](").skip(1).filter_map(|rest| rest.split_once(')').map(|(target, _)| target)) {
            let path = target.split('#').next().unwrap_or_default();
            if !path.is_empty() && !path.contains("://") && !path.starts_with("mailto:") && !folder.join(path).exists() {
                broken.push(format!("{}: {target}", document.path));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:?}");
}
