//! Deliveries that come at the same time are stored together, and each has an answer of its own: the same on both databases.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use entity::inbox_event;
use entity::value::{ConnectionId, EventId, InboxStatus, MerchantId};
use futures_util::future::join_all;
use futures_util::poll;
use rstest::rstest;
use sea_orm::EntityTrait;
use tributary::service::inbox::Accepted;
use tributary::service::intake::Deliveries;
use tributary::service::together::Together;
use tributary::service::{ServiceError, Services};
use tributary::store::inbox::Received;

use crate::support::app::{Setup, TestApp, start_of_time};

fn delivery(name: usize) -> Received {
    Received {
        id: EventId::new(),
        received_at: start_of_time(),
        due_at: start_of_time(),
        connection: None,
        livemode: false,
        source: "acct_1".to_owned(),
        event_id: format!("evt_{name:04}"),
        event_type: "invoice.paid".to_owned(),
        account: Some("acct_1".to_owned()),
        api_version: None,
        occurred_at: start_of_time(),
        body: b"{}".to_vec(),
        status: InboxStatus::Unrouted,
        reason: None,
    }
}

/// A delivery for a connection that is not there: the database refuses it.
fn refused(name: usize) -> Received {
    Received { connection: Some((ConnectionId::new(), MerchantId::new())), ..delivery(name) }
}

async fn stored(services: &Services) -> Vec<String> {
    let mut names: Vec<String> =
        inbox_event::Entity::find().all(services.db.read()).await.unwrap().into_iter().map(|row| row.event_id).collect();
    names.sort();
    names
}

async fn all(services: &Services, events: Vec<Received>) -> Vec<Result<Accepted, ServiceError>> {
    join_all(events.into_iter().map(|event| services.intake.ask(services, event))).await
}

#[rstest]
#[case(TestApp::setup())]
#[case(TestApp::setup().postgres())]
#[tokio::test]
async fn what_comes_together_is_stored_by_few_statements_and_once(#[case] setup: Setup) {
    let app = setup.start().await;
    let mut services = app.services().clone();
    let inserts = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&inserts);
    services.db.watch(move |statement| {
        seen.fetch_add(usize::from(statement.sql.starts_with("INSERT INTO \"inbox_event\"")), Ordering::SeqCst);
    });
    let answers = all(&services, (0..200).map(|number| delivery(number % 100)).collect()).await;
    let count = |wanted| answers.iter().filter(|answer| matches!(answer, Ok(accepted) if *accepted == wanted)).count();
    assert_eq!((count(Accepted::New), count(Accepted::Duplicate)), (100, 100));
    assert_eq!(stored(&services).await.len(), 100);
    assert!(inserts.load(Ordering::SeqCst) <= 8, "{} statements", inserts.load(Ordering::SeqCst));
}

#[rstest]
#[case(TestApp::setup())]
#[case(TestApp::setup().postgres())]
#[tokio::test]
async fn a_delivery_that_the_database_refuses_takes_no_other_along(#[case] setup: Setup) {
    let app = setup.start().await;
    let services = app.services();
    let events = (0..64).map(|number| if number % 20 == 7 { refused(number) } else { delivery(number) }).collect();
    let answers = all(services, events).await;
    for (number, answer) in answers.into_iter().enumerate() {
        match answer {
            Ok(accepted) => assert_eq!((accepted, number % 20 == 7), (Accepted::New, false), "{number}"),
            Err(error) => assert!(number % 20 == 7 && matches!(error, ServiceError::Unavailable(_)), "{number}: {error}"),
        }
    }
    assert_eq!(stored(services).await.len(), 61);
}

#[rstest]
#[case(TestApp::setup())]
#[case(TestApp::setup().postgres())]
#[tokio::test]
async fn a_sender_who_hangs_up_takes_no_other_along(#[case] setup: Setup) {
    let app = setup.start().await;
    let services = app.services();
    let intake = &services.intake;
    // Gone before anything was begun: the next one is stored by what the first one began.
    let (mut gone, mut next) = (Box::pin(intake.ask(services, delivery(1))), Box::pin(intake.ask(services, delivery(2))));
    assert!(poll!(&mut gone).is_pending() && poll!(&mut next).is_pending());
    drop(gone);
    assert_eq!(next.await.unwrap(), Accepted::New);
    // Gone while the statement is under way: it is stored all the same.
    let mut gone = Box::pin(intake.ask(services, delivery(3)));
    assert!(poll!(&mut gone).is_pending());
    tokio::task::yield_now().await;
    drop(gone);
    assert_eq!(intake.ask(services, delivery(4)).await.unwrap(), Accepted::New);
    assert_eq!(intake.ask(services, delivery(3)).await.unwrap(), Accepted::Duplicate);
    assert_eq!(stored(services).await, ["evt_0002", "evt_0003", "evt_0004"]);
}

#[rstest]
#[case(TestApp::setup())]
#[case(TestApp::setup().postgres())]
#[tokio::test]
async fn two_processes_that_store_the_same_do_not_wait_for_each_other_in_a_circle(#[case] setup: Setup) {
    let app = setup.start().await;
    let (services, other) = (app.services(), Together::<Deliveries>::new());
    for round in 0..20 {
        let names = || (0..48).map(move |number| delivery(round * 48 + number));
        let ours = join_all(names().map(|event| services.intake.ask(services, event)));
        let theirs = join_all(names().rev().map(|event| other.ask(services, event)));
        let (ours, theirs) = tokio::join!(ours, theirs);
        let new = ours.into_iter().chain(theirs).filter(|answer| *answer.as_ref().unwrap() == Accepted::New);
        assert_eq!(new.count(), 48);
    }
}

#[tokio::test]
async fn only_so_many_wait() {
    let app = TestApp::start().await;
    let services = app.services();
    let mut waiting: Vec<_> = (0..4096).map(|number| Box::pin(services.intake.ask(services, delivery(number)))).collect();
    for one in &mut waiting {
        assert!(poll!(one).is_pending());
    }
    let error = services.intake.ask(services, delivery(4096)).await.unwrap_err();
    assert!(matches!(error, ServiceError::Unavailable(_)), "{error}");
    // Those who hung up make room.
    drop(waiting);
    assert_eq!(services.intake.ask(services, delivery(4097)).await.unwrap(), Accepted::New);
    assert_eq!(stored(services).await, ["evt_4097"]);
}
