//! S5, S6: Connect OAuth. The state is bound, expires and works once; the scope that was granted decides; every refusal has a word of its own.

use chrono::Duration;
use entity::api_key;
use entity::value::ApiKeyKind;
use rstest::rstest;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, Set};
use serde_json::{Value, json};
use tributary::domain::access::Viewer;
use tributary::store;

use super::pages::{Browser, CALLBACK};
use super::{ACCOUNT, Ground, text};
use crate::support::stripe::{Fault, Platform, Trouble};

fn oauth() -> Value {
    json!({ "method": "OAUTH", "name": "Shop" })
}

async fn ground() -> Ground {
    let ground = Ground::platform().await;
    ground.stripe.platform(Platform::new(CALLBACK, ACCOUNT));
    ground
}

#[rstest]
#[case(false)]
#[case(true)]
#[tokio::test]
async fn s_5_s_6_an_account_is_linked_by_consent_and_the_scope_decides(#[case] on_servers: bool) {
    let ground = if on_servers { Ground::platform_on_servers().await } else { Ground::platform().await };
    ground.stripe.platform(Platform::new(CALLBACK, ACCOUNT));
    let mut browser = Browser::default();
    let url = ground.authorize(oauth()).await;
    assert!(url.starts_with("https://tributary.example/connect/stripe?state=trb_link_"), "{url}");
    let page = browser.open(&ground, &url).await;
    assert!(page.body.contains("Shop") && page.body.contains("test data") && page.body.contains("change nothing"), "{}", page.body);
    let left = browser.click(&ground, &url).await.location.unwrap();
    let asked = left.parse::<url::Url>().unwrap();
    let param = |name: &str| asked.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    assert_eq!((param("client_id"), param("scope")), (Some("ca_test_platform".into()), Some("read_only".into())));
    let back = ground.at_stripe(&left).await;
    let done = browser.open(&ground, &back).await;
    assert!(done.status == 200 && done.body.contains(ACCOUNT), "{}", done.body);
    let fields = "id name status method account accountVerifiedAt keyLastFour capabilities { capability state advice }";
    let rows = ground.connections(fields).await;
    let [linked] = &rows[..] else { panic!("not one connection") };
    assert_eq!((&linked["status"], &linked["method"], &linked["account"]), (&json!("LINKED"), &json!("OAUTH"), &json!(ACCOUNT)));
    assert_eq!((&linked["name"], linked["accountVerifiedAt"].is_string()), (&json!("Shop"), true));
    let state = |row: &Value, name: &str| {
        row["capabilities"].as_array().unwrap().iter().find(|row| row["capability"] == name).unwrap()["state"].clone()
    };
    assert_eq!((state(linked, "READ_HISTORY"), state(linked, "CREATE_CODES")), (json!("GRANTED"), json!("MISSING")));
    // S6: the same account with more is the same connection.
    let more = json!({ "method": "OAUTH", "scope": "READ_WRITE" });
    let same = ground.come_back(more).await;
    let rows = ground.connections(fields).await;
    let [linked] = &rows[..] else { panic!("not one connection") };
    assert_eq!((&linked["id"], state(linked, "CREATE_CODES")), (&json!(same), json!("GRANTED")));
    assert!(
        ground.asked(0).iter().all(|asked| !asked.contains("limit=1")),
        "the scope says what twenty questions would: {:?}",
        ground.asked(0)
    );
    let stored = store::connection::by_id(ground.app.services().db.read(), same.parse().unwrap()).await.unwrap().unwrap();
    assert!(!format!("{stored:?}").contains("sk_test_connected"), "tokens are sealed");
}

/// S5: each misuse of a state is refused with a code of its own, and uses nothing up for the one who began.
#[tokio::test]
async fn s_5_a_state_is_bound_expires_and_works_once() {
    let ground = ground().await;
    let mut browser = Browser::default();
    let back = ground.walk(&mut browser, oauth()).await;
    let other = Browser::default().open(&ground, &back).await;
    assert_eq!((other.status.as_u16(), other.fault()), (403, "STATE_OF_ANOTHER_SESSION"));
    let altered = back.replace("state=trb_link_", "state=trb_link_z");
    assert_eq!(browser.open(&ground, &altered).await.fault(), "STATE_UNKNOWN");
    // The last character signs: the row is found by nobody who does not have the whole.
    let last = if back.ends_with('a') { "b" } else { "a" };
    assert_eq!(browser.open(&ground, &format!("{}{last}", &back[..back.len() - 1])).await.fault(), "STATE_UNKNOWN");
    assert_eq!(browser.open(&ground, &format!("{CALLBACK}?code=ac_1")).await.fault(), "STATE_MISSING");
    assert!(ground.connections("id").await.is_empty());
    assert_eq!(browser.open(&ground, &back).await.status, 200, "it works for whom it is, all the same");
    let again = browser.open(&ground, &back).await;
    assert_eq!((again.status.as_u16(), again.fault()), (410, "STATE_USED"));
    let redeemed = ground.asked(0).iter().filter(|asked| *asked == "/oauth/token").count();
    assert_eq!((ground.connections("id").await.len(), redeemed), (1, 1));
    let late = ground.walk(&mut browser, oauth()).await;
    ground.wait(Duration::minutes(10)).await;
    let late = browser.open(&ground, &late).await;
    assert_eq!((late.status.as_u16(), late.fault()), (410, "STATE_EXPIRED"));
}

/// A form on another site cannot spare anybody the page that says for whom the account is linked.
#[tokio::test]
async fn s_5_only_the_page_itself_sends_to_stripe() {
    let ground = ground().await;
    let mut browser = Browser::default();
    let url = ground.authorize(oauth()).await;
    let left = browser.click_from(&ground, &url, "https://evil.example").await;
    assert_eq!((left.status.as_u16(), left.fault()), (403, "STATE_OF_ANOTHER_SESSION"));
    assert_eq!(browser.click(&ground, &url).await.status, 303);
}

/// S5: who signs out everywhere, or loses the role, ends what they began.
#[tokio::test]
async fn s_5_who_signed_out_everywhere_cannot_complete() {
    let ground = ground().await;
    let mut browser = Browser::default();
    let url = |begun: Value| text(&begun["authorization"]["url"]);
    let by_owner = url(ground.try_authorize_as(&ground.merchant.token, oauth()).await);
    let back = ground.walk_from(&mut browser, &by_owner).await;
    let Viewer::User { user, .. } = ground.merchant.owner else { panic!("no user") };
    store::user::end_sessions(ground.app.services().db.write(), user, None).await.unwrap();
    assert_eq!(browser.open(&ground, &back).await.fault(), "NO_LONGER_ALLOWED");
    // A server's key may go on, until it is revoked.
    let back = ground.walk(&mut browser, oauth()).await;
    let key =
        api_key::Entity::find().filter(api_key::Column::Kind.eq(ApiKeyKind::Secret)).one(ground.app.services().db.read()).await.unwrap();
    let mut key = key.unwrap().into_active_model();
    key.revoked_at = Set(Some(ground.app.clock.now()));
    key.update(ground.app.services().db.write()).await.unwrap();
    assert_eq!(browser.open(&ground, &back).await.fault(), "NO_LONGER_ALLOWED");
}

/// STRIPE.md section 4: what Stripe's page refuses.
#[rstest]
#[case("access_denied", "The user denied your request", "ACCESS_DENIED", 403)]
#[case("access_denied", "This account is already controlled by another platform", "CONTROLLED_BY_ANOTHER_PLATFORM", 400)]
#[case("invalid_scope", "Invalid scope provided", "SCOPE_REFUSED", 400)]
#[case("invalid_request", "Missing response type", "REQUEST_REFUSED", 400)]
#[case("unsupported_response_type", "The only supported response type is code", "UNSUPPORTED_RESPONSE_TYPE", 502)]
#[case("invalid_client", "No application matches", "CLIENT_REFUSED", 502)]
#[case("temporarily_unavailable", "Try again", "STRIPE_UNAVAILABLE", 502)]
#[tokio::test]
async fn s_5_every_refusal_of_the_page_has_its_word(#[case] error: &str, #[case] text: &str, #[case] fault: &str, #[case] status: u16) {
    let ground = Ground::platform().await;
    let refusal = Some((error.to_owned(), text.to_owned()));
    ground.stripe.platform(Platform { refusal, ..Platform::new(CALLBACK, ACCOUNT) });
    let mut browser = Browser::default();
    let back = ground.walk(&mut browser, oauth()).await;
    let page = browser.open(&ground, &back).await;
    assert_eq!((page.fault(), page.status.as_u16()), (fault, status), "{}", page.body);
    assert!(ground.connections("id").await.is_empty());
}

/// STRIPE.md section 4: what the token endpoint refuses.
#[tokio::test]
async fn s_5_every_refusal_of_a_code_has_its_word() {
    let ground = ground().await;
    let mut browser = Browser::default();
    let back = ground.walk(&mut browser, oauth()).await;
    // Codes of Stripe's end after five minutes, before the state does.
    ground.app.clock.advance(Duration::minutes(6));
    ground.stripe.set_now(ground.app.clock.now());
    assert_eq!(browser.open(&ground, &back).await.fault(), "CODE_REFUSED");

    // The operator mixed up the keys of the two modes.
    let swapped =
        Platform { secret_live: "sk_test_platform_0123456789".into(), secret_test: "sk_test_x".into(), ..Platform::new(CALLBACK, ACCOUNT) };
    let back = ground.walk(&mut browser, oauth()).await;
    ground.stripe.platform(swapped);
    assert_eq!(browser.open(&ground, &back).await.fault(), "MODE_MISMATCH");

    // The platform's key is not valid any more.
    ground.stripe.platform(Platform::new(CALLBACK, ACCOUNT));
    let back = ground.walk(&mut browser, oauth()).await;
    ground.stripe.platform(Platform { secret_test: "sk_test_another".into(), ..Platform::new(CALLBACK, ACCOUNT) });
    assert_eq!(browser.open(&ground, &back).await.fault(), "CLIENT_REFUSED");

    ground.stripe.platform(Platform::new(CALLBACK, ACCOUNT));
    for trouble in [Trouble::Status { status: 503, should_retry: None, retry_after: None }, Trouble::Cut, Trouble::Garbage] {
        let back = ground.walk(&mut browser, oauth()).await;
        ground.stripe.fault(Fault::once(trouble.clone()).on("/oauth/token"));
        assert_eq!(browser.open(&ground, &back).await.fault(), "STRIPE_UNAVAILABLE", "{trouble:?}");
    }
    let back = ground.walk(&mut browser, oauth()).await;
    let without = back.replace("code=", "no_code=");
    assert_eq!(browser.open(&ground, &without).await.fault(), "CODE_MISSING");
    assert!(ground.connections("id").await.is_empty());
}

/// An account that somebody else proved is not taken over, and the access that came with the consent is given back.
#[tokio::test]
async fn s_5_an_account_that_is_anothers_stays_theirs() {
    let ground = ground().await;
    let id = ground.come_back(oauth()).await;
    let another = ground.merchant.another(ground.app.services()).await;
    let mut browser = Browser::default();
    let document =
        "mutation($input: StripeConnectionAuthorizeInput!) { stripeConnectionAuthorize(input: $input) { authorization { url } } }";
    let asked = ground.app.graphql(document).bearer(&another.token).mode("test").variables(json!({ "input": oauth() }));
    let url = text(&asked.data().await["stripeConnectionAuthorize"]["authorization"]["url"]);
    let left = browser.click(&ground, &url).await.location.unwrap();
    let back = ground.at_stripe(&left).await;
    let page = browser.open(&ground, &back).await;
    assert_eq!((page.fault(), page.status.as_u16()), ("ACCOUNT_TAKEN", 409));
    assert_eq!(ground.see(&id, "status").await["status"], "LINKED");
    assert!(!ground.asked(0).iter().any(|asked| asked == "/oauth/deauthorize"), "the first connection lives by that access");
}

/// S5: several redirect addresses: a page of the merchant's own completes by mutation, as the same person in the same mode.
#[tokio::test]
async fn s_5_a_page_of_ones_own_completes_as_the_same_person() {
    let own = "https://portal.example/stripe";
    let ground = Ground::with(|setup| setup.flag(&format!("--stripe-redirect-uris={own},https://other.example/x"))).await;
    ground.stripe.platform(Platform { redirect_uris: vec![CALLBACK.to_owned(), own.to_owned()], ..Platform::new(CALLBACK, ACCOUNT) });
    let refused = ground.try_authorize(json!({ "method": "OAUTH", "redirectUri": "https://evil.example/" })).await;
    assert_eq!((&refused["userErrors"][0]["field"], &refused["userErrors"][0]["code"]), (&json!(["redirectUri"]), &json!("NOT_ALLOWED")));
    let begun = ground.try_authorize_as(&ground.merchant.token, json!({ "method": "OAUTH", "redirectUri": own })).await;
    let url = text(&begun["authorization"]["url"]);
    assert!(url.starts_with(ground.stripe.base().as_str()), "{url}");
    let back: url::Url = ground.at_stripe(&url).await.parse().unwrap();
    assert!(back.as_str().starts_with(own));
    let param = |name: &str| back.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    let input = json!({ "state": param("state"), "code": param("code") });
    let document = "mutation($input: StripeConnectionCompleteInput!) { stripeConnectionComplete(input: $input) {
        stripeConnection { account status } fault userErrors { code message } } }";
    let complete =
        |bearer: &str, mode: &str| ground.app.graphql(document).bearer(bearer).mode(mode).variables(json!({ "input": input })).data();
    for (bearer, mode) in [(&ground.merchant.secret_key, "test"), (&ground.merchant.token, "live")] {
        let other = complete(bearer, mode).await["stripeConnectionComplete"].clone();
        assert_eq!(other["fault"], "STATE_OF_ANOTHER_SESSION", "{mode}");
    }
    let done = complete(&ground.merchant.token, "test").await["stripeConnectionComplete"].clone();
    assert_eq!(done, json!({ "stripeConnection": { "account": ACCOUNT, "status": "LINKED" }, "fault": null, "userErrors": [] }));
    assert_eq!(complete(&ground.merchant.token, "test").await["stripeConnectionComplete"]["fault"], "STATE_USED");
}

/// The browser goes back to a page of a portal, with how it went; and to no other place.
#[tokio::test]
async fn s_5_the_browser_ends_where_it_was_asked_to() {
    let ground = Ground::with(|setup| setup.flag("--portal-origins=https://portal.example")).await;
    ground.stripe.platform(Platform::new(CALLBACK, ACCOUNT));
    let refused = ground.try_authorize(json!({ "method": "OAUTH", "returnUrl": "https://evil.example/" })).await;
    assert_eq!(refused["userErrors"][0]["code"], "NOT_ALLOWED");
    let input = json!({ "method": "OAUTH", "returnUrl": "https://portal.example/settings?tab=stripe" });
    let mut browser = Browser::default();
    let back = ground.walk(&mut browser, input.clone()).await;
    let to = browser.open(&ground, &back).await.location.unwrap();
    let id = text(&ground.connections("id").await[0]["id"]);
    assert_eq!(to, format!("https://portal.example/settings?tab=stripe&stripe_connection={id}"));
    let refusal = Some(("access_denied".to_owned(), String::new()));
    ground.stripe.platform(Platform { refusal, ..Platform::new(CALLBACK, ACCOUNT) });
    let back = ground.walk(&mut browser, input).await;
    let to = browser.open(&ground, &back).await.location.unwrap();
    assert_eq!(to, "https://portal.example/settings?tab=stripe&stripe_error=ACCESS_DENIED");
}

/// S5: an instance that is no platform in this mode says so, and by which settings it becomes one.
#[tokio::test]
async fn s_5_a_mode_without_a_platform_says_so() {
    let ground = Ground::new().await;
    for method in ["OAUTH", "APP"] {
        let refused = ground.try_authorize(json!({ "method": method })).await;
        let message = text(&refused["userErrors"][0]["message"]);
        assert!(message.contains("TRIBUTARY_STRIPE_") && message.contains("_TEST") && message.contains("restricted key"), "{message}");
    }
}
