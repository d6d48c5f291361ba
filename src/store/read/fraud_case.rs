//! Cases of fraud. No partner sees any: they hold what is known of others.

use std::collections::HashMap;

use entity::fraud_case::{Column, Entity, Model};
use entity::value::{CommissionId, FraudCaseId, FraudCaseState, PartnerId, ProgramId};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, QueryFilter};

use crate::domain::access::Scope;
use crate::store::StoreError;
use crate::store::page::{PageError, Slice, TimeOrder, Window, by_time, fetch};
use crate::store::scoped::{nothing, scoped, select};

scoped!(fraud_case, FraudCaseId, |_partner| nothing());

/// Which cases; every field that is given must fit.
#[derive(Clone, Debug, Default, async_graphql::InputObject)]
pub struct FraudCaseFilter {
    /// In one of these states.
    pub state: Option<Vec<FraudCaseState>>,
    /// Of this program.
    pub program_id: Option<ProgramId>,
    /// Of this partner.
    pub partner_id: Option<PartnerId>,
}

/// A page of cases.
///
/// # Errors
/// [`PageError`] for the cursor of another list, or when the database fails.
pub async fn list<C: ConnectionTrait>(
    conn: &C,
    scope: Scope,
    filter: &FraudCaseFilter,
    order: TimeOrder,
    window: &Window,
) -> Result<Slice<Model>, PageError> {
    let condition = Condition::all()
        .add_option(filter.state.as_ref().map(|states| Column::State.is_in(states.iter().copied())))
        .add_option(filter.program_id.map(|program| Column::ProgramId.eq(program)))
        .add_option(filter.partner_id.map(|partner| Column::PartnerId.eq(partner)));
    fetch(conn, select::<Entity>(scope).filter(condition), &by_time!(fraud_case, order), window).await
}

/// The cases of these commissions.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn of_commissions<C: ConnectionTrait>(
    conn: &C,
    scope: Scope,
    of: &[CommissionId],
) -> Result<HashMap<CommissionId, Model>, StoreError> {
    let rows = select::<Entity>(scope).filter(Column::CommissionId.is_in(of.iter().copied())).all(conn).await?;
    Ok(rows.into_iter().map(|row| (row.commission_id, row)).collect())
}
