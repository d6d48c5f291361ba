//! The queries of the page on proof and figures answer when they are pasted.

use entity::value::{RecountId, TermsId};
use serde_json::Value;

use super::world::World;
use crate::tidy::source::root;

#[tokio::test]
async fn the_queries_of_the_page_on_proof_and_figures_answer() {
    let world = World::sqlite().await;
    let jane = world.customer(&world.shop, "Jane").await;
    world.sale(&world.shop, jane, 0, 10).await;
    let (partner, enrollment) = world.shop.partners[0];
    let page = std::fs::read_to_string(root().join("docs/books.md")).unwrap();
    let (program, terms) = (world.shop.program, TermsId::new());
    // The page begins a recount before it asks how far it has come.
    let (mut asked, mut recount) = (0, RecountId::new().to_string());
    for block in page.split("```graphql\n").skip(1) {
        let query = block.split("```").next().unwrap().replace("prt_…", &partner.to_string()).replace("enr_…", &enrollment.to_string());
        let query = query.replace("prg_…", &program.to_string()).replace("trm_…", &terms.to_string()).replace("rcn_…", &recount);
        let answer = world.ask(&world.admin(), &query, Value::Null).await;
        assert!(answer.as_object().is_some_and(|fields| fields.values().all(|value| !value.is_null())), "{query}: {answer}");
        if let Some(id) = answer["termsSimulate"]["recount"]["id"].as_str() {
            recount = id.to_owned();
        }
        asked += 1;
    }
    assert_eq!(asked, 9);
}
