//! Signing in, staying so, and the first start.

use chrono::Duration;
use secrecy::ExposeSecret;
use serde_json::json;
use tributary::domain::access::Viewer;
use tributary::service::password_reset;

use super::instance::{Caller, PASSWORD, on_both, told};

const PUBLIC: Caller = Caller(Viewer::Public);
const SIGN_IN: &str = "mutation($input: SignInInput!) { done: signIn(input: $input) {
    session { accessToken refreshToken user { email } merchant { name } member { role } } userErrors { code } } }";
const REFRESH: &str = "mutation($input: SessionRefreshInput!) { done: sessionRefresh(input: $input) {
    session { accessToken refreshToken } userErrors { code } } }";

#[tokio::test]
async fn an_instance_is_set_up_once_by_the_token_of_its_first_start() {
    on_both(|instance| async move {
        let token = instance.setup_token().await.unwrap();
        let input = |token: &str| json!({ "token": token, "merchantName": "Shop", "email": "o@shop.example", "password": PASSWORD });
        let wrong = token.replace("trb_setup_", "trb_inv_");
        let refused = instance.refused(&PUBLIC, "instanceSetUp", "InstanceSetUpInput", input(&wrong)).await;
        assert_eq!(refused, told(&[("", "WRONG_CREDENTIALS")]));
        let weak = json!({ "token": token, "merchantName": " ", "email": "nobody", "password": PASSWORD });
        let refused = instance.refused(&PUBLIC, "instanceSetUp", "InstanceSetUpInput", weak).await;
        assert_eq!(refused, told(&[("merchantName", "REQUIRED"), ("email", "INVALID")]));
        let other = instance.setup_token().await.unwrap();
        assert_eq!(instance.refused(&PUBLIC, "instanceSetUp", "InstanceSetUpInput", input(&token)).await, told(&[]));
        for used in [&token, &other] {
            let refused = instance.refused(&PUBLIC, "instanceSetUp", "InstanceSetUpInput", input(used)).await;
            assert_eq!(refused, told(&[("", "WRONG_CREDENTIALS")]), "it works once, whichever token");
        }
        assert_eq!(instance.setup_token().await, None);
    })
    .await;
}

#[tokio::test]
async fn signing_in_gives_a_session_and_says_nothing_of_what_was_wrong() {
    on_both(|instance| async move {
        instance.owner().await;
        let input = json!({ "input": { "email": " OWNER@shop.example ", "password": PASSWORD } });
        let done = instance.ask(&PUBLIC, SIGN_IN, input).await;
        let session = &done["done"]["session"];
        assert_eq!(session["user"]["email"], "owner@shop.example");
        assert_eq!((&session["merchant"]["name"], &session["member"]["role"]), (&json!("Shop"), &json!("OWNER")));
        for (email, password) in [("owner@shop.example", "another password"), ("nobody@shop.example", PASSWORD), ("nonsense", PASSWORD)] {
            let refused = instance.refused(&PUBLIC, "signIn", "SignInInput", json!({ "email": email, "password": password })).await;
            assert_eq!(refused, told(&[("", "WRONG_CREDENTIALS")]));
        }
        assert_eq!(instance.denied(&PUBLIC, "{ merchant { name } }", json!({})).await, "UNAUTHENTICATED");
    })
    .await;
}

#[tokio::test]
async fn a_refresh_token_works_once_and_its_second_use_ends_the_family() {
    on_both(|instance| async move {
        instance.owner().await;
        let input = json!({ "input": { "email": "owner@shop.example", "password": PASSWORD } });
        let session = instance.ask(&PUBLIC, SIGN_IN, input).await;
        let first = session["done"]["session"]["refreshToken"].as_str().unwrap().to_owned();
        let refresh = |token: String| {
            let instance = instance.clone();
            async move { instance.ask(&PUBLIC, REFRESH, json!({ "input": { "refreshToken": token } })).await["done"].clone() }
        };
        let second = refresh(first.clone()).await["session"]["refreshToken"].as_str().unwrap().to_owned();
        let third = refresh(second).await["session"]["refreshToken"].as_str().unwrap().to_owned();
        assert_eq!(refresh(first).await, json!({ "session": null, "userErrors": [{ "code": "WRONG_CREDENTIALS" }] }));
        assert_eq!(refresh(third).await["session"], json!(null), "the thief's and the owner's tokens end alike");
    })
    .await;
}

#[tokio::test]
async fn of_many_who_come_with_one_refresh_token_one_at_most_gets_a_session() {
    on_both(|instance| async move {
        instance.owner().await;
        let input = json!({ "input": { "email": "owner@shop.example", "password": PASSWORD } });
        let session = instance.ask(&PUBLIC, SIGN_IN, input).await;
        let token = session["done"]["session"]["refreshToken"].clone();
        let tries = (0..8).map(|_| instance.ask(&PUBLIC, REFRESH, json!({ "input": { "refreshToken": token } })));
        let got = futures_util::future::join_all(tries).await;
        assert_eq!(got.iter().filter(|done| !done["done"]["session"].is_null()).count(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_refresh_token_ends_by_time_and_by_signing_out() {
    on_both(|instance| async move {
        instance.owner().await;
        let input = json!({ "input": { "email": "owner@shop.example", "password": PASSWORD } });
        let token = |done: &serde_json::Value| done["done"]["session"]["refreshToken"].clone();
        let one = token(&instance.ask(&PUBLIC, SIGN_IN, input.clone()).await);
        let two = token(&instance.ask(&PUBLIC, SIGN_IN, input.clone()).await);
        let out = "mutation($input: SignOutInput!) { signOut(input: $input) { signedOut } }";
        instance.ask(&PUBLIC, out, json!({ "input": { "refreshToken": one } })).await;
        let ended = instance.ask(&PUBLIC, REFRESH, json!({ "input": { "refreshToken": one } })).await;
        assert!(ended["done"]["session"].is_null());
        let other = instance.ask(&PUBLIC, REFRESH, json!({ "input": { "refreshToken": two } })).await;
        assert!(!other["done"]["session"].is_null(), "another session goes on");
        instance.wait(Duration::days(30));
        let late = instance.ask(&PUBLIC, REFRESH, json!({ "input": { "refreshToken": token(&other) } })).await;
        assert!(late["done"]["session"].is_null());
    })
    .await;
}

#[tokio::test]
async fn a_new_password_ends_every_session() {
    on_both(|instance| async move {
        let owner = instance.owner().await;
        let input = json!({ "input": { "email": "owner@shop.example", "password": PASSWORD } });
        let session = instance.ask(&PUBLIC, SIGN_IN, input).await;
        let old = session["done"]["session"]["refreshToken"].clone();
        let wrong = json!({ "currentPassword": "not the password", "newPassword": "five quite unrelated words" });
        let refused = instance.refused(&owner, "passwordChange", "PasswordChangeInput", wrong).await;
        assert_eq!(refused, told(&[("currentPassword", "WRONG_CREDENTIALS")]));
        let weak = json!({ "currentPassword": PASSWORD, "newPassword": "short" });
        let refused = instance.refused(&owner, "passwordChange", "PasswordChangeInput", weak).await;
        assert_eq!(refused, told(&[("newPassword", "INVALID")]));
        let change = json!({ "currentPassword": PASSWORD, "newPassword": "five quite unrelated words" });
        assert_eq!(instance.refused(&owner, "passwordChange", "PasswordChangeInput", change).await, told(&[]));
        assert!(instance.ask(&PUBLIC, REFRESH, json!({ "input": { "refreshToken": old } })).await["done"]["session"].is_null());
        let old_password = json!({ "email": "owner@shop.example", "password": PASSWORD });
        assert_eq!(instance.refused(&PUBLIC, "signIn", "SignInInput", old_password).await, told(&[("", "WRONG_CREDENTIALS")]));
    })
    .await;
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_once_by_a_token_of_the_shell() {
    on_both(|instance| async move {
        instance.owner().await;
        let input = json!({ "input": { "email": "owner@shop.example", "password": PASSWORD } });
        let session = instance.ask(&PUBLIC, SIGN_IN, input).await;
        let old = session["done"]["session"]["refreshToken"].clone();
        assert!(password_reset::issue(&instance.services, "nobody@shop.example").await.is_err());
        let token = password_reset::issue(&instance.services, " OWNER@shop.example").await.unwrap();
        let reset = |token: &str, password: &str| json!({ "token": token, "newPassword": password });
        let refused = async |input| instance.refused(&PUBLIC, "passwordReset", "PasswordResetInput", input).await;
        let wrong = told(&[("", "WRONG_CREDENTIALS")]);
        assert_eq!(refused(reset("trb_rst_nonsense", "five quite unrelated words")).await, wrong);
        assert_eq!(refused(reset(token.expose_secret(), "short")).await, told(&[("newPassword", "INVALID")]));
        assert_eq!(refused(reset(token.expose_secret(), "five quite unrelated words")).await, told(&[]));
        assert_eq!(refused(reset(token.expose_secret(), "six rather unrelated words")).await, wrong, "it works once");
        assert!(instance.ask(&PUBLIC, REFRESH, json!({ "input": { "refreshToken": old } })).await["done"]["session"].is_null());
        let new = json!({ "input": { "email": "owner@shop.example", "password": "five quite unrelated words" } });
        assert!(!instance.ask(&PUBLIC, SIGN_IN, new).await["done"]["session"].is_null());
        let late = password_reset::issue(&instance.services, "owner@shop.example").await.unwrap();
        instance.wait(Duration::minutes(30));
        assert_eq!(refused(reset(late.expose_secret(), "six rather unrelated words")).await, wrong);
    })
    .await;
}

#[tokio::test]
async fn an_invitation_joins_once_and_the_last_owner_stays() {
    on_both(|instance| async move {
        let owner = instance.owner().await;
        instance.wait(Duration::seconds(1));
        let admin = instance.joined(&owner, "admin@shop.example", "ADMIN", None).await;
        let invite = json!({ "email": "x@shop.example", "role": "OWNER" });
        let query = "mutation($input: MemberInviteInput!) { memberInvite(input: $input) { userErrors { code } } }";
        assert_eq!(instance.denied(&admin, query, json!({ "input": invite })).await, "FORBIDDEN");
        let partnerless = json!({ "email": "x@shop.example", "role": "PARTNER" });
        let refused = instance.refused(&owner, "memberInvite", "MemberInviteInput", partnerless).await;
        assert_eq!(refused, told(&[("partnerId", "REQUIRED")]));
        let seen = instance.ask(&owner, "{ members(orderBy: OLDEST) { nodes { id role user { email } } } }", json!({})).await;
        let members = seen["members"]["nodes"].as_array().unwrap().clone();
        assert_eq!(
            members.iter().map(|m| m["user"]["email"].as_str().unwrap()).collect::<Vec<_>>(),
            ["owner@shop.example", "admin@shop.example"]
        );
        let refused = instance.refused(&owner, "memberRemove", "MemberRemoveInput", json!({ "id": members[0]["id"] })).await;
        assert_eq!(refused, told(&[("id", "WRONG_STATE")]));
        instance.made(&owner, "memberRemove", "MemberRemoveInput", "member", json!({ "id": members[1]["id"] })).await;
        let gone = json!({ "email": "admin@shop.example", "password": PASSWORD });
        assert_eq!(instance.refused(&PUBLIC, "signIn", "SignInInput", gone).await, told(&[("", "WRONG_CREDENTIALS")]));
    })
    .await;
}
