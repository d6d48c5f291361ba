//! Lists that stand in one JSON column.

use sea_orm::FromJsonQueryResult;
use serde::{Deserialize, Serialize};

use super::{Absence, ApiScope, HoldReason, OwnTerms, Sealed, Signal, Span};

macro_rules! json_list {
    ($($(#[$meta:meta])* $name:ident of $item:ty;)+) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
        #[serde(transparent)]
        pub struct $name(pub Vec<$item>);

        impl std::ops::Deref for $name {
            type Target = [$item];

            fn deref(&self) -> &[$item] {
                &self.0
            }
        }

        impl From<Vec<$item>> for $name {
            fn from(items: Vec<$item>) -> Self {
                Self(items)
            }
        }

        impl FromIterator<$item> for $name {
            fn from_iter<I: IntoIterator<Item = $item>>(items: I) -> Self {
                Self(items.into_iter().collect())
            }
        }
    )+};
}

json_list! {
    /// What a secret key may do.
    ApiScopes of ApiScope;
    /// Plain texts, such as host names and origins.
    TextList of String;
    /// Secrets that are valid side by side while one replaces the other.
    SealedList of Sealed;
    /// Every reason for which a commission is held; empty when it is not.
    HoldReasons of HoldReason;
    /// Times of absence that are over, oldest first.
    Absences of Absence;
    /// The terms that an enrollment or a group had of its own, oldest first.
    TermsHistory of OwnTerms;
    /// Pauses that are over, oldest first.
    Pauses of Span;
    /// Signs of fraud.
    Signals of Signal;
    /// Stretches of time, oldest first.
    Spans of Span;
}
