//! `unrouted`: what waits at the platform's address for a connection. Shown at the shell only, as no merchant has proved to own it.

use chrono::SecondsFormat;
use entity::value::Mode;

use super::CommandError;
use crate::service::Services;
use crate::store;

/// One line for each account and mode.
pub(super) async fn table(services: &Services) -> Result<String, CommandError> {
    let waiting = store::inbox::unrouted(services.db.read()).await?;
    if waiting.is_empty() {
        return Ok("no event waits for a connection".to_owned());
    }
    let mut lines = vec![format!("{:<32} {:<5} {:>8}  newest", "account", "mode", "events")];
    for one in waiting {
        let account = one.account.as_deref().unwrap_or("(none named)");
        let mode = Mode::from_livemode(one.livemode).to_string().to_lowercase();
        let newest = one.newest.to_rfc3339_opts(SecondsFormat::Secs, true);
        lines.push(format!("{account:<32} {mode:<5} {:>8}  {newest}", one.events));
    }
    Ok(lines.join("\n"))
}
