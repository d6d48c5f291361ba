//! The GraphQL schema: thin resolvers over store and service, a noun a file (object, queries, mutations, inputs, payloads).
//!
//! Reads go straight to `store` with the viewer's scope, writes through a service. Nothing here decides, and nothing opens a transaction.
//! A noun joins by one line in [`Query`] and one in [`Mutation`], and one in `node` for look-up by id.

mod api_key;
mod as_of;
mod audit;
mod batch;
mod children;
mod commerce;
mod commerce_company;
mod commerce_query;
mod commission;
mod commission_feed;
pub mod context;
mod coupon;
mod coverage;
mod customer;
mod customer_mutation;
mod decision;
mod enrollment;
pub mod error;
mod exchange_rate;
mod explain;
mod fraud_case;
mod fraud_settings;
mod guide;
mod hint;
mod inbox;
mod insight;
mod intervention;
mod ledger;
mod link;
pub mod loader;
mod member;
mod merchant;
mod money;
pub mod node;
pub mod page;
mod partner;
mod partner_group;
pub mod payload;
mod payout;
mod program;
mod program_mutation;
mod promotion_code;
mod purchase;
mod purchase_mutation;
mod recount;
mod recount_found;
mod recount_mutation;
mod row;
pub mod scalar;
mod self_check;
mod session;
mod stripe_access;
mod stripe_connection;
mod stripe_link;
mod sync;
mod sync_mutation;
mod terms;
mod terms_assign;
pub mod terms_input;
mod terms_preview;
mod touch;
mod tracking;

use async_graphql::{MergedObject, MergedSubscription, SchemaBuilder};

use crate::service::Services;

/// Everything that can be read.
#[derive(MergedObject, Default)]
pub struct Query(
    node::NodeQuery,
    merchant::MerchantQuery,
    member::MemberQuery,
    api_key::ApiKeyQuery,
    program::ProgramQuery,
    terms_preview::TermsPreviewQuery,
    terms_assign::TermsMoveQuery,
    partner::PartnerQuery,
    partner_group::PartnerGroupQuery,
    enrollment::EnrollmentQuery,
    link::LinkQuery,
    stripe_connection::StripeConnectionQuery,
    coupon::CouponQuery,
    promotion_code::PromotionCodeQuery,
    // Sales, one line a noun:
    touch::ClickQuery,
    customer::CustomerQuery,
    intervention::InterventionQuery,
    purchase::PurchaseQuery,
    commission::CommissionQuery,
    ledger::LedgerQuery,
    exchange_rate::ExchangeRateQuery,
    fraud_case::FraudCaseQuery,
    payout::PayoutQuery,
    inbox::InboxQuery,
    audit::AuditQuery,
    as_of::AsOfQuery,
    coverage::CoverageQuery,
    insight::InsightQuery,
    recount::RecountQuery,
    sync::SyncQuery,
    commerce_query::CommerceQuery,
    self_check::SelfCheckQuery,
);

/// Everything that can be done.
#[derive(MergedObject, Default)]
pub struct Mutation(
    session::SessionMutation,
    merchant::MerchantMutation,
    member::MemberMutation,
    api_key::ApiKeyMutation,
    program_mutation::ProgramMutation,
    terms::TermsMutation,
    terms_assign::TermsAssignMutation,
    partner::PartnerMutation,
    partner_group::PartnerGroupMutation,
    enrollment::EnrollmentMutation,
    link::LinkMutation,
    stripe_connection::StripeConnectionMutation,
    stripe_access::StripeAccessMutation,
    stripe_link::StripeLinkMutation,
    coupon::CouponMutation,
    promotion_code::PromotionCodeMutation,
    // Sales, one line a noun:
    money::MoneyMutation,
    purchase_mutation::PurchaseMutation,
    customer_mutation::CustomerMutation,
    exchange_rate::ExchangeRateMutation,
    fraud_case::FraudCaseMutation,
    fraud_settings::FraudSettingsMutation,
    inbox::InboxMutation,
    recount_mutation::RecountMutation,
    sync_mutation::SyncMutation,
    tracking::TrackingMutation,
);

/// Everything that can be followed.
#[derive(MergedSubscription, Default)]
pub struct Subscription(commission_feed::CommissionSubscription, recount_mutation::RecountSubscription, sync_mutation::SyncSubscription);

/// The schema.
pub type Schema = async_graphql::Schema<Query, Mutation, Subscription>;

/// How deep a document may nest.
pub const MAX_DEPTH: usize = 15;
/// What a document may cost; a connection costs its rows times the cost of one.
pub const MAX_COMPLEXITY: usize = 20_000;
/// How many directives a field may have.
pub const MAX_DIRECTIVES: usize = 10;

/// The schema with what its resolvers need. Introspection is off in production, unless the edge allows it for a request.
#[must_use]
pub fn schema(services: Services) -> Schema {
    let mut builder = builder().data(loader::loaders(&services.db)).limit_depth(MAX_DEPTH).limit_complexity(MAX_COMPLEXITY);
    builder = builder.limit_directives(MAX_DIRECTIVES).extension(error::ErrorCodes);
    if services.settings.is_production() {
        builder = builder.disable_introspection().disable_suggestions();
    }
    builder.data(services).finish()
}

/// The schema in the schema definition language. Needs no services.
#[must_use]
pub fn sdl() -> String {
    builder().finish().sdl_with_options(async_graphql::SDLExportOptions::new().sorted_fields().sorted_arguments().sorted_enum_items())
}

fn builder() -> SchemaBuilder<Query, Mutation, Subscription> {
    async_graphql::Schema::build(Query::default(), Mutation::default(), Subscription::default())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    const INTROSPECTION: &str = "{ __schema { types { name kind description
        fields { name description args { name description } } inputFields { name description } enumValues { name description } } } }";

    fn list(value: &Value) -> &[Value] {
        value.as_array().map_or(&[], Vec::as_slice)
    }

    #[tokio::test]
    async fn everything_is_described() {
        let answer = super::builder().finish().execute(INTROSPECTION).await;
        assert!(answer.errors.is_empty(), "{:?}", answer.errors);
        let schema = answer.data.into_json().unwrap();
        let mut silent = Vec::new();
        let mut look = |path: &str, thing: &Value| {
            if thing["description"].as_str().is_none_or(str::is_empty) {
                silent.push(path.to_owned());
            }
        };
        // What GraphQL itself defines needs no words of ours.
        let own = |kind: &&Value| !["ID"].contains(&kind["name"].as_str().unwrap()) && !kind["name"].as_str().unwrap().starts_with("__");
        for kind in list(&schema["__schema"]["types"]).iter().filter(own) {
            let name = kind["name"].as_str().unwrap();
            look(name, kind);
            for part in ["fields", "inputFields", "enumValues"] {
                for field in list(&kind[part]) {
                    let path = format!("{name}.{}", field["name"].as_str().unwrap());
                    look(&path, field);
                    list(&field["args"]).iter().for_each(|arg| look(&format!("{path}({})", arg["name"].as_str().unwrap()), arg));
                }
            }
        }
        assert!(silent.is_empty(), "without a description: {silent:#?}");
    }
}
