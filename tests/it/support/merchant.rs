//! A merchant with everything that tracking needs, made by the services that the API calls.

use entity::link;
use entity::value::{ApiKeyKind, ApiScope, EnrollmentId, MerchantId, Mode, PartnerId, ProgramId, ProgramKind, Role, Terms};
use secrecy::{ExposeSecret, SecretString};
use tributary::domain::access::{Scope, Viewer};
use tributary::service::api_key::{self, NewKey};
use tributary::service::enrollment::{self, NewEnrollment};
use tributary::service::link::NewLink;
use tributary::service::merchant::{SetUp, ensure_setup_token, set_up};
use tributary::service::partner::{self, NewPartner};
use tributary::service::program::{self, NewProgram};
use tributary::service::session::{self, Session};
use tributary::service::{Services, link as links, merchant};

/// The site of the shop, on which its publishable key works.
pub const SHOP: &str = "https://shop.example";
/// The password of every user of the tests.
pub const PASSWORD: &str = "correct horse battery staple";

/// A merchant with an owner, keys, a program, a partner and a link, in one mode.
#[derive(Clone, Debug)]
pub struct Merchant {
    pub id: MerchantId,
    pub scope: Scope,
    pub owner: Viewer,
    pub email: String,
    /// The owner's access token.
    pub token: String,
    pub secret_key: String,
    pub publishable_key: String,
    pub program: ProgramId,
    pub enrollment: EnrollmentId,
    pub link: link::Model,
}

impl Merchant {
    /// The first merchant of an instance, in test mode.
    pub async fn first(services: &Services) -> Self {
        Self::first_in(services, Mode::Test).await
    }

    pub async fn first_in(services: &Services, mode: Mode) -> Self {
        let token = ensure_setup_token(&services.db, &services.clock).await.unwrap().expect("a fresh instance");
        let email = "owner@shop.example".to_owned();
        let input = SetUp { token, merchant_name: "Shop".to_owned(), email: email.clone(), password: PASSWORD.into() };
        let session = set_up(services, input).await.unwrap();
        Self::furnish(services, session, email, mode).await
    }

    /// A further merchant of the same owner.
    pub async fn another(&self, services: &Services) -> Self {
        let id = merchant::create(services, &self.owner, "Another shop").await.unwrap().id;
        let password = SecretString::from(PASSWORD);
        let session = session::sign_in(services, (&self.email, password), Some(id), None).await.unwrap();
        Self::furnish(services, session, self.email.clone(), self.scope.mode()).await
    }

    async fn furnish(services: &Services, session: Session, email: String, mode: Mode) -> Self {
        let scope = Scope::merchant_wide(session.membership.merchant_id, mode);
        let owner = Viewer::User { user: session.user.id, membership: session.membership.id, role: Role::Owner, scope };
        let program = program(services, &owner, "Friends of the shop").await;
        let partner = partner(services, &owner, "ada@partners.example").await;
        let enrollment = NewEnrollment { program, partner, approve: true, terms: None };
        let enrollment = enrollment::create(services, &owner, enrollment, None).await.unwrap().id;
        let link = NewLink { enrollment, code: Some("Ada".to_owned()), destination: Some(format!("{SHOP}/welcome?plan=pro")) };
        let link = links::create(services, &owner, link, None).await.unwrap();
        Self {
            id: scope.merchant(),
            scope,
            email,
            token: session.access.value.expose_secret().to_owned(),
            secret_key: key(services, &owner, ApiKeyKind::Secret, None).await,
            publishable_key: key(services, &owner, ApiKeyKind::Publishable, None).await,
            owner,
            program,
            enrollment,
            link,
        }
    }
}

/// An active program of the shop.
pub async fn program(services: &Services, owner: &Viewer, name: &str) -> ProgramId {
    let input = NewProgram {
        name: name.to_owned(),
        kind: ProgramKind::Affiliate,
        landing_url: format!("{SHOP}/"),
        allowed_hosts: vec!["shop.example".to_owned()],
        query_param: None,
        auto_approve: true,
        currency: None,
        terms: Terms::default(),
    };
    program::create(services, owner, input, None).await.unwrap().id
}

/// A partner of that address.
pub async fn partner(services: &Services, owner: &Viewer, email: &str) -> PartnerId {
    let name = email.split('@').next().unwrap_or_default().to_owned();
    let input = NewPartner { name, email: email.to_owned(), external_id: None, metadata: None, payout_destination: None };
    partner::create(services, owner, input, None).await.unwrap().id
}

/// A key: a secret one with every scope, or a publishable one for the shop's site.
pub async fn key(services: &Services, owner: &Viewer, kind: ApiKeyKind, program: Option<ProgramId>) -> String {
    let scopes = [ApiScope::Read, ApiScope::Track, ApiScope::WritePrograms, ApiScope::WriteMoney, ApiScope::WriteConnections];
    let input = NewKey {
        kind,
        name: "for a test".to_owned(),
        scopes: if kind == ApiKeyKind::Secret { scopes.to_vec() } else { Vec::new() },
        origins: if kind == ApiKeyKind::Secret { Vec::new() } else { vec![SHOP.to_owned()] },
        program,
    };
    let made = api_key::create(services, owner, input, None).await.unwrap();
    made.secret.unwrap().expose_secret().to_owned()
}
