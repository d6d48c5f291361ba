//! S20, RA-1 to RA-5: customers become referrers, and they and their friends are rewarded.

use chrono::Duration;
use entity::value::{ApiKeyKind, CustomerId, ProgramId, ProgramKind, ReferralSyncId, Terms};
use entity::{customer, referrer};
use rstest::rstest;
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};
use tributary::service::program::{self, NewProgram};
use tributary::service::referral::{advance, look};

use super::super::text;
use super::{Ground, ground};
use crate::support::merchant::{SHOP, key};
use crate::support::stripe::{Bill, Fault, Line, Trouble};

/// A program for friends, and a shop whose customers know its pages.
struct Friends {
    ground: Ground,
    program: ProgramId,
    publishable_key: String,
}

impl Friends {
    async fn new(on_servers: bool) -> Self {
        let (ground, _) = ground(on_servers).await;
        let input = NewProgram {
            name: "Friends".to_owned(),
            kind: ProgramKind::ReferAFriend,
            landing_url: format!("{SHOP}/"),
            allowed_hosts: vec!["shop.example".to_owned()],
            query_param: None,
            auto_approve: true,
            currency: None,
            terms: Terms::default(),
        };
        let (services, owner) = (ground.app.services(), &ground.merchant.owner);
        let program = program::create(services, owner, input, None).await.unwrap().id;
        let publishable_key = key(services, owner, ApiKeyKind::Publishable, Some(program)).await;
        Self { ground, program, publishable_key }
    }

    async fn ask(&self, document: &str, variables: Value) -> Value {
        self.ground.ask(document, variables).await
    }

    async fn offer(&self, mut input: Value) {
        input["programId"] = json!(self.program);
        let document = "mutation($input: ReferralOfferSetInput!) { referralOfferSet(input: $input) {
            referralOffer { id } userErrors { field code message } } }";
        let done = self.ask(document, json!({ "input": input })).await;
        assert_eq!(done["referralOfferSet"]["userErrors"], json!([]), "{input}");
    }

    /// Begins a sync and gives its id.
    async fn begin(&self) -> String {
        let document =
            "mutation($input: ReferralSyncBeginInput!) { referralSyncBegin(input: $input) { referralSync { id } userErrors { code } } }";
        let done = self.ask(document, json!({ "input": { "programId": self.program } })).await["referralSyncBegin"].clone();
        assert_eq!(done["userErrors"], json!([]));
        text(&done["referralSync"]["id"])
    }

    /// A customer at Stripe, with the merchant's own id of them.
    fn customer(&self, name: &str) -> String {
        let mut shop = self.ground.shop.lock().unwrap();
        let now = self.ground.app.clock.now();
        shop.customer(now, &format!("{name}@example.com"), Some(name))
    }

    /// A customer at Stripe who was made a referrer. Gives Stripe's id and the code of their link.
    async fn referrer(&self, name: &str) -> (String, String) {
        let id = self.customer(name);
        self.ground.deliver().await;
        self.begin().await;
        self.ground.app.drain().await;
        let document = "query($of: ID!) { referrers(first: 9, filter: { programId: $of }) { nodes { link { code } customer { email } } } }";
        let seen = self.ask(document, json!({ "of": self.program })).await["referrers"]["nodes"].as_array().unwrap().clone();
        let own = seen.iter().find(|row| row["customer"]["email"] == json!(format!("{name}@example.com"))).unwrap();
        (id, text(&own["link"]["code"]))
    }

    async fn track(&self, path: &str, mut body: Value) -> Value {
        body["key"] = json!(self.publishable_key);
        let request = self.ground.app.post(path).header("origin", SHOP).header("user-agent", "Mozilla/5.0 (X11; Linux x86_64)");
        let response = request.json(&body).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path} {body}");
        response.json().await.unwrap()
    }

    /// A friend comes by a link and signs up.
    async fn comes(&self, name: &str, code: &str) {
        let click = self.track("/track/click", json!({ "code": code, "url": format!("{SHOP}/?via={code}") })).await;
        let body = json!({ "externalId": name, "email": format!("{name}@example.com"), "token": click["token"] });
        self.track("/track/signup", body).await;
    }

    /// They buy. Gives the invoice.
    async fn buys(&self, name: &str, amount: i64) -> String {
        let customer = self.customer(name);
        let invoice = {
            let mut shop = self.ground.shop.lock().unwrap();
            shop.pay(self.ground.app.clock.now(), Bill::to(&customer).line(Line::of(amount)))
        };
        self.ground.deliver().await;
        invoice
    }

    fn refund(&self, invoice: &str, amount: i64) {
        let mut shop = self.ground.shop.lock().unwrap();
        let charge = shop.charge_of(invoice);
        let now = self.ground.app.clock.now();
        shop.refund(now, &charge, amount);
    }

    async fn rewards(&self) -> Vec<Value> {
        let document = "{ referralRewards(first: 50, orderBy: OLDEST) { nodes { id side state cause reference
            gift { __typename } purchase { key } write { status kind stripeId } friend { email } } } }";
        self.ask(document, json!({})).await["referralRewards"]["nodes"].as_array().unwrap().clone()
    }

    /// State and cause of the reward of one side; there is one.
    async fn stands(&self, side: &str) -> (String, Value) {
        let all = self.rewards().await;
        let own: Vec<&Value> = all.iter().filter(|row| row["side"] == side).collect();
        assert_eq!(own.len(), 1, "{all:#?}");
        (text(&own[0]["state"]), own[0]["cause"].clone())
    }

    async fn change(&self, mutation: &str, kind: &str, input: Value) -> Value {
        let document = format!(
            "mutation($input: {kind}!) {{ {mutation}(input: $input) {{ referralReward {{ state cause reference }} userErrors {{ code }} }} }}"
        );
        self.ask(&document, json!({ "input": input })).await[mutation].clone()
    }

    /// The credit that a customer has at Stripe, and how often it was given.
    fn credit(&self, customer: &str) -> (i64, usize) {
        let shop = self.ground.shop.lock().unwrap();
        (-shop.customers.get(customer).unwrap().balance, shop.balance_changes.values().filter(|one| one.customer == customer).count())
    }
}

const CREDIT: &str = r#"{ "credit": { "amount": "500", "currency": "USD" } }"#;

fn credit() -> Value {
    serde_json::from_str(CREDIT).unwrap()
}

/// Every customer who is there at Stripe, each exactly once, however often the worker dies; deleted ones are not there.
#[rstest]
#[case(false)]
#[case(true)]
#[tokio::test]
async fn s20_ra_1_existing_customers_become_referrers_each_exactly_once(#[case] on_servers: bool) {
    let friends = Friends::new(on_servers).await;
    friends.offer(json!({ "referrer": credit() })).await;
    for n in 0..130 {
        let id = friends.customer(&format!("c{n}"));
        if n % 13 == 0 {
            let now = friends.ground.app.clock.now();
            friends.ground.shop.lock().unwrap().delete_customer(now + Duration::seconds(1), &id);
        }
    }
    friends.ground.later(Duration::minutes(1)).await;
    friends.ground.deliver().await;
    let db = friends.ground.app.services().db.read();
    let sync: ReferralSyncId = friends.begin().await.parse().unwrap();
    assert_eq!(friends.begin().await, sync.to_string(), "one goes on at a time");
    let payload = json!({ "sync": sync });
    for died in 1..=2 {
        let enough = async {
            while referrer::Entity::find().count(db).await.unwrap() < died * 50 {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            ended = advance(friends.ground.app.services(), &payload) => { ended.unwrap(); }
            () = enough => {}
        }
    }
    friends.ground.app.drain().await;
    let rows = referrer::Entity::find().all(db).await.unwrap();
    let customers: std::collections::BTreeSet<CustomerId> = rows.iter().map(|row| row.customer_id).collect();
    assert_eq!((rows.len(), customers.len()), (120, 120));
    let links: std::collections::BTreeSet<_> = rows.iter().map(|row| row.link_id).collect();
    assert_eq!(links.len(), 120);
    let document = "query($id: ID!) { node(id: $id) { ... on ReferralSync { status seen made finishedAt } } }";
    let seen = friends.ask(document, json!({ "id": sync })).await["node"].clone();
    assert_eq!((&seen["status"], &seen["seen"], &seen["made"]), (&json!("DONE"), &json!(130), &json!(120)), "{seen}");
    // Once more finds nobody new.
    friends.begin().await;
    friends.ground.app.drain().await;
    assert_eq!(referrer::Entity::find().count(db).await.unwrap(), 120);
}

/// RA-1: with a coupon for it, each gets a code at Stripe that is theirs; and whoever signs up becomes a referrer where that is wished.
#[tokio::test]
async fn ra_1_referrers_get_a_link_and_a_code_at_import_or_sign_up() {
    let friends = Friends::new(false).await;
    let coupon = friends.ground.quarter().await;
    friends.offer(json!({ "codeCoupon": coupon, "everybody": true, "referrer": credit() })).await;
    let (_, link) = friends.referrer("ann").await;
    assert_eq!(friends.ground.codes_at_stripe().len(), 1);
    friends.comes("ben", &link).await;
    friends.ground.app.drain().await;
    let document = "{ referrers(first: 9, orderBy: OLDEST) { nodes { customer { email } link { code } code { status stripeId } enrollment { id } } } }";
    let seen = friends.ask(document, json!({})).await["referrers"]["nodes"].as_array().unwrap().clone();
    let emails: Vec<_> = seen.iter().map(|row| text(&row["customer"]["email"])).collect();
    assert_eq!(emails, ["ann@example.com", "ben@example.com"]);
    assert!(seen.iter().all(|row| row["code"]["status"] == "VERIFIED" && row["link"]["code"].is_string()), "{seen:#?}");
    let codes = friends.ask("{ promotionCodes(first: 9) { nodes { stripeId enrollment { id } } } }", json!({})).await;
    for row in &seen {
        let own = codes["promotionCodes"]["nodes"].as_array().unwrap().iter().find(|code| code["stripeId"] == row["code"]["stripeId"]);
        assert_eq!(own.unwrap()["enrollment"], row["enrollment"]);
    }
}

/// The friend is rewarded for coming, by a code for one use; who brought them for the first purchase and after its hold, by credit.
#[rstest]
#[case(false)]
#[case(true)]
#[tokio::test]
async fn ra_2_ra_5_both_are_rewarded_each_in_their_time_and_stripe_is_read_back(#[case] on_servers: bool) {
    let friends = Friends::new(on_servers).await;
    let coupon = friends.ground.quarter().await;
    let offer = json!({ "friend": { "couponStripeId": coupon }, "friendFor": "SIGN_UP", "referrer": credit(), "holdDays": 14 });
    friends.offer(offer).await;
    let (ann, link) = friends.referrer("ann").await;
    friends.comes("ben", &link).await;
    friends.ground.app.drain().await;
    let rewards = friends.rewards().await;
    assert_eq!(rewards.len(), 2, "RA-3: both at once");
    let of_ben = rewards.iter().find(|row| row["side"] == "FRIEND").unwrap();
    assert_eq!((&of_ben["state"], &of_ben["write"]["status"]), (&json!("APPLIED"), &json!("VERIFIED")), "{of_ben:#}");
    {
        let shop = friends.ground.shop.lock().unwrap();
        let code = shop.codes.get(of_ben["write"]["stripeId"].as_str().unwrap()).unwrap();
        assert_eq!((code.max_redemptions, code.coupon.id.as_str()), (Some(1), coupon.as_str()));
    }
    assert_eq!(friends.stands("REFERRER").await, ("PENDING".to_owned(), Value::Null));
    friends.ground.later(Duration::hours(1)).await;
    let invoice = friends.buys("ben", 10_000).await;
    assert_eq!(friends.stands("REFERRER").await.0, "PENDING", "its hold is not over");
    assert_eq!(friends.credit(&ann), (0, 0));
    friends.ground.later(Duration::days(14)).await;
    assert_eq!(friends.stands("REFERRER").await, ("APPLIED".to_owned(), Value::Null));
    let rewards = friends.rewards().await;
    let of_ann = rewards.iter().find(|row| row["side"] == "REFERRER").unwrap();
    assert_eq!(of_ann["purchase"]["key"], json!(format!("invoice:{invoice}")));
    assert_eq!((&of_ann["write"]["kind"], friends.credit(&ann)), (&json!("CUSTOMER_BALANCE"), (500, 1)));
    // A second purchase rewards nobody again.
    friends.buys("ben", 10_000).await;
    friends.ground.later(Duration::days(30)).await;
    assert_eq!((friends.rewards().await.len(), friends.credit(&ann)), (2, (500, 1)));
}

/// RA-3: two friends at the same moment, and room for one.
#[rstest]
#[case(false)]
#[case(true)]
#[tokio::test]
async fn ra_3_a_cap_holds_when_friends_come_at_once(#[case] on_servers: bool) {
    let friends = Friends::new(on_servers).await;
    friends.offer(json!({ "friend": { "own": "a mug" }, "friendFor": "SIGN_UP", "referrer": credit(), "cap": 1 })).await;
    let (_, link) = friends.referrer("ann").await;
    friends.comes("ben", &link).await;
    friends.comes("cid", &link).await;
    let services = friends.ground.app.services();
    let all = customer::Entity::find().all(services.db.read()).await.unwrap();
    let id = |name: &str| all.iter().find(|row| row.email.as_deref() == Some(name)).unwrap().id;
    let (ben, cid) = (json!({ "customer": id("ben@example.com") }), json!({ "customer": id("cid@example.com") }));
    let (first, second) = tokio::join!(look(services, &ben), look(services, &cid));
    first.unwrap();
    second.unwrap();
    friends.ground.app.drain().await;
    let rewards = friends.rewards().await;
    let mut of_ann: Vec<_> =
        rewards.iter().filter(|row| row["side"] == "REFERRER").map(|row| (text(&row["state"]), row["cause"].clone())).collect();
    of_ann.sort_by_key(|(state, _)| state.clone());
    assert_eq!(of_ann, [("CANCELLED".to_owned(), json!("CAP_REACHED")), ("PENDING".to_owned(), Value::Null)]);
    let friends_side = rewards.iter().filter(|row| row["side"] == "FRIEND");
    assert!(friends_side.clone().count() == 2 && friends_side.clone().all(|row| row["state"] == "EARNED"), "{rewards:#?}");
}

/// RA-4: a refund cancels what was not given, and asks somebody about what was.
#[rstest]
#[case(false)]
#[case(true)]
#[tokio::test]
async fn ra_4_a_refund_cancels_before_and_asks_somebody_after(#[case] on_servers: bool) {
    let friends = Friends::new(on_servers).await;
    friends.offer(json!({ "referrer": credit(), "holdDays": 14 })).await;
    let (ann, link) = friends.referrer("ann").await;
    friends.comes("ben", &link).await;
    friends.ground.later(Duration::hours(1)).await;
    let invoice = friends.buys("ben", 10_000).await;
    friends.ground.later(Duration::days(3)).await;
    friends.refund(&invoice, 10_000);
    friends.ground.deliver().await;
    assert_eq!(friends.stands("REFERRER").await, ("CANCELLED".to_owned(), json!("REFUNDED")));
    friends.ground.later(Duration::days(30)).await;
    assert_eq!(friends.credit(&ann), (0, 0));
    // Another friend: given, then refunded.
    friends.comes("cid", &link).await;
    friends.ground.later(Duration::hours(1)).await;
    let invoice = friends.buys("cid", 10_000).await;
    friends.ground.later(Duration::days(14)).await;
    assert_eq!(friends.credit(&ann), (500, 1));
    friends.refund(&invoice, 10_000);
    friends.ground.deliver().await;
    let of = |rewards: Vec<Value>| rewards.into_iter().find(|row| row["friend"]["email"] == "cid@example.com").unwrap();
    let reward = of(friends.rewards().await);
    assert_eq!((&reward["state"], &reward["cause"]), (&json!("REVIEW"), &json!("REFUNDED")));
    let kind = "ReferralRewardDecideInput";
    let kept = friends.change("referralRewardDecide", kind, json!({ "id": reward["id"], "decision": "KEEP" })).await;
    assert_eq!((&kept["referralReward"]["state"], &kept["referralReward"]["cause"]), (&json!("APPLIED"), &json!("KEPT")));
    friends.ground.later(Duration::days(1)).await;
    friends.ground.deliver().await;
    assert_eq!(of(friends.rewards().await)["state"], "APPLIED", "it was decided");
    let back = friends.change("referralRewardDecide", kind, json!({ "id": reward["id"], "decision": "REVERSE" })).await;
    assert_eq!(back["referralReward"]["state"], "REVERSED");
    let again = friends.change("referralRewardDecide", kind, json!({ "id": reward["id"], "decision": "KEEP" })).await;
    assert_eq!(again["userErrors"][0]["code"], "WRONG_STATE");
}

/// RA-4: without a purchase in time nothing is given.
#[tokio::test]
async fn ra_4_a_reward_expires_without_a_purchase() {
    let friends = Friends::new(false).await;
    friends.offer(json!({ "referrer": credit(), "expiresDays": 30 })).await;
    let (_, link) = friends.referrer("ann").await;
    friends.comes("ben", &link).await;
    friends.ground.app.drain().await;
    assert_eq!(friends.stands("REFERRER").await.0, "PENDING");
    friends.ground.later(Duration::days(31)).await;
    assert_eq!(friends.stands("REFERRER").await, ("EXPIRED".to_owned(), json!("NO_PURCHASE")));
}

/// RA-5: credit is given exactly once when the answer breaks off.
#[tokio::test]
async fn ra_5_credit_is_given_exactly_once_when_the_answer_breaks_off() {
    let friends = Friends::new(false).await;
    friends.offer(json!({ "referrer": credit(), "holdDays": 0 })).await;
    let (ann, link) = friends.referrer("ann").await;
    friends.comes("ben", &link).await;
    friends.ground.later(Duration::hours(1)).await;
    friends.ground.stripe.fault(Fault::once(Trouble::Cut).on("/balance_transactions"));
    friends.buys("ben", 10_000).await;
    assert_eq!((friends.stands("REFERRER").await.0.as_str(), friends.credit(&ann)), ("EARNED", (500, 1)), "it is there, unheard of");
    friends.ground.later(Duration::minutes(1)).await;
    assert_eq!((friends.stands("REFERRER").await.0.as_str(), friends.credit(&ann)), ("APPLIED", (500, 1)));
}

/// RA-5: a reward of the merchant's own waits for the merchant's server, which says once what it gave.
#[tokio::test]
async fn ra_5_a_reward_of_the_merchants_own_is_given_by_its_server() {
    let friends = Friends::new(false).await;
    friends.offer(json!({ "friend": { "own": "a mug" }, "friendFor": "SIGN_UP" })).await;
    let (_, link) = friends.referrer("ann").await;
    friends.comes("ben", &link).await;
    friends.ground.app.drain().await;
    let reward = friends.rewards().await.pop().unwrap();
    assert_eq!((&reward["state"], &reward["gift"]["__typename"]), (&json!("EARNED"), &json!("OwnGift")));
    let input = |reference: &str| json!({ "id": reward["id"], "reference": reference });
    for _ in 0..2 {
        let given = friends.change("referralRewardApply", "ReferralRewardApplyInput", input("order-7")).await;
        assert_eq!((&given["referralReward"]["state"], &given["referralReward"]["reference"]), (&json!("APPLIED"), &json!("order-7")));
    }
    let other = friends.change("referralRewardApply", "ReferralRewardApplyInput", input("order-8")).await;
    assert_eq!(other["userErrors"][0]["code"], "WRONG_STATE");
}
