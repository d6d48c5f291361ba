//! Decisions: what the engine concluded for a purchase, and why (AT-7, SC-2).

use async_graphql::{Context, Enum, Object};
use chrono::{DateTime, Utc};
use entity::value::{CandidateKind, Currency, DecisionId, DecisionReason, EnrollmentId, Money as Amount};
use entity::{decision, enrollment, partner, program, purchase, touch};

use super::batch::EnrollmentsOf;
use super::context::Ask;
use super::enrollment::Enrollment;
use super::error::ApiResult;
use super::explain::{Told, explain, plain};
use super::partner::Partner;
use super::program::Program;
use super::purchase::Purchase;
use super::row::{must, row};
use super::scalar::Money;
use super::terms::Terms;
use super::terms_assign::promised;
use super::touch::Touch;
use crate::domain::attribution as domain;
use crate::domain::step;
use crate::store::read::decision::{candidates, steps};

/// How a candidate fared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::Verdict")]
pub enum Verdict {
    /// It earns.
    Won,
    /// It earns a share beside the winner (AT-16).
    Shared,
    /// It could have, but another one came first.
    Lost,
    /// It could not; its reason says why.
    Ineligible,
}

/// One who was considered for a purchase.
pub struct Candidate(domain::Candidate);

/// One who was considered for a purchase (AT-7). Readable by the merchant's members and keys, and by the partner whom it is about.
#[Object]
impl Candidate {
    /// By which kind of evidence it claims the purchase.
    async fn kind(&self) -> CandidateKind {
        self.0.kind
    }

    /// The partner in the program; null when the evidence names nobody that is known.
    async fn enrollment(&self, ctx: &Context<'_>) -> ApiResult<Option<Enrollment>> {
        row::<enrollment::Entity, _>(ctx, self.0.enrollment).await
    }

    /// The evidence, where it is stored.
    async fn touch(&self, ctx: &Context<'_>) -> ApiResult<Option<Touch>> {
        row::<touch::Entity, _>(ctx, self.0.touch).await
    }

    /// When the evidence happened.
    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }

    /// How it fared.
    async fn verdict(&self) -> Verdict {
        self.0.verdict.into()
    }

    /// Why it could not win; null when it could.
    async fn reason(&self) -> Option<DecisionReason> {
        self.0.reason
    }

    /// Its weight, where several share (AT-16).
    async fn weight(&self) -> Option<u32> {
        self.0.weight.map(|(weight, _)| weight)
    }

    /// The sum of all weights, where several share (AT-16).
    async fn weight_total(&self) -> Option<u32> {
        self.0.weight.map(|(_, total)| total)
    }

    /// The same in a sentence.
    async fn note(&self) -> &str {
        &self.0.note
    }
}

/// One step of the arithmetic.
pub struct DecisionStep {
    row: step::Step,
    currency: Currency,
}

impl DecisionStep {
    /// Steps whose amounts are in this currency.
    pub(super) fn all(rows: Vec<step::Step>, currency: Currency) -> Vec<Self> {
        rows.into_iter().map(|row| Self { row, currency }).collect()
    }
}

/// One step of the arithmetic of a decision or a commission. Readable by the merchant's members and keys, and by the partner for whom it is.
#[Object]
impl DecisionStep {
    /// The number of the rule, such as `BA-3`.
    async fn rule(&self) -> &str {
        &self.row.rule
    }

    /// What was done, in words.
    async fn text(&self) -> &str {
        &self.row.text
    }

    /// What came out, where it is an amount.
    async fn amount(&self) -> Option<Money> {
        self.row.amount.map(|minor| Amount::new(minor, self.currency).into())
    }
}

/// What the engine concluded for a purchase, and why.
pub struct Decision(pub decision::Model);

impl From<decision::Model> for Decision {
    fn from(row: decision::Model) -> Self {
        Self(row)
    }
}

/// How much of a decision the viewer is shown.
enum Sight {
    /// All of it.
    All,
    /// What concerns these enrollments, the viewer's own.
    Own(Vec<EnrollmentId>),
}

impl Decision {
    async fn sight(&self, ctx: &Context<'_>) -> ApiResult<Sight> {
        match ctx.reads()?.partner() {
            None => Ok(Sight::All),
            Some(partner) => Ok(Sight::Own(ctx.loader().load_one(EnrollmentsOf(partner)).await?.unwrap_or_default())),
        }
    }

    /// Whether the outcome is the viewer's to see.
    fn shown(&self, sight: &Sight) -> bool {
        match sight {
            Sight::All => true,
            Sight::Own(enrollments) => self.0.enrollment_id.is_some_and(|won| enrollments.contains(&won)),
        }
    }

    fn currency(&self) -> Currency {
        self.0.currency.unwrap_or(Currency::UNKNOWN)
    }

    fn seen_candidates(&self, sight: &Sight) -> ApiResult<Vec<domain::Candidate>> {
        let mut all = candidates(&self.0)?;
        if let Sight::Own(enrollments) = sight {
            all.retain(|candidate| candidate.enrollment.is_some_and(|one| enrollments.contains(&one)));
        }
        Ok(all)
    }

    /// The steps, as far as the viewer is shown them.
    pub(super) async fn shown_steps(&self, ctx: &Context<'_>) -> ApiResult<Vec<DecisionStep>> {
        Ok(DecisionStep::all(self.seen_steps(&self.sight(ctx).await?)?, self.currency()))
    }

    fn seen_steps(&self, sight: &Sight) -> ApiResult<Vec<step::Step>> {
        let all = if self.shown(sight) { steps(&self.0)? } else { Vec::new() };
        let told = |step: &step::Step| matches!(sight, Sight::All) || !step.is_about_fraud();
        Ok(all.into_iter().filter(told).collect())
    }
}

/// What the engine concluded for a purchase, and why (SC-2). Readable by whoever may read the purchase. Partners are shown their own
/// candidates only, and sums, terms and steps only of decisions for them.
#[Object]
impl Decision {
    /// Its id.
    pub async fn id(&self) -> DecisionId {
        self.0.id
    }

    /// The purchase.
    async fn purchase(&self, ctx: &Context<'_>) -> ApiResult<Purchase> {
        must::<purchase::Entity, _>(ctx, self.0.purchase_id).await
    }

    /// Whether it is the one in force (SL-4).
    async fn current(&self) -> bool {
        self.0.current
    }

    /// The conclusion.
    async fn reason(&self) -> DecisionReason {
        self.0.reason
    }

    /// Who won: the partner in the program. Null when nobody did, and for partners when another one did.
    async fn enrollment(&self, ctx: &Context<'_>) -> ApiResult<Option<Enrollment>> {
        let shown = self.shown(&self.sight(ctx).await?);
        row::<enrollment::Entity, _>(ctx, self.0.enrollment_id.filter(|_| shown)).await
    }

    /// The program of the winner. Null when nobody won, and for partners when another one did.
    async fn program(&self, ctx: &Context<'_>) -> ApiResult<Option<Program>> {
        let shown = self.shown(&self.sight(ctx).await?);
        row::<program::Entity, _>(ctx, self.0.program_id.filter(|_| shown)).await
    }

    /// The version of the terms that was applied. Null when nobody won, and for partners when another one did.
    async fn terms(&self, ctx: &Context<'_>) -> ApiResult<Option<Terms>> {
        let shown = self.shown(&self.sight(ctx).await?);
        match self.0.terms_id.filter(|_| shown) {
            Some(id) => promised(ctx, id).await.map(Some),
            None => Ok(None),
        }
    }

    /// What was found commissionable. Null for partners when the decision is not for them.
    async fn base(&self, ctx: &Context<'_>) -> ApiResult<Option<Money>> {
        let shown = self.shown(&self.sight(ctx).await?);
        Ok(shown.then(|| Amount::new(self.0.base, self.currency()).into()))
    }

    /// What the purchase is to earn by this decision. Null for partners when the decision is not for them.
    async fn amount(&self, ctx: &Context<'_>) -> ApiResult<Option<Money>> {
        let shown = self.shown(&self.sight(ctx).await?);
        Ok(shown.then(|| Amount::new(self.0.amount, self.currency()).into()))
    }

    /// Everyone who was considered, in the order in which they were asked (AT-6). Partners see themselves only.
    async fn candidates(&self, ctx: &Context<'_>) -> ApiResult<Vec<Candidate>> {
        let seen = self.seen_candidates(&self.sight(ctx).await?)?;
        Ok(seen.into_iter().map(Candidate).collect())
    }

    /// How the amount came about. Empty for partners when the decision is not for them; they are never told the signs of fraud.
    async fn steps(&self, ctx: &Context<'_>) -> ApiResult<Vec<DecisionStep>> {
        self.shown_steps(ctx).await
    }

    /// All of it as a text for people, with the same left out for partners.
    async fn explanation(&self, ctx: &Context<'_>) -> ApiResult<String> {
        let sight = self.sight(ctx).await?;
        let currency = self.currency();
        let sums = (Amount::new(self.0.base, currency), Amount::new(self.0.amount, currency));
        Ok(explain(&Told {
            reason: self.0.reason,
            sums: (self.shown(&sight) && self.0.enrollment_id.is_some()).then_some(sums),
            candidates: &self.seen_candidates(&sight)?,
            steps: &self.seen_steps(&sight)?,
            currency,
        }))
    }

    /// It in a few lines: who earns how much, why they and not the others, what counted, and by which rules. With the same left out for
    /// partners.
    async fn text(&self, ctx: &Context<'_>) -> ApiResult<String> {
        let sight = self.sight(ctx).await?;
        let won = self.0.enrollment_id.filter(|_| self.shown(&sight));
        let partner = match row::<enrollment::Entity, Enrollment>(ctx, won).await? {
            Some(Enrollment(of)) => row::<partner::Entity, Partner>(ctx, of.partner_id).await?.map(|partner| partner.0.name),
            None => None,
        };
        let currency = self.currency();
        let sums = (Amount::new(self.0.base, currency), Amount::new(self.0.amount, currency));
        let told = Told {
            reason: self.0.reason,
            sums: won.map(|_| sums),
            candidates: &self.seen_candidates(&sight)?,
            steps: &self.seen_steps(&sight)?,
            currency,
        };
        Ok(plain(partner.as_deref(), &told))
    }

    /// When it was concluded.
    async fn decided_at(&self) -> DateTime<Utc> {
        self.0.decided_at
    }
}
