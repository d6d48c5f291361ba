//! How long files and functions are, and what folders say of themselves.

use syn::spanned::Spanned;
use syn::visit::Visit;

use super::none;
use super::source::{File, files};

const FILE_LINES: usize = 400;
const FUNCTION_LINES: usize = 70;

/// Files over the limit, each with the reason why it is not cut.
const LONG_FILES: &[(&str, &str)] = &[];

/// Functions over the limit, each with the reason why it is not cut.
const LONG_FUNCTIONS: &[(&str, &str, &str)] = &[
    ("migration/tests/schema/unique.rs", "bites_within_a_mode", "one line for each index, which the formatter spreads over seven"),
    ("migration/tests/schema/unique.rs", "one_is_in_force", "as above"),
    ("migration/tests/schema/rows/mod.rs", "rows", "two lines for each table"),
];

/// What people write, and not a tool.
fn is_written(file: &File) -> bool {
    let ends = [".rs", ".mjs", ".js", ".py", ".sh", ".lua", ".html"];
    let script = file.text.starts_with("#!");
    ends.iter().any(|end| file.path.ends_with(end)) || script
}

#[test]
fn no_file_is_longer_than_400_lines() {
    let long = |file: &File| {
        let lines = file.text.lines().count();
        let excused = LONG_FILES.iter().any(|(path, _)| *path == file.path);
        (lines > FILE_LINES && !excused).then(|| format!("{}: {lines} lines", file.path))
    };
    let violations: Vec<String> = files().iter().filter(|file| is_written(file)).filter_map(long).collect();
    none("cut these files along a seam", &violations);
}

/// Finds functions that are too long, from `fn` to the closing brace.
struct Functions<'a> {
    path: &'a str,
    long: Vec<String>,
}

impl Functions<'_> {
    fn look(&mut self, name: &syn::Ident, signature: proc_macro2::Span, block: proc_macro2::Span) {
        let (start, end) = (signature.start().line, block.end().line);
        let lines = end + 1 - start;
        let excused = LONG_FUNCTIONS.iter().any(|(path, function, _)| *path == self.path && name == function);
        if lines > FUNCTION_LINES && !excused {
            self.long.push(format!("{}:{start}: `{name}` has {lines} lines", self.path));
        }
    }
}

impl<'ast> Visit<'ast> for Functions<'_> {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.look(&function.sig.ident, function.sig.fn_token.span(), function.block.span());
        syn::visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.look(&function.sig.ident, function.sig.fn_token.span(), function.block.span());
        syn::visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        if let Some(block) = &function.default {
            self.look(&function.sig.ident, function.sig.fn_token.span(), block.span());
        }
        syn::visit::visit_trait_item_fn(self, function);
    }
}

#[test]
fn no_function_is_longer_than_70_lines() {
    let mut violations = Vec::new();
    for file in files().iter().filter(|file| file.is_rust()) {
        let tree = syn::parse_file(&file.text).unwrap_or_else(|error| panic!("{}: {error}", file.path));
        let mut functions = Functions { path: &file.path, long: Vec::new() };
        functions.visit_file(&tree);
        violations.append(&mut functions.long);
    }
    none("cut these functions", &violations);
}

#[test]
fn every_folder_and_crate_says_what_it_is() {
    let heads = ["mod.rs", "lib.rs", "main.rs"];
    let is_head = |file: &&File| heads.contains(&file.path.rsplit('/').next().unwrap_or_default());
    let silent = |file: &File| (!file.text.starts_with("//!")).then(|| format!("{}: does not begin with `//!`", file.path));
    let violations: Vec<String> = files().iter().filter(is_head).filter_map(silent).collect();
    none("say what the folder decides or holds, and what it never does", &violations);
}
