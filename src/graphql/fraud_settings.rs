//! What a program makes of signs of fraud (FR-1 to FR-3).

use async_graphql::{Context, InputObject, Object};
use entity::value::{AdParameter, FraudSettings as Settings, ProgramId, Signal};

use super::context::Ask;
use super::error::ApiResult;
use super::payload::payload;
use super::program::Program;
use crate::service::fraud_settings::{Change, update};

/// What a program makes of signs of fraud.
pub struct FraudSettings(pub Settings);

/// What a program makes of signs of fraud. Readable by the merchant's members and keys.
#[Object]
impl FraudSettings {
    /// The signs that are looked for.
    async fn signals(&self) -> &[Signal] {
        &self.0.signals
    }

    /// The score at which a commission is held: strong signs add 100, medium ones 50, weak ones 25.
    async fn hold_score(&self) -> u16 {
        self.0.hold_score
    }

    /// Paid advertising that partners may use (FR-2).
    async fn allowed_ads(&self) -> &[AdParameter] {
        &self.0.allowed_ads
    }

    /// Hosts from which no visit may come, with everything below them (FR-3).
    async fn banned_referrers(&self) -> &[String] {
        &self.0.banned_referrers
    }

    /// Domains of throw-away addresses beside those that everybody knows (FR-3).
    async fn disposable_domains(&self) -> &[String] {
        &self.0.disposable_domains
    }

    /// Domains that many people share, beside the well-known providers: SAME_DOMAIN says nothing of them.
    async fn shared_domains(&self) -> &[String] {
        &self.0.shared_domains
    }

    /// How many visitors a partner may bring from one address on one day (FR-3).
    async fn visitors_per_address(&self) -> u16 {
        self.0.visitors_per_address
    }

    /// From which share of refunded purchases on REFUND_RATE speaks, in basis points (FR-3).
    async fn refund_share(&self) -> u32 {
        self.0.refund_share.get()
    }

    /// How many purchases it takes before that is asked (FR-3).
    async fn refund_minimum(&self) -> u16 {
        self.0.refund_minimum
    }
}

/// Of which program to say what is made of signs of fraud. What is left out stays.
#[derive(InputObject)]
pub struct FraudSettingsUpdateInput {
    /// The program.
    program_id: ProgramId,
    /// The signs that are looked for.
    #[graphql(default)]
    signals: Option<Vec<Signal>>,
    /// The score at which a commission is held, 1 to 1000: strong signs add 100, medium ones 50, weak ones 25.
    #[graphql(default)]
    hold_score: Option<i32>,
    /// Paid advertising that partners may use (FR-2).
    #[graphql(default)]
    allowed_ads: Option<Vec<AdParameter>>,
    /// Hosts from which no visit may come, with everything below them, at most 500 (FR-3).
    #[graphql(default)]
    banned_referrers: Option<Vec<String>>,
    /// Domains of throw-away addresses beside those that everybody knows, at most 500 (FR-3).
    #[graphql(default)]
    disposable_domains: Option<Vec<String>>,
    /// Domains that many people share, beside the well-known providers: SAME_DOMAIN says nothing of them. At most 500.
    #[graphql(default)]
    shared_domains: Option<Vec<String>>,
    /// How many visitors a partner may bring from one address on one day, 1 to 10000 (FR-3).
    #[graphql(default)]
    visitors_per_address: Option<i32>,
    /// From which share of refunded purchases on REFUND_RATE speaks, in basis points, 1 to 10000 (FR-3).
    #[graphql(default)]
    refund_share: Option<i32>,
    /// How many purchases it takes before that is asked, 1 to 10000 (FR-3).
    #[graphql(default)]
    refund_minimum: Option<i32>,
}

payload! {
    /// The program, or why what it makes of signs of fraud was not changed.
    FraudSettingsUpdatePayload {
        /// The program.
        program: Program
    }
}

/// Saying what a program makes of signs of fraud.
#[derive(Default)]
pub struct FraudSettingsMutation;

/// Saying what a program makes of signs of fraud.
#[Object]
impl FraudSettingsMutation {
    /// Changes what a program makes of signs of fraud; everything that it concerns and is not paid out is looked at again. Audited. For
    /// owners, administrators and keys with `WRITE_PROGRAMS`.
    async fn fraud_settings_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: FraudSettingsUpdateInput,
    ) -> ApiResult<FraudSettingsUpdatePayload> {
        let change = Change {
            signals: input.signals,
            hold_score: input.hold_score,
            allowed_ads: input.allowed_ads,
            banned_referrers: input.banned_referrers,
            disposable_domains: input.disposable_domains,
            shared_domains: input.shared_domains,
            visitors_per_address: input.visitors_per_address,
            refund_share: input.refund_share,
            refund_minimum: input.refund_minimum,
        };
        FraudSettingsUpdatePayload::answer(update(ctx.services(), ctx.viewer(), input.program_id, change).await)
    }
}
