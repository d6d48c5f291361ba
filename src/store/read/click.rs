//! Clicks. A partner sees those on their own links.

use chrono::{DateTime, Utc};
use entity::click::{Column, Entity, Model};
use entity::value::{ClickId, EnrollmentId, LinkId, PartnerId, ProgramId};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, QueryFilter};

use super::visible;
use crate::domain::access::Scope;
use crate::store::page::{Ordering, PageError, Position, Slice, SortKey, SortKind, Window, fetch};
use crate::store::scoped::{scoped, select};

scoped!(click, ClickId, |partner| Condition::all().add(Column::EnrollmentId.in_subquery(visible::enrollments(partner))));

/// Which clicks; every field that is given must fit.
#[derive(Clone, Debug, Default, async_graphql::InputObject)]
pub struct ClickFilter {
    /// On this link.
    pub link_id: Option<LinkId>,
    /// On links of this enrollment.
    pub enrollment_id: Option<EnrollmentId>,
    /// On links of this partner.
    pub partner_id: Option<PartnerId>,
    /// On links of this program.
    pub program_id: Option<ProgramId>,
    /// Whether it looked like a machine.
    pub bot: Option<bool>,
    /// At or after this time.
    pub from: Option<DateTime<Utc>>,
    /// Before this time.
    pub to: Option<DateTime<Utc>>,
}

impl ClickFilter {
    fn condition(&self) -> Condition {
        Condition::all()
            .add_option(self.link_id.map(|link| Column::LinkId.eq(link)))
            .add_option(self.enrollment_id.map(|enrollment| Column::EnrollmentId.eq(enrollment)))
            .add_option(self.partner_id.map(|partner| Column::EnrollmentId.in_subquery(visible::enrollments(partner))))
            .add_option(self.program_id.map(|program| Column::ProgramId.eq(program)))
            .add_option(self.bot.map(|bot| Column::Bot.eq(bot)))
            .add_option(self.from.map(|from| Column::ClickedAt.gte(from)))
            .add_option(self.to.map(|to| Column::ClickedAt.lt(to)))
    }
}

/// A page of clicks, the newest first.
///
/// # Errors
/// [`PageError`] for the cursor of another list, or when the database fails.
pub async fn list<C: ConnectionTrait>(conn: &C, scope: Scope, filter: &ClickFilter, window: &Window) -> Result<Slice<Model>, PageError> {
    let order: Ordering<Entity> = Ordering {
        column: Column::ClickedAt,
        kind: SortKind::Time,
        id: Column::Id,
        descending: true,
        place: |row: &Model| Position::new(SortKey::Time(row.clicked_at), row.id.uuid()),
    };
    fetch(conn, select(scope).filter(filter.condition()), &order, window).await
}
