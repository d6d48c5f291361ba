//! Words about persons, purchases and the queue tables.

use super::text_enum::text_enum;

text_enum! {
    /// What kind of key finds a customer.
    IdentityKind {
        /// The merchant's own id of the person.
        ExternalId = "EXTERNAL_ID",
        /// A Stripe customer, as `<connection id>/cus_...`.
        StripeCustomer = "STRIPE_CUSTOMER",
        /// A purchase without a Stripe customer, as `<connection id>/<Stripe id>`.
        Guest = "GUEST",
        /// Keyed hash of the normalised e-mail, in hex. Not unique: an address can be shared.
        EmailHash = "EMAIL_HASH",
    }
}

text_enum! {
    /// Kinds of evidence that a partner brought a person (AT-1).
    TouchKind {
        /// A visit through a link.
        Click = "CLICK",
        /// A coupon or promotion code of a partner.
        Coupon = "COUPON",
        /// A click token in Stripe's `client_reference_id`.
        ClientReference = "CLIENT_REFERENCE",
        /// A tracked sign-up.
        Signup = "SIGNUP",
        /// A partner's key in the metadata of a payment.
        Metadata = "METADATA",
        /// Set by a member of the merchant.
        Manual = "MANUAL",
        /// Brought in from another system.
        Import = "IMPORT",
    }
}

text_enum! {
    /// How far a bound customer has come (AT-5).
    BindingStage {
        /// No purchase with a base above zero yet.
        Lead = "LEAD",
        /// Has bought.
        Customer = "CUSTOMER",
    }
}

text_enum! {
    /// What is known of a purchase's payment.
    PurchaseStatus {
        /// Only a part was told, such as a refund, and what it belongs to is not known yet.
        PendingParent = "PENDING_PARENT",
        /// Paid, but a stronger object that may replace this one can still come.
        Provisional = "PROVISIONAL",
        /// Told of, not paid yet.
        Unpaid = "UNPAID",
        /// Paid, in part or in full.
        Paid = "PAID",
        /// The payment failed.
        Failed = "FAILED",
        /// Voided or written off before it was paid.
        Voided = "VOIDED",
        /// Turned out to be the same as another purchase, which has taken over its objects.
        Merged = "MERGED",
    }
}

text_enum! {
    /// How far an event from Stripe has come.
    InboxStatus {
        /// Stored, not processed yet.
        Received = "RECEIVED",
        /// Processed.
        Done = "DONE",
        /// Needs no processing; the reason stands beside it.
        Ignored = "IGNORED",
        /// Gave up after its attempts; can be retried by hand.
        Failed = "FAILED",
        /// No connection of ours is for its account.
        Unrouted = "UNROUTED",
    }
}

text_enum! {
    /// Why an event needs no processing.
    IgnoreReason {
        /// Its mode is not the mode of the endpoint that took it.
        ModeMismatch = "MODE_MISMATCH",
        /// An event type that has no meaning here.
        Unsupported = "UNSUPPORTED",
        /// Its connection is switched off.
        ConnectionDisabled = "CONNECTION_DISABLED",
        /// Its object has no id, so that nothing can be said of it.
        NoEffect = "NO_EFFECT",
        /// Its connection was to be read once, and is not followed (S7).
        OneOff = "ONE_OFF",
    }
}

text_enum! {
    /// How far a message to the outside has come.
    OutboxStatus {
        /// To be delivered.
        Pending = "PENDING",
        /// Delivered.
        Done = "DONE",
        /// Gave up after its attempts.
        Failed = "FAILED",
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::{ActiveEnum, Iterable};

    use crate::value::{
        ApiKeyKind, ApiScope, BindingStage, CommerceDisputeStatus, CommerceKind, CommerceStatus, CommissionState, ConnectionMethod,
        ConnectionStatus, DecisionReason, EnrollmentEnd, EnrollmentStatus, EntryKind, HoldReason, IdentityKind, IgnoreReason, InboxStatus,
        InterventionKind, LedgerAccount, OutboxStatus, PartnerStatus, PaymentStatus, PayoutStatus, ProgramKind, ProgramStatus,
        PurchaseStatus, ReassignMode, Role, SyncDataType, SyncMode, SyncReason, SyncStatus, TouchKind, TransactionType,
    };

    /// Column, JSON and GraphQL use one text, and it is the variant's name in upper snake case.
    fn one_text<E>(all: &[E])
    where
        E: ActiveEnum<Value = String> + Iterable + Copy + PartialEq + std::fmt::Debug + std::fmt::Display + serde::Serialize,
        E: async_graphql::resolver_utils::EnumType,
    {
        assert_eq!(E::iter().collect::<Vec<_>>(), all);
        for word in all {
            let text = word.to_string();
            assert_eq!(word.to_value(), text);
            assert_eq!(serde_json::to_value(word).unwrap(), text);
            assert_eq!(async_graphql::resolver_utils::enum_value(*word).to_string(), text);
            let mut snake = String::new();
            for letter in format!("{word:?}").chars() {
                if letter.is_uppercase() && !snake.is_empty() {
                    snake.push('_');
                }
                snake.extend(letter.to_uppercase());
            }
            assert_eq!(snake, text);
        }
    }

    #[test]
    fn words_are_the_same_everywhere() {
        one_text(ApiKeyKind::ALL);
        one_text(ApiScope::ALL);
        one_text(BindingStage::ALL);
        one_text(CommerceDisputeStatus::ALL);
        one_text(CommerceKind::ALL);
        one_text(CommerceStatus::ALL);
        one_text(CommissionState::ALL);
        one_text(ConnectionMethod::ALL);
        one_text(ConnectionStatus::ALL);
        one_text(DecisionReason::ALL);
        one_text(EnrollmentEnd::ALL);
        one_text(EnrollmentStatus::ALL);
        one_text(EntryKind::ALL);
        one_text(HoldReason::ALL);
        one_text(IdentityKind::ALL);
        one_text(IgnoreReason::ALL);
        one_text(InboxStatus::ALL);
        one_text(InterventionKind::ALL);
        one_text(LedgerAccount::ALL);
        one_text(OutboxStatus::ALL);
        one_text(PartnerStatus::ALL);
        one_text(PaymentStatus::ALL);
        one_text(PayoutStatus::ALL);
        one_text(ProgramKind::ALL);
        one_text(ProgramStatus::ALL);
        one_text(PurchaseStatus::ALL);
        one_text(ReassignMode::ALL);
        one_text(Role::ALL);
        one_text(SyncDataType::ALL);
        one_text(SyncMode::ALL);
        one_text(SyncReason::ALL);
        one_text(SyncStatus::ALL);
        one_text(TouchKind::ALL);
        one_text(TransactionType::ALL);
    }

    #[test]
    fn at_1_touches_are_of_seven_kinds() {
        let kinds: std::collections::BTreeSet<&str> = TouchKind::ALL.iter().map(|kind| kind.as_str()).collect();
        let told = ["CLICK", "CLIENT_REFERENCE", "COUPON", "IMPORT", "MANUAL", "METADATA", "SIGNUP"];
        assert_eq!(kinds.into_iter().collect::<Vec<_>>(), told);
    }
}
