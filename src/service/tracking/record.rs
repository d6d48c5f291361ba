//! Short links of all who follow one at the same time, and recording their clicks in one transaction with what they add to the figures.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::click::Model;
use entity::value::{EnrollmentId, Mode, PartnerId};
use sea_orm::DatabaseTransaction;

use super::SAME_CLICK;
use crate::domain::access::Scope;
use crate::domain::insight::{self, Adds, Place};
use crate::service::Services;
use crate::service::together::{Batch, Done};
use crate::store::click::{Household, Target};
use crate::store::{self, StoreError};

/// Short links, by their codes, that are looked up together.
#[derive(Debug)]
pub struct ShortLinks;

impl Batch for ShortLinks {
    type One = String;
    type Answer = Option<Arc<Target>>;

    fn size(one: &String) -> usize {
        one.len()
    }

    async fn all(services: &Services, of: Vec<&String>) -> Result<Done<Self::Answer>, StoreError> {
        let codes: BTreeSet<&str> = of.iter().map(|code| code.as_str()).collect();
        let found = store::click::targets_by_short_codes(services.db.read(), &codes).await?;
        let found: HashMap<String, _> = found.into_iter().map(|target| (target.link.short_code.clone(), Arc::new(target))).collect();
        Ok(Done { answers: of.into_iter().map(|code| found.get(code).cloned()).collect(), jobs: Vec::new() })
    }
}

/// Clicks that are recorded together.
#[derive(Debug)]
pub struct Clicks;

/// A click to be recorded.
#[derive(Clone, Debug)]
pub struct Fresh {
    /// Its row.
    pub row: Model,
    /// Whether it adds nothing to the figures when somebody of the same household followed the link within [`SAME_CLICK`]: nobody can tell
    /// the visitors of a short link apart.
    pub once: bool,
}

/// The household of a click, if its address is known.
fn household(row: &Model) -> Option<Household> {
    Some((row.enrollment_id, row.link_id, row.ip_hash.clone()?, row.user_agent.clone()))
}

impl Batch for Clicks {
    type One = Fresh;
    type Answer = ();

    /// Of two that do not see each other both would count a household that both meet.
    const SIDE_BY_SIDE: usize = 1;

    fn size(one: &Fresh) -> usize {
        let texts = [&one.row.landing_url, &one.row.referrer, &one.row.user_agent];
        size_of::<Fresh>() + texts.into_iter().flatten().map(String::len).sum::<usize>()
    }

    async fn all(services: &Services, of: Vec<&Fresh>) -> Result<Done<()>, StoreError> {
        let tx = services.db.begin().await?;
        let mut seen = came_before(&tx, &of).await?;
        store::click::insert_many(&tx, of.iter().map(|one| one.row.clone()).collect()).await?;
        let counted: Vec<&Model> = of.iter().filter(|one| counts(one, &mut seen)).map(|one| &one.row).collect();
        let partners = store::click::partners(&tx, counted.iter().map(|row| row.enrollment_id).collect()).await?;
        for (scope, adds) in figures(&counted, &partners) {
            store::insight::add(&tx, scope, &adds).await?;
        }
        tx.commit().await?;
        Ok(Done { answers: vec![(); of.len()], jobs: Vec::new() })
    }
}

/// The households of these clicks from which somebody came shortly before.
async fn came_before(tx: &DatabaseTransaction, of: &[&Fresh]) -> Result<HashSet<Household>, StoreError> {
    let asked: Vec<&Model> = of.iter().filter(|one| one.once && !one.row.bot).map(|one| &one.row).collect();
    let Some(first) = asked.iter().map(|row| row.clicked_at).min() else { return Ok(HashSet::new()) };
    let since: DateTime<Utc> = first - SAME_CLICK;
    store::click::came_since(tx, asked.iter().filter_map(|row| household(row)).collect(), since).await
}

/// Whether a click adds to the figures. Of those of one household that come together the first does.
fn counts(one: &Fresh, seen: &mut HashSet<Household>) -> bool {
    if one.row.bot {
        return false;
    }
    match household(&one.row) {
        Some(household) if one.once => seen.insert(household),
        _ => true,
    }
}

/// What clicks add to the figures of each merchant and mode.
fn figures(counted: &[&Model], partners: &HashMap<EnrollmentId, PartnerId>) -> HashMap<Scope, Adds> {
    let mut figures: HashMap<Scope, Adds> = HashMap::new();
    for row in counted {
        let place = Place {
            program: Some(row.program_id),
            enrollment: Some(row.enrollment_id),
            partner: partners.get(&row.enrollment_id).copied(),
            link: Some(row.link_id),
            code: None,
        };
        let scope = Scope::merchant_wide(row.merchant_id, Mode::from_livemode(row.livemode));
        figures.entry(scope).or_insert_with(Adds::nothing).join(insight::click(row.clicked_at, place));
    }
    figures
}
