//! How quickly a long history is counted anew, and in how much memory.
//!
//! `cargo bench --bench replay -- 100000` stores so many purchases of real shape in SQLite and PostgreSQL, each settled as the engine settles
//! it; then, each in a process of its own: reads all rows that settling gathers and decides nothing (`read`); counts anew by the terms in force,
//! which must change nothing (`replay`); and works out rules that change every commission (`simulate`). With `--post` it also brings that
//! about (`reattribute`). Prints purchases for each second and the greatest memory of each process. PostgreSQL is the one that
//! `TRIBUTARY_TEST_POSTGRES` names, and is left out with `--sqlite`.
//!
//! `stage <database> <customers> <purchases of each>` stores a shop for `benches/run`, which measures an instance that serves it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "a benchmark talks to the person at the terminal")]

mod rows;
mod run;
mod seed;
mod stage;
mod told;

use std::process::Command;

use sea_orm::{ConnectionTrait, Database};

/// How many purchases when nothing is said.
const USUAL: usize = 100_000;

fn main() {
    // Cargo adds a flag of its own.
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words[..] {
        ["seed", url, purchases] => runtime.block_on(seed::seed(url, purchases.parse().unwrap())),
        ["stage", url, customers, bought] => {
            runtime.block_on(stage::stage(url, customers.parse().unwrap(), bought.parse().unwrap()));
        }
        [what @ ("read" | "replay" | "simulate" | "reattribute"), url] => runtime.block_on(run::run(what, url)),
        _ => {
            let purchases = words.iter().find_map(|word| word.parse().ok()).unwrap_or(USUAL);
            runtime.block_on(all(purchases, &words));
        }
    }
}

async fn all(purchases: usize, words: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = format!("sqlite://{}/bench.db", folder.path().display());
    play("SQLite", &sqlite, purchases, words);
    if words.contains(&"--sqlite") {
        return;
    }
    let server = std::env::var("TRIBUTARY_TEST_POSTGRES").unwrap_or_else(|_| "postgres://root@127.0.0.1:5432/postgres".to_owned());
    let Ok(postgres) = Database::connect(&server).await else {
        println!("no PostgreSQL at {server}");
        return;
    };
    let name = format!("tributary_bench_{:016x}", rand::random::<u64>());
    postgres.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
    let mut own = url::Url::parse(&server).unwrap();
    own.set_path(&name);
    play("PostgreSQL", own.as_str(), purchases, words);
    postgres.execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)")).await.unwrap();
}

/// Each step in a process of its own, so that each has its own greatest memory.
fn play(kind: &str, url: &str, purchases: usize, words: &[&str]) {
    println!("{kind}, {purchases} purchases");
    let step = |args: &[&str]| {
        let done = Command::new(std::env::current_exe().unwrap()).args(args).status().unwrap();
        assert!(done.success(), "{args:?}");
    };
    step(&["seed", url, &purchases.to_string()]);
    for what in ["read", "replay", "simulate"] {
        step(&[what, url]);
    }
    if words.contains(&"--post") {
        step(&["reattribute", url]);
    }
}
