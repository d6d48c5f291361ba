//! Clicks, sign-ups and customers, told of by the snippet or a merchant's server.

use std::net::IpAddr;

use async_graphql::{Context, InputObject, Object, OneofObject, SimpleObject};
use entity::value::{ClickId, CustomerId, EnrollmentId, ProgramId};
use uuid::Uuid;

use super::context::Ask;
use super::error::ApiResult;
use super::payload::payload;
use crate::domain::access::{Action, Viewer};
use crate::service::tracking::{self as service, Click, CustomerInput, PartnerReference, SignUpClaim};
use crate::service::{Refusal, RefusalCode, ServiceError};

/// A visit to a merchant's page that carried a partner's code.
#[derive(InputObject)]
pub struct ClickTrackInput {
    /// The code, as it stood in the page's address.
    code: String,
    /// The only program in which the code is looked up. All of the merchant's when left out.
    #[graphql(default)]
    program_id: Option<ProgramId>,
    /// The page. Of its query only campaigns and signs of paid advertising are kept.
    #[graphql(default)]
    url: Option<String>,
    /// Where the visitor came from.
    #[graphql(default)]
    referrer: Option<String>,
    /// The visitor, as an earlier click named them.
    #[graphql(default)]
    visitor: Option<Uuid>,
    /// The visitor's browser, as it names itself. A server may leave it out; from a page a click without it counts as a machine's.
    #[graphql(default)]
    user_agent: Option<String>,
    /// The visitor's IP address; kept as a keyed hash alone. From a page it is the caller's own, whatever stands here.
    #[graphql(default)]
    ip_address: Option<String>,
}

/// A click, and what the visitor carries from now on. Whoever recorded it sees it.
#[derive(SimpleObject)]
pub struct TrackedClick {
    /// The click.
    pub id: ClickId,
    /// The token that proves the click: for sign-ups, and for Stripe's `client_reference_id`.
    pub token: String,
    /// Who the visitor is to us: for further clicks of theirs.
    pub visitor: Uuid,
}

impl From<service::Clicked> for TrackedClick {
    fn from(clicked: service::Clicked) -> Self {
        Self { id: clicked.click, token: clicked.token, visitor: clicked.visitor }
    }
}

payload! {
    /// A click, or why it was not recorded.
    ClickTrackPayload {
        /// The click.
        click: TrackedClick
    }
}

/// A sign-up: `externalId` or `email` at least.
#[derive(InputObject)]
pub struct SignupTrackInput {
    /// The token that the visitor carries. One that was not issued here says nothing, and the sign-up is recorded without it.
    #[graphql(default)]
    token: Option<String>,
    /// The merchant's own id of the person.
    #[graphql(default)]
    external_id: Option<String>,
    /// The person's e-mail address.
    #[graphql(default)]
    email: Option<String>,
    /// The person's name.
    #[graphql(default)]
    name: Option<String>,
}

payload! {
    /// Whether the sign-up was recorded, or why not. It does not tell whether the person was known.
    SignupTrackPayload {
        /// True when it was.
        recorded: bool
    }
}

/// A customer: `externalId` or `email` at least. The same customer again changes nothing, so it is safe to repeat.
#[derive(InputObject)]
pub struct CustomerCreateInput {
    /// The merchant's own id of the person.
    #[graphql(default)]
    external_id: Option<String>,
    /// The person's e-mail address.
    #[graphql(default)]
    email: Option<String>,
    /// The person's name.
    #[graphql(default)]
    name: Option<String>,
    /// Who brought them. Nobody when left out.
    #[graphql(default)]
    partner: Option<PartnerReferenceInput>,
}

/// How the partner is named that brought a customer: one of these.
#[derive(OneofObject)]
pub enum PartnerReferenceInput {
    /// By the code of one of the partner's links.
    LinkCode(LinkCodeInput),
    /// By the enrollment.
    EnrollmentId(EnrollmentId),
    /// By the token that the snippet kept of a click.
    ClickToken(String),
}

/// The code of a link.
#[derive(InputObject)]
pub struct LinkCodeInput {
    /// The code.
    code: String,
    /// In which program; needed only where several have the code.
    #[graphql(default)]
    program_id: Option<ProgramId>,
}

impl From<PartnerReferenceInput> for PartnerReference {
    fn from(input: PartnerReferenceInput) -> Self {
        match input {
            PartnerReferenceInput::LinkCode(link) => Self::Code(link.code, link.program_id),
            PartnerReferenceInput::EnrollmentId(id) => Self::Enrollment(id),
            PartnerReferenceInput::ClickToken(token) => Self::Token(token),
        }
    }
}

payload! {
    /// A customer, or why there is none.
    CustomerCreatePayload {
        /// The customer, made now or known before.
        customer_id: CustomerId
    }
}

/// Telling of clicks, sign-ups and customers.
#[derive(Default)]
pub struct TrackingMutation;

/// Telling of clicks, sign-ups and customers.
#[Object]
impl TrackingMutation {
    /// Records a click. Further clicks of one visitor on one link within an hour are the same click. For publishable keys, and keys with
    /// `TRACK`.
    async fn click_track(&self, ctx: &Context<'_>, #[graphql(desc = "The click.")] input: ClickTrackInput) -> ApiResult<ClickTrackPayload> {
        let scope = ctx.scope(Action::Track)?;
        let told_by_server = !matches!(ctx.viewer(), Viewer::Snippet { .. });
        let address = match (told_by_server, input.ip_address.as_deref().map(str::parse::<IpAddr>)) {
            (false, _) => ctx.address(),
            (true, None) => None,
            (true, Some(Ok(address))) => Some(address),
            (true, Some(Err(_))) => {
                let refusal = Refusal::new("ipAddress", RefusalCode::Invalid, "must be an IP address such as 203.0.113.9");
                return ClickTrackPayload::answer::<TrackedClick>(Err(ServiceError::from(refusal)));
            }
        };
        let seen = Click {
            code: input.code,
            program: own_program(ctx.viewer()).or(input.program_id),
            url: input.url,
            referrer: input.referrer,
            visitor: input.visitor,
            user_agent: input.user_agent,
            address,
            told_by_server,
        };
        ClickTrackPayload::answer(service::click(ctx.services(), scope, &seen).await)
    }

    /// Records a sign-up as a page tells of it. For publishable keys, and keys with `TRACK`.
    async fn signup_track(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The sign-up.")] input: SignupTrackInput,
    ) -> ApiResult<SignupTrackPayload> {
        let scope = ctx.scope(Action::Track)?;
        let SignupTrackInput { token, external_id, email, name } = input;
        let claim = SignUpClaim { program: own_program(ctx.viewer()), token, external_id, email, name };
        SignupTrackPayload::answer(service::sign_up(ctx.services(), scope, claim).await.map(|_| true))
    }

    /// Records a customer and who brought them (S15). For owners, administrators and keys with `TRACK`.
    async fn customer_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The customer.")] input: CustomerCreateInput,
    ) -> ApiResult<CustomerCreatePayload> {
        let scope = ctx.scope(Action::RecordCustomers)?;
        let CustomerCreateInput { external_id, email, name, partner } = input;
        let customer = CustomerInput { external_id, email, name, partner: partner.map(Into::into) };
        let made = service::create_customer(ctx.services(), scope, customer).await;
        CustomerCreatePayload::answer(made.map(|made| made.customer))
    }
}

/// The only program that a publishable key is for.
const fn own_program(viewer: &Viewer) -> Option<ProgramId> {
    match viewer {
        Viewer::Snippet { program, .. } => *program,
        _ => None,
    }
}
