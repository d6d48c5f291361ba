//! Signs in the visits by which the partner earns (FR-1 to FR-3). Each is told once, of the first visit that shows it.

use chrono::{DateTime, Duration, Utc};
use entity::value::{AdParameter, ClickId, Signal};

use super::list::is_under;
use super::{Case, Evidence, Visit};

/// How far apart a visit and the partner may be seen at one address (FR-1).
const NEAR: Duration = Duration::hours(24);

pub(super) fn signs(case: &Case<'_>) -> Vec<Evidence> {
    let mut signs: Vec<Evidence> = Vec::new();
    for (id, at) in &case.subject.clicks {
        let Some(visit) = case.watch.visits.get(id) else { continue };
        for (signal, matched) in of_visit(case, visit, *at) {
            if signs.iter().all(|known| known.signal != signal) {
                signs.push(told(signal, matched, *id, *at));
            }
        }
    }
    signs
}

const fn told(signal: Signal, matched: String, click: ClickId, at: DateTime<Utc>) -> Evidence {
    Evidence { signal, matched, at: Some(at), click: Some(click) }
}

fn of_visit(case: &Case<'_>, visit: &Visit, at: DateTime<Utc>) -> impl Iterator<Item = (Signal, String)> {
    let settings = case.settings;
    let seen = visit.address.as_ref().and_then(|address| case.partner.seen.get(address));
    let near = seen.filter(|(first, last)| at - *last < NEAR && *first - at < NEAR);
    let address = near.map(|(_, last)| (Signal::SameAddress, format!("last seen {}", last.format("%Y-%m-%d %H:%M UTC"))));
    let forbidden = |ad: &&AdParameter| !settings.allowed_ads.contains(ad);
    let ad = visit.ads.iter().find(forbidden).map(|ad| (Signal::PaidAd, ad.name()));
    let banned = visit.referrer.as_deref().filter(|host| is_under(host, &settings.banned_referrers));
    let referrer = banned.map(|host| (Signal::BannedReferrer, host.to_owned()));
    let many = visit.rank > u64::from(settings.visitors_per_address);
    let velocity = many.then(|| (Signal::Velocity, format!("visitor {} of the day", visit.rank)));
    [address, ad, referrer, velocity].into_iter().flatten()
}
