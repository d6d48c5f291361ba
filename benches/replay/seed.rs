//! Storing a history: what was told by bulk inserts, and what the engine concludes of it, by its own decision.

use std::time::Instant;

use entity::value::{CommissionId, CustomerId, DecisionId, EntryId, PostingId, ProgramId};
use entity::{binding, commission, decision, ledger_entry};
use sea_orm::{ActiveModelBehavior, ActiveModelTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, ModelTrait};
use serde_json::json;
use tributary::domain::ledger::{self, Standing};
use tributary::domain::settle::{Commission, Decision, settle};
use tributary::service::person::{Gathered, gather_supposing};
use tributary::service::{Services, kin};
use tributary::store;
use tributary::store::tally::Sheet;
use uuid::Uuid;

use crate::rows::{BASE, NOW, Shop};
use crate::run::{print, services};
use crate::told;

/// How many customers are stored at a time.
const TOGETHER: usize = 500;
/// How often a customer of a long history has bought.
const EACH: usize = 4;

/// Stores a shop with so many purchases, four of each customer.
pub async fn seed(url: &str, purchases: usize) {
    let services = services(url).await;
    let began = Instant::now();
    let customers = purchases.div_ceil(EACH);
    store_customers(&services, &Shop::new(), customers, EACH).await;
    print("seed", began.elapsed(), i64::try_from(customers * EACH).unwrap(), None);
}

/// Stores a shop with so many customers, who bought so often each, and what the engine concludes of them.
pub async fn store_customers(services: &Services, shop: &Shop, customers: usize, bought: usize) {
    let tx = services.db.begin().await.unwrap();
    shop.store(&tx).await;
    tx.commit().await.unwrap();
    for first in (0..customers).step_by(TOGETHER) {
        let tx = services.db.begin().await.unwrap();
        let mut rows = told::Rows::default();
        let ids: Vec<CustomerId> = (first..customers.min(first + TOGETHER)).map(|number| rows.customer(shop, number, bought)).collect();
        rows.store(&tx).await;
        conclude(&tx, shop, &ids).await;
        tx.commit().await.unwrap();
    }
}

/// Settles customers as the engine does, and stores what follows.
async fn conclude(tx: &DatabaseTransaction, shop: &Shop, ids: &[CustomerId]) {
    let scope = shop.scope();
    let groups: Vec<_> = kin::groups(tx, scope, ids).await.unwrap().into_iter().map(|(_, group)| group).collect();
    let mut concluded = Concluded::default();
    for gathered in gather_supposing(tx, scope, &groups, (None, Sheet::Ledger)).await.unwrap() {
        let settlement = settle(&gathered.person, &gathered.world, *NOW);
        for decision in &settlement.decisions {
            concluded.decision(shop, &gathered, decision);
        }
        for bound in &settlement.bindings {
            concluded.bindings.push(binding::Model {
                id: entity::value::BindingId::new_at(*BASE),
                merchant_id: shop.merchant,
                livemode: true,
                customer_id: bound.owner,
                enrollment_id: bound.enrollment,
                program_id: shop.program,
                terms_id: bound.terms,
                stage: bound.stage,
                source: bound.source,
                touch_id: bound.touch,
                bound_at: bound.at,
                ended_at: bound.ended_at,
                created_at: *NOW,
            });
        }
    }
    insert(tx, concluded.bindings).await;
    insert(tx, concluded.decisions).await;
    insert(tx, concluded.commissions).await;
    insert(tx, concluded.entries).await;
}

/// Rows that follow.
#[derive(Default)]
struct Concluded {
    bindings: Vec<binding::Model>,
    decisions: Vec<decision::Model>,
    commissions: Vec<commission::Model>,
    entries: Vec<ledger_entry::Model>,
}

impl Concluded {
    fn decision(&mut self, shop: &Shop, gathered: &Gathered, decision: &Decision) {
        let id = DecisionId::new_at(*NOW);
        let purchase = gathered.person.purchases.iter().find(|purchase| purchase.id == decision.purchase).unwrap();
        self.decisions.push(decision::Model {
            id,
            merchant_id: shop.merchant,
            livemode: true,
            purchase_id: decision.purchase,
            current: true,
            reason: decision.reason,
            enrollment_id: decision.winner.map(|won| won.enrollment),
            program_id: decision.winner.map(|won| -> ProgramId { won.program }),
            terms_id: decision.winner.map(|won| won.terms),
            currency: Some(purchase.state.currency),
            base: decision.base,
            amount: decision.amount(),
            candidates: serde_json::to_value(&decision.candidates).unwrap(),
            steps: serde_json::to_value(&decision.steps).unwrap(),
            digest: store::decision::digest(decision).unwrap(),
            decided_at: *NOW,
        });
        decision.commissions.iter().for_each(|one| self.commission(shop, one, id));
    }

    fn commission(&mut self, shop: &Shop, of: &Commission, decision: DecisionId) {
        let row = commission::Model {
            id: CommissionId::new_at(*NOW),
            merchant_id: shop.merchant,
            livemode: true,
            kind: of.origin.kind(),
            subject: of.origin.to_string(),
            purchase_id: of.origin.purchase(),
            customer_id: None,
            tier_period_id: None,
            through_id: None,
            enrollment_id: of.enrollment,
            program_id: of.program,
            partner_id: of.partner,
            currency: of.currency,
            program_currency: None,
            state: of.state,
            holds: of.holds.clone().into(),
            release_at: Some(of.release_at),
            approved_at: None,
            rejected_at: None,
            rejected_reason: None,
            steps: json!([]),
            held: of.held,
            program_held: 0,
            purchased_at: of.at,
            created_at: *NOW,
            updated_at: *NOW,
        };
        for posting in ledger::to_target(&Standing::default(), &of.target()).unwrap() {
            let posting_id = PostingId::new_at(*NOW);
            for line in &posting.lines {
                self.entries.push(ledger_entry::Model {
                    id: EntryId::new_at(*NOW),
                    merchant_id: shop.merchant,
                    livemode: true,
                    posting_id,
                    account: line.account,
                    kind: posting.kind,
                    amount: line.amount,
                    currency: of.currency,
                    program_amount: None,
                    program_currency: None,
                    rate_num: None,
                    rate_den: None,
                    rate_day: None,
                    rate_source: None,
                    partner_id: Some(of.partner),
                    enrollment_id: Some(of.enrollment),
                    purchase_id: of.origin.purchase(),
                    commission_id: Some(row.id),
                    decision_id: Some(decision),
                    payout_id: None,
                    occurred_at: of.at,
                    created_at: *NOW,
                });
            }
        }
        self.commissions.push(row);
    }
}

/// Stores rows, some hundreds in a statement.
pub async fn insert<M, A>(tx: &DatabaseTransaction, rows: Vec<M>)
where
    M: ModelTrait + IntoActiveModel<A>,
    M::Entity: EntityTrait<Model = M>,
    A: ActiveModelTrait<Entity = M::Entity> + ActiveModelBehavior + Send,
{
    let mut rows = rows.into_iter().map(|row| row.into_active_model().reset_all()).peekable();
    while rows.peek().is_some() {
        let some: Vec<A> = rows.by_ref().take(500).collect();
        <M::Entity as EntityTrait>::insert_many(some).exec_without_returning(tx).await.unwrap();
    }
}

/// An id that nothing else has.
pub fn fresh() -> Uuid {
    Uuid::now_v7()
}
