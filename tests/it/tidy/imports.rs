//! Who may import whom: downward only, and siblings never each other. The picture is in `docs/architecture.md`.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::none;
use super::source::{File, files};

/// The modules of the `tributary` crate, from the ground up. A module may use those in rows before its own.
const ROWS: &[&[&str]] = &[
    &["clock", "config", "domain"],
    &["auth", "counter", "delivery", "pubsub", "queue", "store", "stripe", "telemetry"],
    &["service"],
    &["graphql", "worker"],
    &["http"],
    &["app", "cli"],
    &["demo"],
    &["command"],
    &["main"],
];

/// Uses that break the rows, each as (who, whom, why it may).
const EXCUSED: &[(&str, &str, &str)] = &[];

/// Modules that may see the tables of `entity`, and not only its `value`: the store, and all that stands above it.
fn may_see_tables(module: &str) -> bool {
    module == "store" || row(module).is_some_and(|row| row > 1)
}

fn row(module: &str) -> Option<usize> {
    ROWS.iter().position(|row| row.contains(&module))
}

/// A path that is used: where it is written, and its segments from the root of the crate (`domain`, `settle`) or `entity`.
struct Used {
    line: usize,
    /// `crate` for a path of the own crate, else the name of the other crate.
    from: String,
    first: String,
}

/// Finds `crate::a::b`, `crate::{a, b}`, `super::super::a`, `entity::a` and `entity::{a, b}`, in code and in macros alike.
struct Finder {
    /// Segments of the module that the tokens are in.
    module: Vec<String>,
    used: Vec<Used>,
}

impl Finder {
    fn walk(&mut self, stream: TokenStream) {
        let tokens: Vec<TokenTree> = stream.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            match &tokens[at] {
                TokenTree::Ident(ident) if ident == "mod" => at = self.inline_module(&tokens, at),
                TokenTree::Ident(ident) if ["crate", "super", "entity", "tributary"].contains(&ident.to_string().as_str()) => {
                    at = self.path(&tokens, at);
                }
                TokenTree::Group(group) => {
                    self.walk(group.stream());
                    at += 1;
                }
                _ => at += 1,
            }
        }
    }

    /// `mod name { ... }`: what is inside is one module deeper.
    fn inline_module(&mut self, tokens: &[TokenTree], at: usize) -> usize {
        if let (Some(TokenTree::Ident(name)), Some(TokenTree::Group(body))) = (tokens.get(at + 1), tokens.get(at + 2)) {
            self.module.push(name.to_string());
            self.walk(body.stream());
            self.module.pop();
            return at + 3;
        }
        at + 1
    }

    /// A path from its root on. Gives where to go on.
    fn path(&mut self, tokens: &[TokenTree], mut at: usize) -> usize {
        let root = tokens[at].to_string();
        let line = tokens[at].span().start().line;
        let inside_a_path = at > 0 && matches!(&tokens[at - 1], TokenTree::Punct(punct) if punct.as_char() == ':');
        at += 1;
        let mut base = match root.as_str() {
            "super" => self.module.clone(),
            _ => Vec::new(),
        };
        let mut ups = usize::from(root == "super");
        while let Some(next) = after_colons(tokens, at) {
            match &tokens[next] {
                TokenTree::Ident(ident) if ident == "super" && root == "super" => {
                    ups += 1;
                    at = next + 1;
                }
                TokenTree::Ident(ident) if !inside_a_path => {
                    self.note(&root, &mut base, ups, &ident.to_string(), line);
                    return next + 1;
                }
                TokenTree::Group(group) if !inside_a_path && group.delimiter() == Delimiter::Brace => {
                    for first in first_segments(group.stream()) {
                        self.note(&root, &mut base.clone(), ups, &first, line);
                    }
                    return next + 1;
                }
                _ => return next + 1,
            }
        }
        at
    }

    fn note(&mut self, root: &str, base: &mut Vec<String>, ups: usize, next: &str, line: usize) {
        base.truncate(base.len().saturating_sub(ups));
        base.push(next.to_owned());
        let from = match root {
            "super" | "tributary" => "crate".to_owned(),
            other => other.to_owned(),
        };
        self.used.push(Used { line, from, first: base.swap_remove(0) });
    }
}

/// Where the token after `::` is, when `::` comes now.
fn after_colons(tokens: &[TokenTree], at: usize) -> Option<usize> {
    let colon = |token: Option<&TokenTree>| matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
    let double = colon(tokens.get(at)) && colon(tokens.get(at + 1)) && at + 2 < tokens.len();
    double.then_some(at + 2)
}

/// The first segment of each path between the braces of a `use`.
fn first_segments(stream: TokenStream) -> Vec<String> {
    let mut firsts = Vec::new();
    let mut fresh = true;
    for token in stream {
        match &token {
            TokenTree::Ident(ident) if fresh => {
                firsts.push(ident.to_string());
                fresh = false;
            }
            TokenTree::Punct(punct) if punct.as_char() == ',' => fresh = true,
            _ => {}
        }
    }
    firsts
}

/// The module that a file of `src` holds: `src/http/mod.rs` is `http`, `src/config/parse.rs` is `config::parse`.
fn module_of(path: &str) -> Option<Vec<String>> {
    let inside = path.strip_prefix("src/")?.strip_suffix(".rs")?;
    let inside = inside.strip_suffix("/mod").unwrap_or(inside);
    Some(inside.split('/').map(str::to_owned).collect())
}

/// What is wrong with the imports of one file.
fn wrong(path: &str, tokens: TokenStream) -> Vec<String> {
    let Some(module) = module_of(path).filter(|module| module[0] != "lib") else {
        return Vec::new();
    };
    let me = module[0].clone();
    let mut finder = Finder { module, used: Vec::new() };
    finder.walk(tokens);
    let Some(mine) = row(&me) else {
        return vec![format!("{path}: `{me}` has no row; give it one in tests/it/tidy/imports.rs and docs/architecture.md")];
    };
    let look = |used: Used| {
        let Used { line, from, first } = used;
        let excused = EXCUSED.iter().any(|(who, whom, _)| *who == me && *whom == first);
        if from == "entity" {
            let fine = first == "value" || may_see_tables(&me);
            return (!fine)
                .then(|| format!("{path}:{line}: `{me}` sees the table `entity::{first}`; only the store and what is above it may"));
        }
        let theirs = row(&first)?;
        let fine = first == me || theirs < mine || excused;
        let kind = if theirs == mine { "its sibling" } else { "what is above it" };
        (!fine).then(|| format!("{path}:{line}: `{me}` uses `{first}`, {kind}"))
    };
    finder.used.into_iter().filter_map(look).collect()
}

#[test]
fn modules_import_downward_only() {
    let violations: Vec<String> = files()
        .iter()
        .filter(|file| file.is_rust() && !file.path.starts_with("tests/"))
        .flat_map(|file| wrong(&file.path, file.tokens()))
        .collect();
    none("imports go downward only", &violations);
}

#[test]
fn the_crates_import_downward_only() {
    let of = |root: &'static str| move |file: &&File| file.is_rust() && file.path.starts_with(root);
    let names = |file: &File, crates: &[&str]| -> Vec<String> {
        let named = |(line, token): (usize, TokenTree)| {
            let name = token.to_string();
            crates.contains(&name.as_str()).then(|| format!("{}:{line}: names the crate `{name}`", file.path))
        };
        super::source::all_tokens(file).into_iter().filter_map(named).collect()
    };
    let files = files();
    let mut violations: Vec<String> =
        files.iter().filter(of("entity/src/")).flat_map(|file| names(file, &["tributary", "migration"])).collect();
    violations.extend(files.iter().filter(of("migration/src/")).flat_map(|file| names(file, &["tributary", "entity"])));
    // The shared vocabulary stands below the tables that are made of it.
    for file in files.iter().filter(of("entity/src/value/")) {
        let table = |line: &str| line.trim_start().starts_with("use crate::") && !line.contains("crate::value");
        let found = file.text.lines().enumerate().filter(|(_, line)| table(line));
        violations.extend(found.map(|(line, _)| format!("{}:{}: `value` uses a table", file.path, line + 1)));
    }
    none("entity and migration stand alone", &violations);
}

#[test]
fn every_module_of_the_crate_has_a_row() {
    let lib = files().into_iter().find(|file| file.path == "src/lib.rs").expect("src/lib.rs");
    let modules = lib.text.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    let without: Vec<String> = modules.filter(|module| row(module).is_none()).map(str::to_owned).collect();
    none("give these modules a row in tests/it/tidy/imports.rs and docs/architecture.md", &without);
}

/// The rule can fail: a rule that cannot proves nothing.
#[test]
fn an_upward_or_sideways_import_is_found() {
    for (path, code, expected) in [
        ("src/domain/base.rs", "use crate::store::Db;", "`domain` uses `store`, what is above it"),
        ("src/domain/mod.rs", "fn f() { assert!(crate::clock::now()); }", "`domain` uses `clock`, its sibling"),
        ("src/store/a/b.rs", "use crate::{domain::base, queue::Queue};", "`store` uses `queue`, its sibling"),
        ("src/store/page.rs", "use super::super::service;", "`store` uses `service`, what is above it"),
        ("src/store/page.rs", "mod tests { use super::super::super::http::x; }", "`store` uses `http`, what is above it"),
        ("src/auth/api_key.rs", "use entity::{api_key, value::Mode};", "sees the table `entity::api_key`"),
        ("src/cellar.rs", "", "`cellar` has no row"),
    ] {
        let found = wrong(path, code.parse().expect("tokens"));
        assert!(found.len() == 1 && found[0].contains(expected), "{path} {code}: {found:?}");
    }
    for (path, code) in [
        ("src/store/a/b.rs", "use crate::{domain::base, store::page}; use super::super::page; use entity::purchase;"),
        ("src/service/settle.rs", "use super::retry; use crate::queue::{self, Job};"),
        ("src/auth/api_key.rs", "use entity::value::{Mode, ApiKeyId};"),
        ("src/main.rs", "use tributary::{app, cli::Cli};"),
    ] {
        assert_eq!(wrong(path, code.parse().expect("tokens")), Vec::<String>::new(), "{path} {code}");
    }
}
