//! Does what the command line says. What a command prints for people or pipes goes to standard output; the log goes to standard error.

mod rates;
mod token;
mod unrouted;

use std::time::Duration;

use secrecy::ExposeSecret;
use thiserror::Error;

use crate::app::{self, App, AppError};
use crate::cli::{Command, Healthcheck, RatesCommand, Schema, Serve};
use crate::clock::Clock;
use crate::config::Settings;
use crate::demo::{self, DemoError};
use crate::graphql;
use crate::service::ServiceError;
use crate::service::password_reset;
use crate::service::reseal::{self, Resealed};
use crate::store::StoreError;

/// How long an instance may take to say whether it is ready.
const HEALTH_WITHIN: Duration = Duration::from_secs(5);

/// Why a command failed.
#[derive(Debug, Error)]
pub enum CommandError {
    /// The parts could not be put together, or the server failed.
    #[error(transparent)]
    App(#[from] AppError),
    /// A service refused or failed.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The demo could not be played, or did not come out right.
    #[error(transparent)]
    Demo(#[from] DemoError),
    /// A file could not be written.
    #[error("cannot write {0}: {1}")]
    File(String, std::io::Error),
    /// What was asked for cannot be done; the sentence says why.
    #[error("{0}")]
    Told(String),
}

/// Runs a command to its end.
///
/// # Errors
/// [`CommandError`] as one sentence for people.
pub async fn run(command: Command, settings: Settings) -> Result<(), CommandError> {
    match command {
        Command::Serve(serve) => self::serve(serve, settings).await,
        Command::Worker => work(settings).await,
        Command::Migrate => migrate(settings).await,
        Command::Schema(schema) => write_schema(&schema),
        Command::Token(token) => {
            let app = App::build(settings, Clock::system()).await?;
            print(&token::make(app.services(), &token).await?);
            Ok(())
        }
        Command::PasswordReset(reset) => {
            let app = App::build(settings, Clock::system()).await?;
            print(password_reset::issue(app.services(), &reset.user).await?.expose_secret());
            Ok(())
        }
        Command::Reseal => {
            let app = App::build(settings, Clock::system()).await?;
            print(&resealed(reseal::reseal(app.services()).await?));
            Ok(())
        }
        Command::Unrouted => {
            let app = App::build(settings, Clock::system()).await?;
            print(&unrouted::table(app.services()).await?);
            Ok(())
        }
        Command::Rates(rates) => {
            let RatesCommand::Import(file) = rates.command;
            let app = App::build(settings, Clock::system()).await?;
            print(&rates::import(app.services(), &file).await?);
            Ok(())
        }
        Command::Healthcheck(healthcheck) => ask_health(&healthcheck, &settings).await,
        Command::Demo(demo) => Ok(demo::run(demo, settings).await?),
    }
}

async fn serve(serve: Serve, settings: Settings) -> Result<(), CommandError> {
    if serve.no_worker && settings.redis_url.is_none() {
        return Err(told("serve --no-worker needs REDIS_URL, through which the workers hear of what is to be done"));
    }
    let app = App::build(settings, Clock::system()).await?;
    let server = app.listen()?;
    welcome(&app, &server).await?;
    Ok(app::run(&app, Some(server), !serve.no_worker).await?)
}

async fn work(settings: Settings) -> Result<(), CommandError> {
    if settings.redis_url.is_none() {
        return Err(told("worker needs REDIS_URL, through which it hears of what is to be done; without Redis, serve works too"));
    }
    let app = App::build(settings, Clock::system()).await?;
    let figures = app.listen_for_figures()?;
    Ok(app::run(&app, figures, true).await?)
}

async fn migrate(mut settings: Settings) -> Result<(), CommandError> {
    settings.migrate = true;
    let app = App::build(settings, Clock::system()).await?;
    let left = app.services().db.pending_migrations().await?;
    print(&format!("the database has the newest schema; {left} changes are left"));
    Ok(())
}

fn write_schema(schema: &Schema) -> Result<(), CommandError> {
    let Some(path) = &schema.out else {
        print(graphql::sdl().trim_end());
        return Ok(());
    };
    std::fs::write(path, graphql::sdl()).map_err(|error| CommandError::File(path.display().to_string(), error))
}

async fn ask_health(healthcheck: &Healthcheck, settings: &Settings) -> Result<(), CommandError> {
    let instance = healthcheck.url.clone().unwrap_or_else(|| settings.local_url());
    let address = format!("{}/health/ready", instance.trim_end_matches('/'));
    let client = reqwest::Client::builder().no_proxy().timeout(HEALTH_WITHIN).build();
    let answer = match client {
        Ok(client) => client.get(&address).send().await,
        Err(error) => Err(error),
    };
    match answer {
        Ok(answer) if answer.status().is_success() => Ok(()),
        Ok(answer) => Err(told(format!("{address} answers {}", answer.status()))),
        Err(_) => Err(told(format!("{address} does not answer"))),
    }
}

/// Tells whoever started the process where to go next.
async fn welcome(app: &App, server: &app::Listening) -> Result<(), CommandError> {
    let settings = &app.services().settings;
    let place = settings.public_url();
    print(&format!("Tributary listens on {}", server.address));
    if !settings.is_production() {
        print(&format!("  GraphiQL      {place}/graphql"));
    }
    if let Some(token) = app.setup_token().await? {
        print(&format!("  Set-up token  {token}"));
        print("                This instance has no user yet: make the first one with the mutation instanceSetUp within 24 hours.");
    }
    Ok(())
}

/// What was done, and what the old secret is still good for.
fn resealed(done: Resealed) -> String {
    let Resealed { secrets, hashes, unknown } = done;
    let mut told =
        format!("sealed {secrets} secrets and hashed {hashes} e-mail addresses anew; the database belongs to the current secret now");
    if unknown > 0 {
        told += &format!(
            "\n{unknown} e-mail hashes are of addresses that are not stored: those customers are found by these addresses only while the secret \
             under which they were made is in TRIBUTARY_SECRET_PREVIOUS"
        );
    }
    told + "\nclick tokens that an older secret signed count only while it is in TRIBUTARY_SECRET_PREVIOUS"
}

fn told(sentence: impl Into<String>) -> CommandError {
    CommandError::Told(sentence.into())
}

/// The one place that writes to standard output.
#[allow(clippy::print_stdout, reason = "what a command was asked for is its output")]
fn print(line: &str) {
    println!("{line}");
}
