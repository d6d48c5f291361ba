//! What the demo says, on standard output. Colours only where a person looks.

use std::fmt::Display;
use std::io::{IsTerminal, Write};

const BOLD: &str = "1";
const DIM: &str = "2";
const RED: &str = "31";
const GREEN: &str = "32";

/// Standard output. Who stopped reading it wants to hear no more, so what cannot be written is left out.
#[derive(Clone, Copy, Debug)]
pub struct Out {
    colour: bool,
}

impl Out {
    /// Standard output as it is.
    pub fn new() -> Self {
        Self { colour: std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none() }
    }

    /// A line.
    pub fn line(self, text: impl Display) {
        let _ = writeln!(std::io::stdout(), "{text}");
    }

    /// A heading with space above it.
    pub fn heading(self, text: &str) {
        self.line(format_args!("\n{}", self.paint(BOLD, text)));
    }

    /// Something of lesser weight.
    pub fn aside(self, text: &str) {
        self.line(self.paint(DIM, text));
    }

    /// What went as it should.
    pub fn good(self, text: &str) {
        self.line(self.paint(GREEN, text));
    }

    /// What did not.
    pub fn bad(self, text: &str) {
        self.line(self.paint(RED, text));
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}
