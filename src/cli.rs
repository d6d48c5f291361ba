//! The command line: which command, and the settings for it. Parses only; running is the business of `main`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use entity::value::{ApiKeyKind, MerchantId, Mode, ProgramId};
use thiserror::Error;

use crate::config::{self, Settings, SettingsError};

/// Self-hosted GraphQL API gateway with an affiliate-tracking engine for Stripe.
///
/// Without a command it serves. Every setting has a flag and an environment variable; the flag wins.
#[derive(Clone, Debug, Parser)]
#[command(name = "tributary", version)]
pub struct Cli {
    /// The settings.
    #[command(flatten)]
    pub settings: Settings,
    #[command(subcommand)]
    command: Option<Command>,
}

/// What to do.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Serve HTTP and, unless told otherwise, work through the queue in the same process (the default)
    Serve(Serve),
    /// Work through the queue without serving, beside other processes that serve
    Worker,
    /// Bring the database to the newest schema, and end
    Migrate,
    /// Print the GraphQL schema, or write it to a file
    Schema(Schema),
    /// Make an API key or an access token at the shell, and print it once
    Token(Token),
    /// Make a token by which somebody who forgot the password sets a new one, once and within half an hour, and print it
    PasswordReset(PasswordReset),
    /// After the instance secret was changed: seal everything anew under it, beside running processes. Can be broken off and run again
    Reseal,
    /// Show how many events wait for an account that no connection has proved to own, and how new they are. For the operator
    Unrouted,
    /// Bring in daily exchange rates for every merchant of this instance, from a file
    Rates(Rates),
    /// Ask a running instance whether it is ready; ends with 0 when it is, 1 when not. For containers
    Healthcheck(Healthcheck),
    /// Play a month of a shop over HTTP on a fresh database, with a pretended Stripe; show what was earned and why; then serve it
    Demo(Demo),
}

/// `serve`.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct Serve {
    /// Serve only; separate `worker` processes work through the queue (needs REDIS_URL and PostgreSQL)
    #[arg(long)]
    pub no_worker: bool,
}

/// `schema`.
#[derive(Args, Clone, Debug)]
pub struct Schema {
    /// The file to write [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// `token`.
#[derive(Args, Clone, Debug)]
pub struct Token {
    /// The merchant it is for, as mrc_...
    #[arg(long, value_name = "ID")]
    pub merchant: MerchantId,
    /// What to make
    #[arg(long, value_enum)]
    pub kind: TokenKind,
    /// The mode an API key works in
    #[arg(long, value_enum, default_value = "test")]
    pub mode: TokenMode,
    /// A name by which people know the API key
    #[arg(long, default_value = "made at the shell")]
    pub name: String,
    /// For an access token: the e-mail address of a member of the merchant
    #[arg(long, value_name = "E-MAIL", required_if_eq("kind", "access"))]
    pub user: Option<String>,
    /// For a publishable key: the only program it is for, as prg_...
    #[arg(long, value_name = "ID")]
    pub program: Option<ProgramId>,
    /// For a publishable key: an origin it may be used from, such as `https://shop.example` or `https://*.shop.example`; may be repeated
    #[arg(long = "origin", value_name = "ORIGIN", required_if_eq("kind", "publishable"))]
    pub origins: Vec<String>,
}

/// What `token` makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TokenKind {
    /// A secret API key, for the merchant's server
    Secret,
    /// A publishable API key, for the snippet
    Publishable,
    /// An access token of a user, for 15 minutes
    Access,
}

impl TokenKind {
    /// The kind of API key, or `None` for an access token.
    #[must_use]
    pub const fn api_key(self) -> Option<ApiKeyKind> {
        match self {
            Self::Secret => Some(ApiKeyKind::Secret),
            Self::Publishable => Some(ApiKeyKind::Publishable),
            Self::Access => None,
        }
    }
}

/// The mode, as typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TokenMode {
    /// Test data
    Test,
    /// Real money
    Live,
}

impl From<TokenMode> for Mode {
    fn from(mode: TokenMode) -> Self {
        match mode {
            TokenMode::Test => Self::Test,
            TokenMode::Live => Self::Live,
        }
    }
}

/// `password-reset`.
#[derive(Args, Clone, Debug)]
pub struct PasswordReset {
    /// The e-mail address of the user
    #[arg(long, value_name = "E-MAIL")]
    pub user: String,
}

/// `rates`.
#[derive(Args, Clone, Debug)]
pub struct Rates {
    /// What to do with them
    #[command(subcommand)]
    pub command: RatesCommand,
}

/// What `rates` does.
#[derive(Clone, Debug, Subcommand)]
pub enum RatesCommand {
    /// Take a file of lines `date,base,quote,rate`, such as `2025-01-31,EUR,USD,1.0393`; all of them or none
    Import(RatesImport),
}

/// `rates import`.
#[derive(Args, Clone, Debug)]
pub struct RatesImport {
    /// The file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Who says so [default: the name of the file]
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    /// Replace rates that are known otherwise; what was converted by them stays
    #[arg(long)]
    pub replace: bool,
}

/// `healthcheck`.
#[derive(Args, Clone, Debug)]
pub struct Healthcheck {
    /// The instance to ask [default: the listening address on this machine]
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
}

/// `demo`.
#[derive(Args, Clone, Copy, Debug)]
pub struct Demo {
    /// End after the story in place of serving; with 0 when every figure in it is right
    #[arg(long)]
    pub exit: bool,
}

/// Why the command line could not be followed.
#[derive(Debug, Error)]
pub enum CliError {
    /// A setting has a wrong value.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// An unknown command or flag, or `--help` or `--version`: clap words and prints these itself.
    #[error(transparent)]
    Usage(#[from] clap::Error),
}

impl Cli {
    /// Reads arguments, the program's name first, and the environment.
    ///
    /// # Errors
    /// `Settings` for a wrong value of a setting, `Usage` for all else that ends the program, `--help` included.
    pub fn read<T: Into<OsString> + Clone>(arguments: impl IntoIterator<Item = T>) -> Result<Self, CliError> {
        // Settings may stand before or after the command.
        let command = Self::command().mut_args(|argument| argument.global(true));
        let read = command.clone().try_get_matches_from(arguments).and_then(|matches| Self::from_arg_matches(&matches));
        read.map_err(|error| config::explain(command, &error).map_or_else(|| error.into(), Into::into))
    }

    /// The command and the settings for it.
    #[must_use]
    pub fn into_parts(self) -> (Command, Settings) {
        (self.command.unwrap_or(Command::Serve(Serve::default())), self.settings)
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use rstest::rstest;

    use super::{Cli, CliError, Command, TokenKind};

    fn read(line: &str) -> Result<(Command, crate::config::Settings), CliError> {
        Cli::read(std::iter::once("tributary").chain(line.split_whitespace())).map(Cli::into_parts)
    }

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().mut_args(|argument| argument.global(true)).debug_assert();
    }

    #[rstest]
    #[case("", "Serve(Serve { no_worker: false })")]
    #[case("serve", "Serve(Serve { no_worker: false })")]
    #[case("serve --no-worker", "Serve(Serve { no_worker: true })")]
    #[case("worker", "Worker")]
    #[case("migrate", "Migrate")]
    #[case("schema", "Schema(Schema { out: None })")]
    #[case("schema --out x.graphql", "Schema(Schema { out: Some(\"x.graphql\") })")]
    #[case("healthcheck", "Healthcheck(Healthcheck { url: None })")]
    #[case("unrouted", "Unrouted")]
    #[case("reseal", "Reseal")]
    #[case("rates import ecb.csv", "Rates(Rates { command: Import(RatesImport { file: \"ecb.csv\", source: None, replace: false }) })")]
    #[case("demo", "Demo(Demo { exit: false })")]
    #[case("demo --exit", "Demo(Demo { exit: true })")]
    fn commands_are_read(#[case] line: &str, #[case] expected: &str) {
        assert_eq!(format!("{:?}", read(line).unwrap().0), expected);
    }

    #[rstest]
    #[case("--workers=7")]
    #[case("--workers=7 serve")]
    #[case("serve --workers=7")]
    #[case("worker --workers 7")]
    fn settings_stand_before_or_after_the_command(#[case] line: &str) {
        assert_eq!(read(line).unwrap().1.workers, 7);
    }

    #[test]
    fn a_token_needs_a_merchant_a_kind_and_what_the_kind_needs() {
        let merchant = entity::value::MerchantId::new();
        let (command, _) = read(&format!("token --merchant {merchant} --kind secret --mode live")).unwrap();
        let Command::Token(token) = command else { panic!("{command:?}") };
        assert_eq!((token.merchant, token.kind), (merchant, TokenKind::Secret));
        assert!(entity::value::Mode::from(token.mode).livemode());
        for line in [
            "token".to_owned(),
            "token --kind secret".to_owned(),
            format!("token --merchant {merchant}"),
            format!("token --merchant {merchant} --kind access"),
            format!("token --merchant {merchant} --kind publishable"),
            format!("token --merchant {merchant} --kind root"),
        ] {
            assert!(matches!(read(&line), Err(CliError::Usage(_))), "{line}");
        }
    }

    #[test]
    fn a_wrong_setting_is_told_in_our_words_and_a_wrong_id_too() {
        let error = read("serve --workers=0").unwrap_err();
        assert_eq!(error.to_string(), "TRIBUTARY_WORKERS (--workers) is \"0\"; it must be a whole number from 1 to 64");
        let error = read("token --kind secret --merchant cus_1").unwrap_err();
        assert_eq!(error.to_string(), "--merchant <ID>: expected an id that starts with `mrc_`");
    }

    #[test]
    fn help_explains_every_command_and_setting_and_shows_no_secret() {
        let Err(CliError::Usage(help)) = read("--help") else { panic!("no help") };
        assert_eq!(help.kind(), clap::error::ErrorKind::DisplayHelp);
        let command = Cli::command();
        for argument in command.get_arguments() {
            assert!(argument.get_help().is_some(), "{argument}");
            let secret =
                ["secret", "token", "database-url", "redis-url"].iter().any(|word| argument.get_long().is_some_and(|l| l.contains(word)));
            assert!(!secret || argument.is_hide_env_values_set() || argument.get_long() == Some("secret-file"), "{argument}");
        }
        assert!(command.get_subcommands().all(|one| one.get_about().is_some()));
    }
}
