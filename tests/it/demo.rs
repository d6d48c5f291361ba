//! The demo as a whole: the command that a newcomer tries first.

use std::process::Command;

/// Plays the month in a process of its own. Its figures are compared with the worked examples by the demo itself, which ends with 1 when
/// one differs.
#[test]
fn the_demo_comes_out_as_the_worked_examples_say() {
    let played = Command::new(env!("CARGO_BIN_EXE_tributary"))
        .args(["demo", "--exit", "--listen", "127.0.0.1:0"])
        .env_remove("DATABASE_URL")
        .env_remove("REDIS_URL")
        .output()
        .expect("the binary runs");
    let told = String::from_utf8(played.stdout).expect("text");
    let log = String::from_utf8_lossy(&played.stderr);
    assert!(played.status.success(), "{told}\n{log}");
    for (beginning, expected) in [
        ("Duplicates ignored", "Duplicates ignored        5 of 144 deliveries"),
        ("Ledger sums to zero", "Ledger sums to zero       yes (JPY, KWD, USD)"),
        ("Ana      USD", "Ana      USD         18.00   141.00"),
        ("Ben      USD", "Ben      USD         40.00   102.00"),
    ] {
        let line = told.lines().find(|line| line.starts_with(beginning));
        assert_eq!(line, Some(expected), "{told}");
    }
    assert!(!told.contains('\u{1b}'), "colours belong to terminals alone");
}
