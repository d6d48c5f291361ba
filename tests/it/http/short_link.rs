//! Short links: who is counted, and where they lead.

use std::collections::BTreeSet;

use chrono::Duration;
use entity::value::{ProgramStatus, TextList};
use entity::{click, insight_delta, link, program};
use futures_util::future::join_all;
use reqwest::{Method, StatusCode};
use rstest::rstest;
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, Set};
use url::Url;

use crate::support::app::{Setup, TestApp};
use crate::support::merchant::Merchant;

const BROWSER: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile Safari/604.1";

async fn visit(app: &TestApp, method: Method, code: &str, headers: &[(&str, &str)]) -> (StatusCode, Option<Url>) {
    let mut request = app.client.request(method, app.url(&format!("/r/{code}")));
    if !headers.iter().any(|(name, _)| *name == "user-agent") {
        request = request.header("user-agent", BROWSER);
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await.unwrap();
    let place = response.headers().get("location").map(|place| place.to_str().unwrap().parse().unwrap());
    (response.status(), place)
}

fn parameter(place: &Url, name: &str) -> Option<String> {
    place.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

async fn clicks(app: &TestApp) -> Vec<click::Model> {
    click::Entity::find().all(app.services().db.read()).await.unwrap()
}

#[rstest]
#[case(TestApp::setup())]
#[case(TestApp::setup().postgres())]
#[tokio::test]
async fn a_visit_is_counted_and_handed_over_to_the_shop(#[case] setup: Setup) {
    let app = setup.start().await;
    let shop = Merchant::first(app.services()).await;
    let (status, place) = visit(&app, Method::GET, &shop.link.short_code, &[("sec-fetch-dest", "document")]).await;
    let place = place.unwrap();
    assert_eq!(status, StatusCode::FOUND);
    assert!(place.as_str().starts_with("https://shop.example/welcome?plan=pro&tb_token=tb_"), "{place}");
    let [row] = clicks(&app).await.try_into().unwrap();
    assert_eq!(parameter(&place, "tb_visitor"), Some(row.visitor.to_string()));
    let token = tributary::auth::click_token::ClickToken::find_in(&parameter(&place, "tb_token").unwrap()).unwrap();
    assert_eq!(token.click, row.id);
    assert!(app.services().click_tokens.verify(&token, shop.program));

    // One address within the hour counts once, however often; but each visit may be somebody else's.
    for _ in 0..20 {
        assert_ne!(visit(&app, Method::GET, &shop.link.short_code, &[]).await.1, Some(place.clone()));
    }
    assert_eq!((clicks(&app).await.len(), counted(&app).await), (21, 1));
    app.clock.advance(Duration::minutes(61));
    visit(&app, Method::GET, &shop.link.short_code, &[]).await;
    assert_eq!((clicks(&app).await.len(), counted(&app).await), (22, 2));
}

#[rstest]
#[case(TestApp::setup())]
#[case(TestApp::setup().postgres())]
#[tokio::test]
async fn visits_at_the_same_time_are_recorded_each_and_count_once_for_a_household(#[case] setup: Setup) {
    let app = setup.start().await;
    let shop = Merchant::first(app.services()).await;
    let agents: Vec<String> = (0..40).map(|number| format!("{BROWSER} {}", number % 4)).collect();
    let (here, code) = (&app, shop.link.short_code.as_str());
    let visits = agents.iter().map(|agent| async move {
        let (status, place) = visit(here, Method::GET, code, &[("user-agent", agent.as_str())]).await;
        assert_eq!(status, StatusCode::FOUND);
        parameter(&place.unwrap(), "tb_token").unwrap()
    });
    let tokens: BTreeSet<String> = join_all(visits).await.into_iter().collect();
    assert_eq!((tokens.len(), clicks(&app).await.len(), counted(&app).await), (40, 40, 4));
    // Of links that are not there everybody hears as much.
    let nowhere: Vec<String> = (0..40).map(|number| format!("nowhere{number}")).collect();
    let lost = join_all(nowhere.iter().map(|code| visit(&app, Method::GET, code, &[]))).await;
    assert!(lost.into_iter().all(|(status, _)| status == StatusCode::NOT_FOUND));
}

/// How many clicks the figures show.
async fn counted(app: &TestApp) -> i64 {
    let rows = insight_delta::Entity::find().all(app.services().db.read()).await.unwrap();
    rows.iter().map(|row| row.clicks).sum()
}

#[tokio::test]
async fn two_people_behind_one_address_stay_two() {
    let app = TestApp::start().await;
    let shop = Merchant::first(app.services()).await;
    let mut tokens = Vec::new();
    for _ in 0..2 {
        let place = visit(&app, Method::GET, &shop.link.short_code, &[]).await.1.unwrap();
        tokens.push((parameter(&place, "tb_token"), parameter(&place, "tb_visitor")));
    }
    assert!(tokens[0].0 != tokens[1].0 && tokens[0].1 != tokens[1].1, "{tokens:?}");
}

#[rstest]
#[case(Method::HEAD, &[])]
#[case(Method::GET, &[("sec-fetch-dest", "iframe")])]
#[case(Method::GET, &[("sec-fetch-dest", "image")])]
#[case(Method::GET, &[("sec-fetch-dest", "empty")])]
#[case(Method::GET, &[("purpose", "prefetch")])]
#[case(Method::GET, &[("sec-purpose", "prefetch;prerender")])]
#[case(Method::GET, &[("x-moz", "prefetch")])]
#[tokio::test]
async fn what_is_no_visit_is_sent_on_and_not_counted(#[case] method: Method, #[case] headers: &[(&str, &str)]) {
    let app = TestApp::start().await;
    let shop = Merchant::first(app.services()).await;
    let (status, place) = visit(&app, method, &shop.link.short_code, headers).await;
    assert_eq!((status, place.unwrap().as_str()), (StatusCode::FOUND, "https://shop.example/welcome?plan=pro"));
    assert!(clicks(&app).await.is_empty());
}

#[tokio::test]
async fn a_machine_is_recorded_as_one_and_gets_no_token() {
    let app = TestApp::start().await;
    let shop = Merchant::first(app.services()).await;
    let (_, place) = visit(&app, Method::GET, &shop.link.short_code, &[("user-agent", "facebookexternalhit/1.1")]).await;
    assert_eq!(place.unwrap().as_str(), "https://shop.example/welcome?plan=pro");
    let [row] = clicks(&app).await.try_into().unwrap();
    assert!(row.bot);
}

#[tokio::test]
async fn who_comes_too_often_is_sent_on_without_being_counted() {
    let app = TestApp::setup().flag("--rate-public=2").start().await;
    let shop = Merchant::first(app.services()).await;
    for number in 0..4 {
        let name = format!("{BROWSER} {number}");
        assert_eq!(visit(&app, Method::GET, &shop.link.short_code, &[("user-agent", &name)]).await.0, StatusCode::FOUND);
    }
    assert_eq!(clicks(&app).await.len(), 2);
}

#[tokio::test]
async fn a_link_that_counts_no_more_leads_nowhere() {
    let app = TestApp::start().await;
    let db = app.services().db.clone();
    let shop = Merchant::first(app.services()).await;
    for code in ["nothing", "%00", "a%2Fb", &"x".repeat(500)] {
        assert_eq!(visit(&app, Method::GET, code, &[]).await.0, StatusCode::NOT_FOUND, "{code}");
    }
    let paused = program::Entity::find_by_id(shop.program).one(db.read()).await.unwrap().unwrap();
    let mut change = paused.clone().into_active_model();
    change.status = Set(ProgramStatus::Paused);
    change.update(db.write()).await.unwrap();
    assert_eq!(visit(&app, Method::GET, &shop.link.short_code, &[]).await.0, StatusCode::NOT_FOUND);
    paused.into_active_model().reset_all().update(db.write()).await.unwrap();
    assert_eq!(visit(&app, Method::GET, &shop.link.short_code, &[]).await.0, StatusCode::FOUND);
    let mut change = shop.link.clone().into_active_model();
    change.archived_at = Set(Some(app.clock.now()));
    change.update(db.write()).await.unwrap();
    assert_eq!(visit(&app, Method::GET, &shop.link.short_code, &[]).await.0, StatusCode::NOT_FOUND);
}

/// Even a destination that got into the database some other way, or whose host was taken from the program since, is not followed.
#[tokio::test]
async fn nobody_is_led_off_the_program_s_hosts() {
    let app = TestApp::start().await;
    let db = app.services().db.clone();
    let shop = Merchant::first(app.services()).await;
    for nasty in [
        "https://evil.example/",
        "//evil.example/",
        "https:evil.example",
        "\\\\evil.example",
        "https://shop.example@evil.example/",
        "https://shop.example\\@evil.example/",
        "https://shop.example.evil.example/",
        "javascript:alert(document.domain)",
        "data:text/html,shop.example",
        "https://shop.example/\r\nset-cookie: a=b",
        "https://ѕhop.example/",
        "ftp://shop.example/",
        "/welcome",
        "",
    ] {
        let mut change = shop.link.clone().into_active_model();
        change.destination_url = Set(nasty.to_owned());
        change.update(db.write()).await.unwrap();
        let (status, place) = visit(&app, Method::GET, &shop.link.short_code, &[]).await;
        assert_eq!((status, place), (StatusCode::NOT_FOUND, None), "{nasty:?}");
    }
    link::Entity::update(shop.link.clone().into_active_model().reset_all()).exec(db.write()).await.unwrap();
    assert_eq!(visit(&app, Method::GET, &shop.link.short_code, &[]).await.0, StatusCode::FOUND);
    let program = program::Entity::find_by_id(shop.program).one(db.read()).await.unwrap().unwrap();
    let mut change = program.into_active_model();
    change.allowed_hosts = Set(TextList(vec!["new.shop.example".to_owned()]));
    change.update(db.write()).await.unwrap();
    assert_eq!(visit(&app, Method::GET, &shop.link.short_code, &[]).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn codes_cannot_be_guessed_for_long() {
    let app = TestApp::setup().flag("--rate-public=2").start().await;
    for expected in [StatusCode::NOT_FOUND, StatusCode::NOT_FOUND, StatusCode::TOO_MANY_REQUESTS] {
        assert_eq!(visit(&app, Method::GET, "nobodys", &[]).await.0, expected);
    }
}
