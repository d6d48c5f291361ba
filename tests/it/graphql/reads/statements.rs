//! How many statements a page costs, and by which index a row is found.

use std::sync::{Arc, Mutex};

use entity::value::{EnrollmentId, LinkId, PartnerGroupId, PartnerId, ProgramId};
use entity::{enrollment, link, partner, partner_group, partner_trait};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::{Value, json};
use tributary::store::Db;
use uuid::Uuid;

use super::rows::{enrollment_row, partner_row, program_of};
use super::world::{World, at};
use crate::support::postgres::OwnDatabase;

/// Every statement that was sent to a database.
#[derive(Clone, Default)]
struct Sent(Arc<Mutex<Vec<Statement>>>);

impl Sent {
    /// A database, and what will be sent to it.
    async fn to(url: &str) -> (Db, Self) {
        let (mut db, sent) = (Db::connect(url, 4).await.unwrap(), Self::default());
        let seen = sent.clone();
        db.watch(move |statement| seen.0.lock().unwrap().push(statement.clone()));
        (db, sent)
    }

    fn take(&self) -> Vec<Statement> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

/// Fifty partners in the program, each with a link and a sale.
async fn crowd(world: &World) {
    for place in 0..50 {
        let (partner, enrollment) = (PartnerId::new(), EnrollmentId::new());
        let row = partner_row(&world.shop, partner, 10 + place);
        world.store(partner::Model { created_at: at(i64::try_from(place).unwrap()), ..row }).await;
        world.store(enrollment::Model { id: enrollment, ..enrollment_row(&world.shop, partner, enrollment) }).await;
        let (code, short_code) = (format!("code{place}"), format!("short{place}"));
        let row = link::Model {
            id: LinkId::new(),
            merchant_id: world.shop.id,
            livemode: true,
            program_id: world.shop.program,
            enrollment_id: enrollment,
            code: code.clone(),
            code_folded: code,
            short_code,
            destination_url: "https://shop.example/".to_owned(),
            created_at: at(0),
            archived_at: None,
        };
        world.store(row).await;
    }
}

/// A page of partners with what hangs on each, two lists deep.
const PAGE: &str = "query($first: Int!) { partners(first: $first, orderBy: NEWEST) { nodes {
    id name balances { currency payable { decimal } }
    enrollments(first: 3) { nodes { id status
        program { name terms { version } termsVersions(first: 2) { nodes { version } }
            enrollments(first: 2, status: APPROVED) { nodes { id } } }
        ownTerms { version }
        links(first: 3) { nodes { code url } } } } } } }";

async fn costs(url: &str) {
    let (db, sent) = Sent::to(url).await;
    let world = World::new(db).await;
    crowd(&world).await;
    let mut counts = Vec::new();
    for first in [3, 50] {
        sent.take();
        let found = world.ask(&world.admin(), PAGE, json!({ "first": first })).await;
        let statements = sent.take();
        let nodes = found["partners"]["nodes"].as_array().unwrap();
        assert_eq!(nodes.len(), first);
        let linked = |node: &&Value| node["enrollments"]["nodes"][0]["links"]["nodes"][0]["url"].is_string();
        assert_eq!(nodes.iter().filter(linked).count(), first, "each shows its link");
        counts.push(statements.len());
    }
    // A list of keys is sent off when it has waited a millisecond, so a busy machine reads a page in several parts. A list that were read
    // partner by partner would cost one more for each of the 47.
    assert!(counts[1] < counts[0] + 47, "3 partners cost {} statements, 50 cost {}", counts[0], counts[1]);
}

#[tokio::test]
async fn a_page_of_partners_costs_the_same_whatever_its_size() {
    costs("sqlite::memory:").await;
    let database = OwnDatabase::new().await;
    costs(&database.url).await;
}

/// A page of programs with the terms of groups in each, and the moves between versions.
const PROGRAMS: &str = "query($first: Int!) { programs(first: $first) { nodes { id groupTerms(first: 2) { nodes { group { name } } }
    termsMoves(first: 2) { nodes { id terms { version } } } } } }";

/// A page of groups with who is in each.
const GROUPS: &str = "query($first: Int!) { partnerGroups(first: $first) { nodes { name partners(first: 2) { nodes { name } } } } }";

#[tokio::test]
async fn a_page_of_groups_reads_who_is_in_them_together() {
    let (db, sent) = Sent::to("sqlite::memory:").await;
    let world = World::new(db).await;
    let (merchant_id, livemode) = (world.shop.id, true);
    for place in 0..40 {
        let (group, partner) = (PartnerGroupId::new(), PartnerId::new());
        let name = format!("Group {place}");
        world.store(partner_group::Model { id: group, merchant_id, livemode, name, created_at: at(0) }).await;
        world.store(partner_row(&world.shop, partner, 100 + place)).await;
        let (id, metadata) = (Uuid::now_v7(), json!({}));
        let held = partner_trait::Model {
            id,
            merchant_id,
            livemode,
            partner_id: partner,
            group_id: Some(group),
            metadata,
            holds_from: at(0),
            holds_to: None,
        };
        world.store(held).await;
    }
    let mut counts = Vec::new();
    for first in [3, 40] {
        sent.take();
        let found = world.ask(&world.admin(), GROUPS, json!({ "first": first })).await;
        let nodes = found["partnerGroups"]["nodes"].as_array().unwrap();
        assert_eq!(nodes.len(), first);
        let number = |name: &Value| name.as_str().unwrap().rsplit(' ').next().unwrap().parse::<usize>().unwrap();
        let own = |node: &&Value| number(&node["partners"]["nodes"][0]["name"]) == 100 + number(&node["name"]);
        assert_eq!(nodes.iter().filter(own).count(), first, "each shows its own");
        counts.push(sent.take().len());
    }
    assert!(counts[1] < counts[0] + 37, "3 groups cost {} statements, 40 cost {}", counts[0], counts[1]);
}

#[tokio::test]
async fn a_page_of_programs_reads_their_lists_together() {
    let (db, sent) = Sent::to("sqlite::memory:").await;
    let world = World::new(db).await;
    for place in 0..40 {
        world.store(program_of(&world.shop, ProgramId::new(), &format!("Program {place}"))).await;
    }
    let mut counts = Vec::new();
    for first in [3, 40] {
        sent.take();
        let found = world.ask(&world.admin(), PROGRAMS, json!({ "first": first })).await;
        assert_eq!(found["programs"]["nodes"].as_array().unwrap().len(), first);
        counts.push(sent.take().len());
    }
    assert!(counts[1] < counts[0] + 37, "3 programs cost {} statements, 40 cost {}", counts[0], counts[1]);
}

/// The counting can fail: a statement for each partner is seen as such.
#[tokio::test]
async fn statements_are_counted() {
    let (db, sent) = Sent::to("sqlite::memory:").await;
    let world = World::new(db).await;
    sent.take();
    for number in 0..3 {
        assert_eq!(sent.take().len(), usize::from(number > 0));
        world.ask(&world.admin(), "{ payouts(first: 5) { nodes { id } } }", Value::Null).await;
    }
}

#[tokio::test]
async fn an_event_is_found_by_its_index() {
    let (db, sent) = Sent::to("sqlite::memory:").await;
    let world = World::new(db).await;
    sent.take();
    let query = "{ inboxEvents(filter: { eventId: \"evt_1\" }) { nodes { id } } }";
    world.ask(&world.admin(), query, Value::Null).await;
    let [list] = sent.take().try_into().unwrap();
    let explain = Statement { sql: format!("EXPLAIN QUERY PLAN {}", list.sql), values: list.values, db_backend: DbBackend::Sqlite };
    let plan = world.services.db.read().query_all_raw(explain).await.unwrap();
    let plan: Vec<String> = plan.iter().map(|row| row.try_get("", "detail").unwrap()).collect();
    assert!(plan.iter().any(|line| line.contains("ix_inbox_event_event_id")), "{plan:?}");
}
