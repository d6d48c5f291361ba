//! The `tributary` binary: reads the command line, sets up what a process needs once, and runs the command.

use std::process::ExitCode;

use tributary::cli::{Cli, CliError};
use tributary::telemetry;

fn main() -> ExitCode {
    let (command, settings) = match Cli::read(std::env::args_os()) {
        Ok(cli) => cli.into_parts(),
        Err(CliError::Usage(error)) => error.exit(),
        Err(CliError::Settings(error)) => return fail(&error),
    };
    // Exactly one TLS provider in the process; a second installation is refused, and then the first one is in place already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    if let Err(error) = telemetry::init_logs(&settings.log, settings.log_format) {
        return fail(&error);
    }
    tracing::debug!(?command, "the command line was read");
    ExitCode::SUCCESS
}

/// Says why the program ends, on the one channel that is there before logs are.
#[allow(clippy::print_stderr)]
fn fail(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("tributary: {error}");
    ExitCode::from(2)
}
