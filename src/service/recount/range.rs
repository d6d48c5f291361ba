//! Whom a recount looks at, and with which sums.

use entity::recount;
use entity::value::{RecountKind, RecountPhase, Span, Terms};
use sea_orm::DatabaseTransaction;

use crate::domain::tally::Reach;
use crate::store::recount::Range;
use crate::store::tally::Sheet;
use crate::store::{self, StoreError};

/// Lets a recount begin with sums of its own, where what it supposes may move sums over many persons.
pub(super) async fn begin(tx: &DatabaseTransaction, row: recount::Model) -> Result<recount::Model, StoreError> {
    let supposes = row.proposed.is_some() || (row.kind == RecountKind::Preview && row.terms_id.is_some());
    if !supposes || !reach(tx, &row).await?.has_sums() {
        return Ok(row);
    }
    Ok(recount::Model { phase: RecountPhase::Sums, round: 1, ..row })
}

/// The sums by which a recount goes.
pub(super) const fn sheet(at: &recount::Model) -> Sheet {
    if at.round > 0 { Sheet::Recount(at.id, at.program_id) } else { Sheet::Ledger }
}

/// Whom a recount looks at: who bought or became a lead in its time. Where sums over many persons decide anything, also all who bought anything that
/// counts for the same sums.
pub(super) async fn range(tx: &DatabaseTransaction, at: &recount::Model) -> Result<Range, StoreError> {
    let reach = reach(tx, at).await?;
    let to = (!reach.has_sums()).then_some(at.to_at);
    Ok(Range { span: Span { from: reach.since(at.from_at), to }, leads: reach.leads })
}

async fn reach(tx: &DatabaseTransaction, of: &recount::Model) -> Result<Reach, StoreError> {
    let bodies: Vec<Terms> = store::terms::bodies(tx, of.program_id).await?;
    Ok(Reach::of(bodies.iter().chain(&of.proposed)))
}
