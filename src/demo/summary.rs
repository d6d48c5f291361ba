//! The end of the demo: the table of purchases, what each partner has, and whether all of it is as it should be.

use anyhow::Result;

use super::expected::{Expected, PURCHASES, TOTALS};
use super::out::Out;
use super::report::{self, Balance, Purchase};
use super::shop::Shop;
use super::table::{Side, lines};

/// Under what was bought.
const INDENT: &str = "                     ";

/// Prints everything and gives how many figures are wrong.
pub async fn print(shop: &Shop, out: Out) -> Result<usize> {
    let front = &shop.doors.front;
    let mut wrong = shop.wrong.clone();
    let purchases = report::purchases(front).await?;
    wrong.extend(check_purchases(&purchases));
    out.heading("Every purchase");
    let columns = [
        ("date", Side::Left),
        ("as in", Side::Left),
        ("what", Side::Left),
        ("customer", Side::Left),
        ("collected", Side::Right),
        ("reason", Side::Left),
        ("who", Side::Left),
        ("earned", Side::Right),
        ("state", Side::Left),
    ];
    let table = lines(columns, &purchases.iter().map(row).collect::<Vec<_>>());
    let (head, rows) = table.split_at(table.len() - purchases.len());
    head.iter().for_each(|line| out.line(line));
    for (line, purchase) in rows.iter().zip(&purchases) {
        out.line(line);
        out.aside(&format!("{INDENT}{}", purchase.why));
    }
    let balances = report::balances(front).await?;
    wrong.extend(check_balances(&balances));
    out.heading("Every partner");
    let columns = [("partner", Side::Left), ("currency", Side::Left), ("pending", Side::Right), ("payable", Side::Right)];
    let cells = |one: &Balance| [one.partner.clone(), one.currency.clone(), one.pending.clone(), one.payable.clone()];
    lines(columns, &balances.iter().map(cells).collect::<Vec<_>>()).iter().for_each(|line| out.line(line));
    out.heading("Everything else");
    wrong.extend(inbox(shop, out).await?);
    wrong.extend(ledger(shop, out).await?);
    verdict(&wrong, out);
    Ok(wrong.len())
}

fn row(purchase: &Purchase) -> [String; 9] {
    let known = expected(&purchase.key);
    let earned = purchase.commissions.first();
    [
        purchase.at.format("%e %b %H:%M").to_string(),
        known.map_or("", |one| one.example).to_owned(),
        known.map_or("not part of the play", |one| one.what).to_owned(),
        purchase.who.clone(),
        format!("{} {}", purchase.collected, purchase.currency),
        purchase.reason.clone(),
        earned.map_or("nobody", |one| &one.partner).to_owned(),
        earned.map_or("-", |one| &one.amount).to_owned(),
        earned.map_or("", |one| &one.state).to_owned(),
    ]
}

fn expected(key: &str) -> Option<&'static Expected> {
    PURCHASES.iter().find(|one| one.key == key)
}

fn check_purchases(purchases: &[Purchase]) -> Vec<String> {
    let mut wrong = Vec::new();
    for one in PURCHASES {
        let name = format!("{} {} ({})", one.example, one.what, one.key);
        let found: Vec<&Purchase> = purchases.iter().filter(|purchase| purchase.key == one.key).collect();
        match found.as_slice() {
            [purchase] if one.figures.agree_with(purchase) => {}
            [purchase] => wrong.push(format!("{name}: expected {}, found {}", one.figures, purchase.figures())),
            all => wrong.push(format!("{name}: expected one purchase, found {}", all.len())),
        }
    }
    let strays = purchases.iter().filter(|purchase| expected(&purchase.key).is_none());
    wrong.extend(strays.map(|purchase| format!("{}: a purchase that nobody made", purchase.key)));
    wrong
}

fn check_balances(balances: &[Balance]) -> Vec<String> {
    let found: Vec<_> = balances.iter().map(|one| (&*one.partner, &*one.currency, &*one.pending, &*one.payable)).collect();
    if found == TOTALS { Vec::new() } else { vec![format!("the balances: expected {TOTALS:?}, found {found:?}")] }
}

/// Duplicates are what was delivered more often than it is stored.
async fn inbox(shop: &Shop, out: Out) -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    let inbox = report::inbox(&shop.doors.front).await?;
    let duplicates = shop.delivered.saturating_sub(inbox.events);
    out.line(format_args!("Duplicates ignored        {duplicates} of {} deliveries", shop.delivered));
    if duplicates != shop.repeated {
        wrong.push(format!("duplicates: {} deliveries were repeated, {duplicates} were ignored", shop.repeated));
    }
    for (kind, reason) in &inbox.ignored {
        out.line(format_args!("Put aside                 {kind}: {reason}"));
    }
    if inbox.ignored.iter().map(|(_, reason)| reason.as_str()).ne(["MODE_MISMATCH"]) {
        wrong.push(format!("E35: expected one event to be ignored for MODE_MISMATCH, found {:?}", inbox.ignored));
    }
    wrong.extend(inbox.failed.iter().map(|(kind, error)| format!("an event of type {kind} was not worked off: {error}")));
    Ok(wrong)
}

async fn ledger(shop: &Shop, out: Out) -> Result<Vec<String>> {
    let sums = report::ledger_sums(&shop.doors.front).await?;
    let zero = !sums.is_empty() && sums.iter().all(|(_, sum)| sum == "0");
    let currencies: Vec<&str> = sums.iter().map(|(currency, _)| currency.as_str()).collect();
    out.line(format_args!("Ledger sums to zero       {} ({})", if zero { "yes" } else { "no" }, currencies.join(", ")));
    Ok(if zero { Vec::new() } else { vec![format!("the ledger does not sum to zero: {sums:?}")] })
}

fn verdict(wrong: &[String], out: Out) {
    if wrong.is_empty() {
        out.good("\nEvery figure is that of the worked examples.");
        return;
    }
    out.bad("\nNot as it should be:");
    wrong.iter().for_each(|one| out.bad(&format!("  {one}")));
}
