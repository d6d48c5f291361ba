//! Stripe connections by key, and the integration guide.

use secrecy::ExposeSecret;
use serde_json::json;
use tributary::service::stripe_connection::{key, webhook_secrets};
use tributary::store;

use super::instance::{on_both, told};

const KEY: &str = "rk_test_51Habcdefghijwxyz";
const INPUT: &str = "StripeConnectionCreateInput";

#[tokio::test]
async fn a_key_is_taken_by_its_look_and_never_shown_again() {
    on_both(|instance| async move {
        let owner = instance.owner().await;
        let create = |key: &str| json!({ "name": "Stripe", "key": key });
        for (key, code) in [
            ("rk_live_51Habcdefwxyz", "WRONG_MODE"),
            ("sk_test_51Habcdefwxyz", "NOT_ALLOWED"),
            ("pk_test_51Habcdefwxyz", "INVALID"),
            ("whsec_abcdefghijkl", "INVALID"),
            ("nonsense", "INVALID"),
        ] {
            assert_eq!(instance.refused(&owner, "stripeConnectionCreate", INPUT, create(key)).await, told(&[("key", code)]), "{key}");
        }
        let meant = json!({ "name": "All", "key": "sk_test_51Habcdefwxyz", "allowSecretKey": true });
        instance.made(&owner, "stripeConnectionCreate", INPUT, "stripeConnection", meant).await;
        let input = json!({ "name": "Stripe", "key": format!(" {KEY} "), "account": "acct_1", "webhookSecret": "whsec_firstsecret1" });
        let id = instance.made(&owner, "stripeConnectionCreate", INPUT, "stripeConnection", input.clone()).await;
        assert_eq!(instance.refused(&owner, "stripeConnectionCreate", INPUT, input).await, told(&[("account", "TAKEN")]));
        let query = "query($id: ID!) { stripeConnection(id: $id) { status mode method keyLastFour webhookUrl webhookEvents
            webhookSecrets { fingerprint lastFour } } }";
        let seen = instance.ask(&owner, query, json!({ "id": id })).await["stripeConnection"].clone();
        assert_eq!((&seen["status"], &seen["mode"], &seen["keyLastFour"]), (&json!("LINKED"), &json!("TEST"), &json!("wxyz")));
        assert!(seen["webhookUrl"].as_str().unwrap().starts_with("https://track.example/webhooks/stripe/"));
        assert!(seen["webhookEvents"].as_array().unwrap().contains(&json!("invoice.paid")));
        assert!(!seen.to_string().contains(KEY) && !seen.to_string().contains("firstsecret"));
        let row = store::connection::by_id(instance.services.db.read(), id.parse().unwrap()).await.unwrap().unwrap();
        let stored = serde_json::to_string(&(&row.secret, &row.webhook_secrets)).unwrap();
        assert!(!stored.contains("51Habc") && !stored.contains("whsec"), "nothing is stored in the clear");
        assert_eq!(key(&instance.services, &row).unwrap().unwrap().expose_secret(), KEY);
    })
    .await;
}

#[tokio::test]
async fn signing_secrets_roll_and_a_new_key_links_again_under_the_same_id() {
    on_both(|instance| async move {
        let owner = instance.owner().await;
        let input = json!({ "name": "Stripe", "key": KEY, "webhookSecret": "whsec_firstsecret1" });
        let id = instance.made(&owner, "stripeConnectionCreate", INPUT, "stripeConnection", input).await;
        let add = json!({ "id": id, "secret": "whsec_secondsecret2" });
        instance.made(&owner, "stripeConnectionAddWebhookSecret", "StripeConnectionAddWebhookSecretInput", "stripeConnection", add).await;
        let secrets = || async {
            let row = store::connection::by_id(instance.services.db.read(), id.parse().unwrap()).await.unwrap().unwrap();
            let secrets = webhook_secrets(&instance.services, &row).unwrap();
            secrets.iter().map(|secret| secret.expose_secret().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(secrets().await, ["whsec_firstsecret1", "whsec_secondsecret2"], "both sign while one replaces the other");
        let query = "query($id: ID!) { stripeConnection(id: $id) { webhookSecrets { fingerprint lastFour } status keyLastFour } }";
        let shown = instance.ask(&owner, query, json!({ "id": id })).await["stripeConnection"]["webhookSecrets"].clone();
        assert_eq!((&shown[0]["lastFour"], &shown[1]["lastFour"]), (&json!("ret1"), &json!("ret2")));
        let remove = json!({ "id": id, "fingerprint": shown[0]["fingerprint"] });
        let (mutation, input_type) = ("stripeConnectionRemoveWebhookSecret", "StripeConnectionRemoveWebhookSecretInput");
        instance.made(&owner, mutation, input_type, "stripeConnection", remove.clone()).await;
        assert_eq!(instance.refused(&owner, mutation, input_type, remove).await, told(&[("fingerprint", "NOT_FOUND")]));
        assert_eq!(secrets().await, ["whsec_secondsecret2"]);
        instance.made(&owner, "stripeConnectionUnlink", "StripeConnectionUnlinkInput", "stripeConnection", json!({ "id": id })).await;
        let off = instance.ask(&owner, query, json!({ "id": id })).await["stripeConnection"].clone();
        assert_eq!((&off["status"], &off["keyLastFour"]), (&json!("UNLINKED"), &json!(null)));
        let relink = json!({ "id": id, "key": "rk_test_51Hanotherkey1234" });
        let same = instance.made(&owner, "stripeConnectionUpdate", "StripeConnectionUpdateInput", "stripeConnection", relink).await;
        let on = instance.ask(&owner, query, json!({ "id": id })).await["stripeConnection"].clone();
        assert_eq!((same, &on["status"], &on["keyLastFour"]), (id.clone(), &json!("LINKED"), &json!("1234")));
    })
    .await;
}

#[tokio::test]
async fn a_guide_holds_the_programs_own_words_and_no_secret() {
    on_both(|instance| async move {
        let owner = instance.owner().await;
        let [program, ..] = instance.program_with_partner(&owner, "Friends").await;
        let site = json!({ "kind": "PUBLISHABLE", "name": "site", "origins": ["https://shop.example"], "programId": program });
        instance.made(&owner, "apiKeyCreate", "ApiKeyCreateInput", "apiKey", site).await;
        let server = json!({ "kind": "SECRET", "name": "server", "scopes": ["READ"] });
        instance.made(&owner, "apiKeyCreate", "ApiKeyCreateInput", "apiKey", server).await;
        let input = json!({ "name": "Stripe", "key": KEY, "webhookSecret": "whsec_firstsecret1" });
        instance.made(&owner, "stripeConnectionCreate", INPUT, "stripeConnection", input).await;
        for method in ["SIGN_UP", "PAYMENT_LINKS"] {
            let query = format!(
                "query($id: ID!) {{ program(id: $id) {{ integrationGuide(method: {method}) {{
                 method publishableKey webhookUrls events steps {{ title text snippet {{ language code }} }} }} }} }}"
            );
            let guide = instance.ask(&owner, &query, json!({ "id": program })).await["program"]["integrationGuide"].clone();
            let key = guide["publishableKey"].as_str().unwrap();
            assert!(key.starts_with("trb_pk_test_"));
            let text = guide.to_string();
            assert!(text.contains(&format!(r#"src=\"https://track.example/t.js\" data-key=\"{key}\" data-param=\"via\""#)), "{text}");
            assert!(text.contains("https://track.example/webhooks/stripe/") && text.contains("checkout.session.completed"));
            for secret in ["trb_sk_", "rk_test_", "whsec_first", "51Habc"] {
                assert!(!text.contains(secret), "{secret} in {text}");
            }
        }
    })
    .await;
}
