//! Tables of Tributary and the vocabulary they share with the rest.
//!
//! [`value`] holds the words (ids, mode, money, statuses, terms, sealed secrets). It decides nothing and knows no table. Every other
//! module is one table: a row as it is stored and the rows it points to, with no behaviour of its own. Import tables by name
//! (`use entity::purchase;`), as each has a `Model`, an `Entity` and a `Column`.

pub mod api_key;
pub mod audit_finding;
pub mod audit_lane;
pub mod binding;
pub mod click;
pub mod commerce_record;
pub mod commission;
pub mod coupon;
pub mod customer;
pub mod decision;
pub mod enrollment;
pub mod exchange_rate;
pub mod former_mapping;
pub mod fraud_case;
pub mod group_terms;
pub mod idempotency;
pub mod identity;
pub mod identity_claim;
pub mod inbox_event;
pub mod insight;
pub mod insight_counted;
pub mod insight_delta;
pub mod instance;
pub mod intervention;
pub mod invitation;
pub mod ledger_entry;
pub mod link;
pub mod link_attempt;
pub mod membership;
pub mod merchant;
pub mod outbox_message;
pub mod partner;
pub mod partner_address;
pub mod partner_group;
pub mod partner_trait;
pub mod payout;
pub mod payout_line;
pub mod program;
pub mod promotion_code;
pub mod purchase;
pub mod purchase_card;
pub mod purchase_rate;
pub mod purchase_reference;
pub mod recount;
pub mod recount_cap;
pub mod recount_row;
pub mod recount_sum;
pub mod refresh_token;
pub mod setup_token;
pub mod snapshot;
pub mod stripe_connection;
pub mod sync_dataset;
pub mod sync_plan;
pub mod sync_pull;
pub mod terms;
pub mod terms_move;
pub mod tier_period;
pub mod touch;
pub mod user;
pub mod value;
