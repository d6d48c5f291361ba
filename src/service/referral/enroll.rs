//! Making a customer a referrer: a partner, a place in the program, a link, and a code at Stripe (RA-1).

use chrono::{DateTime, Utc};
use entity::value::{
    Absences, EnrollmentId, EnrollmentStatus, LinkId, MessageId, PartnerId, PartnerStatus, PromotionCodeDraft, ReferrerId, TermsHistory,
};
use entity::{customer, enrollment, link, partner, program, referral_offer, referrer};
use sea_orm::DatabaseTransaction;
use serde_json::{Map, Value};

use crate::domain::access::Scope;
use crate::service::random::word;
use crate::service::stripe_write::{made_up, owe_code};
use crate::service::{ServiceError, Services, partner as partners};
use crate::store;

/// Characters of the code of a link that is made up here.
const CODE_LENGTH: usize = 8;
/// Characters of a short code, as of other links.
const SHORT_LENGTH: usize = 10;
/// A customer without an address is a partner under one that leads nowhere (RFC 2606).
const NOWHERE: &str = "customers.invalid";

/// Makes a customer a referrer. Gives the message for their code, if there is to be one. Whoever is a partner of that address already refers
/// as that partner.
pub async fn enroll(
    tx: &DatabaseTransaction,
    services: &Services,
    scope: Scope,
    (offer, program): (&referral_offer::Model, &program::Model),
    customer: &customer::Model,
) -> Result<Option<(referrer::Model, Option<MessageId>)>, ServiceError> {
    let now = services.clock.now();
    let partner = partner_of(tx, services, scope, customer).await?;
    if partner.status != PartnerStatus::Active {
        return Ok(None);
    }
    let Some(enrollment) = enrollment_of(tx, scope, program, &partner, now).await? else { return Ok(None) };
    let code = word(CODE_LENGTH);
    let link = link::Model {
        id: LinkId::new_at(now),
        merchant_id: scope.merchant(),
        livemode: scope.livemode(),
        program_id: program.id,
        enrollment_id: enrollment.id,
        code_folded: code.clone(),
        code,
        short_code: word(SHORT_LENGTH),
        destination_url: program.landing_url.clone(),
        created_at: now,
        archived_at: None,
    };
    let link = store::row::insert(tx, link).await?;
    let owed = match (&offer.code_coupon, offer.connection_id) {
        (Some(coupon), Some(connection)) => {
            let draft = PromotionCodeDraft {
                coupon: coupon.clone(),
                code: made_up(),
                customer: None,
                expires_at: None,
                max_redemptions: None,
                first_time: false,
                minimum: None,
            };
            Some(owe_code(tx, services, scope, (connection, draft), (enrollment.id, None)).await?)
        }
        _ => None,
    };
    let row = referrer::Model {
        id: ReferrerId::new_at(now),
        merchant_id: scope.merchant(),
        livemode: scope.livemode(),
        program_id: program.id,
        customer_id: customer.id,
        enrollment_id: enrollment.id,
        link_id: link.id,
        write_id: owed.as_ref().map(|(write, _)| write.id),
        created_at: now,
    };
    let row = store::row::insert(tx, row).await?;
    Ok(Some((row, owed.and_then(|(_, message)| message))))
}

async fn partner_of(
    tx: &DatabaseTransaction,
    services: &Services,
    scope: Scope,
    customer: &customer::Model,
) -> Result<partner::Model, ServiceError> {
    let now = services.clock.now();
    let email = customer.email.clone().unwrap_or_else(|| format!("{}@{NOWHERE}", customer.id));
    let email = email.to_lowercase();
    if let Some(known) = store::partner::by_email(tx, scope, &email).await? {
        return Ok(known);
    }
    let name = customer.name.clone().unwrap_or_else(|| email.split('@').next().unwrap_or_default().to_owned());
    let row = partner::Model {
        id: PartnerId::new_at(now),
        merchant_id: scope.merchant(),
        livemode: scope.livemode(),
        name,
        email,
        status: PartnerStatus::Active,
        external_id: None,
        payout_hash: None,
        metadata: Value::Object(Map::new()),
        created_at: now,
    };
    partners::add(tx, row).await
}

/// Their place in the program. Nothing when they were shut out of it, or are another customer there already.
async fn enrollment_of(
    tx: &DatabaseTransaction,
    scope: Scope,
    program: &program::Model,
    partner: &partner::Model,
    now: DateTime<Utc>,
) -> Result<Option<enrollment::Model>, ServiceError> {
    if let Some(known) = store::enrollment::in_program(tx, program.id, partner.id).await? {
        let free = store::referral::lock_referrer(tx, known.id).await?.is_none();
        return Ok(Some(known).filter(|row| free && row.ended_at.is_none()));
    }
    let row = enrollment::Model {
        id: EnrollmentId::new_at(now),
        merchant_id: scope.merchant(),
        livemode: scope.livemode(),
        program_id: program.id,
        partner_id: partner.id,
        status: EnrollmentStatus::Approved,
        terms_id: None,
        terms_history: TermsHistory::default(),
        approved_at: Some(now),
        ended_at: None,
        ended_kind: None,
        absences: Absences::default(),
        created_at: now,
    };
    Ok(Some(store::row::insert(tx, row).await?))
}
