//! What the server answers when it is asked by GraphQL, in the few words that the demo needs.

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::front::Front;

const PURCHASES: &str = "query Purchases {
  purchases(first: 100, orderBy: OLDEST) { nodes {
    key purchasedAt createdAt
    collected { decimal currency }
    customer { name email bindings(first: 1) { nodes { source } } }
    decision {
      reason explanation
      base { decimal }
      candidates { verdict kind note enrollment { partner { name } } }
      steps { rule amount { decimal } }
    }
    commissions(first: 5) { nodes { state releaseAt amount { decimal } partner { name } } }
  } }
}";
const WAITING: &str = "query Waiting { inboxEvents(first: 1, filter: { status: [RECEIVED] }) { nodes { id } } }";
const EVENTS: &str = "query Events($after: String) {
  inboxEvents(first: 100, after: $after) { nodes { eventId eventType status reason error } pageInfo { hasNextPage endCursor } }
}";
const BALANCES: &str = "query Balances {
  partners(first: 100) { nodes { name balances { currency pending { decimal } payable { decimal } } } }
}";
const SUMS: &str = "query Sums { ledgerSums { currency amount } }";

/// A purchase with what was decided for it.
#[derive(Clone, Debug)]
pub struct Purchase {
    /// Its business key.
    pub key: String,
    /// When it was paid, or first told of.
    pub at: DateTime<Utc>,
    /// Who bought.
    pub who: String,
    /// What was received, as a decimal number.
    pub collected: String,
    /// In which currency all of it is.
    pub currency: String,
    /// The conclusion.
    pub reason: String,
    /// What it earned whom.
    pub commissions: Vec<Commission>,
    /// Why, in one line.
    pub why: String,
}

/// What a purchase earned a partner.
#[derive(Clone, Debug)]
pub struct Commission {
    /// Who.
    pub partner: String,
    /// How much, as a decimal number.
    pub amount: String,
    /// The state.
    pub state: String,
    /// When it is payable.
    pub release_at: Option<DateTime<Utc>>,
}

impl Purchase {
    /// The outcome in a few words.
    pub fn figures(&self) -> String {
        match self.commissions.as_slice() {
            [] => format!("nobody, {}", self.reason),
            all => all.iter().map(|one| format!("{} {} {}", one.partner, one.amount, one.state)).collect::<Vec<_>>().join(" and "),
        }
    }

    fn read(node: &Value) -> Result<Self> {
        let commission = |one: &Value| Commission {
            partner: text(&one["partner"]["name"]),
            amount: text(&one["amount"]["decimal"]),
            state: text(&one["state"]),
            release_at: time(&one["releaseAt"]),
        };
        let customer = &node["customer"];
        Ok(Self {
            key: text(&node["key"]),
            at: time(&node["purchasedAt"]).or_else(|| time(&node["createdAt"])).context("a purchase without a time")?,
            who: customer["name"].as_str().or_else(|| customer["email"].as_str()).unwrap_or("(unknown)").to_owned(),
            collected: text(&node["collected"]["decimal"]),
            currency: text(&node["collected"]["currency"]),
            reason: text(&node["decision"]["reason"]),
            commissions: items(&node["commissions"]["nodes"]).map(commission).collect(),
            why: why(&node["decision"], customer["bindings"]["nodes"][0]["source"].as_str()),
        })
    }
}

/// All purchases, in order of time.
///
/// # Errors
/// When the server does not answer.
pub async fn purchases(front: &Front) -> Result<Vec<Purchase>> {
    let data = front.ask(PURCHASES, json!({})).await?;
    let mut purchases = items(&data["purchases"]["nodes"]).map(Purchase::read).collect::<Result<Vec<_>>>()?;
    purchases.sort_by(|a, b| (a.at, &a.key).cmp(&(b.at, &b.key)));
    Ok(purchases)
}

/// Whether any event still waits to be worked off.
///
/// # Errors
/// When the server does not answer.
pub async fn waiting(front: &Front) -> Result<bool> {
    let data = front.ask(WAITING, json!({})).await?;
    Ok(items(&data["inboxEvents"]["nodes"]).next().is_some())
}

/// What became of everything that Stripe delivered.
#[derive(Clone, Debug, Default)]
pub struct Inbox {
    /// Events, each counted once.
    pub events: usize,
    /// Those that were put aside, with the reason.
    pub ignored: Vec<(String, String)>,
    /// Those that failed, with the fault.
    pub failed: Vec<(String, String)>,
}

/// Reads the whole inbox.
///
/// # Errors
/// When the server does not answer.
pub async fn inbox(front: &Front) -> Result<Inbox> {
    let mut inbox = Inbox::default();
    let mut after = Value::Null;
    loop {
        let data = front.ask(EVENTS, json!({ "after": after })).await?;
        for event in items(&data["inboxEvents"]["nodes"]) {
            inbox.events += 1;
            match event["status"].as_str() {
                Some("DONE") => {}
                Some("IGNORED") => inbox.ignored.push((text(&event["eventType"]), text(&event["reason"]))),
                _ => inbox.failed.push((text(&event["eventType"]), text(&event["error"]))),
            }
        }
        let page = &data["inboxEvents"]["pageInfo"];
        if page["hasNextPage"] != true {
            return Ok(inbox);
        }
        after = page["endCursor"].clone();
    }
}

/// What stands for a partner in a currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balance {
    /// Who.
    pub partner: String,
    /// In what.
    pub currency: String,
    /// Earned and not payable yet.
    pub pending: String,
    /// Payable.
    pub payable: String,
}

/// The balances of all partners, by name and currency.
///
/// # Errors
/// When the server does not answer.
pub async fn balances(front: &Front) -> Result<Vec<Balance>> {
    let data = front.ask(BALANCES, json!({})).await?;
    let of_partner = |partner: &Value| {
        let balance = |balance: &Value| Balance {
            partner: text(&partner["name"]),
            currency: text(&balance["currency"]),
            pending: text(&balance["pending"]["decimal"]),
            payable: text(&balance["payable"]["decimal"]),
        };
        items(&partner["balances"]).map(balance).collect::<Vec<_>>()
    };
    let mut balances: Vec<Balance> = items(&data["partners"]["nodes"]).flat_map(of_partner).collect();
    balances.sort_by(|a, b| (&a.partner, &a.currency).cmp(&(&b.partner, &b.currency)));
    Ok(balances)
}

/// The sum over the whole ledger for each currency, in minor units.
///
/// # Errors
/// When the server does not answer.
pub async fn ledger_sums(front: &Front) -> Result<Vec<(String, String)>> {
    let data = front.ask(SUMS, json!({})).await?;
    Ok(items(&data["ledgerSums"]).map(|sum| (text(&sum["currency"]), text(&sum["amount"]))).collect())
}

/// Why a decision came out as it did: the winner's evidence and what it earns of, or the reason in a sentence. `bound_by` is the kind of
/// evidence that bound the customer.
fn why(decision: &Value, bound_by: Option<&str>) -> String {
    let candidates: Vec<&Value> = items(&decision["candidates"]).collect();
    let Some(winner) = candidates.iter().find(|candidate| candidate["verdict"] == "WON") else {
        let explanation = text(&decision["explanation"]);
        let first = explanation.lines().next().unwrap_or_default();
        let sentence = first.split_once(": ").map_or(first, |(_, sentence)| sentence);
        return sentence.trim_end_matches('.').to_owned();
    };
    let by = if winner["kind"] == "BINDING" { bound_by.map_or("", evidence) } else { "" };
    let mut parts = vec![format!("{}{by}", shortened(&text(&winner["note"])))];
    let name = |candidate: &Value| text(&candidate["enrollment"]["partner"]["name"]);
    let others = candidates.iter().filter(|candidate| candidate["verdict"] == "LOST" && name(candidate) != name(winner));
    parts.extend(others.map(|other| format!("before {}, {}", name(other), shortened(&text(&other["note"])))));
    if decision["reason"] == "COMMISSIONED" {
        let returned = items(&decision["steps"]).find(|step| step["rule"] == "RF-1");
        let returned = returned.map(|step| format!(" after {} of the payment went back", text(&step["amount"]["decimal"])));
        parts.push(format!("base {}{}", text(&decision["base"]["decimal"]), returned.unwrap_or_default()));
    } else {
        parts.push("nothing was paid".to_owned());
    }
    parts.join("; ")
}

/// The kinds of evidence that bind, in words that follow "bound since".
fn evidence(kind: &str) -> &'static str {
    match kind {
        "SIGNUP" => " by the click that the sign-up named",
        "CLIENT_REFERENCE" => " by the click that the checkout named",
        "COUPON" => " by the partner's code",
        _ => "",
    }
}

/// A note with its times as people write them.
fn shortened(note: &str) -> String {
    let short = |word: &str| {
        let (time, rest) = word.strip_suffix(',').map_or((word, ""), |time| (time, ","));
        let read = DateTime::parse_from_rfc3339(time).ok()?;
        Some(format!("{}{rest}", read.format("%-d %b %H:%M")))
    };
    note.split(' ').map(|word| short(word).unwrap_or_else(|| word.to_owned())).collect::<Vec<_>>().join(" ")
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn time(value: &Value) -> Option<DateTime<Utc>> {
    value.as_str().and_then(|text| DateTime::parse_from_rfc3339(text).ok()).map(|time| time.to_utc())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{shortened, why};

    #[test]
    fn times_within_notes_are_shortened() {
        let note = "click of 2026-10-22T10:05:00+00:00, named by the sign-up of 2026-10-22T10:10:00+00:00";
        assert_eq!(shortened(note), "click of 22 Oct 10:05, named by the sign-up of 22 Oct 10:10");
        assert_eq!(shortened("the partner's code was used"), "the partner's code was used");
    }

    #[test]
    fn who_earns_nothing_is_told_why() {
        let decision = json!({ "reason": "NO_TOUCH", "explanation": "NO_TOUCH: nothing says so.\nmore", "candidates": [], "steps": [] });
        assert_eq!(why(&decision, None), "nothing says so");
    }

    #[test]
    fn the_winner_and_whom_it_beat_are_named() {
        let candidate = |kind, verdict, note, name| json!({ "kind": kind, "verdict": verdict, "note": note, "enrollment": { "partner": { "name": name } } });
        let decision = json!({
            "reason": "COMMISSIONED",
            "base": { "decimal": "60.00" },
            "candidates": [candidate("COUPON", "WON", "the code was used", "Ben"), candidate("BINDING", "LOST", "bound", "Ana")],
            "steps": [{ "rule": "RF-1", "amount": { "decimal": "20.00" } }],
        });
        assert_eq!(why(&decision, None), "the code was used; before Ana, bound; base 60.00 after 20.00 of the payment went back");
    }
}
