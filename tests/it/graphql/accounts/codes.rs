//! Whose codes are, and that a change makes the customers that it concerns due.

use chrono::{DateTime, Duration, Utc};
use entity::value::{ConnectionId, CustomerId, EnrollmentId, PromotionCodeId, TouchId, TouchKind};
use entity::{customer, promotion_code, touch};
use sea_orm::EntityTrait;
use serde_json::json;
use tributary::domain::access::{Scope, Viewer};
use tributary::domain::fact::Code;
use tributary::store;

use super::instance::{Instance, on_both, start, told};

async fn code(instance: &Instance, scope: Scope, connection: ConnectionId, stripe_id: &str, active: bool) -> PromotionCodeId {
    let row = promotion_code::Model {
        id: PromotionCodeId::new_at(start()),
        merchant_id: scope.merchant(),
        livemode: scope.livemode(),
        connection_id: connection,
        stripe_id: stripe_id.to_owned(),
        code: "ADA20".to_owned(),
        code_folded: "ada20".to_owned(),
        coupon: None,
        active,
        inactive: Vec::new().into(),
        enrollment_id: None,
        mapped_from: None,
        mapped_to: None,
        source_at: start(),
        created_at: start(),
    };
    store::row::insert(instance.services.db.write(), row).await.unwrap().id
}

/// A customer who was brought by what `touch` says, if anything.
async fn customer(
    instance: &Instance,
    scope: Scope,
    code: Option<String>,
    enrollment: Option<EnrollmentId>,
    due: Option<DateTime<Utc>>,
) -> CustomerId {
    let id = CustomerId::new_at(start());
    let row = customer::Model {
        id,
        merchant_id: scope.merchant(),
        livemode: scope.livemode(),
        name: None,
        email: None,
        claimed: false,
        signed_up_at: None,
        due_at: due,
        merged_into: None,
        created_at: start(),
        version: 0,
    };
    store::row::insert(instance.services.db.write(), row).await.unwrap();
    let touch = touch::Model {
        id: TouchId::new_at(start()),
        merchant_id: scope.merchant(),
        livemode: scope.livemode(),
        customer_id: id,
        kind: TouchKind::Coupon,
        source: id.to_string(),
        at: start(),
        click_id: None,
        promotion_code: code,
        coupon: None,
        partner_key: None,
        enrollment_id: enrollment,
        purchase_id: None,
        position: 0,
        rejected_at: None,
        created_at: start(),
    };
    store::row::insert(instance.services.db.write(), touch).await.unwrap();
    id
}

async fn due(instance: &Instance, id: CustomerId) -> Option<DateTime<Utc>> {
    customer::Entity::find_by_id(id).one(instance.services.db.read()).await.unwrap().unwrap().due_at
}

#[tokio::test]
async fn cs_2_at_8_a_code_is_one_partners_at_a_time_and_keeps_its_history() {
    on_both(|instance| async move {
        let owner = instance.owner().await;
        let Viewer::User { scope, .. } = owner.0 else { unreachable!() };
        let [.., a] = instance.program_with_partner(&owner, "First").await;
        let [.., b] = instance.program_with_partner(&owner, "Second").await;
        let input = json!({ "name": "Stripe", "key": "rk_test_51Habcdefwxyz" });
        let connection = instance.made(&owner, "stripeConnectionCreate", "StripeConnectionCreateInput", "stripeConnection", input).await;
        let connection: ConnectionId = connection.parse().unwrap();
        code(&instance, scope, connection, "promo_old", false).await;
        let id = code(&instance, scope, connection, "promo_1", true).await;
        let used = customer(&instance, scope, Some(format!("{connection}/promo_1")), None, Some(start() + Duration::days(30))).await;
        let other = customer(&instance, scope, Some(format!("{connection}/promo_old")), None, None).await;
        let (assign, assign_type) = ("promotionCodeAssign", "PromotionCodeAssignInput");
        let to = |enrollment: &str, from: Option<i64>| {
            let from = from.map(|days| (start() + Duration::days(days)).to_rfc3339());
            json!({ "promotionCode": { "code": " ada20 " }, "enrollmentId": enrollment, "from": from })
        };
        let made = instance.made(&owner, assign, assign_type, "promotionCode", to(&a, Some(-5))).await;
        assert_eq!(made, id.to_string(), "of codes with one text the active one is meant");
        assert_eq!((due(&instance, used).await, due(&instance, other).await), (Some(start()), None));
        assert_eq!(instance.refused(&owner, assign, assign_type, to(&b, None)).await, told(&[("promotionCode", "TAKEN")]));
        instance.wait(Duration::days(1));
        let unassign = json!({ "id": id.to_string() });
        instance.made(&owner, "promotionCodeUnassign", "PromotionCodeUnassignInput", "promotionCode", unassign).await;
        assert_eq!(instance.refused(&owner, assign, assign_type, to(&b, Some(0))).await, told(&[("from", "OUT_OF_RANGE")]));
        instance.made(&owner, assign, assign_type, "promotionCode", to(&b, None)).await;
        let codes = [Code { promotion_code: Some("promo_1".to_owned()), coupon: None }].into();
        let mut mappings = store::world::code_mappings(instance.services.db.read(), connection, scope, &codes).await.unwrap();
        mappings.sort_by_key(|mapping| mapping.from);
        let periods: Vec<_> = mappings
            .iter()
            .map(|m| (m.enrollment.to_string(), (m.from - start()).num_days(), m.to.map(|to| (to - start()).num_days())))
            .collect();
        assert_eq!(periods, [(a.clone(), -5, Some(1)), (b.clone(), 1, None)]);
    })
    .await;
}

#[tokio::test]
async fn a_ban_and_new_terms_make_the_customers_of_an_enrollment_due() {
    on_both(|instance| async move {
        let owner = instance.owner().await;
        let Viewer::User { scope, .. } = owner.0 else { unreachable!() };
        let [program, partner, enrollment] = instance.program_with_partner(&owner, "First").await;
        let [.., elsewhere] = instance.program_with_partner(&owner, "Second").await;
        let brought = customer(&instance, scope, None, enrollment.parse().ok(), None).await;
        let early = customer(&instance, scope, None, enrollment.parse().ok(), Some(start() - Duration::days(1))).await;
        let foreign = customer(&instance, scope, None, elsewhere.parse().ok(), None).await;
        instance.made(&owner, "partnerBan", "PartnerStatusInput", "partner", json!({ "id": partner })).await;
        assert_eq!(due(&instance, brought).await, Some(start()));
        assert_eq!(due(&instance, early).await, Some(start() - Duration::days(1)), "an earlier time stays");
        assert_eq!(due(&instance, foreign).await, None);
        instance.wait(Duration::hours(1));
        let later = customer(&instance, scope, None, enrollment.parse().ok(), None).await;
        instance
            .made(&owner, "termsCreate", "TermsCreateInput", "terms", json!({ "programId": program, "terms": { "holdDays": 3 } }))
            .await;
        assert_eq!(due(&instance, later).await, Some(start() + Duration::hours(1)));
        assert_eq!(due(&instance, foreign).await, None);
    })
    .await;
}
