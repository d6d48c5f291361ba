//! Loaders of what belongs to one row and is no row of its own by id: sums, the decision in force, the body of an event.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use entity::value::{CommissionId, EnrollmentId, EventId, PartnerGroupId, PartnerId, PurchaseId};
use entity::{decision, fraud_case};

use super::loader::{Batch, by_scope};
use crate::domain::access::Scope;
use crate::domain::enrollment::Enrollment as Enrolled;
use crate::store::read::ledger::Balance;
use crate::store::read::{decision as decisions, fraud_case as cases, inbox, ledger};
use crate::store::{StoreError, partner_group, recruitment, world};

/// Declares the key of a loader, and loads all keys of one scope with one store function.
macro_rules! batch {
    ($(#[$meta:meta])* $key:ident($id:ty) -> $value:ty, $read:path) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $key(pub Scope, pub $id);

        impl Loader<$key> for Batch {
            type Value = $value;
            type Error = Arc<StoreError>;

            async fn load(&self, keys: &[$key]) -> Result<HashMap<$key, $value>, Arc<StoreError>> {
                let mut found = HashMap::with_capacity(keys.len());
                for (scope, ids) in by_scope(keys.iter().map(|key| (key.0, key.1))) {
                    let read = $read(self.db.read(), scope, &ids).await.map_err(Arc::new)?;
                    found.extend(read.into_iter().map(|(id, value)| ($key(scope, id), value)));
                }
                Ok(found)
            }
        }
    };
}

batch! {
    /// The current decision of a purchase.
    CurrentDecision(PurchaseId) -> decision::Model, decisions::current
}

batch! {
    /// What a commission has earned its partner, in minor units.
    Earned(CommissionId) -> i64, ledger::earned
}

batch! {
    /// What a commission has earned its partner in its program's currency, in minor units.
    EarnedStated(CommissionId) -> i64, ledger::earned_stated
}

batch! {
    /// What stands for a partner, by the currencies of programs.
    ProgramBalancesOf(PartnerId) -> Vec<Balance>, ledger::program_balances
}

batch! {
    /// The case of a commission.
    CaseOf(CommissionId) -> fraud_case::Model, cases::of_commissions
}

batch! {
    /// What stands for a partner, by currency.
    BalancesOf(PartnerId) -> Vec<Balance>, ledger::balances
}

batch! {
    /// The body of an event as received.
    BodyOf(EventId) -> Vec<u8>, inbox::bodies
}

batch! {
    /// The group in which a partner is now.
    GroupOf(PartnerId) -> PartnerGroupId, partner_group::current
}

batch! {
    /// Who recruited the partner of an enrollment, as it stands now.
    RecruiterOf(EnrollmentId) -> EnrollmentId, recruitment::recruiters
}

batch! {
    /// An enrollment with all terms that may be in force for it.
    EnrolledOf(EnrollmentId) -> Enrolled, world::enrolled
}

/// The enrollments of a partner.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct EnrollmentsOf(pub PartnerId);

impl Loader<EnrollmentsOf> for Batch {
    type Value = Vec<EnrollmentId>;
    type Error = Arc<StoreError>;

    async fn load(&self, keys: &[EnrollmentsOf]) -> Result<HashMap<EnrollmentsOf, Vec<EnrollmentId>>, Arc<StoreError>> {
        let mut found = HashMap::with_capacity(keys.len());
        // One in practice: the viewer's own partner.
        for key in keys {
            found.insert(*key, decisions::enrollments(self.db.read(), key.0).await.map_err(Arc::new)?);
        }
        Ok(found)
    }
}
