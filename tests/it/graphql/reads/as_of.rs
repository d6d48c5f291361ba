//! What was true at a time.

use chrono::Duration;
use entity::value::{BasisPoints, CommissionState, OwnTerms, Reward, Terms, TermsId};
use entity::{enrollment, terms};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait};
use serde_json::{Value, json};

use super::world::{World, at, on_both};

const BALANCE: &str =
    "query($partner: ID!, $at: DateTime!, $currency: Currency) { balance(partnerId: $partner, asOf: $at, currency: $currency) {
    currency pending { decimal } payable { decimal } paid { decimal } } }";

#[tokio::test]
async fn a_past_balance_is_the_sum_of_what_was_written_before() {
    on_both(|world: World| async move {
        let jane = world.customer(&world.shop, "Jane").await;
        world.sale(&world.shop, jane, 0, 10).await;
        world.sale_with(&world.shop, jane, 0, 20, |_, _, earned| earned.state = CommissionState::Approved).await;
        world.sale(&world.shop, jane, 1, 20).await;
        let record = "mutation($partner: ID!) { payoutRecord(input: { partnerId: $partner, currency: \"USD\" }) { payout { id } } }";
        let (partner, _) = world.shop.partners[0];
        world.ask(&world.admin(), record, json!({ "partner": partner })).await;
        let asked = |seconds| json!({ "partner": partner, "at": at(seconds) });
        let stood = |pending: &str, payable: &str, paid: &str| {
            let money = |text: &str| json!({ "decimal": text });
            json!([{ "currency": "USD", "pending": money(pending), "payable": money(payable), "paid": money(paid) }])
        };
        for viewer in [world.admin(), world.analyst(), world.partner(0)] {
            for (seconds, expected) in [
                (11, json!([])),
                (12, stood("20.00", "0.00", "0.00")),
                (22, stood("20.00", "20.00", "0.00")),
                (1000, stood("20.00", "20.00", "0.00")),
            ] {
                assert_eq!(world.ask(&viewer, BALANCE, asked(seconds)).await["balance"], expected, "{seconds}");
            }
            // The payout, and what settling the person anew concluded of rows that no story wrote.
            let now = world.ask(&viewer, BALANCE, asked(1001)).await["balance"].clone();
            assert_eq!(now[0]["paid"]["decimal"], "20.00");
        }
        let none = json!({ "partner": partner, "at": at(1001), "currency": "EUR" });
        assert_eq!(world.ask(&world.admin(), BALANCE, none).await["balance"], json!([]));
        assert_eq!(world.ask(&world.partner(1), BALANCE, asked(1001)).await["balance"], json!([]), "another partner's");
        let foreign = json!({ "partner": world.other.partners[0].0, "at": at(1001) });
        assert_eq!(world.ask(&world.admin(), BALANCE, foreign).await["balance"], json!([]), "another merchant's");
    })
    .await;
}

#[tokio::test]
async fn past_terms_are_those_that_were_in_force() {
    on_both(|world: World| async move {
        let mut own = world.shop.terms;
        let percent = |points| Terms { reward: Reward::Percent { rate: BasisPoints::new(points).unwrap() }, ..Terms::default() };
        for (version, seconds, points) in [(2, 100, 3_000), (3, 200, 4_000)] {
            let row = terms::Model {
                id: TermsId::new(),
                merchant_id: world.shop.id,
                livemode: true,
                program_id: world.shop.program,
                version,
                body: percent(points),
                effective_from: at(seconds),
                assigned: false,
                asks_catalogue: false,
                created_at: at(seconds),
                created_by: None,
            };
            own = row.id;
            world.store(row).await;
        }
        let of_program = "query($id: ID!, $at: DateTime!) { terms(programId: $id, asOf: $at) { version } }";
        let of_enrollment = "query($id: ID!, $at: DateTime!) { terms(enrollmentId: $id, asOf: $at) { version } }";
        let (_, enrollment) = world.shop.partners[0];
        for (seconds, version) in [(-5000, 1), (99, 1), (100, 2), (199, 2), (200, 3), (9999, 3)] {
            for (document, id) in [(of_program, json!(world.shop.program)), (of_enrollment, json!(enrollment))] {
                for viewer in [world.admin(), world.partner(0)] {
                    let found = world.ask(&viewer, document, json!({ "id": id, "at": at(seconds) })).await;
                    assert_eq!(found["terms"]["version"], version, "{seconds}");
                }
            }
        }
        // CO-1: the enrollment had terms of its own for a while, while the program's went on.
        for (seconds, terms) in [(150, Some(own)), (180, None), (300, Some(world.shop.terms)), (400, None)] {
            let mut row = enrollment::Entity::find_by_id(enrollment).one(world.services.db.read()).await.unwrap().unwrap();
            row.terms_history.0.push(OwnTerms { from: at(seconds), terms });
            let change = enrollment::ActiveModel { id: Set(enrollment), terms_history: Set(row.terms_history), ..Default::default() };
            change.update(world.services.db.write()).await.unwrap();
        }
        for (seconds, version, of_its_own) in [(149, 2, 2), (150, 2, 3), (179, 2, 3), (180, 2, 2), (299, 3, 3), (300, 3, 1), (400, 3, 3)] {
            for (document, id, version) in
                [(of_program, json!(world.shop.program), version), (of_enrollment, json!(enrollment), of_its_own)]
            {
                for viewer in [world.admin(), world.partner(0)] {
                    let found = world.ask(&viewer, document, json!({ "id": id, "at": at(seconds) })).await;
                    assert_eq!(found["terms"]["version"], version, "{seconds} {document}");
                }
            }
        }
        let later = at(0) + Duration::days(1);
        let foreign = json!({ "id": world.other.program, "at": later });
        assert_eq!(world.ask(&world.admin(), of_program, foreign).await["terms"], Value::Null);
        let others = json!({ "id": world.shop.partners[1].1, "at": later });
        assert_eq!(world.ask(&world.partner(0), of_enrollment, others).await["terms"], Value::Null, "another partner's");
        let neither = "query($at: DateTime!) { terms(asOf: $at) { version } }";
        assert_eq!(world.refused(&world.admin(), neither, json!({ "at": later })).await, "BAD_USER_INPUT");
    })
    .await;
}
