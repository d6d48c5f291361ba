//! `rates`: exchange rates for the whole instance, brought in by whoever holds the shell (MO-2).

use super::{CommandError, told};
use crate::cli::RatesImport;
use crate::service::exchange::{Import, import_for_all};
use crate::service::{ServiceError, Services};

/// Brings in a file of daily rates, and says what became of it.
pub(super) async fn import(services: &Services, rates: &RatesImport) -> Result<String, CommandError> {
    let name = rates.file.display().to_string();
    let csv = std::fs::read_to_string(&rates.file).map_err(|error| told(format!("cannot read {name}: {error}")))?;
    let source = rates.source.clone().or_else(|| Some(rates.file.file_name()?.to_string_lossy().into_owned())).unwrap_or(name);
    let import = Import { csv, source, replace: rates.replace };
    match import_for_all(services, &import).await {
        Ok(done) => Ok(format!("{} rates added, {} replaced, {} known before", done.added, done.replaced, done.unchanged)),
        Err(ServiceError::Refused(refusals)) => {
            let lines: Vec<String> = refusals.into_iter().map(|refusal| refusal.message).collect();
            Err(told(format!("no rate was taken: {}", lines.join("; "))))
        }
        Err(error) => Err(error.into()),
    }
}
