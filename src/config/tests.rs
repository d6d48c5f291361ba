//! Defaults, the sentence for each wrong value, and the file with the instance secret.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use rstest::rstest;
use secrecy::ExposeSecret;

use super::{Environment, LogFormat, Settings, SettingsError};

const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn settings(flags: &[&str]) -> Settings {
    Settings::from_args(flags).unwrap()
}

#[test]
fn without_any_flag_it_runs_on_this_machine_alone() {
    let settings = settings(&[]);
    assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(settings.public_url(), "http://127.0.0.1:8080");
    assert_eq!(settings.database_url().expose_secret(), "sqlite://./data/tributary.sqlite3?mode=rwc");
    assert!(settings.redis_url.is_none() && settings.secret.is_none() && settings.metrics_token.is_none());
    assert_eq!((settings.env, settings.log_format, settings.log.as_str()), (Environment::Development, LogFormat::Pretty, "info"));
    assert_eq!(settings.stripe_api.as_str(), "https://api.stripe.com/");
    assert!(settings.trusted_proxies.is_empty() && settings.portal_origins.is_empty() && settings.secret_previous.is_empty());
    assert!(!settings.is_production());
}

#[test]
fn values_are_read_and_put_into_one_form() {
    let settings = settings(&[
        "--listen=0.0.0.0:9000",
        "--data-dir=/srv/tributary",
        "--public-url=https://Tributary.example/api/",
        "--trusted-proxies=10.0.0.0/8, 192.0.2.7,2001:db8::/32,",
        "--portal-origins=https://Partners.example, http://localhost:3000/",
        "--stripe-platform-webhook-secrets-live=whsec_a,whsec_b",
        "--env=production",
    ]);
    assert_eq!(settings.local_url(), "http://127.0.0.1:9000");
    assert_eq!(settings.public_url(), "https://tributary.example/api");
    assert_eq!(settings.database_url().expose_secret(), "sqlite:///srv/tributary/tributary.sqlite3?mode=rwc");
    let networks: Vec<_> = settings.trusted_proxies.iter().map(ToString::to_string).collect();
    assert_eq!(networks, ["10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32"]);
    assert_eq!(settings.portal_origins, ["https://partners.example", "http://localhost:3000"]);
    assert_eq!(settings.stripe_platform_webhook_secrets_live.len(), 2);
    assert!(settings.is_production());
    assert_eq!(self::settings(&["--listen=[::]:80"]).local_url(), "http://[::1]:80");
}

#[rstest]
#[case(
    "--database-url=mysql://u:hunter2@h/d",
    "DATABASE_URL (--database-url) begins with an unknown scheme; it must begin with sqlite:// or postgres://"
)]
#[case(
    "--database-url=postgres://u:hunter2/@h/d",
    "DATABASE_URL (--database-url) is no address; write / ? # @ and : of a user name or password as %2F %3F %23 %40 and %3A"
)]
#[case("--redis-url=http://u:hunter2@h", "REDIS_URL (--redis-url) begins with an unknown scheme; it must begin with redis:// or rediss://")]
#[case(
    "--listen=8080",
    "TRIBUTARY_LISTEN (--listen) is \"8080\", which is not an IP address with a port; write for example 127.0.0.1:8080"
)]
#[case(
    "--public-url=tributary",
    "TRIBUTARY_PUBLIC_URL (--public-url) is \"tributary\", which is not the address of a site; write for example https://tributary.example"
)]
#[case("--data-dir=", "TRIBUTARY_DATA_DIR (--data-dir) is empty; name a directory, such as ./data")]
#[case("--secret=hunter2", "TRIBUTARY_SECRET (--secret) has 7 characters; it needs 32 or more, from a random source")]
#[case(
    "--secret-previous=hunter2",
    "TRIBUTARY_SECRET_PREVIOUS (--secret-previous) has 7 characters; it needs 32 or more, from a random source"
)]
#[case("--env=prod", "TRIBUTARY_ENV (--env) is \"prod\"; it must be development or production")]
#[case(
    "--log=tributary=loud",
    "TRIBUTARY_LOG (--log) is \"tributary=loud\", which is not a log filter; write a level (error, warn, info, debug or trace) or target=level, between commas"
)]
#[case("--log-format=xml", "TRIBUTARY_LOG_FORMAT (--log-format) is \"xml\"; it must be pretty or json")]
#[case("--workers=0", "TRIBUTARY_WORKERS (--workers) is \"0\"; it must be a whole number from 1 to 64")]
#[case("--workers=many", "TRIBUTARY_WORKERS (--workers) is \"many\"; it must be a whole number from 1 to 64")]
#[case("--db-connections=501", "TRIBUTARY_DB_CONNECTIONS (--db-connections) is \"501\"; it must be a whole number from 2 to 500")]
#[case(
    "--trusted-proxies=10.0.0.0/33",
    "TRIBUTARY_TRUSTED_PROXIES (--trusted-proxies) holds \"10.0.0.0/33\", which is not a network; write for example 10.0.0.0/8 or 192.0.2.7"
)]
#[case(
    "--portal-origins=https://a.example/x",
    "TRIBUTARY_PORTAL_ORIGINS (--portal-origins) holds \"https://a.example/x\", which is not an origin; write for example https://partners.example, without a path"
)]
#[case(
    "--stripe-api=http://stripe.example",
    "TRIBUTARY_STRIPE_API (--stripe-api) is \"http://stripe.example\"; it must be an https:// address, or http:// on this machine, as the API keys travel there"
)]
#[case(
    "--stripe-platform-webhook-secrets-test=hunter2",
    "TRIBUTARY_STRIPE_PLATFORM_WEBHOOK_SECRETS_TEST (--stripe-platform-webhook-secrets-test) holds a value that is no signing secret; each one begins with whsec_"
)]
#[case("--metrics-token=hunter2", "TRIBUTARY_METRICS_TOKEN (--metrics-token) has 7 characters; it needs 16 or more, from a random source")]
#[case("--rate-login=-1", "TRIBUTARY_RATE_LOGIN (--rate-login) is \"-1\"; it must be a whole number from 1 to 1000000")]
fn a_wrong_value_is_told_in_one_sentence(#[case] flag: &str, #[case] sentence: &str) {
    let error = Settings::from_args(&[flag]).unwrap_err().to_string();
    assert_eq!(error, sentence);
    assert!(!error.contains("hunter2"), "no secret is echoed");
}

#[test]
fn an_empty_optional_setting_is_not_set() {
    let settings = settings(&["--redis-url=", "--secret=", "--secret-file=", "--public-url=", "--database-url=", "--metrics-token="]);
    assert!(settings.redis_url.is_none() && settings.secret.is_none() && settings.secret_file.is_none());
    assert!(settings.public_url.is_none() && settings.database_url.is_none() && settings.metrics_token.is_none());
}

#[test]
fn an_unknown_flag_is_an_error_and_secrets_stay_out_of_the_debug_form() {
    assert!(Settings::from_args(&["--no-such-flag"]).is_err());
    let shown = format!("{:?}", settings(&["--secret", SECRET, "--database-url=postgres://u:hunter2@h/d"]));
    assert!(!shown.contains(SECRET) && !shown.contains("hunter2"), "{shown}");
}

#[test]
fn the_first_start_makes_a_secret_and_the_next_finds_it() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("deep/data");
    let settings = settings(&["--data-dir", data.to_str().unwrap()]);
    let first = settings.instance_secret().unwrap();
    let second = settings.instance_secret().unwrap();
    assert_eq!(first.current.expose_secret(), second.current.expose_secret());
    assert_eq!(first.current.expose_secret().len(), 64);
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&data.join("instance-secret")), mode(&data)), (0o600, 0o700));
    let names: Vec<_> = fs::read_dir(&data).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["instance-secret"], "nothing is left aside");
}

#[test]
fn processes_that_start_together_find_one_secret() {
    let home = tempfile::tempdir().unwrap();
    let settings = settings(&["--data-dir", home.path().to_str().unwrap()]);
    let found = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..8).map(|_| scope.spawn(|| settings.instance_secret().unwrap())).collect();
        starts.into_iter().map(|start| start.join().unwrap()).collect::<Vec<_>>()
    });
    assert!(found.iter().all(|secret| secret.current.expose_secret() == found[0].current.expose_secret()));
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1, "nothing is left aside");
}

#[rstest]
#[case(0o600, None)]
#[case(0o400, None)]
#[case(0o440, None)]
#[case(0o644, Some("others may read or change (mode 644); run chmod 600 on it"))]
#[case(0o660, Some("others may read or change (mode 660); run chmod 600 on it"))]
#[case(0o604, Some("others may read or change (mode 604); run chmod 600 on it"))]
fn a_file_open_to_others_is_refused(#[case] mode: u32, #[case] problem: Option<&str>) {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("secret");
    fs::write(&path, format!("{SECRET}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    let outcome = settings(&["--secret-file", path.to_str().unwrap()]).instance_secret();
    match problem {
        None => assert_eq!(outcome.unwrap().current.expose_secret(), SECRET, "without the line end"),
        Some(problem) => {
            let error = outcome.unwrap_err().to_string();
            assert!(error.starts_with("TRIBUTARY_SECRET_FILE (--secret-file) is ") && error.ends_with(problem), "{error}");
        }
    }
}

#[test]
fn a_named_file_is_never_made_and_never_short() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("secret");
    let settings = settings(&["--secret-file", path.to_str().unwrap()]);
    let missing = settings.instance_secret().unwrap_err().to_string();
    assert!(missing.contains("cannot be read"), "{missing}");
    assert!(!path.exists());
    fs::write(&path, "short").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let short = settings.instance_secret().unwrap_err().to_string();
    assert!(short.contains("fewer than 32 characters") && !short.contains("short;"), "{short}");
}

#[test]
fn two_sources_of_the_secret_are_refused_and_previous_ones_come_along() {
    let both = settings(&["--secret", SECRET, "--secret-file=/x"]).instance_secret().unwrap_err();
    assert_eq!(
        both,
        SettingsError {
            setting: "TRIBUTARY_SECRET and TRIBUTARY_SECRET_FILE".to_owned(),
            problem: "are both set; set one of them".to_owned(),
        }
    );
    let previous = format!("{SECRET}1,{SECRET}2");
    let secret = settings(&["--secret", SECRET, "--secret-previous", &previous]).instance_secret().unwrap();
    assert_eq!(secret.current.expose_secret(), SECRET);
    assert_eq!(secret.previous.len(), 2);
}
