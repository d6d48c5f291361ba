//! Whether a process has the secret of this database: with another one it would silently fail to open what is sealed, and seal what the
//! others cannot open. And whether its clock goes with that of the others.

use std::time::Instant;

use entity::instance::Model;

use super::{ServiceError, Services};
use crate::auth::same;
use crate::config::SettingsError;
use crate::store::{self, StoreError};

/// Why a process may not work on the database.
#[derive(Debug, thiserror::Error)]
pub enum NotOurs {
    /// The database belongs to another secret.
    #[error(transparent)]
    Secret(SettingsError),
    /// The database failed.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl From<StoreError> for NotOurs {
    fn from(error: StoreError) -> Self {
        Self::Service(error.into())
    }
}

/// Asks the database what time it is, by which all processes write their leases. Call it at the start and every few seconds; while the database does
/// not answer, the time goes on from what it said last.
pub async fn follow_time(services: &Services) {
    let asked = Instant::now();
    match services.db.time().await {
        Ok(Some(said)) => services.clock.follow(said, asked),
        Ok(None) => {}
        Err(error) => tracing::debug!(%error, "the database does not say what time it is"),
    }
}

/// Checks that a secret of the settings is that of the database; at the first start the database becomes the current one's. While changes of
/// the schema are missing it cannot be asked.
///
/// # Errors
/// [`NotOurs`].
pub async fn check(services: &Services) -> Result<(), NotOurs> {
    if services.db.pending_migrations().await? > 0 {
        return Ok(());
    }
    let row = match store::instance::find(services.db.read()).await? {
        Some(row) => row,
        None => begin(services).await?,
    };
    if knows(services, &row) { Ok(()) } else { Err(NotOurs::Secret(wrong(&row.key_id))) }
}

/// A database that is older than this question may hold what another secret sealed; it does not become this one's by being asked first.
async fn begin(services: &Services) -> Result<Model, NotOurs> {
    let sealed = store::connection::sealed_by(services.db.read()).await?;
    let known: Vec<String> = services.keys.proofs().into_iter().map(|(id, _)| id).collect();
    if let Some(foreign) = sealed.into_iter().find(|id| !known.contains(id)) {
        return Err(NotOurs::Secret(wrong(&foreign)));
    }
    let (key_id, proof) = services.keys.proof();
    Ok(store::instance::begin(services.db.write(), &key_id, &proof, services.clock.now()).await?)
}

fn knows(services: &Services, row: &Model) -> bool {
    services.keys.proofs().iter().any(|(id, proof)| *id == row.key_id && same(proof.as_bytes(), row.proof.as_bytes()))
}

fn wrong(key_id: &str) -> SettingsError {
    let problem = format!(
        "is not the secret of this database, which is known as {key_id}; give all processes of the instance the same one, or, if you changed \
         it, put the old one into TRIBUTARY_SECRET_PREVIOUS (--secret-previous)"
    );
    SettingsError { setting: "TRIBUTARY_SECRET (--secret, or the file of --secret-file)".to_owned(), problem }
}
