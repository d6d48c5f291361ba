//! Exchange rates: brought in as a file of daily rates, by a merchant for itself or at the shell for the whole instance (MO-2).
//!
//! A rate that came settles what waited for it. What a purchase was once converted by stays, whatever is told later (MO-3).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use entity::exchange_rate;
use entity::value::{Currency, ExchangeRate, ExchangeRateId, InterventionKind, MerchantId};
use sea_orm::DatabaseTransaction;

use super::check::Faults;
use super::intervention::{self, Word};
use super::{Refusal, RefusalCode, ServiceError, Services};
use crate::domain::access::{Action, Viewer};
use crate::store;

/// The longest name of a source, in characters.
const LONGEST_SOURCE: usize = 100;
/// The most faults that are told at once.
const MOST_FAULTS: usize = 10;
/// How many days are looked up at once.
const DAYS_AT_ONCE: usize = 200;

/// Daily rates to be brought in.
#[derive(Clone, Debug)]
pub struct Import {
    /// Lines of `date,base,quote,rate`, as in `2025-01-31,EUR,USD,1.0393`; the first one may name the columns.
    pub csv: String,
    /// Who says so.
    pub source: String,
    /// Whether a rate that is known otherwise is replaced. Without it the file is refused as a whole.
    pub replace: bool,
}

/// What became of the lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Rates that were not known.
    pub added: u64,
    /// Rates that took the place of others.
    pub replaced: u64,
    /// Rates that were known.
    pub unchanged: u64,
}

/// Brings in rates for one merchant, in test and live. They go before the instance's.
///
/// # Errors
/// Refused with the lines that cannot be taken: then none is; denied to those who may not move money.
pub async fn import(services: &Services, viewer: &Viewer, import: &Import) -> Result<Imported, ServiceError> {
    let scope = viewer.allow(Action::MoveMoney)?;
    let rates = read(import)?;
    let now = services.clock.now();
    let tx = services.db.begin().await?;
    let imported = take(&tx, Some(scope.merchant()), rates, import, now).await?;
    store::exchange::wake(&tx, Some(scope.merchant()), now).await?;
    let what = format!("exchange rates were brought in: {} added, {} replaced", imported.added, imported.replaced);
    let (kind, subject) = (InterventionKind::ExchangeRates, scope.merchant().to_string());
    let word = Word { kind, subject: &subject, commission: None, what: &what, reason: Some(&import.source) };
    intervention::record(&tx, viewer, scope, word, now).await?;
    tx.commit().await?;
    Ok(imported)
}

/// Brings in rates for every merchant of the instance. For whoever holds the shell.
///
/// # Errors
/// Refused with the lines that cannot be taken: then none is.
pub async fn import_for_all(services: &Services, import: &Import) -> Result<Imported, ServiceError> {
    let rates = read(import)?;
    let now = services.clock.now();
    let tx = services.db.begin().await?;
    let imported = take(&tx, None, rates, import, now).await?;
    store::exchange::wake(&tx, None, now).await?;
    tx.commit().await?;
    Ok(imported)
}

/// A line of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Line {
    number: usize,
    rate: ExchangeRate,
}

type Place = (NaiveDate, Currency, Currency);

/// The rates of a file, or everything that is wrong with it.
fn read(import: &Import) -> Result<BTreeMap<Place, Line>, ServiceError> {
    let mut faults = Faults::default();
    let mut found = 0_usize;
    let mut rates: BTreeMap<Place, Line> = BTreeMap::new();
    if import.source.trim().is_empty() || import.source.chars().count() > LONGEST_SOURCE {
        faults.add("source", RefusalCode::Required, format!("say in 1 to {LONGEST_SOURCE} characters who tells these rates"));
    }
    let lines = import.csv.lines().enumerate().map(|(index, text)| (index + 1, text.trim().trim_start_matches('\u{feff}')));
    for (number, text) in lines.filter(|(_, text)| !text.is_empty()) {
        if rates.is_empty() && found == 0 && is_head(text) {
            continue;
        }
        let mut fault = |why: String| {
            found += 1;
            if found <= MOST_FAULTS {
                faults.add("csv", RefusalCode::Invalid, format!("line {number}: {why}"));
            }
        };
        match parse(text) {
            Ok((place, rate)) => match rates.insert(place, Line { number, rate }) {
                Some(before) if before.rate != rate => fault(format!("tells another rate than line {}", before.number)),
                _ => {}
            },
            Err(why) => fault(why),
        }
    }
    if rates.is_empty() && found == 0 {
        faults.add("csv", RefusalCode::Required, "holds no rates; each line is date,base,quote,rate as in 2025-01-31,EUR,USD,1.0393");
    }
    faults.done()?;
    Ok(rates)
}

fn fields(text: &str) -> Vec<&str> {
    text.split(',').map(|field| field.trim().trim_matches('"')).collect()
}

fn is_head(text: &str) -> bool {
    let names = fields(text);
    names.len() == 4 && names.iter().zip(["date", "base", "quote", "rate"]).all(|(name, known)| name.eq_ignore_ascii_case(known))
}

fn parse(text: &str) -> Result<(Place, ExchangeRate), String> {
    let fields = fields(text);
    let [day, base, quote, rate] = fields.as_slice() else {
        return Err(format!("has {} fields; there must be four: date,base,quote,rate", fields.len()));
    };
    let day = NaiveDate::parse_from_str(day, "%Y-%m-%d").map_err(|_| "the date must be as 2025-01-31".to_owned())?;
    let currency =
        |code: &str| code.parse::<Currency>().ok().filter(|one| one.is_known()).ok_or_else(|| format!("{code:.10} is no currency"));
    let (base, quote) = (currency(base)?, currency(quote)?);
    if base == quote {
        return Err("both currencies are the same".to_owned());
    }
    let rate = ExchangeRate::from_decimal(rate).map_err(|error| error.to_string())?;
    Ok(((day, base, quote), rate))
}

/// Stores the rates, in the caller's transaction.
async fn take(
    tx: &DatabaseTransaction,
    merchant: Option<MerchantId>,
    rates: BTreeMap<Place, Line>,
    import: &Import,
    now: DateTime<Utc>,
) -> Result<Imported, ServiceError> {
    let mut imported = Imported::default();
    let mut different: Vec<Refusal> = Vec::new();
    let days: BTreeSet<NaiveDate> = rates.keys().map(|(day, _, _)| *day).collect();
    let days: Vec<NaiveDate> = days.into_iter().collect();
    for days in days.chunks(DAYS_AT_ONCE) {
        let days: BTreeSet<NaiveDate> = days.iter().copied().collect();
        let known = store::exchange::of_days(tx, merchant, &days).await?;
        let mut known: BTreeMap<Place, exchange_rate::Model> = known.into_iter().map(|row| ((row.day, row.base, row.quote), row)).collect();
        let (mut fresh, mut changed) = (Vec::new(), Vec::new());
        for ((day, base, quote), line) in rates.iter().filter(|((day, _, _), _)| days.contains(day)) {
            let (num, den) = (line.rate.num(), line.rate.den());
            match known.remove(&(*day, *base, *quote)) {
                Some(row) if (row.num, row.den) == (num, den) => imported.unchanged += 1,
                Some(row) if import.replace => {
                    changed.push(exchange_rate::Model { num, den, source: import.source.clone(), created_at: now, ..row })
                }
                Some(row) => different.push(known_otherwise(line.number, &row)),
                None => fresh.push(exchange_rate::Model {
                    id: ExchangeRateId::new_at(now),
                    merchant_id: merchant,
                    day: *day,
                    base: *base,
                    quote: *quote,
                    num,
                    den,
                    source: import.source.clone(),
                    created_at: now,
                }),
            }
        }
        imported.added += fresh.len() as u64;
        imported.replaced += changed.len() as u64;
        store::exchange::save(tx, fresh, changed).await?;
    }
    if different.is_empty() {
        return Ok(imported);
    }
    different.truncate(MOST_FAULTS);
    Err(ServiceError::Refused(different))
}

fn known_otherwise(line: usize, row: &exchange_rate::Model) -> Refusal {
    let known = ExchangeRate::new(row.num, row.den).map(|rate| rate.to_string()).unwrap_or_default();
    let text = format!(
        "line {line}: {} {} is known as {known} {} by {}; ask to replace it if that is wrong. What was converted by it stays (MO-3)",
        row.day, row.base, row.quote, row.source
    );
    Refusal::new("csv", RefusalCode::Taken, text)
}

#[cfg(test)]
mod tests {
    use super::{Import, ServiceError, read};

    fn file(csv: &str) -> Import {
        Import { csv: csv.to_owned(), source: "bank".to_owned(), replace: false }
    }

    fn faults(csv: &str) -> Vec<String> {
        match read(&file(csv)) {
            Err(ServiceError::Refused(refusals)) => refusals.into_iter().map(|refusal| refusal.message).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn mo_2_lines_are_read_with_and_without_a_head() {
        let plain = "2025-01-31,EUR,USD,1.0393\n\n 2025-02-03 , eur , \"GBP\" , 0.83 \r\n2025-01-31,EUR,USD,1.03930\n";
        let rates = read(&file(plain)).unwrap();
        assert_eq!(rates.values().map(|line| line.rate.to_string()).collect::<Vec<_>>(), ["1.0393", "0.83"]);
        assert_eq!(read(&file(&format!("\u{feff}Date,Base,Quote,Rate\n{plain}"))).unwrap().len(), 2);
    }

    #[test]
    fn every_line_that_cannot_be_taken_is_named() {
        assert_eq!(
            faults("2025-02-30,EUR,USD,1\n2025-01-01,EUR,QQQ,1\n2025-01-01,EUR,EUR,1\n2025-01-01,EUR,USD,0\n2025-01-01,EUR,USD"),
            [
                "line 1: the date must be as 2025-01-31",
                "line 2: QQQ is no currency",
                "line 3: both currencies are the same",
                "line 4: expected a decimal number above zero such as 1.0832",
                "line 5: has 3 fields; there must be four: date,base,quote,rate",
            ]
        );
        assert_eq!(faults("2025-01-01,EUR,USD,1\n2025-01-01,EUR,USD,2"), ["line 2: tells another rate than line 1"]);
        assert!(faults("date,base,quote,rate")[0].contains("holds no rates"));
        assert_eq!(faults(&"x\n".repeat(50)).len(), 10);
        assert!(read(&Import { source: " ".into(), ..file("2025-01-01,EUR,USD,1") }).is_err());
    }
}
