//! Sign-ups: what a page claims of a person, and what a merchant's server says of one (S15).

use chrono::{DateTime, Duration, Utc};
use entity::click;
use entity::value::{ClickId, EnrollmentId, ProgramId};

use super::super::signup::{self, SignUp, SignedUp};
use super::super::{Refusal, RefusalCode, ServiceError, Services};
use super::MAX_CODE;
use crate::auth::click_token::ClickToken;
use crate::auth::email::Email;
use crate::domain::access::Scope;
use crate::store;

/// The most bytes of an external id.
const MAX_EXTERNAL_ID: usize = 255;
/// The most characters of a name.
const MAX_NAME: usize = 200;
/// How old a click may be for a token of it to say anything: the longest window there is (AT-4).
const MAX_CLICK_AGE: Duration = Duration::days(365);

/// A sign-up as the snippet tells of it.
#[derive(Clone, Default)]
pub struct SignUpClaim {
    /// The only program for which the key speaks.
    pub program: Option<ProgramId>,
    /// The token that the visitor carries.
    pub token: Option<String>,
    /// The merchant's id of the person.
    pub external_id: Option<String>,
    /// The person's e-mail.
    pub email: Option<String>,
    /// The person's name.
    pub name: Option<String>,
}

/// A customer as a merchant's server tells of one.
#[derive(Clone, Default)]
pub struct CustomerInput {
    /// The merchant's id of the person.
    pub external_id: Option<String>,
    /// The person's e-mail.
    pub email: Option<String>,
    /// The person's name.
    pub name: Option<String>,
    /// Who brought them.
    pub partner: Option<PartnerReference>,
}

/// How a server names the partner that brought a customer.
#[derive(Clone, Debug)]
pub enum PartnerReference {
    /// By the code of a link, in one program or in any.
    Code(String, Option<ProgramId>),
    /// By the enrollment.
    Enrollment(EnrollmentId),
    /// By the token that the snippet kept.
    Token(String),
}

/// Records a sign-up that a page tells of. A token that we did not issue, or not for this program, or long ago, says nothing: the
/// sign-up is then recorded without it.
///
/// # Errors
/// `Refused` when neither an id nor an e-mail can be read; `Store`.
pub async fn sign_up(services: &Services, scope: Scope, claim: SignUpClaim) -> Result<SignedUp, ServiceError> {
    let now = services.clock.now();
    let external_id = claim.external_id.as_deref().and_then(external_id);
    let email = claim.email.as_deref().and_then(|text| Email::normalise(text).ok());
    if external_id.is_none() && email.is_none() {
        return Err(invalid("externalId", "give an external id of 1 to 255 bytes or an e-mail address").into());
    }
    let click = match claim.token.as_deref() {
        Some(token) => genuine_click(services, scope, token, claim.program, now).await?,
        None => None,
    };
    let signup = SignUp {
        external_id,
        email,
        name: claim.name.as_deref().and_then(name),
        click: click.map(|click| click.id),
        enrollment: None,
        by_page: true,
        at: now,
    };
    signup::sign_up(services, scope, signup).await
}

/// Records a customer that a merchant's server tells of, and who brought them. Telling the same again changes nothing.
///
/// # Errors
/// `Refused` for an input that cannot be used; `Store`.
pub async fn create_customer(services: &Services, scope: Scope, input: CustomerInput) -> Result<SignedUp, ServiceError> {
    let now = services.clock.now();
    let given = |text: &Option<String>| text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let external_id = match given(&input.external_id) {
        Some(text) => {
            Some(external_id(&text).ok_or_else(|| invalid("externalId", "an external id has 1 to 255 bytes and no control characters"))?)
        }
        None => None,
    };
    let email = match given(&input.email) {
        Some(text) => Some(Email::normalise(&text).map_err(|error| invalid("email", error.to_string()))?),
        None => None,
    };
    if external_id.is_none() && email.is_none() {
        return Err(invalid("externalId", "give an external id or an e-mail address").into());
    }
    let (click, enrollment) = match input.partner {
        Some(partner) => who_brought(services, scope, partner, now).await?,
        None => (None, None),
    };
    let signup = SignUp { external_id, email, name: input.name.as_deref().and_then(name), click, enrollment, by_page: false, at: now };
    signup::sign_up(services, scope, signup).await
}

async fn who_brought(
    services: &Services,
    scope: Scope,
    partner: PartnerReference,
    now: DateTime<Utc>,
) -> Result<(Option<ClickId>, Option<EnrollmentId>), ServiceError> {
    match partner {
        PartnerReference::Token(token) => {
            let click = genuine_click(services, scope, &token, None, now).await?;
            let click = click.ok_or_else(|| invalid("partner.clickToken", "this token was not issued here, or more than a year ago"))?;
            Ok((Some(click.id), None))
        }
        PartnerReference::Enrollment(id) => {
            let found = store::click::enrollment_in_scope(services.db.read(), scope, id).await?;
            let found = found.ok_or_else(|| Refusal::not_found("partner.enrollmentId", "enrollment"))?;
            Ok((None, Some(found.id)))
        }
        PartnerReference::Code(code, program) => {
            let code = code.trim().to_lowercase();
            let usable = !code.is_empty() && code.len() <= MAX_CODE && !code.contains('\0');
            let found = if usable { store::click::targets_by_code(services.db.read(), scope, program, &code).await? } else { Vec::new() };
            match found.as_slice() {
                [one] => Ok((None, Some(one.link.enrollment_id))),
                [] => Err(Refusal::not_found("partner.linkCode.code", "link that counts visits").into()),
                _ => Err(Refusal::new(
                    "partner.linkCode.programId",
                    RefusalCode::Required,
                    "several programs have this code; name the program",
                )
                .into()),
            }
        }
    }
}

/// The click of a token that we issued for its program, if a person made it within a year.
async fn genuine_click(
    services: &Services,
    scope: Scope,
    text: &str,
    program: Option<ProgramId>,
    now: DateTime<Utc>,
) -> Result<Option<click::Model>, ServiceError> {
    let Some(token) = ClickToken::find_in(text) else { return Ok(None) };
    let found = store::click::find(services.db.read(), scope, token.click).await?;
    Ok(found.filter(|click| {
        let genuine = services.click_tokens.verify(&token, click.program_id);
        let ours = program.is_none_or(|program| program == click.program_id);
        genuine && ours && !click.bot && click.rejected_at.is_none() && now - click.clicked_at < MAX_CLICK_AGE
    }))
}

fn external_id(text: &str) -> Option<String> {
    let text = text.trim();
    let usable = (1..=MAX_EXTERNAL_ID).contains(&text.len()) && !text.chars().any(char::is_control);
    usable.then(|| text.to_owned())
}

fn name(text: &str) -> Option<String> {
    let text: String = text.chars().filter(|c| !c.is_control()).take(MAX_NAME).collect();
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn invalid(field: &str, message: impl Into<String>) -> Refusal {
    Refusal::new(field, RefusalCode::Invalid, message)
}
