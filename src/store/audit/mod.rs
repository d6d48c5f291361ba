//! The audit of the books (MO-6): every rule that must always hold, as one statement that finds the rows which break it.
//!
//! A rule reads in one statement, so that it sees one moment of the books while others write. The same statement serves a whole merchant,
//! a slice of ids, and a handful of rows.

mod lane;
mod rule;

use entity::value::{AuditRule, Currency, MerchantId};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value};
use uuid::Uuid;

pub use lane::{AskedRule, Ended, LATE, Slice, Turn, claim, findings, finish, lanes, least_id, next, open, open_count};
pub use rule::{BY_COMMISSION, BY_PARTNER, BY_PAYOUT, BY_POSTING, BY_PURCHASE, WHOLE, within_base};

use super::StoreError;
use crate::domain::access::Scope;

/// Which rows a rule is asked about.
#[derive(Clone, Copy, Debug)]
pub enum Which<'a> {
    /// All of one merchant in one mode.
    Of(Scope),
    /// Those whose id is after the first and not after the second one, of whatever merchant.
    Between(Uuid, Uuid),
    /// These, of whatever merchant.
    These(&'a [Uuid]),
}

/// A rule as a statement. Where it says `{table.column}`, the condition on the rows that are asked about takes its place.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Which rule.
    pub rule: AuditRule,
    /// Finds what breaks it: place, subject, merchant, mode, currency, what should be, and what is.
    pub sql: &'static str,
}

/// A row that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The rule.
    pub rule: AuditRule,
    /// Whose row.
    pub merchant: MerchantId,
    /// In which mode.
    pub livemode: bool,
    /// The posting, purchase, payout or partner by which the audit comes to it.
    pub place: Uuid,
    /// The row.
    pub subject: Uuid,
    /// The currency of the sums.
    pub currency: Option<Currency>,
    /// What should be: minor units, or a number of rows.
    pub expected: i64,
    /// What is.
    pub found: i64,
}

/// What a rule finds: at most as many rows as were asked for, and how many there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Broken {
    /// Some of them, by id.
    pub violations: Vec<Violation>,
    /// How many there are.
    pub count: u64,
}

#[derive(FromQueryResult)]
struct Row {
    place: Uuid,
    subject: Uuid,
    merchant_id: MerchantId,
    livemode: bool,
    currency: Option<Currency>,
    expected: i64,
    found: i64,
    total: i64,
}

/// What breaks a rule among these rows: at most `limit` of them, and their number.
///
/// # Errors
/// [`StoreError`] when the database fails, also where a sum is beyond 64 bits.
pub async fn broken<C: ConnectionTrait>(db: &C, rule: &Rule, which: Which<'_>, limit: u64) -> Result<Broken, StoreError> {
    ask(db, rule.rule, &asked_about(rule.sql, which), values(which), limit).await
}

/// Runs a finished statement.
async fn ask<C: ConnectionTrait>(db: &C, rule: AuditRule, sql: &str, values: Vec<Value>, limit: u64) -> Result<Broken, StoreError> {
    // Without a row there would be no count.
    let sql = format!("SELECT v.*, COUNT(*) OVER () AS total FROM ({sql}) v ORDER BY v.subject LIMIT {}", limit.max(1));
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let rows = Row::find_by_statement(statement).all(db).await?;
    let count = rows.first().map_or(0, |row| u64::try_from(row.total).unwrap_or(0));
    let violation = |row: Row| Violation {
        rule,
        merchant: row.merchant_id,
        livemode: row.livemode,
        place: row.place,
        subject: row.subject,
        currency: row.currency,
        expected: row.expected,
        found: row.found,
    };
    let listed = usize::try_from(limit).unwrap_or(usize::MAX);
    Ok(Broken { violations: rows.into_iter().take(listed).map(violation).collect(), count })
}

/// The statement about these rows.
fn asked_about(sql: &str, which: Which<'_>) -> String {
    let mut whole = String::with_capacity(sql.len() + 100);
    let mut rest = sql;
    while let Some((before, after)) = rest.split_once('{') {
        whole.push_str(before);
        let Some((key, after)) = after.split_once('}') else { break };
        whole.push_str(&condition(key, which));
        rest = after;
    }
    whole.push_str(rest);
    whole
}

fn condition(key: &str, which: Which<'_>) -> String {
    let table = key.split('.').next().unwrap_or(key);
    match which {
        Which::Of(_) => format!("{table}.merchant_id = $1 AND {table}.livemode = $2"),
        Which::Between(..) => format!("{key} > $1 AND {key} <= $2"),
        Which::These([]) => "1 = 0".to_owned(),
        Which::These(ids) => {
            let places: Vec<String> = (1..=ids.len()).map(|number| format!("${number}")).collect();
            format!("{key} IN ({})", places.join(", "))
        }
    }
}

fn values(which: Which<'_>) -> Vec<Value> {
    match which {
        Which::Of(scope) => vec![scope.merchant().into(), scope.livemode().into()],
        Which::Between(after, to) => vec![after.into(), to.into()],
        Which::These(ids) => ids.iter().map(|id| (*id).into()).collect(),
    }
}
