//! `schema.graphql` is what the program serves, and every part of it is described.

use crate::tidy::source::root;

/// `TRIBUTARY_WRITE_DOCS=1 cargo test --test it schema::` writes the file anew, as `tributary schema --out schema.graphql` does.
#[test]
fn the_schema_in_the_repository_is_the_one_that_is_served() {
    let (path, served) = (root().join("schema.graphql"), tributary::graphql::sdl());
    if std::env::var_os("TRIBUTARY_WRITE_DOCS").is_some() {
        std::fs::write(&path, &served).expect("schema.graphql is written");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = kept.lines().zip(served.lines()).position(|(kept, served)| kept != served);
    let line = differs.unwrap_or(kept.lines().count().min(served.lines().count())) + 1;
    assert!(kept == served, "schema.graphql is old from line {line} on; write it with: cargo run -- schema --out schema.graphql");
}
