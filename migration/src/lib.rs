//! Schema changes of Tributary, the same on SQLite and PostgreSQL.
//!
//! One file a concern. A file that was released is never edited; a change is a new file. Each runs in one transaction, so a start that
//! breaks off leaves no half-made schema.

use sea_orm_migration::prelude::MigrationTrait;
pub use sea_orm_migration::prelude::MigratorTrait;

mod m0001_accounts;
mod m0002_programs;
mod m0003_tracking;
mod m0004_stripe;
mod m0005_money;
mod m0006_queue;
mod m0007_former_mapping;
mod m0008_lists;
mod m0009_absences;
mod m0010_held;
mod m0011_interventions;
mod m0013_partner_groups;
mod m0014_group_terms;
mod m0015_terms_catalogue;
mod m0019_account_proof;
mod m0020_narrow_reads;
mod m0021_instance;
mod m0022_looks;
mod m0027_audit;
mod m0028_told_money;
mod m0029_insight;
mod m0031_fraud;
mod m0032_exchange;
mod m0035_code_life;
mod m0036_claims;
mod m0037_terms_span;
mod m0038_recount;
mod m0040_link_attempts;
mod m0041_tokens;
mod m0042_endpoints;
mod m0043_refresh_tokens;
mod m0044_words;
mod m0045_settling;
mod m0050_sync;
mod m0051_commerce;
mod table;

/// Every schema change, oldest first.
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_accounts::Migration),
            Box::new(m0002_programs::Migration),
            Box::new(m0003_tracking::Migration),
            Box::new(m0004_stripe::Migration),
            Box::new(m0005_money::Migration),
            Box::new(m0006_queue::Migration),
            Box::new(m0007_former_mapping::Migration),
            Box::new(m0008_lists::Migration),
            Box::new(m0009_absences::Migration),
            Box::new(m0010_held::Migration),
            Box::new(m0011_interventions::Migration),
            Box::new(m0013_partner_groups::Migration),
            Box::new(m0014_group_terms::Migration),
            Box::new(m0015_terms_catalogue::Migration),
            Box::new(m0019_account_proof::Migration),
            Box::new(m0020_narrow_reads::Migration),
            Box::new(m0021_instance::Migration),
            Box::new(m0022_looks::Migration),
            Box::new(m0027_audit::Migration),
            Box::new(m0028_told_money::Migration),
            Box::new(m0029_insight::Migration),
            Box::new(m0031_fraud::Migration),
            Box::new(m0032_exchange::Migration),
            Box::new(m0035_code_life::Migration),
            Box::new(m0036_claims::Migration),
            Box::new(m0037_terms_span::Migration),
            Box::new(m0038_recount::Migration),
            Box::new(m0040_link_attempts::Migration),
            Box::new(m0041_tokens::Migration),
            Box::new(m0042_endpoints::Migration),
            Box::new(m0043_refresh_tokens::Migration),
            Box::new(m0044_words::Migration),
            Box::new(m0045_settling::Migration),
            Box::new(m0050_sync::Migration),
            Box::new(m0051_commerce::Migration),
        ]
    }
}
