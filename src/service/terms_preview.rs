//! What terms would mean: in plain words and by made-up purchases. Writes nothing.

use entity::value::{PartnerGroupId, PartnerId, ProgramId, Terms, TermsId};
use entity::{partner, program};

use super::terms::{faults, of_program};
use super::{Refusal, ServiceError, Services};
use crate::domain::access::{Action, Denied, Scope, Viewer};
use crate::domain::commission::Parties;
use crate::domain::fact::Metadata;
use crate::domain::preview::{Sample, Worked, sentences, work};
use crate::store;
use crate::store::scoped::find;

/// What is looked at.
#[derive(Clone, Debug, Default)]
pub struct Look {
    /// The program whose rules are changed; the rules of a new one when left out.
    pub program: Option<ProgramId>,
    /// The version of that program whose rules are changed; the newest one that everybody takes when left out.
    pub based_on: Option<TermsId>,
    /// The partner as whose purchases the samples are worked out.
    pub partner: Option<PartnerId>,
    /// Made-up purchases of one new customer, in the order of their times.
    pub samples: Vec<Sample>,
}

/// What the terms mean.
#[derive(Clone, Debug)]
pub struct Preview {
    /// In plain words.
    pub sentences: Vec<String>,
    /// What the samples earn, in their order.
    pub worked: Vec<(Sample, Worked)>,
}

/// Says what terms mean. `terms` makes them of those that they change.
///
/// # Errors
/// Refused with the fields that cannot stand (`terms.…`) or things that are not there; denied to partners and to those who may not read.
pub async fn preview(
    services: &Services,
    viewer: &Viewer,
    look: Look,
    terms: impl FnOnce(Terms) -> Result<Terms, Vec<Refusal>>,
) -> Result<Preview, ServiceError> {
    let scope = viewer.allow(Action::Read)?;
    if scope.partner().is_some() {
        return Err(Denied::Forbidden.into());
    }
    let under = |refusals: Vec<Refusal>| refusals.into_iter().map(|refusal| refusal.under("terms")).collect::<Vec<_>>();
    let base = base(services, scope, &look).await?;
    let terms = terms(base).map_err(|refusals| ServiceError::Refused(under(refusals)))?;
    let wrong = under(faults(&terms));
    if !wrong.is_empty() {
        return Err(ServiceError::Refused(wrong));
    }
    let who = match look.partner {
        None => None,
        Some(id) => Some(who(services, scope, id).await?),
    };
    let parties = who.as_ref().map_or_else(Parties::default, |who| Parties {
        partner: Some(who.partner),
        group: who.group,
        partner_metadata: Some(&who.metadata),
        ..Parties::default()
    });
    let worked = work(&terms, &look.samples, parties);
    Ok(Preview { sentences: sentences(&terms), worked: look.samples.into_iter().zip(worked).collect() })
}

/// The rules that are changed.
async fn base(services: &Services, scope: Scope, look: &Look) -> Result<Terms, ServiceError> {
    let Some(id) = look.program else {
        return match look.based_on {
            None => Ok(Terms::default()),
            Some(_) => Err(Refusal::new("programId", super::RefusalCode::Required, "must be the program of that version").into()),
        };
    };
    let conn = services.db.read();
    find::<program::Entity, _>(conn, scope, id).await?.ok_or_else(|| Refusal::not_found("programId", "program"))?;
    match look.based_on {
        Some(version) => Ok(of_program(conn, scope, id, version, "basedOn").await?.body),
        None => {
            let newest = store::terms::newest_for_all(conn, id).await?;
            newest.map(|row| row.body).ok_or_else(|| ServiceError::Internal("a program has no terms".to_owned()))
        }
    }
}

/// What conditions ask about a partner.
struct Who {
    partner: PartnerId,
    group: Option<PartnerGroupId>,
    metadata: Metadata,
}

async fn who(services: &Services, scope: Scope, id: PartnerId) -> Result<Who, ServiceError> {
    let conn = services.db.read();
    let row = find::<partner::Entity, _>(conn, scope, id).await?.ok_or_else(|| Refusal::not_found("partnerId", "partner"))?;
    let group = store::partner_group::current(conn, scope, &[id]).await?.into_iter().next().map(|(_, group)| group);
    let notes = row.metadata.as_object().into_iter().flatten();
    let metadata = notes.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect();
    Ok(Who { partner: id, group, metadata })
}
