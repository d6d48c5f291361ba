//! Relay's global look-up: anything by its id alone. The prefix says the kind; what the viewer may not see is not there.

use async_graphql::{Context, ID, Interface, Object};
use sea_orm::EntityTrait;

use super::api_key::ApiKey;
use super::commission::Commission;
use super::context::Ask;
use super::coupon::Coupon;
use super::customer::Customer;
use super::decision::Decision;
use super::enrollment::Enrollment;
use super::error::{ApiError, ApiResult};
use super::fraud_case::FraudCase;
use super::inbox::InboxEvent;
use super::intervention::Intervention;
use super::ledger::LedgerEntry;
use super::link::Link;
use super::loader::ById;
use super::partner::Partner;
use super::partner_group::PartnerGroup;
use super::payout::Payout;
use super::program::Program;
use super::promotion_code::PromotionCode;
use super::purchase::Purchase;
use super::recount::Recount;
use super::referral::{ReferralOffer, ReferralReward, ReferralSync, Referrer};
use super::stripe_connection::StripeConnection;
use super::stripe_write::StripeWrite;
use super::terms::Terms;
use super::terms_assign::TermsMove;
use super::touch::{Binding, Click, Touch};
use crate::store::scoped::Scoped;

/// Anything with an id of its own.
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Its id, unique over all kinds."))]
pub enum Node {
    /// An API key.
    ApiKey(ApiKey),
    /// A customer bound to a partner.
    Binding(Binding),
    /// A visit through a link.
    Click(Click),
    /// A commission.
    Commission(Commission),
    /// A coupon.
    Coupon(Coupon),
    /// A customer.
    Customer(Customer),
    /// What was concluded for a purchase.
    Decision(Decision),
    /// An enrollment.
    Enrollment(Enrollment),
    /// Signs of fraud that speak against a commission.
    FraudCase(FraudCase),
    /// An event received from Stripe.
    InboxEvent(InboxEvent),
    /// Something decided by hand.
    Intervention(Intervention),
    /// A line of the ledger.
    LedgerEntry(LedgerEntry),
    /// A link.
    Link(Link),
    /// A partner.
    Partner(Partner),
    /// A payout.
    Payout(Payout),
    /// A program.
    Program(Program),
    /// A group of partners.
    PartnerGroup(PartnerGroup),
    /// A promotion code.
    PromotionCode(PromotionCode),
    /// A purchase.
    Purchase(Purchase),
    /// A recount of what purchases earn.
    Recount(Recount),
    /// What a program offers for friends.
    ReferralOffer(ReferralOffer),
    /// What somebody is given for a friend.
    ReferralReward(ReferralReward),
    /// Making customers referrers.
    ReferralSync(ReferralSync),
    /// A customer who may bring friends.
    Referrer(Referrer),
    /// A Stripe connection.
    StripeConnection(StripeConnection),
    /// Something that is written to Stripe.
    StripeWrite(StripeWrite),
    /// A version of a program's rules.
    Terms(Terms),
    /// A move of bindings to another version.
    TermsMove(TermsMove),
    /// Evidence that a partner brought a person.
    Touch(Touch),
}

/// The most ids of one `nodes` query.
const MAX_IDS: usize = 100;

/// Look-up by id.
#[derive(Default)]
pub struct NodeQuery;

/// Look-up by id.
#[Object]
impl NodeQuery {
    /// The thing with this id. Null when there is none, or none that the viewer may see. Readable by whoever may read the thing.
    async fn node(&self, ctx: &Context<'_>, #[graphql(desc = "The id of a thing of any kind.")] id: ID) -> ApiResult<Option<Node>> {
        look_up(ctx, &id).await
    }

    /// The things with these ids, in their order, null where there is none that the viewer may see. At most 100.
    #[graphql(complexity = "ids.len() * child_complexity + 1")]
    async fn nodes(&self, ctx: &Context<'_>, #[graphql(desc = "Ids of things of any kind.")] ids: Vec<ID>) -> ApiResult<Vec<Option<Node>>> {
        if ids.len() > MAX_IDS {
            return Err(ApiError::bad_input("at most 100 ids at a time"));
        }
        futures_util::future::try_join_all(ids.iter().map(|id| look_up(ctx, id))).await
    }
}

/// One line for each kind.
async fn look_up(ctx: &Context<'_>, id: &str) -> ApiResult<Option<Node>> {
    Ok(match id.split('_').next().unwrap_or_default() {
        "bnd" => load::<entity::binding::Entity>(ctx, id).await?.map(|row| Node::Binding(row.into())),
        "clk" => load::<entity::click::Entity>(ctx, id).await?.map(|row| Node::Click(row.into())),
        "com" => load::<entity::commission::Entity>(ctx, id).await?.map(|row| Node::Commission(row.into())),
        "con" => load::<entity::stripe_connection::Entity>(ctx, id).await?.map(|row| Node::StripeConnection(row.into())),
        "cpn" => load::<entity::coupon::Entity>(ctx, id).await?.map(|row| Node::Coupon(row.into())),
        "cst" => load::<entity::customer::Entity>(ctx, id).await?.map(|row| Node::Customer(row.into())),
        "dec" => load::<entity::decision::Entity>(ctx, id).await?.map(|row| Node::Decision(row.into())),
        "enr" => load::<entity::enrollment::Entity>(ctx, id).await?.map(|row| Node::Enrollment(row.into())),
        "ent" => load::<entity::ledger_entry::Entity>(ctx, id).await?.map(|row| Node::LedgerEntry(row.into())),
        "frd" => load::<entity::fraud_case::Entity>(ctx, id).await?.map(|row| Node::FraudCase(row.into())),
        "ibx" => load::<entity::inbox_event::Entity>(ctx, id).await?.map(|row| Node::InboxEvent(row.into())),
        "itv" => load::<entity::intervention::Entity>(ctx, id).await?.map(|row| Node::Intervention(row.into())),
        "key" => load::<entity::api_key::Entity>(ctx, id).await?.map(|row| Node::ApiKey(row.into())),
        "lnk" => load::<entity::link::Entity>(ctx, id).await?.map(|row| Node::Link(row.into())),
        "pcd" => load::<entity::promotion_code::Entity>(ctx, id).await?.map(|row| Node::PromotionCode(row.into())),
        "pgr" => load::<entity::partner_group::Entity>(ctx, id).await?.map(|row| Node::PartnerGroup(row.into())),
        "prg" => load::<entity::program::Entity>(ctx, id).await?.map(|row| Node::Program(row.into())),
        "prt" => load::<entity::partner::Entity>(ctx, id).await?.map(|row| Node::Partner(row.into())),
        "pur" => load::<entity::purchase::Entity>(ctx, id).await?.map(|row| Node::Purchase(row.into())),
        "pyt" => load::<entity::payout::Entity>(ctx, id).await?.map(|row| Node::Payout(row.into())),
        "rcn" => load::<entity::recount::Entity>(ctx, id).await?.map(|row| Node::Recount(row.into())),
        "rfr" => load::<entity::referrer::Entity>(ctx, id).await?.map(|row| Node::Referrer(row.into())),
        "rof" => load::<entity::referral_offer::Entity>(ctx, id).await?.map(|row| Node::ReferralOffer(row.into())),
        "rrw" => load::<entity::referral_reward::Entity>(ctx, id).await?.map(|row| Node::ReferralReward(row.into())),
        "rsy" => load::<entity::referral_sync::Entity>(ctx, id).await?.map(|row| Node::ReferralSync(row.into())),
        "swr" => load::<entity::stripe_write::Entity>(ctx, id).await?.map(|row| Node::StripeWrite(row.into())),
        "tch" => load::<entity::touch::Entity>(ctx, id).await?.map(|row| Node::Touch(row.into())),
        "tmv" => load::<entity::terms_move::Entity>(ctx, id).await?.map(|row| Node::TermsMove(row.into())),
        "trm" => load::<entity::terms::Entity>(ctx, id).await?.map(|row| Node::Terms(row.into())),
        _ => None,
    })
}

/// The row with this id, if the viewer may see it. A text that is no id finds nothing.
async fn load<E>(ctx: &Context<'_>, id: &str) -> ApiResult<Option<E::Model>>
where
    E: Scoped,
    E::Id: std::str::FromStr,
    <E as EntityTrait>::Model: Clone + Send + Sync + 'static,
{
    let scope = ctx.reads()?;
    match id.parse::<E::Id>() {
        Ok(id) => Ok(ctx.loader().load_one(ById::<E>::new(scope, id)).await?),
        Err(_) => Ok(None),
    }
}
