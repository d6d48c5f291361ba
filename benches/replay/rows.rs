//! A shop with partners, and what was told of its customers.

use std::sync::LazyLock;

use chrono::{DateTime, Duration, TimeZone, Utc};
use entity::value::{
    Absences, ConnectionId, ConnectionMethod, ConnectionStatus, EnrollmentId, EnrollmentStatus, FraudSettings, LinkId, MerchantId,
    MerchantSettings, Mode, PartnerId, PartnerStatus, Pauses, ProgramId, ProgramKind, ProgramStatus, Reward, Terms, TermsHistory, TermsId,
    TextList,
};
use entity::{enrollment, link, merchant, partner, program, stripe_connection, terms};
use sea_orm::DatabaseTransaction;
use serde_json::json;
use tributary::domain::access::Scope;
use tributary::service::stripe_connection::new_row;

use crate::seed::insert;

/// How many partners share the customers.
const PARTNERS: usize = 200;

/// When the history begins.
pub static BASE: LazyLock<DateTime<Utc>> = LazyLock::new(|| Utc.with_ymd_and_hms(2024, 1, 1, 0, 0, 0).unwrap());
/// When it is counted anew: every waiting time has passed.
pub static NOW: LazyLock<DateTime<Utc>> = LazyLock::new(|| *BASE + Duration::days(700));

/// A shop with a program and partners.
pub struct Shop {
    pub merchant: MerchantId,
    pub program: ProgramId,
    pub connection: ConnectionId,
    pub partners: Vec<(PartnerId, EnrollmentId, LinkId)>,
}

impl Shop {
    pub fn new() -> Self {
        let partners = (0..PARTNERS).map(|_| (PartnerId::new(), EnrollmentId::new(), LinkId::new())).collect();
        Self { merchant: MerchantId::new(), program: ProgramId::new(), connection: ConnectionId::new(), partners }
    }

    pub const fn scope(&self) -> Scope {
        Scope::merchant_wide(self.merchant, Mode::Live)
    }

    /// Stores it: everybody takes 20 %, and a version of 10 % is there to be given.
    pub async fn store(&self, tx: &DatabaseTransaction) {
        let created_at = *BASE - Duration::days(30);
        let settings = MerchantSettings::default();
        insert(tx, vec![merchant::Model { id: self.merchant, name: "Bench".to_owned(), settings, created_at }]).await;
        insert(tx, vec![self.program_row(created_at)]).await;
        let lower = Terms { reward: Reward::Percent { rate: entity::value::BasisPoints::new(1_000).unwrap() }, ..Terms::default() };
        let versions = [(Terms::default(), false), (lower, true)].into_iter().zip(1..);
        let versions = versions.map(|((body, assigned), version)| terms::Model {
            id: TermsId::new(),
            merchant_id: self.merchant,
            livemode: true,
            program_id: self.program,
            version,
            asks_catalogue: false,
            body,
            effective_from: created_at,
            assigned,
            created_at,
            created_by: None,
        });
        insert(tx, versions.collect()).await;
        insert(tx, (0..PARTNERS).map(|place| self.partner_row(place, created_at)).collect()).await;
        insert(tx, (0..PARTNERS).map(|place| self.enrollment_row(place, created_at)).collect()).await;
        insert(tx, (0..PARTNERS).map(|place| self.link_row(place, created_at)).collect()).await;
        insert(tx, vec![self.connection_row(created_at)]).await;
    }

    fn program_row(&self, created_at: DateTime<Utc>) -> program::Model {
        program::Model {
            id: self.program,
            merchant_id: self.merchant,
            livemode: true,
            name: "Bench".to_owned(),
            kind: ProgramKind::Affiliate,
            status: ProgramStatus::Active,
            query_param: "via".to_owned(),
            landing_url: "https://shop.example".to_owned(),
            allowed_hosts: TextList(vec!["shop.example".to_owned()]),
            auto_approve: true,
            currency: None,
            currency_from: None,
            inactive_from: None,
            pauses: Pauses::default(),
            fraud: FraudSettings::default(),
            created_at,
        }
    }

    fn partner_row(&self, place: usize, created_at: DateTime<Utc>) -> partner::Model {
        partner::Model {
            id: self.partners[place].0,
            merchant_id: self.merchant,
            livemode: true,
            name: format!("Partner {place}"),
            email: format!("partner{place}@partner{place}.example"),
            status: PartnerStatus::Active,
            external_id: None,
            payout_hash: None,
            metadata: json!({}),
            created_at,
        }
    }

    fn enrollment_row(&self, place: usize, created_at: DateTime<Utc>) -> enrollment::Model {
        enrollment::Model {
            id: self.partners[place].1,
            merchant_id: self.merchant,
            livemode: true,
            program_id: self.program,
            partner_id: self.partners[place].0,
            status: EnrollmentStatus::Approved,
            terms_id: None,
            terms_history: TermsHistory::default(),
            approved_at: Some(created_at),
            ended_at: None,
            ended_kind: None,
            absences: Absences::default(),
            created_at,
        }
    }

    fn link_row(&self, place: usize, created_at: DateTime<Utc>) -> link::Model {
        link::Model {
            id: self.partners[place].2,
            merchant_id: self.merchant,
            livemode: true,
            program_id: self.program,
            enrollment_id: self.partners[place].1,
            code: format!("P{place}"),
            code_folded: format!("p{place}"),
            short_code: format!("s{place}"),
            destination_url: "https://shop.example".to_owned(),
            created_at,
            archived_at: None,
        }
    }

    fn connection_row(&self, created_at: DateTime<Utc>) -> stripe_connection::Model {
        stripe_connection::Model {
            id: self.connection,
            account: Some("acct_bench".to_owned()),
            status: ConnectionStatus::Linked,
            endpoint: "bench".to_owned(),
            ..new_row(self.merchant, true, "Stripe".to_owned(), ConnectionMethod::ApiKey, created_at)
        }
    }
}
