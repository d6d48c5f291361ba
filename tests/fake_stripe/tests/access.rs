//! Giving access and taking it back: Connect's OAuth, an app from the marketplace, and the webhooks that tell of it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use actix_web::{App as Web, HttpRequest, HttpResponse, HttpServer, web};
use chrono::{DateTime, Duration, TimeZone, Utc};
use fake_stripe::{App, FakeStripe, Platform, Shop, Version, sign};
use serde_json::Value;

const REDIRECT: &str = "https://tributary.example/callback";

fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2025, 6, 1, 12, 0, 0).unwrap()
}

fn fake(livemode: bool) -> (FakeStripe, Arc<Mutex<Shop>>) {
    let shop = Arc::new(Mutex::new(Shop::of("acct_1Merchant", livemode)));
    let fake = FakeStripe::start(Arc::clone(&shop));
    fake.set_now(noon());
    (fake, shop)
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

/// The query with which the page sends the browser back.
async fn page(fake: &FakeStripe, path: &str) -> Result<HashMap<String, String>, u16> {
    let answer = client().get(fake.base().join(path).unwrap()).send().await.unwrap();
    let Some(to) = answer.headers().get("location") else { return Err(answer.status().as_u16()) };
    let url = url::Url::parse(to.to_str().unwrap()).unwrap();
    assert!(url.as_str().starts_with(REDIRECT));
    Ok(url.query_pairs().into_owned().collect())
}

async fn post(fake: &FakeStripe, path: &str, bearer: &str, form: &[(&str, &str)]) -> (u16, Value) {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let request = client().post(fake.base().join(path).unwrap()).bearer_auth(bearer).body(body);
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap())
}

async fn get(fake: &FakeStripe, key: &str, account: Option<&str>) -> u16 {
    let mut request = client().get(fake.base().join("/v1/customers").unwrap()).bearer_auth(key);
    if let Some(account) = account {
        request = request.header("stripe-account", account);
    }
    request.send().await.unwrap().status().as_u16()
}

#[actix_web::test]
async fn a_merchant_agrees_and_takes_it_back() {
    let (fake, _) = fake(true);
    fake.add(Shop::of("acct_1Platform", true));
    fake.platform(Platform::new(REDIRECT, "acct_1Merchant"));
    let path = "/oauth/authorize?response_type=code&client_id=ca_live_platform&scope=read_write&state=s1";
    let back = page(&fake, path).await.unwrap();
    assert_eq!((back["state"].as_str(), back["scope"].as_str()), ("s1", "read_write"));
    let secret = "sk_live_platform_0123456789";
    assert_eq!(get(&fake, secret, Some("acct_1Merchant")).await, 403, "not before the code is redeemed");
    let redeem = [("grant_type", "authorization_code"), ("code", back["code"].as_str())];
    let (status, token) = post(&fake, "/oauth/token", secret, &redeem).await;
    assert_eq!((status, token["stripe_user_id"].as_str(), &token["livemode"]), (200, Some("acct_1Merchant"), &true.into()), "{token}");
    let (status, answer) = post(&fake, "/oauth/token", secret, &redeem).await;
    assert_eq!((status, answer["error"].as_str()), (400, Some("invalid_grant")), "a code works once");
    let access = token["access_token"].as_str().unwrap();
    assert_eq!(get(&fake, access, None).await, 200);
    assert_eq!(get(&fake, secret, Some("acct_1Merchant")).await, 200);
    let form = [("client_id", "ca_live_platform"), ("stripe_user_id", "acct_1Merchant")];
    assert_eq!(post(&fake, "/oauth/deauthorize", secret, &form).await.0, 200);
    assert_eq!(post(&fake, "/oauth/deauthorize", secret, &form).await.1["error"], "invalid_client");
    assert_eq!((get(&fake, access, None).await, get(&fake, secret, Some("acct_1Merchant")).await), (401, 403));
}

#[actix_web::test]
async fn a_token_for_reading_writes_nothing() {
    let (fake, _) = fake(true);
    fake.platform(Platform::new(REDIRECT, "acct_1Merchant"));
    let secret = "sk_live_platform_0123456789";
    for (scope, status) in [("read_only", 403), ("read_write", 404)] {
        let path = format!("/oauth/authorize?response_type=code&client_id=ca_live_platform&scope={scope}");
        let back = page(&fake, &path).await.unwrap();
        let redeem = [("grant_type", "authorization_code"), ("code", back["code"].as_str())];
        let (_, token) = post(&fake, "/oauth/token", secret, &redeem).await;
        let access = token["access_token"].as_str().unwrap();
        assert_eq!(get(&fake, access, None).await, 200);
        assert_eq!(post(&fake, "/v1/customers/cus_none", access, &[("name", "x")]).await.0, status, "{scope}");
    }
}

#[actix_web::test]
async fn the_page_refuses_and_says_why() {
    let (fake, _) = fake(true);
    fake.platform(Platform::new(REDIRECT, "acct_1Merchant"));
    let start = "/oauth/authorize?client_id=ca_live_platform&state=s";
    let error = |back: HashMap<String, String>| back["error"].clone();
    assert_eq!(error(page(&fake, start).await.unwrap()), "unsupported_response_type");
    assert_eq!(error(page(&fake, &format!("{start}&response_type=code&scope=all")).await.unwrap()), "invalid_scope");
    assert_eq!(page(&fake, &format!("{start}&response_type=code&redirect_uri=https://evil.example/")).await, Err(400));
    assert_eq!(page(&fake, "/oauth/authorize?client_id=ca_other&response_type=code").await, Err(400));
    let refusal = Some(("access_denied".to_owned(), "The user denied your request".to_owned()));
    fake.platform(Platform { refusal, ..Platform::new(REDIRECT, "acct_1Merchant") });
    assert_eq!(error(page(&fake, &format!("{start}&response_type=code")).await.unwrap()), "access_denied");
    fake.platform(Platform::new(REDIRECT, "acct_1Merchant"));
    let back = page(&fake, &format!("{start}&response_type=code")).await.unwrap();
    let redeem = [("grant_type", "authorization_code"), ("code", back["code"].as_str())];
    for (bearer, form, error) in [
        ("sk_live_someone_else", &redeem[..], "invalid_client"),
        ("sk_test_platform_0123456789", &redeem, "invalid_grant"),
        ("sk_live_platform_0123456789", &[("grant_type", "authorization_code"), ("code", "ac_none")], "invalid_grant"),
        ("sk_live_platform_0123456789", &[("grant_type", "password")], "unsupported_grant_type"),
        ("sk_live_platform_0123456789", &[], "invalid_request"),
    ] {
        assert_eq!(post(&fake, "/oauth/token", bearer, form).await.1["error"], error);
    }
    fake.set_now(noon() + Duration::minutes(6));
    let (_, answer) = post(&fake, "/oauth/token", "sk_live_platform_0123456789", &redeem).await;
    assert_eq!(answer["error_description"], "Authorization code expired");
}

#[actix_web::test]
async fn an_apps_tokens_end_and_are_replaced() {
    let (fake, _) = fake(false);
    let mut app = App::new(REDIRECT, "acct_1Merchant", false);
    app.permissions.push("customer_read".into());
    fake.app(app);
    assert_eq!(page(&fake, "/oauth/v2/authorize?client_id=ca_other").await, Err(400));
    let back = page(&fake, "/oauth/v2/chnlink_1/authorize?client_id=ca_app_tributary").await.unwrap();
    assert!(!back.contains_key("state"));
    let developer = "sk_test_developer_0123456789";
    let redeem = [("grant_type", "authorization_code"), ("code", back["code"].as_str())];
    let (status, first) = post(&fake, "/v1/oauth/token", developer, &redeem).await;
    assert_eq!((status, first["scope"].as_str()), (200, Some("stripe_apps")), "{first}");
    let access = first["access_token"].as_str().unwrap();
    assert_eq!(get(&fake, access, None).await, 200);
    fake.set_now(noon() + Duration::hours(1));
    assert_eq!(get(&fake, access, None).await, 401, "after an hour");
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", first["refresh_token"].as_str().unwrap())];
    let (status, second) = post(&fake, "/v1/oauth/token", developer, &refresh).await;
    assert_eq!(status, 200);
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    assert_eq!(get(&fake, second["access_token"].as_str().unwrap(), None).await, 200);
    assert_eq!(post(&fake, "/v1/oauth/token", developer, &refresh).await.1["error"], "invalid_grant", "each refresh token works once");
    fake.disconnect("acct_1Merchant", false);
    assert_eq!(get(&fake, second["access_token"].as_str().unwrap(), None).await, 401);
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", second["refresh_token"].as_str().unwrap())];
    assert_eq!(post(&fake, "/v1/oauth/token", developer, &refresh).await.1["error"], "invalid_grant");
}

type Inbox = Arc<Mutex<Vec<(String, String, Vec<u8>)>>>;

/// A server that takes deliveries, and refuses the first of them.
fn receiver() -> (Inbox, String) {
    let inbox = Inbox::default();
    let kept = Arc::clone(&inbox);
    let server = HttpServer::new(move || {
        let inbox = Arc::clone(&kept);
        Web::new().default_service(web::to(move |request: HttpRequest, body: web::Bytes| {
            let header = request.headers().get("stripe-signature").unwrap().to_str().unwrap().to_owned();
            let mut inbox = inbox.lock().unwrap();
            inbox.push((request.path().to_owned(), header, body.to_vec()));
            let refused = inbox.len() == 1;
            async move { if refused { HttpResponse::InternalServerError() } else { HttpResponse::Ok() }.finish() }
        }))
    });
    let server = server.workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
    let base = format!("http://{}", server.addrs()[0]);
    actix_web::rt::spawn(server.run());
    (inbox, base)
}

#[actix_web::test]
async fn events_are_signed_and_sent_to_who_wants_them() {
    let (fake, shop) = fake(true);
    let platform = fake.add(Shop::of("acct_1Platform", true));
    fake.platform(Platform::new(REDIRECT, "acct_1Merchant"));
    let (inbox, base) = receiver();
    fake.road("https://tributary.example", &base);
    let form = [("url", "https://tributary.example/own"), ("enabled_events[]", "customer.created"), ("api_version", "2024-06-20")];
    let (_, own) = post(&fake, "/v1/webhook_endpoints", "sk_live_of_merchant", &form).await;
    let form = [("url", "https://tributary.example/connect"), ("enabled_events[]", "*"), ("connect", "true")];
    fake.key("sk_live_platform_0123456789", fake_stripe::Key::of("acct_1Platform", true));
    let (status, connect) = post(&fake, "/v1/webhook_endpoints", "sk_live_platform_0123456789", &form).await;
    assert_eq!((status, platform.lock().unwrap().endpoints.len()), (200, 1), "{connect}");
    shop.lock().unwrap().customer(noon(), "ann@example.com", None);
    let sent = fake.deliver(noon()).await;
    assert_eq!(sent.len(), 1, "the platform hears nothing of an account that is not connected");
    assert_eq!(sent[0].status, Some(500));
    let sent = fake.deliver(noon()).await;
    assert!(sent.len() == 1 && sent[0].is_ok(), "what was refused is sent again: {sent:?}");
    let (path, header, body) = inbox.lock().unwrap().last().unwrap().clone();
    assert_eq!(path, "/own");
    assert_eq!(header, sign(&body, &[own["secret"].as_str().unwrap().to_owned()], noon()));
    assert_eq!(serde_json::from_slice::<Value>(&body).unwrap()["api_version"], Version::June.name());
    fake.disconnect("acct_1Merchant", true);
    let sent = fake.deliver(noon()).await;
    assert_eq!(sent.iter().map(|one| one.kind).collect::<Vec<_>>(), ["account.application.deauthorized"]);
    let (path, _, body) = inbox.lock().unwrap().last().unwrap().clone();
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((path.as_str(), body["account"].as_str()), ("/connect", Some("acct_1Merchant")));
}
