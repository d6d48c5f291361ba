//! The books: everything that is stored after a story, and what must be true of it after any story.

use std::collections::{BTreeMap, BTreeSet};

use entity::value::{
    CommissionKind, CommissionState, CustomerId, DecisionReason, InboxStatus, LedgerAccount, OutboxStatus, PartnerId, PostingId,
    PurchaseId, PurchaseStatus,
};
use entity::{binding, commission, customer, decision, inbox_event, ledger_entry, outbox_message, purchase};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use tributary::service::Services;

use super::stage::Affiliate;

pub struct Books {
    /// Purchases that were not merged into others, by their time.
    pub purchases: Vec<purchase::Model>,
    /// The current decision of each.
    pub decisions: BTreeMap<PurchaseId, decision::Model>,
    pub commissions: Vec<commission::Model>,
    pub entries: Vec<ledger_entry::Model>,
    pub bindings: Vec<binding::Model>,
    pub inbox: Vec<inbox_event::Model>,
    pub customers: Vec<customer::Model>,
    undelivered: usize,
}

impl Books {
    pub async fn read(services: &Services) -> Self {
        let db = services.db.read();
        let current = decision::Entity::find().filter(decision::Column::Current.eq(true)).all(db).await.unwrap();
        let waiting = outbox_message::Entity::find().filter(outbox_message::Column::Status.ne(OutboxStatus::Done)).all(db).await.unwrap();
        let live = purchase::Entity::find().filter(purchase::Column::Status.ne(PurchaseStatus::Merged));
        let mut purchases = live.all(db).await.unwrap();
        purchases.sort_by_key(|row| (row.purchased_at, row.key.clone()));
        Self {
            purchases,
            decisions: current.into_iter().map(|row| (row.purchase_id, row)).collect(),
            commissions: commission::Entity::find().order_by_asc(commission::Column::PurchasedAt).all(db).await.unwrap(),
            entries: ledger_entry::Entity::find().order_by_asc(ledger_entry::Column::Id).all(db).await.unwrap(),
            bindings: binding::Entity::find().order_by_asc(binding::Column::BoundAt).all(db).await.unwrap(),
            inbox: inbox_event::Entity::find().order_by_asc(inbox_event::Column::ReceivedAt).all(db).await.unwrap(),
            customers: customer::Entity::find().all(db).await.unwrap(),
            undelivered: waiting.len(),
        }
    }

    /// Reason, base and amount of each purchase's decision, in order of time.
    pub fn decided(&self) -> Vec<(DecisionReason, i64, i64)> {
        let of = |p: &purchase::Model| self.decisions.get(&p.id).map(|d| (d.reason, d.base, d.amount));
        self.purchases.iter().filter_map(of).collect()
    }

    /// The decision of the only purchase.
    pub fn decision(&self) -> &decision::Model {
        assert_eq!(self.purchases.len(), 1, "{:?}", self.purchases);
        &self.decisions[&self.purchases[0].id]
    }

    /// State and amount of each commission, in order of time.
    pub fn commissions_of(&self, affiliate: Affiliate) -> Vec<(CommissionState, i64)> {
        let own = self.commissions.iter().filter(|row| row.enrollment_id == affiliate.enrollment);
        own.map(|row| (row.state, self.amount(row))).collect()
    }

    /// The same of one kind, those of nothing left out.
    pub fn of_kind(&self, affiliate: Affiliate, kind: CommissionKind) -> Vec<(CommissionState, i64)> {
        let own = self.commissions.iter().filter(|row| row.enrollment_id == affiliate.enrollment && row.kind == kind);
        own.map(|row| (row.state, self.amount(row))).filter(|(state, amount)| (*state, *amount) != (CommissionState::Reversed, 0)).collect()
    }

    /// The amount of a commission: the sum of its entries on the partner's accounts.
    pub fn amount(&self, commission: &commission::Model) -> i64 {
        let own = self
            .entries
            .iter()
            .filter(|e| e.commission_id == Some(commission.id) && e.currency == commission.currency && is_partners(e.account));
        own.map(|e| e.amount).sum()
    }

    /// What stands on an account for a partner.
    pub fn balance(&self, partner: PartnerId, account: LedgerAccount) -> i64 {
        self.entries.iter().filter(|e| e.partner_id == Some(partner) && e.account == account).map(|e| e.amount).sum()
    }

    /// What a partner has earned and not been paid, approved or not.
    pub fn owed(&self, affiliate: Affiliate) -> i64 {
        self.balance(affiliate.partner, LedgerAccount::PartnerPending) + self.balance(affiliate.partner, LedgerAccount::PartnerPayable)
    }

    /// Each entry's amount on the partner's accounts, in order.
    pub fn entries_of(&self, affiliate: Affiliate) -> Vec<i64> {
        let mut by_posting: Vec<(PostingId, i64)> = Vec::new();
        for entry in self.entries.iter().filter(|e| e.partner_id == Some(affiliate.partner) && is_partners(e.account)) {
            match by_posting.iter_mut().find(|(posting, _)| *posting == entry.posting_id) {
                Some((_, amount)) => *amount += entry.amount,
                None => by_posting.push((entry.posting_id, entry.amount)),
            }
        }
        by_posting.into_iter().map(|(_, amount)| amount).filter(|amount| *amount != 0).collect()
    }

    /// The customers who are one person with any of these by a shared e-mail.
    pub fn person_of(&self, customers: &[CustomerId]) -> BTreeSet<CustomerId> {
        let emails: BTreeSet<_> = self.customers.iter().filter(|c| customers.contains(&c.id)).filter_map(|c| c.email.clone()).collect();
        let same = self.customers.iter().filter(|c| c.email.as_ref().is_some_and(|email| emails.contains(email)));
        same.map(|c| c.id).chain(customers.iter().copied()).collect()
    }

    /// What must be true after any story (MO-6).
    pub fn check(&self) {
        let mut postings: BTreeMap<_, i64> = BTreeMap::new();
        for entry in &self.entries {
            *postings.entry((entry.posting_id, entry.currency)).or_default() += entry.amount;
            assert_ne!(entry.amount, 0, "an entry moves nothing: {entry:?}");
        }
        assert!(postings.values().all(|sum| *sum == 0), "a posting does not sum to zero: {postings:?}");
        self.check_targets();
        self.check_stated();
        for event in &self.inbox {
            let ended = event.status == InboxStatus::Done || (event.status == InboxStatus::Ignored && event.reason.is_some());
            assert!(
                ended,
                "{} {} is {} ({:?}) after {} attempts",
                event.event_type, event.event_id, event.status, event.error, event.attempts
            );
        }
        assert_eq!(self.undelivered, 0, "messages wait that nobody rings for");
        let ids: BTreeSet<_> = self.purchases.iter().map(|row| row.id).collect();
        assert_eq!(self.decisions.keys().copied().collect::<BTreeSet<_>>(), ids, "every purchase has one current decision (SL-4)");
    }

    /// MO-2: the lines of a posting sum to zero in the program's currency too, and where nothing is left of a commission, nothing is left in it.
    fn check_stated(&self) {
        let mut postings: BTreeMap<PostingId, i64> = BTreeMap::new();
        for entry in &self.entries {
            assert_eq!(entry.program_amount.is_some(), entry.program_currency.is_some(), "{entry:?}");
            *postings.entry(entry.posting_id).or_default() += entry.program_amount.unwrap_or(0);
        }
        assert!(postings.values().all(|sum| *sum == 0), "a posting does not sum to zero in the program's currency: {postings:?}");
        for row in self.commissions.iter().filter(|row| self.amount(row) == 0) {
            let own = self.entries.iter().filter(|e| e.commission_id == Some(row.id) && is_partners(e.account));
            assert_eq!(own.filter_map(|e| e.program_amount).sum::<i64>(), 0, "{row:?}");
        }
    }

    /// RF-1: what stands for the commissions of a purchase together is what its decision says it earns.
    fn check_targets(&self) {
        let mut earned: BTreeMap<PurchaseId, i64> = BTreeMap::new();
        for row in self.commissions.iter().filter(|row| row.kind == CommissionKind::Sale) {
            let (purchase, amount) = (row.purchase_id.expect("a sale has its purchase"), self.amount(row));
            *earned.entry(purchase).or_default() += amount;
            let decision = self.decisions.get(&purchase);
            let shares = |d: &decision::Model| d.candidates.as_array().is_some_and(|all| all.iter().any(|one| one.get("weight").is_some()));
            if decision.is_none_or(|d| d.enrollment_id != Some(row.enrollment_id) && !shares(d)) {
                assert_eq!(amount, 0, "who did not win is due nothing: {row:?} {decision:?}");
            }
        }
        for (purchase, amount) in &earned {
            let target = self.decisions.get(purchase).map_or(0, |decision| decision.amount);
            assert_eq!(*amount, target, "{:?}", self.decisions.get(purchase));
        }
        for decision in self.decisions.values().filter(|d| d.amount != 0) {
            assert!(earned.contains_key(&decision.purchase_id), "a decision without its commission: {decision:?}");
        }
    }
}

const fn is_partners(account: LedgerAccount) -> bool {
    matches!(account, LedgerAccount::PartnerPending | LedgerAccount::PartnerPayable)
}
