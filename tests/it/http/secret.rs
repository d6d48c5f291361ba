//! One instance, one secret: processes with another one do not start, and the secret can be changed while processes serve.

use std::sync::Arc;

use entity::value::{IdentityKind, SealedList};
use entity::{customer, identity, stripe_connection};
use rstest::rstest;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel};
use secrecy::ExposeSecret;
use tributary::app::{App, AppError};
use tributary::auth::email::Email;
use tributary::auth::seal::Place;
use tributary::clock::Clock;
use tributary::config::Settings;
use tributary::pubsub::MemoryFeed;
use tributary::queue::{MemoryQueue, QueueSettings};
use tributary::service::reseal::{Resealed, reseal};
use tributary::service::stripe_connection::{self as connections, NewConnection};
use tributary::service::{ServiceError, Services};
use tributary::store;
use tributary::store::claim::Called;

use crate::support::app::{install_tls, start_of_time};
use crate::support::merchant::Merchant;
use crate::support::postgres::OwnDatabase;

const OLD: &str = "the first secret of an instance for tests";
const NEW: &str = "the second secret of an instance for tests";
const THIRD: &str = "the third secret of an instance for tests";
const KEY: &str = "rk_test_51Habcdefghijwxyz";

/// A database on which processes are started.
struct Ground {
    folder: tempfile::TempDir,
    database: Option<OwnDatabase>,
}

impl Ground {
    async fn new(postgres: bool) -> Self {
        install_tls();
        let database = if postgres { Some(OwnDatabase::new().await) } else { None };
        Self { folder: tempfile::tempdir().unwrap(), database }
    }

    /// A process with this secret, and these that it replaced.
    async fn start(&self, secret: &str, previous: &[&str]) -> Result<App, AppError> {
        let mut flags = vec![
            format!("--data-dir={}", self.folder.path().display()),
            format!("--secret={secret}"),
            format!("--secret-previous={}", previous.join(",")),
            "--stripe-api=http://127.0.0.1:9".to_owned(),
        ];
        flags.extend(self.database.iter().map(|database| format!("--database-url={}", database.url)));
        let settings = Settings::from_args(&flags.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
        let queue = Arc::new(MemoryQueue::new(QueueSettings::default()));
        App::assemble(settings, Clock::frozen(start_of_time()), queue, Arc::new(MemoryFeed::new())).await
    }

    async fn refused(&self, secret: &str, previous: &[&str]) -> String {
        let Err(error) = self.start(secret, previous).await else { panic!("it started") };
        error.to_string()
    }
}

async fn connect(services: &Services, merchant: &Merchant, name: &str) -> stripe_connection::Model {
    let connection = NewConnection {
        name: name.to_owned(),
        key: KEY.into(),
        allow_secret_key: false,
        account: None,
        sync: None,
        webhook_secret: Some(format!("whsec_of_{name}0123").into()),
    };
    connections::create(services, &merchant.owner, connection, None).await.unwrap()
}

/// Everything sealed of every connection, opened.
async fn opened(services: &Services) -> Vec<(String, Vec<String>)> {
    let rows = stripe_connection::Entity::find().all(services.db.read()).await.unwrap();
    let mut all: Vec<_> = rows
        .iter()
        .map(|row| {
            let key = connections::key(services, row).unwrap().unwrap().expose_secret().to_owned();
            let secrets = connections::webhook_secrets(services, row).unwrap();
            (key, secrets.iter().map(|secret| secret.expose_secret().to_owned()).collect())
        })
        .collect();
    all.sort();
    all
}

#[rstest]
#[case(false)]
#[case(true)]
#[tokio::test]
async fn a_process_with_another_secret_does_not_start(#[case] postgres: bool) {
    let ground = Ground::new(postgres).await;
    // Two that begin together agree on whose the database is.
    let (one, two) = tokio::join!(ground.start(OLD, &[]), ground.start(OLD, &[]));
    assert!(one.is_ok() && two.is_ok());
    for previous in [&[][..], &[THIRD]] {
        let told = ground.refused(NEW, previous).await;
        assert!(told.starts_with("TRIBUTARY_SECRET (") && told.contains("TRIBUTARY_SECRET_PREVIOUS"), "{told}");
        assert!(!told.contains("secret of an instance for tests"), "{told}");
    }
    ground.start(NEW, &[THIRD, OLD]).await.unwrap();
    ground.start(OLD, &[]).await.expect("it is still the old one's until everything is sealed anew");
}

#[tokio::test]
async fn a_database_of_before_the_question_is_not_taken_over() {
    let ground = Ground::new(false).await;
    let app = ground.start(OLD, &[]).await.unwrap();
    let merchant = Merchant::first(app.services()).await;
    connect(app.services(), &merchant, "one").await;
    entity::instance::Entity::delete_many().exec(app.services().db.write()).await.unwrap();
    assert!(ground.refused(NEW, &[]).await.starts_with("TRIBUTARY_SECRET ("));
    ground.start(OLD, &[]).await.unwrap();
}

#[rstest]
#[case(false)]
#[case(true)]
#[tokio::test]
async fn the_secret_is_changed_while_processes_serve(#[case] postgres: bool) {
    let ground = Ground::new(postgres).await;
    let old = ground.start(OLD, &[]).await.unwrap();
    let merchant = Merchant::first(old.services()).await;
    let mut ids = Vec::new();
    for number in 0..5 {
        ids.push(connect(old.services(), &merchant, &format!("no{number}")).await.id);
    }
    let before = opened(old.services()).await;
    let email = Email::normalise("jo@example.com").unwrap();
    let db = old.services().db.write();
    let known = store::customer::insert(db, merchant.scope, false, start_of_time()).await.unwrap();
    let called = Called { email: Some(email.as_str().to_owned()), ..Called::default() };
    store::customer::call(db, known.id, &called).await.unwrap();
    for value in
        [old.services().hashes.email_hash(&email), old.services().hashes.email_hash(&Email::normalise("other@example.com").unwrap())]
    {
        store::identity::give(db, merchant.scope, known.id, &(IdentityKind::EmailHash, value), start_of_time()).await.unwrap();
    }

    let new = ground.start(NEW, &[OLD]).await.unwrap();
    assert_eq!(opened(new.services()).await, before, "what the old one sealed still opens");
    // Meanwhile signing secrets come and go.
    let busy = async {
        for id in &ids {
            for word in ["a", "b"] {
                let secret = format!("whsec_{word}0123456789").into();
                connections::add_webhook_secret(new.services(), &merchant.owner, *id, &secret).await.unwrap();
            }
        }
    };
    let (done, ()) = tokio::join!(reseal(new.services()), busy);
    let done = done.unwrap();
    assert_eq!((done.secrets, done.hashes, done.unknown), (10, 1, 1), "five keys, five signing secrets, one address that is stored");
    assert_eq!(reseal(new.services()).await.unwrap(), Resealed { unknown: 1, ..Resealed::default() }, "nothing is left to do");

    let after = ground.start(NEW, &[]).await.unwrap();
    let now = opened(after.services()).await;
    assert!(now.iter().zip(&before).all(|(now, before)| now.0 == before.0 && now.1.len() == 3 && now.1[0] == before.1[0]), "{}", now.len());
    let found = identity::Entity::find().all(after.services().db.read()).await.unwrap();
    let hash = after.services().hashes.email_hash(&email);
    assert!(found.iter().any(|row| row.value == hash && row.customer_id == known.id), "the customer is found under the new secret");
    assert!(ground.refused(OLD, &[]).await.starts_with("TRIBUTARY_SECRET ("), "the old one alone is another one now");
    assert!(customer::Entity::find_by_id(known.id).one(db).await.unwrap().is_some());
}

#[tokio::test]
async fn a_change_that_breaks_off_is_taken_up_where_it_stopped() {
    let ground = Ground::new(false).await;
    let old = ground.start(OLD, &[]).await.unwrap();
    let merchant = Merchant::first(old.services()).await;
    let (one, other) = (connect(old.services(), &merchant, "one").await, connect(old.services(), &merchant, "other").await);
    // They are gone through in the order of their ids, which two of one instant have by chance.
    let second = if one.id.uuid() < other.id.uuid() { other } else { one };
    // The second was sealed under a secret that is missing at first.
    let third = ground.start(THIRD, &[OLD]).await.unwrap();
    let place = Place { table: "stripe_connection", row: second.id.uuid(), field: "secret" };
    let sealed = third.services().sealer.seal(&KEY.into(), place).unwrap();
    let mut changed = second.into_active_model();
    (changed.secret, changed.webhook_secrets) = (Set(Some(sealed)), Set(SealedList::default()));
    changed.update(old.services().db.write()).await.unwrap();

    let new = ground.start(NEW, &[OLD]).await.unwrap();
    let Err(ServiceError::Internal(told)) = reseal(new.services()).await else { panic!("it cannot open the second") };
    assert!(told.contains("TRIBUTARY_SECRET_PREVIOUS"), "{told}");
    ground.start(OLD, &[]).await.expect("nothing was handed over");
    let whole = ground.start(NEW, &[OLD, THIRD]).await.unwrap();
    assert_eq!(reseal(whole.services()).await.unwrap().secrets, 1, "the first was done before");
    let after = ground.start(NEW, &[]).await.unwrap();
    assert_eq!(opened(after.services()).await.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(), [KEY, KEY]);
}
