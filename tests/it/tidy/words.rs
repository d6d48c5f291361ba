//! Words that must not be written: floats near money, a clock past the clock, printing past the printer, work left undone, and
//! names of somebody's machine.

use proc_macro2::TokenTree;

use super::none;
use super::source::{File, files, product_tokens};

/// Files near money that may hold floats, each with the reason.
const FLOATS: &[(&str, &str)] = &[];

/// Files that may ask the machine for the time, each with the reason.
const CLOCKS: &[(&str, &str)] = &[("src/clock.rs", "it is the clock")];

/// Files that may print, each with the reason.
const PRINTERS: &[(&str, &str)] = &[("src/main.rs", "says why the program ends before logs are there")];
/// Folders that may print: commands and the demo talk to the person at the terminal.
const PRINTING: &[&str] = &["src/cli", "src/command", "src/demo"];

/// Crates that `domain` may use. Nothing here waits, asks the machine for anything, or knows Stripe or a database.
const PURE: &[&str] = &["std", "core", "crate", "self", "super", "entity", "chrono", "serde", "serde_json", "thiserror", "uuid"];
/// Words that wait, ask the machine for something, or make something up.
const IMPURE: &[&str] = &["async", "await", "unsafe", "Instant", "SystemTime", "now_v7", "new_v4", "OsRng", "thread_rng"];

fn excused(file: &File, list: &[(&str, &str)]) -> bool {
    list.iter().any(|(path, _)| *path == file.path)
}

fn is_ident(token: &TokenTree, words: &[&str]) -> bool {
    matches!(token, TokenTree::Ident(ident) if words.contains(&ident.to_string().as_str()))
}

/// Whether a literal is a float: `1.5`, `1e3`, `2f64`.
fn is_float(token: &TokenTree) -> bool {
    let TokenTree::Literal(literal) = token else { return false };
    matches!(syn::parse_str::<syn::Lit>(&literal.to_string()), Ok(syn::Lit::Float(_)))
}

#[test]
fn there_are_no_floats_near_money() {
    let near = |file: &&File| ["src/domain/", "src/service/", "entity/src/"].iter().any(|root| file.path.starts_with(root));
    let mut violations = Vec::new();
    for file in files().iter().filter(|file| file.is_product()).filter(near).filter(|file| !excused(file, FLOATS)) {
        let floats = product_tokens(file).into_iter().filter(|(_, token)| is_ident(token, &["f32", "f64"]) || is_float(token));
        violations.extend(floats.map(|(line, token)| format!("{}:{line}: {token}", file.path)));
    }
    none("count in whole minor units and basis points (MO-1, CO-2)", &violations);
}

#[test]
fn only_the_clock_asks_for_the_time() {
    let mut violations = Vec::new();
    for file in files().iter().filter(|file| file.is_product() && !excused(file, CLOCKS)) {
        let tokens = product_tokens(file);
        for window in tokens.windows(4) {
            let named = is_ident(&window[0].1, &["Utc", "Local", "SystemTime"]) && is_ident(&window[3].1, &["now", "today"]);
            let colons = window[1].1.to_string() == ":" && window[2].1.to_string() == ":";
            if named && colons {
                violations.push(format!("{}:{}: {}::{}", file.path, window[0].0, window[0].1, window[3].1));
            }
        }
    }
    none("take the time from a `Clock` that is handed in", &violations);
}

#[test]
fn only_commands_print() {
    let mut violations = Vec::new();
    for file in files().iter().filter(|file| file.is_product() && !excused(file, PRINTERS)) {
        if PRINTING.iter().any(|root| file.path.starts_with(root)) {
            continue;
        }
        for pair in product_tokens(file).windows(2) {
            if is_ident(&pair[0].1, &["print", "println", "eprint", "eprintln", "dbg"]) && pair[1].1.to_string() == "!" {
                violations.push(format!("{}:{}: {}!", file.path, pair[0].0, pair[0].1));
            }
        }
    }
    none("log it with `tracing`, or return it", &violations);
}

#[test]
fn the_domain_is_pure() {
    let mut violations = Vec::new();
    for file in files().iter().filter(|file| file.is_product() && file.path.starts_with("src/domain/")) {
        let tokens = product_tokens(file);
        let impure = tokens.iter().filter(|(_, token)| is_ident(token, IMPURE));
        violations.extend(impure.map(|(line, token)| format!("{}:{line}: {token}", file.path)));
        let following = |word: &'static str| tokens.windows(2).filter(move |pair| is_ident(&pair[0].1, &[word]));
        let children: Vec<String> = following("mod").map(|pair| pair[1].1.to_string()).collect();
        for pair in following("use") {
            let known = is_ident(&pair[1].1, PURE) || children.contains(&pair[1].1.to_string());
            if matches!(pair[1].1, TokenTree::Ident(_)) && !known {
                violations.push(format!("{}:{}: uses the crate `{}`", file.path, pair[0].0, pair[1].1));
            }
        }
    }
    none("domain takes values and returns values, nothing else", &violations);
}

#[test]
fn nothing_is_left_for_later() {
    // Put together here, so that this file does not hold the words itself.
    let words = [concat!("todo", "!("), concat!("unimplemented", "!("), concat!("TO", "DO"), concat!("FIX", "ME")];
    none("do it, or write an issue", &holding(&words, |_| true));
}

#[test]
fn no_file_names_a_machine() {
    let paths = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/Us", "ers/")];
    let hosts = [
        concat!("registry.npmjs", ".org"),
        concat!("files.pythonhosted", ".org"),
        concat!("pypi", ".org/simple"),
        concat!("index.crates", ".io"),
    ];
    // Lock files name a registry by its public name only, or not at all.
    let resolved = [concat!("\"resolved\": ", "\"http"), concat!("[source.", "crates-io]")];
    let mut violations = holding(&paths, |_| true);
    violations.extend(holding(&hosts, |_| true));
    violations.extend(holding(&resolved, |_| true));
    let lock = files().into_iter().find(|file| file.path == "Cargo.lock").expect("Cargo.lock is tracked");
    let public = "registry+https://github.com/rust-lang/crates.io-index";
    let other = |line: &&str| line.strip_prefix("source = \"").is_some_and(|source| source.trim_end_matches('"') != public);
    violations.extend(lock.text.lines().filter(other).map(|line| format!("Cargo.lock: {line}")));
    none("name no machine and no registry", &violations);
}

/// Lines that hold one of the words, in files that `look` asks for.
fn holding(words: &[&str], look: impl Fn(&File) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for file in files().iter().filter(|file| look(file)) {
        for (number, line) in file.text.lines().enumerate() {
            let held = words.iter().filter(|word| line.contains(**word));
            found.extend(held.map(|word| format!("{}:{}: {word}", file.path, number + 1)));
        }
    }
    found
}
