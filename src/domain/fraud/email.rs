//! Signs in e-mail addresses (FR-1, FR-3). Addresses are compared in their normalised form (ID-3).

use entity::value::Signal;

use super::list::{is_disposable, is_shared};
use super::{Case, Evidence};
use crate::domain::mask;

pub(super) fn signs(case: &Case<'_>) -> Vec<Evidence> {
    let (buyer, partner) = (&case.watch.person.emails, &case.partner.traits.emails);
    let pairs = || buyer.iter().flat_map(|one| partner.iter().map(move |other| (one.as_str(), other.as_str())));
    let mut signs = Vec::new();
    // The same address is of the same domain, and its own alias: that says nothing more.
    if let Some((same, _)) = pairs().find(|(one, other)| one == other) {
        signs.push(Evidence::of(Signal::SameEmail, mask::email(same)));
    } else {
        if let Some((one, other)) = pairs().find(|(one, other)| plain(one) == plain(other)) {
            signs.push(Evidence::of(Signal::EmailAlias, format!("{} and {}", mask::email(one), mask::email(other))));
        }
        let private = |one: &str| !is_shared(one, &case.settings.shared_domains);
        let domains = pairs().map(|(one, other)| (domain(one), domain(other)));
        if let Some((domain, _)) = domains.into_iter().find(|(one, other)| one == other && private(one)) {
            signs.push(Evidence::of(Signal::SameDomain, domain.to_owned()));
        }
    }
    if let Some(thrown) = buyer.iter().find(|one| is_disposable(domain(one), &case.settings.disposable_domains)) {
        signs.push(Evidence::of(Signal::DisposableEmail, domain(thrown).to_owned()));
    }
    signs
}

fn domain(address: &str) -> &str {
    address.rsplit_once('@').map_or("", |(_, domain)| domain)
}

/// An address without dots before the `@` and without what follows a plus sign there; the two names of Google's mail are one.
fn plain(address: &str) -> (String, &str) {
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    let local = local.split('+').next().unwrap_or_default().chars().filter(|letter| *letter != '.').collect();
    (local, if domain == "googlemail.com" { "gmail.com" } else { domain })
}
