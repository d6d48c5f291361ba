//! Gathering what settling needs to state amounts in programs' currencies: the rates of purchases, and what is stated already (MO-2, MO-3).

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use entity::value::{CommissionId, Currency, PurchaseId, Terms};
use sea_orm::DatabaseTransaction;
use serde_json::Value;

use super::ServiceError;
use super::person::Gathered;
use crate::domain::access::Scope;
use crate::domain::exchange::{Daily, Rates, holds};
use crate::domain::person::{Enrollment, Purchase, TermsVersion, World};
use crate::domain::terms_span::TermsSpan;
use crate::store::{self, StoreError};

/// Fills in the rates of each purchase and what is stated of each commission, for all persons together.
///
/// # Errors
/// [`ServiceError`] when the database fails or something stored cannot be read.
pub async fn gather(tx: &DatabaseTransaction, scope: Scope, all: &mut [Gathered]) -> Result<(), ServiceError> {
    let rows = all.iter().flat_map(|one| &one.commissions);
    let stated: Vec<CommissionId> = rows.filter(|row| row.program_currency.is_some()).map(|row| row.id).collect();
    let mut standings = store::ledger::standings_stated(tx, &stated).await?;
    let mut asking: Vec<(&mut Gathered, BTreeSet<Currency>)> = Vec::new();
    for gathered in all {
        gathered.stated = gathered.commissions.iter().filter_map(|row| Some((row.id, standings.remove(&row.id)?))).collect();
        let other = currencies(&gathered.world);
        if !other.is_empty() {
            asking.push((gathered, other));
        }
    }
    let purchases = asking.iter().flat_map(|(one, _)| &one.person.purchases);
    let days = purchases.map(|purchase| (purchase.id, day(purchase))).collect();
    let mut used = store::exchange::used(tx, &days).await?;
    let mut dailies = Dailies::default();
    for (gathered, other) in asking {
        gathered.person.rates = of_days(tx, scope, gathered, &other).await?;
        for purchase in &mut gathered.person.purchases {
            purchase.state.rates = used.rates.remove(&purchase.id).unwrap_or_default();
            gathered.outdated.extend(used.outdated.take(&purchase.id));
            if dailies.complete(tx, scope, purchase, &other).await? {
                gathered.rated.insert(purchase.id);
            }
        }
    }
    Ok(())
}

/// The rates of the days on which the person signed up or began a trial: those by which leads are stated already, and those that hold now.
async fn of_days(
    tx: &DatabaseTransaction,
    scope: Scope,
    gathered: &Gathered,
    currencies: &BTreeSet<Currency>,
) -> Result<BTreeMap<NaiveDate, Rates>, ServiceError> {
    let leads: Vec<CommissionId> = gathered.commissions.iter().filter(|row| row.purchase_id.is_none()).map(|row| row.id).collect();
    let mut rates: BTreeMap<NaiveDate, Rates> = BTreeMap::new();
    for used in store::exchange::stated(tx, &leads).await? {
        rates.entry(used.earned_on).or_default().add(used.from, used.to, used.quote);
    }
    if !asks_for_days(gathered) {
        return Ok(rates);
    }
    let person = &gathered.person;
    let days = person.signups.iter().map(|one| one.at).chain(person.trials.iter().map(|one| one.at)).map(|at| at.date_naive());
    for day in days.collect::<BTreeSet<NaiveDate>>() {
        of_day(tx, scope, day, currencies, rates.entry(day).or_default()).await?;
    }
    Ok(rates)
}

/// Whether anybody is rewarded for leads in a program that has a currency.
fn asks_for_days(gathered: &Gathered) -> bool {
    let rewards = |version: &TermsVersion| version.terms.lead.is_some();
    let moved = |known: &Enrollment| known.moves.iter().any(|one| rewards(&one.to));
    gathered.world.enrollments.values().any(|known| known.stated_in.is_some() && (known.terms.iter().any(rewards) || moved(known)))
}

/// Adds the rates that hold for what is earned on a day, in any of these currencies.
///
/// # Errors
/// [`ServiceError`] when the database fails or a stored rate cannot be read.
pub async fn of_day(
    tx: &DatabaseTransaction,
    scope: Scope,
    day: NaiveDate,
    currencies: &BTreeSet<Currency>,
    rates: &mut Rates,
) -> Result<(), ServiceError> {
    let pairs = || currencies.iter().flat_map(|from| currencies.iter().map(move |to| (*from, *to))).filter(|(from, to)| from != to);
    if pairs().next().is_none() {
        return Ok(());
    }
    let dailies = store::exchange::around(tx, scope.merchant(), currencies, day).await?;
    for (from, to) in pairs() {
        if let Some(quote) = holds(&dailies, from, to, day) {
            rates.add(from, to, quote);
        }
    }
    Ok(())
}

/// The day of a purchase (UTC): that on which its money came.
fn day(purchase: &Purchase) -> Option<NaiveDate> {
    purchase.state.at.map(|at| at.date_naive())
}

/// Daily rates that were looked up, by their currencies and the day.
#[derive(Default)]
struct Dailies(BTreeMap<(BTreeSet<Currency>, NaiveDate), Vec<Daily>>);

impl Dailies {
    /// Adds the rates that hold for a purchase and that it does not use yet. Says whether there are any.
    async fn complete(
        &mut self,
        tx: &DatabaseTransaction,
        scope: Scope,
        purchase: &mut Purchase,
        other: &BTreeSet<Currency>,
    ) -> Result<bool, ServiceError> {
        let day = day(purchase);
        let (own, rates) = (purchase.state.currency, &mut purchase.state.rates);
        let Some(day) = day.filter(|_| own.is_known()) else { return Ok(false) };
        let pairs = other.iter().flat_map(|other| [(own, *other), (*other, own)]).filter(|(from, to)| from != to);
        let missing: Vec<(Currency, Currency)> = pairs.filter(|(from, to)| rates.get(*from, *to).is_none()).collect();
        if missing.is_empty() {
            return Ok(false);
        }
        let wanted: BTreeSet<Currency> = missing.iter().flat_map(|(from, to)| [*from, *to]).collect();
        let dailies = match self.0.entry((wanted, day)) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let found = store::exchange::around(tx, scope.merchant(), &place.key().0, day).await?;
                place.insert(found)
            }
        };
        let mut found = false;
        for (from, to) in missing {
            if let Some(quote) = holds(dailies, from, to, day) {
                rates.add(from, to, quote);
                found = true;
            }
        }
        Ok(found)
    }
}

/// Every currency in which a program states commissions, or its terms name an amount.
fn currencies(world: &World) -> BTreeSet<Currency> {
    let mut found = BTreeSet::new();
    for enrollment in world.enrollments.values() {
        found.extend(enrollment.stated_in.map(|(currency, _)| currency));
        let moved = enrollment.moves.iter().map(|one| &one.to);
        let spans = enrollment.spans.iter().map(TermsSpan::version);
        enrollment.terms.iter().chain(moved).chain(spans).for_each(|version| named(&version.terms, &mut found));
    }
    found
}

/// Every currency that terms name, wherever an amount stands in them.
fn named(terms: &Terms, found: &mut BTreeSet<Currency>) {
    // Terms are plain values: writing them as JSON has no way to fail.
    look(&serde_json::to_value(terms).unwrap_or_default(), found);
}

fn look(value: &Value, found: &mut BTreeSet<Currency>) {
    match value {
        Value::Object(fields) => {
            let currency = fields.get("currency").and_then(Value::as_str).map(Currency::parse_or_unknown);
            found.extend(currency.filter(|currency| currency.is_known()));
            fields.values().for_each(|field| look(field, found));
        }
        Value::Array(items) => items.iter().for_each(|item| look(item, found)),
        _ => {}
    }
}

/// Keeps the rates that these purchases use from now on: a later import changes nothing for them (MO-3).
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn keep(
    tx: &DatabaseTransaction,
    scope: Scope,
    gathered: &Gathered,
    earning: BTreeSet<PurchaseId>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let fresh: BTreeSet<&PurchaseId> = gathered.rated.intersection(&earning).collect();
    for purchase in gathered.person.purchases.iter().filter(|purchase| fresh.contains(&purchase.id)) {
        store::exchange::keep(tx, scope, (purchase.id, day(purchase)), &purchase.state.rates, now).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use entity::value::{Reward, Terms};

    use super::named;

    #[test]
    fn mo_4_every_currency_of_the_terms_is_found() {
        let mut found = BTreeSet::new();
        named(&Terms::default(), &mut found);
        assert!(found.is_empty());
        let reward = Reward::Flat { amount: 500, currency: "EUR".parse().unwrap(), per_unit: false };
        named(&Terms { reward, ..Terms::default() }, &mut found);
        assert_eq!(found, BTreeSet::from(["EUR".parse().unwrap()]));
    }
}
