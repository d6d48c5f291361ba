//! What was told of customers.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};
use entity::value::{ClickId, CustomerId, IdentityId, IdentityKind, PurchaseId, PurchaseStatus, SnapshotId, TouchId, TouchKind};
use entity::{click, customer, identity, purchase, snapshot, touch};
use sea_orm::DatabaseTransaction;
use tributary::domain::fact::{Buyer, Dated, Fact, Persona, Stamp, Traits};
use tributary::domain::purchase::{Key, KeyKind, NetLine, Payer, PurchaseState};

use crate::rows::{BASE, Shop};
use crate::seed::{fresh, insert};

/// Rows of some customers.
#[derive(Default)]
pub struct Rows {
    clicks: Vec<click::Model>,
    customers: Vec<customer::Model>,
    identities: Vec<identity::Model>,
    touches: Vec<touch::Model>,
    snapshots: Vec<snapshot::Model>,
    purchases: Vec<purchase::Model>,
}

impl Rows {
    /// A customer who clicked, signed up, and then bought so often, once a month.
    pub fn customer(&mut self, shop: &Shop, number: usize, bought: usize) -> CustomerId {
        let clicked_at = *BASE + Duration::minutes(i64::try_from(number % 500_000).unwrap());
        let at = clicked_at + Duration::hours(1);
        let (id, click, buyer) = (CustomerId::new_at(at), ClickId::new_at(clicked_at), format!("cus_{number}"));
        self.clicks.push(click_row(shop, click, number, clicked_at));
        self.customers.push(customer::Model {
            id,
            merchant_id: shop.merchant,
            livemode: true,
            name: None,
            email: Some(format!("buyer{number}@mail{}.example", number % 1000)),
            claimed: true,
            signed_up_at: Some(at),
            due_at: None,
            merged_into: None,
            created_at: at,
            version: 1,
        });
        let values = [
            (IdentityKind::ExternalId, format!("user-{number}")),
            (IdentityKind::StripeCustomer, format!("{}/{buyer}", shop.connection)),
            (IdentityKind::EmailHash, format!("hash-{number}")),
        ];
        self.identities.extend(values.map(|(kind, value)| identity::Model {
            id: IdentityId::new_at(at),
            merchant_id: shop.merchant,
            livemode: true,
            kind,
            value,
            customer_id: id,
            disputed: false,
            stated_at: at,
            trusted_at: Some(at),
            proven_at: Some(at),
            ended_at: None,
            created_at: at,
        }));
        self.touches.push(sign_up(shop, id, click, (number, at)));
        self.snapshots.push(snapshot(shop, &buyer, number, at));
        let months = (0..bought).map(|month| at + Duration::days(1 + 30 * i64::try_from(month).unwrap()));
        self.purchases.extend(months.map(|at| purchase_row(shop, id, (number, &buyer), at)));
        id
    }

    pub async fn store(self, tx: &DatabaseTransaction) {
        insert(tx, self.clicks).await;
        insert(tx, self.customers).await;
        insert(tx, self.identities).await;
        insert(tx, self.touches).await;
        insert(tx, self.snapshots).await;
        insert(tx, self.purchases).await;
    }
}

fn click_row(shop: &Shop, id: ClickId, number: usize, clicked_at: DateTime<Utc>) -> click::Model {
    let place = number % shop.partners.len();
    click::Model {
        id,
        merchant_id: shop.merchant,
        livemode: true,
        program_id: shop.program,
        link_id: shop.partners[place].2,
        enrollment_id: shop.partners[place].1,
        visitor: fresh(),
        clicked_at,
        landing_url: Some(format!("https://shop.example/?via=p{place}")),
        referrer: Some("https://blog.example/post".to_owned()),
        user_agent: None,
        ip_hash: Some(fresh().into_bytes().to_vec()),
        bot: false,
        rejected_at: None,
    }
}

fn sign_up(shop: &Shop, customer: CustomerId, click: ClickId, (number, at): (usize, DateTime<Utc>)) -> touch::Model {
    touch::Model {
        id: TouchId::new_at(at),
        merchant_id: shop.merchant,
        livemode: true,
        customer_id: customer,
        kind: TouchKind::Signup,
        source: format!("signup:{number}"),
        at,
        click_id: Some(click),
        promotion_code: None,
        coupon: None,
        partner_key: None,
        enrollment_id: None,
        purchase_id: None,
        position: 0,
        rejected_at: None,
        created_at: at,
    }
}

fn snapshot(shop: &Shop, buyer: &str, number: usize, at: DateTime<Utc>) -> snapshot::Model {
    let stamp = Stamp { at, rank: 0, digest: 0 };
    let fact = Fact::Buyer(Buyer {
        stamp,
        persona: Persona { external_id: Some(format!("user-{number}")), buyer: Some(buyer.to_owned()), ..Persona::default() },
        created_at: at,
        deleted: false,
        deleted_at: None,
        emails: BTreeMap::new(),
        traits: Dated::told(stamp, Traits::default()),
    });
    snapshot::Model {
        id: SnapshotId::new_at(at),
        merchant_id: shop.merchant,
        livemode: true,
        connection_id: shop.connection,
        object_id: buyer.to_owned(),
        kind: fact.kind().to_owned(),
        source_at: at,
        body: b"{}".to_vec(),
        fact: serde_json::to_value(&fact).unwrap(),
        purchase_id: None,
        money_at: None,
        money: None,
        money_currency: None,
        created_at: at,
        updated_at: at,
    }
}

fn purchase_row(shop: &Shop, customer: CustomerId, (number, buyer): (usize, &str), at: DateTime<Utc>) -> purchase::Model {
    let net = 5_000 + i64::try_from(number % 97).unwrap() * 100;
    let id = PurchaseId::new_at(at);
    let line = NetLine { price: Some("price_plan".to_owned()), product: Some("prod_plan".to_owned()), ..NetLine::plain(net, 1) };
    let state = PurchaseState {
        key: Key { kind: KeyKind::Invoice, object: format!("in_{}", id.uuid().simple()) },
        status: PurchaseStatus::Paid,
        at: Some(at),
        known_at: at,
        currency: "USD".parse().unwrap(),
        total: net + net / 5,
        collected: net + net / 5,
        off_platform: 0,
        payment_known: true,
        lines: vec![line],
        shipping: 0,
        returned: Vec::new(),
        at_risk: Vec::new(),
        credits: Vec::new(),
        credited: 0,
        credited_before: 0,
        flags: BTreeSet::new(),
        payer: Payer { buyer: Some(buyer.to_owned()), email: Some(format!("buyer{number}@mail.example")), ..Payer::default() },
        partner_keys: Vec::new(),
        references: Vec::new(),
        codes: Vec::new(),
        discounts: Vec::new(),
        discounted_at: None,
        subscription: None,
        skip: false,
        metadata: BTreeMap::new(),
        rates: tributary::domain::exchange::Rates::none(),
    };
    purchase::Model {
        id,
        merchant_id: shop.merchant,
        livemode: true,
        connection_id: Some(shop.connection),
        key: state.key.to_string(),
        customer_id: Some(customer),
        status: state.status,
        purchased_at: Some(at),
        currency: Some(state.currency),
        total: state.total,
        collected: state.collected,
        reduction: 0,
        returned_at: None,
        base: net,
        state: serde_json::to_value(&state).unwrap(),
        merged_into: None,
        created_at: at,
        updated_at: at,
    }
}
