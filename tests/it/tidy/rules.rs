//! The rules of the engine and their tests: a rule without one is a rule that anybody may break.

use std::collections::BTreeSet;

use super::none;
use super::source::files;

/// The rules from the identity of a purchase to fraud, by family: how many there are.
const RULES: &[(&str, u32)] =
    &[("SL", 8), ("ID", 9), ("AT", 17), ("BA", 10), ("CO", 11), ("RF", 10), ("DP", 6), ("MO", 6), ("CS", 8), ("FR", 5), ("RA", 5)];

/// Rules that nothing keeps yet, each with the reason.
const OPEN: &[(&str, &str)] = &[];

/// The numbers of rules that the tests name, as in `RF-1`, or as in `fn rf_1_…`.
fn named() -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for file in files().iter().filter(|file| !file.path.ends_with("tidy/rules.rs")) {
        let tests = if file.is_test() {
            Some(file.text.as_str())
        } else {
            file.text.split_once("#[cfg(test)]\nmod tests {").map(|(_, tests)| tests)
        };
        for (family, count) in RULES {
            let of = |n: &u32| {
                tests.is_some_and(|text| names(text, &format!("{family}-{n}")) || names(text, &format!("{}_{n}", family.to_lowercase())))
            };
            named.extend((1..=*count).filter(of).map(|n| format!("{family}-{n}")));
        }
    }
    named
}

/// Whether the text holds the name whole: `RF-1` is not in `RF-10`.
fn names(text: &str, name: &str) -> bool {
    let ends = |at: usize| !text[at + name.len()..].starts_with(|c: char| c.is_ascii_digit());
    let begins = |at: usize| !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric());
    text.match_indices(name).any(|(at, _)| begins(at) && ends(at))
}

#[test]
fn every_rule_is_named_by_a_test() {
    let named = named();
    let open: BTreeSet<&str> = OPEN.iter().map(|(rule, _)| *rule).collect();
    let all = RULES.iter().flat_map(|(family, count)| (1..=*count).map(move |n| format!("{family}-{n}")));
    let lacking: Vec<String> = all.filter(|rule| !named.contains(rule) && !open.contains(rule.as_str())).collect();
    none("name a rule in the test that fails when it is broken", &lacking);
    let kept: Vec<String> = open.iter().filter(|rule| named.contains(**rule)).map(|rule| (*rule).to_owned()).collect();
    none("a rule with a test is open no longer", &kept);
}
