//! Made-up merchants at the level of services, without HTTP: each is told twice, once as it happened and once in any order, any number of
//! times, in batches of any size, by processes that die at any point. The books must be the same, and keep every rule.
//!
//! `TRIBUTARY_PROPERTY_RUNS` sets how many merchants are made, `TRIBUTARY_PROPERTY_SEED` repeats one that failed. `tests/scripts/property`
//! makes as many as are wanted.

mod instance;
mod merchant;
mod rules;
mod shopper;
mod telling;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use entity::value::{CommissionKind, CustomerId, InboxStatus, RecountStatus, TermsId};
use entity::{binding, customer, inbox_event, recount, terms};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rstest::rstest;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use tributary::domain::commission::stays_within_base;
use tributary::service::recount::{NewReattribution, reattribute};
use tributary::service::{audit, settle};
use tributary::worker;

use self::instance::Instance;
use self::merchant::{Made, made};
use self::telling::{Manner, Teller};
use super::{difference, lines, number, stands};
use crate::support::books::Books;

/// How many histories stand on one instance: they also prove that merchants do not touch each other.
const ON_ONE_INSTANCE: u64 = 20;
/// In how many parts the histories are told, so that a machine with several cores tells them at once.
const PARTS: u64 = 4;

/// What came of a merchant, a line each, without ids.
fn outcome(books: &Books, made: &Made) -> Vec<String> {
    let own: Vec<_> = books.purchases.iter().filter(|p| p.merchant_id == made.scope.merchant()).collect();
    let mut bindings: Vec<&binding::Model> = books.bindings.iter().filter(|b| b.merchant_id == made.scope.merchant()).collect();
    bindings.sort_by_key(|b| (b.bound_at, &made.names[&b.enrollment_id], b.ended_at));
    let mut all: Vec<String> = own.iter().map(|p| p.key.clone()).collect();
    // Open: a purchase by e-mail alone tells who else has the address as of when it was last settled, and a customer who joins them later does not settle it again
    // where no program matches by e-mail. It moves no money, so these candidates are not compared.
    let told = lines(books, &own, &bindings, |id| made.names[&id].clone());
    all.extend(told.into_iter().filter(|line| !(line.contains("\"EMAIL\"") && line.contains("does not match by e-mail"))));
    let beside = books.commissions.iter().filter(|c| c.merchant_id == made.scope.merchant() && c.purchase_id.is_none());
    let beside = beside.filter_map(|c| {
        let (who, at) = (&made.names[&c.enrollment_id], c.purchased_at.to_rfc3339());
        Some(format!("{who} for {} at {at}: {}", c.kind, stands(books, c)?))
    });
    let mut beside: Vec<String> = beside.collect();
    beside.sort();
    all.extend(beside);
    all
}

/// RF-1, MO-6: what must hold of each purchase, whatever it was.
fn check(books: &Books, made: &Made, rules: &BTreeMap<TermsId, terms::Model>) {
    let own = books.purchases.iter().filter(|p| p.merchant_id == made.scope.merchant());
    for purchase in own {
        let decision = &books.decisions[&purchase.id];
        let terms = decision.terms_id.map(|id| &rules[&id].body);
        if terms.is_some_and(stays_within_base) {
            assert!(decision.amount <= decision.base, "MO-6: more than its base: {decision:?}");
        }
        let all_back = purchase.collected > 0 && purchase.reduction >= purchase.collected;
        if all_back && terms.is_none_or(|terms| terms.clawback_days.is_none()) {
            assert_eq!(decision.amount, 0, "RF-1: a residue: {purchase:?} {decision:?}");
        }
        if made.given_back {
            assert!(all_back || purchase.collected == 0, "all was given back: {purchase:?}");
        }
    }
    let unlimited = rules.values().filter(|row| row.merchant_id == made.scope.merchant()).all(|row| row.body.clawback_days.is_none());
    let sales = books.commissions.iter().filter(|c| c.merchant_id == made.scope.merchant() && c.kind == CommissionKind::Sale);
    for commission in sales.filter(|_| made.given_back && unlimited) {
        let mut sums: BTreeMap<_, i64> = BTreeMap::new();
        for entry in books.entries.iter().filter(|e| e.commission_id == Some(commission.id)) {
            *sums.entry((entry.account, None)).or_default() += entry.amount;
            *sums.entry((entry.account, entry.program_currency)).or_default() += entry.program_amount.unwrap_or(0);
        }
        assert!(sums.values().all(|sum| *sum == 0), "RF-1, MO-3: a residue of {commission:?}: {sums:?}");
    }
}

/// One merchant, told in both manners as two merchants who know nothing of each other.
async fn twins(instance: &mut Instance, seed: u64) -> (Made, Made) {
    let mut random = StdRng::seed_from_u64(!seed);
    let first = made(instance, seed).await;
    Teller::new(instance, &mut random, Manner::AsItHappened).tell(&first).await;
    let second = made(instance, seed).await;
    Teller::new(instance, &mut random, Manner::Disturbed).tell(&second).await;
    if random.random_bool(0.3) {
        replay(instance, &second).await;
    }
    (first, second)
}

/// Counting anew by the terms in force finds nothing to change: what was settled one after the other, in whatever order, is what follows from
/// everything at once (CO-6, CO-7).
async fn recounted(instance: &Instance, made: &Made, seed: u64) {
    for program in &made.programs {
        let new = NewReattribution { program: *program, from: None, to: None, terms: None, dry_run: true, preview: None };
        let id = reattribute(&instance.services, &made.owner, new).await.unwrap().id;
        worker::drain(&instance.services).await.unwrap();
        let row = recount::Entity::find_by_id(id).one(instance.services.db.read()).await.unwrap().unwrap();
        assert_eq!((row.status, row.changed), (RecountStatus::Done, 0), "TRIBUTARY_PROPERTY_SEED={seed}: {row:?}");
    }
}

/// Everything that was stored has its effect once more, and everybody is settled once more: nothing may come of it.
async fn replay(instance: &Instance, made: &Made) {
    let services = &instance.services;
    let before = entries(instance, made).await;
    let again = inbox_event::Entity::update_many()
        .col_expr(inbox_event::Column::Status, Expr::value(InboxStatus::Received))
        .col_expr(inbox_event::Column::Attempts, Expr::value(0))
        .col_expr(inbox_event::Column::NextAttemptAt, Expr::value(instance.clock.now()))
        .filter(inbox_event::Column::MerchantId.eq(made.scope.merchant()))
        .exec(services.db.write())
        .await
        .unwrap();
    assert!(again.rows_affected > 0);
    worker::drain(services).await.unwrap();
    let customers: Vec<CustomerId> = customer::Entity::find()
        .select_only()
        .column(customer::Column::Id)
        .filter(customer::Column::MerchantId.eq(made.scope.merchant()))
        .into_tuple()
        .all(services.db.read())
        .await
        .unwrap();
    for id in customers {
        settle::customer(services, id).await.unwrap();
    }
    assert_eq!(entries(instance, made).await, before, "IN-6: a replay posted something");
}

async fn entries(instance: &Instance, made: &Made) -> BTreeSet<entity::value::EntryId> {
    let own = entity::ledger_entry::Entity::find().select_only().column(entity::ledger_entry::Column::Id);
    let own = own.filter(entity::ledger_entry::Column::MerchantId.eq(made.scope.merchant()));
    own.into_tuple().all(instance.services.db.read()).await.unwrap().into_iter().collect()
}

#[rstest]
#[tokio::test]
async fn any_telling_of_a_made_up_merchant_ends_in_the_same_books(#[values(0, 1, 2, 3)] part: u64) {
    let runs = number("TRIBUTARY_PROPERTY_RUNS", 16);
    let from = number("TRIBUTARY_PROPERTY_SEED", rand::random());
    let mut seeds = (0..runs).filter(|n| n % PARTS == part).map(|n| from.wrapping_add(n)).peekable();
    let (began, mut histories, mut events, mut purchases, mut earned) = (Instant::now(), 0_u64, 0, 0, 0);
    while seeds.peek().is_some() {
        let mut instance = Instance::start().await;
        let mut played = Vec::new();
        for seed in seeds.by_ref().take(usize::try_from(ON_ONE_INSTANCE).unwrap()) {
            // Said before, so that a panic in the middle is known by it.
            println!("TRIBUTARY_PROPERTY_SEED={seed} TRIBUTARY_PROPERTY_RUNS=1");
            let (first, second) = twins(&mut instance, seed).await;
            for one in [&first, &second] {
                let report = audit::whole(&instance.services, one.scope, 10).await.unwrap();
                let broken: Vec<_> = report.rules.iter().filter(|(_, broken)| broken.count > 0).collect();
                assert!(broken.is_empty(), "TRIBUTARY_PROPERTY_SEED={seed}: {broken:?}");
                recounted(&instance, one, seed).await;
            }
            histories += 1;
            events += first.steps.len();
            played.push((seed, first, second));
        }
        let books = Books::read(&instance.services).await;
        books.check();
        let versions = terms::Entity::find().all(instance.services.db.read()).await.unwrap();
        let rules: BTreeMap<TermsId, terms::Model> = versions.into_iter().map(|row| (row.id, row)).collect();
        for (seed, first, second) in &played {
            println!("judging TRIBUTARY_PROPERTY_SEED={seed}");
            let difference = difference(&outcome(&books, first), &outcome(&books, second));
            assert!(difference.is_none(), "TRIBUTARY_PROPERTY_SEED={seed}: {}", difference.unwrap_or_default());
            check(&books, first, &rules);
            check(&books, second, &rules);
        }
        purchases += books.purchases.len();
        earned += books.decisions.values().filter(|decision| decision.amount > 0).count();
        println!("{histories} histories, {events} events, {purchases} purchases of which {earned} earn, in {:?}", began.elapsed());
    }
    assert!(histories == 0 || runs < 20 || earned * 10 > purchases, "hardly anything was earned: {earned} of {purchases}");
}
