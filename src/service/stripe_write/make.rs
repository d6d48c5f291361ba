//! One attempt at Stripe: finding what is there, making what is not, and reading it back.

use entity::stripe_write::Model;
use entity::value::{
    AttributionDraft, BalanceDraft, CouponDraft, PromotionCodeDraft, ShippingDraft, StripeChange, StripeWriteReason as Reason,
};
use serde_json::Value;

use super::Halt;
use crate::service::Services;
use crate::service::stripe_connection::access::Access;
use crate::store;
use crate::stripe::client::Answer;
use crate::stripe::error::ReadError;
use crate::stripe::lookup::Kind;
use crate::stripe::write::{METADATA_KEYS, Parcel, bears, holds, is_code, is_coupon, is_credit, keys_with};

/// A code that is taken is tried with so many suffixes (CS-3).
const SUFFIXES: usize = 20;
/// In these states an intent itself takes shipping details; later its charge does.
const EARLY: [&str; 4] = ["requires_payment_method", "requires_confirmation", "requires_action", "processing"];
/// Credit is looked for as long before it was asked for as clocks may differ.
const SKEW: chrono::Duration = chrono::Duration::hours(1);

/// One attempt.
pub struct Job<'a> {
    pub services: &'a Services,
    pub access: &'a Access,
    pub row: &'a Model,
}

/// What stands under a code.
enum Found {
    /// What this write made.
    Own(String),
    /// Another active code.
    Taken,
    /// Nothing that is in the way.
    Free,
}

impl Job<'_> {
    /// Sees to it that what is wanted is there. Gives Stripe's id of it.
    pub async fn make(&self) -> Result<String, Halt> {
        match &self.row.change {
            StripeChange::Coupon(draft) => self.make_coupon(draft).await,
            StripeChange::PromotionCode(draft) => self.make_code(draft).await,
            StripeChange::Shipping(draft) => self.ship(draft).await,
            StripeChange::Attribution(draft) => self.annotate(draft).await,
            StripeChange::CustomerBalance(draft) => self.credit(draft).await,
        }
    }

    /// Reads back what was made or changed.
    pub async fn verified(&self, object: &str) -> Result<Answer, Halt> {
        let client = &self.access.client;
        let (answer, right) = match &self.row.change {
            StripeChange::Coupon(draft) => {
                let answer = self.noted(client.coupon(object).await).await?;
                let right = bears(&answer.body, &self.mark()) && is_coupon(&answer, draft);
                (answer, right)
            }
            StripeChange::PromotionCode(draft) => {
                let answer = self.noted(client.promotion_code(object).await).await?;
                let right = bears(&answer.body, &self.mark()) && candidates(&draft.code).any(|of| is_code(&answer, draft, &of));
                (answer, right)
            }
            StripeChange::Shipping(draft) => {
                let answer = self.object(object).await?;
                let standing = Parcel::standing(&answer.body);
                let right = standing.is_some() && standing == Parcel::of(draft, &answer.body);
                (answer, right)
            }
            StripeChange::Attribution(draft) => {
                let answer = self.object(object).await?;
                let right = holds(&answer.body, &draft.metadata);
                (answer, right)
            }
            StripeChange::CustomerBalance(draft) => {
                let answer = self.noted(client.credit_of(&draft.customer, object).await).await?;
                let right = bears(&answer.body, &self.mark()) && is_credit(&answer.body, draft);
                (answer, right)
            }
        };
        if right { Ok(answer) } else { Err(Reason::ChangedElsewhere.into()) }
    }

    fn mark(&self) -> String {
        self.row.id.to_string()
    }

    /// The key by which Stripe knows the request again. It names all in which requests of one write differ.
    fn key(&self, what: &str) -> String {
        format!("{}-{}-{what}", self.row.id, self.row.turn)
    }

    async fn noted<T>(&self, answer: Result<T, ReadError>) -> Result<T, ReadError> {
        self.access.note(self.services, answer).await
    }

    /// An intent, charge or customer as it stands.
    async fn object(&self, id: &str) -> Result<Answer, Halt> {
        let kind = Kind::of(id).ok_or(Reason::ObjectMissing)?;
        let answer = self.noted(self.access.client.answer_of(kind, id).await).await?;
        let deleted = answer.body.get("deleted") == Some(&Value::Bool(true));
        if deleted { Err(Reason::ObjectMissing.into()) } else { Ok(answer) }
    }

    /// The id under which the coupon is to stand makes it the same thing however often it is asked for.
    async fn make_coupon(&self, draft: &CouponDraft) -> Result<String, Halt> {
        if let Some(found) = self.coupon_there(draft).await? {
            return found;
        }
        match self.noted(self.access.client.make_coupon(draft, &self.mark(), &self.key("coupon")).await).await {
            Ok(_) => Ok(draft.id.clone()),
            Err(refused @ ReadError::Refused { .. }) => match self.coupon_there(draft).await? {
                Some(found) => found,
                None => Err(refused.into()),
            },
            Err(error) => Err(error.into()),
        }
    }

    /// What stands under the id of a coupon: this one, or another one. Nothing when it is free.
    async fn coupon_there(&self, draft: &CouponDraft) -> Result<Option<Result<String, Halt>>, Halt> {
        match self.noted(self.access.client.coupon(&draft.id).await).await {
            Ok(answer) if bears(&answer.body, &self.mark()) => Ok(Some(Ok(draft.id.clone()))),
            Ok(_) => Ok(Some(Err(Reason::NameTaken.into()))),
            Err(ReadError::NotFound | ReadError::OtherMode) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Codes are unique among active ones, so an answer that never came shows in what stands there. What was asked for last is looked at
    /// first: it may have been made with a suffix that would not be needed now.
    async fn make_code(&self, draft: &PromotionCodeDraft) -> Result<String, Halt> {
        let sent = self.row.sent.as_deref();
        let all: Vec<String> = candidates(&draft.code).collect();
        let begin = sent.and_then(|sent| all.iter().position(|code| code == sent)).unwrap_or(0);
        for code in &all[begin..] {
            match self.code_there(draft, code).await? {
                Found::Own(id) => return Ok(id),
                Found::Taken => continue,
                Found::Free => {}
            }
            store::stripe_write::sent(self.services.db.write(), self.row.id, code).await?;
            let made = self.access.client.make_promotion_code(draft, code, &self.mark(), &self.key(code)).await;
            let refused = match self.noted(made).await {
                Ok(answer) => return id_of(&answer.body),
                Err(error @ (ReadError::Refused { .. } | ReadError::NotFound)) => error,
                Err(error) => return Err(error.into()),
            };
            match self.code_there(draft, code).await? {
                Found::Own(id) => return Ok(id),
                // Somebody was faster.
                Found::Taken => {}
                Found::Free => return Err(self.why_refused(draft, refused).await?),
            }
        }
        Err(Reason::NameTaken.into())
    }

    async fn code_there(&self, draft: &PromotionCodeDraft, code: &str) -> Result<Found, Halt> {
        let mut found = Found::Free;
        for body in self.noted(self.access.client.promotion_codes(code).await).await? {
            if bears(&body, &self.mark()) {
                return Ok(Found::Own(id_of(&body)?));
            }
            let customer = body.get("customer").and_then(Value::as_str);
            let meets = customer.is_none() || draft.customer.is_none() || customer == draft.customer.as_deref();
            if meets && body.get("active") == Some(&Value::Bool(true)) {
                found = Found::Taken;
            }
        }
        Ok(found)
    }

    /// Why Stripe refused a code that nobody has: mostly its coupon.
    async fn why_refused(&self, draft: &PromotionCodeDraft, refused: ReadError) -> Result<Halt, Halt> {
        match self.noted(self.access.client.coupon(&draft.coupon).await).await {
            Err(ReadError::NotFound) => Ok(Reason::CouponUnusable.into()),
            Ok(answer) if answer.body.get("valid") == Some(&Value::Bool(false)) => Ok(Reason::CouponUnusable.into()),
            Ok(_) => Ok(refused.into()),
            Err(error) => Err(error.into()),
        }
    }

    async fn ship(&self, draft: &ShippingDraft) -> Result<String, Halt> {
        let (target, answer) = self.payment(&draft.payment).await?;
        let parcel = Parcel::of(draft, &answer.body).ok_or(Reason::AddressMissing)?;
        if Parcel::standing(&answer.body).as_ref() == Some(&parcel) {
            return Ok(target);
        }
        match self.noted(self.access.client.ship(&target, &parcel, &self.key(&target)).await).await {
            Ok(_) => Ok(target),
            Err(refused @ ReadError::Refused { .. }) => match self.payment(&draft.payment).await? {
                // It was paid in between: now its charge takes them.
                (now, _) if now != target => Err(Reason::PaymentPending.into()),
                _ => Err(refused.into()),
            },
            Err(error) => Err(error.into()),
        }
    }

    /// What takes the shipping details of a payment: an intent until it is paid, and its charge from then on.
    async fn payment(&self, id: &str) -> Result<(String, Answer), Halt> {
        let answer = self.object(id).await?;
        if Kind::of(id) != Some(Kind::Intent) {
            return Ok((id.to_owned(), answer));
        }
        let status = answer.body.get("status").and_then(Value::as_str).unwrap_or_default();
        if EARLY.contains(&status) {
            return Ok((id.to_owned(), answer));
        }
        let charge = answer.body.get("latest_charge").and_then(|charge| charge.as_str().or_else(|| charge.get("id")?.as_str()));
        match charge {
            Some(charge) => Ok((charge.to_owned(), self.object(charge).await?)),
            None if status == "canceled" => Err(Reason::ObjectMissing.into()),
            None => Err(Reason::PaymentPending.into()),
        }
    }

    async fn annotate(&self, draft: &AttributionDraft) -> Result<String, Halt> {
        let answer = self.object(&draft.object).await?;
        if !holds(&answer.body, &draft.metadata) {
            if keys_with(&answer.body, &draft.metadata) > METADATA_KEYS {
                return Err(Reason::MetadataFull.into());
            }
            self.noted(self.access.client.annotate(&draft.object, &draft.metadata, &self.key("metadata")).await).await?;
        }
        Ok(draft.object.clone())
    }

    /// Credit is money: from the second attempt on it is looked for before it is given.
    async fn credit(&self, draft: &BalanceDraft) -> Result<String, Halt> {
        let client = &self.access.client;
        if self.row.attempts > 1 {
            let since = self.row.created_at - SKEW;
            let given = self.noted(client.credits(&draft.customer, since).await).await?;
            if let Some(body) = given.iter().find(|body| bears(body, &self.mark())) {
                return id_of(body);
            }
        }
        let answer = self.noted(client.credit(draft, &self.mark(), &self.key("credit")).await).await?;
        id_of(&answer.body)
    }
}

/// A code, and the same with the suffixes that are tried where it is taken.
fn candidates(code: &str) -> impl Iterator<Item = String> {
    (1..=SUFFIXES).map(move |n| if n == 1 { code.to_owned() } else { format!("{code}-{n}") })
}

fn id_of(body: &Value) -> Result<String, Halt> {
    let id = body.get("id").and_then(Value::as_str).map(str::to_owned);
    id.ok_or_else(|| ReadError::Malformed("the object has no id").into())
}

#[cfg(test)]
mod tests {
    use super::candidates;

    #[test]
    fn cs_3_a_code_that_is_taken_gets_a_suffix() {
        let all: Vec<String> = candidates("ADA").collect();
        assert_eq!((all.len(), all[0].as_str(), all[1].as_str(), all[19].as_str()), (20, "ADA", "ADA-2", "ADA-20"));
    }
}
