//! The `tributary` binary: reads the command line, sets up what a process needs once, and runs the command.

use std::process::ExitCode;

use tributary::cli::{Cli, CliError, Command};
use tributary::{command, telemetry};

fn main() -> ExitCode {
    let (command, settings) = match Cli::read(std::env::args_os()) {
        Ok(cli) => cli.into_parts(),
        Err(CliError::Usage(error)) => error.exit(),
        Err(CliError::Settings(error)) => return fail(&error),
    };
    // Exactly one TLS provider in the process; a second installation is refused, and then the first one is in place already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // The demo speaks for itself; beside it the usual log would only stand between its lines.
    let filter = if matches!(command, Command::Demo(_)) && settings.log == "info" { "warn" } else { &settings.log };
    if let Err(error) = telemetry::init_logs(filter, settings.log_format) {
        return fail(&error);
    }
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    let outcome = runtime.block_on(command::run(command, settings));
    // Whatever still runs after a stop that took too long is cut off; the database says at the next start what is left.
    runtime.shutdown_background();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            fail(&error);
            ExitCode::FAILURE
        }
    }
}

/// Says why the program ends, on the one channel that is there before logs are.
#[allow(clippy::print_stderr)]
fn fail(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("tributary: {error}");
    ExitCode::from(2)
}
