//! One filled row of each table, each pointing at the others.

use chrono::{DateTime, TimeZone, Utc};
use entity::value::{Currency, Sealed};
use serde_json::{Value, json};

mod accounts;
mod hands;
mod insight;
mod money;
mod programs;
mod queue;
mod recount;
mod referral;
mod stripe;
mod terms;
mod tracking;
mod wide;

/// A time with microseconds, the finest that both databases keep.
pub fn at(second: i64) -> DateTime<Utc> {
    Utc.timestamp_opt(1_700_000_000 + second, 123_456_000).unwrap()
}

fn euro() -> Currency {
    "EUR".parse().unwrap()
}

fn sealed() -> Sealed {
    Sealed { key_id: "k1".into(), nonce: "bm9uY2U=".into(), ciphertext: "c2VjcmV0".into() }
}

/// JSON whose numbers and letters a careless column would bend.
fn fact() -> Value {
    json!({ "amount": i64::MAX, "less": i64::MIN, "text": "zł \u{1f4b6}", "none": null, "list": [true, 0.5, {}] })
}

/// One row of each table.
pub struct Rows {
    pub merchant: entity::merchant::Model,
    pub user: entity::user::Model,
    pub partner: entity::partner::Model,
    pub membership: entity::membership::Model,
    pub refresh_token: entity::refresh_token::Model,
    pub setup_token: entity::setup_token::Model,
    pub invitation: entity::invitation::Model,
    pub program: entity::program::Model,
    pub terms: entity::terms::Model,
    pub enrollment: entity::enrollment::Model,
    pub partner_group: entity::partner_group::Model,
    pub partner_trait: entity::partner_trait::Model,
    pub group_terms: entity::group_terms::Model,
    pub terms_move: entity::terms_move::Model,
    pub link: entity::link::Model,
    pub api_key: entity::api_key::Model,
    pub click: entity::click::Model,
    pub customer: entity::customer::Model,
    pub identity: entity::identity::Model,
    pub identity_claim: entity::identity_claim::Model,
    pub stripe_connection: entity::stripe_connection::Model,
    pub link_attempt: entity::link_attempt::Model,
    pub coupon: entity::coupon::Model,
    pub promotion_code: entity::promotion_code::Model,
    pub stripe_write: entity::stripe_write::Model,
    pub purchase: entity::purchase::Model,
    pub purchase_reference: entity::purchase_reference::Model,
    pub snapshot: entity::snapshot::Model,
    pub touch: entity::touch::Model,
    pub binding: entity::binding::Model,
    pub decision: entity::decision::Model,
    pub tier_period: entity::tier_period::Model,
    pub commission: entity::commission::Model,
    pub payout: entity::payout::Model,
    pub ledger_entry: entity::ledger_entry::Model,
    pub payout_line: entity::payout_line::Model,
    pub trial: entity::trial::Model,
    pub recruitment: entity::recruitment::Model,
    pub tally: entity::tally::Model,
    pub tally_entry: entity::tally_entry::Model,
    pub tally_sum: entity::tally_sum::Model,
    pub intervention: entity::intervention::Model,
    pub inbox_event: entity::inbox_event::Model,
    pub outbox_message: entity::outbox_message::Model,
    pub idempotency: entity::idempotency::Model,
    pub instance: entity::instance::Model,
    pub fraud_case: entity::fraud_case::Model,
    pub purchase_card: entity::purchase_card::Model,
    pub partner_address: entity::partner_address::Model,
    pub exchange_rate: entity::exchange_rate::Model,
    pub purchase_rate: entity::purchase_rate::Model,
    /// Those of the audit and of the figures.
    pub insight: insight::Rows,
    /// Those of recounts.
    pub recount: recount::Rows,
    /// Those of friends and who brings them.
    pub referral: referral::Rows,
}

/// A fresh set of rows, in no database yet.
pub fn rows() -> Rows {
    let merchant = accounts::merchant();
    let user = accounts::user();
    let partner = accounts::partner(&merchant);
    let membership = accounts::membership(&user, &merchant, &partner);
    let program = programs::program(&merchant);
    let terms = programs::terms(&merchant, &program, &user);
    let enrollment = programs::enrollment(&merchant, &program, &partner, &terms);
    let partner_group = terms::partner_group(&merchant);
    let link = programs::link(&merchant, &program, &enrollment);
    let api_key = programs::api_key(&merchant, &program);
    let click = tracking::click(&merchant, &program, &link, &enrollment);
    let customer = tracking::customer(&merchant);
    let stripe_connection = stripe::stripe_connection(&merchant);
    let coupon = stripe::coupon(&merchant, &stripe_connection, &enrollment);
    let promotion_code = stripe::promotion_code(&merchant, &stripe_connection, &enrollment);
    let purchase = stripe::purchase(&merchant, &stripe_connection, &customer);
    let touch = money::touch(&merchant, &customer, &click, &enrollment, &purchase);
    let decision = money::decision(&merchant, &purchase, &enrollment, &program, &terms);
    let tier_period = money::tier_period(&merchant, &enrollment, &terms);
    let commission = money::commission(&merchant, &purchase, &enrollment, &tier_period);
    let tally = wide::tally(&merchant, &enrollment);
    let payout = money::payout(&merchant, &partner, &user);
    let ledger_entry = money::ledger_entry(&merchant, &partner, &enrollment, &purchase, &commission, &decision, &payout);
    let fraud_case = hands::fraud_case(&merchant, &commission, &program, &partner);
    let purchase_card = hands::purchase_card(&merchant, &purchase);
    let partner_address = hands::partner_address(&merchant, &partner);
    let exchange_rate = hands::exchange_rate(&merchant);
    let purchase_rate = hands::purchase_rate(&merchant, &purchase);
    let of = recount::Of {
        merchant: &merchant,
        program: &program,
        terms: &terms,
        enrollment: &enrollment,
        partner: &partner,
        purchase: &purchase,
        customer: &customer,
        user: &user,
    };
    let stripe_write = stripe::stripe_write(&merchant, &stripe_connection, &enrollment, &user);
    let friends = referral::Of {
        merchant: &merchant,
        program: &program,
        connection: &stripe_connection,
        customer: &customer,
        enrollment: &enrollment,
        link: &link,
        purchase: &purchase,
        write: &stripe_write,
        user: &user,
    };
    Rows {
        // Those to which nothing else points, before what they point to is moved in.
        partner_trait: terms::partner_trait(&merchant, &partner, &partner_group),
        group_terms: terms::group_terms(&merchant, &program, &partner_group, &terms),
        terms_move: terms::terms_move(&merchant, &program, &enrollment, &terms, &user),
        payout_line: money::payout_line(&payout, &ledger_entry),
        recruitment: wide::recruitment(&merchant, &enrollment),
        tally_entry: wide::tally_entry(&tally, &purchase, &tier_period),
        tally_sum: wide::tally_sum(&tally),
        trial: money::trial(&merchant, &stripe_connection, &customer),
        intervention: money::intervention(&merchant, &customer, &purchase, &enrollment, &user, &api_key),
        purchase_reference: stripe::purchase_reference(&merchant, &stripe_connection, &purchase),
        snapshot: stripe::snapshot(&merchant, &stripe_connection, &purchase),
        binding: money::binding(&merchant, &customer, &enrollment, &program, &terms, &touch),
        referral: referral::rows(&friends),
        link_attempt: stripe::link_attempt(&merchant, &membership, &api_key, &stripe_connection),
        identity_claim: tracking::identity_claim(&merchant, &customer),
        identity: tracking::identity(&merchant, &customer),
        invitation: accounts::invitation(&merchant, &partner),
        refresh_token: accounts::refresh_token(&user, &membership),
        setup_token: accounts::setup_token(),
        inbox_event: queue::inbox_event(&stripe_connection, &merchant),
        outbox_message: queue::outbox_message(&merchant),
        idempotency: queue::idempotency(),
        insight: insight::rows(&merchant, &enrollment, &link),
        recount: recount::rows(&of),
        merchant,
        user,
        partner,
        membership,
        program,
        terms,
        enrollment,
        partner_group,
        link,
        api_key,
        click,
        customer,
        stripe_connection,
        coupon,
        promotion_code,
        stripe_write,
        purchase,
        touch,
        decision,
        tally,
        tier_period,
        commission,
        payout,
        ledger_entry,
        instance: queue::instance(),
        fraud_case,
        purchase_card,
        partner_address,
        exchange_rate,
        purchase_rate,
    }
}
