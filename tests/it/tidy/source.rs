//! The files of the repository as git knows them, and the tokens of the Rust ones.

use std::path::{Path, PathBuf};
use std::process::Command;

use proc_macro2::{TokenStream, TokenTree};

/// A file of the repository.
pub struct File {
    /// From the root of the repository, with slashes.
    pub path: String,
    pub text: String,
}

impl File {
    pub fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Rust that runs in production: the crates without their tests.
    pub fn is_product(&self) -> bool {
        let inside = ["src/", "entity/src/", "migration/src/"].iter().any(|root| self.path.starts_with(root));
        self.is_rust() && inside && !self.is_test()
    }

    /// A file of unit tests beside its module, or anything under `tests`.
    pub fn is_test(&self) -> bool {
        let parts: Vec<&str> = self.path.split('/').collect();
        self.path.ends_with("/tests.rs") || parts.contains(&"tests")
    }

    /// The file as tokens; comments are gone, and doc comments have become text in attributes.
    pub fn tokens(&self) -> TokenStream {
        self.text.parse().unwrap_or_else(|error| panic!("{}: {error}", self.path))
    }
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every text file that is tracked, or would be by `git add .`.
pub fn files() -> Vec<File> {
    let git = Command::new("git")
        .args(["-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .expect("git lists the files of the repository");
    assert!(git.status.success(), "git ls-files: {}", String::from_utf8_lossy(&git.stderr));
    let listed = String::from_utf8(git.stdout).expect("names of files are text");
    let read = |path: &str| {
        // A file that is deleted and not committed yet is still listed, and a binary one is no text.
        let text = String::from_utf8(std::fs::read(root().join(PathBuf::from(path))).ok()?).ok()?;
        Some(File { path: path.to_owned(), text })
    };
    let files: Vec<File> = listed.split_terminator('\0').filter_map(read).collect();
    assert!(files.len() > 50, "only {} files were found", files.len());
    files
}

/// Every token with its line, groups opened, outside of `#[cfg(test)]` items.
pub fn product_tokens(file: &File) -> Vec<(usize, TokenTree)> {
    let mut all = Vec::new();
    flatten(without_tests(file.tokens()), &mut all);
    all
}

/// Every token with its line, groups opened. A group is followed by what it holds.
pub fn all_tokens(file: &File) -> Vec<(usize, TokenTree)> {
    let mut all = Vec::new();
    flatten(file.tokens(), &mut all);
    all
}

fn flatten(stream: TokenStream, all: &mut Vec<(usize, TokenTree)>) {
    for token in stream {
        let inner = match &token {
            TokenTree::Group(group) => Some(group.stream()),
            _ => None,
        };
        all.push((token.span().start().line, token));
        if let Some(inner) = inner {
            flatten(inner, all);
        }
    }
}

/// Takes out each item that follows `#[cfg(test)]`: all tokens up to its braces or its semicolon.
fn without_tests(stream: TokenStream) -> TokenStream {
    let mut kept = Vec::new();
    let mut skipping = false;
    let mut tokens = stream.into_iter().peekable();
    while let Some(token) = tokens.next() {
        if skipping {
            let ends = match &token {
                TokenTree::Group(group) => group.delimiter() == proc_macro2::Delimiter::Brace,
                TokenTree::Punct(punct) => punct.as_char() == ';',
                _ => false,
            };
            skipping = !ends;
            continue;
        }
        let attribute = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '#');
        if attribute && tokens.peek().is_some_and(|next| next.to_string().replace(' ', "") == "[cfg(test)]") {
            tokens.next();
            skipping = true;
            continue;
        }
        kept.push(match token {
            TokenTree::Group(group) => {
                let mut inner = proc_macro2::Group::new(group.delimiter(), without_tests(group.stream()));
                inner.set_span(group.span());
                TokenTree::Group(inner)
            }
            other => other,
        });
    }
    kept.into_iter().collect()
}
