//! What rules would mean, before they are written.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use chrono::{DateTime, Months, Utc};
use entity::value::{Currency, DecisionReason, Money as Amount, PartnerId, ProgramId, TermsId};

use super::context::Ask;
use super::decision::DecisionStep;
use super::error::ApiResult;
use super::payload::payload;
use super::scalar::{Money, MoneyInput};
use super::terms_input::TermsInput;
use crate::domain::preview::{Sample, Worked};
use crate::service::terms_preview::{Look, Preview, preview};
use crate::service::{Refusal, RefusalCode, ServiceError};

/// The most made-up purchases of one preview.
const MAX_SAMPLES: usize = 50;
/// The most units of a made-up purchase.
const MAX_QUANTITY: i64 = 1_000_000;

/// A text under a key.
#[derive(Clone, Debug, InputObject)]
pub struct NoteInput {
    /// The key.
    key: String,
    /// The text.
    value: String,
}

/// A made-up purchase of one line, paid in full, without tax.
#[derive(Clone, Debug, InputObject)]
pub struct SamplePurchaseInput {
    /// What is paid.
    amount: MoneyInput,
    /// When. The first now and each next one a month after the one before, when left out.
    #[graphql(default)]
    at: Option<DateTime<Utc>>,
    /// How many units, 1 to 1000000.
    #[graphql(default = 1)]
    quantity: i32,
    /// Stripe's id of the price.
    #[graphql(default)]
    price: Option<String>,
    /// Stripe's id of the product.
    #[graphql(default)]
    product: Option<String>,
    /// The price's lookup key.
    #[graphql(default)]
    lookup_key: Option<String>,
    /// The product's metadata.
    #[graphql(default)]
    product_metadata: Vec<NoteInput>,
    /// The purchase's metadata.
    #[graphql(default)]
    metadata: Vec<NoteInput>,
    /// Whether it belongs to a subscription.
    #[graphql(default)]
    subscription: bool,
    /// The country of the customer's billing address: a code of ISO 3166-1 with two capital letters.
    #[graphql(default)]
    country: Option<String>,
}

/// Rules to look at, and made-up purchases to try them on.
#[derive(Clone, Debug, InputObject)]
pub struct TermsPreviewInput {
    /// The program whose rules are changed; the rules of a new program when left out.
    #[graphql(default)]
    program_id: Option<ProgramId>,
    /// The version of that program whose rules are changed; the newest one that everybody takes when left out.
    #[graphql(default)]
    based_on: Option<TermsId>,
    /// What to change; what is left out stays.
    #[graphql(default)]
    terms: TermsInput,
    /// The partner who brings the made-up customer, for conditions that ask for partners.
    #[graphql(default)]
    partner_id: Option<PartnerId>,
    /// Made-up purchases of one new customer, at most 50.
    #[graphql(default)]
    samples: Vec<SamplePurchaseInput>,
}

/// What a made-up purchase earns.
pub struct SamplePurchase {
    sample: Sample,
    worked: Worked,
}

/// What a made-up purchase earns. Caps of partners and the program, levels of tiers, and what earns a second level depend on other purchases and
/// are left out.
#[Object]
impl SamplePurchase {
    /// When it is made.
    async fn at(&self) -> DateTime<Utc> {
        self.sample.at
    }

    /// What is paid.
    async fn amount(&self) -> Money {
        self.money(self.sample.amount)
    }

    /// Why it earns what it earns.
    async fn reason(&self) -> DecisionReason {
        self.worked.reason
    }

    /// What of it counts.
    async fn base(&self) -> Money {
        self.money(self.worked.base)
    }

    /// What it earns the partner.
    async fn commission(&self) -> Money {
        self.money(self.worked.amount)
    }

    /// The arithmetic, step by step.
    async fn steps(&self) -> Vec<DecisionStep> {
        DecisionStep::all(self.worked.steps.clone(), self.sample.currency)
    }
}

impl SamplePurchase {
    fn money(&self, minor: i64) -> Money {
        Amount::new(minor, self.sample.currency).into()
    }
}

/// What rules mean.
#[derive(SimpleObject)]
pub struct TermsPreview {
    /// In sentences for people, the most important things first.
    sentences: Vec<String>,
    /// The made-up purchases, in the order of their times.
    samples: Vec<SamplePurchase>,
}

impl From<Preview> for TermsPreview {
    fn from(preview: Preview) -> Self {
        let samples = preview.worked.into_iter().map(|(sample, worked)| SamplePurchase { sample, worked });
        Self { sentences: preview.sentences, samples: samples.collect() }
    }
}

payload! {
    /// What rules mean, or why they cannot stand.
    TermsPreviewPayload {
        /// What they mean.
        preview: TermsPreview
    }
}

/// Looking at rules before they are written.
#[derive(Default)]
pub struct TermsPreviewQuery;

/// Looking at rules before they are written.
#[Object]
impl TermsPreviewQuery {
    /// Says what rules would mean, in sentences and by made-up purchases, and which fields cannot stand, as `termsCreate` would. Writes nothing.
    /// For the merchant's members and keys.
    #[graphql(complexity = "50 + input.samples.len() * 10 + child_complexity")]
    async fn terms_preview(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The rules, and what to try them on.")] input: TermsPreviewInput,
    ) -> ApiResult<TermsPreviewPayload> {
        ctx.merchant_reads()?;
        let TermsPreviewInput { program_id: program, based_on, terms, partner_id: partner, samples } = input;
        let samples = match read(samples, ctx.services().clock.now()) {
            Ok(samples) => samples,
            Err(faults) => return TermsPreviewPayload::answer::<TermsPreview>(Err(ServiceError::Refused(faults))),
        };
        let look = Look { program, based_on, partner, samples };
        TermsPreviewPayload::answer(preview(ctx.services(), ctx.viewer(), look, |base| terms.onto(base)).await)
    }
}

/// The made-up purchases in the order of their times, or every fault by its path.
fn read(given: Vec<SamplePurchaseInput>, now: DateTime<Utc>) -> Result<Vec<Sample>, Vec<Refusal>> {
    if given.len() > MAX_SAMPLES {
        return Err(vec![Refusal::new("samples", RefusalCode::OutOfRange, format!("must be at most {MAX_SAMPLES}"))]);
    }
    let (mut samples, mut faults, mut next) = (Vec::with_capacity(given.len()), Vec::new(), now);
    for (index, one) in given.into_iter().enumerate() {
        let at = one.at.unwrap_or(next);
        next = at.checked_add_months(Months::new(1)).unwrap_or(at);
        let path = |field: &str| format!("samples.{index}.{field}");
        let mut wrong = |field: &str, code, message: String| faults.push(Refusal::new(&path(field), code, message));
        let money = match one.amount.read() {
            Ok(money) if money.minor >= 0 && money.currency.is_known() => money,
            Ok(_) => {
                wrong("amount", RefusalCode::OutOfRange, "must not be negative, and in a currency".to_owned());
                Amount::zero(Currency::UNKNOWN)
            }
            Err(message) => {
                wrong("amount", RefusalCode::Invalid, message);
                Amount::zero(Currency::UNKNOWN)
            }
        };
        let quantity = i64::from(one.quantity);
        if !(1..=MAX_QUANTITY).contains(&quantity) {
            wrong("quantity", RefusalCode::OutOfRange, format!("must be from 1 to {MAX_QUANTITY}"));
        }
        let notes = |notes: Vec<NoteInput>| notes.into_iter().map(|note| (note.key, note.value)).collect();
        samples.push(Sample {
            at,
            amount: money.minor,
            currency: money.currency,
            quantity,
            price: one.price,
            product: one.product,
            lookup_key: one.lookup_key,
            product_metadata: notes(one.product_metadata),
            metadata: notes(one.metadata),
            subscription: one.subscription,
            country: one.country,
        });
    }
    samples.sort_by_key(|sample| sample.at);
    if faults.is_empty() { Ok(samples) } else { Err(faults) }
}
