//! The rules. Those of one list are asked about rows of one kind.

use entity::terms;
use entity::value::{AuditRule, TermsId};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, Statement};

use super::{Broken, Rule, Which, ask, asked_about, values};
use crate::domain::commission::stays_within_base;
use crate::store::StoreError;

/// Asked about postings.
pub const BY_POSTING: &[Rule] = &[
    Rule {
        rule: AuditRule::PostingSumsToZero,
        sql: "SELECT e.posting_id AS place, e.posting_id AS subject, e.merchant_id, e.livemode, e.currency,
                CAST(0 AS BIGINT) AS expected, CAST(SUM(e.amount) AS BIGINT) AS found
              FROM ledger_entry e WHERE {e.posting_id}
              GROUP BY e.posting_id, e.merchant_id, e.livemode, e.currency HAVING SUM(e.amount) <> 0",
    },
    Rule {
        rule: AuditRule::EntryNamesItsCause,
        sql: "SELECT e.posting_id AS place, e.id AS subject, e.merchant_id, e.livemode, e.currency,
                CAST(0 AS BIGINT) AS expected, e.amount AS found
              FROM ledger_entry e WHERE {e.posting_id}
                AND ((e.kind IN ('ACCRUAL', 'REVERSAL', 'RE_DECISION', 'RELEASE', 'HOLD') AND e.commission_id IS NULL)
                  OR (e.kind = 'PAYOUT' AND e.payout_id IS NULL)
                  OR (e.account IN ('PARTNER_PENDING', 'PARTNER_PAYABLE') AND e.partner_id IS NULL))",
    },
    Rule {
        rule: AuditRule::EntryFitsItsCommission,
        sql: "SELECT e.posting_id AS place, e.id AS subject, e.merchant_id, e.livemode, e.currency,
                CAST(0 AS BIGINT) AS expected, e.amount AS found
              FROM ledger_entry e JOIN commission c ON c.id = e.commission_id WHERE {e.posting_id}
                AND (c.merchant_id <> e.merchant_id OR c.livemode <> e.livemode OR e.partner_id IS NULL OR c.partner_id <> e.partner_id
                  OR e.enrollment_id IS NULL OR c.enrollment_id <> e.enrollment_id OR COALESCE(c.purchase_id, c.id) <> COALESCE(e.purchase_id, c.id))",
    },
];

/// Asked about purchases.
pub const BY_PURCHASE: &[Rule] = &[
    Rule {
        rule: AuditRule::PurchaseHasOneDecision,
        sql: "SELECT p.id AS place, p.id AS subject, p.merchant_id, p.livemode, p.currency,
                CAST(CASE WHEN p.status = 'MERGED' THEN 0 ELSE 1 END AS BIGINT) AS expected, COUNT(d.id) AS found
              FROM purchase p LEFT JOIN decision d ON d.purchase_id = p.id AND d.\"current\" = TRUE WHERE {p.id}
              GROUP BY p.id, p.merchant_id, p.livemode, p.currency, p.status
              HAVING COUNT(d.id) <> CASE WHEN p.status = 'MERGED' THEN 0 ELSE 1 END",
    },
    Rule {
        rule: AuditRule::PurchaseIsAtItsTarget,
        sql: "SELECT s.id AS place, s.id AS subject, s.merchant_id, s.livemode, s.currency,
                CAST(SUM(s.target) AS BIGINT) AS expected, CAST(SUM(s.posted) AS BIGINT) AS found
              FROM (SELECT p.id, p.merchant_id, p.livemode, d.currency, d.amount AS target, CAST(0 AS BIGINT) AS posted
                    FROM purchase p JOIN decision d ON d.purchase_id = p.id AND d.\"current\" = TRUE WHERE {p.id}
                    UNION ALL
                    SELECT p.id, p.merchant_id, p.livemode, e.currency, 0, e.amount
                    FROM purchase p JOIN commission c ON c.purchase_id = p.id AND c.kind = 'SALE'
                      JOIN ledger_entry e ON e.commission_id = c.id
                      AND e.account IN ('PARTNER_PENDING', 'PARTNER_PAYABLE') WHERE {p.id}) s
              GROUP BY s.id, s.merchant_id, s.livemode, s.currency HAVING SUM(s.target) <> SUM(s.posted)",
    },
];

/// What stands of a commission in its own currency, one row each: `amount` on its partner's accounts together, `pending` of it not payable,
/// `paid` by payouts that are on their way or came, `unpaid` what is left of it, and `planned` what is in payouts that were not sent.
macro_rules! standing {
    () => {
        "SELECT t.*, CASE WHEN t.paid <= 0 THEN t.amount WHEN t.amount > t.paid THEN t.amount - t.paid ELSE 0 END AS unpaid
         FROM (SELECT c.id, c.merchant_id, c.livemode, c.currency, c.state, c.held,
                 CAST(COALESCE(SUM(e.amount), 0) AS BIGINT) AS amount,
                 CAST(COALESCE(SUM(CASE WHEN e.account = 'PARTNER_PENDING' THEN e.amount ELSE 0 END), 0) AS BIGINT) AS pending,
                 CAST(COALESCE(SUM(CASE WHEN o.sent_at IS NOT NULL THEN e.amount ELSE 0 END), 0) AS BIGINT) AS paid,
                 CAST(COALESCE(SUM(CASE WHEN o.status = 'PLANNED' THEN e.amount ELSE 0 END), 0) AS BIGINT) AS planned
               FROM commission c LEFT JOIN ledger_entry e ON e.commission_id = c.id AND e.currency = c.currency
                 AND e.account IN ('PARTNER_PENDING', 'PARTNER_PAYABLE')
               LEFT JOIN payout_line l ON l.entry_id = e.id AND l.released_at IS NULL LEFT JOIN payout o ON o.id = l.payout_id
               WHERE {c.id} GROUP BY c.id, c.merchant_id, c.livemode, c.currency, c.state, c.held) t"
    };
}

/// Asked about commissions.
pub const BY_COMMISSION: &[Rule] = &[
    // An open dispute leaves pending either its share alone, or all that is unpaid while the waiting time runs (DP-1).
    Rule {
        rule: AuditRule::CommissionStandsByItsState,
        sql: concat!(
            "SELECT v.* FROM (SELECT s.id AS place, s.id AS subject, s.merchant_id, s.livemode, s.currency,
               CASE WHEN s.state = 'PENDING' OR (s.state = 'HELD' AND s.pending = s.unpaid) THEN s.unpaid
                 WHEN s.state = 'HELD' THEN s.held ELSE CAST(0 AS BIGINT) END AS expected, s.pending AS found
             FROM (",
            standing!(),
            ") s) v WHERE v.expected <> v.found"
        ),
    },
    Rule {
        rule: AuditRule::CommissionEndedAtNothing,
        sql: concat!(
            "SELECT s.id AS place, s.id AS subject, s.merchant_id, s.livemode, s.currency, CAST(0 AS BIGINT) AS expected,
               CASE WHEN s.state = 'PAID' THEN s.unpaid ELSE s.amount END AS found
             FROM (",
            standing!(),
            ") s WHERE (s.state = 'PAID' AND s.unpaid > 0) OR (s.state IN ('REVERSED', 'REJECTED') AND s.amount <> 0)"
        ),
    },
    Rule {
        rule: AuditRule::HeldIsPending,
        sql: concat!(
            "SELECT v.* FROM (SELECT s.id AS place, s.id AS subject, s.merchant_id, s.livemode, s.currency,
               CASE WHEN s.state = 'HELD' THEN s.pending ELSE CAST(0 AS BIGINT) END AS expected, s.held AS found
             FROM (",
            standing!(),
            ") s) v WHERE v.found < 0 OR v.found > v.expected"
        ),
    },
    // RF-8: of what is planned a part may be held since, and is not in the payout then.
    Rule {
        rule: AuditRule::PlannedIsReserved,
        sql: concat!(
            "SELECT v.* FROM (SELECT s.id AS place, s.id AS subject, s.merchant_id, s.livemode, s.currency,
               CASE WHEN s.state = 'RESERVED' OR (s.state = 'HELD' AND s.planned > 0) THEN s.unpaid - s.pending
                 ELSE CAST(0 AS BIGINT) END AS expected,
               CASE WHEN s.planned > 0 THEN s.planned ELSE CAST(0 AS BIGINT) END AS found
             FROM (",
            standing!(),
            ") s) v WHERE v.expected <> v.found"
        ),
    },
    // BA-8: what was posted in a currency that turned out to be the buyer's has come to nothing.
    Rule {
        rule: AuditRule::FormerCurrencyIsEmpty,
        sql: "SELECT c.id AS place, c.id AS subject, c.merchant_id, c.livemode, e.currency, CAST(0 AS BIGINT) AS expected,
                CAST(SUM(e.amount) AS BIGINT) AS found
              FROM commission c JOIN ledger_entry e ON e.commission_id = c.id AND e.currency <> c.currency
                AND e.account IN ('PARTNER_PENDING', 'PARTNER_PAYABLE') WHERE {c.id}
              GROUP BY c.id, c.merchant_id, c.livemode, e.currency, e.account HAVING SUM(e.amount) <> 0",
    },
];

/// Asked about payouts. One that was cancelled or failed claims nothing, and moved nothing in the end.
pub const BY_PAYOUT: &[Rule] = &[
    Rule {
        rule: AuditRule::PayoutIsItsLines,
        sql: "SELECT v.* FROM (SELECT o.id AS place, o.id AS subject, o.merchant_id, o.livemode, o.currency,
                CAST(COALESCE(SUM(e.amount), 0) AS BIGINT) AS expected,
                CASE WHEN o.cancelled_at IS NOT NULL THEN CAST(0 AS BIGINT) ELSE o.amount END AS found
              FROM payout o LEFT JOIN payout_line l ON l.payout_id = o.id AND l.released_at IS NULL
                LEFT JOIN ledger_entry e ON e.id = l.entry_id
              WHERE {o.id} GROUP BY o.id, o.merchant_id, o.livemode, o.currency, o.amount, o.cancelled_at) v WHERE v.expected <> v.found",
    },
    Rule {
        rule: AuditRule::PayoutIsPosted,
        sql: "SELECT v.* FROM (SELECT o.id AS place, o.id AS subject, o.merchant_id, o.livemode, COALESCE(o.paid_currency, o.currency) AS currency,
                CASE WHEN o.cancelled_at IS NOT NULL THEN CAST(0 AS BIGINT) ELSE COALESCE(o.paid_amount, o.amount) END AS expected,
                CAST(COALESCE(SUM(e.amount), 0) AS BIGINT) AS found
              FROM payout o LEFT JOIN ledger_entry e ON e.payout_id = o.id AND e.account = 'PAYOUT_CLEARING'
                AND e.currency = COALESCE(o.paid_currency, o.currency)
              WHERE {o.id}
              GROUP BY o.id, o.merchant_id, o.livemode, o.currency, o.paid_currency, o.amount, o.paid_amount, o.cancelled_at) v
              WHERE v.expected <> v.found",
    },
    // MO-5: what was earned came to the account, and what was paid went from it.
    Rule {
        rule: AuditRule::PayoutIsConvertedOnce,
        sql: "SELECT v.* FROM (SELECT o.id AS place, o.id AS subject, o.merchant_id, o.livemode, e.currency,
                CAST(CASE WHEN o.paid_currency IS NULL OR o.cancelled_at IS NOT NULL THEN 0 WHEN e.currency = o.currency THEN o.amount
                  WHEN e.currency = o.paid_currency THEN -o.paid_amount ELSE 0 END AS BIGINT) AS expected,
                CAST(SUM(e.amount) AS BIGINT) AS found
              FROM payout o JOIN ledger_entry e ON e.payout_id = o.id AND e.account = 'FX' WHERE {o.id}
              GROUP BY o.id, o.merchant_id, o.livemode, e.currency, o.currency, o.paid_currency, o.amount, o.paid_amount, o.cancelled_at) v
              WHERE v.expected <> v.found",
    },
    Rule {
        rule: AuditRule::PayoutPaysItsPartner,
        sql: "SELECT o.id AS place, e.id AS subject, o.merchant_id, o.livemode, e.currency,
                CAST(0 AS BIGINT) AS expected, e.amount AS found
              FROM payout o JOIN payout_line l ON l.payout_id = o.id AND l.released_at IS NULL JOIN ledger_entry e ON e.id = l.entry_id
              WHERE {o.id} AND (e.merchant_id <> o.merchant_id OR e.livemode <> o.livemode OR e.partner_id IS NULL
                OR e.partner_id <> o.partner_id OR e.currency <> o.currency OR e.account <> 'PARTNER_PAYABLE')",
    },
];

/// Asked about partners.
pub const BY_PARTNER: &[Rule] = &[Rule {
    rule: AuditRule::PayableAddsUp,
    sql: "SELECT s.partner_id AS place, s.partner_id AS subject, s.merchant_id, s.livemode, s.currency,
            CAST(SUM(s.expected) AS BIGINT) AS expected, CAST(SUM(s.found) AS BIGINT) AS found
          FROM (SELECT e.partner_id, e.merchant_id, e.livemode, e.currency, CAST(0 AS BIGINT) AS expected, e.amount AS found
                FROM ledger_entry e WHERE {e.partner_id} AND e.account = 'PARTNER_PAYABLE'
                UNION ALL
                SELECT c.partner_id, c.merchant_id, c.livemode, e.currency, e.amount, 0
                FROM commission c JOIN ledger_entry e ON e.commission_id = c.id AND e.account IN ('PARTNER_PENDING', 'PARTNER_PAYABLE')
                WHERE {c.partner_id} AND (e.account = 'PARTNER_PAYABLE' OR c.state NOT IN ('PENDING', 'HELD'))
                UNION ALL
                SELECT o.partner_id, o.merchant_id, o.livemode, o.currency, -o.amount, 0
                FROM payout o WHERE {o.partner_id} AND o.cancelled_at IS NULL
                UNION ALL
                SELECT e.partner_id, e.merchant_id, e.livemode, e.currency, e.amount, 0
                FROM ledger_entry e WHERE {e.partner_id} AND e.account = 'PARTNER_PAYABLE'
                  AND e.commission_id IS NULL AND e.payout_id IS NULL) s
          WHERE s.partner_id IS NOT NULL
          GROUP BY s.partner_id, s.merchant_id, s.livemode, s.currency HAVING SUM(s.expected) <> SUM(s.found)",
}];

/// Asked about whole merchants only: what no slice can show.
pub const WHOLE: &[Rule] = &[Rule {
    rule: AuditRule::CurrencySumsToZero,
    sql: "SELECT e.merchant_id AS place, e.merchant_id AS subject, e.merchant_id, e.livemode, e.currency,
            CAST(0 AS BIGINT) AS expected, CAST(SUM(e.amount) AS BIGINT) AS found
          FROM ledger_entry e WHERE {e.merchant_id}
          GROUP BY e.merchant_id, e.livemode, e.currency HAVING SUM(e.amount) <> 0",
}];

/// Decisions that earn more than their base. Whether they may is said by their terms: a flat sum can be more than what was bought.
const ABOVE_BASE: &str = "FROM decision d WHERE {d.purchase_id} AND d.\"current\" = TRUE AND d.amount > d.base";

#[derive(FromQueryResult)]
struct Version {
    terms_id: TermsId,
}

/// What earns more than its base under terms that forbid it, among these purchases.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn within_base<C: ConnectionTrait>(db: &C, which: Which<'_>, limit: u64) -> Result<Broken, StoreError> {
    let above = asked_about(ABOVE_BASE, which);
    let sql = format!("SELECT DISTINCT d.terms_id {above} AND d.terms_id IS NOT NULL");
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values(which));
    let ids = Version::find_by_statement(statement).all(db).await?.into_iter().map(|version| version.terms_id);
    let versions = terms::Entity::find().filter(terms::Column::Id.is_in(ids)).all(db).await?;
    let bounded: Vec<TermsId> = versions.iter().filter(|version| stays_within_base(&version.body)).map(|version| version.id).collect();
    if bounded.is_empty() {
        return Ok(Broken::default());
    }
    let mut values = values(which);
    let first = values.len() + 1;
    let places: Vec<String> = (first..first + bounded.len()).map(|number| format!("${number}")).collect();
    values.extend(bounded.into_iter().map(Into::into));
    let sql = format!(
        "SELECT d.purchase_id AS place, d.purchase_id AS subject, d.merchant_id, d.livemode, d.currency, d.base AS expected,
           d.amount AS found {above} AND d.terms_id IN ({})",
        places.join(", ")
    );
    ask(db, AuditRule::CommissionIsWithinBase, &sql, values, limit).await
}
