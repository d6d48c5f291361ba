//! The audit of the books: silent over books that are in order, and naming the row when somebody has been at the database.

use std::collections::BTreeSet;

use chrono::Duration;
use entity::value::{AuditRule, CommissionState, DecisionId, EntryKind, LedgerAccount};
use entity::{decision, ledger_entry, payout, payout_line};
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use tributary::service::audit;
use uuid::Uuid;

use super::world::{Sale, World, on_both};

const AUDIT: &str =
    "{ ledgerAudit(first: 5) { ok rules { rule count violations { subjectId subject expected found difference { decimal } } } } }";
const LAST: &str = "{ lastAudit(first: 100) { ok count findings { rule subjectId firstSeenAt } progress { lane laps checked checkedLastLap lapEndedAt } } }";

/// What is broken: rule and id.
type Broken = BTreeSet<(String, String)>;

fn broken<const N: usize>(expected: [(AuditRule, String); N]) -> Broken {
    expected.into_iter().map(|(rule, id)| (rule.to_string(), id)).collect()
}

async fn audited(world: &World) -> Broken {
    let audit = world.ask(&world.admin(), AUDIT, Value::Null).await["ledgerAudit"].clone();
    let rules = audit["rules"].as_array().unwrap().clone();
    assert_eq!(rules.len(), AuditRule::ALL.len());
    let mut found = Broken::new();
    for rule in &rules {
        let violations = rule["violations"].as_array().unwrap();
        assert_eq!(rule["count"], violations.len(), "{rule}");
        found.extend(violations.iter().map(|v| (rule["rule"].as_str().unwrap().to_owned(), v["subjectId"].as_str().unwrap().to_owned())));
    }
    assert_eq!(audit["ok"], found.is_empty());
    found
}

/// What the audit that never ends says after its next turn.
async fn last_audit(world: &World) -> Value {
    world.services.clock.advance(Duration::seconds(5));
    audit::advance(&world.services).await.unwrap();
    let last = world.ask(&world.admin(), LAST, Value::Null).await["lastAudit"].clone();
    assert_eq!(last["ok"], last["count"] == 0);
    last
}

/// The same by the audit that never ends, which cannot see that a currency does not sum to zero other than by its postings.
async fn found_in_passing(world: &World) -> Broken {
    let last = last_audit(world).await;
    let findings = last["findings"].as_array().unwrap();
    assert_eq!(last["count"], findings.len());
    findings.iter().map(|f| (f["rule"].as_str().unwrap().to_owned(), f["subjectId"].as_str().unwrap().to_owned())).collect()
}

/// An id as a literal of the database.
fn literal(world: &World, id: Uuid) -> String {
    match world.services.db.backend() {
        DbBackend::Postgres => format!("'{id}'"),
        _ => format!("X'{}'", id.simple()),
    }
}

async fn run(world: &World, sql: &str) {
    world.services.db.write().execute_unprepared(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// Takes away what keeps the ledger from being changed.
async fn unlock(world: &World) {
    match world.services.db.backend() {
        DbBackend::Postgres => run(world, "DROP TRIGGER ledger_entry_keep ON ledger_entry").await,
        _ => run(world, "DROP TRIGGER ledger_entry_keep_update; DROP TRIGGER ledger_entry_keep_delete").await,
    }
}

/// Breaks the books, sees what both audits say, and mends them.
async fn tamper(world: &World, damage: &str, repair: &str, expected: Broken) {
    run(world, damage).await;
    assert_eq!(audited(world).await, expected, "{damage}");
    let by_slices = expected.into_iter().filter(|(rule, _)| rule != AuditRule::CurrencySumsToZero.as_str()).collect::<Broken>();
    assert_eq!(found_in_passing(world).await, by_slices, "{damage}");
    run(world, repair).await;
    assert_eq!(audited(world).await, Broken::new(), "{repair}");
    assert_eq!(found_in_passing(world).await, Broken::new(), "{repair}");
}

async fn entry(world: &World, sale: &Sale, account: LedgerAccount) -> ledger_entry::Model {
    use ledger_entry::Column;
    let query = ledger_entry::Entity::find().filter(Column::CommissionId.eq(sale.commission)).filter(Column::Account.eq(account));
    query.one(world.services.db.read()).await.unwrap().unwrap()
}

#[tokio::test]
async fn whoever_changes_an_entry_is_told_on() {
    on_both(|world: World| async move {
        let jane = world.customer(&world.shop, "Jane").await;
        let sale = world.sale(&world.shop, jane, 0, 10).await;
        world.sale(&world.shop, jane, 1, 20).await;
        let theirs = world.customer(&world.other, "Jim").await;
        let foreign = world.sale(&world.other, theirs, 0, 10).await;
        assert_eq!(audited(&world).await, Broken::new());
        assert_eq!(found_in_passing(&world).await, Broken::new());
        unlock(&world).await;
        let expense = entry(&world, &sale, LedgerAccount::CommissionExpense).await;
        let (id, posting, merchant) = (literal(&world, expense.id.uuid()), expense.posting_id, world.shop.id);
        tamper(
            &world,
            &format!("UPDATE ledger_entry SET amount = amount + 1 WHERE id = {id}"),
            &format!("UPDATE ledger_entry SET amount = amount - 1 WHERE id = {id}"),
            broken([(AuditRule::PostingSumsToZero, posting.to_string()), (AuditRule::CurrencySumsToZero, merchant.to_string())]),
        )
        .await;
        let commission = literal(&world, sale.commission.uuid());
        for kind in [EntryKind::Accrual, EntryKind::Reversal, EntryKind::ReDecision, EntryKind::Release, EntryKind::Hold, EntryKind::Payout]
        {
            tamper(
                &world,
                &format!("UPDATE ledger_entry SET commission_id = NULL, kind = '{kind}' WHERE id = {id}"),
                &format!("UPDATE ledger_entry SET commission_id = {commission}, kind = '{}' WHERE id = {id}", expense.kind),
                broken([(AuditRule::EntryNamesItsCause, expense.id.to_string())]),
            )
            .await;
        }
        let purchase = literal(&world, sale.purchase.uuid());
        tamper(
            &world,
            &format!("UPDATE ledger_entry SET purchase_id = NULL WHERE id = {id}"),
            &format!("UPDATE ledger_entry SET purchase_id = {purchase} WHERE id = {id}"),
            broken([(AuditRule::EntryFitsItsCommission, expense.id.to_string())]),
        )
        .await;
        // In a currency of its own each posting sums to zero, but the purchase is short of what it earns.
        tamper(
            &world,
            &format!("UPDATE ledger_entry SET currency = 'EUR' WHERE commission_id = {commission}"),
            &format!("UPDATE ledger_entry SET currency = 'USD' WHERE commission_id = {commission}"),
            broken([
                (AuditRule::FormerCurrencyIsEmpty, sale.commission.to_string()),
                (AuditRule::PurchaseIsAtItsTarget, sale.purchase.to_string()),
            ]),
        )
        .await;
        let (mine, other) = (literal(&world, world.shop.partners[0].0.uuid()), literal(&world, world.shop.partners[1].0.uuid()));
        tamper(
            &world,
            &format!("UPDATE ledger_entry SET partner_id = {other} WHERE id = {id}"),
            &format!("UPDATE ledger_entry SET partner_id = {mine} WHERE id = {id}"),
            broken([(AuditRule::EntryFitsItsCommission, expense.id.to_string())]),
        )
        .await;
        // What happens at another merchant is not ours to see, and found there.
        let theirs = entry(&world, &foreign, LedgerAccount::CommissionExpense).await;
        run(&world, &format!("UPDATE ledger_entry SET amount = amount + 1 WHERE id = {}", literal(&world, theirs.id.uuid()))).await;
        assert_eq!(audited(&world).await, Broken::new());
        assert_eq!(found_in_passing(&world).await, Broken::new());
        for viewer in [world.analyst(), world.partner(0)] {
            assert_eq!(world.refused(&viewer, AUDIT, Value::Null).await, "FORBIDDEN");
            assert_eq!(world.refused(&viewer, LAST, Value::Null).await, "FORBIDDEN");
        }
    })
    .await;
}

#[tokio::test]
async fn whoever_changes_a_decision_or_a_state_is_told_on() {
    on_both(|world: World| async move {
        let jane = world.customer(&world.shop, "Jane").await;
        let sale = world.sale(&world.shop, jane, 0, 10).await;
        let purchase = sale.purchase.to_string();
        let (decided, commission) = (literal(&world, sale.decision.uuid()), literal(&world, sale.commission.uuid()));
        let earlier = DecisionId::new();
        let current = decision::Entity::find_by_id(sale.decision).one(world.services.db.read()).await.unwrap().unwrap();
        world.store(decision::Model { id: earlier, current: false, amount: 0, ..current }).await;
        tamper(
            &world,
            &format!("UPDATE decision SET amount = amount + 5 WHERE id = {decided}"),
            &format!("UPDATE decision SET amount = amount - 5 WHERE id = {decided}"),
            broken([(AuditRule::PurchaseIsAtItsTarget, purchase.clone())]),
        )
        .await;
        tamper(
            &world,
            &format!("UPDATE decision SET base = 1999 WHERE id = {decided}"),
            &format!("UPDATE decision SET base = 10000 WHERE id = {decided}"),
            broken([(AuditRule::CommissionIsWithinBase, purchase.clone())]),
        )
        .await;
        tamper(
            &world,
            &format!("UPDATE decision SET \"current\" = FALSE WHERE id = {decided}"),
            &format!("UPDATE decision SET \"current\" = TRUE WHERE id = {decided}"),
            broken([(AuditRule::PurchaseHasOneDecision, purchase.clone()), (AuditRule::PurchaseIsAtItsTarget, purchase.clone())]),
        )
        .await;
        run(&world, "DROP INDEX uq_decision_purchase_id_part").await;
        let earlier = literal(&world, earlier.uuid());
        tamper(
            &world,
            &format!("UPDATE decision SET \"current\" = TRUE WHERE id = {earlier}"),
            &format!("UPDATE decision SET \"current\" = FALSE WHERE id = {earlier}"),
            broken([(AuditRule::PurchaseHasOneDecision, purchase.clone())]),
        )
        .await;
        tamper(
            &world,
            &format!("UPDATE commission SET state = 'APPROVED' WHERE id = {commission}"),
            &format!("UPDATE commission SET state = 'PENDING' WHERE id = {commission}"),
            broken([
                (AuditRule::CommissionStandsByItsState, sale.commission.to_string()),
                (AuditRule::PayableAddsUp, world.shop.partners[0].0.to_string()),
            ]),
        )
        .await;
        // Entries that are gone leave a purchase short of its target.
        unlock(&world).await;
        run(&world, &format!("DELETE FROM ledger_entry WHERE commission_id = {commission}")).await;
        assert_eq!(audited(&world).await, broken([(AuditRule::PurchaseIsAtItsTarget, purchase)]));
    })
    .await;
}

/// Makes a commission say something else of itself, and sees who notices.
async fn say(world: &World, sale: &Sale, lie: &str, truth: &str, rules: &[AuditRule]) {
    let id = literal(world, sale.commission.uuid());
    let subject = |rule: AuditRule| match rule {
        AuditRule::PayableAddsUp => world.shop.partners[0].0.to_string(),
        _ => sale.commission.to_string(),
    };
    let expected = rules.iter().map(|rule| (rule.to_string(), subject(*rule))).collect();
    let set = |what: &str| format!("UPDATE commission SET {what} WHERE id = {id}");
    tamper(world, &set(lie), &set(truth), expected).await;
}

#[tokio::test]
async fn a_commission_that_says_something_else_than_its_entries_is_told_on() {
    use AuditRule::{CommissionEndedAtNothing as Ended, CommissionStandsByItsState as Stands, HeldIsPending, PayableAddsUp};
    on_both(|world: World| async move {
        let jane = world.customer(&world.shop, "Jane").await;
        let pending = world.sale(&world.shop, jane, 0, 10).await;
        let approved = world.sale_with(&world.shop, jane, 0, 20, |_, _, earned| earned.state = CommissionState::Approved).await;
        let dispute = |earned: &mut entity::commission::Model| (earned.state, earned.held) = (CommissionState::Held, 500);
        let waits = world.sale_with(&world.shop, jane, 0, 30, |_, _, earned| dispute(earned)).await;
        let released = world.sale_with(&world.shop, jane, 0, 40, |_, _, earned| dispute(earned)).await;
        assert_eq!(audited(&world).await, Broken::new());
        // Its time is over: all but the disputed share becomes payable (DP-1).
        let earned = entry(&world, &released, LedgerAccount::PartnerPending).await;
        for (account, amount) in [(LedgerAccount::PartnerPending, -1500), (LedgerAccount::PartnerPayable, 1500)] {
            let (id, posting_id) = (entity::value::EntryId::new(), entity::value::PostingId::from_uuid(released.purchase.uuid()));
            world.store(ledger_entry::Model { id, posting_id, account, amount, kind: EntryKind::Release, ..earned.clone() }).await;
        }
        assert_eq!(audited(&world).await, Broken::new());
        say(&world, &pending, "state = 'REVERSED'", "state = 'PENDING'", &[Stands, Ended, PayableAddsUp]).await;
        say(&world, &pending, "state = 'PAID'", "state = 'PENDING'", &[Stands, Ended, PayableAddsUp]).await;
        say(&world, &pending, "held = 1", "held = 0", &[HeldIsPending]).await;
        say(&world, &approved, "state = 'PENDING'", "state = 'APPROVED'", &[Stands]).await;
        say(&world, &approved, "state = 'REJECTED'", "state = 'APPROVED'", &[Ended]).await;
        say(&world, &approved, "state = 'PAID'", "state = 'APPROVED'", &[Ended]).await;
        say(&world, &approved, "state = 'HELD', held = 500", "state = 'APPROVED', held = 0", &[Stands, HeldIsPending]).await;
        say(&world, &waits, "held = 2001", "held = 500", &[HeldIsPending]).await;
        say(&world, &waits, "held = -1", "held = 500", &[HeldIsPending]).await;
        say(&world, &released, "held = 499", "held = 500", &[Stands]).await;
        say(&world, &released, "state = 'PENDING', held = 0", "state = 'HELD', held = 500", &[Stands]).await;
    })
    .await;
}

#[tokio::test]
async fn what_is_beyond_the_bound_of_a_slice_is_not_taken_to_be_mended() {
    let world = World::sqlite().await;
    let jane = world.customer(&world.shop, "Jane").await;
    let mut sales = Vec::new();
    for seconds in 0..120 {
        sales.push(world.sale(&world.shop, jane, 0, seconds).await.purchase.uuid());
    }
    sales.sort();
    let from = literal(&world, sales[20]);
    run(&world, &format!("UPDATE decision SET amount = amount + 5 WHERE purchase_id >= {from}")).await;
    assert_eq!(last_audit(&world).await["count"], 100);
    run(&world, &format!("UPDATE decision SET amount = amount + 5 WHERE purchase_id < {from}")).await;
    assert_eq!(last_audit(&world).await["count"], 120, "those at the end are past the bound now, and still there");
    run(&world, "UPDATE decision SET amount = amount - 5").await;
    assert_eq!(found_in_passing(&world).await, Broken::new());
}

#[tokio::test]
async fn whoever_changes_a_payout_is_told_on() {
    on_both(|world: World| async move {
        let jane = world.customer(&world.shop, "Jane").await;
        let approved =
            |which, seconds| world.sale_with(&world.shop, jane, which, seconds, |_, _, earned| earned.state = CommissionState::Approved);
        let (_, others) = (approved(0, 10).await, approved(1, 20).await);
        let record = "mutation($partner: ID!) { payoutRecord(input: { partnerId: $partner, currency: \"USD\" }) { payout { id } } }";
        let (partner, _) = world.shop.partners[0];
        let done = world.ask(&world.admin(), record, json!({ "partner": partner })).await;
        let id: entity::value::PayoutId = done["payoutRecord"]["payout"]["id"].as_str().unwrap().parse().unwrap();
        assert_eq!(audited(&world).await, Broken::new());
        unlock(&world).await;
        let db = world.services.db.read();
        let payout = literal(&world, payout::Entity::find_by_id(id).one(db).await.unwrap().unwrap().id.uuid());
        tamper(
            &world,
            &format!("UPDATE payout SET amount = amount + 1 WHERE id = {payout}"),
            &format!("UPDATE payout SET amount = amount - 1 WHERE id = {payout}"),
            broken([
                (AuditRule::PayoutIsItsLines, id.to_string()),
                (AuditRule::PayoutIsPosted, id.to_string()),
                (AuditRule::PayableAddsUp, partner.to_string()),
            ]),
        )
        .await;
        use ledger_entry::Column;
        let moved = ledger_entry::Entity::find()
            .filter(Column::Kind.eq(EntryKind::Payout))
            .filter(Column::Account.eq(LedgerAccount::PayoutClearing));
        let moved = moved.one(db).await.unwrap().unwrap();
        let cleared = literal(&world, moved.id.uuid());
        tamper(
            &world,
            &format!("UPDATE ledger_entry SET payout_id = NULL WHERE id = {cleared}"),
            &format!("UPDATE ledger_entry SET payout_id = {payout} WHERE id = {cleared}"),
            broken([(AuditRule::PayoutIsPosted, id.to_string()), (AuditRule::EntryNamesItsCause, moved.id.to_string())]),
        )
        .await;
        let line = payout_line::Entity::find().filter(payout_line::Column::PayoutId.eq(id)).one(db).await.unwrap().unwrap();
        let foreign = ledger_entry::Entity::find().filter(Column::CommissionId.eq(others.commission));
        let foreign = foreign.filter(Column::Account.eq(LedgerAccount::PartnerPayable)).one(db).await.unwrap().unwrap();
        let (line_id, own, theirs) = (literal(&world, line.id), literal(&world, line.entry_id.uuid()), literal(&world, foreign.id.uuid()));
        tamper(
            &world,
            &format!("UPDATE payout_line SET entry_id = {theirs} WHERE id = {line_id}"),
            &format!("UPDATE payout_line SET entry_id = {own} WHERE id = {line_id}"),
            broken([(AuditRule::PayoutPaysItsPartner, foreign.id.to_string())]),
        )
        .await;
    })
    .await;
}

#[tokio::test]
async fn the_audit_goes_through_everything_in_slices_and_begins_again() {
    on_both(|world: World| async move {
        let before = world.ask(&world.admin(), LAST, Value::Null).await["lastAudit"].clone();
        assert_eq!(before, json!({ "ok": true, "count": 0, "findings": [], "progress": [] }));
        let jane = world.customer(&world.shop, "Jane").await;
        for seconds in 0..3 {
            world.sale(&world.shop, jane, 0, seconds).await;
        }
        assert_eq!(found_in_passing(&world).await, Broken::new());
        // Nobody has two turns at once.
        assert_eq!(audit::advance(&world.services).await.unwrap(), 0);
        assert_eq!(found_in_passing(&world).await, Broken::new());
        let last = world.ask(&world.admin(), LAST, Value::Null).await["lastAudit"].clone();
        for (lane, rows) in [("COMMISSIONS", 3), ("PARTNERS", 4), ("PAYOUTS", 0), ("POSTINGS", 3), ("PURCHASES", 3)] {
            let progress = last["progress"].as_array().unwrap().iter().find(|progress| progress["lane"] == lane).unwrap();
            assert_eq!((&progress["laps"], &progress["checkedLastLap"]), (&json!(2), &json!(rows)), "{lane}");
            assert!(progress["lapEndedAt"].is_string());
        }
    })
    .await;
}
